//! The one task that owns all state: events in, effects out. Nothing in here waits for anything.

pub mod act;
mod batch;
pub mod command;
pub(crate) mod connect;
pub mod dialog;
pub mod event;
mod export;
pub mod hands;
pub(crate) mod journal;
pub mod palette;
mod previews;
pub mod run;
#[cfg(test)]
mod tests;
pub mod work;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::actions::guard::{Access, Authority};
use crate::keys::Keymap;
use crate::panes::cx::Cx;
use crate::panes::screen;
use crate::panes::ui::{Context, Notice, Overlay, READ_ONLY, Ui, may_write};
use crate::release::access::Verdict;
use crate::release::controller::{self, Controller};
use crate::release::model::{Liveness, Model, STALE_AFTER};
use crate::release::observation::{Change, Observation, Report, Said};
use crate::release::topic::Topic;
use crate::sources;
use crate::theme::{Glyphs, Role, Theme};

use crate::sources::prometheus::Live;
use batch::Batch;
use dialog::Answered;
use event::{Effect, Event};
use work::Work;

/// AnalysisRuns of a Rollout whose metrics are asked for live: the newest, which are those on the screen.
const RUNS_FOLLOWED: usize = 3;

/// The whole state of the program.
pub struct App {
    pub model: Model,
    pub ui: Ui,
    pub settings: Settings,
    /// What the API servers have said about our rights.
    pub access: Access,
    /// Writes on their way and effects that are waited for.
    pub works: Vec<Work>,
    /// Writes that were confirmed together, as long as one of them is looked after.
    batches: Vec<Batch>,
    /// Numbers for dialogs and works, so that a late answer finds its own.
    next_number: u64,
    dialog: u64,
    /// The metrics that Prometheus is asked for.
    followed: Vec<Live>,
    /// Whether what belongs to one Rollout is watched.
    is_focused: bool,
    /// What of the repository is on the screen, and what was last asked for because of that.
    on_screen: BTreeSet<Topic>,
    looked_at: BTreeSet<Topic>,
    /// The operator was told what would be lost, and has pressed nothing else since.
    is_quitting: bool,
    /// The dialog that was answered just now.
    answered: Option<Answered>,
}

/// What the command line and the configuration have decided.
pub struct Settings {
    pub keymap: Keymap,
    pub theme: Theme,
    pub glyphs: Glyphs,
    pub contexts: Vec<ContextSettings>,
    /// The repository on GitHub counts as a context of its own.
    pub repository: Option<ContextSettings>,
    /// Faults that the simulated world can play, by name and help; empty with a real cluster.
    pub faults: Vec<(String, String)>,
    /// `demo` or empty.
    pub world: &'static str,
    /// How long an effect may take; None: as long as its action says.
    pub verify_timeout: Option<SignedDuration>,
}

/// What is settled for one context.
#[derive(Clone, Debug)]
pub struct ContextSettings {
    pub name: Arc<str>,
    pub authority: Authority,
    /// Whether an action needs a reason for the audit.
    pub reason_required: bool,
    /// What the configuration calls it.
    pub label: String,
    /// Its colour in the header: a role or a colour.
    pub colour: Option<String>,
}

impl App {
    /// The state at the start: nothing seen yet.
    pub fn new(settings: Settings) -> Self {
        let contexts = settings.contexts.iter();
        let contexts = contexts
            .map(|context| Context {
                name: context.name.clone(),
                label: context.label.as_str().into(),
                colour: context.colour.clone(),
                protected: context.authority.protected,
            })
            .collect();
        let mut ui = Ui::new(contexts);
        ui.world = settings.world;
        let mut model = Model::default();
        if let Some(repository) = &settings.repository {
            // Known to be wanted before anything is known of it.
            model.repositories.entry(repository.name.clone()).or_default();
        }
        App {
            model,
            ui,
            settings,
            access: Access::new(),
            works: Vec::new(),
            batches: Vec::new(),
            next_number: 1,
            dialog: 0,
            followed: Vec::new(),
            is_focused: false,
            on_screen: BTreeSet::new(),
            looked_at: BTreeSet::new(),
            is_quitting: false,
            answered: None,
        }
    }

