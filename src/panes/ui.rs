//! What the operator has done to the screen: focus, lists, detail, overlays, notices. The app changes it, panes draw it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::actions::guard::Authority;
use crate::actions::plan::{Plan, Refusal};
use crate::keys::layer;
use crate::release::attention::Need;
use crate::release::availability;
use crate::release::model::Model;
use crate::release::object::{ObjectId, Uid};
use crate::release::replicas::ReplicaSet;
use crate::release::rollout::Rollout;
use crate::theme::Role;

use super::PANES;
use super::cx::Cx;
use super::list::ListState;

/// Input is ignored for so long after a dialog opens, so that a key meant for what was there before does no harm.
pub const DIALOG_DEAF_FOR: SignedDuration = SignedDuration::from_millis(300);

/// What the header says where nothing may be changed anywhere.
pub const READ_ONLY: &str = "READ-ONLY";

/// Whether anything may be changed now.
pub fn may_write(authority: &Authority, now: Timestamp) -> bool {
    !authority.read_only && (!authority.protected || authority.write_until.is_some_and(|until| until > now))
}

/// The state of the screen.
#[derive(Debug)]
pub struct Ui {
    /// One list per row of PANES.
    pub lists: Vec<ListState>,
    /// The pane that has the keys.
    pub focus: usize,
    /// The pane from which `enter` has led here: one level back.
    pub came_from: Option<usize>,
    /// Whether the focused pane has the whole body.
    pub zoom: bool,
    /// The Rollout that is looked into.
    pub detail: Option<Detail>,
    /// What lies over everything; it has the keys.
    pub overlay: Option<Overlay>,
    pub notice: Option<Notice>,
    /// While frozen, the model as it was then.
    pub frozen: Option<(Timestamp, Arc<Model>)>,
    /// The contexts watched, with what marks them.
    pub contexts: Vec<Context>,
    /// What keeps writes away, in a word for the header; None when writing is open.
    pub read_only: Option<String>,
    /// What may be changed in which context, the repository among them.
    pub authorities: Vec<(Arc<str>, Authority)>,
    /// When writing closes by itself.
    pub write_until: Option<Timestamp>,
    /// The API server has denied every right that it was asked for.
    pub is_viewer: bool,
    /// Actions that are known not to be permitted on what is selected, with the reason.
    pub denied: Vec<(&'static str, String)>,
    /// What is wrong with the configuration.
    pub warnings: Vec<String>,
    /// Writes under way or waiting for their effect.
    pub at_work: Arc<[AtWork]>,
    /// `demo` or empty, for the header.
    pub world: &'static str,
    /// A fault of the simulated world that is switched on.
    pub fault: Option<String>,
}

/// One write under way or waiting for its effect, or settled just now.
#[derive(Clone, Debug, PartialEq)]
pub struct AtWork {
    /// What it is about: of several flags one name tag.
    pub uid: Uid,
    /// What the Rollout needed when it was confirmed: those rows stay where they are until it is settled.
    pub needs: Vec<Need>,
    /// `promote: waiting for the effect`.
    pub words: String,
    /// Whether the operator still waits for it.
    pub is_open: bool,
}

/// One watched context.
#[derive(Clone, Debug)]
pub struct Context {
    pub name: Arc<str>,
    /// What the configuration calls it; its name when it says nothing.
    pub label: Arc<str>,
    /// Its colour: a role, or a colour.
    pub colour: Option<String>,
    /// Marked as protected by the configuration.
    pub protected: bool,
}

/// The detail of one Rollout.
#[derive(Debug)]
pub struct Detail {
    pub rollout: ObjectId,
    pub list: ListState,
    /// As it was last seen: what is shown, dimmed, when it is gone from the cluster.
    pub last: Option<Box<Rollout>>,
}

impl Detail {
    /// The detail of that Rollout, at its first row.
    pub fn new(rollout: ObjectId) -> Self {
        Detail { rollout, list: ListState::default(), last: None }
    }
}

/// What lies over the panes.
#[derive(Debug)]
pub enum Overlay {
    Confirm(Box<Confirm>),
    Help {
        scroll: u16,
    },
    /// All that is wrong with the configuration.
    Warnings {
        scroll: u16,
    },
    Palette(Palette),
    /// The filter line at the foot of the focused list, with what was there before.
    Filter {
        text: String,
        error: Option<String>,
    },
    Revisions(Revisions),
    /// One row in full.
    Look(Look),
    /// A line at the foot of the screen for what an action needs to know.
    Ask(Ask),
}

/// The row that is read in full.
#[derive(Debug)]
pub struct Look {
    /// Index in PANES.
    pub pane: usize,
    pub row: Uid,
    pub scroll: u16,
}

/// A value that is typed before an action can be planned.
#[derive(Debug)]
pub struct Ask {
    /// The row of ACTIONS.
    pub action: &'static str,
    pub target: ObjectId,
    pub text: String,
    pub error: Option<String>,
    pub opened: Timestamp,
}

/// The confirm dialog: one or many plans, one confirm.
#[derive(Debug)]
pub struct Confirm {
    pub opened: Timestamp,
    pub items: Vec<Item>,
    pub refused: Vec<(ObjectId, Refusal)>,
    /// What was typed as the name, where a plan asks for that.
    pub typed: String,
    /// The reason or ticket for the audit.
    pub reason: String,
    pub reason_required: bool,
    pub field: Field,
    pub scroll: u16,
    /// Whether the action and the object can be read on the screen, as it was last drawn.
    pub is_legible: bool,
}

/// The text field of the confirm dialog that has the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// None: keys are commands.
    Keys,
    Reason,
    Name,
}

