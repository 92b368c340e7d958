//! The whole app without a world: what it is told goes in, the screen and what it asks for come out.

mod acting;
mod batch;
mod idle;
mod journal;
mod looking;
mod rows;
mod shop;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::event::{Effect, Event};
use super::{App, ContextSettings, Settings};
use crate::actions::guard::Authority;
use crate::keys::Keymap;
use crate::release::object::ObjectId;
use crate::release::observation::{Change, Lease, Observation, Report, Said, SourceId};
use crate::release::rollout::Rollout;
use crate::release::sample::{self, at};
use crate::theme::{Glyphs, Theme};

/// An app with a terminal, at a time that it is told.
struct Stage {
    app: App,
    size: (u16, u16),
    now: Timestamp,
    /// When the picture stops being true by itself.
    wake: Option<Timestamp>,
}

impl Stage {
    /// One context, in which everything may be written; nothing is seen yet.
    fn empty() -> Stage {
        let context = ContextSettings {
            name: "prod".into(),
            authority: Authority::default(),
            reason_required: false,
            label: "prod".to_owned(),
            colour: None,
        };
        let app = App::new(Settings {
            repository: None,
            keymap: Keymap::default(),
            theme: Theme::default(),
            glyphs: Glyphs::Unicode,
            contexts: vec![context],
            faults: Vec::new(),
            world: "",
            verify_timeout: None,
        });
        Stage { app, size: (120, 40), now: at(0), wake: None }
    }

    /// The same with these Rollouts, and with all sources read.
    fn with(rollouts: Vec<Rollout>) -> Stage {
        let mut stage = Stage::empty();
        stage.see("rollouts", Observation::Rollouts(Change::Reset(rollouts)));
        stage.see("analysisruns", Observation::AnalysisRuns(Change::Reset(Vec::new())));
        stage.see("refusals", Observation::Refusals(Change::Reset(Vec::new())));
        stage.see("leases", Observation::Leases(Change::Reset(vec![lease(0)])));
        stage
    }

    /// A first full answer, or a further one.
    fn see(&mut self, kind: &str, observation: Observation) -> Vec<Effect> {
        let mut effects = self.hear(kind, Said::Observed(observation));
        effects.extend(self.hear(kind, Said::Loaded));
        effects
    }

    fn hear(&mut self, kind: &str, said: Said) -> Vec<Effect> {
        self.app.update(Event::Report(Box::new(report(kind, said))), self.now)
    }

    /// Every source is heard from, and has nothing to tell.
    fn alive(&mut self) {
        for kind in ["rollouts", "analysisruns", "refusals", "leases"] {
            self.hear(kind, Said::Alive);
        }
    }

    /// Presses keys by name, parted by blanks; each is meant for what is seen.
    fn press(&mut self, keys: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for key in keys.split_whitespace() {
            self.text();
            effects.extend(self.app.update(Event::Key(named(key)), self.now));
        }
        effects
    }

    /// What is on the screen.
    fn text(&mut self) -> String {
        let area = Rect::new(0, 0, self.size.0, self.size.1);
        let mut buf = Buffer::empty(area);
        self.wake = self.app.draw(area, &mut buf, self.now);
        let row = |y| (0..area.width).map(|x| buf[(x, y)].symbol()).collect::<String>();
        (0..area.height).map(|y| row(y) + "\n").collect()
    }

    fn later(&mut self, milliseconds: i64) {
        self.now += jiff::SignedDuration::from_millis(milliseconds);
    }

    fn notice(&self) -> &str {
        self.app.ui.notice.as_ref().map_or("", |notice| &notice.text)
    }
}

fn report(kind: &str, said: Said) -> Report {
    Report { source: SourceId { context: "prod".into(), kind: kind.into() }, said }
}

/// The controller's lease, renewed at that second.
fn lease(second: i64) -> Lease {
    let id = ObjectId { namespace: "argo-rollouts".into(), ..sample::id("argo-rollouts-controller-lock") };
    Lease { id, holder: "argo-1".into(), renewed: Some(at(second)) }
}

fn named(key: &str) -> KeyEvent {
    let mut characters = key.chars();
    let code = match (key, characters.next()) {
        ("enter", _) => KeyCode::Enter,
        ("esc", _) => KeyCode::Esc,
        ("down", _) => KeyCode::Down,
        ("tab", _) => KeyCode::Tab,
        ("space", _) => KeyCode::Char(' '),
        (_, first) => KeyCode::Char(first.expect("a key")),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}
