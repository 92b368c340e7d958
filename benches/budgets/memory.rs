//! Resident memory once everything is loaded and settled.

use std::time::Duration;

use super::Bench;
use super::process::memory;
use super::screen::Screen;
use super::server::Server;
use super::table::{Line, Table};

/// Measures a common and a large cluster.
pub fn run(bench: &Bench, table: &mut Table) {
    let empty = resident(bench, 1, 0).0;
    for (rollouts, runs, limit) in [(2_000, 500, 60.0), (10_000, 2_000, 200.0)] {
        let (settled, peak) = resident(bench, rollouts, runs);
        let what = format!("resident at {rollouts} rollouts, {runs} AnalysisRuns");
        let line = Line::new(&what, "MiB", vec![settled]).floor("with one rollout", vec![empty]);
        table.add(line.below(50.0, limit));
        table.add(Line::new(format!("{what}, peak"), "MiB", vec![peak]).below(50.0, limit));
    }
}

fn resident(bench: &Bench, rollouts: usize, runs: usize) -> (f64, f64) {
    let server = Server::simulated(bench, rollouts, runs);
    let mut screen = Screen::cockpit(&server.kubeconfig, server.home(), (200, 60));
    screen.says(&format!(" {rollouts} "));
    screen.settle(Duration::from_secs(2));
    // Every pane is visited.
    for key in ["1", "2", "3", "4", "2"] {
        screen.press(key);
        screen.settle(Duration::from_millis(200));
    }
    (memory(screen.pid(), "VmRSS"), memory(screen.pid(), "VmHWM"))
}
