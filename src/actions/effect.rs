//! How one sees that an action took effect: looked for in what the sources report, never in an answer to a write.
//!
//! Each effect carries what the plan saw, so that it cannot be there before the write.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::release::flag::{Flag, Setting};
use crate::release::model::Model;
use crate::release::object::ObjectId;
use crate::release::phase::Phase;
use crate::release::pull::{PullRequest, PullState};
use crate::release::repository::{Duty, Repository, Topic};
use crate::release::rollout::{PauseCondition, Rollout};
use crate::release::step_edit::Step;
use crate::release::subject;
use crate::release::workflow::Workflow;

/// What must be seen in the model before the action counts as done.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// `status.abort` with `abortedAt`, which only the controller writes.
    Aborted { pod_hash: String },
    /// `status.abort` gone, and the controller took `abortedAt` or the phase Degraded back.
    Retried { pod_hash: String },
    /// The pauses that the operator saw are gone, and `controllerPause` with them (or another pause has begun).
    Unpaused {
        pod_hash: String,
        seen: Vec<PauseCondition>,
        /// The step seen: a later one's pause may have begun within the same second and look the same.
        step: Option<i32>,
        /// `spec.paused` was set as well and has to be gone too.
        by_hand: bool,
    },
    /// `currentStepIndex` is at least this (the number of steps when all is promoted) and the pauses seen are gone.
    StepReached { pod_hash: String, index: i32, seen: Vec<PauseCondition> },
    /// stableRS = currentPodHash, which is the hash seen, and `promoteFull` is reset.
    FullyPromoted { pod_hash: String },
    /// `spec.paused` is this, and the controller has observed that spec.
    SpecPaused(bool),
    /// A pod template hash other than this is current.
    TemplateIsNot(String),
    /// `status.restartedAt` is at or after this `spec.restartAt`.
    Restarted(Timestamp),
    /// The AnalysisRun's phase is a completed one.
    RunCompleted,
    /// The namespace with that UID is no longer there.
    NamespaceGone,
    /// The workflow's state is this word of GitHub's.
    WorkflowIs(String),
    /// A run with a higher id than this is listed.
    RunBegan { duty: Duty, after: u64 },
    /// The flags read like this.
    FlagsAre(Vec<Flag>),
    /// The repository variable has this value.
    LimitIs(Decimal),
    /// The workflow's file is without that step.
    StepGone { duty: Duty, step: Step },
    /// A pull request from that branch is open, as far as it goes without somebody who merges it; then this is there.
    PullOpened { branch: String, then: Box<Effect> },
}

/// Whether the effect is there.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    Done,
    NotYet,
    /// Something put it back, or the object is gone, or it cannot come any more.
    Reverted(String),
    /// It went as far as it goes by itself, and is not in effect: what is missing.
    Halfway(String),
}

impl Effect {
    /// Whether it stays until somebody puts it back: a spec does, a step goes on by itself.
    pub fn is_lasting(&self) -> bool {
        if let Effect::PullOpened { then, .. } = self {
            return then.is_lasting();
        }
        matches!(
            self,
            Effect::SpecPaused(_)
                | Effect::TemplateIsNot(_)
                | Effect::WorkflowIs(_)
                | Effect::FlagsAre(_)
                | Effect::LimitIs(_)
                | Effect::StepGone { .. }
        )
    }

    /// What is said when it is there. A commit is in no effect by itself.
    pub fn done(&self) -> String {
        let (done, _, then) = self.words();
        format!("{done}{then}")
    }

    /// The same with how long it took.
    pub fn done_in(&self, took: &str) -> String {
        let (done, joint, then) = self.words();
        format!("{done}{joint}{took}{then}")
    }

    /// What is done, what leads to how long it took, and what is yet to come.
    fn words(&self) -> (&'static str, &'static str, &'static str) {
        match self {
            Effect::FlagsAre(_) => ("committed", " in ", "; live once what reads it is deployed or reloads"),
            Effect::StepGone { .. } => ("committed", " in ", "; the next run goes without it"),
            Effect::RunBegan { .. } => ("a run has begun", ", after ", ""),
            Effect::NamespaceGone => ("gone", " in ", ""),
            Effect::PullOpened { then, .. } => ("on the branch", " after ", then.words().2),
            _ => ("took effect", " in ", ""),
        }
    }

    /// What is to be looked at again to see it; None where it is watched.
    pub fn topic(&self, target: &ObjectId) -> Option<Topic> {
        match self {
            Effect::WorkflowIs(_) => subject::duty_of(target).map(Duty::topic),
            Effect::RunBegan { duty, .. } | Effect::StepGone { duty, .. } => Some(duty.topic()),
            Effect::FlagsAre(_) => Some(Topic::Flags),
            Effect::LimitIs(_) => Some(Topic::Cost),
            Effect::PullOpened { .. } => Some(Topic::Pulls),
            _ => None,
        }
    }

