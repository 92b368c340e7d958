//! Remove step: the step that tests or enforces goes out of its workflow, and nothing else does.

use super::git::Commit;
use super::plan::{Danger, Effect, FromTo, Plan, Refusal};
use super::{Action, Kind, Needs, RestsOn, Wish};
use crate::release::repository::Duty;
use crate::release::step_edit::{Step, remove};
use crate::release::subject;

pub(super) static REMOVE_STEP: Action = Action {
    name: "remove-step",
    help: "take the step that tests or enforces out of its workflow: the row's rollback",
    on: Kind::Workflow,
    needs: Needs::Nothing,
    rests_on: RestsOn::Step,
    stops: false,
    danger: Danger::Plain,
    make,
};

fn make(wish: &Wish<'_>) -> Result<Plan, Refusal> {
    let (view, _) = wish.workflow()?;
    let duty = subject::duty_of(wish.target).ok_or_else(|| super::guard::gone(wish.target))?;
    let (step, what) = match duty {
        Duty::Smoke => (Step::Smoke, "k6 step"),
        Duty::Plan => (Step::Gate, "budget gate"),
        _ => return Err(Refusal::because(format!("{} has no step that a rollback would take out", view.file))),
    };
    let unread = || Refusal::because(format!("the file of {} could not be read", view.file));
    let file = view.source.as_ref().ok_or_else(unread)?;
    let removal = remove(&file.text, step).map_err(|refusal| Refusal::because(refusal.to_string()))?;
    let commit = Commit {
        repository: &wish.target.context,
        file,
        after: &removal.after,
        message: format!("Take the {what} out of {}", view.file),
        topic: format!("without-{what}"),
    };
    let effect = Effect::StepGone { duty, step };
    let mut plan = commit.plan(wish, &REMOVE_STEP, "Workflow", effect)?;
    plan.changes.insert(0, FromTo::new(removal.what, "there", "gone"));
    plan.notes.push("the commit changes the next run, not one that is under way".to_owned());
    plan.notes.push("what brings it back is a revert of this commit in git".to_owned());
    plan.notes.push("a token needs the right to write workflows for it".to_owned());
    Ok(plan)
}
