//! The smaller kinds in their real shapes, and anything at all where an object should be.

use std::sync::Arc;

use jiff::SignedDuration;
use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::watch::{read_object, read_page};
use super::wire::Wire;
use super::{analysis_runs, events, experiments, jobs, leases, pods, replica_sets, rollouts};
use crate::release::analysis::{AnalysisPhase, AnalysisRun, Provider};
use crate::release::replicas::{Pod, PodHealth};
use crate::release::text::{visible, visible_up_to};

fn read<W: Wire>(object: Value) -> W::Domain {
    let context: Arc<str> = "prod".into();
    read_object::<W>(&object.to_string(), &context).unwrap()
}

fn run(spec: Value, status: Value) -> AnalysisRun {
    let metadata = json!({"name": "web-789f8c5f55-3", "namespace": "shop", "uid": "r",
        "annotations": {"rollout.argoproj.io/revision": "3"},
        "labels": {"rollouts-pod-template-hash": "789f8c5f55", "rollout-type": "Step", "step-index": "2"},
        "ownerReferences": [{"kind": "Other", "uid": "o"}, {"kind": "Rollout", "uid": "u1", "controller": true}]});
    read::<analysis_runs::AnalysisRunWire>(json!({"metadata": metadata, "spec": spec, "status": status}))
}

#[test]
fn an_analysis_run_that_failed() {
    let message = "Metric \"error-rate\" assessed Failed due to failed (2) > failureLimit (1)";
    let run = run(
        json!({"metrics": [
            {"name": "error-rate", "interval": "5s", "failureLimit": 1, "count": "10", "successCondition": "result[0] < 0.05",
                "provider": {"prometheus": {"address": "http://prom:9090", "query": "x{{args.y}}"}}},
            {"name": "smoke", "failureLimit": "{{args.limit}}", "provider": {"job": {"spec": {}}}},
            {"name": "none", "failureLimit": null, "provider": null}
        ]}),
        json!({"phase": "Failed", "message": message, "startedAt": "2026-08-20T10:00:00Z", "metricResults": [{
            "name": "error-rate", "phase": "Failed", "successful": 2, "failed": 2, "count": 4,
            "metadata": {"ResolvedPrometheusQuery": "x{a=\"b\"}"},
            "measurements": [
                {"phase": "Successful", "value": "[0.005]", "startedAt": "2026-08-20T10:00:05Z",
                    "finishedAt": "2026-08-20T10:00:05Z"},
                {"phase": "Error", "message": "no such host"}
            ]
        }]}),
    );
    assert_eq!((run.fault.as_deref(), run.phase, &*run.message), (None, AnalysisPhase::Failed, message));
    assert_eq!((run.owner, run.kind.as_deref(), run.step_index), (Some("u1".into()), Some("Step"), Some(2)));
    assert_eq!((run.revision, run.pod_hash.as_deref()), (Some(3), Some("789f8c5f55")));
    let metric = &run.metrics[0];
    assert_eq!((metric.failure_limit, metric.count, metric.consecutive_error_limit), (Some(1), Some(10), Some(4)));
    assert_eq!(metric.interval, Some(SignedDuration::from_secs(5)));
    assert!(matches!(&metric.provider, Provider::Prometheus { address, .. } if &**address == "http://prom:9090"));
    assert_eq!((run.metrics[1].failure_limit, &run.metrics[1].provider), (None, &Provider::Other("job".into())));
    assert_eq!((run.metrics[2].failure_limit, &run.metrics[2].provider), (Some(0), &Provider::Other("none".into())));
    let result = &run.results[0];
    assert_eq!((result.failed, result.error, result.resolved_query.as_deref()), (2, 0, Some("x{a=\"b\"}")));
    assert_eq!((&*result.measurements[0].value, &*result.measurements[1].message), ("[0.005]", "no such host"));
}

#[test]
fn an_analysis_run_that_has_not_begun() {
    let run = run(Value::Null, json!({"metricResults": null}));
    assert_eq!((run.phase, run.terminate, run.results.len()), (AnalysisPhase::Pending, false, 0));
    assert_eq!(self::run(json!({"terminate": true}), json!({"phase": "Odd"})).phase, AnalysisPhase::Pending);
}

#[test]
fn only_the_newest_measurements_are_kept() {
    let measurements: Vec<Value> = (0..100).map(|value| json!({"value": value.to_string()})).collect();
    let run = run(Value::Null, json!({"metricResults": [{"measurements": measurements}]}));
    let kept = &run.results[0].measurements;
    assert_eq!((kept.len(), &*kept[59].value), (60, "99"));
}

fn pod(metadata: Value, status: Value) -> Pod {
    read::<pods::PodWire>(json!({"metadata": metadata, "spec": {"containers": [{}, {}]}, "status": status}))
}

