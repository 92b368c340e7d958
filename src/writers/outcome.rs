//! What became of a plan, in one word and one sentence. Plain data: recorded, printed, never painted as the cluster's state.

use serde::{Deserialize, Serialize};

/// What became of a plan that was sent. `applied` says that the API server took it, not that anything followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Outcome {
    /// Every request was accepted.
    Applied {
        /// The API server's `Warning` headers.
        warnings: Vec<String>,
        /// `metadata.resourceVersion` after the last request.
        resource_version: Option<String>,
    },
    /// What the operator saw no longer holds; nothing was changed by the request that says so.
    Conflict {
        /// What moved.
        reason: String,
    },
    /// Not permitted, or refused by an admission webhook or policy.
    Denied { reason: String },
    /// Certainly not done.
    Failed {
        /// None when the request never left.
        status: Option<u16>,
        reason: String,
    },
    /// Sent, but it cannot be said whether it was done.
    Unknown { reason: String },
}

impl Outcome {
    /// The word of the headless contract.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Applied { .. } => "applied",
            Outcome::Conflict { .. } => "conflict",
            Outcome::Denied { .. } => "denied",
            Outcome::Failed { .. } => "failed",
            Outcome::Unknown { .. } => "unknown",
        }
    }

    /// Whether the API server took every request.
    pub fn is_applied(&self) -> bool {
        matches!(self, Outcome::Applied { .. })
    }

    /// Why it was not applied; empty when it was.
    pub fn reason(&self) -> &str {
        match self {
            Outcome::Applied { .. } => "",
            Outcome::Conflict { reason }
            | Outcome::Denied { reason }
            | Outcome::Failed { reason, .. }
            | Outcome::Unknown { reason } => reason,
        }
    }

    /// One sentence for the status line.
    pub fn sentence(&self) -> String {
        match self {
            Outcome::Applied { warnings, .. } if warnings.is_empty() => "accepted".to_owned(),
            Outcome::Applied { warnings, .. } => format!("accepted, with warnings: {}", warnings.join("; ")),
            Outcome::Conflict { reason } => format!("moved on: {reason}"),
            Outcome::Denied { reason } => format!("denied: {reason}"),
            Outcome::Failed { reason, .. } => format!("failed: {reason}"),
            Outcome::Unknown { reason } => format!("unknown whether it was done: {reason}"),
        }
    }

    /// The same outcome after earlier requests of the plan were applied: the operator has to know that half is done.
    pub(super) fn after(self, applied: usize, of: usize) -> Outcome {
        if applied == 0 {
            return self;
        }
        let were = if applied == 1 { "was" } else { "were" };
        self.saying(|reason| format!("{applied} of {of} requests {were} applied, then: {reason}"))
    }

    /// The same outcome with more to say of why; what was applied has no why.
    pub(super) fn saying(mut self, more: impl FnOnce(&str) -> String) -> Outcome {
        match &mut self {
            Outcome::Applied { .. } => {}
            Outcome::Conflict { reason }
            | Outcome::Denied { reason }
            | Outcome::Failed { reason, .. }
            | Outcome::Unknown { reason } => *reason = more(reason),
        }
        self
    }
}
