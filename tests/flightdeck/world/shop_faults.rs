//! GitHub goes wrong in each of its ways: its panes say so, the header stays live, and rollouts are promoted all the same.

use flightdeck::actions::plan::Danger;
use flightdeck::release::repository::Topic;
use flightdeck::sim::Fault;

use super::deck::Deck;
use super::shop::{at, begun, repository, shop};

/// The flags pane says `word` while the fault lasts, keeps what it knew, and goes on afterwards.
async fn comes_and_goes(fault: Fault, word: &str) {
    let mut deck = shop(&[], "").await;
    deck.press("6");
    deck.fault(fault);
    deck.sees(word).await;
    let text = deck.text();
    assert!(text.contains("new_checkout") && text.lines().next().unwrap_or_default().contains("✓ LIVE"), "{text}");
    promoted(&mut deck).await;
    deck.press("6 z");
    assert!(deck.text().contains("new_checkout"), "{}", deck.text());
    deck.press("D");
    if deck.dialog().is_some() {
        deck.asked().await;
        deck.press("y");
        assert!(deck.dialog().is_some(), "what cannot be read again is not sent: {}", deck.notice());
    }
    assert!(deck.world.asked().iter().all(|asked| asked.method == "GET"), "{}", deck.text());
}

async fn promoted(deck: &mut Deck) {
    deck.select("shop/web").await;
    deck.press("P");
    deck.asked().await;
    deck.confirm();
    deck.says("took effect").await;
}

/// All at once: each waits for the next look.
#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_github_has_its_word_and_harms_no_rollout() {
    tokio::join!(
        comes_and_goes(Fault::GithubDown, "STALE"),
        comes_and_goes(Fault::GithubUnauthorized, "UNAUTHORIZED"),
        comes_and_goes(Fault::GithubForbidden, "FORBIDDEN"),
        comes_and_goes(Fault::GithubTooMany, "429"),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn github_that_was_never_there_is_no_empty_list_and_comes_when_it_comes() {
    let mut deck = begun(&[], "").await;
    deck.fault(Fault::GithubDown);
    deck.press("5 z");
    deck.sees("NO ANSWER").await;
    let text = deck.text();
    assert!(!text.contains("no pull request is open") && !text.contains("no repository is configured"), "{text}");
    deck.fault(Fault::None);
    deck.until("the costs", |deck| repository(deck).sight(Topic::Cost).seen.is_some()).await;
    deck.sees("#428").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_preview_goes_on_an_old_idea_of_its_pull_request() {
    let mut deck = shop(&[], "").await;
    deck.fault(Fault::GithubDown);
    deck.press("6");
    // It is the flags that nobody can ask about. Another one is asked to see whether it is all of GitHub, and then it is.
    deck.sees("STALE").await;
    deck.until("the previews, too", |deck| repository(deck).sight(Topic::Previews).failing.is_some()).await;
    at(&mut deck, "previews", "pr-407").await;
    deck.press("D");
    let danger = deck.dialog().map(|dialog| dialog.items[0].plan.danger.clone());
    assert_eq!(danger, Some(Danger::Type("407".to_owned())), "{}", deck.text());
    deck.asked().await;
    deck.press("esc");
    deck.fault(Fault::None);
    deck.until("all is seen again", |deck| {
        Topic::ALL.into_iter().all(|topic| repository(deck).sight(topic).failing.is_none())
    })
    .await;
    deck.press("D");
    let danger = deck.dialog().map(|dialog| dialog.items[0].plan.danger.clone());
    assert_eq!(danger, Some(Danger::TypeName), "{}", deck.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_repository_its_panes_say_what_to_do() {
    let mut deck = Deck::small().await;
    deck.press("7 z");
    deck.sees("no repository is configured: set github.repository in config.yaml").await;
}