#[test]
fn pods_are_called_what_kubectl_calls_them() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let image = format!("docker.io/library/web@{digest}");
    let running = json!({"ready": true, "restartCount": 2, "imageID": image, "state": {"running": {}}});
    let crashing = json!({"ready": false, "restartCount": "7", "state": {"waiting": {"reason": "CrashLoopBackOff"}}});
    let good = pod(json!({}), json!({"phase": "Running", "containerStatuses": [running, running]}));
    assert_eq!((&*good.status, good.health, good.ready, good.restarts), ("Running", PodHealth::Running, 2, 4));
    assert_eq!(good.digests, [digest.as_str().into(), digest.as_str().into()]);
    let bad = pod(json!({}), json!({"phase": "Running", "containerStatuses": [running, crashing]}));
    assert_eq!((&*bad.status, bad.health, bad.restarts), ("CrashLoopBackOff", PodHealth::Failing, 9));
    let going = pod(json!({"deletionTimestamp": "2026-08-20T10:00:00Z"}), json!({"phase": "Running"}));
    assert_eq!((&*going.status, going.health), ("Terminating", PodHealth::Pending));
    let new = pod(json!({"deletionTimestamp": null}), json!({"phase": "Pending", "containerStatuses": null}));
    assert_eq!((&*new.status, new.health, new.containers), ("Pending", PodHealth::Pending, 2));
    let init = json!({"phase": "Pending", "initContainerStatuses": [{"state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]});
    assert_eq!(&*pod(json!({}), init).status, "Init:Error");
    assert_eq!(&*pod(json!({}), json!({"phase": "Failed", "reason": "Evicted"})).status, "Evicted");
    assert_eq!(&*pod(json!({}), Value::Null).status, "Unknown");
}

#[test]
fn a_replica_set_that_is_refused_its_pods() {
    let set = read::<replica_sets::ReplicaSetWire>(json!({
        "metadata": {"name": "web-1", "labels": {"rollouts-pod-template-hash": "1"},
            "annotations": {"rollout.argoproj.io/revision": "2", "scale-down-deadline": "2026-08-20T10:00:30Z"}},
        "spec": {"replicas": 3, "template": {"spec": {"containers": [{"image": "web:1"}]}}},
        "status": {"replicas": 0, "conditions": [
            {"type": "ReplicaFailure", "status": "True", "message": "admission webhook denied"}]}
    }));
    assert_eq!((set.desired, set.available, set.revision), (3, 0, Some(2)));
    assert!(set.scale_down_deadline.is_some());
    assert_eq!(set.failure.as_deref(), Some("admission webhook denied"));
}

#[test]
fn an_event_of_either_generation_has_its_time() {
    let event = |times: Value| {
        let mut event = json!({"metadata": {"name": "e", "creationTimestamp": "2026-08-20T10:00:00Z"}, "type": "Warning",
            "involvedObject": {"kind": "ReplicaSet", "name": "web-1", "uid": "s"}, "reason": "FailedCreate",
            "lastTimestamp": null, "eventTime": null});
        event.as_object_mut().unwrap().extend(times.as_object().unwrap().clone());
        read::<events::EventWire>(event)
    };
    let first = "2026-08-20T09:00:07Z";
    let old = event(json!({"firstTimestamp": first, "lastTimestamp": "2026-08-20T10:00:01Z", "count": 4}));
    assert_eq!(old.first, first.parse().ok());
    assert_eq!((old.at.map(|at| at.as_second() % 60), old.count, old.warning), (Some(1), 4, true));
    assert_eq!((&*old.kind, &*old.object, old.object_uid), ("ReplicaSet", "web-1", Some("s".into())));
    let new = event(json!({"eventTime": "2026-08-20T10:00:02.123456Z"}));
    assert_eq!((new.at.map(|at| at.as_second() % 60), new.count), (Some(2), 1));
    assert_eq!(new.first, new.at);
    let many = event(json!({"series": {"count": 9, "lastObservedTime": "2026-08-20T10:00:03.000000Z"}}));
    assert_eq!((many.at.map(|at| at.as_second() % 60), many.count), (Some(3), 9));
    assert_eq!(event(json!({})).at.map(|at| at.as_second() % 60), Some(0));
}

#[test]
fn jobs_leases_and_experiments() {
    let job = |status: Value| read::<jobs::JobWire>(json!({"metadata": {"name": "j"}, "status": status})).status;
    assert_eq!(&*job(json!({"conditions": [{"type": "Complete", "status": "True"}]})), "Successful");
    assert_eq!(&*job(json!({"conditions": [{"type": "Failed", "status": "True"}], "active": 0})), "Failed");
    assert_eq!((&*job(json!({"active": 1})), &*job(Value::Null)), ("Running", "Pending"));
    let lease = read::<leases::LeaseWire>(
        json!({"metadata": {"name": leases::NAME}, "spec": {"holderIdentity": "c-1", "renewTime": "2026-08-20T10:00:00.5Z"}}),
    );
    assert_eq!((&*lease.holder, lease.renewed.is_some()), ("c-1", true));
    let experiment =
        read::<experiments::ExperimentWire>(json!({"metadata": {"name": "e"}, "status": {"phase": "Running"}}));
    assert_eq!((&*experiment.phase, &*experiment.message), ("Running", ""));
}

/// Whatever a terminal would take for more than a character.
fn is_harmless(text: &str) -> bool {
    !text.chars().any(|character| {
        character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    })
}

/// Every text of a row, keys too.
fn texts_are_harmless(value: &Value) -> bool {
    match value {
        Value::String(text) => is_harmless(text),
        Value::Array(all) => all.iter().all(texts_are_harmless),
        Value::Object(all) => all.iter().all(|(key, value)| is_harmless(key) && texts_are_harmless(value)),
        _ => true,
    }
}

/// Reads as every kind: no panic, and nothing in a row that could disturb the screen.
fn read_as_everything(json: &str) {
    fn read<W: Wire<Domain: Serialize>>(json: &str) {
        let context: Arc<str> = "prod".into();
        if let Some(row) = read_object::<W>(json, &context) {
            let row = serde_json::to_value(row).unwrap();
            assert!(texts_are_harmless(&row), "{row}");
        }
        let page = read_page::<W>(format!("{{\"items\":[{json}]}}").as_bytes(), &context);
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok();
        assert!(page.is_ok() || !is_json, "one object cost the page: {json}");
        let _ = read_page::<W>(json.as_bytes(), &context);
    }
    read::<rollouts::RolloutWire>(json);
    read::<analysis_runs::AnalysisRunWire>(json);
    read::<replica_sets::ReplicaSetWire>(json);
    read::<pods::PodWire>(json);
    read::<experiments::ExperimentWire>(json);
    read::<jobs::JobWire>(json);
    read::<events::EventWire>(json);
    read::<leases::LeaseWire>(json);
}

/// Words that stand for something, so that arbitrary objects reach deep.
const WORDS: &[&str] = &[
    "metadata",
    "spec",
    "status",
    "name",
    "namespace",
    "uid",
    "labels",
    "annotations",
    "ownerReferences",
    "strategy",
    "canary",
    "steps",
    "pause",
    "duration",
    "setWeight",
    "analysis",
    "templates",
    "templateName",
    "blueGreen",
    "phase",
    "message",
    "conditions",
    "type",
    "reason",
    "metrics",
    "provider",
    "prometheus",
    "query",
    "metricResults",
    "measurements",
    "value",
    "containers",
    "image",
    "containerStatuses",
    "state",
    "waiting",
    "involvedObject",
    "series",
    "selector",
    "matchLabels",
    "workloadRef",
    "kind",
    "count",
    "replicas",
    "observedGeneration",
    "startedAt",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[0-9.]{0,4}[hmsµ]{0,2}".prop_map(Value::from),
        "2026-08-20T10:00:0[0-9]Z".prop_map(Value::from),
        Just(Value::from("\u{1b}]0;x\u{7}\u{202e}\u{200b}\u{9b}1m")),
    ];
    leaf.prop_recursive(8, 200, 8, |inner| {
        let key = prop_oneof![9 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => any::<String>()];
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            4 => prop::collection::btree_map(key, inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    // Each case is read as every kind, three times.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_object_is_a_row_or_a_word(metadata in any_json(), spec in any_json(), status in any_json()) {
        read_as_everything(&json!({"metadata": metadata, "spec": spec, "status": status}).to_string());
        read_as_everything(&spec.to_string());
    }

    #[test]
    fn any_text_is_no_panic(text: String, bytes: Vec<u8>) {
        read_as_everything(&text);
        read_as_everything(&String::from_utf8_lossy(&bytes));
        let _ = read_page::<rollouts::RolloutWire>(&bytes, &"prod".into());
    }

    #[test]
    fn a_cut_object_is_no_panic(cut in 0usize..400) {
        let whole = json!({"metadata": {"name": "web", "labels": {"a": "b"}}, "spec": {"strategy": {"canary": {"steps":
            [{"setWeight": 5}, {"pause": {"duration": "5m"}}]}}}, "status": {"phase": "Paused"}}).to_string();
        read_as_everything(&whole[..cut.min(whole.len())]);
    }

    #[test]
    fn visible_text_is_harmless_and_short(text in "(?s).{0,60}", limit in 0usize..50) {
        prop_assert!(is_harmless(&visible(&text)));
        let shown = visible_up_to(&text, limit);
        prop_assert!(is_harmless(&shown));
        prop_assert!(shown.chars().count() <= limit * "<U+10FFFF>".len() + 1);
    }
}
