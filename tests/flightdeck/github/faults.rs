//! What the client says of each fault, and that the next answer is whole.

use std::time::Duration;

use flightdeck::release::observation::{Failure, FailureKind};
use flightdeck::sim::Fault;
use flightdeck::sources::github::{Client, Miss};

use super::{STORY, settings, world};
use crate::world::deck::now;

async fn client(url: &str) -> Client {
    Client::connect(&settings(url, None), now).await.unwrap()
}

async fn refusal(client: &Client) -> Failure {
    client.get("/repos/acme/shop/pulls", "pull requests").await.unwrap_err().into()
}

#[tokio::test]
async fn each_fault_has_its_sentence_and_the_next_answer_is_whole() {
    let world = world(&[STORY]).await;
    let client = client(&world.github_url()).await;
    for (fault, kind, sentence) in [
        (Fault::GithubDown, FailureKind::Unreachable, " cannot be reached"),
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
async fn a_base_with_a_path_is_a_base() {
    let world = world(&[STORY]).await;
    let enterprise = client(&format!("{}/api/v3/", world.github_url())).await;
    let (pages, is_cut) =
        enterprise.pages("/repos/acme/shop/pulls?state=all&per_page=3", "pull requests", 2).await.unwrap();
    assert_eq!((pages.len(), is_cut), (2, true));
    assert!(world.asked().iter().all(|asked| asked.path.starts_with("/api/v3/repos/")));
}
