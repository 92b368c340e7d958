//! GitHub Actions as plain data: the workflow's state, its runs, their jobs and steps, their artifacts.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::json::{Fields, Json};

/// `GET /repos/{owner}/{repo}/actions/workflows/{id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workflow {
    pub id: Option<u64>,
    pub name: String,
    pub path: String,
    pub state: WorkflowState,
    pub url: Option<String>,
}

/// Whether its schedule runs at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorkflowState {
    Active,
    DisabledManually,
    /// GitHub switches schedules off after 60 days without activity in the repository.
    DisabledInactivity,
    DisabledFork,
    Deleted,
    /// A word that this version does not know, or none.
    Other(String),
}

/// One run of a workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub id: Option<u64>,
    pub name: String,
    pub number: Option<u64>,
    pub attempt: Option<u64>,
    /// `schedule`, `workflow_dispatch`, `pull_request`, ...
    pub event: String,
    pub status: RunStatus,
    pub conclusion: Option<Conclusion>,
    pub head_sha: Option<String>,
    pub head_branch: Option<String>,
    pub actor: Option<String>,
    pub created: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    pub url: Option<String>,
}

/// One job of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowJob {
    pub id: Option<u64>,
    pub name: String,
    pub status: RunStatus,
    pub conclusion: Option<Conclusion>,
    pub started: Option<Timestamp>,
    pub completed: Option<Timestamp>,
    pub steps: Vec<WorkflowStep>,
}

/// One step of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowStep {
    pub name: String,
    pub status: RunStatus,
    pub conclusion: Option<Conclusion>,
}

/// One artifact of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Artifact {
    pub id: Option<u64>,
    pub name: String,
    /// In bytes, as GitHub says it; a download is capped all the same.
    pub size: Option<u64>,
    /// Past its retention: a download answers 410. Missing counts as not expired: the download will tell.
    pub expired: bool,
    pub created: Option<Timestamp>,
    pub expires: Option<Timestamp>,
}

/// `status` of runs, jobs and steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunStatus {
    Queued,
    InProgress,
    Completed,
    Waiting,
    Requested,
    Pending,
    Other(String),
}

/// `conclusion`, once completed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Conclusion {
    Success,
    Failure,
    Neutral,
    Cancelled,
    Skipped,
    TimedOut,
    ActionRequired,
    Stale,
    StartupFailure,
    Other(String),
}

/// What stands where GitHub says no word.
pub const UNSAID: &str = "unknown";

/// Enumerations that GitHub writes as words and extends at will.
macro_rules! words {
    ($type:ident { $($word:literal => $variant:ident),+ $(,)? }) => {
        impl $type {
            /// From the API's word; one that is not known is kept.
            pub fn from_word(word: &str) -> Self {
                match word {
                    $($word => $type::$variant,)+
                    _ => $type::Other(word.to_owned()),
                }
            }

            /// The API's word.
            pub fn word(&self) -> &str {
                match self {
                    $($type::$variant => $word,)+
                    $type::Other(word) => word,
                }
            }
        }
    };
}

words!(WorkflowState {
    "active" => Active,
    "disabled_manually" => DisabledManually,
    "disabled_inactivity" => DisabledInactivity,
    "disabled_fork" => DisabledFork,
    "deleted" => Deleted,
});

words!(RunStatus {
    "queued" => Queued,
    "in_progress" => InProgress,
    "completed" => Completed,
    "waiting" => Waiting,
    "requested" => Requested,
    "pending" => Pending,
});

words!(Conclusion {
    "success" => Success,
    "failure" => Failure,
    "neutral" => Neutral,
    "cancelled" => Cancelled,
    "skipped" => Skipped,
    "timed_out" => TimedOut,
    "action_required" => ActionRequired,
    "stale" => Stale,
    "startup_failure" => StartupFailure,
});

/// One workflow, from its own answer.
pub fn read_workflow(bytes: &[u8]) -> Result<Workflow, String> {
    let root = Json::parse(bytes)?;
    if !root.is_object() {
        return Err("is no workflow: no object".to_owned());
    }
    let fields = root.fields();
    Ok(Workflow {
        id: fields.get("id").count(),
        name: word(&fields, "name"),
        path: word(&fields, "path"),
        state: WorkflowState::from_word(&word(&fields, "state")),
        url: fields.get("html_url").words(),
    })
}

