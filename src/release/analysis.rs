//! The AnalysisRun as the operator thinks of it: `argoproj.io/v1alpha1` `AnalysisRun`, only the fields that are shown.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::object::{ObjectId, Uid};

/// One AnalysisRun, as last observed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnalysisRun {
    pub id: ObjectId,
    pub created: Option<Timestamp>,
    /// `metadata.ownerReferences[controller]`: the Rollout or Experiment.
    pub owner: Option<Uid>,
    /// Label `rollouts-pod-template-hash`.
    pub pod_hash: Option<Box<str>>,
    /// Label `rollout-type`: Step, Background, PrePromotion, PostPromotion.
    pub kind: Option<Box<str>>,
    /// Label `step-index`, on Step runs only.
    pub step_index: Option<u32>,
    /// Annotation `rollout.argoproj.io/revision`.
    pub revision: Option<u64>,
    /// `spec.terminate`.
    pub terminate: bool,
    /// `spec.metrics[]`.
    pub metrics: Vec<Metric>,
    pub phase: AnalysisPhase,
    pub message: Box<str>,
    pub started_at: Option<Timestamp>,
    /// `status.metricResults[]`.
    pub results: Vec<MetricResult>,
    /// What could not be read of the object.
    pub fault: Option<Box<str>>,
}

/// Phases of runs, metrics and measurements. The order is from best to worst, as the controller compares them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AnalysisPhase {
    /// Not started, or a word that this version does not know.
    #[default]
    Pending,
    Running,
    Successful,
    Inconclusive,
    Error,
    Failed,
}

impl AnalysisPhase {
    /// The word of the API field.
    pub fn word(self) -> &'static str {
        match self {
            AnalysisPhase::Pending => "Pending",
            AnalysisPhase::Running => "Running",
            AnalysisPhase::Successful => "Successful",
            AnalysisPhase::Inconclusive => "Inconclusive",
            AnalysisPhase::Error => "Error",
            AnalysisPhase::Failed => "Failed",
        }
    }

    /// From the API field; anything unknown is pending, which is never green.
    pub fn from_word(word: &str) -> Self {
        match word {
            "Running" => AnalysisPhase::Running,
            "Successful" => AnalysisPhase::Successful,
            "Inconclusive" => AnalysisPhase::Inconclusive,
            "Error" => AnalysisPhase::Error,
            "Failed" => AnalysisPhase::Failed,
            _ => AnalysisPhase::Pending,
        }
    }

    /// Whether the verdict stands.
    pub fn is_completed(self) -> bool {
        !matches!(self, AnalysisPhase::Pending | AnalysisPhase::Running)
    }
}

/// `spec.metrics[]`. Limits are None where the field holds what is no number (an argument that is not resolved).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    pub name: Box<str>,
    pub interval: Option<SignedDuration>,
    pub initial_delay: Option<SignedDuration>,
    /// How many measurements; None runs until stopped, or once without an interval.
    pub count: Option<i64>,
    /// 0 by default; -1 disables.
    pub failure_limit: Option<i64>,
    /// 0 by default; -1 disables.
    pub inconclusive_limit: Option<i64>,
    /// 4 by default.
    pub consecutive_error_limit: Option<i64>,
    /// 0 (off) by default.
    pub consecutive_success_limit: Option<i64>,
    pub success_condition: Option<Box<str>>,
    pub failure_condition: Option<Box<str>>,
    pub provider: Provider,
}

/// `spec.metrics[].provider`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Provider {
    Prometheus {
        address: Box<str>,
        query: Box<str>,
    },
    /// Any other, by its key (`job`, `web`, `datadog`, ...).
    Other(Box<str>),
}

/// `status.metricResults[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricResult {
    pub name: Box<str>,
    pub phase: AnalysisPhase,
    pub message: Box<str>,
    pub count: i64,
    pub successful: i64,
    pub failed: i64,
    pub inconclusive: i64,
    pub error: i64,
    pub consecutive_error: i64,
    pub consecutive_success: i64,
    /// A dry-run metric never decides the run.
    pub dry_run: bool,
    /// `metadata.ResolvedPrometheusQuery`: the query that was really sent.
    pub resolved_query: Option<Box<str>>,
    pub measurements: Vec<Measurement>,
}

/// `status.metricResults[].measurements[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    pub phase: AnalysisPhase,
    /// A string on the wire, often of a list: `"[0.031]"`.
    pub value: Box<str>,
    pub message: Box<str>,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}

impl AnalysisRun {
    /// The spec's metric of that name.
    pub fn metric(&self, name: &str) -> Option<&Metric> {
        self.metrics.iter().find(|metric| &*metric.name == name)
    }

    /// The status's result of that name.
    pub fn result(&self, name: &str) -> Option<&MetricResult> {
        self.results.iter().find(|result| &*result.name == name)
    }
}
