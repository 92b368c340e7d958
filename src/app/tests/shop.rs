//! What changes on GitHub: from the marked rows to the end of the write, and what the rows say of it.

use super::acting::accepted;
use super::*;
use crate::release::observation::Report;
use crate::release::repository::Finding;
use crate::release::sample_shop::{self, FLAGS, REPOSITORY, flags};

/// By the palette: the keys of a pane are the configuration's.
const KILL: &str = ": k i l l enter";

/// The shop, with the keys in the pane of its flags.
fn shop() -> Stage {
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
