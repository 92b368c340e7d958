//! The client alone: what each fault says, what is capped, and where the token never goes.

use http::header::{AUTHORIZATION, IF_NONE_MATCH};

use super::super::answer::Miss;
use super::*;
use crate::release::observation::{Failure, FailureKind};
use crate::sim::Fault;
use crate::sources::double::{Chunk, Double, Reply};

async fn client(url: &str) -> Client {
    Client::connect(&settings(url, None), clock).await.unwrap()
}

/// A client with a token, which lives in a file as long as the folder.
async fn with_token(url: &str) -> (Client, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("token"), "ghp_secret").unwrap();
    (Client::connect(&settings(url, Some(&dir.path().join("token"))), clock).await.unwrap(), dir)
}

async fn refusal(client: &Client) -> Failure {
    client.get("/repos/acme/shop/pulls", "pull requests").await.unwrap_err().into()
}

#[tokio::test]
async fn each_fault_has_its_sentence_and_the_next_answer_is_whole() {
    let world = world(&[STORY]).await;
    let client = client(&world.github_url()).await;
    for (fault, kind, sentence) in [
        (Fault::GithubDown, FailureKind::Unreachable, "127.0.0.1 cannot be reached"),
        (Fault::GithubUnauthorized, FailureKind::Unauthorized, "wants a token (401): set GITHUB_TOKEN"),
        (Fault::GithubForbidden, FailureKind::Forbidden, "it needs the permission pull_requests=read"),
        (
            Fault::GithubSlow(Duration::from_secs(5)),
            FailureKind::Unreachable,
            "did not answer for pull requests within 1.5 s",
        ),
    ] {
        world.fault(fault);
        let failure = refusal(&client).await;
        assert_eq!(failure.kind, kind, "{}", failure.message);
        assert!(failure.message.contains(sentence), "{}", failure.message);
        world.fault(Fault::None);
        assert!(client.get("/repos/acme/shop/pulls", "pull requests").await.is_ok(), "after {}", fault.name());
    }
    let absent = client.get("/repos/acme/other/pulls", "pull requests").await.unwrap_err();
    assert!(matches!(&absent, Miss::Absent(failure) if failure.message.contains("(404)")), "{absent:?}");
}

#[tokio::test]
async fn a_used_up_budget_is_not_asked_again() {
    let world = world(&[STORY]).await;
    let client = client(&world.github_url()).await;
    world.leave_github_budget(0);
    let failure = refusal(&client).await;
    assert!(failure.message.contains("all 5000 requests of this hour are used up"), "{}", failure.message);
    let so_far = world.asked().len();
    let again = refusal(&client).await;
    assert!(again.retry_in.unwrap().as_secs() > 3000 && world.asked().len() == so_far, "nothing was sent");
    assert_eq!(client.budget().unwrap().remaining, 0);
}

#[tokio::test]
async fn the_token_follows_no_redirect_to_another_host() {
    let other = Double::new(|_, _| Reply::ok("archive"));
    let place = other.serve().await;
    let target = place.clone();
    let github = Double::new(move |_, seen| match seen.path.as_str() {
        "/zip" => Reply::new(302, "").header("location", format!("{target}/blob?sig=1")),
        "/renamed" => Reply::new(301, "").header("location", "/new"),
        "/page" => Reply::ok("[]").header("link", format!("<{target}/2>; rel=\"next\"")),
        "/away" => Reply::new(307, "").header("location", format!("{target}/x")),
        "/circle" => Reply::new(302, "").header("location", "/circle"),
        "/file" => Reply::new(302, "").header("location", "file:///etc/passwd"),
        _ => Reply::ok("[]"),
    });
    let (client, _dir) = with_token(&github.serve().await).await;
    assert_eq!(client.download("/zip", "the artifact").await.unwrap(), "archive");
    assert_eq!(client.get("/renamed", "x").await.unwrap(), "[]");
    for path in ["/page", "/away"] {
        let failure: Failure = client.get(path, "x").await.unwrap_err().into();
        assert!(failure.message.contains("which does not get the token"), "{}", failure.message);
    }
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
        "/large" => Reply::ok("x".repeat(9 << 20)),
        "/broken" => Reply::ok("half").then(Chunk::Break),
        "/endless" => Reply::ok("half").then(Chunk::Hang),
        _ => Reply::never(),
    });
    let client = client(&github.serve().await).await;
    for (path, sentence) in [
        ("/large", "larger than 8 MiB"),
        ("/broken", "cannot be reached"),
        ("/endless", "did not answer"),
        ("/never", "did not answer"),
    ] {
        let failure: Failure = client.get(path, "x").await.unwrap_err().into();
        assert!(failure.message.contains(sentence), "{path}: {}", failure.message);
    }
}

#[tokio::test]
async fn a_base_with_a_path_is_a_base_and_a_token_is_not_sent_in_the_clear() {
    let world = world(&[STORY]).await;
    let enterprise = client(&format!("{}/api/v3/", world.github_url())).await;
    let (pages, is_cut) =
        enterprise.pages("/repos/acme/shop/pulls?state=all&per_page=3", "pull requests", 2).await.unwrap();
    assert_eq!((pages.len(), is_cut), (2, true));
    assert!(world.asked().iter().all(|asked| asked.path.starts_with("/api/v3/repos/")));
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("token"), "ghp_secret").unwrap();
    let settings = settings("http://ghe.example", Some(&dir.path().join("token")));
    let failure = Client::connect(&settings, clock).await.err().unwrap();
    assert!(failure.message.contains("in the clear") && !format!("{settings:?}{failure:?}").contains("ghp_secret"));
}
