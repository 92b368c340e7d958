//! The guards that all actions share: may anything be changed here, do we see, is it still what was shown, is it permitted.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::plan::{Plan, Refusal};
use super::seen::Seen;
use super::{Action, Kind, RestsOn, Wish, sight};
use crate::release::access::{Right, Verdict};
use crate::release::model::{Liveness, Model};
use crate::release::object::ObjectId;

/// What the API server has said about rights so far.
pub type Access = BTreeMap<Right, Verdict>;

/// Whether anything may be changed in a context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Authority {
    /// Nothing may be changed anywhere: `--read-only`.
    pub read_only: bool,
    /// The configuration marks the context as protected.
    pub protected: bool,
    /// Until when `--write` opens a protected context.
    pub write_until: Option<Timestamp>,
}

/// All that is checked before an action looks at its target.
pub(super) fn before(action: &Action, wish: &Wish<'_>) -> Result<(), Refusal> {
    authorised(&wish.authority, &wish.target.context, wish.now)?;
    source_is_live(wish.model, action.on, wish.target, wish.now)?;
    readable(wish, action.on)?;
    match (wish.shown, Seen::of(wish.model, action.on, wish.target)) {
        (Some(shown), Some(now)) => unmoved(shown, &now, action.rests_on),
        _ => Ok(()),
    }
}

/// Whether a plan that was shown may still be sent: to be asked when it is confirmed.
pub fn still_holds(plan: &Plan, model: &Model, authority: &Authority, now: Timestamp) -> Result<(), Refusal> {
    let Some(action) = super::action(plan.action) else {
        return Err(Refusal::because(format!("there is no action {}", plan.action)));
    };
    authorised(authority, &plan.target.context, now)?;
    source_is_live(model, action.on, &plan.target, now)?;
    let seen = Seen::of(model, action.on, &plan.target).ok_or_else(|| gone(&plan.target))?;
    unmoved(&plan.seen, &seen, action.rests_on)
}

/// Refuses what the API server is known to deny. What it was not asked, or could not say, is left to the preflight.
pub(super) fn permitted(plan: &Plan, access: &Access) -> Result<(), Refusal> {
    for request in &plan.requests {
        if let Some(right) = &request.right
            && let Some(Verdict::Denied(why)) = access.get(right)
        {
            let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
            return Err(Refusal::because(format!("not permitted: you may not {}{why}", right.sentence())));
        }
    }
    Ok(())
}

/// The refusal for an object that is no longer there.
pub(super) fn gone(target: &ObjectId) -> Refusal {
    Refusal::absent(format!("{} is gone", target.path()))
}

fn authorised(authority: &Authority, context: &str, now: Timestamp) -> Result<(), Refusal> {
    if authority.read_only {
        return Err(Refusal::because("read-only: this session may not change anything"));
    }
    if !authority.protected {
        return Ok(());
    }
    match authority.write_until {
        None => {
            Err(Refusal::because(format!("read-only: context {context} is protected; --write opens it for a while")))
        }
        Some(until) if until <= now => Err(Refusal::because(format!(
            "read-only: the time for writing to context {context} ended at {} UTC",
            until.strftime("%H:%M:%S")
        ))),
        Some(_) => Ok(()),
    }
}

fn source_is_live(model: &Model, kind: Kind, target: &ObjectId, now: Timestamp) -> Result<(), Refusal> {
    let Some(source) = source_of(kind) else { return sight::are_seen(model, kind, target) };
    let Some(freshness) = model.source(&target.context, source) else {
        return Err(Refusal::because(format!("{source} of context {} have not been read yet", target.context)));
    };
    let because = |what: String| Err(Refusal::because(format!("{what}: not acting on what may be out of date")));
    match freshness.liveness(now) {
        // What is shown is recent, and the requests test it once more.
        Liveness::Live | Liveness::Retrying => Ok(()),
        Liveness::Loading => because(format!("{source} are still being read")),
        Liveness::Absent => because(format!("{source} are not installed in context {}", target.context)),
        Liveness::Forbidden => because(format!("{source} of context {} may not be read", target.context)),
        Liveness::Stale => because(match freshness.heard {
            Some(heard) => {
                format!("context {} was last heard from {} s ago", target.context, now.duration_since(heard).as_secs())
            }
            None => format!("context {} was never heard from", target.context),
        }),
    }
}

/// The row of SOURCES that sees objects of that kind; None for what lives on GitHub.
pub fn source_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Rollout => Some("rollouts"),
        Kind::AnalysisRun => Some("analysisruns"),
        Kind::Preview => Some("namespaces"),
        Kind::Workflow | Kind::Flag | Kind::Limit => None,
    }
}

fn readable(wish: &Wish<'_>, kind: Kind) -> Result<(), Refusal> {
    let fault = match kind {
        Kind::Rollout => wish.rollout()?.fault.as_deref(),
        Kind::AnalysisRun => wish.run()?.fault.as_deref(),
        Kind::Preview | Kind::Workflow | Kind::Flag | Kind::Limit => None,
    };
    match fault {
        Some(fault) => Err(Refusal::because(format!("{} cannot be read: {fault}", wish.target.path()))),
        None => Ok(()),
    }
}

fn unmoved(shown: &Seen, now: &Seen, rests_on: RestsOn) -> Result<(), Refusal> {
    match shown.moved(now, rests_on) {
        Some(what) => Err(Refusal::because(format!("moved on since it was shown: {what}; look again"))),
        None => Ok(()),
    }
}
