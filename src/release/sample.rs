//! Objects for the tests of this crate: small, plain, and right unless a test says otherwise.

use jiff::{SignedDuration, Timestamp};

use super::analysis::{AnalysisPhase, AnalysisRun, Measurement, Metric, MetricResult, Provider};
use super::model::Model;
use super::object::{ObjectId, Uid};
use super::observation::{Change, Observation, Report, Said, SourceId};
use super::replicas::{Pod, PodHealth, ReplicaSet};
use super::rollout::{BlueGreen, Canary, PauseCondition, Rollout, Status, Step, Strategy};

/// A second of the afternoon on which all samples play.
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_766_000_000 + second).unwrap()
}

/// An object of namespace `shop` in context `prod`; its UID is its name.
pub fn id(name: &str) -> ObjectId {
    ObjectId { context: "prod".into(), namespace: "shop".into(), name: name.into(), uid: Uid(name.into()) }
}

/// A Healthy canary of 10 at revision 3: hash `new`, all four steps done.
pub fn rollout(name: &str) -> Rollout {
    Rollout {
        id: id(name),
        resource_version: "100".into(),
        generation: 5,
        created: Some(at(-86_400)),
        labels: Default::default(),
        managed_by: None,
        revision: Some(3),
        workload_generation: None,
        desired: Some(10),
        spec_paused: false,
        restart_at: None,
        workload_ref: None,
        images: vec!["web:2".into()],
        selector: "app=web".into(),
        strategy: Strategy::Canary(Canary {
            steps: vec![
                Step::SetWeight(10),
                Step::Pause(None),
                Step::SetWeight(50),
                Step::Pause(Some(SignedDuration::from_secs(60))),
            ],
            ..Canary::default()
        }),
        status: Status {
            observed_generation: Some("5".into()),
            current_pod_hash: Some("new".into()),
            stable_hash: Some("new".into()),
            current_step_index: Some(4),
            replicas: 10,
            updated: 10,
            ready: 10,
            available: 10,
            phase: Some("Healthy".into()),
            ..Status::default()
        },
        fault: None,
    }
}

/// The same on its way from `old` to `new`, paused at step 1 for a human.
pub fn paused(name: &str) -> Rollout {
    let mut rollout = rollout(name);
    let status = &mut rollout.status;
    status.stable_hash = Some("old".into());
    status.current_step_index = Some(1);
    status.updated = 1;
    status.phase = Some("Paused".into());
    status.message = Some("CanaryPauseStep".into());
    status.controller_pause = true;
    status.pause_conditions = vec![PauseCondition { reason: "CanaryPauseStep".into(), start_time: Some(at(0)) }];
    rollout
}

/// The same, aborted.
pub fn aborted(name: &str) -> Rollout {
    let mut rollout = paused(name);
    let status = &mut rollout.status;
    status.abort = true;
    status.aborted_at = Some(at(30));
    status.current_step_index = Some(0);
    status.phase = Some("Degraded".into());
    status.message = Some("RolloutAborted: Rollout aborted update to revision 3".into());
    status.controller_pause = false;
    status.pause_conditions.clear();
    rollout
}

/// A Healthy blueGreen of 10.
pub fn blue_green(name: &str) -> Rollout {
    let mut rollout = rollout(name);
    rollout.strategy = Strategy::BlueGreen(BlueGreen { auto_promotion: true, ..BlueGreen::default() });
    rollout.status.current_step_index = None;
    rollout.status.active_selector = Some("new".into());
    rollout.status.preview_selector = Some("new".into());
    rollout
}

/// A ReplicaSet `NAME-HASH` of that Rollout, all its pods available.
pub fn replica_set(rollout: &Rollout, hash: &str, revision: u64, replicas: i32) -> ReplicaSet {
    ReplicaSet {
        id: id(&format!("{}-{hash}", rollout.id.name)),
        created: Some(at(0)),
        owner: Some(rollout.id.uid.clone()),
        pod_hash: Some(hash.into()),
        revision: Some(revision),
        scale_down_deadline: None,
        images: vec![format!("web:{revision}").into()],
        desired: replicas,
        replicas,
        ready: replicas,
        available: replicas,
        failure: None,
    }
}

/// A running pod of that ReplicaSet.
pub fn pod(set: &ReplicaSet, name: &str) -> Pod {
    Pod {
        id: id(name),
        created: Some(at(0)),
        owner: Some(set.id.uid.clone()),
        status: "Running".into(),
        health: PodHealth::Running,
        ready: 1,
        containers: 1,
        restarts: 0,
        digests: Vec::new(),
    }
}

/// A background AnalysisRun of revision 3 that runs: `error-rate`, limit 1, with these measured values and phases.
pub fn run(rollout: &Rollout, name: &str, measured: &[(&str, AnalysisPhase)]) -> AnalysisRun {
    let count = |phase| measured.iter().filter(|(_, of)| *of == phase).count() as i64;
    AnalysisRun {
        id: id(name),
        created: Some(at(0)),
        owner: Some(rollout.id.uid.clone()),
        pod_hash: Some("new".into()),
        kind: Some("Background".into()),
        step_index: None,
        revision: Some(3),
        terminate: false,
        metrics: vec![metric("error-rate")],
        phase: AnalysisPhase::Running,
        message: "".into(),
        started_at: Some(at(0)),
        results: vec![MetricResult {
            name: "error-rate".into(),
            phase: AnalysisPhase::Running,
            count: measured.len() as i64 - count(AnalysisPhase::Error),
            successful: count(AnalysisPhase::Successful),
            failed: count(AnalysisPhase::Failed),
            inconclusive: count(AnalysisPhase::Inconclusive),
            error: count(AnalysisPhase::Error),
            measurements: measured
                .iter()
                .zip(0..)
                .map(|((value, phase), index)| Measurement {
                    phase: *phase,
                    value: (*value).into(),
                    message: "".into(),
                    started_at: Some(at(index * 30)),
                    finished_at: Some(at(index * 30)),
                })
                .collect(),
            ..MetricResult::default()
        }],
        fault: None,
    }
}

/// A Prometheus metric with the usual limits, measured every 30 s.
pub fn metric(name: &str) -> Metric {
    Metric {
        name: name.into(),
        interval: Some(SignedDuration::from_secs(30)),
        initial_delay: None,
        count: None,
        failure_limit: Some(1),
        inconclusive_limit: Some(0),
        consecutive_error_limit: Some(4),
        consecutive_success_limit: Some(0),
        success_condition: Some("result[0] < 0.05".into()),
        failure_condition: None,
        provider: Provider::Prometheus { address: "http://prometheus:9090".into(), query: "rate(x)".into() },
    }
}

/// A model in which these sources of context `prod` have spoken at `at(0)`.
pub fn model(observations: Vec<(&str, Observation)>) -> Model {
    let mut model = Model::default();
    for (kind, observation) in observations {
        let source = SourceId { context: "prod".into(), kind: kind.into() };
        model.observe(Report { source: source.clone(), said: Said::Observed(observation) }, at(0));
        model.observe(Report { source, said: Said::Loaded }, at(0));
    }
    model
}

/// A model with a Rollout and its ReplicaSets.
pub fn model_of(rollout: &Rollout, sets: Vec<ReplicaSet>) -> Model {
    model(vec![
        ("rollouts", Observation::Rollouts(Change::Reset(vec![rollout.clone()]))),
        ("replicasets", Observation::ReplicaSets(Change::Reset(sets))),
    ])
}