    /// Takes in what happened at `now` and says what has to be done about it.
    pub fn update(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        let mut effects = self.react(event, now);
        if self.on_screen != self.looked_at {
            self.looked_at = self.on_screen.clone();
            effects.push(Effect::Look(self.looked_at.iter().copied().collect()));
        }
        for effect in &effects {
            if let Effect::Focus(focus) = effect {
                self.is_focused = focus.is_some();
            }
        }
        effects
    }

    fn react(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        match event {
            // Said before the watch was taken down: nobody would ever freshen it up again.
            Event::Report(report) if !self.is_focused && is_of_focus(&report) => Vec::new(),
            Event::Key(key) => self.key(key, now),
            Event::Paste(text) => self.paste(&text, now),
            Event::Report(report) => {
                self.model.observe(*report, now);
                let mut effects = self.look_for_effects(now);
                effects.extend(self.follow_series());
                effects
            }
            Event::Checked { dialog, index, check, access } => self.checked(dialog, index, check, access),
            Event::Templates { target, templates } => self.templates(&target, *templates, now),
            Event::Sent { work, executed } => self.sent(work, executed, now),
            Event::Refused { work, reason } => self.refused(work, reason, now),
            Event::Fault(name) => {
                self.ui.fault = name;
                Vec::new()
            }
            Event::Notice(notice) => {
                self.ui.notice = Some(notice);
                Vec::new()
            }
            Event::Woken => self.look_for_effects(now),
        }
    }

    /// Brings the lists in line with the model and draws everything. Returns when the picture stops being true by itself.
    pub fn draw(&mut self, area: Rect, buf: &mut Buffer, now: Timestamp) -> Option<Timestamp> {
        self.ui.read_only = self.read_only_words(now);
        let places = self.settings.contexts.iter().chain(&self.settings.repository);
        self.ui.authorities = places.map(|place| (place.name.clone(), place.authority)).collect();
        self.ui.write_until = self.settings.contexts.iter().filter_map(|context| context.authority.write_until).min();
        self.ui.at_work = self.at_work(now);
        if self.ui.notice.as_ref().and_then(|notice| notice.until).is_some_and(|until| until <= now) {
            self.ui.notice = None;
        }
        let settings = &self.settings;
        let many = settings.contexts.len() > 1;
        let frozen = self.ui.frozen.clone();
        let model = frozen.as_ref().map_or(&self.model, |(_, model)| model);
        let cx = Cx::new(model, &settings.theme, &settings.glyphs, now, many).with(&self.ui.at_work);
        screen::settle(&cx, &mut self.ui, area);
        self.on_screen = screen::topics(&cx, &self.ui, area);
        self.ui.is_viewer = is_viewer(&self.access);
        self.ui.denied = self.denied(now);
        screen::draw(&cx, &self.ui, &settings.keymap, area, buf);
        // A scroll beyond the end would have to be scrolled back unseen.
        let end = cx.scroll_end();
        match &mut self.ui.overlay {
            Some(Overlay::Help { scroll } | Overlay::Warnings { scroll }) => *scroll = (*scroll).min(end),
            Some(Overlay::Look(look)) => look.scroll = look.scroll.min(end),
            Some(Overlay::Confirm(confirm)) => confirm.scroll = confirm.scroll.min(end),
            _ => {}
        }
        [cx.wake(), self.next_change(now)].into_iter().flatten().min()
    }

