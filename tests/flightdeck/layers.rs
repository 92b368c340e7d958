//! The shape of the crate: who may import whom, how long a file may be, what only the rim may do, and whole tables.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use flightdeck::actions::ACTIONS;
use flightdeck::keys::command::COMMANDS;
use flightdeck::panes::PANES;
use flightdeck::sources::SOURCES;

/// What each module may import of ours, besides itself.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("release", &[]),
    ("terminal", &[]),
    ("sim", &[]),
    ("yaml", &[]),
    ("theme", &["yaml"]),
    ("sources", &["release"]),
    ("actions", &["release"]),
    ("writers", &["release", "actions"]),
    ("keys", &["actions", "yaml"]),
    ("panes", &["release", "actions", "keys", "theme"]),
    ("headless", &["release", "actions"]),
    ("config", &["keys", "theme", "yaml"]),
    ("app", &["release", "actions", "sources", "writers", "keys", "panes", "headless", "theme"]),
    ("cli", EVERYTHING),
    ("commands", EVERYTHING),
    ("main", EVERYTHING),
    ("lib", EVERYTHING),
];
const EVERYTHING: &[&str] = &["*"];

/// A file longer than this hides a second noun; up to then it is only mentioned.
const LONGEST: usize = 500;
const LONG: usize = 400;

/// The only files that read a clock.
const CLOCKS: &[&str] = &["src/commands/mod.rs", "src/sim/clock.rs"];

struct Source {
    /// `src/panes/now.rs`.
    path: String,
    text: String,
}

impl Source {
    /// Its module path: `panes`, `now`.
    fn module(&self) -> Vec<String> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let parts = path.split('/').map(str::to_owned);
        parts.filter(|part| part != "mod").collect()
    }

    /// Its lines with their numbers, without what is only a comment.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(at, line)| (at + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Whether it is compiled for tests only.
    fn is_test(&self) -> bool {
        ["/tests", "tests.rs", "/fixture.rs", "/double.rs"].iter().any(|part| self.path.contains(part))
    }

    /// Whether the binary's own code may do there what only the command line may.
    fn is_rim(&self) -> bool {
        self.path.starts_with("src/commands/") || self.path == "src/main.rs" || self.is_test()
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a text");
                let path = path.strip_prefix(root).expect("a path in the crate").display().to_string();
                sources.push(Source { path, text });
            }
        }
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(sources.len() > 100, "the sources are not where they should be");
    sources
}

/// Fails with all that was found, one line each.
fn none(rule: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

/// Every line that matches, as `file:line: text`.
fn lines_with(sources: &[Source], is_wrong: impl Fn(&Source, &str) -> bool) -> Vec<String> {
    let wrong = |source: &Source| {
        let lines = source.lines().filter(|(_, line)| is_wrong(source, line));
        lines.map(|(at, line)| format!("{}:{at}: {}", source.path, line.trim())).collect::<Vec<_>>()
    };
    sources.iter().flat_map(wrong).collect()
}

/// The top modules that a line names, for a module at that depth.
fn named(line: &str, depth: usize) -> Vec<&str> {
    let word = |rest: &str| rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let mut found = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        found.push(if rest.starts_with('{') { "{" } else { &rest[..word(rest)] });
    }
    let climb = "super::".repeat(depth);
    for (at, _) in line.match_indices(&climb) {
        let rest = &line[at + climb.len()..];
        let is_whole_climb = !line[..at].ends_with("super::") && !rest.starts_with("super::");
        if is_whole_climb {
            found.push(&rest[..word(rest)]);
        }
    }
    found
}

