//! Each verdict of each gate, and what must never be green.

use proptest::prelude::*;

use super::*;
use crate::release::cost;
use crate::release::flag;
use crate::release::repository::{Finding, FromRun};
use crate::release::sample_shop::*;
use crate::release::smoke;
use crate::release::workflow::read_runs;

fn now() -> Timestamp {
    crate::release::sample::at(0)
}

fn shop() -> Repository {
    let mut repository = Repository::default();
    findings(now()).into_iter().for_each(|finding| repository.learn(finding, now()));
    repository
}

fn changed(change: impl FnOnce(&mut Repository)) -> Repository {
    let mut repository = shop();
    change(&mut repository);
    repository
}

fn verdict_of(repository: &Repository, number: u64) -> (GateVerdict, String) {
    let all = budgets(repository);
    let budget = all.iter().find(|budget| budget.pull.number == number).expect("a row");
    (budget.verdict, budget.why.clone())
}

#[test]
fn what_is_over_comes_first_and_what_has_no_price_is_unknown() {
    let repository = shop();
    let words: Vec<_> =
        budgets(&repository).iter().map(|it| (it.pull.number, it.is_merged, it.verdict.word())).collect();
    let wanted = [
        (428, false, "fail"),
        (431, false, "unknown"),
        (398, false, "unknown"),
        (425, false, "pass"),
        (419, true, "pass"),
        (412, true, "pass"),
    ];
    assert_eq!(words, wanted);
    assert_eq!(verdict_of(&repository, 431).1, "the plan has not run for its head");
    let unseen = verdict_of(&changed(|it| it.costs.clear()), 425);
    assert_eq!(unseen, (GateVerdict::Unknown, "its plan was not looked for so far".to_owned()));
    let why = "+84.20 USD a month is over the limit of 25; 2 resources have no price";
    assert_eq!(verdict_of(&repository, 428).1, why);
}

#[test]
fn a_report_that_cannot_be_used_says_why() {
    let is_now = |content, why: &str| {
        let repository = changed(|it| it.costs = vec![of_report(425, content)]);
        assert_eq!(verdict_of(&repository, 425), (GateVerdict::Unknown, why.to_owned()));
    };
    is_now(None, "the run left no report");
    is_now(Some(Err("has expired".to_owned())), "the report has expired");
    let no_baseline = cost::read(include_bytes!("../../fixtures/github/infracost-cli2.json"));
    let why = "no baseline: a scan of CLI 2.x reports a total and no difference";
    let repository = changed(|it| it.costs = vec![of_report(425, Some(no_baseline))]);
    let (verdict, said) = verdict_of(&repository, 425);
    assert!(verdict == GateVerdict::Unknown && said.starts_with(why), "{said}");
}

#[test]
fn what_passes_here_and_is_red_on_github_is_not_green() {
    let ended = |conclusion| {
        let cost = PullCost { conclusion, ..priced(425, "3") };
        verdict_of(&changed(|it| it.costs = vec![cost]), 425)
    };
    assert_eq!(ended(Some(Conclusion::Success)).0, GateVerdict::Pass);
    let (verdict, why) = ended(None);
    assert!(verdict == GateVerdict::Unknown && why.starts_with("how its run ended is not known"), "{why}");
    let (verdict, why) = ended(Some(Conclusion::Failure));
    assert_eq!(verdict, GateVerdict::Unknown);
    assert!(why.starts_with("its run ended with failure: run it again; +3 USD a month is within"), "{why}");
}

#[test]
fn what_an_earlier_head_costs_says_nothing() {
    let repository = changed(|it| it.open[2].head_sha = Some("pushed since".to_owned()));
    let pushed = "somebody has pushed to it since its plan was looked for";
    assert_eq!(verdict_of(&repository, 425), (GateVerdict::Unknown, pushed.to_owned()));
    let repository = changed(|it| it.open[2].head_sha = None);
    assert_eq!(verdict_of(&repository, 425).0, GateVerdict::Unknown);
}

