//! The API server over real HTTP: reading, writing, refusing.

use std::time::Duration;

use serde_json::{Value, json};

use super::http::{JSON, MERGE, ROLLOUTS, get, patch, send, world};
use crate::sim::{Fault, World, WorldConfig};

fn web() -> String {
    format!("{ROLLOUTS}/web")
}

#[tokio::test]
async fn discovery_names_the_kinds_in_both_forms() {
    let world = world().await;
    let plain = get(&world, "/apis/argoproj.io/v1alpha1").await.body;
    let names: Vec<&str> = plain["resources"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"rollouts/status") && !names.contains(&"analysisruns/status"));
    assert!(get(&world, "/version").await.body["gitVersion"].is_string());
    assert_eq!(get(&world, "/readyz").await.body, "ok");
    assert_eq!(get(&world, "/apis/kyverno.io").await.code, 404);
}

#[tokio::test]
async fn lists_come_in_pages_and_tokens_expire() {
    let world = world().await;
    world.seed_rollouts(45);
    let all = "/apis/argoproj.io/v1alpha1/rollouts";
    let first = get(&world, &format!("{all}?limit=20")).await.body;
    assert_eq!(first["kind"], "RolloutList");
    assert_eq!(first["items"].as_array().unwrap().len(), 20);
    assert_eq!(first["metadata"]["remainingItemCount"], 26);
    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = get(&world, &format!("{all}?limit=100&continue={token}")).await.body;
    assert_eq!(second["items"].as_array().unwrap().len(), 26);
    assert!(second["metadata"]["continue"].is_null());
    assert_eq!(second["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
    assert_ne!(first["items"][19]["metadata"]["name"], second["items"][0]["metadata"]["name"]);

    world.fault(Fault::Gone);
    let expired = get(&world, &format!("{all}?limit=100&continue={token}")).await;
    assert_eq!((expired.code, &expired.body["reason"]), (410, &json!("Expired")));
    let fresh = expired.body["metadata"]["continue"].as_str().unwrap();
    assert_eq!(get(&world, &format!("{all}?continue={fresh}")).await.body["items"].as_array().unwrap().len(), 26);
}

#[tokio::test]
async fn selectors_select_and_unknown_fields_are_refused() {
    let world = world().await;
    world.seed_rollouts(3);
    let count = async |query: &str| {
        get(&world, &format!("/apis/argoproj.io/v1alpha1/rollouts?{query}")).await.body["items"]
            .as_array()
            .map(Vec::len)
    };
    assert_eq!(count("labelSelector=app%3Dweb").await, Some(1));
    assert_eq!(count("labelSelector=app+in+(web,service-00001),team").await, Some(1));
    assert_eq!(count("labelSelector=!team").await, Some(1));
    assert_eq!(count("labelSelector=app!%3Dweb").await, Some(3));
    assert_eq!(count("fieldSelector=metadata.name%3Dweb").await, Some(1));
    let refused = get(&world, "/apis/argoproj.io/v1alpha1/rollouts?fieldSelector=spec.paused%3Dtrue").await;
    assert_eq!((refused.code, &refused.body["message"]), (400, &json!("field label not supported: spec.paused")));
    let events =
        get(&world, "/api/v1/namespaces/shop/events?fieldSelector=involvedObject.name%3Dweb,reason%3DRolloutCompleted")
            .await;
    assert_eq!(events.body["items"].as_array().unwrap().len(), 0, "an hour later the Events are gone");
}

#[tokio::test]
async fn what_is_not_there_is_a_real_not_found() {
    let world = world().await;
    let missing = get(&world, &format!("{ROLLOUTS}/nobody")).await;
    assert_eq!(missing.code, 404);
    assert_eq!(
        missing.body,
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "NotFound", "code": 404,
            "message": "rollouts.argoproj.io \"nobody\" not found",
            "details": {"name": "nobody", "group": "argoproj.io", "kind": "rollouts"}})
    );
    assert_eq!(get(&world, "/apis/argoproj.io/v1alpha1/nothing").await.code, 404);
}

#[tokio::test]
async fn status_and_main_resource_are_apart() {
    let world = world().await;
    let before = get(&world, &web()).await.body;
    let dropped = patch(&world, &web(), MERGE, json!({"status": {"promoteFull": true}})).await;
    assert_eq!(dropped.code, 200);
    assert_eq!(dropped.body["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"], "silently dropped");
    let through = patch(
        &world,
        &format!("{}/status", web()),
        MERGE,
        json!({"status": {"message": "hello"}, "spec": {"replicas": 9}}),
    )
    .await;
    assert_eq!((&through.body["status"]["message"], &through.body["spec"]["replicas"]), (&json!("hello"), &json!(2)));
    assert_eq!(through.body["metadata"]["generation"], before["metadata"]["generation"]);
    let spec = patch(&world, &web(), MERGE, json!({"spec": {"paused": true}})).await;
    assert_eq!(spec.body["metadata"]["generation"].as_u64(), before["metadata"]["generation"].as_u64().map(|g| g + 1));
    let labelled = patch(&world, &web(), MERGE, json!({"metadata": {"labels": {"x": "y"}}})).await;
    assert_eq!(labelled.body["metadata"]["generation"], spec.body["metadata"]["generation"]);
}