    /// When something of our own falls due: a source turns stale, a notice goes, an effect is late, a write window ends.
    fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        // What is frozen does not turn stale.
        let is_frozen = self.ui.frozen.is_some();
        let sources = self.model.freshness.values().filter(|_| !is_frozen);
        let stale = sources.filter_map(|freshness| freshness.heard?.checked_add(STALE_AFTER).ok());
        let notice = self.ui.notice.iter().filter_map(|notice| notice.until);
        let works = self.works.iter().flat_map(|work| [work.due(), work.lingers_until()]).flatten();
        let windows = self.settings.contexts.iter().filter_map(|context| context.authority.write_until);
        // A source is stale just after its time, not at it.
        let tick = SignedDuration::from_millis(50);
        let soonest = stale.chain(notice).chain(works).chain(windows).filter(|at| *at > now).min()?;
        soonest.checked_add(tick).ok()
    }

    fn read_only_words(&self, now: Timestamp) -> Option<String> {
        let authorities = self.settings.contexts.iter().map(|context| context.authority);
        let closed = authorities.filter(|authority| !may_write(authority, now)).count();
        match closed {
            0 => None,
            _ if closed == self.settings.contexts.len() => Some(READ_ONLY.to_owned()),
            _ => Some("READ-ONLY in protected contexts".to_owned()),
        }
    }

    /// What is settled for that context; the strictest for one that nobody knows.
    pub fn context(&self, name: &str) -> ContextSettings {
        let known = self.settings.contexts.iter().chain(&self.settings.repository);
        known.into_iter().find(|context| &*context.name == name).cloned().unwrap_or(ContextSettings {
            name: name.into(),
            authority: Authority { read_only: true, ..Authority::default() },
            reason_required: true,
            label: name.to_owned(),
            colour: None,
        })
    }

    /// The model that is on the screen: the frozen one, while it is frozen.
    pub fn shown(&self) -> &Model {
        self.ui.frozen.as_ref().map_or(&self.model, |(_, model)| model)
    }

    /// Asks Prometheus for the metrics of the newest runs of the Rollout in detail, when they are others than before.
    fn follow_series(&mut self) -> Vec<Effect> {
        let rollout = self.ui.detail_uid().and_then(|uid| self.model.rollouts.get(uid));
        let Some(rollout) = rollout else {
            self.followed.clear();
            return Vec::new();
        };
        let runs = self.model.runs_of(rollout);
        let lives: Vec<Live> = runs.into_iter().take(RUNS_FOLLOWED).flat_map(Live::of).collect();
        if lives == self.followed {
            return Vec::new();
        }
        self.followed = lives.clone();
        vec![Effect::Series { context: rollout.id.context.clone(), lives }]
    }

    /// Whether a report changes nothing that is shown: it only says that a source is still there.
    fn is_silent(&self, report: &Report, now: Timestamp) -> bool {
        let is_live = || {
            let freshness = self.model.freshness.get(&report.source);
            freshness.is_some_and(|freshness| freshness.liveness(now) == Liveness::Live)
        };
        let is_at_work = || {
            let controller = controller::controller(&self.model, &report.source.context, now);
            matches!(controller, Controller::AtWork(_))
        };
        let says_nothing = match report.said {
            Said::Alive | Said::Resting(_) => true,
            // A controller that works on is no news; one that is back is.
            Said::Observed(Observation::Leases(Change::Applied(_))) => is_at_work(),
            _ => false,
        };
        says_nothing && is_live()
    }

    /// Says one line to the operator, until the next key.
    pub fn say(&mut self, text: impl Into<String>, role: Role) {
        self.ui.notice = Some(Notice { text: text.into(), role, until: None });
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }
}

/// Names of all that is watched for one Rollout only, the live queries of its metrics with it.
fn of_focus() -> Vec<&'static str> {
    sources::focus_sources().into_iter().chain([sources::prometheus::NAME]).collect()
}

/// Whether a source said it that is watched for one Rollout only.
fn is_of_focus(report: &Report) -> bool {
    of_focus().contains(&&*report.source.kind)
}

/// Whether rights were asked for and not one of them was granted.
fn is_viewer(access: &Access) -> bool {
    !access.is_empty() && access.values().all(|verdict| matches!(verdict, Verdict::Denied(_)))
}
