//! The one clock of the simulated world: real time, run at a chosen speed.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// Maps the machine's monotonic time to the world's wall time.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    began: Instant,
    origin: Timestamp,
    speed: f64,
}

impl Clock {
    /// A clock that reads the real time now and runs `speed` times as fast from here on.
    #[expect(clippy::disallowed_methods, reason = "the one place in the simulated world that reads the clock")]
    pub(super) fn start(speed: f64) -> Self {
        let speed = if speed.is_finite() { speed.clamp(0.01, 1000.0) } else { 1.0 };
        Self { began: Instant::now(), origin: Timestamp::now(), speed }
    }

    /// The world's time.
    pub(super) fn now(&self) -> Timestamp {
        let passed = self.began.elapsed().mul_f64(self.speed);
        let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::ZERO);
        self.origin.checked_add(passed).unwrap_or(self.origin)
    }

    /// How long to sleep between two looks of the controllers: 100 ms of the world's time, within reason.
    pub(super) fn tick(&self) -> Duration {
        Duration::from_millis(100).div_f64(self.speed).clamp(Duration::from_millis(5), Duration::from_millis(100))
    }
}
