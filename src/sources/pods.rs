//! `v1` Pods of the Rollout in focus.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::release::observation::Observation;
use crate::release::replicas::{Pod, PodHealth};

use super::rollouts::to_i32;
use super::wire::{Lenient, Meta, Number, Text, Wire};
use super::{Scope, Source, replica_sets};

/// The row in SOURCES.
pub static SOURCE: Source = Source {
    name: "pods",
    api: "api/v1",
    resource: "pods",
    scope: Scope::Focus,
    selector: replica_sets::by_selector,
    run: |watch| Box::pin(watch.run::<PodWire>(Observation::Pods)),
};

/// A Pod on the wire.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PodWire {
    metadata: Meta,
    spec: Lenient<SpecWire>,
    status: Lenient<StatusWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SpecWire {
    containers: Lenient<Vec<IgnoredAny>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StatusWire {
    phase: Text,
    reason: Text,
    init_container_statuses: Lenient<Vec<ContainerStatusWire>>,
    container_statuses: Lenient<Vec<ContainerStatusWire>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ContainerStatusWire {
    ready: Lenient<bool>,
    restart_count: Number,
    #[serde(rename = "imageID")]
    image_id: Text,
    state: Lenient<StateWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StateWire {
    waiting: Option<ReasonWire>,
    terminated: Option<ReasonWire>,
    running: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ReasonWire {
    reason: Text,
    exit_code: Number,
}

impl Wire for PodWire {
    type Domain = Pod;

    fn convert(self, context: &Arc<str>) -> Pod {
        let PodWire { metadata: meta, spec: Lenient(spec), status: Lenient(status) } = self;
        let containers = &status.container_statuses.0;
        let status_word = word(&status, meta.deletion_timestamp.is_some());
        let ready = containers.iter().filter(|container| container.ready.0).count();
        let total = spec.containers.0.len().max(containers.len());
        Pod {
            id: meta.id(context),
            created: meta.creation_timestamp.0,
            owner: meta.owner(),
            health: health(&status_word, ready == total),
            status: status_word,
            ready: to_i32(ready as i64),
            containers: to_i32(total as i64),
            restarts: containers.iter().map(|container| to_i32(container.restart_count.0.unwrap_or(0))).sum(),
            digests: containers.iter().filter_map(|container| digest(container.image_id.0.as_deref()?)).collect(),
        }
    }

    fn broken(meta: Meta, fault: String, context: &Arc<str>) -> Option<Pod> {
        let mut pod = PodWire { metadata: meta, ..Default::default() }.convert(context);
        pod.status = format!("unreadable: {fault}").into();
        pod.health = PodHealth::Failing;
        Some(pod)
    }
}

/// The word `kubectl get pods` prints under STATUS.
fn word(status: &StatusWire, deleting: bool) -> Box<str> {
    if deleting {
        return "Terminating".into();
    }
    let init = status.init_container_statuses.0.iter().find_map(|container| {
        let state = &container.state.0;
        match (&state.waiting, &state.terminated) {
            (Some(waiting), _) if waiting.reason.0.as_deref() != Some("PodInitializing") => waiting.reason.shown(),
            (_, Some(ended)) if ended.exit_code.0 != Some(0) => ended.reason.shown(),
            _ => None,
        }
        .map(|reason| format!("Init:{reason}").into())
    });
    let main = || {
        status.container_statuses.0.iter().find_map(|container| {
            let state = &container.state.0;
            let reason = state.waiting.as_ref().or(state.terminated.as_ref())?;
            reason.reason.shown()
        })
    };
    init.or_else(main)
        .or_else(|| status.reason.shown())
        .or_else(|| status.phase.shown())
        .unwrap_or_else(|| "Unknown".into())
}

fn health(word: &str, all_ready: bool) -> PodHealth {
    match word {
        "Running" | "Completed" | "Succeeded" if all_ready || word != "Running" => PodHealth::Running,
        "Running" | "Pending" | "ContainerCreating" | "PodInitializing" | "Terminating" => PodHealth::Pending,
        _ => PodHealth::Failing,
    }
}

/// The digest in an image ID, of any shape that a container runtime writes.
fn digest(image_id: &str) -> Option<Box<str>> {
    let start = image_id.rfind("sha256:")?;
    let digest = &image_id[start..];
    (digest.len() == 71 && digest[7..].bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| digest.into())
}
