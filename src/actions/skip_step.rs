//! Skip step: the current canary step counts as done.

use super::patch::{Part, add, pod_hash, remove, rollout_patch, rollout_plan, same_phase, same_step, step_words};
use super::plan::{Danger, Effect, FromTo, Plan, Refusal};
use super::{Action, Kind, Needs, RestsOn, Wish};
use crate::release::availability;
use crate::release::rollout::Step;

pub(super) static SKIP_STEP: Action = Action {
    name: "skip-step",
    help: "count the current canary step as done and go on with the next",
    on: Kind::Rollout,
    needs: Needs::Nothing,
    rests_on: RestsOn::Step,
    stops: false,
    danger: Danger::Plain,
    make,
};

fn make(wish: &Wish<'_>) -> Result<Plan, Refusal> {
    let rollout = wish.rollout()?;
    availability::skip_step(rollout)?;
    // Absent is the first.
    let index = rollout.status.current_step_index.unwrap_or(0).max(0) + 1;
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
