//! The Rollout as the operator thinks of it: `argoproj.io/v1alpha1` `Rollout`, only the fields that are shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::object::ObjectId;

/// One Rollout, as last observed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    pub id: ObjectId,
    /// `metadata.resourceVersion`.
    pub resource_version: Box<str>,
    /// `metadata.generation`.
    pub generation: i64,
    /// `metadata.creationTimestamp`.
    pub created: Option<Timestamp>,
    /// `metadata.labels`, for label selectors.
    pub labels: BTreeMap<Box<str>, Box<str>>,
    /// Who would revert a live write, found from the GitOps marks on the object.
    pub managed_by: Option<Box<str>>,
    /// Annotation `rollout.argoproj.io/revision`.
    pub revision: Option<u64>,
    /// Annotation `rollout.argoproj.io/workload-generation`.
    pub workload_generation: Option<Box<str>>,
    /// `spec.replicas`; absent means 1.
    pub desired: Option<i32>,
    /// `spec.paused`: paused by a human.
    pub spec_paused: bool,
    /// `spec.restartAt`.
    pub restart_at: Option<Timestamp>,
    /// `spec.workloadRef`, when the pod template lives in another object.
    pub workload_ref: Option<WorkloadRef>,
    /// `spec.template.spec.containers[].image`.
    pub images: Vec<Box<str>>,
    /// `spec.selector.matchLabels` as a label selector, for the ReplicaSets and pods.
    pub selector: Box<str>,
    /// `spec.strategy`.
    pub strategy: Strategy,
    /// `status`.
    pub status: Status,
    /// What could not be read of the object; its row shows this word.
    pub fault: Option<Box<str>>,
}

/// `spec.workloadRef`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkloadRef {
    pub api_version: Box<str>,
    pub kind: Box<str>,
    pub name: Box<str>,
}

/// `spec.strategy`: exactly one of the two, or neither when the object is malformed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Strategy {
    Canary(Canary),
    BlueGreen(BlueGreen),
    Unknown,
}

/// `spec.strategy.canary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Canary {
    pub steps: Vec<Step>,
    /// Whether `trafficRouting` is set: then weights are real traffic and not replicas.
    pub traffic_routing: bool,
    /// `trafficRouting.maxTrafficWeight`; 100 when absent.
    pub max_weight: Option<i32>,
    /// `analysis.templates[].templateName`: the background analysis. Empty when there is none.
    pub analysis_templates: Vec<Box<str>>,
    /// `analysis.startingStep`.
    pub analysis_starting_step: Option<i32>,
}

/// `spec.strategy.blueGreen`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BlueGreen {
    pub active_service: Option<Box<str>>,
    pub preview_service: Option<Box<str>>,
    /// `autoPromotionEnabled`; true when absent.
    pub auto_promotion: bool,
    /// `autoPromotionSeconds`.
    pub auto_promotion_seconds: Option<i64>,
    /// Whether `postPromotionAnalysis` is set.
    pub post_promotion_analysis: bool,
}

/// One of `spec.strategy.canary.steps[]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    SetWeight(i32),
    /// None waits for a human.
    Pause(Option<SignedDuration>),
    SetCanaryScale,
    Analysis(Vec<Box<str>>),
    Experiment(Vec<Box<str>>),
    /// A kind that this version does not know, by its key.
    Other(Box<str>),
}

/// `status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub phase: Option<Box<str>>,
    pub message: Option<Box<str>>,
    /// A string on the wire; a hash on old objects.
    pub observed_generation: Option<Box<str>>,
    pub workload_observed_generation: Option<Box<str>>,
    pub current_pod_hash: Option<Arc<str>>,
    /// `stableRS`, else the older `canary.stableRS`.
    pub stable_hash: Option<Arc<str>>,
    pub current_step_index: Option<i32>,
    pub abort: bool,
    pub aborted_at: Option<Timestamp>,
    pub promote_full: bool,
    pub controller_pause: bool,
    pub pause_conditions: Vec<PauseCondition>,
    pub conditions: Vec<Condition>,
    pub restarted_at: Option<Timestamp>,
    /// `replicas`: all pods of all ReplicaSets.
    pub replicas: i32,
    pub updated: i32,
    pub ready: i32,
    pub available: i32,
    /// `canary.weights.canary.weight`, only with a traffic router.
    pub canary_weight: Option<i32>,
    /// `canary.stablePingPong`: `ping` or `pong`, only with ping-pong services.
    pub stable_ping_pong: Option<Box<str>>,
    /// `canary.currentBackgroundAnalysisRunStatus`.
    pub background_run: Option<RunRef>,
    /// `canary.currentStepAnalysisRunStatus`.
    pub step_run: Option<RunRef>,
    /// `blueGreen.prePromotionAnalysisRunStatus`.
    pub pre_promotion_run: Option<RunRef>,
    /// `blueGreen.postPromotionAnalysisRunStatus`.
    pub post_promotion_run: Option<RunRef>,
    pub active_selector: Option<Arc<str>>,
    pub preview_selector: Option<Arc<str>>,
}

