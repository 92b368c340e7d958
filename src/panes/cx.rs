//! What every drawing function is given: the model, the looks, the time; and words for times that say when they change.

use std::cell::Cell;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use ratatui::style::Style;

use crate::release::attention::Severity;
use crate::release::model::Model;
use crate::release::phase::Phase;
use crate::theme::{Glyph, Glyphs, Role, Theme};

use super::ui::AtWork;

/// The circumstances of one frame.
pub struct Cx<'a> {
    pub model: &'a Model,
    pub theme: &'a Theme,
    pub glyphs: &'a Glyphs,
    pub now: Timestamp,
    /// Whether rows must say which context they are from.
    pub many_contexts: bool,
    /// Writes that the rows they are about tell of.
    pub at_work: Arc<[AtWork]>,
    wake: Cell<Option<Timestamp>>,
    scroll_end: Cell<u16>,
}

impl<'a> Cx<'a> {
    /// The circumstances of a frame at `now`.
    pub fn new(model: &'a Model, theme: &'a Theme, glyphs: &'a Glyphs, now: Timestamp, many_contexts: bool) -> Self {
        let at_work = Arc::default();
        Cx { model, theme, glyphs, now, many_contexts, at_work, wake: Cell::new(None), scroll_end: Cell::new(0) }
    }

    /// The same with what is at work.
    pub fn with(self, at_work: &Arc<[AtWork]>) -> Self {
        Cx { at_work: at_work.clone(), ..self }
    }

    /// The same circumstances at another time: a frozen screen does not tick.
    pub fn at(&self, now: Timestamp) -> Cx<'a> {
        Cx::new(self.model, self.theme, self.glyphs, now, self.many_contexts).with(&self.at_work)
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// A sign.
    pub fn glyph(&self, glyph: Glyph) -> &'static str {
        self.glyphs.of(glyph)
    }

    /// When the screen says something else although nothing happened; None: never.
    pub fn wake(&self) -> Option<Timestamp> {
        self.wake.get()
    }

    /// How far the overlay that was drawn can be scrolled.
    pub fn scroll_end(&self) -> u16 {
        self.scroll_end.get()
    }

    /// Notes that what was drawn can be scrolled so far.
    pub fn note_scroll_end(&self, lines: usize) {
        self.scroll_end.set(u16::try_from(lines).unwrap_or(u16::MAX));
    }

    /// Notes that what was drawn is true until `at` only.
    pub fn wake_at(&self, at: Timestamp) {
        if at > self.now && self.wake.get().is_none_or(|earlier| at < earlier) {
            self.wake.set(Some(at));
        }
    }

    /// How long ago, in one unit: `<1m`, `5m`, `3h`, `12d`. All ages turn over together, once a minute at most, so that
    /// an idle screen stays silent.
    pub fn age(&self, then: Option<Timestamp>) -> String {
        let Some(then) = then else { return "-".to_owned() };
        let minute = self.now.as_second().div_euclid(60);
        let minutes = (minute - then.as_second().div_euclid(60)).max(0);
        if minutes < 120 {
            self.wake_at(Timestamp::from_second((minute + 1) * 60).unwrap_or(self.now));
        }
        match minutes {
            0 => "<1m".to_owned(),
            1..120 => format!("{minutes}m"),
            120..2880 => format!("{}h", minutes / 60),
            _ => format!("{}d", minutes / 1440),
        }
    }

    /// How long ago to the second, for what must not last: `23s`, `2m05s`, `3h`.
    pub fn elapsed(&self, then: Timestamp) -> String {
        let seconds = self.now.duration_since(then).as_secs().max(0);
        let unit = if seconds < 7200 { 1 } else { 3600 };
        if let Ok(next) = then.checked_add(SignedDuration::from_secs((seconds / unit + 1) * unit)) {
            self.wake_at(next);
        }
        seconds_words(seconds)
    }

    /// How long until, to the second: `1m05s`; None when it is past.
    pub fn countdown(&self, then: Timestamp) -> Option<String> {
        let left = then.duration_since(self.now);
        if left <= SignedDuration::ZERO {
            return None;
        }
        // Rounded up, so that it reaches 1s and never shows 0s while there is time left.
        let seconds = left.as_secs() + i64::from(left.subsec_nanos() > 0);
        let next = then - SignedDuration::from_secs(seconds - 1);
        self.wake_at(if seconds < 7200 { next } else { self.now + SignedDuration::from_mins(10) });
        Some(seconds_words(seconds))
    }

    /// The role and the sign of a severity.
    pub fn severity(&self, severity: Severity) -> (Role, &'static str) {
        match severity {
            Severity::Ok => (Role::Ok, self.glyph(Glyph::Ok)),
            Severity::Attention => (Role::Attention, self.glyph(Glyph::Attention)),
            Severity::Critical => (Role::Critical, self.glyph(Glyph::Critical)),
            Severity::Unknown => (Role::Unknown, self.glyph(Glyph::Unknown)),
        }
    }

    /// The role and the sign of a phase.
    pub fn phase(&self, phase: Phase) -> (Role, &'static str) {
        match phase {
            Phase::Healthy => (Role::Ok, self.glyph(Glyph::Ok)),
            Phase::Progressing => (Role::Progressing, self.glyph(Glyph::Progressing)),
            Phase::Paused => (Role::Attention, self.glyph(Glyph::Paused)),
            Phase::Degraded => (Role::Critical, self.glyph(Glyph::Critical)),
            Phase::Unknown => (Role::Unknown, self.glyph(Glyph::Unknown)),
        }
    }
}

/// `45s`, `1m05s`, `3h`.
pub fn seconds_words(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds}s"),
        60..7200 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h", seconds / 3600),
    }
}
