//! Terminate: one AnalysisRun measures no more.

use super::patch::{Part, SOON, add, argo_patch, test};
use super::plan::{Danger, Effect, FromTo, Plan, Refusal};
use super::seen::Seen;
use super::{Action, Kind, Needs, RestsOn, Wish};
use crate::release::analysis::AnalysisPhase;
use crate::release::availability;

pub(super) static TERMINATE: Action = Action {
    name: "terminate",
    help: "stop an AnalysisRun",
    on: Kind::AnalysisRun,
    needs: Needs::Nothing,
    rests_on: RestsOn::Step,
    stops: false,
    danger: Danger::Plain,
    make,
};

fn make(wish: &Wish<'_>) -> Result<Plan, Refusal> {
    let run = wish.run()?;
    availability::terminate(run)?;
    let mut operations = vec![test("/metadata/uid", &*run.id.uid.0)];
    // Pending may also mean an absent phase, which cannot be tested.
    if run.phase == AnalysisPhase::Running {
        operations.push(test("/status/phase", run.phase.word()));
    }
    operations.push(add("/spec/terminate", true));
    let request = argo_patch(wish.target, "analysisruns", Part::Spec, operations)?;
    let mut notes = Vec::new();
    if run.metrics.iter().any(|metric| metric.count.is_none()) {
        notes.push("a metric without an end counts as Successful when it is stopped, whatever it measured".to_owned());
    }
    Ok(Plan {
        action: TERMINATE.name,
        kind: "AnalysisRun",
        target: wish.target.clone(),
        changes: vec![FromTo::new("spec.terminate", "false", "true")],
        requests: vec![request],
        notes,
        danger: Danger::Plain,
        effect: Effect::RunCompleted,
        deadline: SOON,
        diff: Vec::new(),
        seen: Seen::of_run(run),
        inverse: serde_json::Value::Null,
    })
}
