//! How sure one may be that a source still sees.

use jiff::{SignedDuration, Timestamp};

use super::observation::{Failure, FailureKind};

/// A source that was not heard from for so long is stale: its watch proves itself at least every 10 s, and it has to be on
/// the screen within 15 s.
pub const STALE_AFTER: SignedDuration = SignedDuration::from_secs(14);

/// How sure we are that a source still sees.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Freshness {
    /// When it was last heard from in good health.
    pub heard: Option<Timestamp>,
    /// Whether a first full answer has come.
    pub loaded: bool,
    /// Since when it fails, how, and when it tries again.
    pub failing: Option<(Timestamp, Failure)>,
    /// When it tries again, as it said when it last failed.
    pub next_try: Option<Timestamp>,
    /// Until when it said that it would be silent.
    pub quiet_until: Option<Timestamp>,
}

/// One word for a [`Freshness`], worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Liveness {
    Live,
    /// The API group is not installed.
    Absent,
    /// No first full answer yet.
    Loading,
    /// Failing, but what is shown is younger than [`STALE_AFTER`].
    Retrying,
    /// Not heard from, or failing, for more than [`STALE_AFTER`] or never loaded and failing.
    Stale,
    Forbidden,
}

impl Freshness {
    /// The word for it at `now`.
    pub fn liveness(&self, now: Timestamp) -> Liveness {
        match &self.failing {
            Some((_, failure)) => match failure.kind {
                FailureKind::NotInstalled => Liveness::Absent,
                FailureKind::Forbidden | FailureKind::Unauthorized => Liveness::Forbidden,
                _ if self.loaded && self.is_recent(now) => Liveness::Retrying,
                _ => Liveness::Stale,
            },
            None if !self.loaded => Liveness::Loading,
            None if self.is_recent(now) => Liveness::Live,
            None => Liveness::Stale,
        }
    }

    /// From when on it is stale, unless it is heard from before.
    pub fn stale_at(&self) -> Option<Timestamp> {
        self.quiet_until.max(self.heard)?.checked_add(STALE_AFTER).ok()
    }

    fn is_recent(&self, now: Timestamp) -> bool {
        self.stale_at().is_some_and(|stale| now <= stale)
    }

    /// It was heard from in good health.
    pub(super) fn hear(&mut self, now: Timestamp) {
        self.heard = Some(now);
        self.failing = None;
        self.next_try = None;
        self.quiet_until = None;
    }
}
