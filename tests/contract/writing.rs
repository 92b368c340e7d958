//! Patches, preconditions, dry runs and deletes.

use serde_json::{Value, json};

use super::api::{Api, JSON, MERGE, STRATEGIC, uid, version};
use super::objects::{unattended, unattended_run};

const REJECTED: &str = "the server rejected our request due to an error in our request";
const MODIFIED: &str = "Operation cannot be fulfilled on rollouts.argoproj.io \"web\": the object has been modified; \
                        please apply your changes to the latest version and try again";

async fn web(api: &Api) -> Value {
    api.create(&api.rollouts(), unattended("web")).await
}

pub async fn what_exists_is_409(api: &Api) {
    web(api).await;
    let answer = api.post(&api.rollouts(), &unattended("web")).await;
    answer.refused(409, "AlreadyExists", "rollouts.argoproj.io \"web\" already exists");
    let elsewhere = api.rollouts().replace(&api.namespace, "no-such-namespace");
    let answer = api.post(&elsewhere, &unattended("web")).await;
    answer.refused(404, "NotFound", "namespaces \"no-such-namespace\" not found");
}

pub async fn a_version_that_moved_is_409(api: &Api) {
    let old = web(api).await;
    let now = api.patch(&api.rollout("web"), MERGE, json!({"spec": {"replicas": 3}})).await.done();
    let patch = |version: String| json!({"metadata": {"resourceVersion": version}, "spec": {"replicas": 4}});
    api.patch(&api.rollout("web"), MERGE, patch(version(&old))).await.refused(409, "Conflict", MODIFIED);
    let status = json!({"metadata": {"resourceVersion": version(&old)}, "status": {"abort": true}});
    let answer = api.patch(&format!("{}/status", api.rollout("web")), MERGE, status).await;
    answer.refused(409, "Conflict", MODIFIED);
    assert_eq!(api.get(&api.rollout("web")).await.done(), now, "nothing was changed");
    let done = api.patch(&api.rollout("web"), MERGE, patch(version(&now))).await.done();
    assert_eq!(done["spec"]["replicas"], 4);
}

pub async fn another_uid_is_refused(api: &Api) {
    let uid = uid(&web(api).await);
    let other = "11111111-2222-3333-4444-555555555555";
    let body = json!({"metadata": {"uid": other}, "spec": {"replicas": 4}});
    // No Conflict: a merge patch cannot carry a UID as its precondition, only a JSON patch can test it.
    api.patch(&api.rollout("web"), MERGE, body).await.refused(
        422,
        "Invalid",
        &format!(
            "Rollout.argoproj.io \"web\" is invalid: metadata.uid: Invalid value: \"{other}\": field is immutable"
        ),
    );
    let test = json!([{"op": "test", "path": "/metadata/uid", "value": other}]);
    api.patch(&api.rollout("web"), JSON, test).await.refused(422, "Invalid", REJECTED);
    let test = json!([{"op": "test", "path": "/metadata/uid", "value": uid}]);
    api.patch(&api.rollout("web"), JSON, test).await.done();
    let missing = api.patch(&api.rollout("absent"), MERGE, json!({"spec": {}})).await;
    missing.refused(404, "NotFound", "rollouts.argoproj.io \"absent\" not found");
}

pub async fn a_merge_patch_merges(api: &Api) {
    let web = web(api).await;
    let body = json!({"metadata": {"annotations": {"a": "1", "b": "2"}}, "spec": {"paused": true}});
    let after = api.patch(&api.rollout("web"), MERGE, body).await.done();
    assert_eq!(after["spec"]["template"], web["spec"]["template"]);
    assert_ne!(version(&after), version(&web));
    let body = json!({"metadata": {"annotations": {"a": null}}, "spec": {"paused": null}});
    let after = api.patch(&api.rollout("web"), MERGE, body.clone()).await.done();
    assert_eq!((&after["metadata"]["annotations"], after["spec"].get("paused")), (&json!({"b": "2"}), None));
    let again = api.patch(&api.rollout("web"), MERGE, body).await.done();
    assert_eq!(again, after, "what changes nothing keeps its version");
}

