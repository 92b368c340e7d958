//! One event and one picture, in this process: what [`App::update`] and [`App::draw`] cost by themselves.

use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use crossterm::event::{KeyCode, KeyEvent};
use flightdeck::app::event::Event;
use flightdeck::app::{App, Settings};
use flightdeck::cli::Cli;
use flightdeck::commands::settle::settle;
use flightdeck::release::observation::{Change, Observation, Report, Said, SourceId};
use flightdeck::release::rollout::Rollout;
use flightdeck::sources::analysis_runs::AnalysisRunWire;
use flightdeck::sources::rollouts::RolloutWire;
use flightdeck::sources::watch::read_object;
use flightdeck::sources::{SOURCES, Scope};
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Bench;
use super::seed;
use super::table::{Line, Table};

const CONTEXT: &str = "bench";
const ROLLOUTS: usize = 10_000;
const RUNS: usize = 2_000;
const FRAMES: usize = 200;
const AREA: Rect = Rect { x: 0, y: 0, width: 200, height: 60 };

/// Measures keys and changes at 10,000 rollouts.
pub fn run(bench: &Bench, table: &mut Table) {
    let floor = bare_frames();
    let values = bench.runtime.block_on(seed::rollouts(ROLLOUTS));
    let context: Arc<str> = CONTEXT.into();
    let read = |value: &serde_json::Value| read_object::<RolloutWire>(&value.to_string(), &context);
    let rollouts: Vec<Rollout> = values.iter().filter_map(read).collect();
    let runs = seed::runs(&values, RUNS);
    let runs = runs.iter().filter_map(|run| read_object::<AnalysisRunWire>(&run.to_string(), &context)).collect();
    let mut stage = Stage::new();
    stage.report("rollouts", Said::Partial(Observation::Rollouts(Change::Reset(rollouts.clone()))));
    stage.report("analysisruns", Said::Partial(Observation::AnalysisRuns(Change::Reset(runs))));
    for source in SOURCES.iter().filter(|source| source.scope != Scope::Focus) {
        stage.report(source.name, Said::Loaded);
    }
    let mut add = |what: &str, samples: Vec<f64>| {
        let line = Line::new(what, "ms", samples).floor("an empty frame and its diff", floor.clone());
        table.add(line.below(99.0, 16.0));
    };
    add("key to frame in process: j in Now", stage.keys("jk"));
    stage.press("2");
    add("key to frame in process: j in Rollouts", stage.keys("jk"));
    add("key to frame in process: G, g", stage.keys("Gg"));
    add("a changed rollout to frame, in process", stage.changes(&rollouts));
    stage.press("s");
    add("key to frame in process: j, sorted by a column", stage.keys("jk"));
    stage.press("S");
    add("a changed rollout to frame, in process, sorted by a column", stage.changes(&rollouts));
    for (what, letters) in [("each letter of a filter", "service"), ("each letter of a filter of few rows", "99/t")] {
        stage.press("/");
        add(&format!("key to frame in process: {what}"), stage.keys(letters));
        stage.press("\n");
        add(&format!("key to frame in process: j, after {what}"), stage.keys("jk"));
        stage.press("\u{1b}");
    }
    stage.press("\n");
    add("key to frame in process: j in the detail", stage.keys("jk"));
}

/// What any picture costs: a buffer made blank, and compared.
fn bare_frames() -> Vec<f64> {
    let (shown, mut next) = (Buffer::empty(AREA), Buffer::empty(AREA));
    let frame = |_| {
        let started = Instant::now();
        next.reset();
        assert!(shown.diff(&next).is_empty());
        started.elapsed().as_secs_f64() * 1000.0
    };
    (0..FRAMES).map(frame).collect()
}

/// The app and the picture that is shown.
struct Stage {
    app: App,
    shown: Buffer,
    next: Buffer,
    now: Timestamp,
}

impl Stage {
    fn new() -> Stage {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().to_string_lossy();
        let cli = Cli::parse_from(["flightdeck", "--config-dir", &folder, "--state-dir", &folder]);
        let now = flightdeck_now();
        let settled = settle(&cli.common, now);
        let app = App::new(Settings {
            repository: None,
            contexts: vec![settled.context(CONTEXT)],
            keymap: settled.keymap,
            theme: settled.theme,
            glyphs: settled.glyphs,
            faults: Vec::new(),
            world: "",
            verify_timeout: None,
        });
        Stage { app, shown: Buffer::empty(AREA), next: Buffer::empty(AREA), now }
    }

    fn report(&mut self, kind: &str, said: Said) {
        let source = SourceId { context: CONTEXT.into(), kind: kind.into() };
        self.app.update(Event::Report(Box::new(Report { source, said })), self.now);
    }

    fn frame(&mut self) {
        self.next.reset();
        self.app.draw(AREA, &mut self.next, self.now);
        let changes = self.shown.diff(&self.next).len();
        std::hint::black_box(changes);
        std::mem::swap(&mut self.shown, &mut self.next);
    }

    fn press(&mut self, key: &str) {
        for character in key.chars() {
            let code = match character {
                '\n' => KeyCode::Enter,
                '\u{1b}' => KeyCode::Esc,
                character => KeyCode::Char(character),
            };
            self.app.update(Event::Key(KeyEvent::from(code)), self.now);
        }
        self.frame();
    }

    /// Presses those keys in turn.
    fn keys(&mut self, keys: &str) -> Vec<f64> {
        let keys: Vec<String> = keys.chars().map(String::from).collect();
        let count = if keys.len() > 2 { keys.len() } else { FRAMES };
        let press = |key: &String| {
            let started = Instant::now();
            self.press(key);
            started.elapsed().as_secs_f64() * 1000.0
        };
        keys.iter().cycle().take(count).map(press).collect()
    }

    /// Has one rollout after the other change.
    fn changes(&mut self, rollouts: &[Rollout]) -> Vec<f64> {
        let change = |rollout: &Rollout| {
            let mut rollout = rollout.clone();
            rollout.status.ready += 1;
            let started = Instant::now();
            self.report("rollouts", Said::Observed(Observation::Rollouts(Change::Applied(rollout))));
            self.frame();
            started.elapsed().as_secs_f64() * 1000.0
        };
        rollouts.iter().take(FRAMES).map(change).collect()
    }
}

/// The time, at the rim.
#[allow(clippy::disallowed_methods, reason = "a benchmark stands where the loop does")]
fn flightdeck_now() -> Timestamp {
    Timestamp::now()
}
