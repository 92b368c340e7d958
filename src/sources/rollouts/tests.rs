//! Rollouts as real API servers, old controllers and careless hands write them.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::RolloutWire;
use crate::release::phase::Phase;
use crate::release::rollout::{Rollout, Step, Strategy};
use crate::sources::watch::read_object;

fn read(object: Value) -> Rollout {
    let context: Arc<str> = "prod".into();
    read_object::<RolloutWire>(&object.to_string(), &context).unwrap()
}

/// A Rollout with that spec and status.
fn rollout(spec: Value, status: Value) -> Rollout {
    let annotations = json!({"rollout.argoproj.io/revision": "3"});
    let metadata = json!({"name": "web", "namespace": "shop", "uid": "u1", "resourceVersion": "77", "generation": 15,
        "creationTimestamp": "2026-08-20T10:00:00Z", "annotations": annotations});
    read(
        json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": metadata, "spec": spec, "status": status}),
    )
}

/// Only the canary's steps.
fn steps(steps: Value) -> Vec<Step> {
    rollout(json!({"strategy": {"canary": {"steps": steps}}}), Value::Null).steps().to_vec()
}

#[test]
fn a_paused_canary() {
    let rollout = rollout(
        json!({
            "replicas": 10,
            "selector": {"matchLabels": {"app": "web", "tier": "front"}},
            "template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}},
            "strategy": {"canary": {
                "steps": [{"setWeight": 10}, {"pause": {}}, {"setWeight": 50}, {"pause": {"duration": "1h30m"}}],
                "analysis": {"templates": [{"templateName": "error-rate"}], "startingStep": 1}
            }}
        }),
        json!({
            "phase": "Paused", "message": "CanaryPauseStep", "currentStepIndex": 1, "controllerPause": true,
            "pauseConditions": [{"reason": "CanaryPauseStep", "startTime": "2026-08-20T10:05:00Z"}],
            "observedGeneration": "15", "stableRS": "7d84d44bb8", "currentPodHash": "789f8c5f55",
            "replicas": 10, "updatedReplicas": 1, "readyReplicas": 10, "availableReplicas": 10,
            "canary": {"currentBackgroundAnalysisRunStatus": {"name": "web-789f8c5f55-3", "status": "Running"}},
            "blueGreen": {},
            "conditions": [{"type": "Progressing", "status": "Unknown", "reason": "RolloutPaused", "message": "m",
                "lastTransitionTime": "2026-08-20T10:05:00Z"}]
        }),
    );
    assert_eq!(rollout.fault, None);
    assert_eq!((rollout.id.path().as_str(), &*rollout.id.uid.0, &*rollout.resource_version), ("shop/web", "u1", "77"));
    assert_eq!((rollout.revision, rollout.generation), (Some(3), 15));
    assert_eq!(&*rollout.selector, "app=web,tier=front");
    assert_eq!(rollout.images, ["web:2".into()]);
    let hour_and_half = SignedDuration::from_mins(90);
    assert_eq!(
        rollout.steps(),
        [Step::SetWeight(10), Step::Pause(None), Step::SetWeight(50), Step::Pause(Some(hour_and_half))]
    );
    let canary = rollout.canary().unwrap();
    assert_eq!((canary.analysis_starting_step, canary.traffic_routing), (Some(1), false));
    assert_eq!(canary.analysis_templates, ["error-rate".into()]);
    assert_eq!(rollout.status.background_run.as_ref().map(|run| &*run.name), Some("web-789f8c5f55-3"));
    assert_eq!((rollout.phase().phase, &*rollout.phase().message), (Phase::Paused, "CanaryPauseStep"));
    assert_eq!(rollout.condition("Progressing").map(|condition| &*condition.status), Some("Unknown"));
    assert_eq!(rollout.paused_since().map(|since| since.to_string()), Some("2026-08-20T10:05:00Z".into()));
}

#[test]
fn a_degraded_canary() {
    let message = "RolloutAborted: Rollout aborted update to revision 3: Background analysis phase error/failed: …";
    let rollout = rollout(
        json!({"strategy": {"canary": {"steps": [{"setWeight": 10}], "trafficRouting": {"maxTrafficWeight": 1000}}}}),
        json!({"phase": "Degraded", "message": message, "abort": true, "abortedAt": "2026-08-20T10:09:00Z",
            "currentStepIndex": 0, "canary": {"weights": {"canary": {"weight": 0}, "stable": {"weight": 100}}},
            "pauseConditions": null, "conditions": null}),
    );
    assert!(rollout.status.abort && rollout.status.aborted_at.is_some());
    assert_eq!((rollout.status.canary_weight, rollout.canary().unwrap().max_weight), (Some(0), Some(1000)));
    assert_eq!((rollout.phase().phase, &*rollout.phase().message), (Phase::Degraded, message));
}

#[test]
fn a_blue_green() {
    let rollout = rollout(
        json!({"strategy": {"blueGreen": {"activeService": "web", "previewService": "web-preview",
            "autoPromotionEnabled": false, "autoPromotionSeconds": "30"}}}),
        json!({"blueGreen": {"activeSelector": "aaa", "previewSelector": "bbb",
            "prePromotionAnalysisRunStatus": {"name": "pre", "status": "Running"}},
            "pauseConditions": [{"reason": "BlueGreenPause", "startTime": "2026-08-20T10:00:00Z"}]}),
    );
    let blue_green = rollout.blue_green().unwrap();
    assert_eq!((blue_green.auto_promotion, blue_green.auto_promotion_seconds), (false, Some(30)));
    assert_eq!(rollout.status.preview_selector.as_deref(), Some("bbb"));
    assert_eq!(rollout.status.pre_promotion_run.as_ref().map(|run| &*run.status), Some("Running"));
    assert_eq!(rollout.pause_ends().map(|end| end.to_string()), Some("2026-08-20T10:00:30Z".into()));
}

