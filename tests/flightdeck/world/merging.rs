//! A change of a protected branch, from the key to the pull request's end: what the screen and the journal say on the way.

use flightdeck::sim::World;
use serde_json::{Value, json};

use super::deck::Deck;
use super::shop::{at, confirmed, repository, sent, shop_of, story};

/// The shop, whose branch takes changes through pull requests only.
async fn protected() -> Deck {
    let mut world = story();
    for story in &mut world.stories {
        *story = story.replace("  repository: acme/shop\n", "  repository: acme/shop\n  protected: true\n");
    }
    shop_of(world).await
}

/// Somebody does that to a pull request.
async fn decide(world: &World, method: reqwest::Method, path: &str, body: Value) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}/repos/acme/shop/pulls/{path}", world.github_url());
    let answer = client.request(method, &url).body(body.to_string()).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{answer:?}");
}

async fn killed(deck: &mut Deck) {
    at(deck, "flags", "new_checkout").await;
    confirmed(deck, "D").await;
    deck.says("kill new_checkout: pull request #432 is open: not in effect before it is merged").await;
    deck.press("1");
    deck.sees("not merged yet").await;
}

fn effects(deck: &Deck) -> Vec<Value> {
    let records = deck.journal();
    records.iter().filter(|record| record["kind"] == "verified").map(|it| it["result"]["effect"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_that_is_merged_is_followed_to_the_branch() {
    let mut deck = protected().await;
    killed(&mut deck).await;
    decide(&deck.world, reqwest::Method::PUT, "432/merge", json!({})).await;
    deck.says("kill new_checkout: on the branch after").await;
    deck.until("nothing to merge", |deck| !deck.text().contains("not merged")).await;
    let flags = repository(&deck).flags.as_ref().and_then(|file| file.flags.as_ref().ok()).expect("flags");
    assert_eq!(flags.get("new_checkout").map(|flag| flag.state("prod").word()), Some("off"));
    deck.until("the record", |deck| effects(deck).last() == Some(&json!("done"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_that_is_turned_down_is_told_and_can_be_tried_again() {
    let mut deck = protected().await;
    killed(&mut deck).await;
    at(&mut deck, "flags", "new_checkout").await;
    deck.press("D");
    assert!(deck.dialog().is_none() && deck.notice().contains("#432 asks for the same already"), "{}", deck.notice());
    decide(&deck.world, reqwest::Method::PATCH, "432", json!({ "state": "closed" })).await;
    deck.says("kill new_checkout: pull request #432 was closed without merging: it is not in effect").await;
    deck.press("1");
    deck.sees("#432 was closed without merging, it is not in effect").await;
    deck.until("the record", |deck| effects(deck).last().is_some_and(|it| it["reverted"].is_string())).await;
    let before = sent(&deck).len();
    // Within the minute its branch would be called the same.
    deck.later(60_000);
    at(&mut deck, "flags", "new_checkout").await;
    confirmed(&mut deck, "D").await;
    deck.says("pull request #433 is open").await;
    assert_eq!(sent(&deck).len(), before + 3);
}
