//! The phase and message of a Rollout, computed in the same order as the Argo Rollouts client does.

use std::borrow::Cow;

use serde::Serialize;

use super::analysis::AnalysisPhase;
use super::rollout::{BlueGreen, Rollout, RunRef, Strategy};

/// The four words of `status.phase`, and one for what cannot be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Phase {
    Healthy,
    Progressing,
    Paused,
    Degraded,
    Unknown,
}

/// Whether the controller said it or we worked it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PhaseSource {
    /// Read from `status.phase`.
    Observed,
    /// Worked out from the spec and the rest of the status.
    Computed,
}

/// What `kubectl argo rollouts get` prints as Status and Message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PhaseReading<'a> {
    pub phase: Phase,
    pub message: Cow<'a, str>,
    pub source: PhaseSource,
}

impl Phase {
    /// The word on the screen and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Phase::Healthy => "Healthy",
            Phase::Progressing => "Progressing",
            Phase::Paused => "Paused",
            Phase::Degraded => "Degraded",
            Phase::Unknown => "Unknown",
        }
    }

    fn from_word(word: &str) -> Phase {
        match word {
            "Healthy" => Phase::Healthy,
            "Progressing" => Phase::Progressing,
            "Paused" => Phase::Paused,
            "Degraded" => Phase::Degraded,
            _ => Phase::Unknown,
        }
    }
}

impl Rollout {
    /// Phase and message.
    pub fn phase(&self) -> PhaseReading<'_> {
        use Phase::*;
        if let Some(fault) = &self.fault {
            return computed(Unknown, format!("unreadable: {fault}"));
        }
        if !self.is_spec_observed() {
            return computed(Progressing, "waiting for rollout spec update to be observed");
        }
        if self.status.controller_pause && self.status.pause_conditions.is_empty() {
            return computed(Progressing, "waiting for rollout to unpause");
        }
        if !self.is_workload_observed() {
            return computed(Progressing, "waiting for rollout spec update to be observed for the reference workload");
        }
        if let Some(word) = &self.status.phase {
            let phase = Phase::from_word(word);
            let message = self.status.message.as_deref().unwrap_or_default();
            return PhaseReading {
                phase,
                message: match phase {
                    Unknown => Cow::Owned(format!("unknown phase {word}: {message}")),
                    _ => Cow::Borrowed(message),
                },
                source: PhaseSource::Observed,
            };
        }
        self.computed_phase()
    }

    fn is_spec_observed(&self) -> bool {
        match self.status.observed_generation.as_deref().map(str::parse::<i64>) {
            Some(Ok(observed)) => observed >= self.generation,
            // A hash (very old objects): there is nothing to compare with, so the reference client treats it as observed.
            Some(Err(_)) => true,
            None => true,
        }
    }

    fn is_workload_observed(&self) -> bool {
        if self.workload_ref.is_none() {
            return true;
        }
        match (&self.workload_generation, &self.status.workload_observed_generation) {
            (Some(asked), Some(seen)) => match (asked.parse::<i64>(), seen.parse::<i64>()) {
                (Ok(asked), Ok(seen)) => seen == asked,
                _ => true,
            },
            _ => true,
        }
    }

    /// The order of the reference client for objects whose controller (before 1.0) writes no `status.phase`.
    fn computed_phase(&self) -> PhaseReading<'static> {
        use Phase::*;
        let status = &self.status;
        for condition in &status.conditions {
            if &*condition.kind == "InvalidSpec" {
                return computed(Degraded, format!("InvalidSpec: {}", condition.message));
            }
            if matches!(&*condition.reason, "RolloutAborted" | "ProgressDeadlineExceeded") {
                return computed(Degraded, format!("{}: {}", condition.reason, condition.message));
            }
        }
        if self.spec_paused {
            return computed(Paused, "manually paused");
        }
        if let Some(pause) = status.pause_conditions.first() {
            return computed(Paused, pause.reason.to_string());
        }
        if self.is_restarting() {
            return computed(Progressing, "rollout is restarting");
        }
        if status.updated < self.desired_replicas() {
            return computed(Progressing, "more replicas need to be updated");
        }
        if status.available < status.updated {
            return computed(Progressing, "updated replicas are still becoming available");
        }
        match &self.strategy {
            Strategy::BlueGreen(blue_green) => self.computed_blue_green(blue_green),
            Strategy::Canary(canary) => {
                if !canary.traffic_routing && status.replicas > status.updated {
                    computed(Progressing, "old replicas are pending termination")
                } else if status.stable_hash.is_none() || !self.is_fully_promoted() {
                    computed(Progressing, "waiting for all steps to complete")
                } else {
                    computed(Healthy, "")
                }
            }
            Strategy::Unknown => computed(Unknown, "no strategy"),
        }
    }

    fn computed_blue_green(&self, blue_green: &BlueGreen) -> PhaseReading<'static> {
        let status = &self.status;
        if status.active_selector.is_none() || status.active_selector != status.current_pod_hash {
            return computed(Phase::Progressing, "active service cutover pending");
        }
        // Very old controllers keep no stable hash for blueGreen: then there is nothing to wait for.
        if status.stable_hash.is_some() && !self.is_fully_promoted() {
            let is_analysed = |run: &RunRef| AnalysisPhase::from_word(&run.status).is_completed();
            let waits_for_analysis =
                blue_green.post_promotion_analysis && !status.post_promotion_run.as_ref().is_some_and(is_analysed);
            let message = match waits_for_analysis {
                true => "waiting for analysis to complete",
                false => "waiting for post-promotion verification to complete",
            };
            return computed(Phase::Progressing, message);
        }
        computed(Phase::Healthy, "")
    }

    /// `spec.restartAt` is not what `status.restartedAt` says was done. Also when it is earlier: the controller copies it.
    pub fn is_restarting(&self) -> bool {
        self.restart_at.is_some() && self.restart_at != self.status.restarted_at
    }
}

fn computed<'a>(phase: Phase, message: impl Into<Cow<'a, str>>) -> PhaseReading<'a> {
    PhaseReading { phase, message: message.into(), source: PhaseSource::Computed }
}

#[cfg(test)]
mod tests;
