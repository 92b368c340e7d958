//! The leader Lease of the Argo Rollouts controller: who would act on what we write, and whether it is there.

use std::sync::Arc;

use serde::Deserialize;

use crate::release::observation::{Lease, Observation};

use super::wire::{Lenient, Meta, Text, Time, Wire};
use super::{Scope, Selector, Source};

/// Name of the Lease, from the controller's source.
pub const NAME: &str = "argo-rollouts-controller-lock";

/// The row in SOURCES. The controller is installed into `argo-rollouts` by its own manifests.
pub static SOURCE: Source = Source {
    name: "leases",
    api: "apis/coordination.k8s.io/v1",
    resource: "leases",
    scope: Scope::Fixed("argo-rollouts"),
    selector: |_| Selector { label: None, field: Some(format!("metadata.name={NAME}")) },
    run: |watch| Box::pin(watch.run::<LeaseWire>(Observation::Leases)),
};

/// A Lease on the wire.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LeaseWire {
    metadata: Meta,
    spec: Lenient<SpecWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SpecWire {
    holder_identity: Text,
    renew_time: Time,
}

impl Wire for LeaseWire {
    type Domain = Lease;

    fn convert(self, context: &Arc<str>) -> Lease {
        Lease {
            id: self.metadata.id(context),
            holder: self.spec.0.holder_identity.or_empty(),
            renewed: self.spec.0.renew_time.0,
        }
    }

    fn broken(_meta: Meta, _fault: String, _context: &Arc<str>) -> Option<Lease> {
        None
    }
}
