//! The whole app with its production clients on a simulated world, and a picture in place of a terminal.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use flightdeck::app::event::{Effect, Event};
use flightdeck::app::hands::{Hands, Tools};
use flightdeck::app::{App, Settings};
use flightdeck::cli::Cli;
use flightdeck::commands::settle;
use flightdeck::panes::ui::{Check, Confirm, Field, Overlay};
use flightdeck::release::object::ObjectId;
use flightdeck::sim::{Fault, Request, World, WorldConfig};
use flightdeck::sources::cluster::{self, Address};
use flightdeck::sources::prometheus::Prometheus;
use flightdeck::writers::audit::Journal;
use jiff::{SignedDuration, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::driver::{PATIENCE, kubeconfig};

/// A cockpit with its world.
pub struct Deck {
    pub app: App,
    pub world: World,
    /// What was put into the clipboard.
    pub copied: Vec<String>,
    pub has_quit: bool,
    home: TempDir,
    hands: Hands,
    events: mpsc::Receiver<Event>,
    picture: Buffer,
    wake: Option<Timestamp>,
    /// How far the cockpit's time runs ahead of the real one.
    ahead: SignedDuration,
}

/// A small world: `shop/web`, which waits for a human, and what is healthy. The past of the whole demo takes a second.
pub fn small() -> WorldConfig {
    let stories = [
        include_str!("../../../fixtures/demo/cluster.yaml"),
        include_str!("../../../fixtures/demo/web.yaml"),
        include_str!("../../../fixtures/demo/healthy.yaml"),
    ];
    WorldConfig { stories: stories.map(str::to_owned).to_vec(), ..WorldConfig::default() }
}

impl Deck {
    /// On the small world, once everything is read.
    pub async fn small() -> Self {
        Deck::open(small(), &[], "").await
    }

    /// On the demo world, once everything is read.
    pub async fn demo() -> Self {
        Deck::open(WorldConfig::default(), &[], "").await
    }

    /// On a world, with arguments and a configuration, once everything is read.
    pub async fn open(world: WorldConfig, arguments: &[&str], configuration: &str) -> Self {
        let world = World::start(world).await.expect("a world");
        let mut deck = Deck::on(world, arguments, configuration);
        deck.until("everything is read", |deck| deck.text().contains("LIVE")).await;
        deck
    }

    /// On that world, with nothing read yet.
    pub fn on(world: World, arguments: &[&str], configuration: &str) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        std::fs::write(home.path().join("config.yaml"), configuration).expect("a configuration");
        std::fs::write(home.path().join("kubeconfig"), kubeconfig(&world.kubernetes_url())).expect("a kubeconfig");
        let folder = home.path().display().to_string();
        let state = home.path().join("state").display().to_string();
        let fixed = ["flightdeck", "--config-dir", &folder, "--state-dir", &state];
        let cli = Cli::parse_from(fixed.iter().chain(arguments));
        let settled = settle::settle(&cli.common, now());
        assert_eq!(settled.complaints, [""; 0]);
        let read = cluster::read_kubeconfig(Some(&home.path().join("kubeconfig"))).expect("a kubeconfig");
        let contexts: Vec<(Arc<str>, Address)> = vec![("test".into(), Address::Kubeconfig(Box::new(read)))];
        let settings = Settings {
            contexts: vec![settled.context("test")],
            repository: settled.github.as_ref().map(|github| settled.context(&github.repository.to_string())),
            keymap: settled.keymap,
            theme: settled.theme,
            glyphs: settled.glyphs,
            verify_timeout: settled.verify_timeout,
            faults: Vec::new(),
            world: "",
        };
        let (sender, events) = mpsc::channel(1024);
        let tools = Tools {
            contexts,
            namespace: settled.namespace,
            prometheus: Arc::new(Prometheus::new(settled.prometheus)),
            github: settled.github,
            flags: settled.flags,
            journal: Journal::new(&settled.state, settle::who()),
            faults: None,
            exports: settled.state,
            clock: now,
        };
        let mut hands = Hands::new(tools, sender);
        hands.start();
        Deck {
            app: App::new(settings),
            world,
            copied: Vec::new(),
            has_quit: false,
            home,
            hands,
            events,
            picture: Buffer::empty(Rect::new(0, 0, 120, 40)),
            wake: None,
            ahead: SignedDuration::ZERO,
        }
    }

    /// The folder of the journal.
    pub fn state(&self) -> PathBuf {
        self.home.path().join("state")
    }

    /// The time that the cockpit is told.
    pub fn now(&self) -> Timestamp {
        now() + self.ahead
    }

    /// Lets the cockpit's time jump.
    pub fn later(&mut self, milliseconds: i64) {
        self.ahead += SignedDuration::from_millis(milliseconds);
    }

    /// The picture as text.
    pub fn text(&self) -> String {
        let width = usize::from(self.picture.area.width);
        let line = |cells: &[ratatui::buffer::Cell]| cells.iter().map(|cell| cell.symbol()).collect::<String>();
        self.picture.content.chunks(width).map(|cells| line(cells) + "\n").collect()
    }

    /// Presses keys by name, one after the other, parted by blanks; a word between quotes is typed.
    pub fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            match key.strip_prefix('\'') {
                Some(typed) => typed.trim_end_matches('\'').chars().for_each(|c| self.key(&c.to_string())),
                None => self.key(key),
            }
        }
    }

    fn key(&mut self, name: &str) {
        // What one presses is meant for what one sees.
        self.draw();
        self.update(Event::Key(key(name)));
    }

    /// Tells the app what happened and does what it asks for.
    pub fn update(&mut self, event: Event) {
        for effect in self.app.update(event, self.now()) {
            match effect {
                Effect::Copy(text) => self.copied.push(text),
                Effect::Quit => self.has_quit = true,
                Effect::Suspend | Effect::Redraw => {}
                other => self.hands.do_it(other),
            }
        }
    }

    /// Draws the picture as things stand.
    pub fn draw(&mut self) {
        self.picture.reset();
        let (area, now) = (self.picture.area, self.now());
        self.wake = self.app.draw(area, &mut self.picture, now);
    }

    /// Lets things happen until something holds.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&Deck) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.draw();
            if holds(self) {
                return;
            }
            let left = deadline.checked_duration_since(Instant::now());
            let Some(left) = left else { panic!("waited in vain for {what}; the screen:\n{}", self.text()) };
            let wake = self.wake.map(|at| Duration::try_from(at.duration_since(self.now())).unwrap_or_default());
            // What changes in the world itself is no event.
            let nap = wake.unwrap_or(left).min(left).min(Duration::from_millis(200));
            match tokio::time::timeout(nap, self.events.recv()).await {
                Ok(event) => {
                    self.update(event.expect("the hands are there"));
                    while let Ok(event) = self.events.try_recv() {
                        self.update(event);
                    }
                }
                Err(_) => self.update(Event::Woken),
            }
        }
    }

    /// Lets things happen until the picture says that.
    pub async fn sees(&mut self, text: &str) {
        self.until(&format!("{text:?}"), |deck| deck.text().contains(text)).await;
    }

    /// Selects a Rollout by `namespace/name` in the pane of all of them.
    pub async fn select(&mut self, path: &str) {
        let (namespace, name) = path.split_once('/').expect("namespace/name");
        self.press("2");
        let here = |deck: &Deck| deck.app.model.rollouts.iter().any(|one| one.id.path() == path);
        self.until(path, here).await;
        self.press(&format!("/ ctrl-u '{namespace}' enter g"));
        for _ in 0..20 {
            self.draw();
            if self.selected().is_some_and(|id| *id.name == *name) {
                return;
            }
            self.press("j");
        }
        panic!("{path} cannot be selected; the screen:\n{}", self.text());
    }

    /// The Rollout under the cursor.
    pub fn selected(&self) -> Option<ObjectId> {
        let uid = self.app.ui.list().cursor.as_ref()?;
        self.app.shown().rollouts.get(uid).map(|rollout| rollout.id.clone())
    }

    /// The confirm dialog that is open.
    pub fn dialog(&self) -> Option<&Confirm> {
        match &self.app.ui.overlay {
            Some(Overlay::Confirm(confirm)) => Some(confirm),
            _ => None,
        }
    }

    /// What the foot of the screen says.
    pub fn notice(&self) -> &str {
        self.app.ui.notice.as_ref().map_or("", |notice| &notice.text)
    }

    /// Waits until the foot of the screen says that.
    pub async fn says(&mut self, text: &str) {
        self.until(&format!("the notice {text:?}"), |deck| deck.notice().contains(text)).await;
    }

    /// Waits until the API server has answered to every plan of the dialog, and until the dialog listens.
    pub async fn asked(&mut self) {
        self.until("the dry run", |deck| {
            deck.dialog().is_some_and(|open| open.items.iter().all(|item| item.check != Check::Running))
        })
        .await;
        self.later(400);
    }

    /// Confirms the dialog with the key that does, and with the name where that is asked for.
    pub fn confirm(&mut self) {
        let open = self.dialog().expect("a dialog");
        match (open.field, open.wanted_name().map(str::to_owned)) {
            (Field::Name, Some(name)) => self.press(&format!("'{name}' enter")),
            _ => self.press("y"),
        }
        assert!(self.dialog().is_none(), "{}", self.notice());
    }

    /// The requests that changed something, or tried to, other than Events.
    pub fn writes(&self) -> Vec<Request> {
        let is_write = |request: &Request| {
            matches!(&*request.method, "PATCH" | "PUT" | "POST" | "DELETE")
                && !request.path.contains("dryRun=All")
                && !request.path.contains("selfsubject")
                && !request.path.contains("/events")
        };
        self.world.requests().into_iter().filter(is_write).collect()
    }

    /// The journal, line by line.
    pub fn journal(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.state().join("audit.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("a record")).collect()
    }

    /// Switches a fault of the world on.
    pub fn fault(&self, fault: Fault) {
        self.world.fault(fault);
    }
}

fn key(name: &str) -> KeyEvent {
    if let Some(letter) = name.strip_prefix("ctrl-").and_then(|rest| rest.chars().next()) {
        return KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
    }
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "space" => KeyCode::Char(' '),
        other => KeyCode::Char(other.chars().next().expect("a key")),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// The time, at the rim.
#[allow(clippy::disallowed_methods, reason = "a test stands where the loop does")]
pub fn now() -> Timestamp {
    Timestamp::now()
}
