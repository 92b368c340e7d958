//! Waiting for what the terminal should show: always for something, never for so long.

use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use portable_pty::ExitStatus;

use super::Pty;

/// The longest wait for anything; a loaded machine is slow.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How long a quiet terminal is listened to before a condition outside of it is looked at again.
const GLANCE: Duration = Duration::from_millis(20);
/// How long a terminal is listened to whose program has ended: somebody else may hold it open.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long a dialog is deaf at most, until keys are pressed again.
const DEAF: Duration = Duration::from_millis(400);

impl Pty {
    /// Waits until the screen says that.
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(&format!("{text:?}"), PATIENCE, |screen| screen.contains(text));
    }

    /// Waits until the screen no longer says that.
    pub fn wait_gone(&mut self, text: &str) {
        self.wait_until(&format!("the end of {text:?}"), PATIENCE, |screen| !screen.contains(text));
    }

    /// Waits until one line holds all of these.
    pub fn wait_for_line(&mut self, parts: &[&str]) {
        let wish = |screen: &str| screen.lines().any(|line| parts.iter().all(|part| line.contains(part)));
        self.wait_until(&parts.join(" … "), PATIENCE, wish);
    }

    /// Waits until the screen is as wished; fails when that takes longer.
    pub fn wait_until(&mut self, what: &str, within: Duration, wish: impl Fn(&str) -> bool) {
        assert!(self.becomes(within, wish), "no {what} within {within:?}; the screen:\n{}", self.text());
    }

    /// Waits until the screen is as wished; false when it does not become so.
    pub fn becomes(&mut self, within: Duration, wish: impl Fn(&str) -> bool) -> bool {
        let deadline = Instant::now() + within;
        self.catch_up();
        while !wish(&self.text()) {
            if !self.take_in(deadline.saturating_duration_since(Instant::now())) {
                return false;
            }
        }
        true
    }

    /// Presses keys again and again, as long as a dialog is still deaf, until the screen is as wished.
    pub fn press_until(&mut self, keys: &str, what: &str, wish: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        self.press(keys);
        while !self.becomes(DEAF, &wish) {
            assert!(Instant::now() < deadline, "pressed {keys:?} in vain for {what}; the screen:\n{}", self.text());
            self.press(keys);
        }
    }

    /// Waits until something holds that is not on the screen alone.
    pub fn until(&mut self, what: &str, holds: impl Fn(&Pty) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        self.catch_up();
        while !holds(self) {
            assert!(Instant::now() < deadline, "waited in vain for {what}; the screen:\n{}", self.text());
            self.take_in(GLANCE);
        }
    }

    /// Waits until nothing was written for so long.
    pub fn wait_for_silence(&mut self, long: Duration) {
        let deadline = Instant::now() + PATIENCE;
        while self.take_in(long) {
            assert!(Instant::now() < deadline, "it is never silent; the screen:\n{}", self.text());
        }
    }

    /// Waits until it has ended and all that it wrote is here; fails when the end takes longer.
    pub fn ends_within(&mut self, limit: Duration) -> ExitStatus {
        let status = self.ended.recv_timeout(limit);
        while self.take_in(LAST_WORDS) {}
        status.unwrap_or_else(|_| panic!("it has not ended within {limit:?}; the screen:\n{}", self.text()))
    }

    /// Takes in what is written already.
    pub fn catch_up(&mut self) {
        while self.take_in(Duration::ZERO) {}
    }

    /// Takes in what is written before `patience` is over; false when nothing was, or nothing can be any more.
    fn take_in(&mut self, patience: Duration) -> bool {
        match self.written.recv_timeout(patience) {
            Ok(bytes) => {
                self.parser.process(&bytes);
                self.raw.extend(bytes);
                true
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
        }
    }
}
