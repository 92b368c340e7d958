//! What is known of a repository on GitHub, part by part: each with its age and with what is in the way of the next look.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::blame::Blame;
use super::commit::Commit;
use super::cost::Cost;
use super::drift::Drift;
use super::flag::Flags;
use super::gate::GateVerdict;
use super::observation::Failure;
use super::pull::{PullLookup, PullRequest, PullState};
use super::smoke::Smoke;
use super::workflow::{Conclusion, Run, Workflow, WorkflowJob};

pub use super::topic::{Duty, Topic};

/// A workflow with its latest runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowView {
    /// The file's name, as it stands in the configuration: what a dispatch names.
    pub file: String,
    /// None: there is no such workflow (404), or it is unread.
    pub workflow: Option<Workflow>,
    /// Why nothing is known of it although the rest of its topic is.
    #[serde(default)]
    pub unread: Option<Failure>,
    /// Newest first.
    pub runs: Vec<Run>,
    /// The jobs of the run that the verdict rests on.
    pub jobs: Option<RunJobs>,
    /// The file itself, where an action edits it: the smoke test's and the plan's. None: not there, or not to be read.
    pub source: Option<BranchFile>,
}

/// A file as it stands on a branch: what an edit begins with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BranchFile {
    pub path: String,
    pub branch: String,
    /// The blob's: the precondition of an edit.
    pub sha: String,
    /// Exactly as it is stored: for an edit, never for the screen.
    pub text: Arc<str>,
    /// The branch's newest commit: what a new branch begins with.
    pub head: Option<String>,
    /// Whether the branch takes changes through pull requests only. None: nobody says.
    pub is_protected: Option<bool>,
}

/// The jobs of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunJobs {
    pub run: u64,
    pub jobs: Vec<WorkflowJob>,
}

/// What was read out of a run's artifact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FromRun<T> {
    /// The run's id, and when it began.
    pub run: u64,
    pub run_at: Option<Timestamp>,
    /// None: the run left none. Err: why it cannot be used (expired, too large, not what it should be).
    pub content: Option<Result<T, String>>,
}

/// The cost of a pull request's head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PullCost {
    pub number: u64,
    pub head_sha: String,
    /// None: the workflow has not run for this head.
    pub report: Option<FromRun<Cost>>,
    /// How that run ended; None: it is not said, or none is known.
    #[serde(default)]
    pub conclusion: Option<Conclusion>,
}

/// The flags file as it stands on a branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlagsFile {
    pub file: BranchFile,
    pub flags: Result<Flags, String>,
}

/// What stands in place of a branch where the flags are read from a file on this machine.
pub const CHECKOUT: &str = "checkout";

impl FlagsFile {
    /// Whether it is read from a file on this machine: then nothing here can change it.
    pub fn is_checkout(&self) -> bool {
        // A branch may be called that, too, but what is on a branch has a blob.
        self.file.branch == CHECKOUT && self.file.sha.is_empty()
    }
}

/// The repository's own data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// `owner/name`, as GitHub spells it now.
    pub full_name: String,
    pub default_branch: String,
    /// Nothing can be changed in it.
    pub archived: bool,
    /// Whether this token may push; None where it is not said.
    pub may_push: Option<bool>,
    pub url: Option<String>,
}

/// The last release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    pub tag: String,
    pub published: Option<Timestamp>,
}

/// How many requests are left, from the `x-ratelimit-*` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    pub limit: u64,
    pub remaining: u64,
    pub resets: Option<Timestamp>,
}

/// One thing that was found out about a repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Finding {
    About(About),
    /// All open ones (or as many as the cap lets through and can be read), those merged lately, and of ours those closed
    /// without merging.
    Pulls {
        open: Vec<PullRequest>,
        merged: Vec<PullRequest>,
        #[serde(default)]
        closed: Vec<PullRequest>,
        is_cut: bool,
    },
    Release(Option<Release>),
    /// Of preview namespaces; the whole set.
    Lookups(BTreeMap<u64, PullLookup>),
    Workflow(Duty, Box<WorkflowView>),
    /// Of the last scheduled run.
    Plan(Option<FromRun<Drift>>),
    /// When a plan last came to its end, of the runs that were looked into.
    GoodPlan(Option<Timestamp>),
    /// Who last touched the files that declare what has drifted or is pending, by address; the whole set.
    Blame(BTreeMap<String, Blame>),
    /// Of the last run of the smoke test.
    Smoke(Option<FromRun<Smoke>>),
    /// What k6 ended with in that run, where a failed job says so.
    SmokeExit(Option<i32>),
    /// The whole set: every open pull request and those merged lately.
    Costs(Vec<PullCost>),
    /// None: there is no such file on that branch.
    Flags(Option<Box<FlagsFile>>),
    /// Which file on which branch, for sentences.
    FlagsPlace(String),
    /// Of the flags file, newest first.
    History(Vec<Commit>),
    /// The repository variable. None: it is not set. Err: it holds no amount.
    Limit(Option<Result<Decimal, String>>),
    /// What that variable is called, and the limit that the configuration names for want of it.
    LimitVariable {
        name: String,
        otherwise: Option<Decimal>,
    },
    Budget(Budget),
    /// A topic was looked at, to the end.
    Seen(Topic),
    /// A topic could not be looked at.
    Blind(Topic, Failure),
}

