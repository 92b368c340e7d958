//! Promote: the pause that waits for a human ends and the release goes on.

use super::patch::{
    Part, add, pod_hash, remove, rollout_patch, rollout_plan, same_revision, same_step, step_words, test,
};
use super::plan::{Danger, Effect, FromTo, Plan, Refusal, Request};
use super::{Action, Kind, Needs, RestsOn, Wish};
use crate::release::availability;
use crate::release::rollout::Rollout;

pub(super) static PROMOTE: Action = Action {
    name: "promote",
    help: "end the pause and go on with the release",
    on: Kind::Rollout,
    needs: Needs::Nothing,
    rests_on: RestsOn::Step,
    stops: false,
    danger: Danger::Plain,
    make,
};

fn make(wish: &Wish<'_>) -> Result<Plan, Refusal> {
    let rollout = wish.rollout()?;
    availability::promote(rollout)?;
    let status = &rollout.status;
    // Aborted and paused by hand: only the pause by hand can end.
    if status.pause_conditions.is_empty() || status.abort {
        let (request, change) = unpause(wish, rollout)?;
        return Ok(rollout_plan(wish, PROMOTE.name, rollout, vec![request], vec![change], Effect::SpecPaused(false)));
    }
    let pod_hash = pod_hash(rollout)?;
    let reasons: Vec<&str> = status.pause_conditions.iter().map(|pause| &*pause.reason).collect();
    let mut changes = vec![FromTo::new("status.pauseConditions", reasons.join(", "), "none")];
    let mut operations = same_step(rollout);
    operations.push(remove("/status/pauseConditions"));
    let seen = status.pause_conditions.clone();
    let effect = match index_past_inconclusive(rollout) {
        Some(index) => {
            let from = status.current_step_index.unwrap_or(0);
            changes.push(FromTo::new("step", step_words(rollout, from), step_words(rollout, index)));
            // With controllerPause left set, a pause in the next step would count as ended by a human already.
            operations.push(add("/status/controllerPause", false));
            operations.push(add("/status/currentStepIndex", index));
            Effect::StepReached { pod_hash, index, seen }
        }
        None => {
            Effect::Unpaused { pod_hash, seen, step: rollout.status.current_step_index, by_hand: rollout.spec_paused }
        }
    };
    let mut requests = vec![rollout_patch(wish.target, Part::Status, operations)?];
    if rollout.spec_paused {
        let (request, change) = unpause(wish, rollout)?;
        requests.push(request);
        changes.push(change);
    }
    Ok(rollout_plan(wish, PROMOTE.name, rollout, requests, changes, effect))
}

/// The request that takes a pause by hand back. It follows a status write in some plans, so it tests no status that
/// the controller may have moved on in between.
pub(super) fn unpause(wish: &Wish<'_>, rollout: &Rollout) -> Result<(Request, FromTo), Refusal> {
    let mut operations = same_revision(rollout);
    operations.push(test("/spec/paused", true));
    operations.push(add("/spec/paused", false));
    let request = rollout_patch(wish.target, Part::Spec, operations)?;
    Ok((request, FromTo::new("spec.paused", "true", "false")))
}

/// The next step, when the step's own AnalysisRun ended inconclusive: unpausing alone would only measure it again.
fn index_past_inconclusive(rollout: &Rollout) -> Option<i32> {
    let run = rollout.status.step_run.as_ref()?;
    if &*run.status != "Inconclusive" || !rollout.status.controller_pause || rollout.steps().is_empty() {
        return None;
    }
    let count = i32::try_from(rollout.steps().len()).ok()?;
    Some(rollout.status.current_step_index.unwrap_or(0).saturating_add(1).min(count))
}
