//! Pause: a human holds the release where it is.

use super::patch::{Part, add, rollout_patch, rollout_plan, same_revision};
use super::plan::{Danger, Effect, FromTo, Plan, Refusal};
use super::{Action, Kind, Needs, RestsOn, Wish};
use crate::release::availability;

pub(super) static PAUSE: Action = Action {
    name: "pause",
    help: "hold the release where it is until somebody resumes it",
    on: Kind::Rollout,
    needs: Needs::Nothing,
    rests_on: RestsOn::Revision,
    stops: true,
    danger: Danger::Plain,
    make,
};

fn make(wish: &Wish<'_>) -> Result<Plan, Refusal> {
    let rollout = wish.rollout()?;
    availability::pause(rollout)?;
    let mut operations = same_revision(rollout);
    operations.push(add("/spec/paused", true));
    let request = rollout_patch(wish.target, Part::Spec, operations)?;
    let changes = vec![FromTo::new("spec.paused", "false", "true")];
    let mut plan = rollout_plan(wish, PAUSE.name, rollout, vec![request], changes, Effect::SpecPaused(true));
    plan.notes.push("traffic stays as it is, and so does the canary: abort takes traffic off it".to_owned());
    Ok(plan)
}