#[test]
fn modules_import_only_what_they_may() {
    let modules: BTreeSet<&str> = MAY_IMPORT.iter().map(|(module, _)| *module).collect();
    let mut found = Vec::new();
    for source in sources() {
        let path = source.module();
        let Some((_, may)) = MAY_IMPORT.iter().find(|(module, _)| *module == path[0]) else {
            found.push(format!("{}: the module {} is not in the table", source.path, path[0]));
            continue;
        };
        let mut inside = 0;
        for (at, line) in source.lines() {
            if line.starts_with("mod ") && line.ends_with('{') {
                inside = 1;
            } else if line == "}" {
                inside = 0;
            }
            for name in named(line, path.len() + inside) {
                let is_ours = modules.contains(name) || name == "{";
                if is_ours && name != path[0] && !may.contains(&name) && *may != EVERYTHING {
                    found.push(format!("{}:{at}: {} may not import {name}: {}", source.path, path[0], line.trim()));
                }
            }
        }
    }
    none("the import table does not hold", found);
}

#[test]
fn the_import_scan_sees_both_spellings() {
    assert_eq!(named("use crate::sim::World;", 2), ["sim"]);
    assert_eq!(named("use crate::{sim, app};", 2), ["{"]);
    assert_eq!(named("    super::super::terminal::enter()", 2), ["terminal"]);
    assert!(named("use super::cx::Cx;", 2).is_empty());
    assert!(named("use super::super::super::x;", 2).is_empty());
}

#[test]
fn nothing_is_unsafe() {
    let is_unsafe = |line: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe");
    none("unsafe code", lines_with(&sources(), |_, line| is_unsafe(line) && !line.contains("unsafe_code")));
}

#[test]
fn only_commands_print() {
    let prints =
        |line: &str| ["println!", "print!(", "eprintln!", "eprint!(", "dbg!("].iter().any(|p| line.contains(p));
    none(
        "a line on the terminal would lie across the picture",
        lines_with(&sources(), |source, line| !source.is_rim() && prints(line)),
    );
}

#[test]
fn only_the_rim_reads_a_clock() {
    none(
        "time is an argument",
        lines_with(&sources(), |source, line| {
            !CLOCKS.contains(&&*source.path)
                && (line.contains("Timestamp::now") || line.contains("SystemTime::now") || line.contains("Zoned::now"))
        }),
    );
}

#[test]
fn every_file_says_its_task_first() {
    let wrong = |source: &&Source| !source.text.starts_with("//! ");
    let sources = sources();
    none("no task in the first line", sources.iter().filter(wrong).map(|source| source.path.clone()).collect());
}

#[test]
fn files_stay_short() {
    let mut too_long = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        let lines = source.text.lines().count();
        if lines > LONGEST {
            too_long.push(format!("{}: {lines} lines", source.path));
        } else if lines > LONG {
            println!("{}: {lines} lines: is there a second noun in it?", source.path);
        }
    }
    none("files that are too long", too_long);
}

/// Each name once, and something said about each.
fn whole(table: &str, rows: &[(&str, &str)]) {
    let names: BTreeSet<&str> = rows.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), rows.len(), "a name is in {table} twice");
    for (name, help) in rows {
        assert!(!name.is_empty() && !help.trim().is_empty(), "{table} says nothing about {name:?}");
    }
}

#[test]
fn tables_have_each_name_once_with_its_help() {
    let panes: Vec<_> = PANES.iter().map(|pane| (pane.name(), pane.title())).collect();
    let actions: Vec<_> = ACTIONS.iter().map(|action| (action.name, action.help)).collect();
    let sources: Vec<_> = SOURCES.iter().map(|source| (source.name, source.resource)).collect();
    let commands: Vec<_> = COMMANDS.iter().map(|row| (row.name, row.help)).collect();
    whole("PANES", &panes);
    whole("ACTIONS", &actions);
    whole("SOURCES", &sources);
    whole("COMMANDS", &commands);
    // The palette and keymap files know all of them by name.
    whole("the palette", &[panes, actions, commands].concat());
}

#[test]
fn panes_rest_on_sources_that_there_are() {
    let known = |name: &&str| SOURCES.iter().any(|source| source.name == *name);
    for pane in PANES {
        assert!(pane.sources().iter().all(known), "{} rests on {:?}", pane.name(), pane.sources());
    }
}
