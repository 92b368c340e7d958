//! Watches: what they tell, how they prove themselves, and how they end.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::api::{Api, JSON, MERGE, Watch, version};
use super::objects::unattended;

async fn open(api: &Api, query: &str) -> Watch {
    let list = api.get(&api.rollouts()).await.done();
    api.watch(&format!("{}?watch=true&resourceVersion={}{query}", api.rollouts(), version(&list))).await
}

async fn next(watch: &mut Watch) -> (String, Value) {
    let mut event = watch.next().await.expect("an event");
    (event["type"].as_str().expect("a type").to_owned(), event["object"].take())
}

pub async fn a_watch_tells_what_changes(api: &Api) {
    let created = api.create(&api.rollouts(), unattended("old")).await;
    let mut watch = open(api, "").await;
    let new = api.create(&api.rollouts(), unattended("new")).await;
    let patched = api.patch(&api.rollout("old"), MERGE, json!({"spec": {"replicas": 3}})).await.done();
    // The same again is no change, and no event.
    api.patch(&api.rollout("old"), MERGE, json!({"spec": {"replicas": 3}})).await.done();
    api.delete(&api.rollout("old"), Value::Null).await.done();
    assert_eq!(next(&mut watch).await, ("ADDED".to_owned(), new.clone()));
    assert_eq!(next(&mut watch).await, ("MODIFIED".to_owned(), patched.clone()));
    let (kind, gone) = next(&mut watch).await;
    assert_eq!((kind.as_str(), &gone["metadata"]["uid"]), ("DELETED", &created["metadata"]["uid"]));
    assert_eq!(gone["spec"], patched["spec"], "as it was last");
    // A watch that broke off goes on from the last version seen, a deletion's too.
    let numbers = [&new, &patched, &gone].map(|object| version(object).parse::<u64>().expect("a number"));
    assert!(numbers.is_sorted() && numbers[1] < numbers[2], "{numbers:?}");
    let last = api.create(&api.rollouts(), unattended("last")).await;
    let path = format!("{}?watch=true&resourceVersion={}", api.rollouts(), version(&gone));
    assert_eq!(next(&mut api.watch(&path).await).await, ("ADDED".to_owned(), last));
}

pub async fn a_selector_turns_changes_into_comings_and_goings(api: &Api) {
    api.create(&api.rollouts(), unattended("web")).await;
    let mut watch = open(api, "&labelSelector=tier%3Dfront").await;
    for (patch, wanted) in [
        (json!({"metadata": {"labels": {"tier": "front"}}}), "ADDED"),
        (json!({"spec": {"replicas": 3}}), "MODIFIED"),
        (json!({"metadata": {"labels": {"tier": null}}}), "DELETED"),
    ] {
        api.patch(&api.rollout("web"), MERGE, patch).await.done();
        assert_eq!(next(&mut watch).await.0, wanted);
    }
}

/// An idle watch gets none (unless etcd reports its progress): what ends in time and is opened anew proves itself too.
pub async fn a_bookmark_comes_before_the_end(api: &Api) {
    let opened = Instant::now();
    let mut watch = open(api, "&allowWatchBookmarks=true&timeoutSeconds=5&labelSelector=tier%3Dfront").await;
    let written = api.create(&api.rollouts(), unattended("web")).await;
    let (kind, object) = next(&mut watch).await;
    let after = opened.elapsed();
    assert_eq!(kind, "BOOKMARK");
    assert_eq!((&object["kind"], &object["apiVersion"]), (&"Rollout".into(), &"argoproj.io/v1alpha1".into()));
    assert_eq!(object["metadata"].get("name"), None, "a bookmark is no object");
    let number = |object: &Value| version(object).parse::<u64>().expect("a number");
    assert!(number(&object) >= number(&written), "it spares the next watch what this one had no interest in");
    while let Some(event) = watch.next().await {
        assert_eq!(event["type"], "BOOKMARK");
    }
    let ended = opened.elapsed();
    assert!(after < ended - Duration::from_millis(500), "{after:?} of {ended:?}");
    assert!(ended >= Duration::from_millis(4900) && ended < Duration::from_secs(11), "{ended:?}");
}

pub async fn a_version_that_is_too_old_is_an_error_in_the_stream(api: &Api) {
    // The first line of a 200, not a 410: a client that looks at the status only would not see it.
    let mut watch = api.watch(&format!("{}?watch=true&resourceVersion=1", api.rollouts())).await;
    let (kind, status) = next(&mut watch).await;
    assert_eq!(kind, "ERROR");
    assert_eq!((&status["kind"], &status["code"]), (&json!("Status"), &json!(410)));
    assert_eq!(status["reason"], "Expired");
    let message = status["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("too old resource version: 1 ("), "{message}");
    assert!(watch.next().await.is_none(), "nothing follows");
}

pub async fn an_old_page_token_is_410_with_a_fresh_one(api: &Api) {
    for name in ["a", "b", "c"] {
        api.create(&api.rollouts(), unattended(name)).await;
    }
    let first = api.get(&format!("{}?limit=1", api.rollouts())).await.done();
    let token = first["metadata"]["continue"].as_str().expect("a token");
    api.patch(&api.rollout("c"), JSON, json!([{"op": "add", "path": "/spec/paused", "value": true}])).await.done();
    (api.forget)().await;
    let page = |token: &str| {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("continue", token).finish();
        format!("{}?limit=5&{query}", api.rollouts())
    };
    let answer = api.get(&page(token)).await;
    assert_eq!((answer.status, answer.body["reason"].as_str()), (410, Some("Expired")), "{answer:#?}");
    assert!(answer.message().starts_with("The provided continue parameter is too old"), "{}", answer.message());
    let fresh = answer.body["metadata"]["continue"].as_str().expect("a fresh token");
    let rest = api.get(&page(fresh)).await.done();
    let names: Vec<&str> = rest["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| item["metadata"]["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, ["b", "c"], "from where the old one stood");
}
