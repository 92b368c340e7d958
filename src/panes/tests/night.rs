//! A made-up night at three o'clock: one release of each kind.

use std::collections::BTreeMap;

use crate::release::analysis::{AnalysisPhase, AnalysisRun, Measurement, Metric, MetricResult, Provider};
use crate::release::model::Model;
use crate::release::object::{ObjectId, Uid};
use crate::release::observation::{Change, ObjectEvent, Observation, Report, Said, Series, SeriesOutcome, SourceId};
use crate::release::replicas::{Pod, PodHealth, ReplicaSet};
use crate::release::rollout::{BlueGreen, Canary, PauseCondition, Rollout, Status, Step, Strategy};
use crate::release::text::visible;
use jiff::{SignedDuration, Timestamp};

/// Seconds after three in the morning.
pub fn at(second: i64) -> Timestamp {
    "2026-08-20T03:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

/// When the screens are looked at.
pub fn now() -> Timestamp {
    at(300)
}

pub fn id(name: &str) -> ObjectId {
    let (namespace, name) = name.split_once('/').unwrap_or(("shop", name));
    let uid = Uid(format!("uid-{namespace}-{name}").into());
    ObjectId { context: "prod-eu".into(), namespace: visible(namespace).into(), name: visible(name).into(), uid }
}

/// A Healthy canary of 10 with seven steps, all of them done.
pub fn healthy(name: &str) -> Rollout {
    let steps = vec![
        Step::SetWeight(10),
        Step::Pause(Some(SignedDuration::from_secs(120))),
        Step::SetWeight(25),
        Step::Analysis(vec!["error-rate".into()]),
        Step::Pause(None),
        Step::SetWeight(50),
        Step::Pause(Some(SignedDuration::from_secs(600))),
        Step::SetCanaryScale,
    ];
    let rollout = id(name);
    Rollout {
        resource_version: "4711".into(),
        generation: 7,
        created: Some(at(-3 * 86_400)),
        labels: BTreeMap::from([("app".into(), Box::from(&*rollout.name))]),
        managed_by: None,
        revision: Some(14),
        workload_generation: None,
        desired: Some(10),
        spec_paused: false,
        restart_at: None,
        workload_ref: None,
        images: vec![format!("ghcr.io/acme/{}:2.14.0", rollout.name).into()],
        selector: "app=x".into(),
        strategy: Strategy::Canary(Canary { steps, ..Canary::default() }),
        status: Status {
            phase: Some("Healthy".into()),
            observed_generation: Some("7".into()),
            current_pod_hash: Some("6f9c".into()),
            stable_hash: Some("6f9c".into()),
            current_step_index: Some(8),
            replicas: 10,
            updated: 10,
            ready: 10,
            available: 10,
            ..Status::default()
        },
        fault: None,
        id: rollout,
    }
}

/// On its way at that step.
pub fn moving(name: &str, step: i32) -> Rollout {
    let mut rollout = healthy(name);
    let status = &mut rollout.status;
    status.phase = Some("Progressing".into());
    status.message = Some("more replicas need to be updated".into());
    status.stable_hash = Some("5b2d".into());
    status.current_step_index = Some(step);
    (status.updated, status.replicas) = (3, 12);
    (status.ready, status.available) = (12, 12);
    rollout
}

/// Waiting for a human since 02:48.
pub fn waiting(name: &str) -> Rollout {
    let mut rollout = moving(name, 4);
    pause(&mut rollout, "CanaryPauseStep", at(-720));
    rollout
}

pub fn pause(rollout: &mut Rollout, reason: &str, since: Timestamp) {
    let status = &mut rollout.status;
    status.phase = Some("Paused".into());
    status.message = Some(reason.into());
    status.controller_pause = true;
    status.pause_conditions = vec![PauseCondition { reason: reason.into(), start_time: Some(since) }];
}

/// Aborted by its analysis.
pub fn aborted(name: &str) -> Rollout {
    let mut rollout = moving(name, 3);
    let status = &mut rollout.status;
    status.phase = Some("Degraded".into());
    status.message = Some("RolloutAborted: Rollout aborted update to revision 14".into());
    status.abort = true;
    status.aborted_at = Some(at(240));
    status.current_step_index = Some(0);
    rollout
}

/// A blueGreen whose preview waits for a human.
pub fn blue_green(name: &str) -> Rollout {
    let mut rollout = healthy(name);
    rollout.strategy = Strategy::BlueGreen(BlueGreen {
        active_service: Some("payments-active".into()),
        preview_service: Some("payments-preview".into()),
        ..BlueGreen::default()
    });
    rollout.managed_by = Some("Argo CD application payments".into());
    rollout.status.current_step_index = None;
    rollout.status.stable_hash = Some("5b2d".into());
    rollout.status.active_selector = Some("5b2d".into());
    rollout.status.preview_selector = Some("6f9c".into());
    pause(&mut rollout, "BlueGreenPause", at(-60));
    rollout
}

pub fn replica_set(rollout: &Rollout, hash: &str, revision: u64, replicas: i32, available: i32) -> ReplicaSet {
    ReplicaSet {
        id: id(&format!("{}/{}-{hash}", rollout.id.namespace, rollout.id.name)),
        created: Some(at(-3600)),
        owner: Some(rollout.id.uid.clone()),
        pod_hash: Some(hash.into()),
        revision: Some(revision),
        scale_down_deadline: None,
        images: vec![format!("ghcr.io/acme/{}:2.{revision}.0", rollout.id.name).into()],
        desired: replicas,
        replicas,
        ready: available,
        available,
        failure: None,
    }
}

pub fn pod(set: &ReplicaSet, number: usize, status: &str, health: PodHealth) -> Pod {
    Pod {
        id: id(&format!("{}/{}-p{number:02}", set.id.namespace, set.id.name)),
        created: Some(at(-600)),
        owner: Some(set.id.uid.clone()),
        status: status.into(),
        health,
        ready: i32::from(health == PodHealth::Running),
        containers: 1,
        restarts: if health == PodHealth::Failing { 4 } else { 0 },
        digests: Vec::new(),
    }
}

pub fn metric(name: &str, condition: &str) -> Metric {
    Metric {
        name: name.into(),
        interval: Some(SignedDuration::from_secs(30)),
        initial_delay: None,
        count: Some(20),
        failure_limit: Some(2),
        inconclusive_limit: Some(0),
        consecutive_error_limit: Some(4),
        consecutive_success_limit: Some(0),
        success_condition: Some(condition.into()),
        failure_condition: None,
        provider: Provider::Prometheus { address: "http://prometheus:9090".into(), query: "rate(x)".into() },
    }
}

/// The values with their phases, one each 30 s, the last at `at(290)`.
pub fn result(name: &str, measured: &[(&str, AnalysisPhase)]) -> MetricResult {
    let count = |phase| measured.iter().filter(|(_, of)| *of == phase).count() as i64;
    let first = 290 - 30 * (measured.len() as i64 - 1);
    let measurements = measured.iter().zip(0..).map(|((value, phase), index)| Measurement {
        phase: *phase,
        value: (*value).into(),
        message: if value.is_empty() { "reconcile error: connection refused".into() } else { "".into() },
        started_at: Some(at(first + index * 30)),
        finished_at: Some(at(first + index * 30)),
    });
    MetricResult {
        name: name.into(),
        phase: AnalysisPhase::Running,
        count: measured.len() as i64 - count(AnalysisPhase::Error),
        successful: count(AnalysisPhase::Successful),
        failed: count(AnalysisPhase::Failed),
        error: count(AnalysisPhase::Error),
        measurements: measurements.collect(),
        ..MetricResult::default()
    }
}

/// A run of revision 14 with two metrics, one of them with a failure.
pub fn run(rollout: &Rollout, name: &str) -> AnalysisRun {
    use AnalysisPhase::*;
    let rate = [("[0.012]", Successful), ("[0.018]", Successful), ("[0.061]", Failed), ("[0.031]", Successful)];
    AnalysisRun {
        id: id(&format!("{}/{name}", rollout.id.namespace)),
        created: Some(at(180)),
        owner: Some(rollout.id.uid.clone()),
        pod_hash: Some("6f9c".into()),
        kind: Some("Step".into()),
        step_index: Some(3),
        revision: Some(14),
        terminate: false,
        metrics: vec![metric("error-rate", "result[0] < 0.05"), metric("latency-p99", "result[0] <= 0.8")],
        phase: Running,
        message: "".into(),
        started_at: Some(at(190)),
        results: vec![result("error-rate", &rate), result("latency-p99", &[("[0.41]", Successful), ("", Error)])],
        fault: None,
    }
}

/// The run that ended the release of `rollout`.
pub fn failed_run(rollout: &Rollout, name: &str) -> AnalysisRun {
    use AnalysisPhase::*;
    let mut run = run(rollout, name);
    let rate = [("[0.012]", Successful), ("[0.091]", Failed), ("[0.12]", Failed), ("[0.1653]", Failed)];
    run.results = vec![result("error-rate", &rate)];
    run.metrics.truncate(1);
    run.results[0].phase = Failed;
    run.results[0].message = "failed (3) > failureLimit (2)".into();
    run.phase = Failed;
    run.message = "Metric \"error-rate\" assessed Failed due to failed (3) > failureLimit (2)".into();
    run
}

/// A sine that crosses 0.05.
pub fn series(run: &AnalysisRun, metric: &str) -> Series {
    let value = |second: i64| 0.03 + 0.028 * (second as f64 / 40.0).sin();
    let points = (0..60).map(|index| index * 10).map(|second| ((at(second - 300).as_second()) as f64, value(second)));
    Series {
        run: run.id.uid.clone(),
        metric: metric.into(),
        outcome: SeriesOutcome::Points(points.collect()),
        warnings: Vec::new(),
        at: now(),
    }
}

pub fn event(rollout: &Rollout, number: usize, second: i64, warning: bool, reason: &str, message: &str) -> ObjectEvent {
    ObjectEvent {
        id: id(&format!("{}/event-{number}", rollout.id.namespace)),
        kind: "Rollout".into(),
        object: rollout.id.name[..].into(),
        object_uid: Some(rollout.id.uid.clone()),
        warning,
        reason: reason.into(),
        message: visible(message).into(),
        at: Some(at(second)),
        first: Some(at(second)),
        count: 1 + number as i64,
    }
}

pub fn source(kind: &str) -> SourceId {
    SourceId { context: "prod-eu".into(), kind: kind.into() }
}

/// Sources that have answered in full at `when`, in this order.
pub fn observed(observations: Vec<(&str, Observation)>, when: Timestamp) -> Model {
    let mut model = Model::default();
    for (kind, observation) in observations {
        model.observe(Report { source: source(kind), said: Said::Observed(observation) }, when);
        model.observe(Report { source: source(kind), said: Said::Loaded }, when);
    }
    model
}

/// The night: what the tests look at.
pub fn night() -> Model {
    let (checkout, web) = (waiting("checkout"), aborted("web"));
    let (run, failed) = (run(&checkout, "checkout-6f9c-14-3"), failed_run(&web, "web-6f9c-14-3"));
    let mut timed = moving("search/indexer", 1);
    pause(&mut timed, "CanaryPauseStep", at(250));
    let mut unreadable = healthy("legacy");
    unreadable.fault = Some("spec.strategy: expected an object, got a string".into());
    let mut refused = moving("admin/backoffice", 0);
    refused.status.updated = 0;
    let mut refusal = event(
        &refused,
        9,
        200,
        true,
        "FailedCreate",
        "Error creating: pods \"x\" is forbidden: \
        admission webhook \"policy.sigstore.dev\" denied the request: no matching signatures",
    );
    (refusal.kind, refusal.object) = ("ReplicaSet".into(), "backoffice-6f9c".into());
    let sets = vec![
        replica_set(&checkout, "6f9c", 14, 3, 3),
        ReplicaSet { revision: Some(13), ..replica_set(&checkout, "5b2d", 13, 9, 8) },
        replica_set(&checkout, "47aa", 12, 0, 0),
    ];
    let mut pods: Vec<Pod> = (0..3).map(|number| pod(&sets[0], number, "Running", PodHealth::Running)).collect();
    pods.extend((0..8).map(|number| pod(&sets[1], number, "Running", PodHealth::Running)));
    pods.push(pod(&sets[1], 8, "CrashLoopBackOff", PodHealth::Failing));
    let events = vec![
        event(&checkout, 0, -720, false, "RolloutPaused", "Rollout is paused (CanaryPauseStep)"),
        event(
            &checkout,
            1,
            180,
            false,
            "AnalysisRunRunning",
            "Step Analysis Run 'checkout-6f9c-14-3' Status New: 'Running'",
        ),
        event(&checkout, 2, 260, true, "BackOff", "Back-off restarting failed container web in pod checkout-5b2d-p08"),
    ];
    let mut hostile = healthy("zz/e\u{1b}[31mvil\u{202e}name\u{200b}");
    hostile.status.phase = Some("Exploded".into());
    hostile.status.message = Some(visible("\u{1b}]0;owned\u{7} \u{9b}2J").into());
    let live = series(&run, "error-rate");
    let rollouts = vec![
        checkout,
        web,
        blue_green("payments"),
        healthy("catalog"),
        healthy("cart"),
        timed,
        unreadable,
        refused,
        hostile,
    ];
    let mut model = observed(
        vec![
            ("rollouts", Observation::Rollouts(Change::Reset(rollouts))),
            ("analysisruns", Observation::AnalysisRuns(Change::Reset(vec![run, failed]))),
            ("refusals", Observation::Refusals(Change::Reset(vec![refusal]))),
            ("replicasets", Observation::ReplicaSets(Change::Reset(sets))),
            ("pods", Observation::Pods(Change::Reset(pods))),
            ("events", Observation::Events(Change::Reset(events))),
            ("prometheus", Observation::Series(live)),
        ],
        at(295),
    );
    let mut before = waiting("checkout");
    before.status.current_step_index = Some(3);
    before.status.phase = Some("Progressing".into());
    for rollout in [before, waiting("checkout")] {
        let said = Said::Observed(Observation::Rollouts(Change::Applied(rollout)));
        model.observe(Report { source: source("rollouts"), said }, at(295));
    }
    model
}
