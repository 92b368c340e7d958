//! Moving, filtering, sorting, marking and looking closer, on live data.

use flightdeck::panes;
use flightdeck::panes::ui::Overlay;
use flightdeck::sim::WorldConfig;

use super::deck::Deck;

#[tokio::test(flavor = "multi_thread")]
async fn the_selection_stays_on_its_object_while_rows_move() {
    let mut deck = Deck::demo().await;
    deck.select("shop/web").await;
    deck.press("/ ctrl-u enter");
    let uid = deck.app.ui.list().cursor.clone();
    let order = |deck: &Deck| deck.text().lines().position(|line| line.starts_with('▌'));
    let before = order(&deck);
    // Three that were above it are gone, and what was healthy comes before it.
    for path in ["rollouts/search/indexer", "rollouts/shop/checkout", "rollouts/finance/ledger"] {
        deck.world.delete(path);
    }
    deck.until("they are gone", |deck| deck.app.model.rollouts.len() == 12).await;
    assert_eq!(deck.app.ui.list().cursor, uid);
    assert_ne!(order(&deck), before, "{}", deck.text());
    deck.press("c");
    assert_eq!(deck.copied, ["shop/web"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_narrow_and_say_so() {
    let mut deck = Deck::demo().await;
    deck.press("2");
    for (filter, rows) in
        [("'platform'", 4), ("'!platform'", 11), ("'/^(cart|catalog)$/'", 2), ("'-lteam=payments'", 4)]
    {
        deck.press(&format!("/ ctrl-u {filter} enter"));
        deck.until(&format!("{filter}: {rows} rows"), |deck| deck.text().contains(&format!(" {rows} of 15"))).await;
    }
    deck.press("/ ctrl-u '/(/' enter");
    assert!(matches!(&deck.app.ui.overlay, Some(Overlay::Filter { error: Some(_), .. })), "a bad pattern is told");
    deck.press("esc esc");
    deck.until("all rows again", |deck| deck.app.ui.lists[1].filter.is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sort_mark_zoom_and_back() {
    let mut deck = Deck::small().await;
    deck.press("2 s");
    assert!(deck.notice().starts_with("sorted by"), "{}", deck.notice());
    deck.press("S");
    assert!(deck.notice().ends_with("reversed"), "{}", deck.notice());
    deck.press("space j space");
    assert_eq!(deck.app.ui.list().marks.len(), 2);
    deck.press("z");
    deck.until("one pane", |deck| !deck.text().contains("3 Timeline 1 ─")).await;
    deck.press("esc");
    assert!(deck.app.ui.list().marks.is_empty() && deck.app.ui.zoom, "one level at a time");
    deck.press("esc");
    assert!(!deck.app.ui.zoom);
    deck.press("esc esc esc");
    assert!(!deck.has_quit, "esc never quits");
    deck.press("q");
    assert!(deck.has_quit);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_palette_finds_and_does() {
    let mut deck = Deck::small().await;
    deck.select("shop/web").await;
    deck.press(": 'prmt'");
    let Some(Overlay::Palette(palette)) = &deck.app.ui.overlay else { panic!("{:?}", deck.app.ui.overlay) };
    assert_eq!(palette.entries[0].name, "promote");
    deck.press("enter");
    assert!(deck.dialog().is_none(), "a guess changes nothing");
    deck.press("ctrl-u 'prom' enter");
    assert_eq!(deck.dialog().map(|open| open.items[0].plan.action), Some("promote"));
    deck.later(400);
    deck.press("enter");
    assert!(deck.dialog().is_some(), "the enter that chose it does not confirm it");
    deck.press("n ?");
    assert!(matches!(deck.app.ui.overlay, Some(Overlay::Help { .. })));
    deck.press("esc : 'timeline' enter");
    assert_eq!(deck.app.ui.focus, panes::index_of("timeline").unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_detail_shows_what_belongs_to_it_and_survives_its_end() {
    let mut deck = Deck::small().await;
    deck.select("shop/web").await;
    deck.press("enter");
    deck.until("its ReplicaSets", |deck| deck.app.model.replica_sets.len() >= 2).await;
    deck.sees("web").await;
    deck.world.delete("rollouts/shop/web");
    let gone = |deck: &Deck| !deck.app.model.rollouts.iter().any(|rollout| rollout.id.path() == "shop/web");
    deck.until("it is gone", gone).await;
    deck.sees("DELETED").await;
    deck.press("P");
    assert!(deck.dialog().is_none() && deck.notice().contains("gone"), "{}", deck.notice());
    deck.press("esc");
    assert!(deck.app.ui.detail.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_namespace_is_all_that_is_asked_for() {
    let mut deck = Deck::open(WorldConfig::default(), &["-n", "shop"], "").await;
    deck.until("the rollouts of shop", |deck| deck.app.model.rollouts.len() == 4).await;
    assert!(deck.world.requests().iter().all(|request| !request.path.contains("argoproj.io/v1alpha1/rollouts")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_looked_into_is_not_waited_for_afterwards() {
    let look_and_leave = async |key: &str| {
        let mut deck = Deck::demo().await;
        deck.select("shop/web").await;
        deck.press(key);
        deck.until("its ReplicaSets", |deck| deck.app.model.replica_sets.len() >= 2).await;
        // The list of revisions is deaf at first.
        deck.later(400);
        deck.press("esc");
        // What is always watched proves itself again; nobody would for what is watched no more.
        deck.later(16_000);
        deck.sees("STALE").await;
        deck.sees("✓ LIVE").await;
    };
    tokio::join!(look_and_leave("enter"), look_and_leave("U"));
}