/// One plan of a confirm dialog.
#[derive(Clone, Debug)]
pub struct Item {
    pub plan: Plan,
    pub check: Check,
}

/// What the API server said to the plan beforehand.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    Running,
    /// It would go through; warnings of the server, if any.
    Passed(Vec<String>),
    /// It would not.
    Refused(String),
    /// It could not be asked.
    Unknown(String),
}

impl Confirm {
    /// What must be typed, when any plan is dangerous.
    pub fn wanted_name(&self) -> Option<&str> {
        self.items.iter().find_map(|item| item.plan.to_type())
    }

    /// Why it cannot be confirmed now; None when it can.
    pub fn obstacle(&self) -> Option<String> {
        if self.items.is_empty() {
            return Some("nothing to do".to_owned());
        }
        let asked = if self.items.iter().all(|item| item.plan.is_on_github()) { "GitHub" } else { "the API server" };
        if !self.is_legible {
            return Some("enlarge the terminal to confirm: what it is about cannot be seen".to_owned());
        }
        if self.items.iter().any(|item| item.check == Check::Running) {
            return Some(format!("asking {asked} first"));
        }
        if self.items.iter().all(|item| !matches!(item.check, Check::Passed(_))) {
            return Some(match asked {
                "GitHub" => "it would not go through: see above".to_owned(),
                _ => format!("{asked} would refuse it"),
            });
        }
        if self.reason_required && self.reason.trim().is_empty() {
            return Some("a reason is required here: type it".to_owned());
        }
        if let Some(name) = self.wanted_name()
            && self.typed != name
        {
            return Some(format!("type {name} to confirm"));
        }
        None
    }
}

/// The `:` palette.
#[derive(Debug, Default)]
pub struct Palette {
    pub text: String,
    /// Entries that match, best first: label and help.
    pub entries: Vec<PaletteEntry>,
    /// None: nothing, before one is chosen.
    pub selected: Option<usize>,
}

impl Palette {
    /// The entry that would be done.
    pub fn chosen(&self) -> Option<&PaletteEntry> {
        self.entries.get(self.selected?)
    }
}

/// One line of the palette.
#[derive(Clone, Debug, PartialEq)]
pub struct PaletteEntry {
    pub name: String,
    pub help: String,
    /// Keys that do the same.
    pub keys: String,
    /// Why it would be refused now; None when it would not.
    pub disabled: Option<String>,
}

