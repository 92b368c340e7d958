//! A plan: exactly what would be sent, on what it rests, and how one sees that it worked.

use jiff::SignedDuration;
use serde::Serialize;
use serde_json::Value;

pub use super::effect::{Effect, Progress};
use super::guard::Seen;
use crate::release::access::Right;
use crate::release::object::ObjectId;

/// What would be done to one object. The confirm overlay shows it; the writer sends it and nothing else.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The row of ACTIONS.
    pub action: &'static str,
    /// `Rollout` or `AnalysisRun`.
    pub kind: &'static str,
    pub target: ObjectId,
    /// What changes, as `field: from -> to`.
    pub changes: Vec<FromTo>,
    /// Sent in this order; each holds its own precondition.
    pub requests: Vec<Request>,
    /// What the operator should know first: who would revert it, what it does not do.
    pub notes: Vec<String>,
    pub danger: Danger,
    /// How one sees that it took effect.
    pub effect: Effect,
    /// How long the effect may take before the screen says that there is none.
    #[serde(skip)]
    pub deadline: SignedDuration,
    /// For undo: the pod template's difference as unified diff lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diff: Vec<String>,
    /// What the plan rests on: it is checked again when the plan is confirmed, and tested by the requests.
    #[serde(skip)]
    pub seen: Seen,
}

/// One line of what changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FromTo {
    pub field: String,
    pub from: String,
    pub to: String,
}

impl FromTo {
    /// `field: from -> to`.
    pub fn new(field: impl Into<String>, from: impl ToString, to: impl ToString) -> Self {
        FromTo { field: field.into(), from: from.to_string(), to: to.to_string() }
    }
}

/// One HTTP request of the Kubernetes API.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    pub method: &'static str,
    /// Path without a query; the writer adds `fieldManager`, `fieldValidation` and, first, `dryRun`.
    pub path: String,
    pub content_type: &'static str,
    pub body: Value,
    /// The right that it needs.
    #[serde(skip)]
    pub right: Right,
}

/// How much care the confirm overlay asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Danger {
    /// One confirming key.
    Plain,
    /// The object's name must be typed.
    TypeName,
}

/// Why a plan was not made, in the operator's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// `not paused`, `read-only`, ...: a whole sentence for the status line.
    pub reason: String,
}

impl Refusal {
    /// A refusal for that reason.
    pub fn because(reason: impl Into<String>) -> Self {
        Refusal { reason: reason.into() }
    }
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Refusal { reason }
    }
}
