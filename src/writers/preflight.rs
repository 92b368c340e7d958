//! What was found out about a plan before anything is sent for good.

use serde::Serialize;
use serde_json::Value;

use super::outcome::Outcome;
use crate::actions::plan::{FromTo, Plan, Refusal, Request};
use crate::release::access::{Right, Verdict};

/// What the other side said beforehand. Only a writer makes one.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preflight {
    /// One answer per right that the plan needs, in order.
    pub access: Vec<(Right, Verdict)>,
    /// One per request, in order: what the server would make of it, or how it refuses.
    pub dry_run: Vec<Result<DryRun, Outcome>>,
    /// The object as it was read out, for the audit; Null when it could not be read.
    #[serde(skip)]
    pub before: Value,
    /// What it was made for: a preflight of one plan is no leave for another.
    #[serde(skip)]
    pub(super) requests: Vec<Request>,
}

/// What the server would do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DryRun {
    /// The API server's `Warning` headers.
    pub warnings: Vec<String>,
    /// Field by field, from the object as it is to what it would be.
    pub changes: Vec<FromTo>,
}

impl Preflight {
    /// What the server warns of, over all requests.
    pub fn warnings(&self) -> Vec<String> {
        let tried = self.dry_run.iter().filter_map(|tried| tried.as_ref().ok());
        tried.flat_map(|dry_run| dry_run.warnings.iter().cloned()).collect()
    }

    /// Why that plan must not be sent; None when nothing stands against it.
    pub fn refusal(&self, plan: &Plan) -> Option<Refusal> {
        if self.requests != plan.requests {
            return Some(Refusal::because("another plan was tried than the one to be sent: plan again"));
        }
        let denied = self.access.iter().find_map(|(right, verdict)| match verdict {
            Verdict::Denied(why) => {
                let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
                Some(format!("not permitted: you may not {}{why}", right.sentence()))
            }
            _ => None,
        });
        let refused = || self.dry_run.iter().find_map(|tried| tried.as_ref().err().map(Outcome::sentence));
        denied.or_else(refused).map(Refusal::because)
    }
}
