//! `apps/v1` ReplicaSets of the Rollout in focus.

use std::sync::Arc;

use serde::Deserialize;

use crate::release::observation::Observation;
use crate::release::replicas::ReplicaSet;

use super::rollouts::{ConditionWire, PodTemplateWire, to_i32};
use super::wire::{Lenient, Meta, Number, Wire};
use super::{Focus, Scope, Selector, Source};

/// The row in SOURCES.
pub static SOURCE: Source = Source {
    name: "replicasets",
    api: "apis/apps/v1",
    resource: "replicasets",
    scope: Scope::Focus,
    selector: by_selector,
    run: |watch| Box::pin(watch.run::<ReplicaSetWire>(Observation::ReplicaSets)),
};

/// What the Rollout's own selector picks; with workloadRef it may be empty, then the whole namespace is looked through.
pub(super) fn by_selector(focus: Option<&Focus>) -> Selector {
    let label = focus.map(|focus| focus.selector.clone()).filter(|selector| !selector.is_empty());
    Selector { label, field: None }
}

/// A ReplicaSet on the wire.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReplicaSetWire {
    metadata: Meta,
    spec: Lenient<SpecWire>,
    status: Lenient<StatusWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SpecWire {
    replicas: Number,
    template: Lenient<PodTemplateWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StatusWire {
    replicas: Number,
    ready_replicas: Number,
    available_replicas: Number,
    conditions: Lenient<Vec<ConditionWire>>,
}

impl Wire for ReplicaSetWire {
    type Domain = ReplicaSet;

    fn convert(self, context: &Arc<str>) -> ReplicaSet {
        let ReplicaSetWire { metadata, spec: Lenient(spec), status: Lenient(status) } = self;
        let count = |number: Number| to_i32(number.0.unwrap_or(0));
        let refused = |condition: &&ConditionWire| {
            condition.r#type.0.as_deref() == Some("ReplicaFailure") && condition.status.0.as_deref() == Some("True")
        };
        ReplicaSet {
            id: metadata.id(context),
            created: metadata.creation_timestamp.0,
            owner: metadata.owner(),
            pod_hash: metadata.label("rollouts-pod-template-hash").map(Into::into),
            revision: metadata.annotations.0.revision.0.and_then(|revision| u64::try_from(revision).ok()),
            scale_down_deadline: metadata.annotations.0.scale_down_deadline.0,
            images: spec.template.0.images(),
            desired: count(spec.replicas),
            replicas: count(status.replicas),
            ready: count(status.ready_replicas),
            available: count(status.available_replicas),
            failure: status.conditions.0.iter().find(refused).and_then(|condition| condition.message.shown()),
        }
    }

    fn broken(meta: Meta, fault: String, context: &Arc<str>) -> Option<ReplicaSet> {
        let mut set = ReplicaSetWire { metadata: meta, ..Default::default() }.convert(context);
        set.failure = Some(format!("unreadable: {fault}").into());
        Some(set)
    }
}
