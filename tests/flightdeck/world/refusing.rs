//! What is refused, and the reason that is given: nothing of it reaches the cluster.

use std::os::unix::fs::PermissionsExt;

use flightdeck::panes::ui::Field;

use super::deck::{Deck, small};

const PROTECTED: &str = "contexts:\n  test: { protected: true }\n";

async fn with(arguments: &[&str], configuration: &str) -> Deck {
    let mut deck = Deck::open(small(), arguments, configuration).await;
    deck.select("shop/web").await;
    deck
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_says_so_and_sends_nothing() {
    let mut deck = with(&["--read-only"], "").await;
    assert!(deck.text().contains("READ-ONLY"), "{}", deck.text());
    for key in ["P", "F", "X", "A", "W", "O", "U"] {
        deck.press(key);
        assert!(deck.dialog().is_none());
        assert!(deck.notice().contains("read-only"), "{key}: {}", deck.notice());
    }
    assert!(deck.world.requests().iter().all(|request| request.method == "GET"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_context_is_closed_until_it_is_opened() {
    let mut deck = with(&[], PROTECTED).await;
    assert!(deck.text().contains("PROTECTED") && deck.text().contains("READ-ONLY"), "{}", deck.text());
    deck.press("A");
    assert!(deck.notice().contains("--write opens it"), "{}", deck.notice());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_window_closes_by_itself() {
    let mut deck = with(&["--write=2m"], PROTECTED).await;
    deck.later(119_000);
    // The watch has to be heard from at the new time, else that would be the reason.
    let heard = deck.now();
    let fresh = move |deck: &Deck| {
        deck.app.model.source("test", "rollouts").and_then(|source| source.heard).is_some_and(|at| at >= heard)
    };
    deck.until("the watch is heard", fresh).await;
    deck.later(3_000);
    deck.press("A");
    assert!(deck.dialog().is_none());
    assert!(deck.notice().contains("the time for writing to context test ended"), "{}", deck.notice());
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_protected_context_the_name_is_typed() {
    let mut deck = with(&["--write=15m"], PROTECTED).await;
    deck.press("P");
    deck.asked().await;
    if deck.dialog().map(|open| open.field) == Some(Field::Reason) {
        deck.press("'CHG-1' tab");
    }
    assert_eq!(deck.dialog().map(|open| open.field), Some(Field::Name));
    deck.press("y enter");
    assert!(deck.dialog().is_some() && deck.writes().is_empty());
    deck.press("ctrl-u 'web' enter");
    deck.says("took effect").await;
    assert_eq!(deck.writes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_is_asked_for_and_recorded() {
    let mut deck = with(&[], "audit: { require_reason: true }\n").await;
    deck.press("P");
    deck.asked().await;
    deck.press("enter");
    assert!(deck.dialog().is_some());
    assert!(deck.notice().contains("a reason is required"), "{}", deck.notice());
    deck.press("'CHG-7' enter");
    deck.says("took effect").await;
    assert_eq!(deck.journal()[0]["reason"], "CHG-7");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_is_not_sent() {
    let mut deck = with(&[], "").await;
    deck.press("P");
    deck.asked().await;
    // The folder of the journal is a file: nobody, root neither, can write into it.
    std::fs::write(deck.state(), "").expect("a file");
    std::fs::set_permissions(deck.state(), std::fs::Permissions::from_mode(0o400)).expect("permissions");
    deck.press("y");
    deck.says("not sent").await;
    assert!(deck.app.works.is_empty() && deck.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_apply_says_why() {
    let mut deck = with(&[], "").await;
    for (rollout, key) in [("shop/cart", "P"), ("shop/cart", "A"), ("shop/web", "R"), ("shop/web", "C")] {
        deck.select(rollout).await;
        deck.press(key);
        assert!(deck.dialog().is_none(), "{key} on {rollout}");
        assert!(deck.notice().starts_with(|c: char| c.is_lowercase()), "{key} on {rollout}: {}", deck.notice());
        assert!(deck.notice().contains(rollout), "{}", deck.notice());
    }
    assert!(deck.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_gone_is_refused_at_the_last_moment() {
    let mut deck = with(&[], "").await;
    deck.press("P");
    deck.asked().await;
    deck.world.delete("rollouts/shop/web");
    let gone = |deck: &Deck| !deck.app.model.rollouts.iter().any(|rollout| rollout.id.path() == "shop/web");
    deck.until("it is gone", gone).await;
    deck.press("y");
    assert!(deck.notice().contains("gone"), "{}", deck.notice());
    assert!(deck.writes().is_empty());
    deck.until("the record that it was refused", |deck| deck.journal().len() == 1).await;
    assert_eq!(deck.journal()[0]["kind"], "refused");
}