#[test]
fn the_limit_is_the_variables_or_the_default_or_not_to_be_read() {
    assert_eq!(limit(&shop()), Ok(25.into()));
    assert_eq!(limit(&changed(|it| it.limit = None)), Ok(50.into()));
    // What the configuration names is for want of a variable that can be read: the gate itself knows only that one.
    let configured = |variable| limit(&changed(|it| (it.limit, it.own_limit) = (variable, Some(40.into()))));
    assert_eq!(configured(Some(Ok(25.into()))), Ok(25.into()));
    assert_eq!(configured(None), Ok(40.into()));
    assert_eq!(configured(Some(Err("holds no amount".to_owned()))), Err("holds no amount".to_owned()));
    let unreadable = changed(|it| it.limit = Some(Err("holds no amount: lots".to_owned())));
    for number in [428, 425, 419] {
        assert_eq!(
            verdict_of(&unreadable, number),
            (GateVerdict::Unknown, "the limit is unknown: holds no amount: lots".into())
        );
    }
    let (sum, verdict, why) = merged_sum(&unreadable).expect("a sum");
    assert_eq!((sum, verdict), (Some("24.50".parse().unwrap()), GateVerdict::Unknown));
    assert_eq!(why, "2 merged since v2.9.1; the limit is unknown: holds no amount: lots");
}

#[test]
fn what_was_merged_is_held_against_the_limit_together() {
    let sum = |repository: &Repository| merged_sum(repository).map(|(_, verdict, why)| (verdict, why));
    let is = |verdict, why: &str| Some((verdict, why.to_owned()));
    assert_eq!(sum(&shop()), is(GateVerdict::Pass, "2 merged since v2.9.1: within the limit of 25"));
    let over = changed(|it| it.costs = vec![priced(419, "22.50"), priced(412, "2.51")]);
    assert_eq!(sum(&over), is(GateVerdict::Fail, "2 merged since v2.9.1: over the limit of 25"));
    let unpriced = changed(|it| it.costs = vec![priced(419, "1")]);
    assert_eq!(sum(&unpriced), is(GateVerdict::Unknown, "2 merged since v2.9.1, not all of them priced"));
    assert_eq!(sum(&changed(|it| it.release = None)), None, "no release to compare with");
    let no_date = changed(|it| it.release.as_mut().expect("a release").published = None);
    let unknown = "what was merged since the last release is not known: v2.9.1 has no date";
    assert_eq!(sum(&no_date), is(GateVerdict::Unknown, unknown));
    let cut = changed(|it| it.is_cut = true);
    assert_eq!(sum(&cut), is(GateVerdict::Unknown, "2 merged since v2.9.1, and not all could be read"));
    assert!(budgets(&no_date).iter().all(|budget| !budget.is_merged));
}

#[test]
fn merged_while_both_lists_were_read_is_one_row() {
    let repository = changed(|it| it.open.push(open(now(), 412, "Resize the cache", 1)));
    let rows: Vec<_> = budgets(&repository).iter().filter(|it| it.pull.number == 412).map(|it| it.is_merged).collect();
    assert_eq!(rows, [true]);
}

fn smoked(conclusion: &str, thresholds: &str) -> (GateVerdict, String) {
    let repository = changed(|it| {
        let runs = vec![run(now(), 71, "release", conclusion, 2)];
        it.learn(workflow(Duty::Smoke, "verify-release.yml", "active", runs), now());
        it.smoke = from_run(71, summary(thresholds, 300, 0));
    });
    smoke(&repository, now())
}

