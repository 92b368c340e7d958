//! `cargo bench`: the budgets, each measured beside its floor in the same run, as a table.
//!
//! `cargo bench -- [SECTION...] [--kubeconfig FILE] [--kubectl FILE] [--runs N]`. Without a kubeconfig the API server is
//! the simulated world in this process; with one it is that cluster, which gets 2,000 rollouts in namespaces `team-…`
//! and should run no rollouts controller. `FLIGHTDECK_BENCHED` names another binary to measure in place of this build's.
//! Never a timed test: a loaded machine misses budgets, and the table says how loaded it was.

mod change;
mod frames;
mod keys;
mod memory;
mod process;
mod quiet;
mod screen;
mod seed;
mod server;
mod start;
mod table;

use std::path::PathBuf;

use table::Table;

/// What was asked for on the command line.
pub struct Bench {
    pub runtime: tokio::runtime::Runtime,
    /// A cluster to measure against instead of the simulated world.
    pub kubeconfig: Option<PathBuf>,
    pub kubectl: PathBuf,
    /// How often what starts a process is repeated.
    pub runs: usize,
}

/// A name for the command line, and what is measured under it.
type Section = (&'static str, fn(&Bench, &mut Table));

const SECTIONS: &[Section] = &[
    ("start", start::run),
    ("frames", frames::run),
    ("change", change::run),
    ("keys", keys::run),
    ("memory", memory::run),
    ("quiet", quiet::run),
];

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    let mut bench = Bench {
        runtime: tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime"),
        kubeconfig: None,
        kubectl: "kubectl".into(),
        runs: 11,
    };
    let mut wanted = Vec::new();
    let mut is_bench = false;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => is_bench = true,
            "--kubeconfig" => bench.kubeconfig = arguments.next().map(PathBuf::from),
            "--kubectl" => bench.kubectl = arguments.next().expect("--kubectl FILE").into(),
            "--runs" => bench.runs = arguments.next().and_then(|runs| runs.parse().ok()).expect("--runs N"),
            name if SECTIONS.iter().any(|(section, _)| *section == name) => wanted.push(name.to_owned()),
            other => {
                let names: Vec<&str> = SECTIONS.iter().map(|(name, _)| *name).collect();
                eprintln!("{other} is none of {}", names.join(", "));
                std::process::exit(2);
            }
        }
    }
    // `cargo test --all-targets` starts benchmarks too, without this word.
    if !is_bench {
        println!("budgets are measured by `cargo bench`");
        return;
    }
    println!("load before: {}", process::load());
    let mut table = Table::default();
    for (name, run) in SECTIONS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            eprintln!("measuring {name} (load {})", process::load());
            run(&bench, &mut table);
        }
    }
    table.print();
    println!("load after: {}", process::load());
}
