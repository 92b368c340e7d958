//! What of an object a plan rests on, and what of it has moved since.

use jiff::Timestamp;

use super::{Kind, RestsOn};
use crate::release::analysis::{AnalysisPhase, AnalysisRun};
use crate::release::model::Model;
use crate::release::object::ObjectId;
use crate::release::pull::PullLookup;
use crate::release::rollout::Rollout;
use crate::release::subject;

/// What of an object a plan rests on, as it stood on the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub pod_hash: Option<String>,
    pub step_index: Option<i32>,
    pub abort: bool,
    pub spec_paused: bool,
    /// The first pause condition's reason and start.
    pub pause: Option<(String, Option<Timestamp>)>,
    /// Only of an AnalysisRun.
    pub run_phase: Option<AnalysisPhase>,
    /// Of everything else: what it is called and how it was.
    pub facts: Vec<(&'static str, String)>,
}

impl Seen {
    /// Of a Rollout.
    pub fn of_rollout(rollout: &Rollout) -> Seen {
        let status = &rollout.status;
        Seen {
            pod_hash: status.current_pod_hash.as_deref().map(str::to_owned),
            step_index: status.current_step_index,
            abort: status.abort,
            spec_paused: rollout.spec_paused,
            pause: status.pause_conditions.first().map(|pause| (pause.reason.to_string(), pause.start_time)),
            ..Seen::default()
        }
    }

    /// Of an AnalysisRun.
    pub fn of_run(run: &AnalysisRun) -> Seen {
        Seen { run_phase: Some(run.phase), ..Seen::default() }
    }

    /// Of what the model holds for that target; None when it is gone.
    pub fn of(model: &Model, kind: Kind, target: &ObjectId) -> Option<Seen> {
        match kind {
            Kind::Rollout => model.rollouts.get(&target.uid).map(Seen::of_rollout),
            Kind::AnalysisRun => model.runs.get(&target.uid).map(Seen::of_run),
            _ => facts(model, kind, target).map(|facts| Seen { facts, ..Seen::default() }),
        }
    }

    /// What has moved since, in words; None when all that matters still holds.
    pub fn moved(&self, now: &Seen, rests_on: RestsOn) -> Option<String> {
        if self.pod_hash != now.pod_hash {
            return Some(format!("the revision is now {}, it was {}", hash(&now.pod_hash), hash(&self.pod_hash)));
        }
        if let (Some(was), Some(is)) = (self.run_phase, now.run_phase)
            && is.is_completed()
            && was != is
        {
            return Some(format!("it is {} by now", is.word()));
        }
        for (what, was) in &self.facts {
            let is = now.facts.iter().find(|(other, _)| other == what).map_or("not known", |(_, is)| is);
            if was != is {
                return Some(format!("{what} is {is} now, it was {was}"));
            }
        }
        if rests_on == RestsOn::Revision {
            return None;
        }
        if self.abort != now.abort {
            return Some(if now.abort { "it was aborted meanwhile" } else { "it was retried meanwhile" }.to_owned());
        }
        if self.step_index != now.step_index {
            return Some(format!("it is at step {} now, it was at {}", step(now), step(self)));
        }
        if self.spec_paused != now.spec_paused {
            let word = if now.spec_paused { "paused" } else { "resumed" };
            return Some(format!("it was {word} by hand meanwhile"));
        }
        if self.pause != now.pause {
            return Some(match &now.pause {
                Some((reason, _)) => format!("another pause holds now: {reason}"),
                None => "it is no longer paused".to_owned(),
            });
        }
        None
    }
}

/// What a thing is called and how it is; None when it is gone.
fn facts(model: &Model, kind: Kind, target: &ObjectId) -> Option<Vec<(&'static str, String)>> {
    if kind == Kind::Preview {
        let namespace = model.previews.get(&target.uid)?;
        let deletion = namespace.deleted_at.map_or("not begun".to_owned(), |at| format!("begun at {at}"));
        let pull = match model.preview_pull(namespace) {
            PullLookup::Found(pull) => pull.state.word().to_owned(),
            PullLookup::NotFound => "not there".to_owned(),
            PullLookup::Unknown(_) => "unknown".to_owned(),
        };
        return Some(vec![("its deletion", deletion), ("its pull request", pull)]);
    }
    let repository = model.repositories.get(&target.context)?;
    match kind {
        Kind::Workflow => {
            let view = repository.workflow(subject::duty_of(target)?)?;
            let state = view.workflow.as_ref().map_or("not there", |workflow| workflow.state.word());
            let mut facts = vec![("its state", state.to_owned())];
            facts.extend(view.source.as_ref().map(|file| ("the workflow's file", short(&file.sha))));
            Some(facts)
        }
        Kind::Flag => {
            let file = repository.flags.as_ref()?;
            let (flags, names) = (file.flags.as_ref().ok()?, subject::flags_of(&target.uid));
            let is_there = !names.is_empty() && names.iter().all(|name| flags.get(name).is_some());
            is_there.then(|| vec![("the flags file", short(&file.file.sha))])
        }
        Kind::Limit if subject::is_limit(target) => {
            let value = match &repository.limit {
                Some(Ok(limit)) => limit.to_string(),
                Some(Err(_)) => "no amount".to_owned(),
                None => "not set".to_owned(),
            };
            Some(vec![("the limit", value)])
        }
        Kind::Limit | Kind::Rollout | Kind::AnalysisRun | Kind::Preview => None,
    }
}

fn hash(hash: &Option<String>) -> &str {
    hash.as_deref().unwrap_or("none")
}

fn step(seen: &Seen) -> String {
    seen.step_index.map_or("none".to_owned(), |index| index.to_string())
}

/// A sha as people say it.
pub(super) fn short(sha: &str) -> String {
    sha.chars().take(7).collect()
}
