//! What a plan rests on where it is not about a Rollout, and whether that is seen well enough to act on.

use crate::release::model::Model;
use crate::release::object::ObjectId;
use crate::release::pull::PullLookup;
use crate::release::repository::{Repository, Topic};
use crate::release::subject;

use super::Kind;
use super::plan::Refusal;

/// What a thing is called and how it is; None when it is gone.
pub(super) fn of(model: &Model, kind: Kind, target: &ObjectId) -> Option<Vec<(&'static str, String)>> {
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

/// Refuses what rests on something that nobody has looked at, or that cannot be changed at all.
pub(super) fn are_seen(model: &Model, kind: Kind, target: &ObjectId) -> Result<(), Refusal> {
    let Some(repository) = model.repositories.get(&target.context) else {
        return Err(Refusal::because(format!("{} has not been read yet", target.context)));
    };
    let about = repository.about.as_ref();
    if about.is_some_and(|about| about.archived) {
        return Err(Refusal::because(format!("{} is archived: nothing can be changed in it", target.context)));
    }
    if about.is_some_and(|about| about.may_push == Some(false)) {
        return Err(Refusal::because(format!("not permitted: the token may not write to {}", target.context)));
    }
    is_seen(repository, topic(kind, target))
}

fn is_seen(repository: &Repository, topic: Topic) -> Result<(), Refusal> {
    let sight = repository.sight(topic);
    match (sight.failing, sight.seen) {
        (Some((_, failure)), _) => Err(Refusal::because(format!(
            "GitHub cannot be asked about {}: not acting on what may be out of date ({})",
            topic.word(),
            failure.message
        ))),
        (None, None) => Err(Refusal::because(format!("GitHub has not answered about {} yet", topic.word()))),
        (None, Some(_)) => Ok(()),
    }
}

/// With what it is looked at.
pub fn topic(kind: Kind, target: &ObjectId) -> Topic {
    match kind {
        Kind::Flag => Topic::Flags,
        Kind::Limit => Topic::Cost,
        Kind::Workflow => subject::duty_of(target).map_or(Topic::Pulls, |duty| duty.topic()),
        Kind::Preview | Kind::Rollout | Kind::AnalysisRun => Topic::Previews,
    }
}

/// A sha as people say it.
pub(super) fn short(sha: &str) -> String {
    sha.chars().take(7).collect()
}
