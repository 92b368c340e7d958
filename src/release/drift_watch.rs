//! What the drift pane says: the last scheduled run, its plan, and whether anybody still looks at all.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::drift::{Drift, DriftVerdict};
use super::preview::age;
use super::workflow::{Conclusion, Run, UNSAID, Workflow, WorkflowState, is_hidden, newest};

/// A daily run that is later than this has not happened.
pub const STALE_AFTER: SignedDuration = SignedDuration::from_hours(26);

/// The state of the watch, in the words of the pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DriftState {
    /// What the last plan found.
    Found(DriftVerdict),
    /// The last scheduled run is too old to speak for today.
    Stale,
    /// Nobody looks.
    Disabled,
    Unknown,
}

impl DriftState {
    /// The word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            DriftState::Found(verdict) => verdict.word(),
            DriftState::Stale => "stale",
            DriftState::Disabled => "disabled",
            DriftState::Unknown => "unknown",
        }
    }
}

/// The state and its sentence. `plan` is that of the last scheduled run: None while there is none to read, an error
/// where it could not be read.
///
/// A green run alone proves nothing: the setup action's wrapper turns exit code 2 into 0.
pub fn state(
    workflow: Option<&Workflow>,
    runs: &[Run],
    plan: Option<&Result<Drift, String>>,
    now: Timestamp,
) -> (DriftState, String) {
    if let Some(why) = workflow.and_then(disabled) {
        return (DriftState::Disabled, why);
    }
    let Some(run) = last_scheduled(runs) else {
        return (DriftState::Unknown, "no scheduled run has completed".to_owned());
    };
    let may_be_scheduled = |run: &Run| matches!(run.event.as_str(), "schedule" | UNSAID);
    if is_hidden(runs, run, |run| may_be_scheduled(run) && (run.is_over() || run.is_unread())) {
        return (DriftState::Unknown, "GitHub does not say enough of the last run".to_owned());
    }
    let since = run.created.map(|created| now.duration_since(created));
    match since {
        Some(since) if since > STALE_AFTER => return (DriftState::Stale, format!("last looked {} ago", age(since))),
        Some(_) => {}
        None => return (DriftState::Unknown, "the last scheduled run has no time".to_owned()),
    }
    match plan {
        Some(Ok(drift)) => match workflow.and_then(doubt) {
            // What was found is there whether anybody goes on looking or not.
            Some(doubt) if matches!(drift.verdict, DriftVerdict::Clean | DriftVerdict::Pending) => {
                (DriftState::Unknown, format!("{doubt}; {}", drift.why))
            }
            _ => (DriftState::Found(drift.verdict), drift.why.clone()),
        },
        Some(Err(reason)) => (DriftState::Unknown, format!("the plan {reason}")),
        None if run.conclusion == Some(Conclusion::Failure) => {
            (DriftState::Found(DriftVerdict::Failed), "the run failed and left no plan".to_owned())
        }
        None => (DriftState::Unknown, "the run left no plan: green alone proves nothing".to_owned()),
    }
}

/// Completed runs whose plan is about what is deployed, newest first: the schedule's, and those that somebody has started
/// on that branch. On another one something else was planned.
pub fn about_branch<'a>(runs: &'a [Run], branch: &str) -> Vec<&'a Run> {
    let is_on_branch = |run: &Run| run.event == "workflow_dispatch" && run.head_branch.as_deref() == Some(branch);
    let counts = |run: &&Run| run.is_over() && (run.event == "schedule" || is_on_branch(run));
    let mut runs: Vec<&Run> = runs.iter().filter(counts).collect();
    runs.sort_by_key(|run| std::cmp::Reverse((run.created, run.attempt)));
    runs
}

/// Whether a plan came to its end, whatever it has found. The run's own colour does not tell: drift makes it red where the
/// workflow is right, and where it is not, a plan that failed leaves it green.
pub fn has_succeeded(plan: &Result<Drift, String>) -> bool {
    plan.as_ref().is_ok_and(|plan| !matches!(plan.verdict, DriftVerdict::Failed | DriftVerdict::Unknown))
}

