//! From a wish to a plan or a refusal. Pure: nothing here talks to anything.
//!
//! One file per action, one row each in [`ACTIONS`]; help, hints, palette, keymaps and the headless verbs walk the table.

pub mod plan;

use jiff::Timestamp;
use serde_json::Value;

use crate::release::model::Model;
use crate::release::object::ObjectId;
use plan::{Plan, Refusal};

/// One thing the operator can do to an object.
pub struct Action {
    /// As in keymaps, the palette and the audit: `abort`, `promote-full`.
    pub name: &'static str,
    /// One line for the help.
    pub help: &'static str,
    /// What has to be read out of the cluster before a plan can be made.
    pub needs: Needs,
    /// The plan, or why not. Pure.
    pub plan: fn(&Wish<'_>) -> Result<Plan, Refusal>,
}

/// What an action must read out before it can plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The model knows enough.
    Nothing,
    /// A revision, chosen by the operator; then the Rollout and that ReplicaSet in full.
    Revision,
}

/// What the operator asked for, with all that a plan may depend on.
pub struct Wish<'a> {
    pub model: &'a Model,
    /// The Rollout (or, for `terminate`, the AnalysisRun).
    pub target: &'a ObjectId,
    pub now: Timestamp,
    /// Only for [`Needs::Revision`].
    pub revision: Option<&'a Templates>,
}

/// What undo reads out: both pod templates in full.
#[derive(Clone, Debug, PartialEq)]
pub struct Templates {
    pub revision: u64,
    /// Name of the ReplicaSet of that revision.
    pub replica_set: String,
    /// Path of the object that holds the template: the Rollout, or what its workloadRef names.
    pub holder_path: String,
    /// `spec.template` of the holder as it is now.
    pub current: Value,
    /// `spec.template` of the ReplicaSet, without the pod template hash label.
    pub wanted: Value,
}

/// The table. A new action is a new file and a row here.
pub static ACTIONS: &[&Action] = &[];

/// The row of that name.
pub fn action(name: &str) -> Option<&'static Action> {
    ACTIONS.iter().copied().find(|action| action.name == name)
}
