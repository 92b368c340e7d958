//! Weights of a canary with a traffic router: how much goes to the newest revision, and when it may.

use serde_json::json;

use super::Pass;
use super::sets::available;
use crate::sim::value::{cut, int, put};

impl Pass<'_> {
    pub(super) fn route_traffic(&mut self) {
        if !self.is_routed() {
            cut(&mut self.status, &["canary", "weights"]);
            return;
        }
        let weight = self.wanted_weight();
        let enough = (100 - weight) * self.replicas() / 100;
        if self.stable_set().is_none_or(|set| available(set) < enough) {
            return;
        }
        let service = |field: &str| self.strategy(&[field]).as_str().unwrap_or_default().to_owned();
        let known = self.old(&["canary", "weights"]).clone();
        let destination = |weight: i64, hash: &str, service: String| json!({"weight": weight, "podTemplateHash": hash, "serviceName": service});
        let weights = json!({
            "canary": destination(weight, &self.newest, service("canaryService")),
            "stable": destination(100 - weight, self.stable_hash(), service("stableService")),
        });
        if weights == known {
            return;
        }
        put(&mut self.status, &["canary", "weights"], weights);
        let words = match int(&known, &["canary", "weight"]) {
            None => format!("to {weight}"),
            Some(before) if before != weight => format!("from {before} to {weight}"),
            Some(_) => String::new(),
        };
        self.say(false, "TrafficWeightUpdated", &format!("Traffic weight updated {words}"));
    }

    fn wanted_weight(&self) -> i64 {
        let canary_serves = self.newest_set().is_some_and(|set| available(set) > 0);
        if self.is_fully_promoted() || self.is_aborted() || !canary_serves {
            return 0;
        }
        if self.promotes_fully() {
            return int(self.old(&["canary", "weights"]), &["canary", "weight"]).unwrap_or(0);
        }
        match self.step_index() {
            None => 100,
            // The Pods come before the traffic.
            Some(index) if !self.is_at_counts() => self.weight_at(index as i64 - 1),
            Some(index) if index < self.steps().len() => self.set_weight(),
            Some(_) => 100,
        }
    }
}
