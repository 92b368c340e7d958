//! The client against a server that says what a test wants: what is capped, and where the token never goes.

mod app;
mod artifacts;
mod costs;
mod odd;
mod pulls;

use std::path::Path;
use std::time::Duration;

use http::header::{AUTHORIZATION, IF_NONE_MATCH};
use jiff::Timestamp;

use super::*;
use crate::release::observation::Failure;
use crate::sources::double::{Chunk, Double, Reply};

fn clock() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn settings(url: &str, token: Option<&Path>) -> Settings {
    Settings {
        url: url.to_owned(),
        credentials: token.map_or(Credentials::None, |file| Credentials::File(file.to_owned())),
        timeout: Some(Duration::from_millis(1500)),
        ..Settings::new(Slug::parse("acme/shop").unwrap())
    }
}

async fn client(url: &str) -> Client {
    Client::connect(&settings(url, None), clock).await.unwrap()
}

/// A client with a token, which lives in a file as long as the folder.
async fn with_token(url: &str) -> (Client, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("token"), "ghp_secret").unwrap();
    (Client::connect(&settings(url, Some(&dir.path().join("token"))), clock).await.unwrap(), dir)
}

#[tokio::test]
async fn the_token_follows_no_redirect_to_another_host() {
    let other = Double::new(|_, _| Reply::ok("archive"));
    let place = other.serve().await;
    let target = place.clone();
    let github = Double::new(move |_, seen| match seen.path.as_str() {
        "/zip" => Reply::new(302, "").header("location", format!("{target}/blob?sig=1")),
        "/renamed" => Reply::new(301, "").header("location", "/new"),
        "/away" => Reply::new(307, "").header("location", format!("{target}/x")),
        "/circle" => Reply::new(302, "").header("location", "/circle"),
        "/file" => Reply::new(302, "").header("location", "file:///etc/passwd"),
        _ => Reply::ok("[]"),
    });
    let (client, _dir) = with_token(&github.serve().await).await;
    assert_eq!(client.download("/zip", "the artifact").await.unwrap(), "archive");
    assert_eq!(client.get("/renamed", "x").await.unwrap(), "[]");
    let failure: Failure = client.get("/away", "x").await.unwrap_err().into();
    assert!(failure.message.contains("which does not get the token"), "{}", failure.message);
    assert!(client.get("/circle", "x").await.is_err() && client.download("/circle", "x").await.is_err());
    assert!(client.download("/file", "x").await.is_err());
    assert!(github.seen().iter().all(|seen| seen.headers.get_all(AUTHORIZATION).iter().count() == 1));
    let elsewhere = other.seen();
    assert_eq!((elsewhere.len(), elsewhere[0].headers.get(AUTHORIZATION)), (1, None));
    assert!(!elsewhere[0].headers.contains_key("referer"));
}

#[tokio::test]
async fn nothing_is_sent_twice_and_an_old_answer_is_kept() {
    let github = Double::new(|number, seen| match (number, seen.headers.get(IF_NONE_MATCH)) {
        (0, None) => Reply::ok("one").header("etag", "\"1\""),
        (1, Some(_)) => Reply::new(304, ""),
        _ => Reply::new(502, "bad gateway"),
    });
    let client = client(&github.serve().await).await;
    assert_eq!(client.get("/x", "x").await.unwrap(), "one");
    assert_eq!(client.get("/x", "x").await.unwrap(), "one");
    let failure: Failure = client.get("/x", "x").await.unwrap_err().into();
    assert!(failure.message.contains("a fault of its own (502): bad gateway"), "{}", failure.message);
    assert_eq!(github.seen().len(), 3);
}

