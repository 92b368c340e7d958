//! The rollout's ReplicaSets: which is which, making the one of a new template, revisions, and forgetting old ones.

use serde_json::{Value, json};

use super::{CONTROLLER, DESIRED, HASH, Pass, REVISION, SCALE_DOWN_AT, conditions};
use crate::sim::resources::{NAMESPACES, REPLICASETS, ROLLOUTS};
use crate::sim::store::kind;
use crate::sim::value::{cut, fingerprint, int, pods, put, safe_hash, text, time};
use crate::sim::{cluster, value};

/// The revisions that a ReplicaSet had before.
const HISTORY: &str = "rollout.argoproj.io/revision-history";

/// The template hash of a ReplicaSet.
pub(super) fn hash(set: &Value) -> &str {
    text(set, &["metadata", "labels", HASH])
}

/// How many Pods it is told to have.
pub(super) fn wanted(set: &Value) -> i64 {
    pods(set, &["spec", "replicas"]).unwrap_or(0)
}

/// How many Pods it has.
pub(super) fn created(set: &Value) -> i64 {
    pods(set, &["status", "replicas"]).unwrap_or(0)
}

/// How many of them serve.
pub(super) fn available(set: &Value) -> i64 {
    pods(set, &["status", "availableReplicas"]).unwrap_or(0)
}

pub(super) fn revision(object: &Value) -> i64 {
    int(object, &["metadata", "annotations", REVISION]).unwrap_or(0).clamp(0, i64::from(i32::MAX))
}

