//! Resume: a pause by hand ends. A pause of the steps is promote's business.

use super::patch::rollout_plan;
use super::plan::{Danger, Effect, Plan, Refusal};
use super::{Action, Kind, Needs, RestsOn, Wish, promote};
use crate::release::availability;

pub(super) static RESUME: Action = Action {
    name: "resume",
    help: "end a pause by hand",
    on: Kind::Rollout,
    needs: Needs::Nothing,
    rests_on: RestsOn::Revision,
    stops: false,
    danger: Danger::Plain,
    make,
};

fn make(wish: &Wish<'_>) -> Result<Plan, Refusal> {
    let rollout = wish.rollout()?;
    availability::resume(rollout)?;
    let (request, change) = promote::unpause(wish, rollout)?;
    let mut plan = rollout_plan(wish, RESUME.name, rollout, vec![request], vec![change], Effect::SpecPaused(false));
    if let Some(pause) = rollout.status.pause_conditions.first() {
        plan.notes.push(format!("{} still holds it afterwards: promote ends that", pause.reason));
    }
    Ok(plan)
}
