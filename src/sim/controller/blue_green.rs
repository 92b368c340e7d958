//! One look at a blue-green rollout: preview and active Service, the pause between them, and analysis around it.

use jiff::SignedDuration;
use serde_json::Value;

use super::pause::{BLUE_GREEN, INCONCLUSIVE};
use super::sets::{self, available, hash, wanted};
use super::{HASH, Pass};
use crate::sim::resources::SERVICES;
use crate::sim::store::kind;
use crate::sim::value::{flag, int, pods, put, put_count, text, time};

impl Pass<'_> {
    pub(super) fn blue_green(&mut self) {
        let active = text(self.strategy(&["activeService"]), &[]).to_owned();
        let preview = text(self.strategy(&["previewService"]), &[]).to_owned();
        let newest = self.newest.clone();
        if !preview.is_empty() && !self.halts() {
            self.switch(&preview, &newest);
        }
        if self.is_new_update() {
            return self.sync_blue_green(&active, &preview);
        }
        self.restart_pods();
        self.scale_blue_green();
        self.pause_blue_green(&active);
        self.switch_active(&active);
        self.reconcile_analysis();
        self.sync_blue_green(&active, &preview);
    }

    fn selected(&self, service: &str) -> String {
        self.service(service).map(|service| text(&service, &["spec", "selector", HASH]).to_owned()).unwrap_or_default()
    }

    fn switch(&mut self, service: &str, to: &str) {
        let from = self.selected(service);
        let Some(mut object) = self.service(service).filter(|_| from != to && !to.is_empty()) else { return };
        put(&mut object, &["spec", "selector", HASH], to);
        put(&mut object, &["metadata", "annotations", "argo-rollouts.argoproj.io/managed-by-rollouts"], self.name());
        self.state.store.put(kind(SERVICES), object, self.state.now);
        let message = format!("Switched selector for service '{service}' from '{from}' to '{to}'");
        self.say(false, "SwitchService", &message);
    }

    fn scale_blue_green(&mut self) {
        self.lift_deadlines();
        let all = self.replicas();
        if let Some(set) = self.distinct_stable().cloned() {
            self.scale(&set, all);
        }
        if let Some(set) = self.newest_set().cloned() {
            let count =
                if self.keeps_canary_after_abort() { self.aborted_canary_count(&set) } else { self.preview_count() };
            let set = self.newest_set().unwrap_or(&set).clone();
            self.scale(&set, count);
        }
        if self.pause_condition(INCONCLUSIVE).is_none() {
            self.retire_old_sets();
        }
        self.forget_old_sets();
    }

    /// How many Pods the newest revision gets before it is promoted.
    fn preview_count(&self) -> i64 {
        let (all, few) = (self.replicas(), pods(self.strategy(&["previewReplicaCount"]), &[]));
        let active = text(&self.rollout, &["status", "blueGreen", "activeSelector"]);
        let past = flag(&self.rollout, &["status", "blueGreen", "scaleUpPreviewCheckPoint"]);
        let paused = self.is_paused_by_hand() || !super::list(&self.rollout, &["status", "pauseConditions"]).is_empty();
        match few {
            Some(few) if !active.is_empty() && active != self.newest && !self.promotes_fully() && (paused || !past) => {
                few
            }
            _ => all,
        }
    }

    fn retire_old_sets(&mut self) {
        let selectors = ["activeSelector", "previewSelector"];
        for set in self.other_sets().into_iter().filter(|set| wanted(set) > 0) {
            let referenced =
                selectors.iter().any(|role| text(&self.rollout, &["status", "blueGreen", role]) == hash(&set));
            if !referenced {
                let count = self.delayed_count(&set, "scaleDownDelaySeconds");
                let set = self.set(hash(&set)).unwrap_or(&set).clone();
                self.scale(&set, count);
            }
        }
    }

    fn is_ready_to_pause(&self) -> bool {
        self.newest_set().is_some_and(|set| {
            let count = self.preview_count();
            wanted(set) == count && available(set) == count
        })
    }

    fn is_fast_tracked(&self, active: &str) -> bool {
        let selected = self.selected(active);
        self.stable_hash() == self.newest || self.promotes_fully() || selected.is_empty() || selected == self.newest
    }

    fn pause_blue_green(&mut self, active: &str) {
        if flag(&self.rollout, &["status", "abort"]) || !self.is_ready_to_pause() || self.halts() {
            return;
        }
        let past = flag(&self.rollout, &["status", "blueGreen", "scaleUpPreviewCheckPoint"]);
        let automatic = self.strategy(&["autoPromotionEnabled"]).as_bool().unwrap_or(true);
        let seconds = int(self.strategy(&["autoPromotionSeconds"]), &[]).unwrap_or(0);
        if self.is_fast_tracked(active) || past || (automatic && seconds <= 0) {
            self.unpauses.push(BLUE_GREEN);
            return;
        }
        if !self.is_pre_analysis_done() {
            return;
        }
        let resumed = flag(&self.rollout, &["status", "controllerPause"]);
        match self.pause_condition(BLUE_GREEN).cloned() {
            Some(_) if self.is_blue_green_pause_over() => self.unpauses.push(BLUE_GREEN),
            None if !resumed => self.pauses.push(BLUE_GREEN),
            _ => {}
        }
    }

    fn is_blue_green_pause_over(&mut self) -> bool {
        if !self.pauses.is_empty() {
            return false;
        }
        if flag(&self.rollout, &["status", "blueGreen", "scaleUpPreviewCheckPoint"]) {
            return true;
        }
        let condition = self.pause_condition(BLUE_GREEN).cloned();
        if self.strategy(&["autoPromotionEnabled"]).as_bool().unwrap_or(true) {
            let seconds = int(self.strategy(&["autoPromotionSeconds"]), &[]).unwrap_or(0);
            if seconds <= 0 {
                return true;
            }
            let Some(condition) = condition else {
                // Resumed by hand before the time was up.
                return flag(&self.rollout, &["status", "controllerPause"]);
            };
            let ends = self.ends(time(&condition, &["startTime"]), SignedDuration::from_secs(seconds));
            self.wake.at(Some(ends));
            return self.state.now > ends;
        }
        flag(&self.rollout, &["status", "controllerPause"]) && condition.is_none()
    }

    fn is_pre_analysis_done(&self) -> bool {
        self.strategy(&["prePromotionAnalysis"]).is_null()
            || self.runs.pre.as_ref().is_some_and(|run| text(run, &["status", "phase"]) == "Successful")
    }

    fn switch_active(&mut self, active: &str) {
        let aborted = flag(&self.rollout, &["status", "abort"]);
        let ready = self.is_ready_to_pause() && self.newest_set().is_some_and(|set| self.is_saturated(set));
        if self.halts() || (!ready && !aborted) {
            return;
        }
        let mut to = self.selected(active);
        if self.is_fast_tracked(active) || (self.is_blue_green_pause_over() && self.is_pre_analysis_done()) {
            to = self.newest.clone();
        }
        if aborted {
            to = self.stable_hash().to_owned();
        }
        self.switch(active, &to);
    }

    fn sync_blue_green(&mut self, active: &str, preview: &str) {
        self.count_base();
        if self.is_new_update() {
            self.reset();
        }
        if self.promotes_fully() {
            self.clear_pauses = true;
            self.forgive = true;
        }
        let (selected_active, selected_preview) = (self.selected(active), self.selected(preview));
        self.put_or_cut(&["blueGreen", "previewSelector"], &selected_preview);
        self.put_or_cut(&["blueGreen", "activeSelector"], &selected_active);
        if let Some(reason) = self.should_promote() {
            self.promote(&reason);
        } else if let Some(few) = pods(self.strategy(&["previewReplicaCount"]), &[]) {
            let there = self.newest_set().map(available) == Some(few);
            let past = flag(&self.rollout, &["status", "blueGreen", "scaleUpPreviewCheckPoint"]);
            if past || (there && self.is_pre_analysis_done() && self.is_blue_green_pause_over()) {
                put(&mut self.status, &["blueGreen", "scaleUpPreviewCheckPoint"], true);
            }
        }
        let counts =
            |set: &Value| (sets::created(set), available(set), int(set, &["status", "readyReplicas"]).unwrap_or(0));
        let active_set = self.set(&selected_active).map(|set| (counts(set), hash(set).to_owned()));
        let mut selector = self.selector();
        let (created, serving, ready) = match active_set {
            Some((counts, hash)) => {
                selector = format!("{selector},{HASH}={hash}");
                counts
            }
            None => self.sets.iter().map(counts).fold((0, 0, 0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2)),
        };
        put(&mut self.status, &["selector"], selector);
        put_count(&mut self.status, &["HPAReplicas"], created);
        put_count(&mut self.status, &["availableReplicas"], serving);
        put_count(&mut self.status, &["readyReplicas"], ready);
        self.persist();
    }
}
