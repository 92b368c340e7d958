//! What changes on GitHub: from the marked rows to the end of the write, and what the rows say of it.

use super::acting::accepted;
use super::*;
use crate::actions::plan::{Effect as Wanted, Progress};
use crate::release::observation::{Failure, FailureKind, Report};
use crate::release::pull::PullRequest;
use crate::release::repository::{Finding, Topic};
use crate::release::sample_shop::{self, FLAGS, REPOSITORY, flags};

/// By the palette: the keys of a pane are the configuration's.
const KILL: &str = ": k i l l enter";

/// The shop, with the keys in the pane of its flags.
pub(super) fn shop() -> Stage {
    let mut stage = Stage::with(Vec::new());
    stage.app.settings.repository = Some(ContextSettings {
        name: REPOSITORY.into(),
        authority: Authority::default(),
        reason_required: false,
        label: REPOSITORY.to_owned(),
        colour: None,
    });
    for finding in sample_shop::findings(stage.now) {
        learn(&mut stage, finding);
    }
    stage.press("6");
    stage
}

fn learn(stage: &mut Stage, finding: Finding) -> Vec<Effect> {
    let source = SourceId { context: REPOSITORY.into(), kind: "github".into() };
    let said = Said::Partial(Observation::Repository(finding));
    stage.app.update(Event::Report(Box::new(Report { source, said })), stage.now)
}

/// The flags file reads like this now.
fn read(stage: &mut Stage, text: &str) -> Vec<Effect> {
    learn(stage, Finding::Flags(Some(Box::new(flags(text)))))
}

/// The row in Now that begins so.
fn row(stage: &mut Stage, what: &str) -> String {
    let text = stage.text();
    text.lines().find(|line| line.contains(what)).map(str::to_owned).unwrap_or_else(|| panic!("{what}:\n{text}"))
}

/// What the rows tell of the writes.
fn words(stage: &mut Stage) -> Vec<&str> {
    stage.text();
    stage.app.ui.at_work.iter().map(|work| work.words.as_str()).collect()
}

#[test]
fn flags_that_are_marked_are_one_plan_and_one_commit() {
    let mut stage = shop();
    // The last one is off already: it is left out, the others are not.
    accepted(&mut stage, &format!("space space j space {KILL}"));
    let [work] = stage.app.works.as_slice() else { panic!("{:?}", stage.app.works) };
    assert_eq!((&*work.plan.target.name, work.plan.requests.len()), ("reranker, new_checkout", 1));
    let row = stage.text().lines().find(|line| line.contains("unguarded flag")).map(str::to_owned);
    assert!(row.is_some_and(|row| row.contains("kill: waiting for the effect")), "{}", stage.text());
    let killed = FLAGS.replace("prod: 5 ", "prod: 0 ").replace("stage: 100, prod: 100", "stage: 0, prod: 0");
    read(&mut stage, &killed);
    assert!(stage.notice().starts_with("kill reranker, new_checkout: committed in"), "{}", stage.notice());
}

#[test]
fn what_cannot_be_seen_is_asked_for_again_by_the_key_that_is_refused() {
    let mut stage = shop();
    let failure = Failure { kind: FailureKind::Unreachable, message: "no answer".to_owned(), retry_in: None };
    learn(&mut stage, Finding::Blind(Topic::Flags, failure));
    let effects = stage.press(KILL);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Acted(Topic::Flags))), "{effects:?}");
    let notice = stage.notice();
    assert!(notice.contains("(no answer); GitHub is asked again, as soon as it allows that"), "{notice}");
    stage.text();
    assert!(matches!(stage.press(": r e f r e s h enter").as_slice(), [.., Effect::Again]), "{}", stage.notice());
    stage.app.settings.repository = None;
    let again = stage.press(": r e f r e s h enter");
    assert!(!again.iter().any(|effect| matches!(effect, Effect::Again)), "{again:?}");
    assert!(stage.notice().contains("it is watched"), "{}", stage.notice());
}

#[test]
fn a_commit_is_not_said_to_be_in_effect() {
    let mut stage = shop();
    accepted(&mut stage, KILL);
    assert_eq!(words(&mut stage), ["kill: waiting for the effect"]);
    stage.later(1800);
    read(&mut stage, &FLAGS.replace("prod: 5 ", "prod: 0 "));
    assert_eq!(words(&mut stage), ["kill: committed; live once what reads it is deployed or reloads"]);
    let notice = "kill reranker: committed in 1.8 s; live once what reads it is deployed or reloads";
    assert_eq!(stage.notice(), notice);
}

