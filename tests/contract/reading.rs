//! Lists, pages and selectors.

use serde_json::Value;

use super::api::{Api, uid, version};
use super::objects::{event, unattended};

fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().expect("items");
    items.iter().map(|item| item["metadata"]["name"].as_str().expect("a name")).collect()
}

pub async fn a_list_comes_in_pages_of_one_version(api: &Api) {
    for name in ["a", "c", "b", "e", "d"] {
        api.create(&api.rollouts(), unattended(name)).await;
    }
    let whole = api.get(&api.rollouts()).await.done();
    assert_eq!(names(&whole), ["a", "b", "c", "d", "e"], "in order of their names");
    assert_eq!((&whole["kind"], &whole["apiVersion"]), (&"RolloutList".into(), &"argoproj.io/v1alpha1".into()));
    assert!(whole["metadata"]["continue"].as_str().unwrap_or_default().is_empty());

    let first = api.get(&format!("{}?limit=2", api.rollouts())).await.done();
    assert_eq!(names(&first), ["a", "b"]);
    assert_eq!(first["metadata"]["remainingItemCount"], 3);
    // What happens between two pages belongs to the watch that follows, from the version of the pages.
    api.create(&api.rollouts(), unattended("f")).await;
    api.delete(&api.rollout("e"), Value::Null).await.done();
    let second = next_page(api, &first).await;
    assert_eq!(names(&second), ["c", "d"]);
    let third = next_page(api, &second).await;
    assert_eq!(names(&third), ["e"]);
    assert!(third["metadata"].get("continue").is_none_or(|token| token == ""));
    assert_eq!([version(&second), version(&third)], [version(&first), version(&first)]);

    let mut watch = api.watch(&format!("{}?watch=true&resourceVersion={}", api.rollouts(), version(&third))).await;
    for (kind, name) in [("ADDED", "f"), ("DELETED", "e")] {
        let event = watch.next().await.expect("an event");
        assert_eq!((&event["type"], &event["object"]["metadata"]["name"]), (&kind.into(), &name.into()));
    }
}

async fn next_page(api: &Api, page: &Value) -> Value {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("limit", "2").append_pair("continue", page["metadata"]["continue"].as_str().expect("a token"));
    api.get(&format!("{}?{}", api.rollouts(), query.finish())).await.done()
}

async fn select(api: &Api, path: &str, selector: &str, text: &str) -> super::api::Answer {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair(selector, text).finish();
    api.get(&format!("{path}?{query}")).await
}

pub async fn labels_select(api: &Api) {
    for (name, tier) in [("api", Some("front")), ("job", None), ("web", Some("back"))] {
        let mut rollout = unattended(name);
        if let Some(tier) = tier {
            rollout["metadata"]["labels"]["tier"] = tier.into();
        }
        api.create(&api.rollouts(), rollout).await;
    }
    let cases: &[(&str, &[&str])] = &[
        ("app=web", &["web"]),
        ("app==web", &["web"]),
        ("app!=web", &["api", "job"]),
        ("app in (web, api)", &["api", "web"]),
        ("app notin (web,api)", &["job"]),
        ("tier", &["api", "web"]),
        ("!tier", &["job"]),
        ("tier!=front", &["job", "web"]),
        ("tier notin (front)", &["job", "web"]),
        ("app in (web,job),tier", &["web"]),
        ("app=absent", &[]),
        ("", &["api", "job", "web"]),
    ];
    for (selector, wanted) in cases {
        let list = select(api, &api.rollouts(), "labelSelector", selector).await.done();
        assert_eq!(names(&list), *wanted, "{selector}");
    }
}

pub async fn fields_select_events(api: &Api) {
    let events = api.path("v1/events");
    for (name, kind, uid, reason) in
        [("one", "ReplicaSet", "u1", "FailedCreate"), ("two", "Rollout", "u2", "RolloutAborted")]
    {
        api.create(&events, event(name, &api.namespace, kind, uid, reason)).await;
    }
    let cases: &[(&str, &[&str])] = &[
        ("involvedObject.uid=u2", &["two"]),
        ("involvedObject.kind=ReplicaSet,reason=FailedCreate", &["one"]),
        ("involvedObject.kind!=ReplicaSet", &["two"]),
        ("type=Warning", &["one", "two"]),
        ("source=contract", &["one", "two"]),
        ("metadata.name=one", &["one"]),
        ("reason=Other", &[]),
    ];
    for (selector, wanted) in cases {
        let list = select(api, &events, "fieldSelector", selector).await.done();
        assert_eq!(names(&list), *wanted, "{selector}");
    }
    let list = select(api, &events, "fieldSelector", "reason=FailedCreate").await.done();
    assert_eq!(list["items"][0].get("kind"), None, "objects of a built-in kind do not repeat it in a list");
}

pub async fn what_cannot_be_selected_is_400(api: &Api) {
    let answer = select(api, &api.rollouts(), "fieldSelector", "spec.replicas=2").await;
    answer.refused(400, "BadRequest", "field label not supported: spec.replicas");
    let answer = select(api, &api.path("v1/events"), "fieldSelector", "message=said").await;
    assert_eq!((answer.status, answer.body["reason"].as_str()), (400, Some("BadRequest")));
    assert!(answer.message().contains("field label not supported: message"), "{}", answer.message());
    let answer = api.get(&format!("{}?resourceVersion=x", api.rollouts())).await;
    let why = "invalid resource version: resourceVersion: Invalid value: \"x\": strconv.ParseUint: parsing \"x\": \
               invalid syntax";
    answer.refused(400, "BadRequest", why);
    let answer = select(api, &api.rollouts(), "labelSelector", "app in web").await;
    assert_eq!((answer.status, answer.body["reason"].as_str()), (400, Some("BadRequest")));
    assert!(answer.message().contains("unable to parse requirement"), "{}", answer.message());
}

pub async fn what_is_not_there_is_404(api: &Api) {
    let answer = api.get(&api.rollout("absent")).await;
    answer.refused(404, "NotFound", "rollouts.argoproj.io \"absent\" not found");
    let created = api.create(&api.rollouts(), unattended("web")).await;
    assert!(!uid(&created).is_empty());
    let answer = api.get(&format!("{}/logs", api.rollout("web"))).await;
    assert_eq!((answer.status, answer.body["reason"].as_str()), (404, Some("NotFound")));
    // A kind that is not installed: the body is no Status.
    let answer = api.get("/apis/kyverno.io/v1/clusterpolicies").await;
    assert_eq!((answer.status, answer.body), (404, Value::Null));
}
