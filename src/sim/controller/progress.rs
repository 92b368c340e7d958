//! The conditions of a rollout, whether it makes progress, and writing the status at the end of a look.

use jiff::SignedDuration;
use serde_json::Value;

use super::sets::{available, created};
use super::{Pass, conditions};
use crate::sim::value::{after, int, list, put, text, time};

impl Pass<'_> {
    /// Completes the new status and writes it.
    pub(super) fn persist(&mut self) {
        let generation = self.generation();
        put(&mut self.status, &["observedGeneration"], generation);
        self.abort_overdue();
        self.conclude_pauses();
        self.conclude_conditions();
        self.write_phase();
        let was_paused = !list(&self.rollout, &["status", "pauseConditions"]).is_empty();
        if self.write_status() {
            self.say_state_change(was_paused);
        }
    }

    fn say_state_change(&mut self, was_paused: bool) {
        let pauses = list(&self.status, &["pauseConditions"]).to_vec();
        match pauses.first() {
            Some(pause) if !was_paused => {
                let message = format!("Rollout is paused ({})", text(pause, &["reason"]));
                self.say(false, "RolloutPaused", &message);
            }
            None if was_paused && self.status["abortedAt"].is_null() => {
                self.say(false, "RolloutResumed", "Rollout is resumed");
            }
            _ => {}
        }
    }

    fn conclude_conditions(&mut self) {
        let now = self.state.now;
        let is_paused = !list(&self.status, &["pauseConditions"]).is_empty() || self.is_paused_by_hand();
        let healthy = self.is_healthy();
        let mut fell_ill = false;
        if !is_paused && healthy {
            conditions::set(&mut self.status, "Healthy", "True", "RolloutHealthy", "Rollout is healthy", now);
        } else if conditions::find(&self.rollout["status"], "Healthy").is_some() {
            fell_ill =
                conditions::set(&mut self.status, "Healthy", "False", "RolloutHealthy", "Rollout is not healthy", now);
        }
        if self.is_aborted() {
            self.conclude_abort();
        } else {
            self.conclude_progress(healthy, fell_ill);
        }
        self.conclude_availability();
        self.conclude_replica_failure();
        self.conclude_completion();
    }

    fn conclude_abort(&mut self) {
        let mut message = format!("Rollout aborted update to revision {}", self.revision());
        if let Some(why) = self.abort.as_deref().filter(|why| !why.is_empty()) {
            message = format!("{message}: {why}");
        }
        let now = self.state.now;
        if conditions::set(&mut self.status, "Progressing", "False", "RolloutAborted", &message, now) {
            self.say(true, "RolloutAborted", &message);
        }
    }

    fn conclude_progress(&mut self, healthy: bool, fell_ill: bool) {
        let now = self.state.now;
        let set_name = self.newest_set().map(|set| text(set, &["metadata", "name"]).to_owned()).unwrap_or_default();
        if healthy {
            let message = format!("ReplicaSet {set_name:?} has successfully progressed.");
            conditions::set(&mut self.status, "Progressing", "True", "NewReplicaSetAvailable", &message, now);
        } else if self.makes_progress() || fell_ill {
            let promoted = text(&self.status, &["stableRS"]) == text(&self.status, &["currentPodHash"]);
            let (reason, message) = if promoted && fell_ill {
                ("ReplicaSetNotAvailable", "Rollout does not have minimum availability".to_owned())
            } else {
                ("ReplicaSetUpdated", format!("ReplicaSet {set_name:?} is progressing."))
            };
            // Progress renews the time even where the reason stays.
            let known = conditions::find(&self.status, "Progressing").cloned();
            conditions::remove(&mut self.status, "Progressing");
            conditions::set(&mut self.status, "Progressing", "True", reason, &message, now);
            if let Some(known) = known.filter(|known| text(known, &["status"]) == "True") {
                self.keep_transition(&known);
            }
        } else if !self.is_waiting_step() && self.is_overdue() {
            let message = format!("ReplicaSet {set_name:?} has timed out progressing.");
            conditions::set(&mut self.status, "Progressing", "False", "ProgressDeadlineExceeded", &message, now);
        }
    }

    fn keep_transition(&mut self, known: &Value) {
        if let Some(mut progressing) = conditions::find(&self.status, "Progressing").cloned() {
            put(&mut progressing, &["lastTransitionTime"], known["lastTransitionTime"].clone());
            conditions::remove(&mut self.status, "Progressing");
            conditions::push(&mut self.status, progressing);
        }
    }

    fn conclude_availability(&mut self) {
        let enough = if self.is_blue_green() {
            let active = text(&self.status, &["blueGreen", "activeSelector"]);
            self.set(active).is_some_and(|set| self.is_saturated(set))
        } else {
            self.sets.iter().map(available).sum::<i64>() >= self.replicas()
        };
        let (value, message) = if enough {
            ("True", "Rollout has minimum availability")
        } else {
            ("False", "Rollout does not have minimum availability")
        };
        conditions::set(&mut self.status, "Available", value, "AvailableReason", message, self.state.now);
    }

    fn conclude_replica_failure(&mut self) {
        let failures = |set: &Value| {
            list(set, &["status", "conditions"]).iter().find(|c| text(c, &["type"]) == "ReplicaFailure").cloned()
        };
        let failure = self.newest_set().and_then(failures).or_else(|| self.sets.iter().find_map(failures));
        let known = conditions::find(&self.status, "ReplicaFailure").cloned();
        match failure {
            Some(failure) if known.as_ref().is_some_and(|known| known["reason"] == failure["reason"]) => {}
            Some(failure) => {
                conditions::remove(&mut self.status, "ReplicaFailure");
                let mut condition = failure;
                let since = condition["lastTransitionTime"].clone();
                put(&mut condition, &["lastUpdateTime"], since);
                conditions::push(&mut self.status, condition);
            }
            None => conditions::remove(&mut self.status, "ReplicaFailure"),
        }
    }

    fn conclude_completion(&mut self) {
        let (stable, current) = (text(&self.status, &["stableRS"]), text(&self.status, &["currentPodHash"]).to_owned());
        let completed = !stable.is_empty() && stable == current;
        let value = if completed { "True" } else { "False" };
        let now = self.state.now;
        let news = conditions::set(&mut self.status, "Completed", value, "RolloutCompleted", "RolloutCompleted", now);
        if news && !completed {
            let message = format!("Rollout not completed, started update to revision {} ({current})", self.revision());
            self.say(false, "RolloutNotCompleted", &message);
        }
    }

    fn is_healthy(&self) -> bool {
        let count = |field: &str| int(&self.status, &[field]).unwrap_or(0);
        let (all, current) = (self.replicas(), text(&self.status, &["currentPodHash"]));
        let strategy = if self.is_blue_green() {
            let selects = |role: &str| text(&self.status, &["blueGreen", role]) == current;
            let preview = text(self.strategy(&["previewService"]), &[]);
            selects("activeSelector") && (preview.is_empty() || selects("previewSelector"))
        } else {
            let steps = self.steps().len() as i64;
            let all_steps = steps == 0 || int(&self.status, &["currentStepIndex"]).is_none_or(|index| index == steps);
            all_steps && text(&self.status, &["stableRS"]) == current && count("replicas") == all
        };
        count("updatedReplicas") == all
            && count("availableReplicas") == all
            && text(&self.rollout, &["status", "observedGeneration"]) == self.generation()
            && strategy
    }

    /// Whether something moved forward since the status was last written.
    fn makes_progress(&self) -> bool {
        let (old, new) = (&self.rollout["status"], &self.status);
        let count = |status: &Value, field: &str| int(status, &[field]).unwrap_or(0);
        let older = |status: &Value| count(status, "replicas").saturating_sub(count(status, "updatedReplicas"));
        let differs = |path: &[&str]| text(old, path) != text(new, path);
        let step_moved =
            matches!((int(old, &["currentStepIndex"]), int(new, &["currentStepIndex"])), (Some(a), Some(b)) if a != b);
        let strategy = if self.is_blue_green() {
            differs(&["blueGreen", "activeSelector"]) || differs(&["blueGreen", "previewSelector"])
        } else {
            differs(&["stableRS"]) || differs(&["currentStepHash"]) || step_moved
        };
        strategy
            || count(old, "updatedReplicas") != count(new, "updatedReplicas")
            || older(new) < older(old)
            || count(new, "readyReplicas") > count(old, "readyReplicas")
            || count(new, "availableReplicas") > count(old, "availableReplicas")
    }

    /// Steps that may last for ever do not count against the deadline.
    fn is_waiting_step(&self) -> bool {
        let waits = self.step().is_some_and(|step| {
            ["pause", "analysis", "experiment"].iter().any(|kind| step.get(*kind).is_some_and(|value| !value.is_null()))
        });
        waits || conditions::is_true(&self.rollout["status"], "Paused")
    }

    fn is_overdue(&mut self) -> bool {
        let Some(progressing) = conditions::find(&self.status, "Progressing") else { return false };
        match text(progressing, &["reason"]) {
            "RolloutAborted" | "RolloutPaused" => return false,
            "ProgressDeadlineExceeded" => return true,
            _ => {}
        }
        let allowed =
            SignedDuration::from_secs(int(&self.rollout, &["spec", "progressDeadlineSeconds"]).unwrap_or(600));
        let deadline = after(time(progressing, &["lastUpdateTime"]).unwrap_or(self.state.now), allowed);
        self.wake.at(Some(after(deadline, SignedDuration::from_secs(1))));
        deadline < self.state.now
    }

    fn abort_overdue(&mut self) {
        let wants = crate::sim::value::flag(&self.rollout, &["spec", "progressDeadlineAbort"]);
        let completed = text(&self.status, &["stableRS"]) == text(&self.status, &["currentPodHash"]);
        if !wants
            || self.is_aborted()
            || completed
            || self.makes_progress()
            || self.is_waiting_step()
            || !self.is_overdue()
        {
            return;
        }
        let name = self.newest_set().map(|set| text(set, &["metadata", "name"]).to_owned()).unwrap_or_default();
        let message = format!("ReplicaSet {name:?} has timed out progressing.");
        self.say(true, "RolloutAborted", &message);
        self.abort = Some(message);
    }

    /// Whether a set has all Pods that the rollout asks for, and they serve.
    pub(super) fn is_saturated(&self, set: &Value) -> bool {
        let all = self.replicas();
        super::sets::wanted(set) == all && created(set) == all && available(set) == all
    }
}