/// A pull request of the branch that the write at work has made; `fields` say how it stands.
fn pull(stage: &Stage, fields: &str) -> Vec<PullRequest> {
    let Wanted::PullOpened { branch, .. } = &stage.app.works[0].plan.effect else { panic!("a pull request") };
    let json = format!(r#"{{"number":432,"title":"kill: reranker","head":{{"ref":"{branch}"}},{fields}}}"#);
    vec![PullRequest::read(json.as_bytes()).unwrap()]
}

fn pulls(open: Vec<PullRequest>, merged: Vec<PullRequest>, closed: Vec<PullRequest>) -> Finding {
    Finding::Pulls { open, merged, closed, is_cut: false }
}

/// What is to be recorded of an effect.
fn recorded(effects: &[Effect]) -> Vec<&Progress> {
    let verified = effects.iter().filter_map(|effect| match effect {
        Effect::Verified { progress, .. } => Some(progress),
        _ => None,
    });
    verified.collect()
}

/// A kill that became a pull request, which is open.
fn asked() -> Stage {
    let mut stage = shop();
    let mut file = flags(FLAGS);
    file.file.is_protected = Some(true);
    learn(&mut stage, Finding::Flags(Some(Box::new(file))));
    accepted(&mut stage, KILL);
    let open = pull(&stage, r#""state":"open""#);
    let effects = learn(&mut stage, pulls(open.clone(), Vec::new(), Vec::new()));
    assert!(matches!(recorded(&effects).as_slice(), [Progress::Halfway(_)]), "{effects:?}");
    assert_eq!(words(&mut stage), ["kill: pull request #432 is open: not in effect before it is merged"]);
    assert!(matches!(stage.press("q").as_slice(), [Effect::Quit]), "nobody waits for it with the terminal open");
    stage.later(10_000);
    assert!(learn(&mut stage, pulls(open, Vec::new(), Vec::new())).is_empty(), "said once");
    stage.press("1");
    let text = stage.text();
    assert!(text.contains("not merged yet") && text.contains("pull request #432 is open, not in effect"), "{text}");
    stage
}

#[test]
fn a_pull_request_that_is_merged_is_told_and_recorded() {
    let mut stage = asked();
    stage.later(290_000);
    let merged = pull(&stage, r#""state":"closed","merged_at":"2026-08-20T03:05:00Z""#);
    let effects = learn(&mut stage, pulls(Vec::new(), merged, Vec::new()));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Acted(Topic::Flags))), "{effects:?}");
    assert_eq!(stage.notice(), "kill reranker: pull request #432 is merged, and the file does not show it yet");
    let effects = read(&mut stage, &FLAGS.replace("prod: 5 ", "prod: 0 "));
    assert_eq!(recorded(&effects), [&Progress::Done]);
    let done = "kill reranker: on the branch after 5m; live once what reads it is deployed or reloads";
    assert_eq!(stage.notice(), done);
    assert!(!stage.text().contains("not merged"), "{}", stage.text());
    read(&mut stage, FLAGS);
    assert!(stage.notice().contains("put back"), "{}", stage.notice());
}

#[test]
fn a_pull_request_that_is_turned_down_is_told_and_recorded() {
    let mut stage = asked();
    let closed = pull(&stage, &format!(r#""state":"closed","closed_at":"{}""#, stage.now));
    let effects = learn(&mut stage, pulls(Vec::new(), Vec::new(), closed));
    assert!(matches!(recorded(&effects).as_slice(), [Progress::Reverted(_)]), "{effects:?}");
    assert_eq!(stage.notice(), "kill reranker: pull request #432 was closed without merging: it is not in effect");
    let text = stage.text();
    assert!(text.contains("not merged") && text.contains("closed without merging, it is not in effect"), "{text}");
    assert!(stage.app.works.is_empty());
}

#[test]
fn a_pull_request_that_is_in_the_way_is_looked_at_again_at_once() {
    let mut stage = asked();
    stage.press("6");
    let effects = stage.press(KILL);
    assert!(stage.notice().contains("#432 asks for the same already"), "{}", stage.notice());
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Acted(Topic::Pulls))), "{effects:?}");
    let closed = pull(&stage, &format!(r#""state":"closed","closed_at":"{}""#, stage.now));
    learn(&mut stage, pulls(Vec::new(), Vec::new(), closed));
    let effects = stage.press(KILL);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Check { .. })), "{}", stage.notice());
}

#[test]
fn a_row_that_is_still_needed_keeps_its_own_why_before_what_was_done() {
    let mut stage = shop();
    let mut file = flags(FLAGS);
    file.file.is_protected = Some(true);
    learn(&mut stage, Finding::Flags(Some(Box::new(file))));
    let before = row(&mut stage, "unguarded flag");
    let why = before.split_once(" on in ").map(|(_, why)| why.trim_end()).unwrap_or_default();
    accepted(&mut stage, KILL);
    assert!(row(&mut stage, "unguarded flag").contains("kill: waiting for the effect; on in"), "{}", stage.text());
    let open = pull(&stage, r#""state":"open""#);
    learn(&mut stage, pulls(open, Vec::new(), Vec::new()));
    let after = row(&mut stage, "unguarded flag");
    assert!(!why.is_empty() && after.contains(&format!(" on in {why}; kil")), "{after}");
}
