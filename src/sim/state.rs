//! Everything in the world at one moment, and how it moves on: stories, controllers and their timers.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::fault::Fault;
use super::github::GitHub;
use super::metrics::Metrics;
use super::resources::{ANALYSISRUNS, EVENTS, LEASES, NAMESPACES, PODS, REPLICASETS, ROLLOUTS, SERVICES};
use super::store::{Change, Store, kind};
use super::story::{Story, Warning};
use super::value::{after, hash, int, list, micro, put, stamp, text, time};
use super::{cluster, controller, story};

/// One thing that a controller has to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    ReplicaSet(String, String),
    Run(String, String),
    Rollout(String, String),
    Namespace(String),
}

/// The world at one moment.
#[derive(Debug)]
pub(super) struct State {
    pub(super) store: Store,
    pub(super) now: Timestamp,
    pub(super) metrics: Metrics,
    pub(super) github: GitHub,
    pub(super) stories: Vec<Story>,
    pub(super) warnings: Vec<Warning>,
    /// Images that the signature policy refuses.
    pub(super) unsigned: Vec<String>,
    /// Images whose containers crash.
    pub(super) broken: Vec<String>,
    /// Whether the rollouts controller is away: then nothing takes effect and its lease goes stale.
    pub(super) controller_away: bool,
    /// A fault that a story switched on or off and the server has not picked up yet.
    pub(super) wished: Option<Fault>,
    tasks: BTreeMap<Task, Timestamp>,
    seen: u64,
    swept: Timestamp,
}

impl State {
    pub(super) fn new(now: Timestamp) -> Self {
        let store = Store::new();
        Self {
            seen: store.version(),
            store,
            now,
            metrics: Metrics::default(),
            github: GitHub::default(),
            stories: Vec::new(),
            warnings: Vec::new(),
            unsigned: Vec::new(),
            broken: Vec::new(),
            controller_away: false,
            wished: None,
            tasks: BTreeMap::new(),
            swept: now,
        }
    }

    /// Moves the world to `now`: what the stories planned happens, and every controller looks once at what it has to.
    pub(super) fn tick(&mut self, now: Timestamp) {
        self.now = now.max(self.now);
        story::play(self);
        self.notice();
        for task in self.due() {
            self.tasks.remove(&task);
            if let Some(again) = self.work(&task) {
                self.wake(task, again);
            }
        }
        self.metrics.sample(&self.store, self.now);
        self.housekeeping();
    }

    /// Sets a world in which nothing has happened yet back to an earlier time.
    pub(super) fn rewind(&mut self, to: Timestamp) {
        self.now = self.now.min(to);
        self.swept = self.now;
    }

    /// Plays a stretch of time at once, from one moment at which something happens to the next.
    pub(super) fn fast_forward(&mut self, until: Timestamp) {
        loop {
            self.tick(self.now);
            if self.now >= until {
                return;
            }
            let soon = after(self.now, SignedDuration::from_millis(200));
            let next =
                if self.store.version() > self.seen { soon } else { self.next_event().unwrap_or(until).max(soon) };
            self.now = next.min(until);
        }
    }

    /// Forgets the history, so that every watch has to list again.
    pub(super) fn compact(&mut self) {
        self.notice();
        self.store.compact();
        self.seen = self.store.version();
    }

    /// Takes objects as they are, without any controller looking at them.
    pub(super) fn settle(&mut self) {
        self.seen = self.store.version();
    }

    /// Writes an Event as the real recorders do: the same words again raise the count.
    pub(super) fn event(&mut self, from: &str, about: &Value, warning: bool, reason: &str, message: &str) {
        let (namespace, name) = (text(about, &["metadata", "namespace"]), text(about, &["metadata", "name"]));
        let uid = text(about, &["metadata", "uid"]);
        let id = format!("{name}.{:08x}{:08x}", hash(uid.as_bytes()), hash(format!("{reason}{message}").as_bytes()));
        let now = stamp(self.now);
        let known = self.store.get(EVENTS, namespace, &id).map(|object| object.value().clone());
        let event = match known {
            Some(mut event) => {
                let count = int(&event, &["count"]).unwrap_or(1);
                put(&mut event, &["count"], count.saturating_add(1));
                put(&mut event, &["lastTimestamp"], now);
                event
            }
            None => json!({
                "metadata": {"name": id, "namespace": namespace},
                "involvedObject": {"kind": about["kind"], "apiVersion": about["apiVersion"], "namespace": namespace,
                    "name": name, "uid": uid, "resourceVersion": about["metadata"]["resourceVersion"]},
                "reason": reason, "message": message, "type": if warning { "Warning" } else { "Normal" },
                "source": {"component": from}, "reportingComponent": from, "reportingInstance": "",
                "count": 1, "eventTime": null, "firstTimestamp": now, "lastTimestamp": now,
            }),
        };
        self.store.put(kind(EVENTS), event, self.now);
    }