    /// What is to be looked at again once a pull request is merged.
    pub fn topic_of_merge(&self, target: &ObjectId) -> Option<Topic> {
        if let Effect::PullOpened { then, .. } = self { then.topic(target) } else { None }
    }

    /// Whether what was done is undone by now, in words. That the controller has yet to look at a newer spec is no sign of
    /// it: only the opposite of what was done is.
    pub fn put_back(&self, model: &Model, target: &ObjectId) -> Option<String> {
        let rollout = || model.rollouts.get(&target.uid);
        let repository = || model.repositories.get(&target.context);
        let is_back = match self {
            Effect::PullOpened { then, .. } => return then.put_back(model, target),
            Effect::SpecPaused(wanted) => rollout()?.spec_paused != *wanted,
            Effect::TemplateIsNot(before) => rollout()?.status.current_pod_hash.as_deref() == Some(before),
            Effect::WorkflowIs(wanted) => workflow(repository()?, target)?.state.word() != wanted,
            Effect::FlagsAre(wanted) => act_otherwise(wanted, repository()?),
            Effect::LimitIs(wanted) => repository()?.limit.as_ref()?.as_ref().ok()? != wanted,
            Effect::StepGone { duty, step } => step.is_in(file_of(repository()?, *duty)?)?,
            _ => false,
        };
        let was = match self {
            // A commit is in no effect by itself, and nobody has seen more of it.
            Effect::FlagsAre(_) | Effect::StepGone { .. } => "it was committed and put back",
            _ => "it took effect and was put back",
        };
        is_back.then(|| was.to_owned())
    }

    /// Looks for the effect in what the sources have seen since.
    pub fn progress(&self, model: &Model, target: &ObjectId) -> Progress {
        let gone = || Progress::Reverted(format!("{} is gone", target.path()));
        if let Effect::RunCompleted = self {
            return match model.runs.get(&target.uid) {
                Some(run) => done_if(run.phase.is_completed()),
                None => gone(),
            };
        }
        if let Effect::NamespaceGone = self {
            // Gone and unseen are not the same: what is not watched is not there either.
            let is_watched = model.source(&target.context, "namespaces").is_some_and(|source| source.loaded);
            return done_if(is_watched && model.previews.get(&target.uid).is_none());
        }
        if self.is_on_github() {
            return on_github(self, model, target);
        }
        match model.rollouts.get(&target.uid) {
            Some(rollout) => self.progress_of(rollout),
            None => gone(),
        }
    }

    fn is_on_github(&self) -> bool {
        matches!(
            self,
            Effect::WorkflowIs(_)
                | Effect::RunBegan { .. }
                | Effect::FlagsAre(_)
                | Effect::LimitIs(_)
                | Effect::StepGone { .. }
                | Effect::PullOpened { .. }
        )
    }

    fn progress_of(&self, rollout: &Rollout) -> Progress {
        let status = &rollout.status;
        if let Some(newer) = self.superseded(rollout) {
            return Progress::Reverted(newer);
        }
        match self {
            Effect::Aborted { .. } => done_if(status.abort && status.aborted_at.is_some()),
            // `abort: false` is our own write; that the controller lives shows in what it takes back.
            Effect::Retried { .. } => {
                done_if(!status.abort && (status.aborted_at.is_none() || rollout.phase().phase != Phase::Degraded))
            }
            Effect::Unpaused { .. } | Effect::StepReached { .. } if status.abort => {
                Progress::Reverted("aborted meanwhile".to_owned())
            }
            Effect::Unpaused { seen, step, by_hand, .. } => {
                let goes_on = !status.controller_pause || !status.pause_conditions.is_empty();
                let by_hand_gone = !by_hand || !rollout.spec_paused;
                let moved_on = status.current_step_index > *step;
                done_if((moved_on || none_left(seen, rollout)) && goes_on && by_hand_gone)
            }
            Effect::StepReached { index, seen, .. } => {
                let reached = status.current_step_index.is_some_and(|now| now >= *index);
                done_if(reached && none_left(seen, rollout))
            }
            Effect::FullyPromoted { .. } => done_if(rollout.is_fully_promoted() && !status.promote_full),
            Effect::SpecPaused(wanted) => done_if(rollout.spec_paused == *wanted && is_spec_observed(rollout)),
            Effect::TemplateIsNot(before) => {
                done_if(status.current_pod_hash.as_deref().is_some_and(|hash| hash != before))
            }
            Effect::Restarted(at) => done_if(status.restarted_at.is_some_and(|restarted| restarted >= *at)),
            _ => Progress::NotYet,
        }
    }