/// Choosing the revision to undo to.
#[derive(Debug)]
pub struct Revisions {
    pub rollout: ObjectId,
    /// The ReplicaSet under the cursor; None until there is one to go back to.
    pub selected: Option<Uid>,
    pub opened: Timestamp,
}

impl Revisions {
    /// Puts the cursor on the first revision that one can go back to, as soon as there is one, and holds it there.
    pub fn settle(&mut self, model: &Model) {
        let Some(rollout) = model.rollouts.get(&self.rollout.uid) else { return };
        let sets = model.replica_sets_of(rollout);
        if self.index(&sets).is_none() {
            let can = |set: &&&ReplicaSet| {
                set.revision.is_some_and(|revision| availability::undo_to(model, rollout, revision).is_ok())
            };
            self.selected = sets.iter().find(can).map(|set| set.id.uid.clone());
        }
    }

    /// Where the cursor stands among these.
    pub fn index(&self, sets: &[&ReplicaSet]) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        sets.iter().position(|set| set.id.uid == *selected)
    }
}

/// One line to the operator, at the foot of the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub text: String,
    pub role: Role,
    /// When it goes; None: with the next key.
    pub until: Option<Timestamp>,
}

impl Ui {
    /// The screen at the start.
    pub fn new(contexts: Vec<Context>) -> Self {
        Ui {
            lists: PANES.iter().map(|_| ListState::default()).collect(),
            focus: 0,
            came_from: None,
            zoom: false,
            detail: None,
            overlay: None,
            notice: None,
            frozen: None,
            contexts,
            read_only: None,
            authorities: Vec::new(),
            write_until: None,
            is_viewer: false,
            denied: Vec::new(),
            warnings: Vec::new(),
            at_work: Arc::default(),
            world: "",
            fault: None,
        }
    }

    /// The list that has the keys.
    pub fn list(&self) -> &ListState {
        match &self.detail {
            Some(detail) => &detail.list,
            None => &self.lists[self.focus],
        }
    }

    /// The same, to move in.
    pub fn list_mut(&mut self) -> &mut ListState {
        match &mut self.detail {
            Some(detail) => &mut detail.list,
            None => &mut self.lists[self.focus],
        }
    }

    /// The layers of the keymap that are open, the uppermost first.
    pub fn layers(&self, cx: &Cx) -> Vec<&'static str> {
        match &self.overlay {
            Some(Overlay::Confirm(confirm)) => match confirm.field {
                Field::Keys => vec![layer::CONFIRM],
                Field::Reason => vec![layer::INPUT],
                Field::Name => vec![layer::TYPE_NAME],
            },
            Some(Overlay::Help { .. } | Overlay::Warnings { .. } | Overlay::Look(_)) => vec![layer::HELP],
            Some(Overlay::Palette(_)) => vec![layer::PALETTE],
            Some(Overlay::Filter { .. } | Overlay::Ask(_)) => vec![layer::INPUT],
            Some(Overlay::Revisions(_)) => vec![layer::CHOOSE],
            None => self.pane_layers(cx),
        }
    }

    /// The layers under an overlay: what the help tells of.
    pub fn pane_layers(&self, cx: &Cx) -> Vec<&'static str> {
        match &self.detail {
            Some(_) => vec![super::detail::LAYER, layer::GLOBAL],
            None => {
                let pane = PANES[self.focus.min(PANES.len() - 1)];
                [Some(pane.name()), pane.home(cx, self.list()), Some(layer::GLOBAL)].into_iter().flatten().collect()
            }
        }
    }

    /// What may be changed in that context.
    pub fn authority(&self, context: &str) -> Authority {
        let known = self.authorities.iter().find(|(name, _)| **name == *context);
        let is_closed = self.read_only.as_deref() == Some(READ_ONLY);
        known.map_or(Authority { read_only: is_closed, ..Authority::default() }, |(_, authority)| *authority)
    }

    /// The UID of the Rollout that is looked into.
    pub fn detail_uid(&self) -> Option<&Uid> {
        self.detail.as_ref().map(|detail| &detail.rollout.uid)
    }
}