#[tokio::test]
async fn an_analysis_run_has_no_status_subresource() {
    let world = world().await;
    world
        .apply(json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
            "metadata": {"name": "run", "namespace": "shop"}, "spec": {"metrics": []}, "status": {"phase": "Successful"}}))
        .unwrap();
    let path = "/apis/argoproj.io/v1alpha1/namespaces/shop/analysisruns/run";
    assert_eq!(patch(&world, &format!("{path}/status"), MERGE, json!({"status": {"phase": "Failed"}})).await.code, 404);
    let patched = patch(&world, path, MERGE, json!({"status": {"phase": "Failed"}})).await;
    assert_eq!(
        (&patched.body["status"]["phase"], &patched.body["metadata"]["generation"]),
        (&json!("Failed"), &json!(2))
    );
}

#[tokio::test]
async fn patches_answer_as_the_real_server_does() {
    let world = world().await;
    let tested = |value: Value| {
        json!([{"op": "test", "path": "/status/currentStepIndex", "value": value},
            {"op": "test", "path": "/status/abort", "value": null},
            {"op": "add", "path": "/spec/paused", "value": true}])
    };
    let failed = patch(&world, &web(), JSON, tested(json!(7))).await;
    assert_eq!(failed.code, 422);
    assert_eq!(
        failed.body,
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "Invalid", "code": 422,
            "message": "the server rejected our request due to an error in our request", "details": {}})
    );
    assert_eq!(patch(&world, &web(), JSON, tested(json!(2))).await.code, 200);
    let strategic = patch(&world, &web(), "application/strategic-merge-patch+json", json!({"spec": {}})).await;
    assert_eq!((strategic.code, &strategic.body["reason"]), (415, &json!("UnsupportedMediaType")));
    let mistyped = patch(&world, &format!("{}/status", web()), MERGE, json!({"status": {"abort": "yes"}})).await;
    assert_eq!(mistyped.code, 422);
    assert!(
        mistyped.body["message"]
            .as_str()
            .unwrap()
            .starts_with("Rollout.argoproj.io \"web\" is invalid: [status.abort: Invalid value: \"string\": abort in body must be of type boolean")
    );
    let stale =
        patch(&world, &web(), MERGE, json!({"metadata": {"resourceVersion": "1"}, "spec": {"paused": false}})).await;
    assert_eq!(stale.code, 409);
    assert_eq!(
        stale.body["message"],
        "Operation cannot be fulfilled on rollouts.argoproj.io \"web\": the object has been modified; please apply your changes to the latest version and try again"
    );
    let other =
        patch(&world, &web(), MERGE, json!({"metadata": {"uid": "someone-else"}, "spec": {"paused": false}})).await;
    assert_eq!((other.code, &other.body["details"]["causes"][0]["field"]), (422, &json!("metadata.uid")));
    let status = json!({"metadata": {"uid": "someone-else"}, "status": {"message": "x"}});
    assert_eq!(
        patch(&world, &format!("{}/status", web()), MERGE, status).await.code,
        200,
        "the status does not look at it"
    );
    let unknown = json!({"spec": {"frobnicate": true}});
    let strict = patch(&world, &format!("{}?fieldValidation=Strict", web()), MERGE, unknown.clone()).await;
    assert_eq!(strict.code, 422);
    assert!(
        strict.body["message"].as_str().unwrap().ends_with("strict decoding error: unknown field \"spec.frobnicate\"")
    );
    let warned = patch(&world, &web(), MERGE, unknown).await;
    assert_eq!(warned.headers["warning"].to_str().unwrap(), "299 - \"unknown field \\\"spec.frobnicate\\\"\"");
    assert!(warned.body["spec"]["frobnicate"].is_null());
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let world = world().await;
    let before = get(&world, &web()).await.body;
    let query = "?dryRun=All&fieldManager=flightdeck&fieldValidation=Strict";
    let dry = patch(&world, &format!("{}{query}", web()), MERGE, json!({"spec": {"paused": true}})).await;
    assert_eq!(dry.code, 200);
    assert_eq!(dry.body["spec"]["paused"], true);
    assert_eq!(dry.body["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"]);
    assert_eq!(dry.body["metadata"]["generation"].as_u64(), before["metadata"]["generation"].as_u64().map(|g| g + 1));
    let status = patch(&world, &format!("{}/status{query}", web()), MERGE, json!({"status": {"abort": true}})).await;
    assert_eq!(status.body["status"]["abort"], true);
    assert_eq!(get(&world, &web()).await.body, before);
    let namespace = send(&world, "DELETE", "/api/v1/namespaces/shop?dryRun=All", "", "", &Value::Null).await;
    assert_eq!(namespace.body["status"]["phase"], "Terminating");
    assert_eq!(get(&world, "/api/v1/namespaces/shop").await.body["status"]["phase"], Value::Null);
}

