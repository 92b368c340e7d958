//! What the tests share: a state whose time is played, and a small HTTP client.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::sim::resources::{EVENTS, PODS, REPLICASETS, ROLLOUTS};
use crate::sim::state::State;
use crate::sim::store::kind;
use crate::sim::story::apply;
use crate::sim::value::{after, list, put, text};

/// A world in which time passes only when a test says so.
pub(super) struct Scene(pub(super) State);

impl Scene {
    /// A namespace with the template that every rollout here may use.
    pub(super) fn new() -> Self {
        let mut scene = Self(State::new("2026-08-20T10:00:00Z".parse::<Timestamp>().unwrap()));
        scene.add(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}));
        scene.add(json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate",
            "metadata": {"name": "error-rate", "namespace": "shop"},
            "spec": {"args": [{"name": "service"}, {"name": "hash"}], "metrics": [{
                "name": "error-rate", "interval": "5s", "failureLimit": 1,
                "successCondition": "result[0] < 0.05",
                "provider": {"prometheus": {"address": "http://prometheus.monitoring.svc.cluster.local:9090",
                    "query": "sum(rate(http_requests_total{service=\"{{args.service}}\",rollouts_pod_template_hash=\"{{args.hash}}\",code=~\"5..\"}[1m])) / sum(rate(http_requests_total{service=\"{{args.service}}\",rollouts_pod_template_hash=\"{{args.hash}}\"}[1m]))"}}}]}}));
        scene
    }

    /// A scene with a healthy canary `shop/web` of ten Pods with these steps.
    pub(super) fn canary(steps: Value) -> Self {
        let mut scene = Self::new();
        scene.add(canary(steps));
        scene.0.metrics.set_error_rate("shop/web", 0.005, true);
        scene.pass(30);
        scene.says("Healthy", "");
        scene
    }

    pub(super) fn add(&mut self, object: Value) {
        apply(&mut self.0, object).unwrap();
    }

    /// Lets seconds pass.
    pub(super) fn pass(&mut self, seconds: i64) {
        self.pass_millis(seconds * 1000);
    }

    pub(super) fn pass_millis(&mut self, millis: i64) {
        let until = after(self.0.now, SignedDuration::from_millis(millis));
        self.0.fast_forward(until);
    }

    pub(super) fn rollout(&self) -> Value {
        self.0.store.get(ROLLOUTS, "shop", "web").unwrap().value().clone()
    }

    pub(super) fn status(&self) -> Value {
        self.rollout()["status"].clone()
    }

    /// What the cockpit's writes do to the rollout.
    pub(super) fn patch(&mut self, patch: Value) {
        let mut rollout = self.rollout();
        json_patch::merge(&mut rollout, &patch);
        self.0.store.put(kind(ROLLOUTS), rollout, self.0.now);
    }

    pub(super) fn image(&mut self, image: &str) {
        let mut rollout = self.rollout();
        put(&mut rollout, &["spec", "template", "spec", "containers"], json!([{"name": "app", "image": image}]));
        self.0.store.put(kind(ROLLOUTS), rollout, self.0.now);
    }

    #[track_caller]
    pub(super) fn says(&self, phase: &str, message: &str) {
        let status = self.status();
        assert_eq!((text(&status, &["phase"]), text(&status, &["message"])), (phase, message), "{status:#}");
    }

    pub(super) fn condition(&self, kind: &str) -> (String, String) {
        let status = self.status();
        let found =
            list(&status, &["conditions"]).iter().find(|c| text(c, &["type"]) == kind).cloned().unwrap_or_default();
        (text(&found, &["status"]).to_owned(), text(&found, &["reason"]).to_owned())
    }

    pub(super) fn reasons(&self) -> Vec<String> {
        self.0.store.list(EVENTS, "shop").map(|(_, event)| text(event.value(), &["reason"]).to_owned()).collect()
    }

    pub(super) fn messages(&self, reason: &str) -> Vec<String> {
        self.0
            .store
            .list(EVENTS, "shop")
            .filter(|(_, event)| text(event.value(), &["reason"]) == reason)
            .map(|(_, event)| text(event.value(), &["message"]).to_owned())
            .collect()
    }

    /// Wanted Pods by revision, newest first.
    pub(super) fn sets(&self) -> Vec<(i64, i64)> {
        let mut sets: Vec<(i64, i64)> = self
            .0
            .store
            .list(REPLICASETS, "shop")
            .map(|(_, set)| {
                let revision = text(set.value(), &["metadata", "annotations", "rollout.argoproj.io/revision"]);
                (revision.parse().unwrap(), set.value()["spec"]["replicas"].as_i64().unwrap())
            })
            .collect();
        sets.sort_by_key(|set| std::cmp::Reverse(set.0));
        sets
    }

    pub(super) fn pods(&self) -> Vec<Value> {
        self.0.store.list(PODS, "shop").map(|(_, pod)| pod.value().clone()).collect()
    }
}

/// A canary of ten Pods.
pub(super) fn canary(steps: Value) -> Value {
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"replicas": 10, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": "ghcr.io/acme/web:1.0"}]}},
            "strategy": {"canary": {"steps": steps}}}})
}

/// The same as a blue-green rollout with its Services.
pub(super) fn blue_green(strategy: Value) -> Vec<Value> {
    let service = |name: &str| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}})
    };
    let mut rollout = canary(json!([]));
    put(&mut rollout, &["spec", "replicas"], 3);
    put(&mut rollout, &["spec", "strategy"], json!({"blueGreen": strategy}));
    vec![service("web-active"), service("web-preview"), rollout]
}
