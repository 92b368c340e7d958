//! The question before a write, on a terminal. The plan goes to stderr: stdout stays one document.

use std::io::{IsTerminal, Write, stderr, stdin};

use tokio::sync::oneshot;

use crate::headless::results::plan_text;
use crate::release::text::visible;

use super::carry_out::Confirmed;

/// Whether there is somebody to ask.
pub fn is_possible() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

/// Shows what would be done and waits for the answer; anything but the asked-for word is a no.
pub async fn confirm(ready: &[&Confirmed]) -> bool {
    let mut text: String = ready.iter().map(|ready| plan_text(&ready.plan)).collect();
    for warning in ready.iter().flat_map(|ready| ready.preflight.dry_run.iter().flatten()).flat_map(|dry| &dry.warnings)
    {
        text += &format!("  warning: {}\n", visible(warning));
    }
    let expected = word(ready);
    text += &format!("\nType {} to do it: ", visible(&expected));
    let mut err = stderr();
    if err.write_all(text.as_bytes()).and_then(|()| err.flush()).is_err() {
        return false;
    }
    answered().await.is_some_and(|answer| answer.trim() == expected)
}

/// `yes`, or the name or number where the plan asks for that much care.
fn word(ready: &[&Confirmed]) -> String {
    ready.iter().find_map(|ready| ready.plan.to_type()).unwrap_or("yes").to_owned()
}

/// One line of standard input. On a thread of its own and not the runtime's, whose end would wait for it.
async fn answered() -> Option<String> {
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        if stdin().read_line(&mut line).is_ok_and(|read| read > 0) {
            let _ = tell.send(line);
        }
    });
    told.await.ok()
}
