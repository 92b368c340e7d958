//! What can happen to the app and what it can ask for: plain data on both sides.

use std::sync::Arc;

use crossterm::event::KeyEvent;
use jiff::SignedDuration;

use crate::actions::Templates;
use crate::actions::plan::{Plan, Progress};
use crate::panes::ui::{Check, Notice};
use crate::release::access::{Right, Verdict};
use crate::release::object::ObjectId;
use crate::release::observation::Report;
use crate::release::repository::Topic;
use crate::release::rollout::Rollout;
use crate::sources::Focus;
use crate::sources::prometheus::Live;
use crate::writers::Executed;

/// Everything that comes in.
#[derive(Debug)]
pub enum Event {
    Key(KeyEvent),
    Paste(String),
    Report(Box<Report>),
    /// The API server's answer to a plan that is shown.
    Checked {
        dialog: u64,
        index: usize,
        check: Check,
        access: Vec<(Right, Verdict)>,
    },
    /// What undo had to read out.
    Templates {
        target: ObjectId,
        templates: Box<Result<Templates, String>>,
    },
    /// What became of a write.
    Sent {
        work: u64,
        executed: Executed,
    },
    /// The write did not leave: it could not be recorded.
    Refused {
        work: u64,
        reason: String,
    },
    /// The simulated world plays a fault now, or none.
    Fault(Option<String>),
    Notice(Notice),
    /// A time has come that the app had named.
    Woken,
}

/// Everything that is asked for.
#[derive(Debug)]
pub enum Effect {
    Quit,
    Suspend,
    /// Paint everything anew.
    Redraw,
    /// Put it into the terminal's clipboard.
    Copy(String),
    /// Watch what belongs to that Rollout, and nothing else.
    Focus(Option<Focus>),
    /// Ask Prometheus for these, again and again, and for nothing else.
    Series {
        context: Arc<str>,
        lives: Vec<Live>,
    },
    /// Ask the API server what it would say.
    Check {
        dialog: u64,
        index: usize,
        plan: Box<Plan>,
    },
    /// Read the pod templates that undo needs.
    ReadTemplates {
        rollout: Box<Rollout>,
        revision: u64,
    },
    /// Record, send, record.
    Send {
        work: u64,
        checked: (u64, usize),
        plan: Box<Plan>,
        reason: String,
    },
    /// Record what was seen of a write's effect.
    Verified {
        plan: Box<Plan>,
        executed: Box<Executed>,
        progress: Progress,
        took: SignedDuration,
        cause: String,
    },
    /// Record that it was refused before anything was sent.
    Refused {
        plan: Box<Plan>,
        reason: String,
        why: String,
    },
    /// These parts of the repository are on the screen, and no others: ask for them more often.
    Look(Vec<Topic>),
    /// Something about it was just changed: ask at once.
    Acted(Topic),
    /// Ask once more, now, for what is on the screen.
    Again,
    /// Play that fault of the simulated world.
    Fault(String),
    /// Write the timeline to a file.
    Export(String),
}