    fn wake(&mut self, task: Task, at: Timestamp) {
        let first = self.tasks.entry(task).or_insert(at);
        *first = (*first).min(at);
    }

    fn due(&self) -> Vec<Task> {
        self.tasks
            .iter()
            .filter(|(task, at)| **at <= self.now && !(self.controller_away && task.is_the_rollouts_controllers()))
            .map(|(task, _)| task.clone())
            .collect()
    }

    fn next_event(&self) -> Option<Timestamp> {
        let task = self.tasks.values().min().copied();
        let step = self.stories.iter().filter_map(Story::next).min();
        task.into_iter().chain(step).min()
    }

    fn work(&mut self, task: &Task) -> Option<Timestamp> {
        match task {
            Task::ReplicaSet(namespace, name) => cluster::replica_set(self, namespace, name),
            Task::Run(namespace, name) => controller::analysis_run(self, namespace, name),
            Task::Rollout(namespace, name) => controller::rollout(self, namespace, name),
            Task::Namespace(name) => cluster::namespace(self, name),
        }
    }

    /// Turns what changed since the last look into work.
    fn notice(&mut self) {
        let changes: Vec<Change> = self.store.since(self.seen).into_iter().flatten().cloned().collect();
        self.seen = self.store.version();
        for change in changes {
            let (namespace, name) = change.id.clone();
            let value = change.object.value();
            let owner = owner_name(value);
            match change.resource.full {
                ROLLOUTS => self.wake(Task::Rollout(namespace.clone(), name), self.now),
                REPLICASETS => {
                    self.wake(Task::ReplicaSet(namespace.clone(), name), self.now);
                    self.wake(Task::Rollout(namespace.clone(), owner), self.now);
                }
                PODS => self.wake(Task::ReplicaSet(namespace.clone(), owner), self.now),
                ANALYSISRUNS => {
                    self.wake(Task::Run(namespace.clone(), name), self.now);
                    self.wake(Task::Rollout(namespace.clone(), owner), self.now);
                }
                SERVICES => {
                    let rollouts: Vec<_> = self.store.list(ROLLOUTS, &namespace).map(|(id, _)| id.1.clone()).collect();
                    for rollout in rollouts {
                        self.wake(Task::Rollout(namespace.clone(), rollout), self.now);
                    }
                }
                NAMESPACES => self.wake(Task::Namespace(name), self.now),
                _ => {}
            }
            // Nothing else here owns anything.
            if change.after.is_none() && matches!(change.resource.full, ROLLOUTS | REPLICASETS) {
                cluster::collect_garbage(self, &namespace, text(value, &["metadata", "uid"]));
            }
        }
    }

    fn housekeeping(&mut self) {
        if !self.controller_away {
            self.renew_lease();
        }
        if self.swept.duration_until(self.now) < SignedDuration::from_mins(1) {
            return;
        }
        self.swept = self.now;
        // A real server drops Events after an hour.
        let horizon = after(self.now, -SignedDuration::from_hours(1));
        let old = |event: &Value| time(event, &["lastTimestamp"]).is_some_and(|last| last < horizon);
        let gone: Vec<_> =
            self.store.list(EVENTS, "").filter(|(_, event)| old(event.value())).map(|(id, _)| id.clone()).collect();
        for (namespace, name) in gone {
            self.store.remove(kind(EVENTS), &namespace, &name);
        }
    }

    fn renew_lease(&mut self) {
        let (namespace, name) = ("argo-rollouts", "argo-rollouts-controller-lock");
        let known = self.store.get(LEASES, namespace, name).map(|lease| lease.value().clone());
        let renewed = known.as_ref().and_then(|lease| time(lease, &["spec", "renewTime"]));
        if renewed.is_some_and(|at| at.duration_until(self.now) < SignedDuration::from_secs(2)) {
            return;
        }
        let mut lease = known.unwrap_or_else(|| {
            json!({"metadata": {"name": name, "namespace": namespace},
                "spec": {"holderIdentity": "argo-rollouts-7d9c5b6f4-x2x7q_5b1f7c9e", "leaseDurationSeconds": 15,
                    "leaseTransitions": 1, "acquireTime": micro(self.now)}})
        });
        put(&mut lease, &["spec", "renewTime"], micro(self.now));
        self.store.put(kind(LEASES), lease, self.now);
    }
}

impl Task {
    fn is_the_rollouts_controllers(&self) -> bool {
        matches!(self, Self::Rollout(..) | Self::Run(..))
    }
}

/// The name of the object's controller.
fn owner_name(value: &Value) -> String {
    list(value, &["metadata", "ownerReferences"])
        .first()
        .map(|owner| text(owner, &["name"]).to_owned())
        .unwrap_or_default()
}
