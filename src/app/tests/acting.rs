//! From a key to the end of a write, and what the screen says meanwhile.

use super::*;
use crate::actions::plan::Progress;
use crate::panes::ui::Check;
use crate::writers::Executed;
use crate::writers::outcome::Outcome;

/// The API server would accept what is asked.
fn passes(stage: &mut Stage, effects: Vec<Effect>) {
    for effect in effects {
        if let Effect::Check { dialog, index, .. } = effect {
            let check = Check::Passed(Vec::new());
            stage.app.update(Event::Checked { dialog, index, check, access: Vec::new() }, stage.now);
        }
    }
    stage.later(400);
}

/// Presses the action's key, confirms, and has the API server accept it.
pub(super) fn accepted(stage: &mut Stage, key: &str) {
    let asked = stage.press(key);
    passes(stage, asked);
    let sent = stage.press("y");
    let [Effect::Send { work, .. }] = sent.as_slice() else { panic!("{sent:?}: {}", stage.notice()) };
    let outcome = Outcome::Applied { warnings: Vec::new(), resource_version: None };
    let executed = Executed { outcome, notes: Vec::new(), intent: 1, took_ms: 12 };
    stage.app.update(Event::Sent { work: *work, executed }, stage.now);
}

fn applied(stage: &mut Stage, rollout: &Rollout) {
    stage.hear("rollouts", Said::Observed(Observation::Rollouts(Change::Applied(rollout.clone()))));
}

#[test]
fn a_row_that_was_acted_upon_stays_until_its_effect_was_seen() {
    let mut web = sample::paused("web");
    let mut stage = Stage::with(vec![sample::paused("cart"), web.clone()]);
    stage.press("j");
    accepted(&mut stage, "P");
    let text = stage.text();
    assert!(text.contains("promote: waiting for the effect; CanaryPauseStep"), "{text}");
    assert!(text.contains("1 write at work"), "{text}");
    // Our own write: the controller has not gone on yet.
    web.status.pause_conditions.clear();
    web.status.phase = Some("Progressing".into());
    applied(&mut stage, &web);
    let here = |stage: &Stage| stage.app.selected(stage.now).map(|target| target.name);
    assert!(stage.text().contains("promote: waiting for the effect"), "{}", stage.text());
    assert_eq!(here(&stage).as_deref(), Some("web"));
    web.status.controller_pause = false;
    applied(&mut stage, &web);
    assert!(stage.text().contains("promote: took effect"), "{}", stage.text());
    assert_eq!(here(&stage).as_deref(), Some("web"), "a second key must not hit another");
    let wake = stage.wake.expect("the row goes by itself");
    assert!(wake.duration_since(stage.now).as_secs() <= 4, "{wake}");
    stage.now = wake;
    stage.app.update(Event::Woken, wake);
    assert!(!stage.text().contains("promote: took effect"), "{}", stage.text());
    assert_eq!(here(&stage).as_deref(), Some("cart"));
    assert!(stage.app.works.is_empty());
}

#[test]
fn what_cannot_be_seen_is_not_confirmed() {
    let long = sample::paused(&"x".repeat(90));
    for (rollout, sizes) in [
        (sample::paused("web"), [((10, 3), false), ((80, 1), true), ((30, 4), true), ((80, 24), true)]),
        (long, [((10, 3), false), ((80, 1), false), ((80, 10), false), ((80, 24), true)]),
    ] {
        for (size, is_seen) in sizes {
            let mut stage = Stage::with(vec![rollout.clone()]);
            let asked = stage.press("P");
            passes(&mut stage, asked);
            stage.size = size;
            let sends = |effects: Vec<Effect>| effects.iter().any(|effect| matches!(effect, Effect::Send { .. }));
            assert_eq!(sends(stage.press("y")), is_seen, "{size:?}: {}", stage.text());
            assert_eq!(stage.notice().contains("enlarge the terminal"), !is_seen, "{size:?}: {}", stage.notice());
            stage.size = (120, 40);
            assert_eq!(sends(stage.press("y")), !is_seen, "{size:?}: once it can be seen, it is done");
        }
    }
}

#[test]
fn quitting_does_not_drop_what_is_waited_for() {
    let mut stage = Stage::with(vec![sample::paused("web")]);
    accepted(&mut stage, "P");
    assert!(stage.press("q").is_empty());
    let warning = "1 write waits for its effect: q again to quit, it will be recorded as not verified";
    assert_eq!(stage.notice(), warning);
    assert!(stage.press("j q").is_empty(), "another key in between: the warning is given again");
    assert_eq!(stage.notice(), warning);
    assert!(matches!(stage.press("q").as_slice(), [Effect::Quit]));
    let last = stage.app.last_words(stage.now);
    let [Effect::Verified { progress: Progress::NotYet, cause, .. }] = last.as_slice() else { panic!("{last:?}") };
    assert_eq!(cause, "quit before an effect was seen");
    assert!(stage.app.last_words(stage.now).is_empty(), "once");
    assert!(matches!(stage.press("q").as_slice(), [Effect::Quit]), "nothing is waited for");
}

#[test]
fn undo_begins_at_a_revision_that_one_can_go_back_to() {
    let web = sample::paused("web");
    let mut stage = Stage::with(vec![web.clone()]);
    stage.press("U");
    let set = |hash: &str, revision| sample::replica_set(&web, hash, revision, 1);
    let chosen = |stage: &mut Stage, keys: &str| match stage.press(keys).as_slice() {
        [Effect::ReadTemplates { revision, .. }] => Some(*revision),
        _ => None,
    };
    stage.later(400);
    assert_eq!(chosen(&mut stage, "enter"), None, "nothing is there to choose from");
    stage.see("replicasets", Observation::ReplicaSets(Change::Reset(vec![set("new", 3)])));
    assert_eq!(chosen(&mut stage, "enter"), None, "the current one is none");
    stage.see("replicasets", Observation::ReplicaSets(Change::Reset(vec![set("new", 3), set("old", 2)])));
    assert!(stage.text().contains("to which revision?"), "{}", stage.text());
    // One that comes late does not take the place of the one that is seen.
    stage.see("replicasets", Observation::ReplicaSets(Change::Applied(set("mid", 1))));
    assert_eq!(chosen(&mut stage, "enter"), Some(2));
}

#[test]
fn what_a_guard_refuses_at_the_last_moment_is_recorded() {
    let mut web = sample::paused("web");
    let mut stage = Stage::with(vec![web.clone()]);
    let asked = stage.press("P");
    passes(&mut stage, asked);
    web.status.current_step_index = Some(2);
    applied(&mut stage, &web);
    let effects = stage.press("y");
    let [Effect::Refused { why, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(why.contains("moved on"), "{why}");
}
