//! Acting as an operator does: an action's key, and the dialog that it opens.

use super::Pty;
use super::wait::PATIENCE;

/// The words of a dialog that can be confirmed.
const CONFIRMABLE: &str = "nothing is sent before you confirm";
/// The words of a dialog that cannot, yet.
const NOT_YET: &str = "not yet:";

impl Pty {
    /// Presses an action's key, waits for the server's leave, types the name where it is asked for, and confirms.
    pub fn act(&mut self, key: &str, name: &str) {
        self.press(key);
        self.wait_until("leave of the server", PATIENCE, |screen| {
            screen.contains(CONFIRMABLE) || screen.contains(&format!("{NOT_YET} type {name}"))
        });
        self.confirm(name);
    }

    /// Confirms the dialog that is open.
    pub fn confirm(&mut self, name: &str) {
        let closed = |screen: &str| !screen.contains(CONFIRMABLE) && !screen.contains(NOT_YET);
        self.catch_up();
        if self.text().contains(NOT_YET) {
            let typed = format!("\u{15}{name}");
            self.press_until(&typed, "the name", |screen| screen.contains(CONFIRMABLE));
            self.press_until("\r", "the end of the dialog", closed);
        } else {
            self.press_until("y", "the end of the dialog", closed);
        }
    }
}