impl Pass<'_> {
    pub(super) fn read_sets(&mut self) {
        let uid = text(&self.rollout, &["metadata", "uid"]);
        self.sets = self.state.store.owned(REPLICASETS, self.namespace(), uid);
        self.sets.sort_by_key(revision);
    }

    pub(super) fn set(&self, wanted: &str) -> Option<&Value> {
        self.sets.iter().find(|set| !wanted.is_empty() && hash(set) == wanted)
    }

    pub(super) fn newest_set(&self) -> Option<&Value> {
        self.set(&self.newest)
    }

    pub(super) fn stable_set(&self) -> Option<&Value> {
        self.set(self.stable_hash())
    }

    /// The stable set where it is not the newest one.
    pub(super) fn distinct_stable(&self) -> Option<&Value> {
        self.stable_set().filter(|set| hash(set) != self.newest)
    }

    /// Neither newest nor stable, the newest revision first.
    pub(super) fn other_sets(&self) -> Vec<Value> {
        let mut others: Vec<Value> = self
            .sets
            .iter()
            .filter(|set| hash(set) != self.newest && hash(set) != self.stable_hash())
            .cloned()
            .collect();
        others.reverse();
        others
    }

    pub(super) fn write_set(&mut self, set: Value) {
        let written = self.state.store.put(kind(REPLICASETS), set, self.state.now).value().clone();
        match self.sets.iter_mut().find(|set| hash(set) == hash(&written)) {
            Some(known) => *known = written,
            None => self.sets.push(written),
        }
    }

    /// Finds the ReplicaSet of the wanted template, or makes it. Without one there is nothing more to do.
    pub(super) fn find_or_create_newest(&mut self) -> bool {
        let wanted = template_print(&self.rollout["spec"]["template"]);
        let known = self.sets.iter().find(|set| template_print(&set["spec"]["template"]) == wanted).cloned();
        match known {
            Some(set) => {
                self.newest = hash(&set).to_owned();
                let newer =
                    self.sets.iter().filter(|other| hash(other) != self.newest).map(revision).max().unwrap_or(0);
                if revision(&set) <= newer {
                    let mut set = set;
                    let history = text(&set, &["metadata", "annotations", HISTORY]);
                    let before = revision(&set).to_string();
                    let history = if history.is_empty() { before } else { format!("{history},{before}") };
                    put(&mut set, &["metadata", "annotations", HISTORY], history);
                    put(&mut set, &["metadata", "annotations", REVISION], (newer + 1).to_string());
                    self.write_set(set);
                }
                let revision = self.newest_set().map_or(1, revision);
                self.take_revision(revision);
                true
            }
            None => self.create(wanted),
        }
    }

    fn create(&mut self, print: u32) -> bool {
        self.newest = safe_hash(print);
        let name = format!("{}-{}", self.name(), self.newest);
        let revision = self.sets.iter().map(revision).max().unwrap_or(0) + 1;
        if let Some(message) = self.refused_set() {
            let message = format!("Failed to create new replica set {name:?}: {message}");
            self.say(true, "ReplicaSetCreateError", &message);
            let now = self.state.now;
            conditions::set(&mut self.status, "Progressing", "False", "ReplicaSetCreateError", &message, now);
            let generation = self.generation();
            put(&mut self.status, &["observedGeneration"], generation);
            let (phase, words) = super::phase::of(&self.rollout, &self.status);
            put(&mut self.status, &["phase"], phase);
            put(&mut self.status, &["message"], words);
            self.write_status();
            self.wake.at(Some(value::after(now, jiff::SignedDuration::from_secs(20))));
            return false;
        }
        let mut template = self.rollout["spec"]["template"].clone();
        put(&mut template, &["metadata", "labels", HASH], self.newest.as_str());
        let mut selector = self.rollout["spec"]["selector"].clone();
        put(&mut selector, &["matchLabels", HASH], self.newest.as_str());
        let mut set = json!({
            "metadata": {"name": name, "namespace": self.namespace(), "labels": template["metadata"]["labels"],
                "annotations": {REVISION: revision.to_string(), DESIRED: self.replicas().to_string()},
                "ownerReferences": [{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": self.name(),
                    "uid": self.rollout["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true}]},
            "spec": {"replicas": 0, "selector": selector, "template": template},
            "status": {"replicas": 0},
        });
        if let Some(seconds) = int(&self.rollout, &["spec", "minReadySeconds"]) {
            put(&mut set, &["spec", "minReadySeconds"], seconds);
        }
        self.write_set(set);
        self.take_revision(revision);
        self.say(false, "NewReplicaSetCreated", &format!("Created ReplicaSet {name} (revision {revision})"));
        let now = self.state.now;
        let message = format!("Created new replica set {name:?}");
        conditions::set(&mut self.status, "Progressing", "True", "NewReplicaSetCreated", &message, now);
        // The real controller writes the whole status here, and with it the two empty strategies.
        for strategy in ["blueGreen", "canary"] {
            if !self.status[strategy].is_object() {
                put(&mut self.status, &[strategy], json!({}));
            }
        }
        self.write_status();
        true
    }

    /// Why the namespace's admission refuses the ReplicaSet itself, where it looks at ReplicaSets too.
    fn refused_set(&self) -> Option<String> {
        let namespace = self.state.store.get(NAMESPACES, "", self.namespace())?.value();
        let strict = text(namespace, &["metadata", "annotations", "sim.flightdeck.dev/refuses"]) == "replicasets";
        let pods = &self.rollout["spec"]["template"]["spec"];
        strict.then(|| cluster::refusal(self.state, self.namespace(), pods))?
    }

    fn take_revision(&mut self, revision: i64) {
        if super::sets::revision(&self.rollout) == revision {
            return;
        }
        put(&mut self.rollout, &["metadata", "annotations", REVISION], revision.to_string());
        let rollout = self.rollout.clone();
        self.rollout = self.state.store.put(kind(ROLLOUTS), rollout, self.state.now).value().clone();
        self.say(false, "RolloutUpdated", &format!("Rollout updated to revision {revision}"));
    }

    /// Tells a ReplicaSet how many Pods to have. Returns whether that was news.
    pub(super) fn scale(&mut self, set: &Value, to: i64) -> bool {
        let (from, desired) = (wanted(set), self.replicas().to_string());
        let mut scaled = set.clone();
        put(&mut scaled, &["spec", "replicas"], to);
        put(&mut scaled, &["metadata", "annotations", DESIRED], desired);
        if to == 0 {
            cut(&mut scaled, &["metadata", "annotations", SCALE_DOWN_AT]);
        }
        if scaled == *set {
            return false;
        }
        let (name, revision) = (text(set, &["metadata", "name"]).to_owned(), revision(set));
        self.write_set(scaled);
        if from == to {
            return false;
        }
        let direction = if from < to { "up" } else { "down" };
        let message = format!("Scaled {direction} ReplicaSet {name} (revision {revision}) from {from} to {to}");
        let rollout = self.rollout.clone();
        self.state.event(CONTROLLER, &rollout, false, "ScalingReplicaSet", &message);
        true
    }

    /// Deletes ReplicaSets without Pods beyond the history limit, the oldest first.
    pub(super) fn forget_old_sets(&mut self) {
        let limit = int(&self.rollout, &["spec", "revisionHistoryLimit"]).unwrap_or(10).max(0) as usize;
        let mut others = self.other_sets();
        others.sort_by_key(|set| time(set, &["metadata", "creationTimestamp"]));
        let surplus = others.len().saturating_sub(limit);
        for set in others.iter().take(surplus).filter(|set| wanted(set) == 0 && created(set) == 0) {
            let (namespace, name) = (text(set, &["metadata", "namespace"]), text(set, &["metadata", "name"]));
            self.state.store.remove(kind(REPLICASETS), namespace, name);
            self.sets.retain(|known| hash(known) != hash(set));
        }
    }
}

/// What identifies a template: everything but the hash label that the controller itself adds.
fn template_print(template: &Value) -> u32 {
    let mut template = template.clone();
    cut(&mut template, &["metadata", "labels", HASH]);
    cut(&mut template, &["metadata", "creationTimestamp"]);
    fingerprint(&template)
}
