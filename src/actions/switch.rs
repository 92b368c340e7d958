//! Disable and enable: whether a workflow runs at all, by schedule or by event.

use serde_json::{Value, json};

use super::plan::{Danger, Effect, FromTo, Held, Plan, Refusal, Request};
use super::{Action, Kind, Needs, RestsOn, Wish, git};
use crate::release::repository::Duty;
use crate::release::subject;
use crate::release::workflow::WorkflowState;

pub(super) static DISABLE: Action = Action {
    name: "disable-workflow",
    help: "stop a workflow from running: the row's rollback",
    on: Kind::Workflow,
    needs: Needs::Nothing,
    rests_on: RestsOn::Step,
    stops: false,
    danger: Danger::Plain,
    make: |wish| make(wish, &DISABLE, WorkflowState::DisabledManually),
};

pub(super) static ENABLE: Action = Action {
    name: "enable-workflow",
    help: "let a disabled workflow run again",
    on: Kind::Workflow,
    needs: Needs::Nothing,
    rests_on: RestsOn::Step,
    stops: false,
    danger: Danger::Plain,
    make: |wish| make(wish, &ENABLE, WorkflowState::Active),
};

fn make(wish: &Wish<'_>, action: &'static Action, wanted: WorkflowState) -> Result<Plan, Refusal> {
    let (view, workflow) = wish.workflow()?;
    let is_active = workflow.state == WorkflowState::Active;
    if is_active == (wanted == WorkflowState::Active) {
        return Err(Refusal::because(format!("{} is {} already", view.file, workflow.state.word())));
    }
    if matches!(workflow.state, WorkflowState::Deleted | WorkflowState::Other(_)) {
        return Err(Refusal::because(format!("the state of {} is {}", view.file, workflow.state.word())));
    }
    let (verb, inverse) = if is_active { ("disable", ENABLE.name) } else { ("enable", DISABLE.name) };
    let path = git::workflow_path(wish.target, &view.file);
    let request = Request {
        method: "PUT",
        path: format!("{path}/{verb}"),
        content_type: "application/json",
        body: Value::Null,
        right: None,
        held: vec![Held {
            what: format!("the state of {}", view.file),
            path,
            pointer: "/state",
            value: workflow.state.word().into(),
        }],
    };
    let changes = vec![FromTo::new("state", workflow.state.word(), wanted.word())];
    let effect = Effect::WorkflowIs(wanted.word().to_owned());
    let mut plan = git::plan(wish, action, "Workflow", vec![request], changes, effect);
    plan.inverse = json!({ "action": inverse });
    plan.notes.extend(is_active.then(|| blind_spot(wish)).flatten());
    Ok(plan)
}

/// What nobody watches any more once it is off.
fn blind_spot(wish: &Wish<'_>) -> Option<String> {
    let without = match subject::duty_of(wish.target)? {
        Duty::Drift => "drift is not looked for until it is enabled again",
        Duty::Teardown => "previews of closed pull requests stay until somebody tears them down",
        Duty::Plan => "pull requests get no plan and no cost until it is enabled again",
        Duty::Smoke => "releases go unverified until it is enabled again",
        Duty::Promote => "flags are not promoted until it is enabled again",
    };
    Some(without.to_owned())
}
