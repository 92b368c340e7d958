//! Abort: traffic goes back to the stable revision now. The one key that stops a release.

use super::patch::{Part, add, pod_hash, rollout_patch, rollout_plan, same_revision};
use super::plan::{Danger, Effect, FromTo, Plan, Refusal};
use super::{Action, Kind, Needs, RestsOn, Wish};
use crate::release::availability;
use crate::release::rollout::Rollout;

pub(super) static ABORT: Action = Action {
    name: "abort",
    help: "stop the release and send all traffic back to the stable revision",
    on: Kind::Rollout,
    needs: Needs::Nothing,
    rests_on: RestsOn::Revision,
    stops: true,
    danger: Danger::Plain,
    make,
};

fn make(wish: &Wish<'_>) -> Result<Plan, Refusal> {
    let rollout = wish.rollout()?;
    availability::abort(rollout)?;
    let pod_hash = pod_hash(rollout)?;
    // Not the step: an abort that is refused because the canary just went one step further would be no emergency brake.
    let mut operations = same_revision(rollout);
    operations.push(add("/status/abort", true));
    let mut changes = vec![FromTo::new("status.abort", "false", "true")];
    if let Some(weight) = rollout.set_weight() {
        changes.push(FromTo::new("set weight", weight, 0));
    }
    let request = rollout_patch(wish.target, Part::Status, operations)?;
    let mut plan = rollout_plan(wish, ABORT.name, rollout, vec![request], changes, Effect::Aborted { pod_hash });
    plan.notes = notes(rollout);
    Ok(plan)
}

fn notes(rollout: &Rollout) -> Vec<String> {
    let mut notes = vec![
        "spec.template still holds the new version: a retry or the next edit resumes it; undo takes it back".to_owned(),
    ];
    if rollout.status.stable_hash.is_none() {
        notes.push("there is no stable revision to go back to".to_owned());
    }
    match rollout.canary() {
        Some(canary) if !canary.traffic_routing => notes.push("the canary's pods are scaled down at once".to_owned()),
        _ => notes.push("the new pods stay until abortScaleDownDelaySeconds have passed (30 by default)".to_owned()),
    }
    notes
}