pub async fn a_json_patch_tests_first(api: &Api) {
    let web = web(api).await;
    let path = api.rollout("web");
    let patch = |operations: Value| api.patch(&path, JSON, operations);
    let pause = json!({"op": "add", "path": "/spec/paused", "value": true});
    let test = |path: &str, value: Value| json!({"op": "test", "path": path, "value": value});
    let failing = [
        test("/metadata/uid", json!("other")),
        test("/spec/replicas", json!(3)),
        test("/status/currentPodHash", json!("abc")),
        test("/spec/workloadRef/name", Value::Null),
        json!({"op": "remove", "path": "/spec/paused"}),
        json!({"op": "add", "path": "/status/abort", "value": true}),
    ];
    for operation in failing {
        let answer = patch(json!([operation, pause])).await;
        answer.refused(422, "Invalid", REJECTED);
    }
    assert_eq!(api.get(&api.rollout("web")).await.done(), web, "nothing was changed");
    // Other than RFC 6902 has it, replacing what is not there adds it.
    let replace = json!([{"op": "replace", "path": "/spec/paused", "value": true}]);
    let dry = api.patch(&format!("{path}?dryRun=All"), JSON, replace).await.done();
    assert_eq!(dry["spec"]["paused"], true);
    // One failing test at the end undoes all before it.
    patch(json!([pause, test("/spec/replicas", json!(3))])).await.refused(422, "Invalid", REJECTED);
    let template = test("/spec/template", web["spec"]["template"].clone());
    let holding = json!([
        test("/metadata/uid", json!(uid(&web))),
        test("/spec/replicas", json!(2)),
        // A field that is not there equals null where its parent is.
        test("/spec/paused", Value::Null),
        template,
        pause,
    ]);
    assert_eq!(patch(holding).await.done()["spec"]["paused"], true);
    let answer = patch(json!({"spec": {"paused": false}})).await;
    assert_eq!((answer.status, answer.body["reason"].as_str()), (400, Some("BadRequest")), "{answer:?}");
}

pub async fn status_and_spec_are_apart(api: &Api) {
    let mut born = unattended("web");
    born["status"] = json!({"abort": true});
    let web = api.create(&api.rollouts(), born).await;
    assert_eq!(web.get("status"), None, "a status is not created");
    let after = api.patch(&api.rollout("web"), MERGE, json!({"status": {"abort": true}})).await.done();
    assert_eq!(after, web, "a status sent to the main resource is dropped without a word");
    let path = format!("{}/status", api.rollout("web"));
    let body = json!({"metadata": {"labels": {"x": "y"}}, "spec": {"replicas": 9}, "status": {"abort": true, "phase": "Paused"}});
    let after = api.patch(&path, MERGE, body).await.done();
    assert_eq!(after["status"], json!({"abort": true, "phase": "Paused"}));
    assert_eq!((&after["spec"], &after["metadata"]["labels"]), (&web["spec"], &web["metadata"]["labels"]));
    let after = api.patch(&path, JSON, json!([{"op": "add", "path": "/status/abort", "value": false}])).await.done();
    assert_eq!(after["status"], json!({"abort": false, "phase": "Paused"}));
    assert_eq!(api.get(&path).await.done(), after);
    // An AnalysisRun has none.
    api.create(&api.path("argoproj.io/v1alpha1/analysisruns"), unattended_run("run")).await;
    let run = format!("{}/run/status", api.path("argoproj.io/v1alpha1/analysisruns"));
    let answer = api.patch(&run, MERGE, json!({"status": {"phase": "Running"}})).await;
    assert_eq!((answer.status, answer.body["reason"].as_str()), (404, Some("NotFound")), "{answer:?}");
}

pub async fn the_generation_rises_with_the_spec(api: &Api) {
    let generation = |object: &Value| object["metadata"]["generation"].as_i64().expect("a generation");
    assert_eq!(generation(&web(api).await), 1);
    let patch = |path: String, body: Value| async move { generation(&api.patch(&path, MERGE, body).await.done()) };
    assert_eq!(patch(api.rollout("web"), json!({"metadata": {"labels": {"x": "y"}}})).await, 1);
    assert_eq!(patch(format!("{}/status", api.rollout("web")), json!({"status": {"abort": true}})).await, 1);
    assert_eq!(patch(api.rollout("web"), json!({"spec": {"paused": true}})).await, 2);
    let runs = api.path("argoproj.io/v1alpha1/analysisruns");
    assert_eq!(generation(&api.create(&runs, unattended_run("run")).await), 1);
    // Without a status subresource the server cannot tell them apart.
    assert_eq!(patch(format!("{runs}/run"), json!({"status": {"phase": "Running"}})).await, 2);
}

