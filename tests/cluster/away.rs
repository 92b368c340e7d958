//! What the cockpit does when the server, its memory or the controller goes away.

use std::time::Duration;

use serde_json::{Value, json};

use crate::contract::api::{MERGE, User};
use crate::contract::objects::unattended;
use crate::stage::{STALE_WITHIN, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_is_noticed_and_nothing_is_missed() {
    let stage = Stage::set("killed").await;
    let mut screen = stage.screen(User::Operator);
    screen.wait_for_line(&["web", "Healthy", "4/4"]);
    screen.wait_for("LIVE");
    stage.bed.script(&["stop", "apiserver"]).await;
    screen.wait_until("STALE", STALE_WITHIN, |screen| screen.contains("STALE"));
    assert!(screen.text().contains("web:1.0.0"), "what was seen last stays");
    screen.press("2A");
    screen.wait_for_line(&["abort", "not acting on what may be out of date"]);
    stage.bed.script(&["start", "apiserver"]).await;
    // Before the cockpit's next try.
    stage.ship("1.1.0").await;
    screen.wait_for_line(&["web", "Paused", "1/4", "web:1.1.0"]);
    screen.wait_gone("STALE");
    screen.wait_for("LIVE");
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_falls_silent_is_stale_in_time() {
    let stage = Stage::set("silent").await;
    let mut screen = stage.screen(User::Viewer);
    screen.wait_for_line(&["web", "Healthy", "4/4"]);
    screen.wait_for("LIVE");
    stage.bed.signal("apiserver", rustix::process::Signal::STOP);
    let stale = screen.becomes(STALE_WITHIN, |screen| screen.contains("STALE"));
    stage.bed.signal("apiserver", rustix::process::Signal::CONT);
    assert!(stale, "{}", screen.text());
    screen.wait_gone("STALE");
    screen.wait_for("LIVE");
    // Cut off for so long it may have given its Lease up.
    stage.bed.script(&["stop", "controller"]).await;
    stage.bed.script(&["start", "controller"]).await;
    stage.ship("1.1.0").await;
    screen.wait_for_line(&["web", "Paused", "1/4"]);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_history_loses_nothing_and_doubles_nothing() {
    let stage = Stage::set("forgotten").await;
    for name in ["gone", "stays"] {
        stage.api.create(&stage.api.rollouts(), unattended(name)).await;
    }
    let mut screen = stage.screen(User::Viewer);
    for name in ["gone", "stays", "web"] {
        screen.wait_for_line(&[&stage.api.namespace, name]);
    }
    // The versions that the watches hold are forgotten, and things have moved on since.
    (stage.api.forget)().await;
    stage.api.delete(&stage.api.rollout("gone"), Value::Null).await.done();
    stage.api.create(&stage.api.rollouts(), unattended("new")).await;
    screen.wait_for_line(&[&stage.api.namespace, " new "]);
    let namespace = stage.api.namespace.as_str();
    screen.wait_until("the end of what was deleted", STALE_WITHIN, |text| rows(text, namespace, "gone") == 0);
    screen.wait_gone("STALE");
    let text = screen.text();
    assert_eq!(["new", "stays", "web"].map(|name| rows(&text, namespace, name)), [1, 1, 1], "{text}");
    stage.ship("1.1.0").await;
    screen.wait_for_line(&["web", "Paused", "1/4"]);
    stage.strike().await;
}

/// Rows of a table with that namespace and name.
fn rows(screen: &str, namespace: &str, name: &str) -> usize {
    let is_row = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.windows(2).any(|pair| pair == [namespace, name])
    };
    screen.lines().filter(is_row).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moved_between_dialog_and_confirm_is_a_conflict() {
    let stage = Stage::set("moved").await;
    stage.ship("1.1.0").await;
    stage.is("Paused", 1).await;
    let mut screen = stage.screen(User::Operator);
    screen.wait_for_line(&["web", "Paused", "1/4"]);

    // Seen by the watch: it is not even sent.
    screen.press("2P");
    screen.wait_for("nothing is sent before you confirm");
    let status = format!("{}/status", stage.api.rollout("web"));
    stage.api.patch(&status, MERGE, json!({"status": {"pauseConditions": null}})).await.done();
    stage.is("Paused", 3).await;
    screen.wait_for_line(&["CanaryPauseStep at step 3/4"]);
    screen.confirm("web");
    screen.wait_for_line(&["promote", "not sent", "moved on since it was shown"]);
    assert_eq!(stage.heard(), [""; 0]);

    // Without a controller the watch shows no trace of it: the server's own test has to refuse.
    stage.bed.script(&["stop", "controller"]).await;
    screen.press("U");
    screen.wait_for_line(&["web:1.0.0", "stable"]);
    screen.press_until("G\r", "the plan", |screen| screen.contains("not yet: type web"));
    stage.ship("1.3.0").await;
    let before = stage.api.get(&stage.api.rollout("web")).await.done();
    screen.confirm("web");
    screen.wait_for_line(&["undo", "moved on: template was changed"]);
    assert_eq!(stage.api.get(&stage.api.rollout("web")).await.done(), before, "nothing was changed");
    assert_eq!(stage.heard(), ["patch rollouts 422"]);
    stage.journal_is(&["promote refused refused", "undo intent", "undo outcome conflict"]).await;
    stage.bed.script(&["start", "controller"]).await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_controller_nothing_follows_and_the_lease_says_why() {
    let stage = Stage::set("unled").await;
    stage.ship("1.1.0").await;
    stage.is("Paused", 1).await;
    let mut screen = stage.screen(User::Operator);
    screen.wait_for_line(&["web", "Paused", "1/4"]);
    stage.bed.script(&["stop", "controller"]).await;
    screen.press("2");
    screen.act("W", "web");
    screen.wait_for_line(&["pause", "accepted", "waiting for the effect"]);
    assert!(screen.becomes(Duration::from_secs(40), |screen| screen.contains("no effect after")), "{}", screen.text());
    screen.wait_for_line(&["pause", "accepted, no effect after", "the controller's lease is stale"]);
    stage.journal_is(&["pause intent", "pause outcome applied", "pause verified"]).await;
    assert_eq!(stage.heard(), ["patch rollouts 200", "create events 201"]);
    // It comes back, and the effect that was waited for is seen after all.
    stage.bed.script(&["start", "controller"]).await;
    screen.wait_for_line(&["web", "Paused", "manually paused"]);
    stage.strike().await;
}
