//! What a cluster does around rollouts: ReplicaSets make Pods, Pods start, images are admitted, what is orphaned goes.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::resources::{NAMESPACES, PODS, REPLICASETS, RESOURCES, Resource};
use super::state::State;
use super::store::{kind, owner};
use super::value::{after, cut, hash, list, pods, put, put_count, safe_hash, stamp, text, time};

const REPLICASET_CONTROLLER: &str = "replicaset-controller";

/// Brings a ReplicaSet's Pods to what it wants and writes its counts.
pub(super) fn replica_set(state: &mut State, namespace: &str, name: &str) -> Option<Timestamp> {
    let set = state.store.get(REPLICASETS, namespace, name)?.value().clone();
    let owned = state.store.owned(PODS, namespace, text(&set, &["metadata", "uid"]));
    let (leaving, mut living): (Vec<_>, Vec<_>) = owned.into_iter().partition(is_leaving);
    let mut wake = Soonest::default();
    for pod in &leaving {
        wake.at(see_off(state, pod));
    }
    let wanted = pods(&set, &["spec", "replicas"]).unwrap_or(1) as usize;
    let mut failure = None;
    if living.len() < wanted {
        failure = refusal(state, namespace, &set["spec"]["template"]["spec"]);
        match &failure {
            Some(message) => {
                state.event(REPLICASET_CONTROLLER, &set, true, "FailedCreate", &format!("Error creating: {message}"));
                wake.at(Some(after(state.now, SignedDuration::from_secs(20))));
            }
            None => living.extend((living.len()..wanted).map(|_| create_pod(state, &set)).collect::<Vec<_>>()),
        }
    }
    living.sort_by_key(|pod| (!is_ready(pod), text(pod, &["metadata", "creationTimestamp"]).to_owned()));
    for pod in living.split_off(wanted.min(living.len())) {
        let goes = dismiss(state, &pod);
        let said = format!("Deleted pod: {}", text(&pod, &["metadata", "name"]));
        state.event(REPLICASET_CONTROLLER, &set, false, "SuccessfulDelete", &said);
        wake.at(goes);
    }
    for pod in &mut living {
        wake.at(run(state, pod));
    }
    count(state, set, &living, failure);
    wake.0
}

/// Marks a Pod as leaving, as a deletion with a grace period does, and says when it will be gone.
pub(super) fn dismiss(state: &mut State, pod: &Value) -> Option<Timestamp> {
    let mut pod = pod.clone();
    put(&mut pod, &["metadata", "deletionTimestamp"], stamp(state.now));
    put(&mut pod, &["metadata", "deletionGracePeriodSeconds"], 30);
    state.store.put(kind(PODS), pod, state.now);
    Some(after(state.now, SignedDuration::from_millis(1200)))
}

/// Why the namespace's admission would refuse a Pod.
pub(super) fn refusal(state: &State, namespace: &str, pod_spec: &Value) -> Option<String> {
    let namespace = state.store.get(NAMESPACES, "", namespace)?.value();
    if text(namespace, &["metadata", "labels", "policy.sigstore.dev/include"]) != "true" {
        return None;
    }
    let images = list(pod_spec, &["containers"]).iter().map(|container| text(container, &["image"]));
    let (index, image) =
        images.enumerate().find(|(_, image)| state.unsigned.iter().any(|unsigned| unsigned == image))?;
    Some(format!(
        "admission webhook \"policy.sigstore.dev\" denied the request: validation failed: failed policy: \
         require-signed-images: spec.containers[{index}].image\n{} signature keyless validation failed for authority ci \
         for {}: no matching signatures",
        pinned(image),
        pinned(image)
    ))
}

