//! Sizes, suspension, signals, and a line that drops: the terminal is given back, and nothing is left behind.

use std::time::Duration;

use flightdeck::sim::{Fault, WorldConfig};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::driver::{Cluster, Launch, Pty, contains};

/// An end must not take longer.
const SOON: Duration = Duration::from_secs(2);

fn demo() -> Pty {
    let mut pty = Launch::new(&["demo"]).start();
    pty.wait_for("search/indexer");
    pty
}

/// The terminal is as it was before: no alternate screen, no bracketed paste, a cursor; and nothing came after that.
fn given_back(pty: &Pty) {
    let screen = pty.screen();
    assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor());
    let tail = &pty.raw[pty.raw.len().saturating_sub(60)..];
    for wanted in [&b"\x1b[?1049l"[..], b"\x1b[?2004l", b"\x1b[?25h"] {
        assert!(contains(tail, wanted), "the last bytes are {}", tail.escape_ascii());
    }
}

#[test]
fn every_size_is_survived_with_everything_open() {
    let mut pty = demo();
    let overlays = [("?", "help:"), (":", "━ commands ━"), ("/", "word  !not")];
    for (keys, what) in [("", ""), ("\r", "")].into_iter().chain(overlays) {
        pty.press(keys);
        for (columns, rows) in [(40, 10), (10, 3), (2, 2), (1, 1), (200, 2), (3, 60), (200, 60), (80, 24)] {
            pty.resize(columns, rows);
        }
        pty.until("a picture again", |pty| pty.text().len() > 400 && pty.text().contains(what));
        if !what.is_empty() {
            pty.press("\x1b");
            // An escape with a key right behind it is one key with alt.
            pty.until("it closed", |pty| !pty.text().contains(what));
        }
    }
    pty.wait_for("Flightdeck");
    pty.press("\x03");
    assert!(pty.ends_within(SOON).success());
    given_back(&pty);
}

#[test]
fn suspended_it_gives_the_terminal_back_and_comes_again() {
    let script = "set -m; \"$0\" \"$@\"; echo STOPPED; read line; fg >/dev/null; echo OVER";
    let mut pty = Launch::new(&["demo"]).under_shell(script).start();
    pty.wait_for("search/indexer");
    pty.press("\x1a");
    pty.wait_for("STOPPED");
    given_back_to_the_shell(&pty);
    let before = pty.raw.len();
    pty.press("\n");
    pty.wait_for("search/indexer");
    assert!(pty.screen().alternate_screen() && pty.screen().hide_cursor() && pty.screen().bracketed_paste());
    assert!(contains(&pty.raw[before..], b"\x1b[2J"), "it is painted whole");
    pty.press("2");
    pty.press("q");
    pty.wait_for("OVER");
}

fn given_back_to_the_shell(pty: &Pty) {
    let screen = pty.screen();
    assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor());
}

#[test]
fn stopped_from_outside_it_paints_anew_when_it_goes_on() {
    let mut pty = demo();
    pty.signal(Signal::STOP);
    let before = pty.raw.len();
    pty.signal(Signal::CONT);
    pty.until("a whole picture", |pty| contains(&pty.raw[before..], b"\x1b[2J"));
    pty.press("q");
    assert!(pty.ends_within(SOON).success());
    given_back(&pty);
}

#[test]
fn every_signal_to_end_gives_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut pty = demo();
        pty.signal(signal);
        pty.ends_within(SOON);
        given_back(&pty);
    }
}

#[test]
fn a_line_that_drops_ends_it() {
    let mut pty = demo();
    pty.hang_up();
    pty.ends_within(SOON);
}

#[test]
fn a_write_on_its_way_is_recorded_before_the_end() {
    for (end, name) in [(Some(Signal::TERM), "TERM"), (Some(Signal::HUP), "HUP"), (None, "a dropped line")] {
        let cluster = Cluster::start(WorldConfig::default());
        let mut pty = Launch::on(&cluster.world.kubernetes_url()).size(120, 40).start();
        pty.wait_for("shop/web");
        pty.press("/shop/web\r");
        pty.wait_for(" 1 of ");
        pty.press("P");
        let asked = || cluster.world.requests().iter().any(|request| request.path.contains("dryRun=All"));
        pty.until("the dry run", |_| asked());
        cluster.world.fault(Fault::Slow(Duration::from_millis(700)));
        while records(&pty).is_empty() {
            // What comes too early is ignored by the dialog; what comes too late copies the name.
            pty.press("y");
            pty.wait_for_silence(Duration::from_millis(100));
        }
        assert_eq!(kinds(&pty), ["intent"], "{name}: the answer takes longer than that");
        match end {
            Some(signal) => pty.signal(signal),
            None => pty.hang_up(),
        }
        pty.ends_within(Duration::from_secs(10));
        assert_eq!(kinds(&pty), ["intent", "outcome", "verified"], "{name}");
        assert_eq!(records(&pty)[1].pointer("/result/result"), Some(&json!("applied")), "{name}: {:?}", records(&pty));
    }
}

#[test]
fn the_demo_leaves_nothing_in_the_operators_own_journal() {
    let mut pty = Launch::new(&["demo"]).size(120, 40).start();
    pty.wait_for("search/indexer");
    pty.press("2/search/indexer\r");
    pty.wait_for(" 1 of ");
    pty.act("O", "indexer");
    pty.until("the demo's record", |pty| pty.state().join("demo/audit.jsonl").exists());
    assert!(!pty.state().join("audit.jsonl").exists());
}

fn records(pty: &Pty) -> Vec<Value> {
    let text = std::fs::read_to_string(pty.state().join("audit.jsonl")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn kinds(pty: &Pty) -> Vec<String> {
    records(pty).iter().map(|record| record["kind"].as_str().unwrap_or("?").to_owned()).collect()
}