/// What is in the way of a topic.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sight {
    /// When it was last looked at to the end.
    pub seen: Option<Timestamp>,
    /// Since when, and why, it could not be looked at.
    pub failing: Option<(Timestamp, Failure)>,
    /// When it is looked at again, as it said when it failed.
    #[serde(default)]
    pub next_try: Option<Timestamp>,
}

/// Everything that is remembered of one repository. What was never told is None or empty; [`Repository::sight`] says
/// whether that means "there is none" or "nobody has looked".
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Repository {
    pub about: Option<About>,
    pub open: Vec<PullRequest>,
    pub merged: Vec<PullRequest>,
    /// Of ours, those that were lately closed without merging.
    #[serde(default)]
    pub closed: Vec<PullRequest>,
    /// There are more pull requests, open or closed since the last release, than are read.
    pub is_cut: bool,
    pub release: Option<Release>,
    pub lookups: BTreeMap<u64, PullLookup>,
    pub workflows: BTreeMap<Duty, WorkflowView>,
    pub plan: Option<FromRun<Drift>>,
    /// When a plan last came to its end, whatever it found and whoever started it.
    #[serde(default)]
    pub good_plan: Option<Timestamp>,
    /// By address; inferred from where it is declared.
    pub blame: BTreeMap<String, Blame>,
    pub smoke: Option<FromRun<Smoke>>,
    /// What k6 ended with, where a failed job says so.
    pub smoke_exit: Option<i32>,
    pub costs: Vec<PullCost>,
    pub flags: Option<FlagsFile>,
    /// Which file on which branch; None until it was asked for.
    #[serde(default)]
    pub flags_place: Option<String>,
    pub history: Vec<Commit>,
    pub limit: Option<Result<Decimal, String>>,
    /// What the variable is called; None until it was asked for.
    pub limit_variable: Option<String>,
    /// The configuration's.
    #[serde(default)]
    pub own_limit: Option<Decimal>,
    pub budget: Option<Budget>,
    pub sights: BTreeMap<Topic, Sight>,
}

impl Repository {
    /// Takes in what was found at `now`.
    pub fn learn(&mut self, finding: Finding, now: Timestamp) {
        match finding {
            Finding::About(about) => self.about = Some(about),
            Finding::Pulls { open, merged, closed, is_cut } => {
                (self.open, self.merged, self.closed, self.is_cut) = (open, merged, closed, is_cut);
            }
            Finding::Release(release) => self.release = release,
            Finding::Lookups(lookups) => self.lookups = lookups,
            Finding::Workflow(duty, view) => {
                self.workflows.insert(duty, *view);
            }
            Finding::Plan(plan) => self.plan = plan,
            Finding::GoodPlan(at) => self.good_plan = at,
            Finding::Blame(blame) => self.blame = blame,
            Finding::Smoke(smoke) => self.smoke = smoke,
            Finding::SmokeExit(code) => self.smoke_exit = code,
            Finding::Costs(costs) => self.costs = costs,
            Finding::Flags(flags) => self.flags = flags.map(|flags| *flags),
            Finding::FlagsPlace(place) => self.flags_place = Some(place),
            Finding::History(history) => self.history = history,
            Finding::Limit(limit) => self.limit = limit,
            Finding::LimitVariable { name, otherwise } => {
                (self.limit_variable, self.own_limit) = (Some(name), otherwise);
            }
            Finding::Budget(budget) => self.budget = Some(budget),
            Finding::Seen(topic) => {
                self.sights.insert(topic, Sight { seen: Some(now), ..Sight::default() });
            }
            Finding::Blind(topic, failure) => {
                let sight = self.sights.entry(topic).or_default();
                let since = sight.failing.as_ref().map_or(now, |(since, _)| *since);
                sight.next_try = failure.retry_in.and_then(|wait| now.checked_add(wait).ok());
                sight.failing = Some((since, failure));
            }
        }
    }

    /// How well that topic is seen.
    pub fn sight(&self, topic: Topic) -> Sight {
        self.sights.get(&topic).cloned().unwrap_or_default()
    }

    /// The repository's default branch; what GitHub itself calls it where nobody has said.
    pub fn default_branch(&self) -> &str {
        self.about.as_ref().map_or("main", |about| &about.default_branch)
    }

    /// The workflow of that duty.
    pub fn workflow(&self, duty: Duty) -> Option<&WorkflowView> {
        self.workflows.get(&duty)
    }

