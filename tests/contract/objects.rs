//! The objects of the contract.

use serde_json::{Value, json};

/// The label by which the controller of either world leaves an object alone, so that nobody but the test changes it.
const ELSEWHERE: &str = "argo-rollouts.argoproj.io/controller-instance-id";

/// A canary of two pods with a human gate before and after half.
pub fn canary(name: &str, tag: &str) -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "replicas": 2, "revisionHistoryLimit": 5,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": name, "image": image(name, tag)}]},
            },
            "strategy": {"canary": {"steps": [{"setWeight": 10}, {"pause": {}}, {"setWeight": 50}, {"pause": {}}]}},
        },
    })
}

/// The same, and no controller touches it.
pub fn unattended(name: &str) -> Value {
    let mut rollout = canary(name, "1.0.0");
    rollout["metadata"]["labels"][ELSEWHERE] = json!("nobody");
    rollout
}

/// An AnalysisRun that no controller touches.
pub fn unattended_run(name: &str) -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {"name": name, "labels": {ELSEWHERE: "nobody"}},
        "spec": {"metrics": [{"name": "m", "provider": {"prometheus": {"address": "http://127.0.0.1:1", "query": "1"}}}]},
    })
}

/// An Event about an object.
pub fn event(name: &str, namespace: &str, kind: &str, uid: &str, reason: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": {"kind": kind, "namespace": namespace, "name": "web", "uid": uid},
        "type": "Warning", "reason": reason, "message": "said", "count": 1,
        "source": {"component": "contract"},
    })
}

pub fn image(name: &str, tag: &str) -> String {
    format!("registry.shop.test/{name}:{tag}")
}

/// The JSON patch that gives a Rollout another image, as a pipeline would.
pub fn set_image(name: &str, tag: &str) -> Value {
    json!([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image(name, tag)}])
}
