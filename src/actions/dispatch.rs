//! Run now: a workflow is started by hand.

use serde_json::json;

use super::plan::{Danger, Effect, FromTo, Held, Plan, Refusal, Request};
use super::{Action, Kind, Needs, RestsOn, Wish, git};
use crate::release::subject;
use crate::release::workflow::WorkflowState;

pub(super) static DISPATCH: Action = Action {
    name: "run-now",
    help: "start a workflow now",
    on: Kind::Workflow,
    needs: Needs::Nothing,
    rests_on: RestsOn::Step,
    stops: false,
    danger: Danger::Plain,
    make,
};

fn make(wish: &Wish<'_>) -> Result<Plan, Refusal> {
    let (view, workflow) = wish.workflow()?;
    if workflow.state != WorkflowState::Active {
        return Err(Refusal::because(format!("{} is {}: enable it first", view.file, workflow.state.word())));
    }
    let duty = subject::duty_of(wish.target).ok_or_else(|| super::guard::gone(wish.target))?;
    // A guess would start another workflow than the one that is shown.
    let unknown =
        || Refusal::because(format!("the default branch of {} is not known yet: try again", wish.target.context));
    let branch = &wish.repository()?.about.as_ref().ok_or_else(unknown)?.default_branch;
    let path = git::workflow_path(wish.target, &view.file);
    let request = Request {
        method: "POST",
        path: format!("{path}/dispatches"),
        content_type: "application/json",
        body: json!({ "ref": branch }),
        right: None,
        held: vec![Held {
            what: format!("the state of {}", view.file),
            path,
            pointer: "/state",
            value: "active".into(),
        }],
    };
    let last = view.runs.first().and_then(|run| run.number).map_or("none".to_owned(), |number| format!("#{number}"));
    let changes = vec![FromTo::new("run", last, format!("a new one on {branch}"))];
    let known = view.runs.iter().filter_map(|run| run.id).max().unwrap_or(0);
    let mut plan =
        git::plan(wish, &DISPATCH, "Workflow", vec![request], changes, Effect::RunBegan { duty, after: known });
    if view.runs.iter().any(|run| !run.is_over()) {
        plan.notes.push("a run is under way already".to_owned());
    }
    Ok(plan)
}
