//! How the program ends when nobody quits it, and what it leaves of the terminal.

use std::time::Duration;

use rustix::process::Signal;

use crate::contract::api::User;
use crate::stage::Stage;

const LEAVE_ALTERNATE_SCREEN: &[u8] = b"\x1b[?1049l";
const SHOW_CURSOR: &[u8] = b"\x1b[?25h";
const AT_ONCE: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_with_its_terminal() {
    let stage = Stage::set("endings").await;
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut screen = stage.screen(User::Viewer);
        screen.wait_for_line(&["web", "Healthy"]);
        screen.signal(signal);
        screen.ends_within(AT_ONCE);
        gave_back(&screen.raw);
    }
    let mut screen = stage.screen(User::Viewer);
    screen.wait_for_line(&["web", "Healthy"]);
    screen.press("q");
    assert!(screen.ends_within(AT_ONCE).success());
    gave_back(&screen.raw);

    let mut screen = stage.screen(User::Viewer);
    screen.wait_for_line(&["web", "Healthy"]);
    screen.hang_up();
    screen.ends_within(AT_ONCE);
    stage.strike().await;
}

/// The last bytes leave the alternate screen and show the cursor.
fn gave_back(bytes: &[u8]) {
    let end = &bytes[bytes.len().saturating_sub(64)..];
    let at = |wanted: &[u8]| end.windows(wanted.len()).rposition(|window| window == wanted);
    let (left, shown) = (at(LEAVE_ALTERNATE_SCREEN), at(SHOW_CURSOR));
    assert!(left.is_some() && shown > left, "{}", end.escape_ascii());
    assert!(end.ends_with(SHOW_CURSOR), "{}", end.escape_ascii());
}
