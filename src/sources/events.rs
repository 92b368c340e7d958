//! `v1` Events: those beside the Rollout in focus, and everywhere those that tell of refused pods.

use std::sync::Arc;

use serde::Deserialize;

use crate::release::observation::{ObjectEvent, Observation};

use super::wire::{Lenient, Meta, Number, Text, Time, Wire};
use super::{Scope, Selector, Source};

/// The row in SOURCES for the focus: its namespace's Events, since ReplicaSets, pods and AnalysisRuns speak there too.
pub static SOURCE: Source = Source {
    name: "events",
    api: "api/v1",
    resource: "events",
    scope: Scope::Focus,
    selector: |_| Selector::default(),
    run: |watch| Box::pin(watch.run::<EventWire>(Observation::Events)),
};

/// The row in SOURCES for refused pods. The server filters, so that this costs next to nothing.
pub static REFUSALS: Source = Source {
    name: "refusals",
    api: "api/v1",
    resource: "events",
    scope: Scope::Always,
    selector: |_| Selector {
        label: None,
        field: Some("reason=FailedCreate,involvedObject.kind=ReplicaSet".to_owned()),
    },
    run: |watch| Box::pin(watch.run::<EventWire>(Observation::Refusals)),
};

/// An Event on the wire.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventWire {
    metadata: Meta,
    involved_object: Lenient<InvolvedWire>,
    r#type: Text,
    reason: Text,
    message: Text,
    first_timestamp: Time,
    last_timestamp: Time,
    event_time: Time,
    count: Number,
    series: Option<SeriesWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SeriesWire {
    count: Number,
    last_observed_time: Time,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InvolvedWire {
    kind: Text,
    name: Text,
    uid: Text,
}

impl Wire for EventWire {
    type Domain = ObjectEvent;

    fn convert(self, context: &Arc<str>) -> ObjectEvent {
        let series = self.series.unwrap_or_default();
        ObjectEvent {
            id: self.metadata.id(context),
            kind: self.involved_object.0.kind.or_empty(),
            object: self.involved_object.0.name.or_empty(),
            object_uid: self.involved_object.0.uid.0.is_some().then(|| self.involved_object.0.uid.uid()),
            warning: self.r#type.0.as_deref() == Some("Warning"),
            reason: self.reason.or_empty(),
            message: self.message.or_empty(),
            at: (series.last_observed_time.0)
                .or(self.last_timestamp.0)
                .or(self.event_time.0)
                .or(self.metadata.creation_timestamp.0),
            first: (self.first_timestamp.0).or(self.event_time.0).or(self.metadata.creation_timestamp.0),
            count: series.count.0.or(self.count.0).unwrap_or(1),
        }
    }

    fn broken(_meta: Meta, _fault: String, _context: &Arc<str>) -> Option<ObjectEvent> {
        None
    }
}
