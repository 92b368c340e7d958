//! What each user may do, and how the screen says it.

use std::time::Duration;

use rustix::process::Signal;

use crate::contract::api::User;
use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_is_refused_with_the_reason() {
    let stage = Stage::set("viewer").await;
    stage.ship("1.1.0").await;
    stage.is("Paused", 1).await;
    let mut screen = stage.screen(User::Viewer);
    screen.wait_for_line(&["web", "Paused", "1/4"]);
    // The row may come with the first page; nothing is done before the list is whole.
    screen.wait_for("LIVE");
    screen.press("2P");
    screen.wait_for("not yet: the API server would refuse it");
    screen.wait_for("may not patch rollouts/status");
    screen.press_until("y\u{1b}", "the end of the dialog", |screen| !screen.contains("not yet:"));
    assert_eq!(stage.journal_words(), ["promote refused refused"], "wanted, and not even tried for good");
    assert_eq!(stage.heard(), [""; 0]);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_forbidden_and_the_program_lives() {
    let stage = Stage::set("nobody").await;
    let mut screen = stage.screen(User::Nobody);
    screen.wait_for("FORBIDDEN");
    screen.wait_for("cannot list resource");
    // Nothing that acts works here, so that it stands last.
    screen.press("?");
    screen.wait_for("lines 1-");
    screen.press("G");
    screen.wait_for("promote");
    screen.press("\u{1b}");
    assert!(!screen.text().contains("web:1.0.0"));
    screen.signal(Signal::TERM);
    screen.ends_within(Duration::from_secs(2));
    stage.strike().await;
}
