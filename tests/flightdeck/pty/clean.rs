//! Text from outside: whatever somebody wrote into a cluster, every control that reaches the terminal is one of ours.

use flightdeck::sim::{World, WorldConfig};
use serde_json::{Value, json};

use crate::driver::{Cluster, Launch};

const HOSTILE: [&str; 8] = [
    include_str!("../../../fixtures/hostile/types.yaml"),
    include_str!("../../../fixtures/hostile/missing.yaml"),
    include_str!("../../../fixtures/hostile/old.yaml"),
    include_str!("../../../fixtures/hostile/words.yaml"),
    include_str!("../../../fixtures/hostile/numbers.yaml"),
    include_str!("../../../fixtures/hostile/text.yaml"),
    include_str!("../../../fixtures/hostile/runs.yaml"),
    include_str!("../../../fixtures/hostile/owned.yaml"),
];

/// The sequences that we send: final byte of a CSI with what may stand before it.
fn is_ours(parameters: &str, last: char) -> bool {
    let numbers = parameters.chars().all(|c| c.is_ascii_digit() || c == ';' || c == ':');
    match last {
        'm' | 'H' => numbers,
        'J' => parameters == "2",
        'h' | 'l' => matches!(parameters, "?1049" | "?2004" | "?25" | "?2026"),
        _ => false,
    }
}

/// What of these bytes is not ours; None when all is.
fn foreign(raw: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(raw);
    let mut rest = &*text;
    while let Some(at) = rest.find(is_control) {
        let sequence = &rest[at..];
        let csi = sequence.strip_prefix("\x1b[").and_then(|csi| {
            let end = csi.find(|c: char| ('\x40'..='\x7e').contains(&c))?;
            is_ours(&csi[..end], csi[end..].chars().next()?).then_some(end + 3)
        });
        match csi {
            Some(length) => rest = &sequence[length..],
            None => return Some(sequence.chars().take(40).collect::<String>().escape_debug().to_string()),
        }
    }
    None
}

/// Controls of both kinds, and what turns the direction of text or hides.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn fill(world: &World) {
    for file in HOSTILE {
        let list: Value = serde_yaml::from_str(file).expect("a list");
        for item in list["items"].as_array().expect("items") {
            // A world may refuse what no server would store; the rest has to be shown.
            let _ = world.apply(item.clone());
        }
    }
    let nasty = "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\u{202e}\u{0}\r\n\u{200b}x";
    let labels = json!({"argo-rollouts.argoproj.io/controller-instance-id": "hostile"});
    world
        .apply(json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
            "metadata": {"name": "zz-nasty", "namespace": "hostile", "labels": labels,
                "annotations": {"rollout.argoproj.io/revision": nasty}},
            "spec": {"replicas": 1, "strategy": {"canary": {"steps": [{"setWeight": 10}, {"pause": {}}]}},
                "template": {"spec": {"containers": [{"name": nasty, "image": nasty}]}}},
            "status": {"phase": nasty, "message": nasty, "currentPodHash": nasty, "stableRS": nasty,
                "pauseConditions": [{"reason": nasty, "startTime": nasty}],
                "conditions": [{"type": "Progressing", "status": "False", "reason": nasty, "message": nasty}]}}))
        .expect("a rollout");
}

#[test]
fn every_control_on_the_terminal_is_ours() {
    let cluster = Cluster::start(WorldConfig::empty());
    fill(&cluster.world);
    let mut pty = Launch::on(&cluster.world.kubernetes_url()).size(200, 60).start();
    pty.press("2z");
    pty.wait_for("zz-nasty");
    let rollouts = cluster.world.list("rollouts").len();
    // Every row is looked into, in the small terminal too; and the palette, help and a refused action name them.
    for round in 0..=rollouts {
        pty.press("\r");
        pty.press("jjPA");
        if round == rollouts / 2 {
            pty.resize(80, 24);
        }
        pty.press("\x1b[B\x1b");
        pty.wait_for_silence(std::time::Duration::from_millis(40));
        pty.press("\x1b");
        pty.press("j");
    }
    for keys in ["1", "3", "4", "E", ":", "abort", "\x7f"] {
        pty.press(keys);
    }
    pty.press("\x1b?");
    pty.wait_for_silence(std::time::Duration::from_millis(300));
    assert_eq!(foreign(&pty.raw), None);
}

#[test]
fn the_check_sees_what_is_foreign() {
    assert_eq!(foreign(b"\x1b[?2026h\x1b[1;1Hplain\x1b[38;5;7m"), None);
    for bad in ["\x1b[31;1Ax", "\x07", "a\tb", "\x1b]0;t", "\u{9b}1m", "\u{202e}", "\x1b[6n", "\x1b[?47h"] {
        assert!(foreign(bad.as_bytes()).is_some(), "{bad:?}");
    }
}