/// `workflow_runs[]` of a page.
pub fn read_runs(bytes: &[u8]) -> Result<Vec<Run>, String> {
    read_list(bytes, "workflow_runs", Run::read)
}

/// `jobs[]` of a page.
pub fn read_jobs(bytes: &[u8]) -> Result<Vec<WorkflowJob>, String> {
    read_list(bytes, "jobs", WorkflowJob::read)
}

/// `artifacts[]` of a page.
pub fn read_artifacts(bytes: &[u8]) -> Result<Vec<Artifact>, String> {
    read_list(bytes, "artifacts", Artifact::read)
}

impl Run {
    /// From one item.
    pub fn read(run: Json) -> Self {
        let fields = run.fields();
        Run {
            id: fields.get("id").count(),
            name: word(&fields, "name"),
            number: fields.get("run_number").count(),
            attempt: fields.get("run_attempt").count(),
            event: word(&fields, "event"),
            status: RunStatus::from_word(&word(&fields, "status")),
            conclusion: conclusion(&fields),
            head_sha: fields.get("head_sha").words(),
            head_branch: fields.get("head_branch").words(),
            actor: fields.get("actor").get("login").words(),
            created: time(&fields, "created_at"),
            updated: time(&fields, "updated_at"),
            url: fields.get("html_url").words(),
        }
    }

    /// Whether it has come to its end. What has a conclusion has, in whatever word the status says so.
    pub fn is_over(&self) -> bool {
        match self.status {
            RunStatus::Completed => true,
            RunStatus::Other(_) => self.conclusion.is_some(),
            _ => false,
        }
    }

    /// Whether it does not say at all if it has come to its end.
    pub fn is_unread(&self) -> bool {
        self.status == RunStatus::Other(UNSAID.to_owned()) && self.conclusion.is_none()
    }

    /// Whether it began later, by the first of time, number and id that both of them have.
    pub fn is_newer_than(&self, other: &Run) -> bool {
        let by_time = order(self.created, other.created);
        by_time.or_else(|| order(self.number, other.number)).or_else(|| order(self.id, other.id))
            == Some(Ordering::Greater)
    }

    /// Completed with success. Anything else, also what is not known, is not green.
    pub fn is_green(&self) -> bool {
        self.status == RunStatus::Completed && self.conclusion == Some(Conclusion::Success)
    }
}

/// The newest of them; of two that cannot be told apart the first, since GitHub lists the newest first.
pub fn newest<'a>(runs: impl IntoIterator<Item = &'a Run>) -> Option<&'a Run> {
    runs.into_iter().reduce(|newest, run| if run.is_newer_than(newest) { run } else { newest })
}

/// The newest that has come to its end.
pub fn last_over(runs: &[Run]) -> Option<&Run> {
    newest(runs.iter().filter(|run| run.is_over()))
}

/// Whether an odd one among them may be newer than that one of them: then nobody knows what the last one is.
pub fn is_hidden(runs: &[Run], last: &Run, is_odd: impl Fn(&Run) -> bool) -> bool {
    let mut before = runs.iter().take_while(|run| !std::ptr::eq(*run, last));
    before.any(|run| is_odd(run) && !last.is_newer_than(run))
        || runs.iter().any(|run| is_odd(run) && run.is_newer_than(last))
}

/// Which comes later; None where one of them does not say, or both say the same.
fn order<T: Ord>(one: Option<T>, other: Option<T>) -> Option<Ordering> {
    Some(one?.cmp(&other?)).filter(|order| order.is_ne())
}

impl WorkflowJob {
    /// From one item.
    pub fn read(job: Json) -> Self {
        let fields = job.fields();
        WorkflowJob {
            id: fields.get("id").count(),
            name: word(&fields, "name"),
            status: RunStatus::from_word(&word(&fields, "status")),
            conclusion: conclusion(&fields),
            started: time(&fields, "started_at"),
            completed: time(&fields, "completed_at"),
            steps: fields.get("steps").items().into_iter().map(WorkflowStep::read).collect(),
        }
    }
}

impl WorkflowStep {
    /// From one item.
    pub fn read(step: Json) -> Self {
        let fields = step.fields();
        WorkflowStep {
            name: word(&fields, "name"),
            status: RunStatus::from_word(&word(&fields, "status")),
            conclusion: conclusion(&fields),
        }
    }
}

impl Artifact {
    /// Whether it was made later, by the time or else by the id.
    pub fn is_newer_than(&self, other: &Artifact) -> bool {
        order(self.created, other.created).or_else(|| order(self.id, other.id)) == Some(Ordering::Greater)
    }

