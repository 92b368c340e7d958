//! `v1` Namespaces `pr-<n>`: previews of pull requests. All are watched, only those are kept.

use std::sync::Arc;
use std::time::Duration;

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

/// Between two looks for a namespace that is not there.
const LOOKS_AGAIN: Duration = Duration::from_secs(10);

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

/// Asks once whether the chosen namespace is there, and tells when it is not: true then. Where that cannot be known, the
/// sources that look into it say enough.
pub async fn look_for(cluster: &Cluster, name: Option<&str>, reports: &mpsc::Sender<Report>) -> bool {
    let Some(name) = name else { return false };
    let is_missing = is_there(cluster, name).await == Some(false);
    if is_missing {
        say(cluster, Observation::NoNamespace(visible(name).into()), reports).await;
    }
    is_missing
}

/// The same, and tells when one that was missing has been created: an empty list means something else from then on.
pub async fn look_until_there(cluster: Cluster, name: Option<String>, reports: mpsc::Sender<Report>) {
    let Some(name) = name else { return };
    if !look_for(&cluster, Some(&name), &reports).await {
        return;
    }
    loop {
        tokio::select! {
            () = reports.closed() => return,
            () = tokio::time::sleep(LOOKS_AGAIN) => {}
        }
        if is_there(&cluster, &name).await == Some(true) {
            break;
        }
    }
    say(&cluster, Observation::NamespaceFound, &reports).await;
}

async fn say(cluster: &Cluster, observation: Observation, reports: &mpsc::Sender<Report>) {
    let source = SourceId { context: cluster.context.clone(), kind: SOURCE.name.into() };
    let _ = reports.send(Report { source, said: Said::Observed(observation) }).await;
}

/// None: nobody says.
async fn is_there(cluster: &Cluster, name: &str) -> Option<bool> {
    let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    match api::get(&cluster.client, &format!("/api/v1/namespaces/{name}")).await {
        Ok(_) => Some(true),
        Err(api::Error::Failed(Failure { kind: FailureKind::NotInstalled, .. })) => Some(false),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::model::Model;
    use crate::sources::double::{Double, Reply};

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

    #[tokio::test(start_paused = true)]
    async fn a_missing_namespace_is_looked_for_until_it_is_there() {
        let missing = r#"{"kind": "Status", "code": 404, "reason": "NotFound", "message": "no"}"#;
        let double = Double::new(move |number, _| match number {
            0 | 1 => Reply::new(404, missing),
            2 => Reply::new(503, "later"),
            _ => Reply::ok("{}"),
        });
        let cluster = Cluster { context: "kind".into(), client: double.client() };
        let (sender, mut reports) = mpsc::channel(8);
        let began = tokio::time::Instant::now();
        look_until_there(cluster.clone(), Some("shop".to_owned()), sender.clone()).await;
        assert!(began.elapsed() < LOOKS_AGAIN * 4, "{:?}", began.elapsed());
        assert_eq!((double.seen().len(), &*double.seen()[0].path), (4, "/api/v1/namespaces/shop"));
        let mut model = Model::default();
        let mut told = Vec::new();
        while let Ok(report) = reports.try_recv() {
            model.observe(report, jiff::Timestamp::UNIX_EPOCH);
            told.push(model.nowhere());
        }
        assert_eq!(told, [Some("there is no namespace shop in context kind".to_owned()), None]);
        // One that is there is not asked for again.
        look_until_there(cluster, Some("shop".to_owned()), sender).await;
        assert_eq!((double.seen().len(), reports.recv().await), (5, None));
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