/// A namespace that is being deleted loses its objects, then goes itself, unless finalizers hold something.
pub(super) fn namespace(state: &mut State, name: &str) -> Option<Timestamp> {
    let mut namespace = state.store.get(NAMESPACES, "", name)?.value().clone();
    let left = time(&namespace, &["metadata", "deletionTimestamp"])?;
    // The real namespace controller waits about five seconds first.
    let due = after(left, SignedDuration::from_secs(5));
    if state.now < due {
        return Some(due);
    }
    let mut remaining: BTreeMap<String, usize> = BTreeMap::new();
    let mut finalizers: BTreeMap<String, usize> = BTreeMap::new();
    for resource in RESOURCES.iter().filter(|resource| resource.namespaced) {
        let ids: Vec<_> = state
            .store
            .list(resource.full, name)
            .map(|(id, object)| (id.1.clone(), names(list(object.value(), &["metadata", "finalizers"]))))
            .collect();
        for (object, held_by) in ids {
            if held_by.is_empty() {
                state.store.remove(resource, name, &object);
                continue;
            }
            set_leaving(state, resource, name, &object);
            // The core group has no name, and the real controller writes the dot all the same.
            *remaining.entry(format!("{}.{}", resource.plural, resource.group)).or_default() += 1;
            for finalizer in held_by {
                *finalizers.entry(finalizer).or_default() += 1;
            }
        }
    }
    if remaining.is_empty() {
        state.store.remove(kind(NAMESPACES), "", name);
        return None;
    }
    let counted = |word: &str, counts: BTreeMap<String, usize>| {
        let each = counts.into_iter().map(|(name, count)| format!("{name} {word} {count} resource instances"));
        each.collect::<Vec<_>>().join(", ")
    };
    let remaining = format!("Some resources are remaining: {}", counted("has", remaining));
    let finalizers = format!("Some content in the namespace has finalizers remaining: {}", counted("in", finalizers));
    let condition = |kind: &str, status: &str, reason: &str, message: &str| json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": stamp(due)});
    let conditions = json!([
        condition(
            "NamespaceDeletionDiscoveryFailure",
            "False",
            "ResourcesDiscovered",
            "All resources successfully discovered"
        ),
        condition(
            "NamespaceDeletionGroupVersionParsingFailure",
            "False",
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed"
        ),
        condition(
            "NamespaceDeletionContentFailure",
            "False",
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization"
        ),
        condition("NamespaceContentRemaining", "True", "SomeResourcesRemain", &remaining),
        condition("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", &finalizers),
    ]);
    put(&mut namespace, &["status", "conditions"], conditions);
    put(&mut namespace, &["status", "phase"], "Terminating");
    state.store.put(kind(NAMESPACES), namespace, state.now);
    // Long-held namespaces are looked at seldom: a stuck one may be days old.
    let wait = if left.duration_until(state.now) < SignedDuration::from_mins(1) { 1 } else { 15 };
    Some(after(state.now, SignedDuration::from_secs(wait)))
}

/// What finalizers hold is being deleted all the same: it goes with the last of them.
fn set_leaving(state: &mut State, resource: &'static Resource, namespace: &str, name: &str) {
    let Some(mut object) = state.store.get(resource.full, namespace, name).map(|object| object.value().clone()) else {
        return;
    };
    if !is_leaving(&object) {
        put(&mut object, &["metadata", "deletionTimestamp"], stamp(state.now));
        put(&mut object, &["metadata", "deletionGracePeriodSeconds"], 0);
        state.store.put(resource, object, state.now);
    }
}

/// Removes what the deleted owner leaves behind.
pub(super) fn collect_garbage(state: &mut State, namespace: &str, uid: &str) {
    for resource in RESOURCES.iter().filter(|resource| resource.namespaced) {
        let orphans: Vec<_> = state
            .store
            .list(resource.full, namespace)
            .filter(|(_, object)| owner(object.value()) == uid)
            .map(|(id, _)| id.1.clone())
            .collect();
        for orphan in orphans {
            state.store.remove(resource, namespace, &orphan);
        }
    }
}

