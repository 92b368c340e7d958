//! A real canary as the screen tells it.

use std::time::Duration;

use serde_json::json;

use crate::contract::api::{MERGE, User};
use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_is_watched_through_its_steps() {
    let stage = Stage::set("watched").await;
    let mut screen = stage.screen(User::Viewer);
    screen.wait_for_line(&["web", "Healthy", "4/4", "100/100", "web:1.0.0"]);
    screen.wait_for("nothing waits for a human");
    screen.wait_for("LIVE");

    stage.ship("1.1.0").await;
    screen.wait_for_line(&["waiting for you", "/web", "CanaryPauseStep at step 1/4"]);
    screen.wait_for_line(&["web", "Paused", "1/4", "10/", "web:1.1.0"]);
    // Somebody else goes on.
    let go_on = json!({"status": {"pauseConditions": null}});
    let status = format!("{}/status", stage.api.rollout("web"));
    stage.api.patch(&status, MERGE, go_on.clone()).await.done();
    screen.wait_for_line(&["web", "Paused", "3/4", "50/50"]);
    stage.api.patch(&status, MERGE, go_on).await.done();
    screen.wait_for_line(&["web", "Healthy", "4/4", "100/100", "web:1.1.0"]);
    screen.wait_for("nothing waits for a human");

    stage.api.delete(&stage.api.rollout("web"), serde_json::Value::Null).await.done();
    screen.wait_until("an empty list", Duration::from_secs(10), |screen| !screen.contains("web:1.1.0"));
    assert_eq!(stage.requests(), [""; 0], "who only looks sends nothing");
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_degrades_by_itself_and_the_screen_says_why() {
    let stage = Stage::set("degraded").await;
    let mut screen = stage.screen(User::Viewer);
    stage.ship("1.1.0").await;
    screen.wait_for_line(&["web", "Paused", "1/4"]);
    stage.error_rate("0.3").await;
    // Metric, value and condition, before anybody has opened anything.
    screen.wait_for_line(&["aborted", "/web", "error-rate 0.", "wanted result[0] < 0.05"]);
    screen.wait_for_line(&["web", "Degraded", "0/4"]);
    stage.is("Degraded", 0).await;

    screen.press("2\r");
    screen.wait_for("failed (2) > failureLimit (1)");
    screen.wait_for_line(&["why", "error-rate 0.", "wanted result[0] < 0.05"]);
    screen.wait_for_line(&["live", "not < 0.05"]);
    screen.wait_for_line(&["measured", "✗ 0."]);
    screen.wait_for("RolloutAborted");

    stage.strike().await;
}
