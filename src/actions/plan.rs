//! A plan: exactly what would be sent, on what it rests, and how one sees that it worked.

use jiff::SignedDuration;
use serde::Serialize;
use serde_json::Value;

pub use super::effect::{Effect, Progress};
use super::seen::Seen;
use crate::release::access::Right;
use crate::release::object::ObjectId;
use crate::release::observation::{Failure, FailureKind};

/// What would be done to one object. The confirm overlay shows it; the writer sends it and nothing else.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The row of ACTIONS.
    pub action: &'static str,
    /// `Rollout`, `Namespace`, `Workflow`, ...
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
    /// What undoes it, for the journal; Null where the plan says it in its requests.
    #[serde(skip)]
    pub inverse: Value,
}

impl Plan {
    /// Whether it changes something on GitHub, not in a cluster.
    pub fn is_on_github(&self) -> bool {
        super::action(self.action).is_some_and(|action| action.on.is_on_github())
    }

    /// What has to be typed to confirm it; None where a key is enough.
    pub fn to_type(&self) -> Option<&str> {
        match &self.danger {
            Danger::Plain => None,
            Danger::TypeName => Some(&self.target.name),
            Danger::Type(text) => Some(text),
        }
    }
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

/// One HTTP request of the Kubernetes or the GitHub API.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    pub method: &'static str,
    /// Path without a query; the Kubernetes writer adds `fieldManager`, `fieldValidation` and, first, `dryRun`.
    pub path: String,
    pub content_type: &'static str,
    /// Null for none.
    pub body: Value,
    /// The Kubernetes right that it needs; GitHub has none that can be asked for beforehand.
    #[serde(skip)]
    pub right: Option<Right>,
    /// What must still be so right before it is sent. GitHub's API takes no preconditions but the sha of a file.
    #[serde(skip)]
    pub held: Vec<Held>,
}

/// A fact that a request rests on, and where it can be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// What it is, for sentences: `the state of infra-drift.yml`.
    pub what: String,
    /// Path with its query.
    pub path: String,
    /// Where in the answer it stands.
    pub pointer: &'static str,
    pub value: Value,
}

/// How much care the confirm overlay asks for, least first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Danger {
    /// One confirming key.
    Plain,
    /// The object's name must be typed.
    TypeName,
    /// This must be typed, on the command line too: it overrides what speaks against it.
    Type(String),
}

/// Why a plan was not made, in the operator's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// `not paused`, `read-only`, ...: a whole sentence for the status line.
    pub reason: String,
    /// What could not be seen; None where all was, and it does not apply. What is not there is `NotInstalled`.
    #[serde(skip)]
    pub blindness: Option<FailureKind>,
}

impl Refusal {
    /// A refusal for that reason.
    pub fn because(reason: impl Into<String>) -> Self {
        Refusal { reason: reason.into(), blindness: None }
    }

    /// A refusal of what is not there.
    pub fn absent(reason: impl Into<String>) -> Self {
        Refusal { reason: reason.into(), blindness: Some(FailureKind::NotInstalled) }
    }

    /// A refusal of what could not be read.
    pub fn unread(what: &str, failure: &Failure) -> Self {
        Refusal { reason: format!("{what} could not be read: {}", failure.message), blindness: Some(failure.kind) }
    }
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Refusal::because(reason)
    }
}
