//! Whether what lives on GitHub is seen well enough to act on it.

use super::Kind;
use super::plan::Refusal;
use crate::release::model::Model;
use crate::release::object::ObjectId;
use crate::release::repository::{Repository, Topic};
use crate::release::subject;

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
