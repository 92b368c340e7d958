//! What the terminal is sent, and that it is sent nothing while nothing happens.

use std::time::Duration;

use flightdeck::sim::WorldConfig;
use serde_json::json;

use crate::driver::{Cluster, Launch, Pty, contains};

/// `shop/web` as the clipboard takes it.
const SHOP_WEB: &str = "c2hvcC93ZWI=";

/// How many colours are set in these bytes: a select-graphics sequence with 30 to 49 or 90 to 107 in it.
fn colours(raw: &[u8]) -> usize {
    let text = String::from_utf8_lossy(raw);
    let is_colour = |part: &str| matches!(part.parse::<u16>(), Ok(30..=38 | 40..=48 | 90..=107));
    let sets = |sequence: &&str| {
        let end = sequence.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(sequence.len());
        sequence[end..].starts_with('m') && sequence[..end].split(';').any(is_colour)
    };
    text.split("\x1b[").skip(1).filter(sets).count()
}

fn demo_with(name: &str, value: &str) -> Pty {
    let mut pty = Launch::new(&["demo"]).env(name, value).size(120, 40).start();
    pty.wait_for("shop/web");
    pty
}

#[test]
fn an_idle_world_writes_nothing() {
    let cluster = Cluster::start(WorldConfig::empty());
    let old = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
        "metadata": {"name": "old", "namespace": "shop", "creationTimestamp": "2020-01-01T00:00:00Z"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "old"}}, "strategy": {"canary": {"steps": []}},
            "template": {"metadata": {"labels": {"app": "old"}},
                "spec": {"containers": [{"name": "app", "image": "ghcr.io/acme/old:1"}]}}}});
    cluster.world.apply(old).expect("a rollout");
    let mut pty = Launch::on(&cluster.world.kubernetes_url()).size(120, 40).start();
    pty.wait_for("Healthy");
    pty.wait_for_silence(Duration::from_secs(3));
}

#[test]
fn without_colour_there_are_signs_and_words() {
    let coloured = demo_with("COLORTERM", "truecolor");
    assert!(colours(&coloured.raw) > 0);
    let mut plain = demo_with("NO_COLOR", "1");
    plain.wait_for("waiting");
    assert_eq!(colours(&plain.raw), 0);
}

#[test]
fn a_dumb_terminal_gets_letters_only() {
    let mut dumb = demo_with("TERM", "dumb");
    dumb.wait_for("waiting");
    assert_eq!(colours(&dumb.raw), 0);
    assert!(dumb.text().is_ascii(), "{}", dumb.text());
}

#[test]
fn copying_reaches_the_clipboard_of_the_terminal() {
    for (tmux, wanted) in [
        (None, format!("\x1b]52;c;{SHOP_WEB}")),
        (Some("/tmp/tmux,1,0"), format!("\x1bPtmux;\x1b\x1b]52;c;{SHOP_WEB}")),
    ] {
        let launch = Launch::new(&["demo"]).size(120, 40);
        let mut pty = tmux.into_iter().fold(launch, |launch, tmux| launch.env("TMUX", tmux)).start();
        pty.wait_for("shop/web");
        pty.press("/shop/web\r");
        pty.wait_for(" 1 of ");
        pty.press("c");
        pty.until(&format!("{wanted:?}"), |pty| contains(&pty.raw, wanted.as_bytes()));
        pty.wait_for("copied shop/web");
    }
}
