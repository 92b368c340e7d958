//! Skip step: the current canary step counts as done.

use super::patch::{Part, add, pod_hash, remove, rollout_patch, rollout_plan, same_phase, same_step, step_words};
use super::plan::{Danger, Effect, FromTo, Plan, Refusal};
use super::{Action, Kind, Needs, RestsOn, Wish};
use crate::release::rollout::{Rollout, Step};

pub(super) static SKIP_STEP: Action = Action {
    name: "skip-step",
    help: "count the current canary step as done and go on with the next",
    on: Kind::Rollout,
    needs: Needs::Nothing,
    rests_on: RestsOn::Step,
    danger: Danger::Plain,
    make,
};

/// The index to go to.
fn applies(rollout: &Rollout) -> Result<i32, Refusal> {
    if rollout.canary().is_none() {
        return Err(Refusal::because("not a canary: there are no steps"));
    }
    if rollout.status.abort {
        return Err(Refusal::because("aborted: retry starts the steps again"));
    }
    let count = i32::try_from(rollout.steps().len()).unwrap_or(i32::MAX);
    let index = rollout.status.current_step_index.unwrap_or(0).max(0);
    if index >= count {
        return Err(Refusal::because("no steps remain"));
    }
    Ok(index + 1)
}

fn make(wish: &Wish<'_>) -> Result<Plan, Refusal> {
    let rollout = wish.rollout()?;
    let index = applies(rollout)?;
    let pod_hash = pod_hash(rollout)?;
    let status = &rollout.status;
    // Without these tests a second press would skip a second step.
    let mut operations = same_step(rollout);
    operations.extend(same_phase(rollout));
    let mut changes = vec![FromTo::new("step", step_words(rollout, index - 1), step_words(rollout, index))];
    if !status.pause_conditions.is_empty() {
        let reasons: Vec<&str> = status.pause_conditions.iter().map(|pause| &*pause.reason).collect();
        changes.push(FromTo::new("status.pauseConditions", reasons.join(", "), "none"));
        operations.push(remove("/status/pauseConditions"));
    }
    if status.controller_pause {
        // Left set, a pause in the next step would count as ended by a human already, and be skipped too.
        operations.push(add("/status/controllerPause", false));
    }
    operations.push(add("/status/currentStepIndex", index));
    let request = rollout_patch(wish.target, Part::Status, operations)?;
    let effect = Effect::StepReached { pod_hash, index, seen: status.pause_conditions.clone() };
    let mut plan = rollout_plan(wish, SKIP_STEP.name, rollout, vec![request], changes, effect);
    if matches!(rollout.current_step(), Some((_, Step::Analysis(_) | Step::Experiment(_)))) {
        plan.notes.push("the verdict of this step's analysis is not waited for".to_owned());
    }
    if rollout.spec_paused {
        plan.notes.push("it stays paused by hand: resume lets it go on".to_owned());
    }
    Ok(plan)
}
