//! A small HTTP client for the tests, which hides nothing.

use serde_json::{Value, json};

use crate::sim::{World, WorldConfig};

pub(super) const ROLLOUTS: &str = "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts";
pub(super) const MERGE: &str = "application/merge-patch+json";
pub(super) const JSON: &str = "application/json-patch+json";

/// One answer.
pub(super) struct Answer {
    pub(super) code: u16,
    pub(super) body: Value,
    pub(super) headers: reqwest::header::HeaderMap,
}

/// A world with the namespace `shop`, in which `shop/web` has been healthy for a while.
pub(super) async fn world() -> World {
    let story = "name: web\nobjects:\n- {apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n- apiVersion: argoproj.io/v1alpha1\n  kind: Rollout\n  metadata: {name: web, namespace: shop, labels: {app: web}}\n  spec:\n    replicas: 2\n    selector: {matchLabels: {app: web}}\n    strategy: {canary: {steps: [{setWeight: 50}, {pause: {}}]}}\n    template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: \"ghcr.io/acme/web:1.0\"}]}}\n";
    let mut config = WorldConfig::empty();
    config.stories.push(story.to_owned());
    World::start(config).await.unwrap()
}

pub(super) async fn send(world: &World, method: &str, path: &str, kind: &str, token: &str, body: &Value) -> Answer {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = client().request(method, format!("{}{path}", world.kubernetes_url()));
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if !body.is_null() {
        request = request.header("content-type", kind).body(body.to_string());
    }
    let response = request.send().await.unwrap();
    let (code, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    Answer { code, headers, body: serde_json::from_str(&text).unwrap_or(json!(text)) }
}

pub(super) async fn get(world: &World, path: &str) -> Answer {
    send(world, "GET", path, "", "", &Value::Null).await
}

pub(super) async fn patch(world: &World, path: &str, kind: &str, body: Value) -> Answer {
    send(world, "PATCH", path, kind, "", &body).await
}

/// Opens a watch; its lines come from [`line`].
pub(super) async fn watch(world: &World, path: &str) -> reqwest::Response {
    client().get(format!("{}{path}", world.kubernetes_url())).send().await.unwrap()
}

/// The next events that arrive together; nothing when the watch has ended.
pub(super) async fn events(response: &mut reqwest::Response) -> Vec<Value> {
    let chunk = tokio::time::timeout(std::time::Duration::from_secs(20), response.chunk()).await.unwrap().unwrap();
    let text = chunk.map(|chunk| String::from_utf8(chunk.to_vec()).unwrap()).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A client that ignores the environment's proxies.
fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}
