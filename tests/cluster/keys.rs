//! Every action pressed as a key, seen in the cluster, in the journal and in the API server's own log.

use crate::contract::api::User;
use crate::driver::Pty;
use crate::stage::Stage;

/// Presses the action's key, confirms, and waits until the screen says that it took effect.
fn act(screen: &mut Pty, stage: &Stage, key: &str, action: &str) {
    screen.act(key, "web");
    took_effect(screen, stage, action);
}

fn took_effect(screen: &mut Pty, stage: &Stage, action: &str) {
    let what = format!("{action} {}/", stage.api.namespace);
    screen.wait_for_line(&[&what, "took effect in"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_action_is_a_key() {
    let stage = Stage::set("every_key").await;
    let mut screen = stage.screen(User::Operator);
    screen.wait_for_line(&["web", "Healthy", "4/4"]);
    screen.press("2");

    stage.ship("1.1.0").await;
    screen.wait_for_line(&["web", "Paused", "1/4"]);
    act(&mut screen, &stage, "P", "promote");
    stage.is("Paused", 3).await;

    screen.wait_for_line(&["web", "Paused", "3/4"]);
    act(&mut screen, &stage, "W", "pause");
    stage.web(|web| web["spec"]["paused"] == true).await;
    act(&mut screen, &stage, "C", "resume");
    stage.web(|web| web["spec"]["paused"] != true).await;

    act(&mut screen, &stage, "A", "abort");
    stage.is("Degraded", 0).await;
    screen.wait_for_line(&["web", "Degraded", "0/4"]);
    act(&mut screen, &stage, "R", "retry");
    stage.is("Paused", 1).await;
    screen.wait_for_line(&["web", "Paused", "1/4"]);

    // The run of the background analysis is the Rollout's only one that has not ended.
    screen.act("T", "web");
    screen.wait_for_line(&["terminate", "took effect in"]);
    stage.is("Paused", 1).await;

    act(&mut screen, &stage, "X", "skip-step");
    stage.is("Paused", 3).await;
    screen.wait_for_line(&["web", "Paused", "3/4"]);

    screen.press("U");
    screen.wait_for("undo ");
    screen.wait_for_line(&["web:1.0.0", "stable"]);
    screen
        .press_until("G\r", "the plan", |screen| screen.contains("not yet:") || screen.contains("before you confirm"));
    screen.wait_until("the difference", crate::stage::STALE_WITHIN, |screen| {
        screen.contains("web:1.0.0") && screen.contains("type web")
    });
    screen.confirm("web");
    took_effect(&mut screen, &stage, "undo");
    let back = stage.is("Healthy", 4).await;
    assert_eq!(back["metadata"]["annotations"]["rollout.argoproj.io/revision"], "3");

    act(&mut screen, &stage, "O", "restart");
    let again = stage.is("Healthy", 4).await;
    assert!(again["status"]["restartedAt"].is_string());

    stage.ship("1.2.0").await;
    screen.wait_for_line(&["web", "Paused", "1/4"]);
    act(&mut screen, &stage, "F", "promote-full");
    stage.is("Healthy", 4).await;

    witnesses_agree(&stage).await;
    screen.press("q");
    assert!(screen.ends_within(crate::stage::STALE_WITHIN).success());
    stage.strike().await;
}

/// The journal has an intent, an outcome and what was seen of each; the server heard each once, and one try before.
async fn witnesses_agree(stage: &Stage) {
    let actions = [
        ("promote", "rollouts/status"),
        ("pause", "rollouts"),
        ("resume", "rollouts"),
        ("abort", "rollouts/status"),
        ("retry", "rollouts/status"),
        ("terminate", "analysisruns"),
        ("skip-step", "rollouts/status"),
        ("undo", "rollouts"),
        ("restart", "rollouts"),
        ("promote-full", "rollouts/status"),
    ];
    let told: Vec<String> = actions
        .iter()
        .flat_map(|(action, _)| ["intent", "outcome applied", "verified"].map(|kind| format!("{action} {kind}")))
        .collect();
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    stage.journal_is(&told).await;
    let heard: Vec<String> = actions
        .iter()
        .flat_map(|(_, resource)| {
            [format!("dry patch {resource} 200"), format!("patch {resource} 200"), "create events 201".to_owned()]
        })
        .collect();
    assert_eq!(stage.requests(), heard);
}
