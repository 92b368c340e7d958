//! Several rows at once, some of which cannot be done or fail.

use super::*;
use crate::panes::ui::Check;
use crate::release::preview::{NamespaceCondition, PreviewNamespace};
use crate::release::sample_shop::preview;
use crate::theme::Role;
use crate::writers::Executed;
use crate::writers::outcome::Outcome;

/// A preview that is being deleted, and what holds it.
fn held(number: u64, message: &str) -> PreviewNamespace {
    let condition = NamespaceCondition {
        kind: "NamespaceContentRemaining".to_owned(),
        holds: true,
        reason: String::new(),
        message: message.to_owned(),
    };
    PreviewNamespace { deleted_at: Some(at(-60)), conditions: vec![condition], ..preview(at(0), "prod", number) }
}

#[test]
fn why_nothing_is_done_is_said_of_each_and_can_be_read() {
    let mut stage = Stage::with(Vec::new());
    stage.size = (80, 24);
    let some = |what: &str| format!("Some resources are remaining: {what} has 1 resource instances");
    let all = vec![held(7, &some("configmaps.")), held(8, &some("widgets.example.com"))];
    stage.see("namespaces", Observation::Previews(Change::Reset(all)));
    stage.press("3 space space : t e a r d o w n enter");
    let (first, second) = ("held by 1 configmaps left", "held by 1 widgets.example.com left");
    let whole = format!(
        "teardown: refused for all 2; pr-7: pr-7 is being deleted already, {first}; \
         pr-8: pr-8 is being deleted already, {second}"
    );
    assert_eq!(stage.notice(), whole);
    let text = stage.text();
    let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&whole), "{text}");
    assert!(text.lines().any(|line| line.contains("pr-8") && line.contains("▌")), "the row is seen yet:\n{text}");
}

/// Marks all of them, presses the key, has the dry run say so of each, and confirms. The numbers of the writes.
fn confirmed(stage: &mut Stage, checks: Vec<Check>) -> Vec<u64> {
    stage.press("* P");
    let dialog = stage.app.dialog;
    for (index, check) in checks.into_iter().enumerate() {
        stage.app.update(Event::Checked { dialog, index, check, access: Vec::new() }, stage.now);
    }
    stage.later(400);
    let sent = stage.press("y");
    sent.iter().filter_map(|effect| if let Effect::Send { work, .. } = effect { Some(*work) } else { None }).collect()
}

fn answered(stage: &mut Stage, work: u64, outcome: Outcome) {
    let executed = Executed { outcome, notes: Vec::new(), intent: 1, took_ms: 12 };
    stage.app.update(Event::Sent { work, executed }, stage.now);
}

fn applied() -> Outcome {
    Outcome::Applied { warnings: Vec::new(), resource_version: None }
}

fn marks(stage: &Stage) -> usize {
    stage.app.ui.list().marks.len()
}

#[test]
fn one_that_fails_is_told_with_those_that_do_not_and_stays_marked() {
    let mut web = sample::paused("web");
    let rollouts = vec![sample::paused("api"), sample::paused("cart"), web.clone()];
    let mut stage = Stage::with(rollouts);
    let passed = || Check::Passed(Vec::new());
    let works = confirmed(&mut stage, vec![passed(), Check::Refused("a webhook says no".to_owned()), passed()]);
    let (Some(api), Some(cart)) = (works.first(), works.get(1)) else { panic!("{works:?}") };
    let left_out = "shop/cart not sent, refused: a webhook says no";
    assert_eq!(stage.notice(), format!("promote: 0 of 3 took effect, 2 at work; {left_out}"));
    assert_eq!(marks(&stage), 3, "none is accepted yet");
    answered(&mut stage, *api, Outcome::Denied { reason: "no right".to_owned() });
    answered(&mut stage, *cart, applied());
    let failed = format!("shop/api denied: no right; {left_out}");
    assert_eq!(stage.notice(), format!("promote: 0 of 3 took effect, 1 at work; {failed}"));
    assert_eq!(marks(&stage), 2, "the two that were not done");
    web.status.pause_conditions.clear();
    web.status.phase = Some("Progressing".into());
    web.status.controller_pause = false;
    stage.hear("rollouts", Said::Observed(Observation::Rollouts(Change::Applied(web))));
    assert_eq!(stage.notice(), format!("promote: 1 of 3 took effect; {failed}"));
    assert_eq!(stage.app.ui.notice.as_ref().map(|notice| notice.role), Some(Role::Critical));
}

#[test]
fn one_alone_is_told_as_ever_and_loses_its_mark() {
    let mut stage = Stage::with(vec![sample::paused("web")]);
    let works = confirmed(&mut stage, vec![Check::Passed(Vec::new())]);
    answered(&mut stage, works[0], applied());
    assert!(stage.notice().starts_with("promote shop/web: accepted in"), "{}", stage.notice());
    assert_eq!(marks(&stage), 0);
}

#[test]
fn of_two_previews_the_one_that_is_denied_stays_marked() {
    let mut stage = super::shop::shop();
    let all = [300, 407].map(|number| preview(stage.now, "prod", number)).into();
    stage.see("namespaces", Observation::Previews(Change::Reset(all)));
    let asked = stage.press("3 * : t e a r d o w n enter");
    for effect in asked {
        if let Effect::Check { dialog, index, .. } = effect {
            let check = Check::Passed(Vec::new());
            stage.app.update(Event::Checked { dialog, index, check, access: Vec::new() }, stage.now);
        }
    }
    stage.later(400);
    let text = stage.text();
    let name = text.split("type pr-").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap_or_default();
    let typed: Vec<String> = format!("pr-{name}").chars().map(String::from).collect();
    let works: Vec<u64> = stage
        .press(&format!("{} enter", typed.join(" ")))
        .iter()
        .filter_map(|effect| if let Effect::Send { work, .. } = effect { Some(*work) } else { None })
        .collect();
    let [first, second] = works.as_slice() else { panic!("{works:?}\n{}", stage.text()) };
    answered(&mut stage, *first, Outcome::Denied { reason: "no right".to_owned() });
    answered(&mut stage, *second, applied());
    let denied = stage.app.ui.list().marks.iter().map(|row| row.0.to_string()).collect::<Vec<_>>();
    let [denied] = denied.as_slice() else { panic!("{denied:?}") };
    let name = denied.trim_start_matches("uid-");
    assert_eq!(stage.notice(), format!("teardown: 0 of 2 gone, 1 at work; {name} denied: no right"));
}