#[tokio::test]
async fn creating_and_deleting_keep_their_preconditions() {
    let world = world().await;
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "notes"}, "data": {"a": "b"}});
    let path = "/api/v1/namespaces/shop/configmaps";
    assert_eq!(send(&world, "POST", path, "application/json", "", &map).await.code, 201);
    let again = send(&world, "POST", path, "application/json", "", &map).await;
    assert_eq!((again.code, &again.body["reason"]), (409, &json!("AlreadyExists")));
    let nowhere = send(&world, "POST", "/api/v1/namespaces/nowhere/configmaps", "application/json", "", &map).await;
    assert_eq!((nowhere.code, &nowhere.body["message"]), (404, &json!("namespaces \"nowhere\" not found")));
    let notes = format!("{path}/notes");
    let wrong = json!({"preconditions": {"uid": "0"}});
    let refused = send(&world, "DELETE", &notes, "application/json", "", &wrong).await;
    assert_eq!(refused.code, 409);
    assert!(
        refused.body["message"]
            .as_str()
            .unwrap()
            .contains("the UID in the precondition (0) does not match the UID in record (")
    );
    let uid = get(&world, &notes).await.body["metadata"]["uid"].clone();
    let right = json!({"preconditions": {"uid": uid}});
    assert_eq!(send(&world, "DELETE", &notes, "application/json", "", &right).await.body["status"], "Success");
    assert_eq!(get(&world, &notes).await.code, 404);
}

#[tokio::test]
async fn users_may_what_their_roles_say() {
    let world = world().await;
    let review = async |token: &str, verb: &str, resource: &str, sub: &str| {
        let body = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes":
            {"verb": verb, "group": "argoproj.io", "resource": resource, "subresource": sub, "namespace": "shop"}}});
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        send(&world, "POST", path, "application/json", token, &body).await.body["status"]["allowed"].clone()
    };
    assert_eq!(review("viewer", "patch", "rollouts", "status").await, false);
    assert_eq!(review("viewer", "watch", "rollouts", "").await, true);
    assert_eq!(review("operator", "patch", "rollouts", "status").await, true);
    assert_eq!(review("operator", "delete", "rollouts", "").await, false);
    assert_eq!(review("nobody", "list", "rollouts", "").await, false);
    let refused = send(&world, "PATCH", &web(), MERGE, "viewer", &json!({"spec": {"paused": true}})).await;
    assert_eq!(refused.code, 403);
    assert_eq!(
        refused.body["message"],
        "rollouts.argoproj.io \"web\" is forbidden: User \"viewer\" cannot patch resource \"rollouts\" in API group \"argoproj.io\" in the namespace \"shop\""
    );
    let unknown = send(&world, "GET", &web(), "", "who-is-this", &Value::Null).await;
    assert_eq!((unknown.code, &unknown.body["message"]), (401, &json!("Unauthorized")));
    let rules = json!({"spec": {"namespace": "shop"}});
    let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let rules = send(&world, "POST", path, "application/json", "operator", &rules).await;
    assert_eq!(rules.code, 201);
    assert!(rules.body["status"]["resourceRules"].as_array().unwrap().len() > 2);
}

#[tokio::test]
async fn faults_come_and_go() {
    let world = world().await;
    let pause = json!({"spec": {"paused": true}});
    world.fault(Fault::Forbidden);
    assert_eq!(get(&world, &web()).await.code, 403);
    world.fault(Fault::ForbiddenWrites);
    assert_eq!(get(&world, &web()).await.code, 200);
    assert_eq!(patch(&world, &web(), MERGE, pause.clone()).await.code, 403);
    world.fault(Fault::Unauthorized);
    assert_eq!(get(&world, &web()).await.code, 401);
    world.fault(Fault::TooMany);
    let busy = get(&world, &web()).await;
    assert_eq!((busy.code, busy.headers["retry-after"].to_str().unwrap()), (429, "1"));
    world.fault(Fault::Conflict);
    assert_eq!(get(&world, &web()).await.code, 200);
    assert_eq!(patch(&world, &web(), MERGE, pause).await.code, 409);
    world.fault(Fault::Slow(Duration::from_millis(300)));
    let begun = tokio::time::Instant::now();
    assert_eq!(get(&world, &web()).await.code, 200);
    assert!(begun.elapsed() >= Duration::from_millis(300));
    world.fault(Fault::Down);
    assert!(reqwest::Client::builder().no_proxy().build().unwrap().get(world.kubernetes_url()).send().await.is_err());
    world.fault(Fault::None);
    assert_eq!(get(&world, &web()).await.code, 200);
    assert_eq!(world.get("rollouts/shop/web").unwrap()["spec"]["paused"], Value::Null, "no refused write came through");
}

