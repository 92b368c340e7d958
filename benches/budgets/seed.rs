//! What is put into a cluster: AnalysisRuns beside the rollouts of the simulated world, and those rollouts in a real one.

use flightdeck::sim::{World, WorldConfig};
use futures::StreamExt;
use futures::stream;
use http::Request;
use serde_json::{Value, json};

use super::server::get;

/// Clients that fill a real cluster at the same time.
const AT_ONCE: usize = 16;

/// Finished AnalysisRuns of the first `count` rollouts, with the ten measurements that the controller keeps.
pub fn runs(rollouts: &[Value], count: usize) -> Vec<Value> {
    rollouts.iter().cycle().take(count).enumerate().map(|(index, rollout)| run(rollout, index)).collect()
}

fn run(rollout: &Value, index: usize) -> Value {
    let metadata = &rollout["metadata"];
    let measurement = |minute: usize| {
        json!({"phase": "Successful", "value": "[0.012]", "startedAt": format!("2026-01-01T03:{minute:02}:00Z"),
            "finishedAt": format!("2026-01-01T03:{minute:02}:00Z")})
    };
    let metric = |name: &str| {
        json!({"name": name, "interval": "1m", "count": 10, "failureLimit": 1, "successCondition": "result[0] < 0.05",
            "provider": {"prometheus": {"address": "http://prometheus.monitoring.svc:9090",
                "query": "sum(rate(http_requests_total{code=~\"5..\"}[2m])) / sum(rate(http_requests_total[2m]))"}}})
    };
    let result = |name: &str| {
        json!({"name": name, "phase": "Successful", "count": 10, "successful": 10,
            "measurements": (0..10).map(measurement).collect::<Vec<_>>()})
    };
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {
            "name": format!("{}-{index}", metadata["name"].as_str().unwrap_or_default()),
            "namespace": metadata["namespace"],
            "labels": {"rollouts-pod-template-hash": rollout["status"]["currentPodHash"]},
            "ownerReferences": [{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "controller": true,
                "name": metadata["name"], "uid": metadata["uid"]}],
        },
        "spec": {"metrics": [metric("error-rate"), metric("latency")]},
        "status": {"phase": "Successful", "metricResults": [result("error-rate"), result("latency")]},
    })
}

/// The rollouts that a simulated world is seeded with, as a server would list them.
pub async fn rollouts(count: usize) -> Vec<Value> {
    let world = World::start(WorldConfig::empty()).await.expect("a world");
    world.seed_rollouts(count);
    let rollouts = world.list("rollouts");
    world.stop().await;
    rollouts
}

/// Puts those rollouts into a real cluster, unless they are there.
pub async fn cluster(client: &kube::Client, count: usize) {
    let there = get(client, "/apis/argoproj.io/v1alpha1/rollouts?limit=1").await;
    if there["items"].as_array().is_some_and(|items| !items.is_empty()) {
        return;
    }
    eprintln!("putting {count} rollouts into the cluster");
    let rollouts = rollouts(count).await;
    let mut namespaces: Vec<&str> =
        rollouts.iter().filter_map(|rollout| rollout["metadata"]["namespace"].as_str()).collect();
    namespaces.dedup();
    for namespace in namespaces {
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        send(client, Request::post("/api/v1/namespaces"), &object).await;
    }
    stream::iter(rollouts).for_each_concurrent(AT_ONCE, |rollout| create(client, rollout)).await;
}

async fn create(client: &kube::Client, mut rollout: Value) {
    let name = |field: &str| rollout["metadata"][field].as_str().unwrap_or_default().to_owned();
    let path = format!("/apis/argoproj.io/v1alpha1/namespaces/{}/rollouts", name("namespace"));
    let own = format!("{path}/{}/status", name("name"));
    if let Some(metadata) = rollout["metadata"].as_object_mut() {
        metadata.retain(|field, _| ["name", "namespace", "labels", "annotations"].contains(&field.as_str()));
    }
    let created = send(client, Request::post(path), &rollout).await;
    rollout["metadata"]["resourceVersion"] = created["metadata"]["resourceVersion"].clone();
    send(client, Request::put(own), &rollout).await;
}

async fn send(client: &kube::Client, request: http::request::Builder, object: &Value) -> Value {
    let request = request.header("content-type", "application/json").body(object.to_string().into_bytes());
    client.request(request.expect("a request")).await.expect("a created object")
}