/// The image with the digest that the simulated registry gives it.
pub(super) fn pinned(image: &str) -> String {
    if image.contains("@sha256:") {
        return image.to_owned();
    }
    let repository =
        image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(image, |(repository, _)| repository);
    let digest: String = Sha256::digest(image.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{repository}@sha256:{digest}")
}

pub(super) fn is_leaving(object: &Value) -> bool {
    !object["metadata"]["deletionTimestamp"].is_null()
}

fn names(list: &[Value]) -> Vec<String> {
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The earliest of the times at which something has to be looked at again.
#[derive(Default)]
pub(super) struct Soonest(pub(super) Option<Timestamp>);

impl Soonest {
    pub(super) fn at(&mut self, time: Option<Timestamp>) {
        self.0 = self.0.into_iter().chain(time).min();
    }
}

fn see_off(state: &mut State, pod: &Value) -> Option<Timestamp> {
    let gone = after(time(pod, &["metadata", "deletionTimestamp"])?, SignedDuration::from_secs(1));
    if state.now < gone {
        return Some(gone);
    }
    state.store.remove(kind(PODS), text(pod, &["metadata", "namespace"]), text(pod, &["metadata", "name"]));
    None
}

fn create_pod(state: &mut State, set: &Value) -> Value {
    let (namespace, name) = (text(set, &["metadata", "namespace"]), text(set, &["metadata", "name"]));
    let suffix: String =
        safe_hash(hash(format!("{name}{}", state.store.version()).as_bytes())).chars().take(5).collect();
    let pod_name = format!("{name}-{suffix}");
    let mut pod = json!({"metadata": set["spec"]["template"]["metadata"], "spec": set["spec"]["template"]["spec"]});
    put(&mut pod, &["metadata", "name"], pod_name.as_str());
    put(&mut pod, &["metadata", "namespace"], namespace);
    put(
        &mut pod,
        &["metadata", "ownerReferences"],
        json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name,
        "uid": set["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true}]),
    );
    put(&mut pod, &["spec", "nodeName"], format!("node-{}", 1 + hash(pod_name.as_bytes()) % 3));
    let creating = status(&pod, "ContainerCreating", 0, state.now, state.now);
    put(&mut pod, &["status"], creating);
    let pod = state.store.put(kind(PODS), pod, state.now).value().clone();
    state.event(REPLICASET_CONTROLLER, set, false, "SuccessfulCreate", &format!("Created pod: {pod_name}"));
    pod
}

/// Moves a Pod towards what its image lets it become.
fn run(state: &mut State, pod: &mut Value) -> Option<Timestamp> {
    if is_ready(pod) {
        return None;
    }
    let born = time(pod, &["metadata", "creationTimestamp"])?;
    let image =
        list(pod, &["spec", "containers"]).first().map(|container| text(container, &["image"])).unwrap_or_default();
    // Tests say it with the tag, stories with a list, so that a newcomer sees an ordinary image.
    let tag = image.rsplit(':').next().unwrap_or_default().to_owned();
    let crashes = tag.starts_with("crash") || state.broken.iter().any(|broken| broken == image);
    let slow = i64::from(hash(text(pod, &["metadata", "name"]).as_bytes()) % 1500);
    let starts = after(born, SignedDuration::from_millis(1500 + slow));
    if state.now < starts {
        return Some(starts);
    }
    let now = state.now;
    let (next, wake) = if crashes {
        let last = pod["status"]["containerStatuses"][0].clone();
        let restarts = last["restartCount"].as_u64().unwrap_or(0);
        // Back-off as the kubelet's: ten seconds, doubled each time, five minutes at most.
        let wait = SignedDuration::from_secs((10 << restarts.min(5)).min(300));
        let due = time(&last, &["lastState", "terminated", "finishedAt"]).map(|crashed| after(crashed, wait));
        if due.is_some_and(|due| now < due) {
            return due;
        }
        (status(pod, "CrashLoopBackOff", restarts.saturating_add(1), born, now), Some(after(now, wait)))
    } else if tag.starts_with("notready") {
        (status(pod, "NotReady", 0, born, now), None)
    } else {
        (status(pod, "Ready", 0, born, now), None)
    };
    put(pod, &["status"], next);
    *pod = state.store.put(kind(PODS), pod.clone(), now).value().clone();
    wake
}

fn status(pod: &Value, word: &str, restarts: u64, born: Timestamp, now: Timestamp) -> Value {
    let name = text(pod, &["metadata", "name"]);
    let (started, ready) = (matches!(word, "Ready" | "NotReady"), word == "Ready");
    let containers: Vec<Value> = list(pod, &["spec", "containers"])
        .iter()
        .map(|container| {
            let image = text(container, &["image"]);
            let pulled = word != "ContainerCreating";
            let mut status = json!({"name": container["name"], "image": image,
                "imageID": if pulled { pinned(image) } else { String::new() },
                "ready": ready, "started": started, "restartCount": restarts,
                "state": if started { json!({"running": {"startedAt": stamp(now)}}) }
                    else { json!({"waiting": {"reason": word}}) }});
            if restarts > 0 {
                let crashed = json!({"exitCode": 1, "reason": "Error", "finishedAt": stamp(now)});
                put(&mut status, &["lastState", "terminated"], crashed);
            }
            status
        })
        .collect();
    let condition = |kind: &str, yes: bool| {
        let mut condition = json!({"type": kind, "status": if yes { "True" } else { "False" }, "lastProbeTime": null,
            "lastTransitionTime": stamp(if yes { now } else { born })});
        if !yes {
            put(&mut condition, &["reason"], "ContainersNotReady");
            let names: Vec<&str> = containers.iter().map(|container| text(container, &["name"])).collect();
            put(&mut condition, &["message"], format!("containers with unready status: [{}]", names.join(" ")));
        }
        condition
    };
    let mut status = json!({"phase": if word == "ContainerCreating" { "Pending" } else { "Running" },
        "startTime": stamp(born), "hostIP": "10.0.0.10", "qosClass": "Burstable",
        "conditions": [condition("PodScheduled", true), condition("Initialized", true),
            condition("ContainersReady", ready), condition("Ready", ready)],
        "containerStatuses": containers});
    if word != "ContainerCreating" {
        let ip = hash(name.as_bytes());
        put(&mut status, &["podIP"], format!("10.{}.{}.{}", ip >> 24, (ip >> 16) & 0xff, ip & 0xff));
    }
    status
}

pub(super) fn is_ready(pod: &Value) -> bool {
    list(pod, &["status", "conditions"]).iter().any(|c| text(c, &["type"]) == "Ready" && text(c, &["status"]) == "True")
}

fn count(state: &mut State, mut set: Value, pods: &[Value], failure: Option<String>) {
    let ready = pods.iter().filter(|pod| is_ready(pod)).count() as i64;
    put(&mut set, &["status", "replicas"], pods.len());
    put_count(&mut set, &["status", "fullyLabeledReplicas"], pods.len() as i64);
    put_count(&mut set, &["status", "readyReplicas"], ready);
    put_count(&mut set, &["status", "availableReplicas"], ready);
    let generation = set["metadata"]["generation"].clone();
    put(&mut set, &["status", "observedGeneration"], generation);
    match failure {
        Some(message) => {
            let since = time(&set["status"]["conditions"][0], &["lastTransitionTime"]).unwrap_or(state.now);
            put(
                &mut set,
                &["status", "conditions"],
                json!([{"type": "ReplicaFailure", "status": "True",
                "reason": "FailedCreate", "message": message, "lastTransitionTime": stamp(since)}]),
            );
        }
        None => {
            cut(&mut set, &["status", "conditions"]);
        }
    }
    state.store.put(kind(REPLICASETS), set, state.now);
}