    /// What is known of a pull request. One that was never asked for is not taken for gone.
    pub fn pull(&self, number: u64) -> PullLookup {
        let listed = self.open.iter().chain(&self.merged).find(|pull| pull.number == number);
        match (self.lookups.get(&number), listed) {
            // The list is read more often; a single answer may be from before the merge.
            (Some(PullLookup::Found(found)), Some(pull)) if found.pushed_at > pull.pushed_at => {
                PullLookup::Found(found.clone())
            }
            (_, Some(pull)) => PullLookup::Found(Box::new(pull.clone())),
            (Some(lookup), None) => lookup.clone(),
            (None, None) => PullLookup::Unknown(self.why_unseen(Topic::Previews)),
        }
    }

    /// The pull request of a branch of ours, while it is open or has lately been.
    pub fn pull_of(&self, branch: &str) -> Option<&PullRequest> {
        let all = self.open.iter().chain(&self.merged).chain(&self.closed);
        all.into_iter().find(|pull| pull.our_branch() == Some(branch))
    }

    /// What the last smoke test says: its summary, and where that leaves the thresholds out, k6's own exit code. None: there
    /// is no run, or it left no summary.
    pub fn judge_smoke(&self) -> Option<(GateVerdict, String)> {
        match self.smoke.as_ref()?.content.as_ref()? {
            Ok(smoke) => Some(smoke.judge(self.smoke_exit)),
            Err(why) => Some((GateVerdict::Unknown, format!("the summary {why}"))),
        }
    }

    /// Pull requests merged after the last release; None while no release is known to compare with.
    pub fn merged_since_release(&self) -> Option<Vec<&PullRequest>> {
        let published = self.release.as_ref()?.published?;
        let is_later = |pull: &&PullRequest| {
            // One that does not say when may be one of them.
            pull.state == PullState::Merged && pull.closed_at.is_none_or(|closed| closed > published)
        };
        Some(self.merged.iter().filter(is_later).collect())
    }

    /// What is said where it has no flags file.
    pub fn without_flags(&self) -> String {
        match &self.flags_place {
            Some(place) => format!("there is no {place}"),
            None => "there is no flags file on that branch".to_owned(),
        }
    }

    /// Why there is nothing to say about that workflow: it is not there, or could not be read. None where there is.
    pub fn without_workflow(&self, duty: Duty) -> Option<String> {
        let view = self.workflow(duty).filter(|view| view.workflow.is_none())?;
        let place = self.about.as_ref().map_or("the repository", |about| &about.full_name);
        Some(match &view.unread {
            Some(failure) => format!("{} could not be read: {}", view.file, failure.message),
            None => format!("there is no workflow {} in {place}", view.file),
        })
    }

    /// The cost of that pull request's head.
    pub fn cost(&self, number: u64) -> Option<&PullCost> {
        self.costs.iter().find(|cost| cost.number == number)
    }

    /// The numbers of all pull requests that are listed.
    pub fn numbers(&self) -> BTreeSet<u64> {
        self.open.iter().chain(&self.merged).map(|pull| pull.number).collect()
    }

    fn why_unseen(&self, topic: Topic) -> String {
        match self.sights.get(&topic).and_then(|sight| sight.failing.as_ref()) {
            Some((_, failure)) => failure.message.clone(),
            None => "not asked yet".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::observation::FailureKind;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_failure_keeps_the_data_and_remembers_since_when() {
        let mut repository = Repository::default();
        let release = Some(Release { tag: "v1".to_owned(), published: Some(at(5)) });
        repository.learn(Finding::Release(release.clone()), at(10));
        repository.learn(Finding::Seen(Topic::Pulls), at(10));
        let failure = Failure { kind: FailureKind::Unreachable, message: "nobody answers".to_owned(), retry_in: None };
        repository.learn(Finding::Blind(Topic::Pulls, failure.clone()), at(20));
        repository.learn(Finding::Blind(Topic::Pulls, failure.clone()), at(30));
        assert_eq!(repository.release, release);
        assert_eq!(
            repository.sight(Topic::Pulls),
            Sight { seen: Some(at(10)), failing: Some((at(20), failure)), next_try: None }
        );
        repository.learn(Finding::Seen(Topic::Pulls), at(40));
        assert_eq!(repository.sight(Topic::Pulls).failing, None);
    }

    #[test]
    fn a_pull_request_that_nobody_asked_for_is_unknown_not_gone() {
        let mut repository = Repository::default();
        assert_eq!(repository.pull(7), PullLookup::Unknown("not asked yet".to_owned()));
        repository.learn(Finding::Lookups([(7, PullLookup::NotFound)].into()), at(1));
        assert_eq!(repository.pull(7), PullLookup::NotFound);
        assert!(repository.merged_since_release().is_none());
    }
}
