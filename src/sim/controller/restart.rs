//! `spec.restartAt`: Pods older than that are replaced, a few at a time.

use jiff::SignedDuration;
use serde_json::Value;

use super::Pass;
use super::sets::wanted;
use crate::sim::cluster::{dismiss, is_leaving, is_ready};
use crate::sim::resources::PODS;
use crate::sim::value::{after, put, text, time};

impl Pass<'_> {
    /// Replaces some old Pods. Returns whether it did; then the counts cannot be trusted for the rest of the look.
    pub(super) fn restart_pods(&mut self) -> bool {
        let Some(due) = time(&self.rollout, &["spec", "restartAt"]) else { return false };
        if self.rollout["spec"]["restartAt"] == self.rollout["status"]["restartedAt"] {
            return false;
        }
        if due > self.state.now {
            self.wake.at(Some(due));
            return false;
        }
        let pods: Vec<Value> = self
            .sets
            .iter()
            .flat_map(|set| self.state.store.owned(PODS, self.namespace(), text(set, &["metadata", "uid"])))
            .collect();
        let serving = pods.iter().filter(|pod| is_ready(pod) && !is_leaving(pod)).count() as i64;
        let total: i64 = self.sets.iter().map(wanted).sum();
        let mut may = serving - (self.replicas().max(total) - self.max_unavailable().max(1));
        let old: Vec<&Value> = pods
            .iter()
            .filter(|pod| time(pod, &["metadata", "creationTimestamp"]).is_some_and(|born| born < due))
            .collect();
        let mut restarted = 0;
        for pod in old.iter().filter(|pod| !is_leaving(pod)) {
            if may <= 0 {
                break;
            }
            dismiss(self.state, pod);
            may -= 1;
            restarted += 1;
        }
        if old.len() == restarted {
            self.set_restarted();
        } else {
            self.wake.at(Some(after(self.state.now, SignedDuration::from_secs(1))));
        }
        restarted > 0
    }

    pub(super) fn set_restarted(&mut self) {
        let at = self.rollout["spec"]["restartAt"].clone();
        if !at.is_null() {
            put(&mut self.status, &["restartedAt"], at);
        }
    }
}
