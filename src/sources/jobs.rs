//! `batch/v1` Jobs that AnalysisRuns beside the Rollout in focus have started.

use std::sync::Arc;

use serde::Deserialize;

use crate::release::observation::Observation;
use crate::release::replicas::Job;

use super::rollouts::ConditionWire;
use super::wire::{Lenient, Meta, Number, Wire};
use super::{Scope, Selector, Source};

/// The row in SOURCES. The controller labels its Jobs with the UID of the AnalysisRun.
pub static SOURCE: Source = Source {
    name: "jobs",
    api: "apis/batch/v1",
    resource: "jobs",
    scope: Scope::Focus,
    selector: |_| Selector { label: Some("analysisrun.argoproj.io/uid".to_owned()), field: None },
    run: |watch| Box::pin(watch.run::<JobWire>(Observation::Jobs)),
};

/// A Job on the wire.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct JobWire {
    metadata: Meta,
    status: Lenient<StatusWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StatusWire {
    active: Number,
    conditions: Lenient<Vec<ConditionWire>>,
}

impl Wire for JobWire {
    type Domain = Job;

    fn convert(self, context: &Arc<str>) -> Job {
        let status = &self.status.0;
        let holds = |kind: &str| {
            status.conditions.0.iter().any(|condition| {
                condition.r#type.0.as_deref() == Some(kind) && condition.status.0.as_deref() == Some("True")
            })
        };
        let word = if holds("Complete") {
            "Successful"
        } else if holds("Failed") {
            "Failed"
        } else if status.active.0.unwrap_or(0) > 0 {
            "Running"
        } else {
            "Pending"
        };
        Job { id: self.metadata.id(context), owner: self.metadata.owner(), status: word.into() }
    }

    fn broken(meta: Meta, _fault: String, context: &Arc<str>) -> Option<Job> {
        Some(Job { id: meta.id(context), owner: None, status: "Unknown".into() })
    }
}
