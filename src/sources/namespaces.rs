//! `v1` Namespaces `pr-<n>`: previews of pull requests. All are watched, only those are kept.

use std::sync::Arc;

use serde::Deserialize;
use tokio::sync::mpsc;

use crate::release::object::Uid;
use crate::release::observation::{Change, Failure, FailureKind, Observation, Report, Said, SourceId};
use crate::release::preview::{self, NamespaceCondition, PreviewNamespace};
use crate::release::text::visible;

use super::cluster::Cluster;
use super::wire::{Lenient, Meta, Text, Wire};
use super::{Scope, Selector, Source, api};

/// The row in SOURCES. The server cannot filter by a part of a name.
pub static SOURCE: Source = Source {
    name: "namespaces",
    api: "api/v1",
    resource: "namespaces",
    scope: Scope::Cluster,
    selector: |_| Selector::default(),
    run: |watch| Box::pin(watch.run::<NamespaceWire>(|change| Observation::Previews(kept(change)))),
};

/// Conditions and labels kept of one namespace.
const MOST: usize = 50;

/// A Namespace on the wire.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NamespaceWire {
    metadata: Meta,
    status: Lenient<StatusWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StatusWire {
    conditions: Lenient<Vec<Lenient<NamespaceConditionWire>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NamespaceConditionWire {
    r#type: Text,
    status: Text,
    reason: Text,
    message: Text,
}

/// A namespace of any name.
pub struct Any {
    uid: Uid,
    /// None: its name is not that of a preview.
    preview: Option<PreviewNamespace>,
}

impl Wire for NamespaceWire {
    type Domain = Any;

    fn convert(self, context: &Arc<str>) -> Any {
        let NamespaceWire { metadata: meta, status: Lenient(status) } = self;
        let id = meta.id(context);
        let uid = id.uid.clone();
        let preview = preview::number(&id.name).map(|_| PreviewNamespace {
            id,
            created: meta.creation_timestamp.0,
            deleted_at: meta.deletion_timestamp.and_then(|time| time.0),
            labels: meta.labels.0.keys().take(MOST).map(|key| visible(key)).collect(),
            repository: meta.annotations.0.repository.shown().map(String::from),
            conditions: status.conditions.0.iter().take(MOST).map(|condition| read(&condition.0)).collect(),
        });
        Any { uid, preview }
    }

    fn broken(meta: Meta, fault: String, context: &Arc<str>) -> Option<Any> {
        let id = meta.id(context);
        let wrong = NamespaceCondition {
            kind: "Unreadable".to_owned(),
            holds: true,
            reason: String::new(),
            message: format!("this namespace cannot be read: {fault}"),
        };
        let deleted_at = meta.deletion_timestamp.and_then(|time| time.0);
        let preview = PreviewNamespace {
            created: meta.creation_timestamp.0,
            deleted_at,
            labels: Vec::new(),
            repository: None,
            conditions: vec![wrong],
            id: id.clone(),
        };
        Some(Any { uid: id.uid, preview: preview::number(&id.name).map(|_| preview) })
    }
}

fn read(condition: &NamespaceConditionWire) -> NamespaceCondition {
    NamespaceCondition {
        kind: condition.r#type.up_to(100),
        holds: condition.status.0.as_deref() == Some("True"),
        reason: condition.reason.up_to(200),
        message: condition.message.up_to(2000),
    }
}

/// The same of previews only. What is none was never known, so that it may as well be gone.
pub fn kept(change: Change<Any>) -> Change<PreviewNamespace> {
    match change {
        Change::Reset(all) => Change::Reset(all.into_iter().filter_map(|any| any.preview).collect()),
        Change::Applied(Any { uid, preview }) => preview.map_or(Change::Deleted(uid), Change::Applied),
        Change::Deleted(uid) => Change::Deleted(uid),
    }
}

/// Asks once whether the chosen namespace is there, and tells when it is not. Where that cannot be known, the sources that
/// look into it say enough.
pub async fn look_for(cluster: Cluster, name: Option<String>, reports: mpsc::Sender<Report>) {
    let Some(name) = name else { return };
    if is_missing(&cluster, &name).await {
        let said = Said::Observed(Observation::NoNamespace(visible(&name).into()));
        let source = SourceId { context: cluster.context, kind: SOURCE.name.into() };
        let _ = reports.send(Report { source, said }).await;
    }
}

async fn is_missing(cluster: &Cluster, name: &str) -> bool {
    let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let asked = api::get(&cluster.client, &format!("/api/v1/namespaces/{name}")).await;
    matches!(asked, Err(api::Error::Failed(Failure { kind: FailureKind::NotInstalled, .. })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(json: &str) -> Option<PreviewNamespace> {
        serde_json::from_str::<NamespaceWire>(json).unwrap().convert(&"kind".into()).preview
    }

    #[test]
    fn only_previews_are_kept_with_what_holds_them() {
        let stuck = convert(
            r#"{"metadata": {"name": "pr-412", "uid": "u", "deletionTimestamp": "2026-08-20T10:00:00Z",
                "labels": {"flightdeck.dev/keep": ""}, "annotations": {"flightdeck.dev/repository": "acme/shop"}},
                "status": {"phase": "Terminating", "conditions": [null, {"type": "NamespaceFinalizersRemaining",
                "status": "True", "reason": "SomeFinalizersRemain", "message": "m\u001b[2J"}]}}"#,
        )
        .unwrap();
        assert_eq!((&*stuck.labels[0], stuck.repository.as_deref()), ("flightdeck.dev/keep", Some("acme/shop")));
        assert!(stuck.deleted_at.is_some() && stuck.conditions[1].holds && !stuck.conditions[0].holds);
        assert_eq!(stuck.conditions[1].message, "m␛[2J");
        assert_eq!(convert(r#"{"metadata": {"name": "shop", "uid": "u"}}"#), None);
        assert!(convert(r#"{"metadata": {"name": "pr-7", "labels": null}, "status": null}"#).is_some());
    }

    #[test]
    fn what_is_no_preview_changes_nothing() {
        let any = |name: &str| {
            NamespaceWire::broken(
                serde_json::from_value(serde_json::json!({"name": name, "uid": name})).unwrap(),
                "odd".to_owned(),
                &"kind".into(),
            )
        };
        assert_eq!(kept(Change::Applied(any("shop").unwrap())), Change::Deleted("shop".into()));
        let Change::Reset(previews) = kept(Change::Reset(vec![any("shop").unwrap(), any("pr-1").unwrap()])) else {
            panic!("no reset")
        };
        assert_eq!(previews.len(), 1);
        assert!(previews[0].conditions[0].message.contains("cannot be read"));
    }
}
