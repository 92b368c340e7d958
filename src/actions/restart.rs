//! Restart: every pod is replaced by one of the same revision.

use jiff::{SignedDuration, Timestamp, TimestampRound, Unit};

use super::patch::{Part, add, fleet_time, rollout_patch, rollout_plan, same_revision, test};
use super::plan::{Danger, Effect, FromTo, Plan, Refusal};
use super::{Action, Kind, Needs, RestsOn, Wish};
use crate::release::text::counted;

pub(super) static RESTART: Action = Action {
    name: "restart",
    help: "replace every pod by one of the same revision",
    on: Kind::Rollout,
    needs: Needs::Nothing,
    rests_on: RestsOn::Revision,
    stops: false,
    danger: Danger::Plain,
    make,
};

fn make(wish: &Wish<'_>) -> Result<Plan, Refusal> {
    let rollout = wish.rollout()?;
    let at = whole_second(wish.now, rollout.restart_at.max(rollout.status.restarted_at));
    let mut operations = same_revision(rollout);
    // A second press is a second restart: the first moves this.
    operations.extend(rollout.restart_at.map(|before| test("/spec/restartAt", before.to_string())));
    operations.push(add("/spec/restartAt", at.to_string()));
    let before = rollout.restart_at.map_or("never".to_owned(), |before| before.to_string());
    let changes = vec![FromTo::new("spec.restartAt", before, at)];
    let request = rollout_patch(wish.target, Part::Spec, operations)?;
    let mut plan = rollout_plan(wish, RESTART.name, rollout, vec![request], changes, Effect::Restarted(at));
    plan.deadline = fleet_time(rollout);
    let pods = counted(rollout.desired_replicas(), "pod is", "pods are");
    plan.notes.push(format!("{pods} replaced, as fast as maxUnavailable allows"));
    Ok(plan)
}

/// Kubernetes keeps whole seconds. Later than any restart before (another machine's clock may be ahead), or its end
/// would pass for ours.
fn whole_second(now: Timestamp, before: Option<Timestamp>) -> Timestamp {
    let round = TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Floor);
    let at = now.round(round).unwrap_or(now);
    match before {
        Some(before) if before >= at => before.checked_add(SignedDuration::from_secs(1)).unwrap_or(at),
        _ => at,
    }
}
