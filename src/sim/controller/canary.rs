//! One look at a canary: weights, analysis, Pods, pauses, and whether the current step is done.

use serde_json::{Value, json};

use super::pause::CANARY_STEP;
use super::sets::{self, available};
use super::{Pass, REVISION};
use crate::sim::value::{cut, duration, int, put, put_count, text, time};

impl Pass<'_> {
    pub(super) fn canary(&mut self) {
        if self.is_new_update() {
            return self.sync_canary();
        }
        if self.restart_pods() {
            return;
        }
        self.forget_old_sets();
        self.route_traffic();
        self.reconcile_analysis();
        if !self.pauses.is_empty() || self.scale_canary() {
            return self.sync_canary();
        }
        self.pause_at_step();
        self.sync_canary();
    }

    /// Whether the template or the steps are others than the status knows.
    pub(super) fn is_new_update(&self) -> bool {
        let steps_changed = text(&self.rollout, &["status", "currentStepHash"]) != self.steps_hash();
        let template_changed = !self.current_hash().is_empty() && self.current_hash() != self.newest;
        template_changed || (!self.is_blue_green() && steps_changed)
    }

    fn sync_canary(&mut self) {
        self.count_base();
        let total: i64 = self.sets.iter().map(available).sum();
        let created: i64 = self.sets.iter().map(sets::created).sum();
        put_count(&mut self.status, &["availableReplicas"], total);
        put_count(&mut self.status, &["HPAReplicas"], created);
        let selector = self.selector();
        put(&mut self.status, &["selector"], selector);
        let steps = self.steps().len();
        let steps_hash = self.steps_hash();
        put(&mut self.status, &["currentStepHash"], steps_hash);

        if self.is_new_update() {
            self.reset();
            if steps > 0 && self.stable_hash() == self.newest {
                self.say(false, "SkipSteps", "Rollback to stable ReplicaSets");
                put(&mut self.status, &["currentStepIndex"], steps);
            }
            return self.persist();
        }
        let mut index = self.step_index();
        if self.promotes_fully() {
            self.clear_pauses = true;
            self.forgive = true;
            index = index.map(|_| steps);
        }
        if let Some(reason) = self.should_promote() {
            self.promote(&reason);
            return self.persist();
        }
        if self.is_aborted() {
            if steps > 0 {
                let back = if self.stable_hash() == self.newest { steps } else { 0 };
                put(&mut self.status, &["currentStepIndex"], back);
            }
            return self.persist();
        }
        if self.is_step_done() {
            let words = self.step().map(step_words).unwrap_or_default();
            index = index.map(|index| index.saturating_add(1).min(steps));
            cut(&mut self.status, &["canary", "currentStepAnalysisRunStatus"]);
            let message = format!("Rollout step {}/{steps} completed ({words})", index.unwrap_or(0));
            self.say(false, "RolloutStepCompleted", &message);
            self.unpauses.push(CANARY_STEP);
        }
        match index {
            Some(index) => put(&mut self.status, &["currentStepIndex"], index),
            None => {
                cut(&mut self.status, &["currentStepIndex"]);
            }
        }
        self.persist();
    }

    /// Sets the status back to the beginning of an update.
    pub(super) fn reset(&mut self) {
        self.clear_pauses = true;
        self.forgive = true;
        self.set_restarted();
        for path in [
            &["promoteFull"][..],
            &["blueGreen", "prePromotionAnalysisRunStatus"],
            &["blueGreen", "postPromotionAnalysisRunStatus"],
            &["blueGreen", "scaleUpPreviewCheckPoint"],
            &["canary", "currentStepAnalysisRunStatus"],
            &["canary", "currentBackgroundAnalysisRunStatus"],
        ] {
            cut(&mut self.status, path);
        }
        if self.steps().is_empty() || self.is_blue_green() {
            cut(&mut self.status, &["currentStepIndex"]);
        } else {
            put(&mut self.status, &["currentStepIndex"], 0);
        }
    }

    fn is_step_done(&mut self) -> bool {
        if self.is_paused_by_hand() {
            return false;
        }
        let Some(step) = self.step().cloned() else { return false };
        if let Some(pause) = step.get("pause") {
            return self.is_pause_over(pause);
        }
        if !step["setWeight"].is_null() || !step["setCanaryScale"].is_null() {
            return self.is_at_counts();
        }
        if !step["analysis"].is_null() {
            let run = self.runs.step.as_ref();
            return run.is_some_and(|run| text(run, &["status", "phase"]) == "Successful");
        }
        // Experiments and plugins are not simulated: they are done at once.
        true
    }

    fn is_pause_over(&mut self, pause: &Value) -> bool {
        let paused = self.old(&["controllerPause"]).as_bool().unwrap_or(false);
        match (self.pause_condition(CANARY_STEP), duration(&pause["duration"])) {
            (None, _) => paused,
            (Some(_), None) => false,
            (Some(condition), Some(lasts)) => {
                let ends = self.ends(time(condition, &["startTime"]), lasts);
                self.wake.at(Some(ends));
                self.state.now >= ends
            }
        }
    }

    pub(super) fn selector(&self) -> String {
        let labels = self.rollout["spec"]["selector"]["matchLabels"].as_object();
        let mut labels: Vec<String> = labels
            .into_iter()
            .flatten()
            .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
            .collect();
        labels.sort();
        labels.join(",")
    }

    /// The counts and hashes that both strategies write.
    pub(super) fn count_base(&mut self) {
        let sum =
            |pass: &Self, field: &str| -> i64 { pass.sets.iter().filter_map(|set| int(set, &["status", field])).sum() };
        let (created, ready) = (sum(self, "replicas"), sum(self, "readyReplicas"));
        let updated = self.newest_set().map_or(0, sets::created);
        put(&mut self.status, &["currentPodHash"], self.newest.as_str());
        put_count(&mut self.status, &["replicas"], created);
        put_count(&mut self.status, &["updatedReplicas"], updated);
        put_count(&mut self.status, &["readyReplicas"], ready);
        if self.newest == self.stable_hash() && self.promotes_fully() {
            cut(&mut self.status, &["promoteFull"]);
        }
        for strategy in ["blueGreen", "canary"] {
            if !self.status[strategy].is_object() {
                put(&mut self.status, &[strategy], json!({}));
            }
        }
    }

    pub(super) fn revision(&self) -> i64 {
        int(&self.rollout, &["metadata", "annotations", REVISION]).unwrap_or(1)
    }
}

fn step_words(step: &Value) -> String {
    if let Some(weight) = int(step, &["setWeight"]) {
        return format!("setWeight: {weight}");
    }
    if let Some(pause) = step.get("pause") {
        return match &pause["duration"] {
            Value::Null => "pause".to_owned(),
            Value::String(text) => format!("pause: {text}"),
            other => format!("pause: {other}"),
        };
    }
    if let Some(scale) = step.get("setCanaryScale") {
        return match (int(scale, &["weight"]), int(scale, &["replicas"])) {
            (Some(weight), _) => format!("setCanaryScale{{weight: {weight}}}"),
            (None, Some(replicas)) => format!("setCanaryScale{{replicas: {replicas}}}"),
            (None, None) => "setCanaryScale{matchTrafficWeight: true}".to_owned(),
        };
    }
    let kinds = ["analysis", "experiment", "plugin", "setHeaderRoute", "setMirrorRoute"];
    kinds.into_iter().find(|kind| !step[*kind].is_null()).unwrap_or("invalid").to_owned()
}
