//! How things are deleted: tried dry, refused by a precondition, and a namespace with everything in it.

use serde_json::{Value, json};

use super::api::{Api, MERGE, uid};
use super::objects::unattended;

const NAMESPACES: &str = "/api/v1/namespaces";
const HOLD: &str = "example.com/hold";

/// Another namespace of the test's own.
async fn another(api: &Api) -> (String, Value) {
    let name = format!("{}-leaves", api.namespace);
    let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let made = api.create(NAMESPACES, body).await;
    assert_eq!((&made["status"], &made["spec"]["finalizers"]), (&json!({"phase": "Active"}), &json!(["kubernetes"])));
    (format!("{NAMESPACES}/{name}"), made)
}

fn options(uid: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}, "propagationPolicy": "Background"})
}

fn dry(uid: &str) -> Value {
    let mut options = options(uid);
    options["dryRun"] = json!(["All"]);
    options
}

pub async fn a_dry_deletion_is_one_by_its_body(api: &Api) {
    let web = api.create(&api.rollouts(), unattended("web")).await;
    api.delete(&api.rollout("web"), dry(&uid(&web))).await.done();
    assert_eq!(api.get(&api.rollout("web")).await.done(), web);
    let (path, made) = another(api).await;
    let tried = api.delete(&path, dry(&uid(&made))).await.done();
    assert_eq!(tried["status"]["phase"], "Terminating", "it shows what it would become");
    assert_eq!(api.get(&path).await.done(), made);
    // With a body, what the query says is not read: these are for good.
    api.delete(&format!("{}?dryRun=All", api.rollout("web")), options(&uid(&web))).await.done();
    assert_eq!(api.get(&api.rollout("web")).await.status, 404);
    api.delete(&format!("{path}?dryRun=All"), options(&uid(&made))).await.done();
    api.until_gone(NAMESPACES, made["metadata"]["name"].as_str().expect("a name")).await;
}

pub async fn a_namespace_of_another_uid_stays(api: &Api) {
    let (path, made) = another(api).await;
    let other = "11111111-2222-3333-4444-555555555555";
    let name = made["metadata"]["name"].as_str().expect("a name");
    for body in [options(other), dry(other)] {
        api.delete(&path, body).await.refused(
            409,
            "Conflict",
            &format!(
                "Operation cannot be fulfilled on namespaces \"{name}\": Precondition failed: UID in precondition: \
                 {other}, UID in object meta: {}",
                uid(&made)
            ),
        );
    }
    assert_eq!(api.get(&path).await.done(), made);
    api.delete(&path, options(&uid(&made))).await.done();
}

pub async fn a_namespace_goes_with_its_content(api: &Api) {
    let (path, made) = another(api).await;
    let name = made["metadata"]["name"].as_str().expect("a name");
    let maps = format!("{path}/configmaps");
    let map = |name: &str, finalizers: Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "finalizers": finalizers}});
    api.create(&maps, map("held", json!([HOLD]))).await;
    api.create(&maps, map("free", json!([]))).await;
    let leaving = api.delete(&path, options(&uid(&made))).await.done();
    assert_eq!(leaving["status"]["phase"], "Terminating");
    assert!(leaving["metadata"]["deletionTimestamp"].is_string());
    // A second one changes nothing and is no failure.
    let again = api.delete(&path, options(&uid(&made))).await.done();
    assert_eq!(again["metadata"]["deletionTimestamp"], leaving["metadata"]["deletionTimestamp"]);
    let late = api.post(&maps, &map("late", json!([]))).await;
    assert_eq!((late.status, late.body["reason"].as_str()), (403, Some("Forbidden")), "{late:?}");

    let held = api.until(NAMESPACES, name, |namespace| condition(namespace, "NamespaceFinalizersRemaining").0).await;
    let wanted = format!("Some content in the namespace has finalizers remaining: {HOLD} in 1 resource instances");
    assert_eq!(condition(&held, "NamespaceFinalizersRemaining"), (true, wanted));
    let wanted = "Some resources are remaining: configmaps. has 1 resource instances".to_owned();
    assert_eq!(condition(&held, "NamespaceContentRemaining"), (true, wanted));
    for failure in ["DiscoveryFailure", "GroupVersionParsingFailure", "ContentFailure"] {
        assert!(!condition(&held, &format!("NamespaceDeletion{failure}")).0);
    }
    assert_eq!(api.get(&format!("{maps}/free")).await.status, 404);
    let map = api.get(&format!("{maps}/held")).await.done();
    assert!(map["metadata"]["deletionTimestamp"].is_string());

    api.patch(&format!("{maps}/held"), MERGE, json!({"metadata": {"finalizers": null}})).await.done();
    api.until_gone(NAMESPACES, name).await;
    assert_eq!(api.get(&path).await.status, 404);
}

/// Whether a condition holds, and its message.
#[track_caller]
fn condition(namespace: &Value, kind: &str) -> (bool, String) {
    let all = namespace["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found = all.iter().find(|condition| condition["type"] == *kind);
    let field = |name: &str| found.and_then(|condition| condition[name].as_str()).unwrap_or_default();
    (field("status") == "True", field("message").to_owned())
}
