//! Rollouts by the thousand for benchmarks, each of the size that real ones have.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::cluster::pinned;
use super::controller::INSTANCE;
use super::resources::{NAMESPACES, ROLLOUTS};
use super::state::State;
use super::store::kind;
use super::value::{hash, safe_hash, stamp};

/// How many rollouts share a namespace.
const PER_NAMESPACE: usize = 20;
/// How old they are: an age in days does not turn over while somebody looks.
const AGE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Puts that many rollouts into the world. Another controller's label keeps ours away from them.
pub(super) fn rollouts(state: &mut State, count: usize) {
    for index in 0..count {
        let namespace = format!("team-{:03}", index / PER_NAMESPACE);
        if index % PER_NAMESPACE == 0 {
            let object = json!({"metadata": {"name": namespace}, "status": {"phase": "Active"}});
            state.store.put(kind(NAMESPACES), object, state.now);
        }
        let rollout = rollout(state, &namespace, &format!("service-{index:05}"), index);
        state.store.load(kind(ROLLOUTS), rollout, state.now);
    }
    state.settle();
}

fn rollout(state: &State, namespace: &str, name: &str, index: usize) -> Value {
    let now = stamp(state.now);
    let hash_of = |salt: u32| safe_hash(hash(format!("{name}{salt}").as_bytes()));
    let (stable, canary) = (hash_of(1), hash_of(2));
    let (phase, message, current, step) = match index % 50 {
        0 => ("Degraded", format!("RolloutAborted: Rollout aborted update to revision {index}"), &canary, 0),
        1 | 2 => ("Paused", "CanaryPauseStep".to_owned(), &canary, 1),
        3..=5 => ("Progressing", "more replicas need to be updated".to_owned(), &canary, 2),
        _ => ("Healthy", String::new(), &stable, 4),
    };
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({"type": kind, "status": status, "reason": reason, "message": message,
            "lastTransitionTime": now, "lastUpdateTime": now})
    };
    let image = pinned(&format!("ghcr.io/acme/{name}:1.{}.0", index % 40));
    let mut status = json!({
        "HPAReplicas": 6, "availableReplicas": 6, "readyReplicas": 6, "replicas": 6, "updatedReplicas": 2,
        "blueGreen": {}, "canary": {}, "currentPodHash": current, "stableRS": stable, "currentStepHash": hash_of(3),
        "currentStepIndex": step, "observedGeneration": "1", "selector": format!("app={name}"), "phase": phase,
        "conditions": [
            condition("Available", "True", "AvailableReason", "Rollout has minimum availability"),
            condition("Healthy", "False", "RolloutHealthy", "Rollout is not healthy"),
            condition("Paused", "False", "RolloutPaused", "Rollout is paused"),
            condition("Completed", "False", "RolloutCompleted", "RolloutCompleted"),
            condition("Progressing", "True", "ReplicaSetUpdated", &format!("ReplicaSet \"{name}-{current}\" is progressing.")),
        ],
    });
    if !message.is_empty() {
        super::value::put(&mut status, &["message"], message);
    }
    if phase == "Paused" {
        super::value::put(&mut status, &["controllerPause"], true);
        super::value::put(&mut status, &["pauseConditions"], json!([{"reason": "CanaryPauseStep", "startTime": now}]));
    }
    if phase == "Degraded" {
        super::value::put(&mut status, &["abort"], true);
        super::value::put(&mut status, &["abortedAt"], now.as_str());
    }
    let managed = |manager: &str, subresource: Option<&str>, fields: Value| {
        let mut entry = json!({"manager": manager, "operation": "Update", "apiVersion": "argoproj.io/v1alpha1",
            "time": now, "fieldsType": "FieldsV1", "fieldsV1": fields});
        if let Some(subresource) = subresource {
            super::value::put(&mut entry, &["subresource"], subresource);
        }
        entry
    };
    json!({
        "metadata": {"creationTimestamp": stamp(state.now - AGE), "name": name, "namespace": namespace,
            "labels": {"app": name, "team": namespace, "app.kubernetes.io/managed-by": "Helm", INSTANCE: "seed"},
            "annotations": {"rollout.argoproj.io/revision": (index % 30 + 1).to_string(),
                "meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": namespace},
            "managedFields": [
                managed("helm", None, json!({"f:metadata": {"f:annotations": {"f:meta.helm.sh/release-name": {}},
                    "f:labels": {"f:app": {}, "f:team": {}}}, "f:spec": {"f:replicas": {}, "f:selector": {}, "f:strategy": {},
                    "f:template": {"f:metadata": {"f:labels": {"f:app": {}}}, "f:spec": {"f:containers": {}}}}})),
                managed("rollouts-controller", Some("status"), json!({"f:status": {"f:HPAReplicas": {}, "f:availableReplicas": {},
                    "f:blueGreen": {}, "f:canary": {}, "f:conditions": {}, "f:currentPodHash": {}, "f:currentStepHash": {},
                    "f:currentStepIndex": {}, "f:observedGeneration": {}, "f:phase": {}, "f:stableRS": {}}})),
            ],
        },
        "spec": {
            "replicas": 6, "revisionHistoryLimit": 5, "selector": {"matchLabels": {"app": name}},
            "strategy": {"canary": {"maxSurge": "25%", "maxUnavailable": 0, "steps": [
                {"setWeight": 10}, {"pause": {}}, {"setWeight": 50}, {"pause": {"duration": "10m"}}]}},
            "template": {"metadata": {"labels": {"app": name, "team": namespace}}, "spec": {"containers": [{
                "name": "app", "image": image, "ports": [{"containerPort": 8080, "name": "http"}],
                "env": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "REGION", "value": "eu-west-1"}],
                "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
                "readinessProbe": {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 5},
            }]}},
        },
        "status": status,
    })
}
