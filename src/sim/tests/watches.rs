//! Watches over real HTTP: changes, selectors, bookmarks, time-outs, and 410 both ways.

use std::time::Duration;

use serde_json::json;

use super::http::{MERGE, ROLLOUTS, events, get, patch, watch, world};
use crate::sim::Fault;

#[tokio::test]
async fn a_watch_tells_what_changes_after_a_list() {
    let world = world().await;
    let version = get(&world, ROLLOUTS).await.body["metadata"]["resourceVersion"].clone();
    let mut lines =
        watch(&world, &format!("{ROLLOUTS}?watch=true&resourceVersion={}", version.as_str().unwrap())).await;
    patch(&world, &format!("{ROLLOUTS}/web"), MERGE, json!({"metadata": {"labels": {"seen": "yes"}}})).await;
    let event = events(&mut lines).await.remove(0);
    assert_eq!((&event["type"], &event["object"]["metadata"]["labels"]["seen"]), (&json!("MODIFIED"), &json!("yes")));
    world.delete("rollouts/shop/web");
    let gone = events(&mut lines).await.remove(0);
    assert_eq!(gone["type"], "DELETED");
    assert_ne!(gone["object"]["metadata"]["resourceVersion"], event["object"]["metadata"]["resourceVersion"]);
}

#[tokio::test]
async fn without_a_version_it_begins_with_what_there_is() {
    let world = world().await;
    let mut lines = watch(&world, &format!("{ROLLOUTS}?watch=true")).await;
    assert_eq!(events(&mut lines).await[0]["type"], "ADDED");
    let streaming = format!(
        "{ROLLOUTS}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    );
    let mut lines = watch(&world, &streaming).await;
    let first = events(&mut lines).await;
    assert_eq!((&first[0]["type"], &first[1]["type"]), (&json!("ADDED"), &json!("BOOKMARK")));
    assert_eq!(first[1]["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
}

#[tokio::test]
async fn an_object_enters_and_leaves_a_selection() {
    let world = world().await;
    let version = get(&world, ROLLOUTS).await.body["metadata"]["resourceVersion"].clone();
    let selected =
        format!("{ROLLOUTS}?watch=true&labelSelector=tier%3Dgold&resourceVersion={}", version.as_str().unwrap());
    let mut lines = watch(&world, &selected).await;
    for (label, expected) in [(json!("gold"), "ADDED"), (json!(null), "DELETED")] {
        patch(&world, &format!("{ROLLOUTS}/web"), MERGE, json!({"metadata": {"labels": {"tier": label}}})).await;
        assert_eq!(events(&mut lines).await[0]["type"], expected);
    }
}

#[tokio::test]
async fn a_bookmark_comes_before_the_end_and_then_the_end() {
    let world = world().await;
    let version = get(&world, ROLLOUTS).await.body["metadata"]["resourceVersion"].clone();
    let begun = tokio::time::Instant::now();
    let path = format!(
        "{ROLLOUTS}?watch=true&allowWatchBookmarks=true&timeoutSeconds=3&resourceVersion={}",
        version.as_str().unwrap()
    );
    let mut lines = watch(&world, &path).await;
    let changed = patch(&world, &format!("{ROLLOUTS}/web"), MERGE, json!({"metadata": {"labels": {"a": "b"}}})).await;
    assert_eq!(events(&mut lines).await[0]["type"], "MODIFIED");
    let bookmark = events(&mut lines).await.remove(0);
    assert_eq!((&bookmark["type"], &bookmark["object"]["kind"]), (&json!("BOOKMARK"), &json!("Rollout")));
    assert_eq!(bookmark["object"]["metadata"]["resourceVersion"], changed.body["metadata"]["resourceVersion"]);
    assert!(begun.elapsed() < Duration::from_millis(2900), "two seconds before the end");
    assert!(events(&mut lines).await.is_empty());
    assert!(begun.elapsed() >= Duration::from_secs(3));
}

#[tokio::test]
async fn an_idle_watch_gets_no_bookmark() {
    let world = world().await;
    let version = get(&world, ROLLOUTS).await.body["metadata"]["resourceVersion"].clone();
    let path = format!(
        "{ROLLOUTS}?watch=true&allowWatchBookmarks=true&timeoutSeconds=3&resourceVersion={}",
        version.as_str().unwrap()
    );
    assert!(events(&mut watch(&world, &path).await).await.is_empty(), "nothing but the end");
}

#[tokio::test]
async fn an_old_version_is_an_error_event_with_http_200() {
    let world = world().await;
    let mut lines = watch(&world, &format!("{ROLLOUTS}?watch=true&resourceVersion=1")).await;
    assert_eq!(lines.status().as_u16(), 200);
    let event = events(&mut lines).await.remove(0);
    assert_eq!(event["type"], "ERROR");
    assert_eq!((&event["object"]["code"], &event["object"]["reason"]), (&json!(410), &json!("Expired")));
    assert!(events(&mut lines).await.is_empty(), "and it ends");
}

#[tokio::test]
async fn gone_ends_every_open_watch_with_410() {
    let world = world().await;
    let list = get(&world, ROLLOUTS).await.body;
    let version = list["metadata"]["resourceVersion"].as_str().unwrap();
    let mut lines = watch(&world, &format!("{ROLLOUTS}?watch=true&resourceVersion={version}")).await;
    world.fault(Fault::Gone);
    assert_eq!(events(&mut lines).await[0]["object"]["code"], 410);
    // A fresh list can be watched from again.
    let version = get(&world, ROLLOUTS).await.body["metadata"]["resourceVersion"].clone();
    let mut lines =
        watch(&world, &format!("{ROLLOUTS}?watch=true&resourceVersion={}", version.as_str().unwrap())).await;
    patch(&world, &format!("{ROLLOUTS}/web"), MERGE, json!({"metadata": {"labels": {"a": "b"}}})).await;
    assert_eq!(events(&mut lines).await[0]["type"], "MODIFIED");
}

#[tokio::test]
async fn silent_says_nothing_until_it_is_over() {
    let world = world().await;
    let version = get(&world, ROLLOUTS).await.body["metadata"]["resourceVersion"].clone();
    let path = format!(
        "{ROLLOUTS}?watch=true&allowWatchBookmarks=true&timeoutSeconds=1&resourceVersion={}",
        version.as_str().unwrap()
    );
    world.fault(Fault::Silent);
    let mut lines = watch(&world, &path).await;
    patch(&world, &format!("{ROLLOUTS}/web"), MERGE, json!({"metadata": {"labels": {"a": "b"}}})).await;
    let silence = tokio::time::timeout(Duration::from_millis(1500), lines.chunk()).await;
    assert!(silence.is_err(), "neither change, nor bookmark, nor end");
    world.fault(Fault::None);
    assert_eq!(events(&mut lines).await[0]["type"], "MODIFIED");
}

#[tokio::test]
async fn down_cuts_open_watches() {
    let world = world().await;
    let mut lines = watch(&world, &format!("{ROLLOUTS}?watch=true")).await;
    events(&mut lines).await;
    world.fault(Fault::Down);
    assert!(matches!(lines.chunk().await, Err(_) | Ok(None)));
}

#[tokio::test]
async fn a_version_from_the_future_is_too_large() {
    let world = world().await;
    let refused = get(&world, &format!("{ROLLOUTS}?watch=true&resourceVersion=99999999")).await;
    assert_eq!((refused.code, &refused.body["reason"]), (504, &json!("Timeout")));
}