    /// What is about one revision cannot come once another is current.
    fn superseded(&self, rollout: &Rollout) -> Option<String> {
        let (Effect::Aborted { pod_hash }
        | Effect::Retried { pod_hash }
        | Effect::Unpaused { pod_hash, .. }
        | Effect::StepReached { pod_hash, .. }
        | Effect::FullyPromoted { pod_hash }) = self
        else {
            return None;
        };
        let current = rollout.status.current_pod_hash.as_deref().unwrap_or_default();
        (current != pod_hash).then(|| format!("another revision is current now: {current} instead of {pod_hash}"))
    }
}

/// Looks for an effect in what GitHub has shown.
fn on_github(effect: &Effect, model: &Model, target: &ObjectId) -> Progress {
    let Some(repository) = model.repositories.get(&target.context) else { return Progress::NotYet };
    match effect {
        Effect::WorkflowIs(wanted) => {
            done_if(workflow(repository, target).is_some_and(|workflow| workflow.state.word() == wanted))
        }
        Effect::RunBegan { duty, after } => {
            let runs = repository.workflow(*duty).map_or(&[][..], |view| &view.runs);
            done_if(runs.iter().any(|run| run.id.is_some_and(|id| id > *after) && run.event == "workflow_dispatch"))
        }
        Effect::FlagsAre(wanted) => {
            let is_so = |wanted: &Flag| flag(repository, &wanted.name).is_some_and(|flag| acts_alike(wanted, flag));
            done_if(wanted.iter().all(is_so))
        }
        Effect::LimitIs(wanted) => done_if(repository.limit.as_ref() == Some(&Ok(*wanted))),
        Effect::StepGone { duty, step } => {
            done_if(file_of(repository, *duty).and_then(|text| step.is_in(text)) == Some(false))
        }
        // However it came there: merged, squashed, or committed by somebody else.
        Effect::PullOpened { then, .. } if on_github(then, model, target) == Progress::Done => Progress::Done,
        Effect::PullOpened { branch, .. } => repository.pull_of(branch).map_or(Progress::NotYet, way_of),
        _ => Progress::NotYet,
    }
}

/// How far a change has come in its pull request.
fn way_of(pull: &PullRequest) -> Progress {
    let number = pull.number;
    match pull.state {
        PullState::Open => {
            Progress::Halfway(format!("pull request #{number} is open: not in effect before it is merged"))
        }
        PullState::Merged => {
            Progress::Halfway(format!("pull request #{number} is merged, and the file does not show it yet"))
        }
        PullState::Closed => {
            Progress::Reverted(format!("pull request #{number} was closed without merging: it is not in effect"))
        }
        PullState::Other(_) => Progress::NotYet,
    }
}

fn workflow<'a>(repository: &'a Repository, target: &ObjectId) -> Option<&'a Workflow> {
    repository.workflow(subject::duty_of(target)?)?.workflow.as_ref()
}

fn flag<'a>(repository: &'a Repository, name: &str) -> Option<&'a Flag> {
    repository.flags.as_ref()?.flags.as_ref().ok()?.get(name)
}

fn file_of(repository: &Repository, duty: Duty) -> Option<&str> {
    Some(&*repository.workflow(duty)?.source.as_ref()?.text)
}

/// Whether any of them is there and acts otherwise. One that cannot be seen says nothing.
fn act_otherwise(wanted: &[Flag], repository: &Repository) -> bool {
    wanted.iter().any(|wanted| flag(repository, &wanted.name).is_some_and(|flag| !acts_alike(wanted, flag)))
}

/// Owners and guardrails are other people's business: only what makes a flag act counts. So is an environment that has come
/// since, as long as it does not turn on what is to be off; and what is to be off is so where there is none any more.
fn acts_alike(wanted: &Flag, is: &Flag) -> bool {
    let to_be_off = wanted.is_off();
    let stands = |(name, percent): &(String, Setting<Decimal>)| {
        let mut found = is.rollout.iter().filter(|(other, _)| other == name).peekable();
        (to_be_off || found.peek().is_some()) && found.all(|(_, other)| other == percent)
    };
    wanted.default == is.default && wanted.rollout.iter().all(stands) && (!to_be_off || is.is_off())
}

fn done_if(done: bool) -> Progress {
    if done { Progress::Done } else { Progress::NotYet }
}

fn none_left(seen: &[PauseCondition], rollout: &Rollout) -> bool {
    !rollout.status.pause_conditions.iter().any(|pause| seen.contains(pause))
}

/// Whether the controller has looked at this spec. Very old ones write a hash, which says nothing: then it counts.
fn is_spec_observed(rollout: &Rollout) -> bool {
    match rollout.status.observed_generation.as_deref().map(str::parse::<i64>) {
        Some(Ok(observed)) => observed >= rollout.generation,
        _ => true,
    }
}