#[tokio::test]
async fn what_is_too_large_broken_or_endless_ends() {
    let github = Double::new(|_, seen| match seen.path.as_str() {
        "/large" => Reply::ok("x".repeat(17 << 20)),
        "/broken" => Reply::ok("half").then(Chunk::Break),
        "/endless" => Reply::ok("half").then(Chunk::Hang),
        _ => Reply::never(),
    });
    let client = client(&github.serve().await).await;
    for (path, sentence) in [
        ("/large", "larger than 16 MiB"),
        ("/broken", "cannot be reached"),
        ("/endless", "did not answer"),
        ("/never", "did not answer"),
    ] {
        let failure: Failure = client.get(path, "x").await.unwrap_err().into();
        assert!(failure.message.contains(sentence), "{path}: {}", failure.message);
    }
}

#[tokio::test]
async fn the_next_page_is_asked_of_us_whatever_host_the_link_names() {
    let github = Double::new(|_, seen| match seen.parameter("page").as_deref() {
        None => {
            Reply::ok("[1]").header("link", "<https://api.github.com/repositories/7/x?per_page=1&page=2>; rel=\"next\"")
        }
        Some("2") => Reply::ok("[2]").header("link", "</y?page=3>; rel=\"next\", </y?page=1>; rel=\"prev\""),
        Some(_) => Reply::ok("[3]").header("link", "<nowhere>; rel=\"next\""),
    });
    let (client, _dir) = with_token(&github.serve().await).await;
    let (pages, is_cut) = client.pages("/repos/acme/shop/x?per_page=1", "x", 5).await.unwrap();
    assert_eq!((pages.concat(), is_cut), (b"[1][2][3]".to_vec(), false));
    let paths: Vec<String> = github.seen().into_iter().map(|seen| seen.path).collect();
    let place = "/repos/acme/shop/x";
    assert_eq!(paths, ["?per_page=1", "?per_page=1&page=2", "?page=3"].map(|query| format!("{place}{query}")));
}

#[tokio::test]
async fn what_is_no_answer_is_said_to_be_none() {
    let github = Double::new(|_, seen| match seen.path.as_str() {
        "/empty" => Reply::new(204, ""),
        "/unasked" => Reply::new(304, ""),
        "/nowhere" => Reply::new(301, r#"{"message":"Moved Permanently"}"#),
        "/busy" => Reply::new(503, "<html>").header("retry-after", "120"),
        _ => Reply::new(404, "<html>"),
    });
    let client = client(&github.serve().await).await;
    for (path, sentence) in [
        ("/empty", "answered 204 for x, and nothing"),
        ("/unasked", "answered 304 for x"),
        ("/nowhere", "redirects to nowhere (301)"),
        ("/busy", "has a fault of its own (503)"),
        ("/page", "answered with a web page for x (404)"),
    ] {
        let miss = client.get(path, "x").await.unwrap_err();
        assert!(matches!(miss, Miss::Failed(_)), "{path}: {miss:?}");
        let failure = Failure::from(miss);
        assert!(failure.message.contains(sentence), "{path}: {}", failure.message);
        assert_eq!(failure.retry_in.map(|wait| wait.as_secs()), (path == "/busy").then_some(120));
    }
}

#[tokio::test]
async fn who_cannot_be_reached_has_a_reason_and_a_way_out() {
    let github = Double::new(|_, _| Reply::ok("[]"));
    let plain = github.serve().await;
    for (url, sentence) in [
        ("http://127.0.0.1:1", "127.0.0.1:1 cannot be reached: Connection refused"),
        (&plain.replace("http:", "https:"), ". It speaks no TLS there: is github.url right?"),
    ] {
        let failure: Failure = client(url).await.get("/x", "x").await.unwrap_err().into();
        assert!(failure.message.contains(sentence), "{url}: {}", failure.message);
    }
}

#[tokio::test]
async fn a_token_is_not_sent_in_the_clear() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("token"), "ghp_secret").unwrap();
    let settings = settings("http://ghe.example", Some(&dir.path().join("token")));
    let failure = Client::connect(&settings, clock).await.err().unwrap();
    assert!(failure.message.contains("in the clear") && !format!("{settings:?}{failure:?}").contains("ghp_secret"));
}
