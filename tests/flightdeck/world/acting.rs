//! Every action by its key: once, after a dialog, and only with the key that confirms.

use flightdeck::sim::Fault;
use serde_json::Value;

use super::deck::Deck;

fn field(deck: &Deck, rollout: &str, pointer: &str) -> Value {
    let object = deck.world.get(&format!("rollouts/{rollout}")).expect("a rollout");
    object.pointer(pointer).cloned().unwrap_or(Value::Null)
}

/// Presses the action's key on that Rollout, confirms, and waits for the effect; the requests that were sent.
async fn done(deck: &mut Deck, rollout: &str, key: &str) {
    let (writes, records) = (deck.writes().len(), deck.journal().len());
    deck.select(rollout).await;
    deck.press(key);
    assert!(deck.dialog().is_some(), "{key} on {rollout}: {}", deck.notice());
    deck.asked().await;
    assert_eq!(deck.writes().len(), writes, "nothing is sent before it is confirmed");
    deck.confirm();
    deck.says("took effect").await;
    let sent = deck.writes()[writes..].to_vec();
    assert_eq!(sent.len(), 1, "{key} on {rollout}: {sent:#?}");
    assert!((200..300).contains(&sent[0].status), "{sent:#?}");
    deck.until("all three records", |deck| deck.journal().len() == records + 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn promote_and_skip_step_and_promote_full() {
    let mut deck = Deck::demo().await;
    done(&mut deck, "shop/web", "P").await;
    assert_eq!(field(&deck, "shop/web", "/status/currentStepIndex"), 2);
    done(&mut deck, "platform/gateway", "X").await;
    done(&mut deck, "payments/fraud", "F").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn abort_and_retry() {
    let mut deck = Deck::demo().await;
    done(&mut deck, "platform/gateway", "A").await;
    assert_eq!(field(&deck, "platform/gateway", "/status/abort"), true);
    done(&mut deck, "platform/gateway", "R").await;
    assert_ne!(field(&deck, "platform/gateway", "/status/abort"), true);
}

#[tokio::test(flavor = "multi_thread")]
async fn pause_and_resume_and_restart() {
    let mut deck = Deck::demo().await;
    done(&mut deck, "search/recommend", "W").await;
    assert_eq!(field(&deck, "search/recommend", "/spec/paused"), true);
    done(&mut deck, "search/recommend", "C").await;
    assert_ne!(field(&deck, "search/recommend", "/spec/paused"), true);
    done(&mut deck, "shop/cart", "O").await;
    assert_ne!(field(&deck, "shop/cart", "/spec/restartAt"), Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_to_a_chosen_revision() {
    let mut deck = Deck::small().await;
    deck.select("shop/catalog").await;
    deck.press("U");
    let sets = |deck: &Deck| deck.app.model.replica_sets.len();
    deck.until("revisions to choose from", |deck| sets(deck) >= 2).await;
    deck.later(400);
    deck.press("enter");
    deck.until("the dialog", |deck| deck.dialog().is_some()).await;
    deck.asked().await;
    deck.confirm();
    deck.says("took effect").await;
    assert_eq!(deck.writes().len(), 1, "{:#?}", deck.writes());
    let image = field(&deck, "shop/catalog", "/spec/template/spec/containers/0/image");
    assert_eq!(image, "ghcr.io/acme/catalog:9.3.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn terminate_a_run() {
    let mut deck = Deck::demo().await;
    deck.select("shop/checkout").await;
    let runs = |deck: &Deck| deck.app.model.runs.iter().any(|run| !run.phase.is_completed());
    deck.until("a run at work", runs).await;
    deck.press("T");
    if deck.dialog().is_none() {
        // The demo's canary was aborted before we were ready: its run has ended, and that is said.
        assert!(!deck.notice().is_empty());
        return;
    }
    deck.asked().await;
    deck.press("y");
    deck.until("an end", |deck| deck.app.works.is_empty() || deck.notice().contains("took effect")).await;
    assert!(deck.writes().len() <= 1, "{:#?}", deck.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_confirm_key_confirms_and_not_too_soon() {
    let mut deck = Deck::small().await;
    deck.select("shop/web").await;
    deck.press("P");
    deck.asked().await;
    deck.later(-400);
    deck.press("y");
    assert!(deck.dialog().is_some(), "within 300 ms a key was meant for what was there before");
    deck.later(400);
    deck.press("P P enter space W");
    assert!(deck.dialog().is_some(), "neither the trigger nor enter confirms");
    deck.press("n");
    assert!(deck.dialog().is_none());
    assert_eq!(deck.notice(), "nothing was changed");
    assert!(deck.writes().is_empty() && deck.journal().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_held_down_confirms_nothing() {
    use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
    let mut deck = Deck::small().await;
    deck.select("shop/web").await;
    deck.press("P");
    deck.asked().await;
    let mut held = KeyEvent::new(KeyCode::Char('y'), KeyModifiers::NONE);
    held.kind = KeyEventKind::Repeat;
    deck.update(flightdeck::app::event::Event::Key(held));
    assert!(deck.dialog().is_some() && deck.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn marked_rows_are_one_dialog_and_one_confirm() {
    let mut deck = Deck::demo().await;
    deck.select("platform/identity").await;
    deck.press("/ ctrl-u 'Healthy' enter");
    deck.until("only healthy ones", |deck| deck.text().contains("of 15")).await;
    deck.press("*");
    deck.press("W");
    let Some(open) = deck.dialog() else { panic!("{}\n{}", deck.notice(), deck.text()) };
    let (plans, refused) = (open.items.len(), open.refused.len());
    assert!(plans >= 5, "{plans} plans, {refused} refused");
    deck.asked().await;
    deck.press("y");
    deck.until("all of them took effect", |deck| {
        let seen = deck.app.model.timeline.markdown().matches("took effect").count();
        seen == plans
    })
    .await;
    let mut writes: Vec<String> = deck.writes().into_iter().map(|request| request.path).collect();
    let sent = writes.len();
    writes.sort();
    writes.dedup();
    assert_eq!((sent, writes.len()), (plans, plans), "each once");
    assert!(deck.app.ui.list().marks.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moved_on_behind_a_frozen_screen_is_refused() {
    let mut deck = Deck::small().await;
    deck.select("shop/web").await;
    deck.press("f");
    let before = deck.text();
    deck.world.edit("rollouts/shop/web", |web| web["status"]["currentStepIndex"] = 3.into());
    let index = |deck: &Deck| {
        let web = deck.app.model.rollouts.iter().find(|rollout| rollout.id.path() == "shop/web");
        web.and_then(|web| web.status.current_step_index)
    };
    deck.until("the model has it", |deck| index(deck) != Some(1)).await;
    assert!(deck.text().contains("FROZEN"), "{before}");
    deck.press("P");
    assert!(deck.dialog().is_none());
    assert!(deck.notice().contains("moved on since it was shown"), "{}", deck.notice());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_does_not_touch_the_picture_before_the_cluster_did_it() {
    let mut deck = Deck::small().await;
    deck.select("shop/web").await;
    deck.press("P");
    deck.asked().await;
    deck.fault(Fault::ControllerAway);
    deck.press("y");
    deck.says("waiting for the effect").await;
    let web = deck.app.model.rollouts.iter().find(|rollout| rollout.id.path() == "shop/web").expect("web");
    assert_eq!(web.status.current_step_index, Some(1), "no wish is painted");
}
