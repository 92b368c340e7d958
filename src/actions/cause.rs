//! The likely cause when a write was accepted and nothing followed.

use jiff::{SignedDuration, Timestamp};

use super::plan::Plan;
use super::{Kind, sight};
use crate::release::blocker::Blocker;
use crate::release::controller::{Controller, controller};
use crate::release::model::{Liveness, Model};
use crate::release::object::ObjectId;
use crate::release::repository::Topic;

/// Why nothing followed, most likely first: we do not see, nobody acts, somebody puts it back.
pub fn no_effect_cause(model: &Model, plan: &Plan, now: Timestamp) -> String {
    let target = &plan.target;
    match super::action(plan.action).map(|action| action.on) {
        Some(Kind::Preview) => held_by(model, target),
        Some(kind) if kind.is_on_github() => {
            let topic = plan.effect.topic(target).unwrap_or_else(|| sight::topic(kind, target));
            unseen_on_github(model, target, topic)
        }
        _ => unmoved_rollout(model, target, now),
    }
}

/// The same where nobody has said that it was taken: then nobody may say so here.
pub fn no_trace_cause(model: &Model, plan: &Plan, now: Timestamp) -> String {
    let is_seen = match super::action(plan.action).map(|action| action.on) {
        // Where it stands now says it all.
        Some(Kind::Preview) => false,
        Some(kind) if kind.is_on_github() => {
            let topic = plan.effect.topic(&plan.target).unwrap_or_else(|| sight::topic(kind, &plan.target));
            let repository = model.repositories.get(&plan.target.context);
            repository.is_none_or(|repository| repository.sight(topic).failing.is_none())
        }
        _ => {
            let freshness = model.source(&plan.target.context, "rollouts");
            freshness.is_some_and(|freshness| freshness.liveness(now) == Liveness::Live)
        }
    };
    match is_seen {
        true => "nothing shows that it was done: look again before you repeat it".to_owned(),
        false => no_effect_cause(model, plan, now),
    }
}

/// What keeps a namespace from going, by name. Nobody here takes a finalizer away: it stands for work that is not done.
fn held_by(model: &Model, target: &ObjectId) -> String {
    let failing = model.source(&target.context, "namespaces").and_then(|source| source.failing.as_ref());
    if let Some((_, failure)) = failing {
        return format!("namespaces of context {} cannot be seen, it may be gone: {}", target.context, failure.message);
    }
    let Some(namespace) = model.previews.get(&target.uid) else { return "it cannot be seen".to_owned() };
    if namespace.deleted_at.is_none() {
        return "its deletion has not begun".to_owned();
    }
    let blockers: Vec<String> =
        namespace.conditions.iter().flat_map(Blocker::read).map(|blocker| blocker.sentence()).collect();
    match blockers.is_empty() {
        true => "it is being deleted, and no condition says what holds it".to_owned(),
        false => format!("it is being deleted and held: {}", blockers.join("; ")),
    }
}

fn unseen_on_github(model: &Model, target: &ObjectId, topic: Topic) -> String {
    let failing = model.repositories.get(&target.context).and_then(|repository| repository.sight(topic).failing);
    match failing {
        Some((_, failure)) => format!("GitHub cannot be seen, the effect may be there: {}", failure.message),
        None => "GitHub took it and does not show it yet".to_owned(),
    }
}

fn unmoved_rollout(model: &Model, target: &ObjectId, now: Timestamp) -> String {
    let freshness = model.source(&target.context, "rollouts");
    if freshness.is_none_or(|freshness| freshness.liveness(now) != Liveness::Live) {
        let heard = freshness.and_then(|freshness| freshness.heard);
        return match heard {
            Some(heard) => format!(
                "the API server has not been heard from for {}: the effect may be there, unseen",
                seconds(now.duration_since(heard))
            ),
            None => "the API server cannot be watched: the effect may be there, unseen".to_owned(),
        };
    }
    let controller = controller(model, &target.context, now);
    match controller {
        Controller::Silent(lease, renewed) => {
            let since = seconds(now.duration_since(renewed));
            return format!("the controller's lease is stale: {} renewed it {since} ago", lease.holder);
        }
        Controller::Vacant(_) => return "the controller's lease has no holder: no controller is at work".to_owned(),
        Controller::AtWork(_) | Controller::NoLease | Controller::Unseen => (),
    }
    let rollout = model.rollouts.get(&target.uid);
    if let Some(manager) = rollout.and_then(|rollout| rollout.managed_by.as_deref()) {
        return format!("{manager} manages it and may have put it back");
    }
    match controller {
        Controller::NoLease => {
            "there is no lease of the controller: it is not running, or runs without leader election".to_owned()
        }
        Controller::Unseen => "the controller's lease cannot be seen: it may not be running".to_owned(),
        _ => "the controller's lease is fresh: it is at work, its log says why it does not act".to_owned(),
    }
}

fn seconds(span: SignedDuration) -> String {
    match span.as_secs() {
        seconds if seconds < 120 => format!("{seconds} s"),
        seconds if seconds < 7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}
