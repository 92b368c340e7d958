//! Whether all pull requests are known: what is past the last page, and what is beside them.

use serde_json::{Value, json};

use super::*;
use crate::sources::github::pulls::Pulls;

const RELEASED: &str = r#"{"tag_name":"v1","published_at":"2026-08-19T10:00:00Z"}"#;

fn merged(number: u64, at: &str) -> Value {
    json!({ "number": number, "state": "closed", "updated_at": at, "merged_at": at })
}

/// What is made of closed ones on a page that goes on or does not, and of that answer about the last release.
async fn read(closed: Vec<Value>, goes_on: bool, release: Reply) -> Pulls {
    let github = Double::new(move |_, seen| match seen.parameter("state").as_deref() {
        Some("open") => Reply::ok(r#"[{"number":9,"state":"open"}]"#),
        Some(_) => {
            let reply = Reply::ok(json!(closed).to_string());
            if goes_on {
                reply.header("link", "<https://x.example/y?state=closed&page=2>; rel=\"next\"")
            } else {
                reply
            }
        }
        None => release.clone(),
    });
    Pulls::read(&client(&github.serve().await).await, "/repos/acme/shop").await.unwrap()
}

#[tokio::test]
async fn what_was_closed_since_the_release_may_go_on_past_the_page() {
    let (since, before) = ("2026-08-20T04:00:00Z", "2026-08-18T04:00:00Z");
    let released = || Reply::ok(RELEASED);
    let none = || Reply::new(404, r#"{"message":"Not Found"}"#);
    for (closed, goes_on, release, is_cut) in [
        (vec![merged(1, since)], false, released(), false),
        (vec![merged(1, since)], true, released(), true),
        (vec![merged(2, since), merged(1, before)], true, released(), false),
        (vec![merged(1, since)], true, none(), false),
        (vec![merged(1, since), Value::Null], false, released(), true),
    ] {
        let pulls = read(closed.clone(), goes_on, release).await;
        assert_eq!((pulls.is_cut, pulls.open.len()), (is_cut, 1), "{closed:?} {goes_on}");
    }
}

#[tokio::test]
async fn a_release_that_cannot_be_read_costs_itself_and_is_not_none() {
    let unread = Some(about::unread_release());
    for (release, expected) in [
        (Reply::ok(r#"{"odd":1}"#), unread.clone()),
        (Reply::new(403, r#"{"message":"Resource not accessible by personal access token"}"#), unread.clone()),
        (Reply::new(500, ""), unread),
        (Reply::new(404, r#"{"message":"Not Found"}"#), None),
    ] {
        let pulls = read(vec![], false, release).await;
        assert_eq!((pulls.release, pulls.open.len()), (expected, 1));
    }
}
