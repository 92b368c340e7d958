//! Promote-full: all remaining steps, pauses and analyses are skipped.

use super::patch::{Part, add, fleet_time, pod_hash, rollout_patch, rollout_plan, same_phase, same_step};
use super::plan::{Danger, Effect, FromTo, Plan, Refusal};
use super::{Action, Kind, Needs, RestsOn, Wish, promote};
use crate::release::availability;

pub(super) static PROMOTE_FULL: Action = Action {
    name: "promote-full",
    help: "skip all remaining steps and analysis: all traffic to the new revision now",
    on: Kind::Rollout,
    needs: Needs::Nothing,
    rests_on: RestsOn::Step,
    stops: false,
    danger: Danger::TypeName,
    make,
};

fn make(wish: &Wish<'_>) -> Result<Plan, Refusal> {
    let rollout = wish.rollout()?;
    availability::promote_full(rollout)?;
    let pod_hash = pod_hash(rollout)?;
    let mut operations = same_step(rollout);
    // The most far-reaching action must not hit a release that was aborted a moment ago.
    operations.extend(same_phase(rollout));
    operations.push(add("/status/promoteFull", true));
    let mut changes = vec![
        FromTo::new("status.promoteFull", "false", "true"),
        FromTo::new("stable revision", rollout.status.stable_hash.as_deref().unwrap_or("none"), &pod_hash),
    ];
    let mut requests = vec![rollout_patch(wish.target, Part::Status, operations)?];
    if rollout.spec_paused {
        let (request, change) = promote::unpause(wish, rollout)?;
        requests.push(request);
        changes.push(change);
    }
    let effect = Effect::FullyPromoted { pod_hash };
    let mut plan = rollout_plan(wish, PROMOTE_FULL.name, rollout, requests, changes, effect);
    plan.deadline = fleet_time(rollout);
    plan.notes.push("no step, pause or analysis will stop it any more".to_owned());
    if rollout.status.abort {
        plan.notes.push("it was aborted: this completes it all the same".to_owned());
    }
    Ok(plan)
}
