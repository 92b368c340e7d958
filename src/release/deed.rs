//! What was done by whom: one line of the audit journal's story, from intent to verified effect.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::attention::Severity;
use super::object::Uid;

/// One action that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deed {
    /// Number of its intent in the journal.
    pub number: u64,
    pub at: Timestamp,
    /// `user@host`.
    pub who: Box<str>,
    pub context: Arc<str>,
    pub action: Box<str>,
    /// What the object is: `Rollout`, `Flag`.
    #[serde(default)]
    pub kind: Box<str>,
    /// `namespace/name`.
    pub object: Box<str>,
    pub uid: Uid,
    /// The reason or ticket that was given.
    pub reason: Box<str>,
    /// What was sent, or was about to be: method, path and body.
    #[serde(default)]
    pub requests: Vec<Box<str>>,
    /// What the server answered; None while there is no record of it.
    pub outcome: Option<Box<str>>,
    /// What the cluster showed afterwards; None while nothing was recorded.
    pub effect: Option<Box<str>>,
    pub severity: Severity,
    /// What undoes it, where the plan said so.
    pub inverse: Option<Value>,
}

impl Deed {
    /// Whether it was done, as far as is recorded, or nobody can say that it was not.
    pub fn may_have_been_done(&self) -> bool {
        let word = self.outcome.as_deref().map(|outcome| outcome.split(':').next().unwrap_or(outcome));
        matches!(word, None | Some("applied" | "unknown"))
    }
}
