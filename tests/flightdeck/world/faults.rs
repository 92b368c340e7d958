//! Everything that may go wrong outside: the screen has a word for it, goes on, and recovers.

use std::time::{Duration, Instant};

use flightdeck::panes::ui::Check;
use flightdeck::release::model::Liveness;
use flightdeck::sim::Fault;

use super::deck::{Deck, small};

/// The screen says `word` while the fault lasts, can be moved in, and is live again afterwards.
async fn comes_and_goes(fault: Fault, word: &str) {
    let mut deck = Deck::small().await;
    deck.fault(fault);
    deck.sees(word).await;
    assert!(deck.text().contains("shop/web"), "the last data stay:\n{}", deck.text());
    deck.press("2 j j tab k");
    assert_eq!(deck.app.ui.focus, 2);
    deck.press("1");
    deck.fault(Fault::None);
    deck.sees("✓ LIVE").await;
}

/// All at once: each waits for real pauses between tries, the longest half a minute.
#[tokio::test(flavor = "multi_thread")]
async fn every_fault_has_its_word_and_passes() {
    tokio::join!(
        comes_and_goes(Fault::Down, "RETRYING"),
        comes_and_goes(Fault::Forbidden, "FORBIDDEN"),
        comes_and_goes(Fault::Unauthorized, "UNAUTHORIZED"),
        comes_and_goes(Fault::TooMany, "RETRYING"),
        silence_is_noticed_within_15_seconds(),
    );
}

async fn silence_is_noticed_within_15_seconds() {
    let mut deck = Deck::small().await;
    deck.fault(Fault::Silent);
    let begun = Instant::now();
    deck.until("a word for the silence", |deck| !deck.text().contains("✓ LIVE")).await;
    // The limit is the cockpit's own; the rest is a slow machine.
    assert!(begun.elapsed() < Duration::from_secs(18), "{:?}", begun.elapsed());
    deck.fault(Fault::None);
    deck.sees("✓ LIVE").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_410_nothing_is_missed() {
    let mut deck = Deck::small().await;
    deck.fault(Fault::Gone);
    deck.world.delete("rollouts/shop/catalog");
    let is_there = |deck: &Deck| deck.app.model.rollouts.iter().any(|rollout| &*rollout.id.name == "catalog");
    deck.until("catalog gone", |deck| !is_there(deck)).await;
    deck.sees("✓ LIVE").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_is_asked_first_and_sent_once() {
    let mut deck = Deck::small().await;
    deck.select("shop/web").await;
    deck.fault(Fault::Slow(Duration::from_millis(700)));
    deck.press("P");
    deck.later(400);
    deck.press("y");
    assert_eq!(deck.notice(), "asking the API server first");
    assert!(deck.dialog().is_some());
    deck.asked().await;
    deck.press("y");
    deck.fault(Fault::None);
    deck.says("took effect").await;
    assert_eq!(deck.writes().len(), 1, "{:#?}", deck.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn forbidden_writes_are_said_before_anything_is_sent() {
    let mut deck = Deck::small().await;
    deck.fault(Fault::ForbiddenWrites);
    deck.select("shop/web").await;
    deck.press("P");
    deck.asked().await;
    let refused = |deck: &Deck| match deck.dialog().map(|open| open.items[0].check.clone()) {
        Some(Check::Refused(reason)) => reason,
        other => panic!("{other:?}"),
    };
    assert!(refused(&deck).contains("may not"), "{}", refused(&deck));
    deck.press("y");
    assert!(deck.dialog().is_some() && deck.writes().is_empty());
    deck.until("a record of the refusal", |deck| deck.journal().len() == 1).await;
    let record = deck.journal().remove(0);
    assert_eq!((&record["kind"], &record["result"]["result"]), (&"refused".into(), &"refused".into()), "{record:#}");
    deck.until("the audit pane tells it", |deck| deck.app.model.deeds.len() == 1).await;
    // Rights that were granted meanwhile count at once.
    deck.fault(Fault::None);
    deck.press("esc P");
    deck.asked().await;
    deck.confirm();
    deck.says("took effect").await;
    assert_eq!(deck.writes().len(), 1, "{:#?}", deck.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_told_and_changes_nothing() {
    let mut deck = Deck::small().await;
    deck.select("shop/web").await;
    deck.press("P");
    deck.asked().await;
    deck.fault(Fault::Conflict);
    deck.press("y");
    deck.until("an outcome", |deck| deck.journal().len() == 2).await;
    assert_eq!(deck.journal()[1]["result"]["result"], "conflict", "{:#?}", deck.journal());
    deck.until("the end of the work", |deck| deck.app.works.is_empty()).await;
    assert_eq!(deck.writes().len(), 1, "a conflict is not tried again");
    assert!(!deck.notice().contains("took effect"), "{}", deck.notice());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_controller_nothing_takes_effect_and_that_is_said() {
    let mut deck = Deck::open(small(), &[], "verify_timeout: 2s\n").await;
    deck.fault(Fault::ControllerAway);
    deck.select("platform/identity").await;
    deck.press("O");
    deck.asked().await;
    deck.press("y");
    deck.says("accepted, no effect after").await;
    assert!(deck.notice().contains("controller"), "{}", deck.notice());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_metrics_the_detail_says_so_and_the_rest_goes_on() {
    let mut deck = Deck::demo().await;
    deck.fault(Fault::NoMetrics);
    deck.select("shop/checkout").await;
    deck.press("enter");
    deck.sees("prometheus").await;
    let rollouts = deck.app.model.source("test", "rollouts").expect("a source");
    assert_eq!(rollouts.liveness(deck.now()), Liveness::Live);
}
