//! Each need of the repository, what tells it apart from its neighbours, and when it comes by itself.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::release::observation::{Change, FailureKind, Observation, Report, Said, SourceId};
use crate::release::preview::PreviewNamespace;
use crate::release::repository::{Finding, FromRun, WorkflowView};
use crate::release::sample_shop::{self, *};

fn now() -> Timestamp {
    crate::release::sample::at(0)
}

fn shop() -> Model {
    sample_shop::shop("prod", now())
}

/// The needs of a model as words: what, about what, which answers.
fn told(model: &Model, now: Timestamp) -> Vec<String> {
    let mut told: Vec<String> = needs(model, now)
        .iter()
        .map(|need| format!("{} {} {} {:?}", need.severity.word(), need.what, need.object.name, need.answers))
        .collect();
    told.sort();
    told
}

/// What is told of the shop once that is found out; of one object only.
fn of(object: &str, findings: Vec<Finding>) -> Vec<String> {
    let mut model = shop();
    findings.into_iter().for_each(|finding| learn(&mut model, finding, now()));
    told(&model, now()).into_iter().filter(|line| line.contains(object)).collect()
}

fn previews(all: Vec<PreviewNamespace>) -> Model {
    let mut model = shop();
    let source = SourceId { context: "prod".into(), kind: "namespaces".into() };
    model.observe(Report { source, said: Said::Observed(Observation::Previews(Change::Reset(all))) }, now());
    model
}

#[test]
fn all_that_waits_for_a_human() {
    let wanted = [
        "attention drift infra-drift.yml [\"run-now\"]",
        "attention orphan preview pr-300 [\"teardown\"]",
        "attention orphan preview pr-407 [\"teardown\"]",
        "attention over budget #428 []",
        "attention unguarded flag reranker [\"kill\"]",
        "critical preview stuck pr-412 []",
        "unknown smoke unproven verify-release.yml [\"run-now\"]",
    ];
    assert_eq!(told(&shop(), now()), wanted);
}

#[test]
fn what_nobody_has_looked_at_needs_nobody_yet() {
    let mut model = shop();
    model.repositories.values_mut().for_each(|repository| std::sync::Arc::make_mut(repository).sights.clear());
    let told = told(&model, now());
    assert!(told.iter().all(|line| line.contains("preview")), "{told:?}");
}

#[test]
fn what_was_seen_stays_needed_while_github_is_away() {
    let findings = Topic::ALL.map(|topic| blind(topic, FailureKind::Unreachable, "no answer"));
    let mut model = shop();
    findings.into_iter().for_each(|finding| learn(&mut model, finding, now()));
    assert_eq!(told(&model, now()), told(&shop(), now()));
    // Without GitHub nothing is known of a pull request: its preview is no orphan.
    let mut blank = Model::default();
    see_previews(&mut blank, "prod", now());
    assert_eq!(told(&blank, now()), ["critical preview stuck pr-412 []"]);
}