/// The newest completed run of the schedule. GitHub lists newest first, but a page is no promise.
pub fn last_scheduled(runs: &[Run]) -> Option<&Run> {
    newest(runs.iter().filter(|run| run.event == "schedule" && run.is_over()))
}

/// Why the schedule does not run; None where it does or where that is not known.
pub fn disabled(workflow: &Workflow) -> Option<String> {
    Some(match &workflow.state {
        WorkflowState::DisabledManually => "somebody disabled the workflow".to_owned(),
        WorkflowState::DisabledInactivity => "GitHub disabled the schedule: 60 days without activity".to_owned(),
        WorkflowState::DisabledFork => "schedules are off in a fork".to_owned(),
        WorkflowState::Deleted => "the workflow is deleted".to_owned(),
        WorkflowState::Other(word) if word.starts_with("disabled") => format!("the workflow is {word}"),
        WorkflowState::Active | WorkflowState::Other(_) => return None,
    })
}

/// That nobody knows whether the schedule runs: GitHub says it in another word, or not at all.
pub fn doubt(workflow: &Workflow) -> Option<String> {
    let is_known = workflow.state == WorkflowState::Active || disabled(workflow).is_some();
    (!is_known).then(|| format!("whether the workflow is on is not known: its state is {}", workflow.state.word()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::workflow::{RunStatus, read_runs, read_workflow};

    fn runs() -> Vec<Run> {
        read_runs(include_bytes!("../../fixtures/github/workflow-runs.json")).unwrap()
    }

    fn at(hours: i64) -> Timestamp {
        "2026-08-20T06:00:12Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
    }

    #[test]
    fn the_state_is_what_can_be_proved() {
        let drifted =
            crate::release::drift::read(include_bytes!("../../fixtures/github/terraform-plan-drift.json"), &[]);
        let unread = Err("is no plan".to_owned());
        let active = read_workflow(br#"{"state":"active"}"#).unwrap();
        let off = read_workflow(br#"{"state":"disabled_inactivity"}"#).unwrap();
        let word = |workflow, runs: &[Run], plan, hours| state(workflow, runs, plan, at(hours)).0.word();
        assert_eq!(word(Some(&active), &runs(), Some(&drifted), 1), "drift");
        assert_eq!(word(None, &runs(), None, 1), "unknown");
        assert_eq!(word(Some(&active), &runs(), Some(&drifted), 27), "stale");
        assert_eq!(word(Some(&off), &runs(), Some(&drifted), 1), "disabled");
        assert_eq!(word(None, &[], None, 1), "unknown");
        assert_eq!(word(None, &runs(), Some(&unread), 1), "unknown");
        let mut failed = runs();
        failed[0].conclusion = Some(Conclusion::Failure);
        assert_eq!(word(None, &failed, None, 1), "failed");
    }

    #[test]
    fn only_what_was_planned_for_the_branch_counts_newest_first() {
        let run = |id, event: &str, branch: &str, hours| {
            let sample = crate::release::sample_shop::run(at(0), id, event, "\"failure\"", hours);
            Run { head_branch: Some(branch.to_owned()), ..sample }
        };
        let mut runs = vec![
            run(1, "schedule", "main", 30),
            run(2, "workflow_dispatch", "main", 2),
            run(3, "workflow_dispatch", "try-it", 1),
            run(4, "pull_request", "main", 1),
            run(5, "schedule", "main", 6),
            run(6, "schedule", "main", 0),
        ];
        runs[5].status = RunStatus::InProgress;
        let counted: Vec<_> = about_branch(&runs, "main").iter().map(|run| run.id).collect();
        assert_eq!(counted, [Some(2), Some(5), Some(1)]);
    }

    #[test]
    fn a_plan_that_found_drift_has_succeeded() {
        let read = |json: &str| crate::release::drift::read(json.as_bytes(), &[]);
        let plan = |fields: &str| read(&format!(r#"{{"format_version":"1.2","resource_changes":[],{fields}}}"#));
        let drift = r#""resource_drift":[{"address":"a.b","change":{"actions":["update"]}}]"#;
        assert!(has_succeeded(&plan(drift)) && has_succeeded(&plan(r#""errored":false"#)));
        assert!(!has_succeeded(&plan(r#""errored":true"#)) && !has_succeeded(&Err("has expired".to_owned())));
    }
}
