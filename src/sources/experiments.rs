//! `argoproj.io/v1alpha1` Experiments beside the Rollout in focus.

use std::sync::Arc;

use serde::Deserialize;

use crate::release::observation::Observation;
use crate::release::replicas::Experiment;

use super::wire::{Lenient, Meta, Text, Wire};
use super::{Scope, Selector, Source};

/// The row in SOURCES. Experiments carry no label of their Rollout; their owner tells.
pub static SOURCE: Source = Source {
    name: "experiments",
    api: "apis/argoproj.io/v1alpha1",
    resource: "experiments",
    scope: Scope::Focus,
    selector: |_| Selector::default(),
    run: |watch| Box::pin(watch.run::<ExperimentWire>(Observation::Experiments)),
};

/// An Experiment on the wire.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExperimentWire {
    metadata: Meta,
    status: Lenient<StatusWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StatusWire {
    phase: Text,
    message: Text,
}

impl Wire for ExperimentWire {
    type Domain = Experiment;

    fn convert(self, context: &Arc<str>) -> Experiment {
        Experiment {
            id: self.metadata.id(context),
            created: self.metadata.creation_timestamp.0,
            owner: self.metadata.owner(),
            revision: self.metadata.annotations.0.revision.0.and_then(|revision| u64::try_from(revision).ok()),
            phase: self.status.0.phase.shown().unwrap_or_else(|| "Pending".into()),
            message: self.status.0.message.or_empty(),
        }
    }

    fn broken(meta: Meta, fault: String, context: &Arc<str>) -> Option<Experiment> {
        let mut experiment = ExperimentWire { metadata: meta, ..Default::default() }.convert(context);
        experiment.phase = "Unknown".into();
        experiment.message = format!("unreadable: {fault}").into();
        Some(experiment)
    }
}