/// A reference to an AnalysisRun with the status that the Rollout last saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRef {
    pub name: Box<str>,
    pub status: Box<str>,
}

/// `status.pauseConditions[]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PauseCondition {
    pub reason: Box<str>,
    pub start_time: Option<Timestamp>,
}

/// `status.conditions[]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    pub kind: Box<str>,
    pub status: Box<str>,
    pub reason: Box<str>,
    pub message: Box<str>,
    pub last_transition: Option<Timestamp>,
}

impl Rollout {
    /// The canary strategy, when it is one.
    pub fn canary(&self) -> Option<&Canary> {
        match &self.strategy {
            Strategy::Canary(canary) => Some(canary),
            _ => None,
        }
    }

    /// The blueGreen strategy, when it is one.
    pub fn blue_green(&self) -> Option<&BlueGreen> {
        match &self.strategy {
            Strategy::BlueGreen(blue_green) => Some(blue_green),
            _ => None,
        }
    }

    /// The word of the API field: `Canary`, `BlueGreen` or `unknown`.
    pub fn strategy_word(&self) -> &'static str {
        match self.strategy {
            Strategy::Canary(_) => "Canary",
            Strategy::BlueGreen(_) => "BlueGreen",
            Strategy::Unknown => "unknown",
        }
    }

    /// `spec.replicas`, 1 when absent, as the API server would default it.
    pub fn desired_replicas(&self) -> i32 {
        self.desired.unwrap_or(1)
    }

    /// Steps of the canary; empty for any other strategy.
    pub fn steps(&self) -> &[Step] {
        self.canary().map(|canary| canary.steps.as_slice()).unwrap_or_default()
    }

    /// The step that runs now: None when all are done or there are none.
    pub fn current_step(&self) -> Option<(usize, &Step)> {
        let index = usize::try_from(self.status.current_step_index?).ok()?;
        self.steps().get(index).map(|step| (index, step))
    }

    /// Whether every pod is of the stable revision, by the controller's own words.
    pub fn is_fully_promoted(&self) -> bool {
        match (&self.status.stable_hash, &self.status.current_pod_hash) {
            (Some(stable), Some(current)) => stable == current,
            _ => false,
        }
    }

    /// When the pause that is in force ends by itself; None when nothing is paused or a human must decide.
    pub fn pause_ends(&self) -> Option<Timestamp> {
        let pause = self.status.pause_conditions.first()?;
        let length = match &*pause.reason {
            "CanaryPauseStep" => match self.current_step()? {
                (_, Step::Pause(Some(length))) => *length,
                _ => return None,
            },
            "BlueGreenPause" => SignedDuration::from_secs(self.blue_green()?.auto_promotion_seconds?),
            _ => return None,
        };
        pause.start_time?.checked_add(length).ok()
    }

    /// Since when the first pause condition has held.
    pub fn paused_since(&self) -> Option<Timestamp> {
        self.status.pause_conditions.first()?.start_time
    }

    /// The condition of that type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|condition| &*condition.kind == kind)
    }

    /// Names of the AnalysisRuns that the status points to now.
    pub fn current_runs(&self) -> impl Iterator<Item = &RunRef> {
        let status = &self.status;
        [&status.step_run, &status.background_run, &status.pre_promotion_run, &status.post_promotion_run]
            .into_iter()
            .flatten()
    }
}
