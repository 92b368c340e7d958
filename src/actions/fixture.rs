//! Hand-made Rollouts, AnalysisRuns and models for the tests of actions and writers.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::guard::{Access, Authority};
use super::plan::{Plan, Refusal};
use super::{Wish, action};
use crate::release::analysis::{AnalysisPhase, AnalysisRun};
use crate::release::model::Model;
use crate::release::object::ObjectId;
use crate::release::observation::{Change, Lease, Observation, Report, Said, SourceId};
use crate::release::rollout::{Canary, PauseCondition, Rollout, Status, Step, Strategy};

/// Three in the morning.
pub(crate) fn now() -> Timestamp {
    "2026-08-20T03:00:00.25Z".parse().unwrap()
}

pub(crate) fn id(name: &str) -> ObjectId {
    ObjectId {
        context: "prod".into(),
        namespace: "shop".into(),
        name: name.into(),
        uid: format!("uid-{name}").as_str().into(),
    }
}

/// A canary paused at step 1 of 4, waiting for a human.
pub(crate) fn paused() -> Rollout {
    let steps = vec![Step::SetWeight(10), Step::Pause(None), Step::SetWeight(50), Step::Pause(None)];
    Rollout {
        id: id("web"),
        resource_version: "41".into(),
        generation: 7,
        created: None,
        labels: BTreeMap::new(),
        managed_by: None,
        revision: Some(3),
        workload_generation: None,
        desired: Some(10),
        spec_paused: false,
        restart_at: None,
        workload_ref: None,
        images: vec!["shop/web:3".into()],
        selector: "app=web".into(),
        strategy: Strategy::Canary(Canary { steps, ..Canary::default() }),
        status: Status {
            phase: Some("Paused".into()),
            message: Some("CanaryPauseStep".into()),
            observed_generation: Some("7".into()),
            current_pod_hash: Some("new".into()),
            stable_hash: Some("old".into()),
            current_step_index: Some(1),
            controller_pause: true,
            pause_conditions: vec![PauseCondition {
                reason: "CanaryPauseStep".into(),
                start_time: Some("2026-08-20T02:00:00Z".parse().unwrap()),
            }],
            replicas: 10,
            available: 10,
            updated: 1,
            ..Status::default()
        },
        fault: None,
    }
}

/// The same, at work on its third step.
pub(crate) fn progressing() -> Rollout {
    let mut rollout = paused();
    rollout.status.phase = Some("Progressing".into());
    rollout.status.current_step_index = Some(2);
    rollout.status.controller_pause = false;
    rollout.status.pause_conditions.clear();
    rollout
}

/// The same, aborted.
pub(crate) fn aborted() -> Rollout {
    let mut rollout = progressing();
    rollout.status.phase = Some("Degraded".into());
    rollout.status.message = Some("RolloutAborted: Rollout aborted update to revision 3".into());
    rollout.status.current_step_index = Some(0);
    rollout.status.abort = true;
    rollout.status.aborted_at = Some("2026-08-20T02:30:00Z".parse().unwrap());
    rollout
}

/// The same, all done.
pub(crate) fn healthy() -> Rollout {
    let mut rollout = progressing();
    rollout.status.phase = Some("Healthy".into());
    rollout.status.current_step_index = Some(4);
    rollout.status.stable_hash = Some("new".into());
    rollout
}

pub(crate) fn run(phase: AnalysisPhase) -> AnalysisRun {
    AnalysisRun {
        id: id("web-new-3"),
        created: None,
        owner: None,
        pod_hash: None,
        kind: None,
        step_index: None,
        revision: None,
        terminate: false,
        metrics: Vec::new(),
        phase,
        message: "".into(),
        started_at: None,
        results: Vec::new(),
        fault: None,
    }
}

fn report(model: &mut Model, kind: &str, observation: Observation) {
    let source = SourceId { context: "prod".into(), kind: kind.into() };
    for said in [Said::Observed(observation), Said::Loaded] {
        model.observe(Report { source: source.clone(), said }, now());
    }
}

pub(crate) fn see(model: &mut Model, rollout: Rollout) {
    report(model, "rollouts", Observation::Rollouts(Change::Applied(rollout)));
}

pub(crate) fn see_run(model: &mut Model, run: AnalysisRun) {
    report(model, "analysisruns", Observation::AnalysisRuns(Change::Reset(vec![run])));
}

pub(crate) fn see_lease(model: &mut Model, renewed_ago: i64) {
    let renewed = now().checked_sub(SignedDuration::from_secs(renewed_ago)).ok();
    let lease = Lease { id: id("argo-rollouts-controller-lock"), holder: "argo-1".into(), renewed };
    report(model, "leases", Observation::Leases(Change::Reset(vec![lease])));
}

pub(crate) fn forget(model: &mut Model) {
    report(model, "rollouts", Observation::Rollouts(Change::Reset(Vec::new())));
}

pub(crate) fn model_of(rollout: Rollout) -> Model {
    let mut model = Model::default();
    see(&mut model, rollout);
    model
}

/// A wish that nothing stands against.
pub(crate) fn wish<'a>(model: &'a Model, target: &'a ObjectId, access: &'a Access) -> Wish<'a> {
    Wish {
        model,
        target,
        now: now(),
        revision: None,
        amount: None,
        reason: "",
        authority: Authority::default(),
        access,
        shown: None,
    }
}

/// Plans an action on a single Rollout.
pub(crate) fn plan(name: &str, rollout: Rollout) -> Result<Plan, Refusal> {
    let target = rollout.id.clone();
    let model = model_of(rollout);
    action(name).unwrap().plan(&wish(&model, &target, &Access::new()))
}

/// The reason for which an action is refused.
pub(crate) fn refusal(name: &str, rollout: Rollout) -> String {
    plan(name, rollout).expect_err("a refusal").reason
}

pub(crate) fn arc(text: &str) -> Option<Arc<str>> {
    Some(text.into())
}
