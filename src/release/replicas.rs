//! ReplicaSets, pods and Experiments of a Rollout: what its detail shows and its roles.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::object::{ObjectId, Uid};
use super::rollout::Rollout;

/// `apps/v1` ReplicaSet, of a Rollout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplicaSet {
    pub id: ObjectId,
    pub created: Option<Timestamp>,
    /// `metadata.ownerReferences[controller]`.
    pub owner: Option<Uid>,
    /// Label `rollouts-pod-template-hash`.
    pub pod_hash: Option<Arc<str>>,
    /// Annotation `rollout.argoproj.io/revision`.
    pub revision: Option<u64>,
    /// Annotation `scale-down-deadline` (`argo-rollouts.argoproj.io/scale-down-deadline`): when the old pods go.
    pub scale_down_deadline: Option<Timestamp>,
    pub images: Vec<Box<str>>,
    pub desired: i32,
    pub replicas: i32,
    pub ready: i32,
    pub available: i32,
    /// Message of the condition `ReplicaFailure=True`: who refuses the pods, in the API server's words.
    pub failure: Option<Box<str>>,
}

/// `v1` Pod, of a ReplicaSet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pod {
    pub id: ObjectId,
    pub created: Option<Timestamp>,
    pub owner: Option<Uid>,
    /// The word `kubectl get pods` prints: phase, or the waiting or terminated reason.
    pub status: Box<str>,
    /// Whether the status is a good one, a passing one or a bad one.
    pub health: PodHealth,
    pub ready: i32,
    pub containers: i32,
    pub restarts: i32,
    /// `status.containerStatuses[].imageID`, digests only.
    pub digests: Vec<Box<str>>,
}

/// How a pod's word is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PodHealth {
    Running,
    Pending,
    Failing,
}

/// `argoproj.io/v1alpha1` Experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    pub id: ObjectId,
    pub created: Option<Timestamp>,
    pub owner: Option<Uid>,
    pub revision: Option<u64>,
    pub phase: Box<str>,
    pub message: Box<str>,
}

/// `batch/v1` Job, of an AnalysisRun with a job metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub id: ObjectId,
    pub owner: Option<Uid>,
    pub status: Box<str>,
}

/// What a ReplicaSet is for, in the words of `kubectl argo rollouts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Stable,
    Canary,
    Active,
    Preview,
    Ping,
    Pong,
}

impl Role {
    /// The tag as the reference client prints it.
    pub fn word(self) -> &'static str {
        match self {
            Role::Stable => "stable",
            Role::Canary => "canary",
            Role::Active => "active",
            Role::Preview => "preview",
            Role::Ping => "ping",
            Role::Pong => "pong",
        }
    }
}

impl Rollout {
    /// The roles of the ReplicaSet with that pod template hash.
    pub fn roles(&self, pod_hash: &str) -> Vec<Role> {
        let is = |hash: &Option<Arc<str>>| hash.as_deref() == Some(pod_hash);
        let status = &self.status;
        let mut roles = Vec::new();
        if self.canary().is_some() {
            let is_stable_ping = status.stable_ping_pong.as_deref().map(|service| service == "ping");
            let service = |is_ping| if is_ping { Role::Ping } else { Role::Pong };
            if is(&status.stable_hash) {
                roles.push(Role::Stable);
                roles.extend(is_stable_ping.map(service));
            } else if is(&status.current_pod_hash) {
                roles.push(Role::Canary);
                roles.extend(is_stable_ping.map(|is_ping| service(!is_ping)));
            }
        } else {
            if is(&status.stable_hash) {
                roles.push(Role::Stable);
            }
            if is(&status.active_selector) {
                roles.push(Role::Active);
            }
            // Both services point to one ReplicaSet when nothing is being previewed.
            if is(&status.preview_selector) && status.preview_selector != status.active_selector {
                roles.push(Role::Preview);
            }
        }
        roles
    }
}
