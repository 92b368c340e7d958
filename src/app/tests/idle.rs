//! What changes although nobody does anything, and what must not.

use super::*;

fn renewed(second: i64) -> Said {
    Said::Observed(Observation::Leases(Change::Applied(lease(second))))
}

#[test]
fn a_dead_controller_shows_by_itself() {
    let mut stage = Stage::with(vec![sample::rollout("web")]);
    let text = stage.text();
    assert!(text.contains("LIVE") && !text.contains("controller"), "{text}");
    stage.later(12_000);
    stage.alive();
    stage.text();
    let wake = stage.wake.expect("a time at which it would be silent");
    assert!(wake > at(20) && wake < at(21), "{wake}");
    stage.now = wake;
    let text = stage.text();
    assert!(text.lines().next().unwrap().contains("controller silent 20s"), "{text}");
    assert!(text.contains("no controller is at work: rollouts do not move"), "{text}");
}

#[test]
fn a_controller_at_work_is_no_news() {
    let mut stage = Stage::with(vec![sample::rollout("web")]);
    stage.text();
    for second in (2..60).step_by(2) {
        stage.now = at(second);
        let report = report("leases", renewed(second));
        assert!(stage.app.is_silent(&report, stage.now), "at {second}");
        stage.hear("leases", report.said);
    }
    stage.now = at(90);
    stage.alive();
    let report = report("leases", renewed(90));
    assert!(!stage.app.is_silent(&report, stage.now), "one that is back is");
    assert!(stage.text().contains("controller silent 32s"), "{}", stage.text());
    stage.hear("leases", report.said);
    assert!(!stage.text().contains("controller"), "{}", stage.text());
}

#[test]
fn that_there_is_no_lease_is_said() {
    let mut stage = Stage::with(vec![sample::rollout("web")]);
    stage.see("leases", Observation::Leases(Change::Reset(Vec::new())));
    assert!(stage.text().lines().next().unwrap().contains("no controller lease"), "{}", stage.text());
}

#[test]
fn a_frozen_screen_sleeps() {
    let mut stage = Stage::with(vec![sample::paused("web")]);
    stage.text();
    assert!(stage.wake.is_some());
    stage.press("f");
    let frozen = stage.text();
    assert!(frozen.contains("FROZEN"), "{frozen}");
    assert_eq!(stage.wake, None);
    stage.later(3_600_000);
    assert_eq!(stage.text(), frozen);
}