#[tokio::test]
async fn every_request_is_witnessed() {
    let world = world().await;
    patch(&world, &format!("{}/status?fieldManager=flightdeck", web()), MERGE, json!({"status": {"abort": true}}))
        .await;
    let requests = world.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!((request.method.as_str(), request.status), ("PATCH", 200));
    assert_eq!(request.path, format!("{}/status?fieldManager=flightdeck", web()));
    assert_eq!(request.body, "{\"status\":{\"abort\":true}}");
}

#[tokio::test]
async fn prometheus_answers_directly_and_through_the_service_proxy() {
    let world = world().await;
    world.set_error_rate("shop/web", 0.01);
    let query = "sum(rate(http_requests_total{service=\"web\",code=~\"5..\"}[1m]))/sum(rate(http_requests_total{service=\"web\"}[1m]))";
    let query: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let proxied =
        format!("/api/v1/namespaces/monitoring/services/http:prometheus:9090/proxy/api/v1/query?query={query}");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let answer = get(&world, &proxied).await;
    assert_eq!(
        (answer.code, &answer.body["status"], &answer.body["data"]["resultType"]),
        (200, &json!("success"), &json!("vector"))
    );
    assert!(answer.body["data"]["result"][0]["value"][1].is_string());
    let now = world.now().as_second();
    let range =
        format!("{}/api/v1/query_range?query={query}&start={}&end={now}&step=15", world.prometheus_url(), now - 60);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let matrix: Value = serde_json::from_str(&client.get(range).send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(matrix["data"]["resultType"], "matrix");
    let bad = client.get(format!("{}/api/v1/query?query=sum(", world.prometheus_url())).send().await.unwrap();
    assert_eq!(bad.status().as_u16(), 400);
    let elsewhere = get(&world, "/api/v1/namespaces/monitoring/services/grafana:80/proxy/").await;
    assert_eq!(elsewhere.code, 404);
    world.fault(Fault::NoMetrics);
    assert_eq!(get(&world, &proxied).await.code, 503);
}

#[tokio::test]
async fn a_namespace_is_deleted_with_what_is_in_it() {
    let mut config = WorldConfig::empty();
    config.speed = 20.0;
    let world = World::start(config).await.unwrap();
    world.apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "pr-7", "finalizers": ["bed.test/hold"]}})).unwrap();
    let path = "/api/v1/namespaces/pr-7";
    let leaving = send(&world, "DELETE", path, "", "", &Value::Null).await;
    assert_eq!(leaving.body["status"]["phase"], "Terminating");
    let map = json!({"metadata": {"name": "late"}});
    let late = send(&world, "POST", &format!("{path}/configmaps"), "application/json", "", &map).await;
    assert_eq!(late.code, 403);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while world.get("namespaces/pr-7").is_some_and(|namespace| namespace["status"]["conditions"].is_null()) {
        assert!(tokio::time::Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    world.edit("configmaps/pr-7/x", |map| map["metadata"]["finalizers"] = json!([]));
    while world.get("namespaces/pr-7").is_some() {
        assert!(tokio::time::Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_production_client_reads_and_writes() {
    use kube::api::{Api, ApiResource, DynamicObject, ListParams, Patch, PatchParams};
    let world = world().await;
    let client = kube::Client::try_from(kube::Config::new(world.kubernetes_url().parse().unwrap())).unwrap();
    let resource = ApiResource::from_gvk_with_plural(
        &kube::api::GroupVersionKind::gvk("argoproj.io", "v1alpha1", "Rollout"),
        "rollouts",
    );
    let rollouts: Api<DynamicObject> = Api::namespaced_with(client.clone(), "shop", &resource);
    assert_eq!(rollouts.list(&ListParams::default().limit(10)).await.unwrap().items.len(), 1);
    let patched = rollouts
        .patch_status("web", &PatchParams::default(), &Patch::Merge(json!({"status": {"abort": true}})))
        .await
        .unwrap();
    assert_eq!(patched.data["status"]["abort"], true);
    let missing = rollouts.get("nobody").await.unwrap_err();
    assert!(matches!(missing, kube::Error::Api(status) if status.code == 404));
    assert_eq!(client.apiserver_version().await.unwrap().major, "1");
}
