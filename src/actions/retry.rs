//! Retry: an aborted release starts again at its first step.

use super::patch::{Part, add, pod_hash, rollout_patch, rollout_plan, same_step};
use super::plan::{Danger, Effect, FromTo, Plan, Refusal};
use super::{Action, Kind, Needs, RestsOn, Wish};
use crate::release::availability;

pub(super) static RETRY: Action = Action {
    name: "retry",
    help: "start an aborted release again at its first step",
    on: Kind::Rollout,
    needs: Needs::Nothing,
    rests_on: RestsOn::Step,
    stops: false,
    danger: Danger::Plain,
    make,
};

fn make(wish: &Wish<'_>) -> Result<Plan, Refusal> {
    let rollout = wish.rollout()?;
    availability::retry(rollout)?;
    let pod_hash = pod_hash(rollout)?;
    let mut operations = same_step(rollout);
    operations.push(add("/status/abort", false));
    let changes = vec![FromTo::new("status.abort", "true", "false")];
    let request = rollout_patch(wish.target, Part::Status, operations)?;
    let mut plan = rollout_plan(wish, RETRY.name, rollout, vec![request], changes, Effect::Retried { pod_hash });
    plan.notes.push("the same version is tried again: what failed it may fail it again".to_owned());
    Ok(plan)
}
