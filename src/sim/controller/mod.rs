//! The Argo Rollouts controller as it behaves: one look at a rollout per call, one status written at its end.
//!
//! What it writes, and in which order, follows the observed behaviour of controller 1.10. Left out are experiments,
//! step plugins, ping-pong and dynamic stable scaling.

mod analysis;
mod blue_green;
mod canary;
mod conditions;
mod pause;
mod phase;
mod progress;
mod promote;
mod restart;
mod run;
mod scale;
mod sets;
mod traffic;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::cluster::{Soonest, is_leaving};
use super::resources::ROLLOUTS;
use super::state::State;
use super::store::kind;
use super::value::{after, at, cut, fingerprint, flag, int, list, pods, put, safe_hash, text};
use analysis::Runs;
pub(super) use run::analysis_run;

const CONTROLLER: &str = "rollouts-controller";
/// The label that ties a ReplicaSet and its Pods to a template.
const HASH: &str = "rollouts-pod-template-hash";
const REVISION: &str = "rollout.argoproj.io/revision";
const DESIRED: &str = "rollout.argoproj.io/desired-replicas";
const SCALE_DOWN_AT: &str = "scale-down-deadline";
/// A rollout with this label belongs to another controller.
pub(super) const INSTANCE: &str = "argo-rollouts.argoproj.io/controller-instance-id";

/// Looks at a rollout once and says when it has to be looked at again, if nothing changes before.
pub(super) fn rollout(state: &mut State, namespace: &str, name: &str) -> Option<Timestamp> {
    let rollout = state.store.get(ROLLOUTS, namespace, name)?.value().clone();
    if is_leaving(&rollout) || !text(&rollout, &["metadata", "labels", INSTANCE]).is_empty() {
        return None;
    }
    state.metrics.know(&format!("{namespace}/{name}"));
    let mut pass = Pass::new(state, rollout);
    pass.reconcile();
    pass.wake.0
}

/// One look at one rollout.
struct Pass<'a> {
    state: &'a mut State,
    /// The rollout as it was read; only its annotations follow what is written meanwhile.
    rollout: Value,
    /// The status as it will be written.
    status: Value,
    sets: Vec<Value>,
    /// The hash of the wanted template's ReplicaSet.
    newest: String,
    runs: Runs,
    pauses: Vec<&'static str>,
    unpauses: Vec<&'static str>,
    clear_pauses: bool,
    abort: Option<String>,
    forgive: bool,
    wake: Soonest,
}

impl<'a> Pass<'a> {
    fn new(state: &'a mut State, rollout: Value) -> Self {
        let status = rollout["status"].clone();
        let mut pass = Self {
            state,
            rollout,
            status,
            sets: Vec::new(),
            newest: String::new(),
            runs: Runs::default(),
            pauses: Vec::new(),
            unpauses: Vec::new(),
            clear_pauses: false,
            abort: None,
            forgive: false,
            wake: Soonest::default(),
        };
        pass.read_sets();
        pass
    }

    fn reconcile(&mut self) {
        if let Some(message) = self.invalid() {
            return self.refuse(&message);
        }
        if self.note_pauses() {
            return;
        }
        if !self.find_or_create_newest() {
            return;
        }
        self.read_runs();
        if self.is_blue_green() { self.blue_green() } else { self.canary() }
    }

    fn invalid(&self) -> Option<String> {
        let spec = &self.rollout["spec"];
        if !spec["template"].is_object() {
            return Some("Rollout has missing field '.spec.template'".to_owned());
        }
        if !spec["strategy"]["canary"].is_object() && !spec["strategy"]["blueGreen"].is_object() {
            return Some("Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'".to_owned());
        }
        if self.is_blue_green() {
            for field in ["activeService", "previewService"] {
                let service = text(spec, &["strategy", "blueGreen", field]);
                if (field == "activeService" || !service.is_empty()) && self.service(service).is_none() {
                    return Some(format!(
                        "The Rollout {:?} is invalid: spec.strategy.blueGreen.{field}: Invalid value: {service:?}: service {service:?} not found",
                        self.name()
                    ));
                }
            }
        }
        None
    }