    /// From one item.
    pub fn read(artifact: Json) -> Self {
        let fields = artifact.fields();
        Artifact {
            id: fields.get("id").count(),
            name: word(&fields, "name"),
            size: fields.get("size_in_bytes").count(),
            expired: fields.get("expired").flag().unwrap_or(false),
            created: time(&fields, "created_at"),
            expires: time(&fields, "expires_at"),
        }
    }
}

/// The items of a page under that name; null is none. A page without the list is an answer to something else.
fn read_list<T>(bytes: &[u8], name: &str, item: impl Fn(Json) -> T) -> Result<Vec<T>, String> {
    let page = Json::parse(bytes)?.fields();
    let list = page.get(name);
    if list.is_no_list() || !page.has_any(&[name]) {
        return Err(format!("has no list {name}"));
    }
    Ok(list.items().into_iter().map(item).collect())
}

/// A text, or the word that says that there is none.
fn word(fields: &Fields, name: &str) -> String {
    fields.get(name).words().unwrap_or_else(|| UNSAID.to_owned())
}

/// An RFC 3339 time.
fn time(fields: &Fields, name: &str) -> Option<Timestamp> {
    fields.get(name).text()?.parse().ok()
}

/// The conclusion; null while there is none.
fn conclusion(fields: &Fields) -> Option<Conclusion> {
    let conclusion = fields.get("conclusion");
    conclusion.is_present().then(|| Conclusion::from_word(&word(fields, "conclusion")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RUNS: &[u8] = include_bytes!("../../fixtures/github/workflow-runs.json");

    #[test]
    fn runs_are_read_and_an_unknown_word_costs_one_cell() {
        let runs = read_runs(RUNS).unwrap();
        assert!(runs[0].is_green() && !runs[1].is_green());
        assert_eq!(runs[0].created, Some("2026-08-20T06:00:12Z".parse().unwrap()));
        assert_eq!(runs[0].actor.as_deref(), Some("ada"));
        assert_eq!((runs[1].status.word(), runs[1].conclusion.clone()), ("in_progress", None));
        assert_eq!(runs[2].conclusion, Some(Conclusion::Other("evaporated".to_owned())));
        assert_eq!((runs[2].id, runs[2].event.as_str(), runs[2].actor.as_deref()), (None, "unknown", None));
    }

    #[test]
    fn workflows_jobs_and_artifacts() {
        let workflow = read_workflow(br#"{"id":7,"name":"infra-drift","state":"disabled_inactivity"}"#).unwrap();
        assert_eq!(workflow.state, WorkflowState::DisabledInactivity);
        assert_eq!(read_workflow(b"{}").unwrap().state, WorkflowState::Other("unknown".to_owned()));
        let jobs = br#"{"total_count":1,"jobs":[{"id":1,"name":"plan","status":"completed","conclusion":"failure",
            "steps":[{"name":"Enforce budget","status":"completed","conclusion":"skipped"}]}]}"#;
        assert_eq!(read_jobs(jobs).unwrap()[0].steps[0].conclusion, Some(Conclusion::Skipped));
        let artifacts = br#"{"artifacts":[{"id":9,"name":"plan","size_in_bytes":812,"expired":true}]}"#;
        let artifact = &read_artifacts(artifacts).unwrap()[0];
        assert!(artifact.expired && artifact.size == Some(812));
        assert!(read_artifacts(br#"{"message":"Not Found"}"#).is_err() && read_jobs(br#"{"jobs":7}"#).is_err());
        assert_eq!(read_jobs(br#"{"total_count":0,"jobs":null}"#), Ok(Vec::new()));
    }

    proptest! {
        #[test]
        fn nothing_panics(value in crate::release::json::foreign(), bytes in proptest::collection::vec(any::<u8>(), 0..99)) {
            let page = format!(r#"{{"workflow_runs":[{value},{{"id":{value},"conclusion":{value},"actor":{value}}}],
                "jobs":[{{"steps":{value},"name":{value}}}],"artifacts":[{{"size_in_bytes":{value}}}],"state":{value}}}"#);
            for bytes in [page.as_bytes(), &bytes] {
                let _ = (read_runs(bytes), read_jobs(bytes), read_artifacts(bytes), read_workflow(bytes));
            }
            prop_assert!(read_runs(page.as_bytes()).is_ok_and(|runs| runs.len() == 2));
        }
    }
}