#[test]
fn a_green_run_proves_what_its_thresholds_prove() {
    let held = r#""p(95)<500":false"#;
    let breached = r#""p(95)<500":true"#;
    let is = |verdict, why: &str| (verdict, why.to_owned());
    assert_eq!(smoked("\"success\"", held), is(GateVerdict::Pass, "1 threshold held, 2h ago"));
    let why = "green with zero thresholds: this run could not have failed, 2h ago";
    assert_eq!(smoked("\"success\"", ""), is(GateVerdict::Unknown, why));
    let why = "http_req_duration breaches p(95)<500, 2h ago";
    assert_eq!(smoked("\"success\"", breached), is(GateVerdict::Fail, why));
    assert_eq!(smoked("\"failure\"", breached), is(GateVerdict::Fail, why));
    let why = "the run ended with failure, 2h ago: 1 threshold held";
    assert_eq!(smoked("\"failure\"", held), is(GateVerdict::Fail, why));
    for conclusion in ["null", "\"cancelled\"", "\"neutral\"", "\"skipped\"", "\"a_new_word\"", "7"] {
        assert_ne!(smoked(conclusion, held).0, GateVerdict::Pass, "{conclusion}");
    }
}

#[test]
fn a_summary_of_another_run_proves_nothing() {
    let unproven = |change: fn(&mut Repository), why: &str| {
        assert_eq!(smoke(&changed(change), now()), (GateVerdict::Unknown, why.to_owned()));
    };
    unproven(|it| it.smoke = None, "the run left no summary, 26h ago");
    unproven(|it| it.smoke = from_run(69, summary(r#""a":false"#, 1, 0)), "the run left no summary, 26h ago");
    unproven(
        |it| it.smoke = Some(FromRun { run: 70, run_at: None, content: Some(Err("has expired".to_owned())) }),
        "the summary has expired, 26h ago",
    );
    unproven(|it| it.workflows.clear(), "no run has completed");
    unproven(
        |it| it.workflows.get_mut(&Duty::Smoke).expect("a view").runs.iter_mut().for_each(|run| run.id = None),
        "the run left no summary, 26h ago",
    );
    unproven(
        |it| {
            let running = br#"{"workflow_runs":[{"id":72,"status":"in_progress"}]}"#;
            it.workflows.get_mut(&Duty::Smoke).expect("a view").runs = read_runs(running).expect("runs");
        },
        "no run has completed",
    );
}

#[test]
fn a_flag_that_is_on_without_what_it_requires() {
    let flags = flag::read(FLAGS).unwrap();
    let wanted = [("reranker", "on in prod, requires capacity_review: nothing says that it is met")];
    let found = unguarded(&flags);
    let found: Vec<_> = found.iter().map(|(name, why)| (*name, why.as_str())).collect();
    assert_eq!(found, wanted);
}

proptest! {
    #[test]
    fn nothing_foreign_panics_or_is_green(value in crate::release::json::foreign(), at in 0usize..7) {
        let field = ["status", "conclusion", "created_at", "run_attempt", "id", "event", "run_number"][at];
        let runs = format!(r#"{{"workflow_runs":[{{"id":70,"status":"completed","{field}":{value}}}]}}"#);
        let mut repository = shop();
        let runs = read_runs(runs.as_bytes()).unwrap_or_default();
        repository.learn(workflow(Duty::Smoke, "x.yml", "what", runs), now());
        if let Ok(summary) = smoke::read(value.as_bytes()) {
            repository.smoke = from_run(70, summary);
        }
        if let Ok(report) = cost::read(value.as_bytes()) {
            repository.costs = vec![of_report(425, Some(Ok(report)))];
        }
        // No conclusion `success` is in there.
        prop_assert_ne!(smoke(&repository, now()).0, GateVerdict::Pass);
        for budget in budgets(&repository) {
            let delta = budget.cost.and_then(|cost| cost.delta);
            prop_assert!(budget.verdict != GateVerdict::Pass || delta.is_some_and(|delta| delta <= 25.into()));
        }
        let _ = merged_sum(&repository);
        repository.learn(Finding::Pulls { open: vec![], merged: vec![], closed: Vec::new(), is_cut: false }, now());
        prop_assert!(budgets(&repository).is_empty());
    }
}