    fn refuse(&mut self, message: &str) {
        let generation = self.generation();
        put(&mut self.status, &["observedGeneration"], generation);
        conditions::remove(&mut self.status, "InvalidSpec");
        let now = self.state.now;
        let known = conditions::find(&self.rollout["status"], "InvalidSpec").cloned();
        match known.filter(|known| text(known, &["message"]) == message) {
            Some(known) => conditions::push(&mut self.status, known),
            None => {
                conditions::set(&mut self.status, "InvalidSpec", "True", "InvalidSpec", message, now);
                self.say(true, "InvalidSpec", message);
            }
        }
        let (phase, message) = phase::of(&self.rollout, &self.status);
        put(&mut self.status, &["phase"], phase);
        put(&mut self.status, &["message"], message);
        self.write_status();
    }

    // What is read from the rollout.

    fn namespace(&self) -> &str {
        text(&self.rollout, &["metadata", "namespace"])
    }

    fn name(&self) -> &str {
        text(&self.rollout, &["metadata", "name"])
    }

    fn generation(&self) -> String {
        int(&self.rollout, &["metadata", "generation"]).unwrap_or(1).to_string()
    }

    /// The status as it was read.
    fn old(&self, path: &[&str]) -> &Value {
        at(&self.rollout["status"], path)
    }

    fn is_blue_green(&self) -> bool {
        self.rollout["spec"]["strategy"]["blueGreen"].is_object()
    }

    fn strategy(&self, path: &[&str]) -> &Value {
        let strategy = if self.is_blue_green() { "blueGreen" } else { "canary" };
        at(&self.rollout["spec"]["strategy"][strategy], path)
    }

    fn is_routed(&self) -> bool {
        !self.is_blue_green() && !self.strategy(&["trafficRouting"]).is_null()
    }

    fn replicas(&self) -> i64 {
        pods(&self.rollout, &["spec", "replicas"]).unwrap_or(1)
    }

    fn steps(&self) -> &[Value] {
        list(&self.rollout, &["spec", "strategy", "canary", "steps"])
    }

    /// The index of the current step, `None` without steps.
    fn step_index(&self) -> Option<usize> {
        if self.steps().is_empty() {
            return None;
        }
        Some(self.old(&["currentStepIndex"]).as_u64().unwrap_or(0) as usize)
    }

    fn step(&self) -> Option<&Value> {
        self.steps().get(self.step_index()?)
    }

    fn stable_hash(&self) -> &str {
        text(&self.rollout, &["status", "stableRS"])
    }

    fn current_hash(&self) -> &str {
        text(&self.rollout, &["status", "currentPodHash"])
    }

    fn is_paused_by_hand(&self) -> bool {
        flag(&self.rollout, &["spec", "paused"])
    }

    fn promotes_fully(&self) -> bool {
        flag(&self.rollout, &["status", "promoteFull"])
    }

    fn is_aborted(&self) -> bool {
        !self.forgive && (self.abort.is_some() || flag(&self.rollout, &["status", "abort"]))
    }

    fn is_fully_promoted(&self) -> bool {
        self.stable_hash() == self.current_hash()
    }

    fn pause_condition(&self, reason: &str) -> Option<&Value> {
        list(&self.rollout, &["status", "pauseConditions"]).iter().find(|pause| text(pause, &["reason"]) == reason)
    }

    /// Why nothing may be scaled or switched just now.
    fn halts(&self) -> bool {
        self.is_paused_by_hand() || self.pause_condition(pause::INCONCLUSIVE).is_some()
    }

    fn service(&self, name: &str) -> Option<Value> {
        self.state.store.get(super::resources::SERVICES, self.namespace(), name).map(|service| service.value().clone())
    }

    fn steps_hash(&self) -> String {
        if self.is_blue_green() { String::new() } else { safe_hash(fingerprint(&Value::from(self.steps().to_vec()))) }
    }

    // What is written.

    fn say(&mut self, warning: bool, reason: &str, message: &str) {
        let rollout = self.rollout.clone();
        self.state.event(CONTROLLER, &rollout, warning, reason, message);
    }

    /// Writes the new status where it differs from what was read.
    fn write_status(&mut self) -> bool {
        if self.status == self.rollout["status"] {
            return false;
        }
        let mut rollout = self.rollout.clone();
        put(&mut rollout, &["status"], self.status.clone());
        self.rollout = self.state.store.put(kind(ROLLOUTS), rollout, self.state.now).value().clone();
        true
    }

    fn put_or_cut(&mut self, path: &[&str], new: &str) {
        if new.is_empty() {
            cut(&mut self.status, path);
        } else {
            put(&mut self.status, path, new);
        }
    }

    /// The time at which something that began then has lasted this long.
    fn ends(&self, began: Option<Timestamp>, lasts: SignedDuration) -> Timestamp {
        after(began.unwrap_or(self.state.now), lasts)
    }
}
