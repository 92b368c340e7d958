//! One row of `status`.

use jiff::Timestamp;
use serde::Serialize;

use crate::release::attention::Severity;

/// One row of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub id: &'static str,
    pub state: Severity,
    pub confidence: Confidence,
    pub summary: String,
    pub owners: Vec<&'static str>,
    pub updated_at: Option<Timestamp>,
    pub errors: Vec<String>,
}

/// How a row knows what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Read from an API object.
    Observed,
    /// Our own evaluation.
    Computed,
    /// Joined by name or time.
    Inferred,
    Unknown,
}