#[test]
fn drift_by_what_was_found_and_by_whether_anybody_looks() {
    let runs = |hours, conclusion| vec![run(now(), 50, "schedule", conclusion, hours)];
    let drift = |state, runs| of("infra-drift", vec![workflow(Duty::Drift, "infra-drift.yml", state, runs)]);
    let success = "\"success\"";
    for state in ["disabled_manually", "disabled_inactivity", "disabled_fork", "deleted"] {
        let told = drift(state, runs(5, success));
        // What was found stays known, whether anybody looks or not.
        let off =
            ["drift check off", "drift"].map(|it| format!("attention {it} infra-drift.yml [\"enable-workflow\"]"));
        assert_eq!(told, off, "{state}");
    }
    assert_eq!(drift("active", runs(27, success)), ["attention drift unchecked infra-drift.yml [\"run-now\"]"]);
    assert_eq!(drift("active", runs(26, success)), ["attention drift infra-drift.yml [\"run-now\"]"]);
    let unknown = ["unknown drift unknown infra-drift.yml [\"run-now\"]"];
    assert_eq!(drift("active", vec![]), unknown, "nobody has ever looked");
    let failed = vec![
        workflow(Duty::Drift, "infra-drift.yml", "active", runs(5, "\"failure\"")),
        Finding::Plan(Some(FromRun { run: 50, run_at: None, content: None })),
    ];
    assert_eq!(of("infra-drift", failed), ["critical plan failed infra-drift.yml [\"run-now\"]"]);
    let unreadable =
        Finding::Plan(Some(FromRun { run: 50, run_at: None, content: Some(Err("is no plan".to_owned())) }));
    assert_eq!(of("infra-drift", vec![unreadable]), unknown, "what cannot be told is no drift, and not green");
    let clean = crate::release::drift::read(br#"{"format_version":"1.2","resource_changes":[]}"#, &[]).expect("a plan");
    assert_eq!(of("infra-drift", vec![Finding::Plan(from_run(50, clean))]), [""; 0]);
}

#[test]
fn drift_that_cannot_be_told_says_why_and_ranks_last() {
    let reason = |content| {
        let mut model = shop();
        learn(&mut model, Finding::Plan(Some(FromRun { run: 50, run_at: None, content })), now());
        let all = crate::release::attention::needs(&model, now());
        let need = all.iter().find(|need| need.what == "drift unknown").expect("a need");
        assert!(all.iter().all(|other| other.severity >= need.severity));
        (need.reason.clone(), need.since)
    };
    let since = Some(ago(now(), 5));
    let expired = Err("has expired: past the artifact's retention time".to_owned());
    let (why, at) = reason(Some(expired));
    assert_eq!((&*why, at), ("the plan has expired: past the artifact's retention time", since));
    assert_eq!(reason(None), ("the run left no plan: green alone proves nothing".to_owned(), since));
    // Without the workflow nobody has meant to look.
    let view = WorkflowView {
        file: "infra-drift.yml".to_owned(),
        workflow: None,
        runs: Vec::new(),
        jobs: None,
        source: None,
        unread: None,
    };
    assert_eq!(of("infra-drift", vec![Finding::Workflow(Duty::Drift, Box::new(view)), Finding::Plan(None)]), [""; 0]);
    // GitHub as a whole is blind, and nothing was ever seen: that has its own sign.
    let mut model = Model::default();
    learn(&mut model, blind(Topic::Drift, FailureKind::Unreachable, "no answer"), now());
    assert_eq!(told(&model, now()), [""; 0]);
}

#[test]
fn over_budget_alone_and_together() {
    assert_eq!(of("over budget", vec![Finding::Costs(vec![])]), [""; 0]);
    let together = Finding::Costs(vec![priced(419, "22.50"), priced(412, "2.51")]);
    assert_eq!(of("over budget", vec![together]), ["attention over budget merged pull requests []"]);
    let unreadable = Finding::Limit(Some(Err("holds no amount".to_owned())));
    assert_eq!(of("over budget", vec![unreadable]), [""; 0]);
}

#[test]
fn the_smoke_test_that_failed_and_the_one_that_is_off() {
    let smoke = |conclusion, state, thresholds| {
        let runs = vec![run(now(), 71, "release", conclusion, 2)];
        let view = workflow(Duty::Smoke, "verify-release.yml", state, runs);
        of("verify-release", vec![view, Finding::Smoke(from_run(71, summary(thresholds, 1, 0)))])
    };
    let held = r#""p(95)<500":false"#;
    assert_eq!(smoke("\"success\"", "active", held), [""; 0]);
    let failed = ["critical smoke failed verify-release.yml [\"run-now\"]"];
    assert_eq!(smoke("\"failure\"", "active", held), failed);
    let off = ["attention smoke test off verify-release.yml [\"enable-workflow\"]"];
    assert_eq!(smoke("\"success\"", "disabled_manually", held), off);
    // What is off cannot be run now.
    let both = ["critical smoke failed verify-release.yml [\"enable-workflow\"]"];
    assert_eq!(smoke("\"failure\"", "disabled_manually", held), both);
}

#[test]
fn what_is_off_says_so_beside_what_its_last_run_said() {
    let mut model = shop();
    let runs = vec![run(now(), 71, "release", "\"success\"", 2)];
    let view = workflow(Duty::Smoke, "verify-release.yml", "disabled_inactivity", runs);
    learn(&mut model, view, now());
    learn(&mut model, Finding::Smoke(from_run(71, summary(r#""a":false"#, 1, 0))), now());
    let all = needs(&model, now());
    let reason = &all.iter().find(|need| need.what == "smoke test off").expect("a need").reason;
    assert_eq!(reason, "the workflow is disabled_inactivity; the last run: 1 threshold held, 2h ago");
}

#[test]
fn a_preview_gets_stuck_and_a_drift_check_stale_by_themselves() {
    let model = previews(vec![leaving(now(), "prod", 412, 3)]);
    let stuck = |at| told(&model, at).iter().any(|line| line.contains("preview stuck"));
    assert!(!stuck(now()));
    let next = next_change(&model, now()).expect("a time");
    assert_eq!(next, now() + SignedDuration::from_secs(2 * 60 + 1));
    assert!(stuck(next) && !stuck(now() + SignedDuration::from_mins(2)));
    let model = previews(Vec::new());
    let next = next_change(&model, now()).expect("a time");
    assert_eq!(next, ago(now(), 5) + SignedDuration::from_hours(26) + SignedDuration::from_secs(1));
    assert!(told(&model, next).iter().any(|line| line.contains("drift unchecked")));
    assert_eq!(next_change(&model, next), None);
    assert_eq!(next_change(&Model::default(), now()), None);
}

proptest! {
    #[test]
    fn whatever_the_readers_make_of_it_nothing_panics(value in crate::release::json::foreign(), at in 0usize..6) {
        let field = ["state", "merged_at", "number", "updated_at", "head", "user"][at];
        let pull = format!(r#"{{"number":407,"title":"t","state":"closed","{field}":{value}}}"#);
        let mut model = shop();
        if let Ok(pull) = crate::release::pull::PullRequest::read(pull.as_bytes()) {
            let open = vec![pull.clone()];
            learn(&mut model, Finding::Pulls { open, merged: vec![pull], closed: Vec::new(), is_cut: true }, now());
        }
        if let Ok(plan) = crate::release::drift::read(value.as_bytes(), &[]) {
            learn(&mut model, Finding::Plan(from_run(50, plan)), now());
        }
        learn(&mut model, Finding::Flags(Some(Box::new(sample_shop::flags(&value)))), now());
        for at in [now(), Timestamp::MIN, Timestamp::MAX] {
            let _ = (needs(&model, at), next_change(&model, at));
        }
    }
}
