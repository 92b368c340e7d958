//! From a plan to the outside and back with an outcome: the only code that changes anything.
//!
//! [`execute`] is the one place that sends a mutating request: tried before, recorded before and after.

mod answer;
pub mod audit;
mod event;
mod execute;
pub mod github;
pub mod kubernetes;
mod moved;
pub mod outcome;
pub mod preflight;
mod templates;
mod wire;

#[cfg(test)]
mod tests;

use jiff::Timestamp;

use crate::actions::plan::Plan;
use outcome::Outcome;
use preflight::Preflight;

pub use execute::{Executed, Order, Refused, execute, record_refused, record_verified};

/// Where a plan is sent.
#[derive(Clone)]
pub enum Writer {
    Kubernetes(kubernetes::Writer),
    GitHub(github::Writer),
}

impl From<kubernetes::Writer> for Writer {
    fn from(writer: kubernetes::Writer) -> Self {
        Writer::Kubernetes(writer)
    }
}

impl From<github::Writer> for Writer {
    fn from(writer: github::Writer) -> Self {
        Writer::GitHub(writer)
    }
}

impl Writer {
    /// Asks whether it may be done and would be done, without doing it.
    pub async fn preflight(&self, plan: &Plan) -> Preflight {
        match self {
            Writer::Kubernetes(writer) => writer.preflight(plan).await,
            Writer::GitHub(writer) => writer.preflight(plan).await,
        }
    }

    /// Sends every request once, in order, and stops at the first that is not applied.
    async fn send(&self, plan: &Plan) -> Outcome {
        match self {
            Writer::Kubernetes(writer) => writer.send(plan).await,
            Writer::GitHub(writer) => writer.send(plan).await,
        }
    }

    /// Leaves a note of it where others look; GitHub keeps one by itself.
    async fn emit(
        &self,
        plan: &Plan,
        outcome: &Outcome,
        who: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), String> {
        match self {
            // What goes with its namespace tells nobody anything.
            Writer::Kubernetes(_) if plan.target.namespace.is_empty() => Ok(()),
            Writer::Kubernetes(writer) => writer.emit(plan, outcome, who, reason, now).await,
            Writer::GitHub(_) => Ok(()),
        }
    }
}