#[test]
fn a_workload_elsewhere() {
    let rollout = rollout(
        json!({"workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "strategy": {"canary": {}}}),
        json!({"workloadObservedGeneration": 2}),
    );
    assert_eq!(rollout.workload_ref.as_ref().map(|workload| &*workload.kind), Some("Deployment"));
    assert_eq!(rollout.status.workload_observed_generation.as_deref(), Some("2"));
    assert!(rollout.selector.is_empty() && rollout.images.is_empty());
}

#[test]
fn numbers_come_as_text_and_text_as_numbers() {
    let rollout = rollout(
        json!({"replicas": "4"}),
        json!({"observedGeneration": 15, "currentStepIndex": "2", "currentPodHash": 789, "replicas": 4.0}),
    );
    assert_eq!(rollout.fault, None);
    assert_eq!((rollout.desired, rollout.status.current_step_index, rollout.status.replicas), (Some(4), Some(2), 4));
    assert_eq!(rollout.status.observed_generation.as_deref(), Some("15"));
    assert_eq!(rollout.status.current_pod_hash.as_deref(), Some("789"));
    let hash = json!({"observedGeneration": "6f9d8b7c5d"});
    assert_eq!(self::rollout(Value::Null, hash).status.observed_generation.as_deref(), Some("6f9d8b7c5d"));
    assert_eq!(
        steps(json!([{"setWeight": "20"}, {"pause": {"duration": 30}}, {"pause": {"duration": "30"}}])),
        [
            Step::SetWeight(20),
            Step::Pause(Some(SignedDuration::from_secs(30))),
            Step::Pause(Some(SignedDuration::from_secs(30))),
        ]
    );
}

#[test]
fn steps_that_nobody_knows_are_shown_by_their_key() {
    let other = |name: &str| Step::Other(name.into());
    assert_eq!(
        steps(json!([
            {"setHeaderRoute": {"name": "x"}}, {"plugin": {}}, {}, null, {"pause": null}, {"setWeight": []},
            {"pause": {"duration": "5 parsecs"}}, {"analysis": null, "setWeight": 5}
        ])),
        [
            other("setHeaderRoute"),
            other("plugin"),
            other("empty"),
            other("empty"),
            other("pause"),
            other("setWeight"),
            other("pause 5 parsecs"),
            Step::SetWeight(5)
        ]
    );
    assert_eq!(
        steps(json!([{"setCanaryScale": {"weight": 5}}, {"experiment": {"templates": [{"name": "a"}]}},
            {"analysis": {"templates": [{"templateName": "b"}]}}, {"analysis": {"templates": null}}])),
        [
            Step::SetCanaryScale,
            Step::Experiment(vec!["a".into()]),
            Step::Analysis(vec!["b".into()]),
            Step::Analysis(vec![])
        ]
    );
}

#[test]
fn nothing_but_a_name_is_a_rollout_too() {
    for object in [
        json!({"metadata": {"name": "web"}}),
        json!({"metadata": {"name": "web", "namespace": null, "labels": null, "annotations": null,
            "ownerReferences": null, "creationTimestamp": null}, "spec": null, "status": null}),
        json!({"metadata": {"name": "web"}, "spec": {"strategy": {}, "template": null, "selector": null}, "status": {}}),
    ] {
        let rollout = read(object);
        assert_eq!((rollout.fault.as_deref(), &*rollout.id.name), (None, "web"));
        assert_eq!(rollout.strategy, Strategy::Unknown);
        assert_eq!(rollout.desired_replicas(), 1);
    }
}

#[test]
fn a_wrong_type_is_a_word_on_the_row() {
    let rollout = rollout(json!({"strategy": {"canary": {"steps": 5}}}), Value::Null);
    assert_eq!((rollout.id.path().as_str(), &*rollout.id.uid.0), ("shop/web", "u1"));
    let fault = rollout.fault.unwrap();
    assert!(fault.starts_with("spec.strategy.canary.steps: invalid type"), "{fault}");
}

#[test]
fn a_huge_annotation_is_not_kept() {
    let metadata = json!({"name": "web", "annotations": {"x": "y".repeat(5 << 20), "rollout.argoproj.io/revision": 7}});
    let rollout = read(json!({"metadata": metadata}));
    assert_eq!(rollout.revision, Some(7));
    assert!(format!("{rollout:?}").len() < 5000);
}

#[test]
fn who_owns_the_manifest_is_found_from_its_marks() {
    let owner = |metadata: Value| read(json!({"metadata": metadata})).managed_by;
    assert_eq!(owner(json!({"annotations": {"argocd.argoproj.io/tracking-id": "x"}})).as_deref(), Some("Argo CD"));
    let flux = json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}});
    assert_eq!(owner(flux).as_deref(), Some("Flux kustomization apps"));
    assert_eq!(
        owner(json!({"annotations": {"meta.helm.sh/release-name": "web"}})).as_deref(),
        Some("Helm release web")
    );
    assert_eq!(owner(json!({})), None);
}

#[test]
fn foreign_text_is_made_visible() {
    let rollout = rollout(
        json!({"template": {"spec": {"containers": [{"image": "a\u{1b}[31m"}]}}}),
        json!({"message": "x\u{202e}y", "phase": "Paused\u{7}"}),
    );
    assert_eq!(rollout.images, ["a␛[31m".into()]);
    assert_eq!(rollout.status.message.as_deref(), Some("x<U+202E>y"));
    assert_eq!(rollout.status.phase.as_deref(), Some("Paused␇"));
}