pub async fn a_dry_run_changes_nothing(api: &Api) {
    let web = web(api).await;
    let path = format!("{}?dryRun=All&fieldManager=flightdeck&fieldValidation=Strict", api.rollout("web"));
    let body = json!([{"op": "test", "path": "/metadata/uid", "value": uid(&web)},
        {"op": "add", "path": "/spec/paused", "value": true}]);
    let dry = api.patch(&path, JSON, body).await.done();
    assert_eq!((&dry["spec"]["paused"], version(&dry)), (&json!(true), version(&web)));
    assert_eq!(dry["metadata"]["generation"], 2, "it shows what it would become");
    let status = format!("{}/status?dryRun=All", api.rollout("web"));
    let dry = api.patch(&status, MERGE, json!({"status": {"abort": true}})).await.done();
    assert_eq!((&dry["status"]["abort"], &dry["metadata"]["generation"]), (&json!(true), &json!(1)));
    let failing = json!([{"op": "test", "path": "/spec/replicas", "value": 7}]);
    api.patch(&path, JSON, failing).await.refused(422, "Invalid", REJECTED);
    let born = api.post(&format!("{}?dryRun=All", api.rollouts()), &unattended("new")).await;
    assert_eq!(born.status, 201);
    assert_eq!(api.get(&api.rollout("new")).await.status, 404);
    api.delete(&format!("{}?dryRun=All", api.rollout("web")), Value::Null).await.done();
    assert_eq!(api.get(&api.rollout("web")).await.done(), web);
}

pub async fn wrong_types_are_422(api: &Api) {
    let web = web(api).await;
    let answer = api.patch(&api.rollout("web"), MERGE, json!({"spec": {"paused": "yes"}})).await;
    answer.refused(
        422,
        "Invalid",
        "Rollout.argoproj.io \"web\" is invalid: [spec.paused: Invalid value: \"string\": spec.paused in body must be of \
         type boolean: \"string\", <nil>: Invalid value: null: some validation rules were not checked because the object \
         was invalid; correct the existing errors to complete validation]",
    );
    let path = format!("{}?fieldValidation=Strict", api.rollout("web"));
    let answer = api.patch(&path, MERGE, json!({"spec": {"pausd": true}})).await;
    assert_eq!((answer.status, answer.body["reason"].as_str()), (422, Some("Invalid")), "{answer:?}");
    assert!(answer.message().contains("unknown field \"spec.pausd\""), "{}", answer.message());
    // Without the wish to be strict it is dropped.
    let after = api.patch(&api.rollout("web"), MERGE, json!({"spec": {"pausd": true}})).await.done();
    assert_eq!(after, web);
}

pub async fn a_strategic_merge_patch_is_415(api: &Api) {
    web(api).await;
    api.patch(&api.rollout("web"), STRATEGIC, json!({"spec": {"paused": true}})).await.refused(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: \
         application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
    );
}

pub async fn a_delete_has_preconditions(api: &Api) {
    let uid = uid(&web(api).await);
    let other = "11111111-2222-3333-4444-555555555555";
    let options = |uid: &str| json!({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}});
    api.delete(&api.rollout("web"), options(other)).await.refused(
        409,
        "Conflict",
        &format!(
            "Operation cannot be fulfilled on Rollout.argoproj.io \"web\": the UID in the precondition ({other}) does not \
             match the UID in record ({uid}). The object might have been deleted and then recreated"
        ),
    );
    assert_eq!(api.get(&api.rollout("web")).await.status, 200);
    let done = api.delete(&api.rollout("web"), options(&uid)).await.done();
    assert_eq!((&done["kind"], &done["status"]), (&json!("Status"), &json!("Success")));
    assert_eq!(done["details"], json!({"name": "web", "group": "argoproj.io", "kind": "rollouts", "uid": uid}));
    assert_eq!(api.get(&api.rollout("web")).await.status, 404);
    let again = api.delete(&api.rollout("web"), options(&uid)).await;
    again.refused(404, "NotFound", "rollouts.argoproj.io \"web\" not found");
}
