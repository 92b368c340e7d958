//! Pausing, resuming and aborting: what the status says about them and when it says it.

use serde_json::{Value, json};

use super::{Pass, conditions, phase};
use crate::sim::value::{cut, duration, flag, list, put, stamp, text, time};

pub(super) const CANARY_STEP: &str = "CanaryPauseStep";
pub(super) const BLUE_GREEN: &str = "BlueGreenPause";
pub(super) const INCONCLUSIVE: &str = "InconclusiveAnalysisRun";

impl Pass<'_> {
    /// Puts pausing, resuming and retrying into the conditions before anything else is done. Returns whether it did.
    pub(super) fn note_pauses(&mut self) -> bool {
        let old = self.rollout["status"].clone();
        let is_paused = !list(&old, &["pauseConditions"]).is_empty() || self.is_paused_by_hand();
        let reason = conditions::reason(&old, "Progressing").to_owned();
        let was_aborted = reason == "RolloutAborted";
        let completed = !self.stable_hash().is_empty() && self.is_fully_promoted();
        let now = self.state.now;
        let mut changed = false;
        if is_paused != (reason == "RolloutPaused") && !was_aborted && !completed {
            let (reason, message) = if is_paused {
                ("RolloutPaused", "Rollout is paused")
            } else {
                ("RolloutResumed", "Rollout is resumed")
            };
            changed |= conditions::set(&mut self.status, "Progressing", "Unknown", reason, message, now);
        }
        if !flag(&old, &["abort"]) && was_aborted {
            let message = "Retrying Rollout after abort";
            changed |= conditions::set(&mut self.status, "Progressing", "Unknown", "RolloutRetry", message, now);
        }
        if is_paused != conditions::is_true(&old, "Paused") && !was_aborted {
            let value = if is_paused { "True" } else { "False" };
            changed |= conditions::set(&mut self.status, "Paused", value, "RolloutPaused", "Rollout is paused", now);
        }
        if !changed {
            return false;
        }
        let generation = self.generation();
        put(&mut self.status, &["observedGeneration"], generation);
        self.write_phase();
        self.write_status()
    }

    /// Pauses where the current step is a pause and nobody resumed yet.
    pub(super) fn pause_at_step(&mut self) {
        if self.is_paused_by_hand() || self.promotes_fully() {
            return;
        }
        let Some(pause) = self.step().and_then(|step| step.get("pause")).cloned() else { return };
        match self.pause_condition(CANARY_STEP) {
            None if !flag(&self.rollout, &["status", "controllerPause"]) => self.pauses.push(CANARY_STEP),
            None => {}
            Some(condition) => {
                if let Some(lasts) = duration(&pause["duration"]) {
                    let ends = self.ends(time(condition, &["startTime"]), lasts);
                    self.wake.at(Some(ends));
                }
            }
        }
    }

    /// Writes abort and pauses into the new status from what this look decided.
    pub(super) fn conclude_pauses(&mut self) {
        let now = stamp(self.state.now);
        let known = list(&self.rollout, &["status", "pauseConditions"]).to_vec();
        let paused = flag(&self.rollout, &["status", "controllerPause"]);
        cut(&mut self.status, &["pauseConditions"]);
        cut(&mut self.status, &["controllerPause"]);
        if self.is_aborted() {
            let since = self.old(&["abortedAt"]).as_str().unwrap_or(&now).to_owned();
            put(&mut self.status, &["abort"], true);
            put(&mut self.status, &["abortedAt"], since);
            return;
        }
        cut(&mut self.status, &["abortedAt"]);
        // An explicit false that a client wrote stays; the controller itself leaves the field out.
        if flag(&self.rollout, &["status", "abort"]) {
            cut(&mut self.status, &["abort"]);
        }
        if self.clear_pauses {
            return;
        }
        let has = |reason: &str| known.iter().any(|pause| text(pause, &["reason"]) == reason);
        let added: Vec<Value> = self
            .pauses
            .iter()
            .filter(|reason| !has(reason))
            .map(|reason| json!({"reason": reason, "startTime": now}))
            .collect();
        let mut left: Vec<Value> =
            known.iter().filter(|pause| !self.unpauses.contains(&text(pause, &["reason"]))).cloned().collect();
        let pauses_now = paused || !added.is_empty();
        left.extend(added);
        if left.is_empty() {
            return;
        }
        put(&mut self.status, &["pauseConditions"], left);
        if pauses_now {
            put(&mut self.status, &["controllerPause"], true);
        }
    }

    pub(super) fn write_phase(&mut self) {
        let (phase, message) = phase::of(&self.rollout, &self.status);
        put(&mut self.status, &["phase"], phase);
        self.put_or_cut(&["message"], &message);
    }
}
