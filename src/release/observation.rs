//! Everything a source may say. Plain data, so that an incident can be recorded and replayed.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::analysis::AnalysisRun;
use super::deed::Deed;
use super::object::{ObjectId, Uid};
use super::preview::PreviewNamespace;
use super::replicas::{Experiment, Job, Pod, ReplicaSet};
use super::repository::Finding;
use super::requests::Requested;
use super::rollout::Rollout;

/// What a watch said: swap on Reset, so that nothing deleted while the watch was down lives on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change<T> {
    Reset(Vec<T>),
    Applied(T),
    Deleted(Uid),
}

/// One message from one source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub source: SourceId,
    pub said: Said,
}

/// Which source: one row of SOURCES in one context.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceId {
    pub context: Arc<str>,
    /// The row's name, such as `rollouts`.
    pub kind: Arc<str>,
}

/// What it said: something about the world, or about itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Said {
    Observed(Observation),
    /// A page of a first list: more is coming.
    Partial(Observation),
    /// The list is complete.
    Loaded,
    /// Heard from, nothing new: a bookmark.
    Alive,
    /// Heard from, and not again before so long: a source that is asked now and then and has nothing to say in between.
    Resting(SignedDuration),
    Failing(Failure),
    /// It has told all there is to tell: from now on its silence means nothing.
    Ended,
}

/// Why a source cannot see, and when it looks again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub kind: FailureKind,
    /// What was tried and why it failed, in one sentence.
    pub message: String,
    /// None: not before something else changes.
    pub retry_in: Option<SignedDuration>,
}

/// The kinds of blindness, each with a word of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureKind {
    /// Nobody answers, or not in time.
    Unreachable,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404: the API group is not installed. A state of the row, not an error.
    NotInstalled,
    /// Any other answer that cannot be used.
    Failed,
}

/// What a source may say about the world.
#[allow(clippy::large_enum_variant, reason = "a Rollout is what nearly all of them are about")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Observation {
    Rollouts(Change<Rollout>),
    AnalysisRuns(Change<AnalysisRun>),
    /// Of the focused Rollout only, as the following four.
    ReplicaSets(Change<ReplicaSet>),
    Pods(Change<Pod>),
    Experiments(Change<Experiment>),
    Jobs(Change<Job>),
    Events(Change<ObjectEvent>),
    /// Events with reason FailedCreate on ReplicaSets, cluster-wide: the only early sign of a refusing admission.
    Refusals(Change<ObjectEvent>),
    /// The controller's leader Lease.
    Leases(Change<Lease>),
    /// A live query's points.
    Series(Series),
    /// What the audit journal tells, newest first.
    Journal(Vec<Deed>),
    /// Namespaces `pr-<n>`, and no others.
    Previews(Change<PreviewNamespace>),
    /// What the pods of one of them reserve.
    PreviewRequests(PreviewRequests),
    /// The namespace that was asked for does not exist there.
    NoNamespace(Box<str>),
    /// It did not, and does by now.
    NamespaceFound,
    /// Of the repository that the source's context names.
    Repository(Finding),
}

/// What the pods of a preview reserve together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreviewRequests {
    /// The namespace's.
    pub uid: Uid,
    /// Err: why it is not known.
    pub requested: Result<Requested, Failure>,
    /// Pods that are not done.
    pub pods: usize,
}

/// `v1` Event about an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectEvent {
    pub id: ObjectId,
    /// `involvedObject`.
    pub kind: Box<str>,
    pub object: Box<str>,
    pub object_uid: Option<Uid>,
    /// `type` is Warning.
    pub warning: bool,
    pub reason: Box<str>,
    pub message: Box<str>,
    /// `lastTimestamp`, else `eventTime`, else `metadata.creationTimestamp`.
    pub at: Option<Timestamp>,
    /// `firstTimestamp`, else `eventTime`, else `metadata.creationTimestamp`: when it was first said.
    #[serde(default)]
    pub first: Option<Timestamp>,
    pub count: i64,
}

/// `coordination.k8s.io/v1` Lease `argo-rollouts-controller-lock`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lease {
    pub id: ObjectId,
    pub holder: Box<str>,
    pub renewed: Option<Timestamp>,
}

/// The answer to a range query: the live twin of an AnalysisRun's measurements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The AnalysisRun and the metric's name.
    pub run: Uid,
    pub metric: Box<str>,
    pub outcome: SeriesOutcome,
    /// Why the data is partial, in Prometheus's words; mostly empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Box<str>>,
    /// When the answer came.
    pub at: Timestamp,
}

/// What Prometheus answered, each with its own word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SeriesOutcome {
    /// `(unix seconds, value)`; NaN and infinities are kept: they are words of their own.
    Points(#[serde(with = "points")] Vec<(f64, f64)>),
    /// The query matches nothing.
    Empty,
    /// Several series where the condition reads the first: their number, and the first's points.
    Many(usize, #[serde(with = "points")] Vec<(f64, f64)>),
    /// It could not be asked, and why.
    Failed(String),
}

/// Points in a recording: JSON has no NaN and no infinity, so that those are words, as in Prometheus's own answers.
mod points {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Value {
        Number(f64),
        Word(String),
    }

    pub fn serialize<S: Serializer>(points: &[(f64, f64)], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(points.iter().map(|(time, value)| match value.is_finite() {
            true => (*time, Value::Number(*value)),
            false => (*time, Value::Word(value.to_string())),
        }))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(f64, f64)>, D::Error> {
        let points = Vec::<(f64, Value)>::deserialize(deserializer)?;
        let read = |(time, value)| match value {
            Value::Number(value) => Ok((time, value)),
            Value::Word(word) => word.parse().map(|value| (time, value)).map_err(serde::de::Error::custom),
        };
        points.into_iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_series_keeps_what_is_no_number() {
        let points = vec![(1.0, f64::NAN), (2.0, f64::INFINITY), (3.0, f64::NEG_INFINITY), (4.0, 0.5)];
        for outcome in [SeriesOutcome::Points(points.clone()), SeriesOutcome::Many(2, points)] {
            let json = serde_json::to_string(&outcome).unwrap();
            assert!(json.contains(r#"[[1.0,"NaN"],[2.0,"inf"],[3.0,"-inf"],[4.0,0.5]]"#), "{json}");
            let read: SeriesOutcome = serde_json::from_str(&json).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), json);
        }
    }
}
