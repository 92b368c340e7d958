//! When the newest revision becomes the stable one, and what is written then.

use super::Pass;
use super::sets::available;
use crate::sim::value::{cut, put, text};

impl Pass<'_> {
    /// Why the newest revision is to become stable now.
    pub(super) fn should_promote(&self) -> Option<String> {
        if self.stable_set().is_none() {
            return Some("Initial deploy".to_owned());
        }
        if self.is_blue_green() { self.should_promote_blue_green() } else { self.should_promote_canary() }
    }

    fn should_promote_canary(&self) -> Option<String> {
        if self.is_aborted() || self.newest_set().is_none_or(|set| available(set) < self.replicas()) {
            return None;
        }
        if self.promotes_fully() {
            return Some("Full promotion requested".to_owned());
        }
        if self.stable_hash() == self.newest {
            return Some("Fast rollback".to_owned());
        }
        let steps = self.steps().len();
        let done = self.step_index().is_none_or(|index| index == steps);
        done.then(|| format!("Completed all {steps} canary steps"))
    }

    fn should_promote_blue_green(&self) -> Option<String> {
        let active = text(&self.status, &["blueGreen", "activeSelector"]);
        if active.is_empty() {
            return Some("Initial deploy".to_owned());
        }
        if active != self.newest {
            return None;
        }
        if self.promotes_fully() {
            return Some("Full promotion requested".to_owned());
        }
        if self.stable_hash() == self.newest {
            return Some("Fast rollback".to_owned());
        }
        let analysed = self.strategy(&["postPromotionAnalysis"]).is_null()
            || self.runs.post.as_ref().is_some_and(|run| text(run, &["status", "phase"]) == "Successful");
        (!self.is_aborted() && analysed).then(|| "Completed blue-green update".to_owned())
    }

    pub(super) fn promote(&mut self, reason: &str) {
        self.clear_pauses = true;
        self.forgive = true;
        if self.promotes_fully() {
            cut(&mut self.status, &["promoteFull"]);
        }
        cut(&mut self.status, &["blueGreen", "scaleUpPreviewCheckPoint"]);
        let steps = self.steps().len();
        if !self.is_blue_green() && steps > 0 {
            put(&mut self.status, &["currentStepIndex"], steps);
        } else {
            cut(&mut self.status, &["currentStepIndex"]);
        }
        if self.stable_hash() != self.newest {
            put(&mut self.status, &["stableRS"], self.newest.as_str());
            let message =
                format!("Rollout completed update to revision {} ({}): {reason}", self.revision(), self.newest);
            self.say(false, "RolloutCompleted", &message);
        }
    }
}
