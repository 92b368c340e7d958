//! From documents to what the watches would have said of them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use crate::release::observation::{Change, Observation, Report, Said, SourceId};
use crate::sources::wire::Wire;
use crate::sources::{
    analysis_runs, events, experiments, jobs, leases, namespaces, pods, replica_sets, rollouts, watch,
};

use super::{Document, read, text};

/// A kind that is watched.
struct Kind {
    group: &'static str,
    kind: &'static str,
    /// The name in SOURCES.
    source: &'static str,
    /// What the server would have filtered by.
    wanted: fn(&Value) -> bool,
    observe: fn(&[String], &Arc<str>) -> Observation,
}

/// The table, in the order of SOURCES.
static KINDS: &[Kind] = &[
    Kind {
        group: "argoproj.io",
        kind: "Rollout",
        source: rollouts::SOURCE.name,
        wanted: |_| true,
        observe: |objects, context| all::<rollouts::RolloutWire>(objects, context, Observation::Rollouts),
    },
    Kind {
        group: "argoproj.io",
        kind: "AnalysisRun",
        source: analysis_runs::SOURCE.name,
        wanted: |_| true,
        observe: |objects, context| all::<analysis_runs::AnalysisRunWire>(objects, context, Observation::AnalysisRuns),
    },
    Kind {
        group: "",
        kind: "Event",
        source: events::REFUSALS.name,
        wanted: |event| {
            text(event, "reason") == "FailedCreate" && text(&event["involvedObject"], "kind") == "ReplicaSet"
        },
        observe: |objects, context| all::<events::EventWire>(objects, context, Observation::Refusals),
    },
    Kind {
        group: "coordination.k8s.io",
        kind: "Lease",
        source: leases::SOURCE.name,
        wanted: |lease| text(&lease["metadata"], "name") == leases::NAME,
        observe: |objects, context| all::<leases::LeaseWire>(objects, context, Observation::Leases),
    },
    Kind {
        group: "",
        kind: "Namespace",
        source: namespaces::SOURCE.name,
        wanted: |_| true,
        observe: |objects, context| {
            let read = |json: &String| watch::read_object::<namespaces::NamespaceWire>(json, context);
            Observation::Previews(namespaces::kept(Change::Reset(objects.iter().filter_map(read).collect())))
        },
    },
    Kind {
        group: "apps",
        kind: "ReplicaSet",
        source: replica_sets::SOURCE.name,
        wanted: |_| true,
        observe: |objects, context| all::<replica_sets::ReplicaSetWire>(objects, context, Observation::ReplicaSets),
    },
    Kind {
        group: "",
        kind: "Pod",
        source: pods::SOURCE.name,
        wanted: |_| true,
        observe: |objects, context| all::<pods::PodWire>(objects, context, Observation::Pods),
    },
    Kind {
        group: "argoproj.io",
        kind: "Experiment",
        source: experiments::SOURCE.name,
        wanted: |_| true,
        observe: |objects, context| all::<experiments::ExperimentWire>(objects, context, Observation::Experiments),
    },
    Kind {
        group: "batch",
        kind: "Job",
        source: jobs::SOURCE.name,
        wanted: |_| true,
        observe: |objects, context| all::<jobs::JobWire>(objects, context, Observation::Jobs),
    },
    Kind {
        group: "",
        kind: "Event",
        source: events::SOURCE.name,
        wanted: |_| true,
        observe: |objects, context| all::<events::EventWire>(objects, context, Observation::Events),
    },
];

fn all<W: Wire>(objects: &[String], context: &Arc<str>, wrap: fn(Change<W::Domain>) -> Observation) -> Observation {
    wrap(Change::Reset(objects.iter().filter_map(|json| watch::read_object::<W>(json, context)).collect()))
}

/// What the sources would say: everything, at once, and that this is all.
pub fn reports(documents: &[Document], context: &Arc<str>) -> Vec<Report> {
    let known: Vec<&Document> = documents
        .iter()
        .filter(|document| KINDS.iter().any(|kind| read::is(document, kind.group, kind.kind)))
        .collect();
    let tags = Tags::of(&known);
    KINDS
        .iter()
        .flat_map(|kind| {
            let objects: Vec<String> = (known.iter())
                .filter(|document| read::is(document, kind.group, kind.kind) && (kind.wanted)(&document.value))
                .map(|document| tags.complete(document).to_string())
                .collect();
            let source = SourceId { context: context.clone(), kind: kind.source.into() };
            let observed = Said::Partial((kind.observe)(&objects, context));
            [Report { source: source.clone(), said: observed }, Report { source, said: Said::Loaded }]
        })
        .collect()
}

/// UIDs, those that manifests lack made up, so that owners are found.
struct Tags<'a> {
    by_name: HashMap<(&'a str, &'a str, &'a str), String>,
    known: HashSet<String>,
}

impl<'a> Tags<'a> {
    fn of(documents: &[&'a Document]) -> Self {
        let by_name: HashMap<_, _> = (documents.iter())
            .map(|document| ((document.kind(), document.namespace(), document.name()), uid(document)))
            .collect();
        let known = by_name.values().cloned().collect();
        Tags { by_name, known }
    }

    /// The object with a UID, and owners that lead to the UIDs of this set where their kind and name do.
    fn complete(&self, document: &Document) -> Value {
        let mut object = document.value.clone();
        let Some(Value::Object(metadata)) = object.get_mut("metadata") else { return object };
        metadata.insert("uid".to_owned(), uid(document).into());
        let owners = metadata.get_mut("ownerReferences").and_then(Value::as_array_mut);
        for owner in owners.into_iter().flatten() {
            if self.known.contains(text(owner, "uid")) {
                continue;
            }
            let named = self.by_name.get(&(text(owner, "kind"), document.namespace(), text(owner, "name"))).cloned();
            if let (Some(uid), Value::Object(owner)) = (named, owner) {
                owner.insert("uid".to_owned(), uid.into());
            }
        }
        object
    }
}

/// The object's own UID, or one made of what never changes while the manifest does not.
fn uid(document: &Document) -> String {
    match text(&document.value["metadata"], "uid") {
        "" if document.name().is_empty() => format!("file:{}#{}", document.file.display(), document.index),
        "" => format!("file:{}/{}/{}", document.kind(), document.namespace(), document.name()),
        uid => uid.to_owned(),
    }
}
