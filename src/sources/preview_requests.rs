//! What the pods of previews reserve: asked now and then and one namespace at a time, since nobody waits for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::release::object::Uid;
use crate::release::observation::{Failure, FailureKind, Observation, PreviewRequests, Report, Said, SourceId};
use crate::release::requests::{InitRequest, PodRequests, ResourceRequest, sum};
use crate::release::text::visible_up_to;

use super::api;
use super::cluster::Cluster;
use super::wire::{Lenient, Text};

/// As a source of its own: that it answers says nothing of the watch that finds the namespaces.
pub const NAME: &str = "preview-requests";
/// Between two looks at one namespace.
const EVERY: Duration = Duration::from_secs(120);
/// Between two requests.
const APART: Duration = Duration::from_millis(200);
/// Pods of one namespace.
const MOST_PODS: usize = 500;

/// Previews by name, with their UIDs.
pub type Wanted = BTreeMap<Arc<str>, Uid>;

/// Asks for the pods of the wanted namespaces until nobody listens any more.
pub async fn watch_requests(cluster: Cluster, mut wanted: watch::Receiver<Wanted>, reports: mpsc::Sender<Report>) {
    let source = SourceId { context: cluster.context.clone(), kind: NAME.into() };
    let mut asked: BTreeMap<Uid, Instant> = BTreeMap::new();
    loop {
        let previews = wanted.borrow_and_update().clone();
        let present: BTreeSet<&Uid> = previews.values().collect();
        let was_asking = !asked.is_empty();
        asked.retain(|uid, _| present.contains(uid));
        // With nobody to ask about, silence means nothing.
        if was_asking && present.is_empty() && !say(&reports, &source, [Said::Ended]).await {
            return;
        }
        let due = |uid: &Uid| asked.get(uid).map(|at| *at + EVERY);
        let next = previews.iter().min_by_key(|(_, uid)| due(uid)).map(|(name, uid)| (name.clone(), uid.clone()));
        let wake = next.as_ref().and_then(|(_, uid)| due(uid)).unwrap_or_else(Instant::now) + APART;
        tokio::select! {
            () = reports.closed() => return,
            changed = wanted.changed() => if changed.is_err() { return } else { continue },
            () = tokio::time::sleep_until(wake), if next.is_some() => {}
        }
        let Some((name, uid)) = next else { continue };
        asked.insert(uid.clone(), Instant::now());
        let observed = ask(&cluster, &name, uid).await;
        let is_silent = matches!(&observed.requested, Err(failure) if failure.kind == FailureKind::Unreachable);
        let mut words = vec![Said::Observed(Observation::PreviewRequests(observed))];
        // A refusal is an answer, too. Where none comes, it goes stale by itself.
        if !is_silent {
            words.extend([Said::Loaded, Said::Resting(SignedDuration::try_from(EVERY).unwrap_or_default())]);
        }
        if !say(&reports, &source, words).await {
            return;
        }
    }
}

/// False when nobody listens any more.
async fn say(reports: &mpsc::Sender<Report>, source: &SourceId, words: impl IntoIterator<Item = Said>) -> bool {
    for said in words {
        if reports.send(Report { source: source.clone(), said }).await.is_err() {
            return false;
        }
    }
    true
}

async fn ask(cluster: &Cluster, namespace: &str, uid: Uid) -> PreviewRequests {
    let path = format!(
        "/api/v1/namespaces/{namespace}/pods?limit={MOST_PODS}&fieldSelector=status.phase!%3DSucceeded,status.phase!%3DFailed"
    );
    let read = async {
        let body = api::get(&cluster.client, &path).await.map_err(Failure::from)?;
        read(&body).map_err(|message| Failure { kind: FailureKind::Failed, message, retry_in: None })
    };
    match read.await {
        Ok(pods) => PreviewRequests { uid, requested: Ok(sum(&pods)), pods: pods.len() },
        Err(failure) => PreviewRequests { uid, requested: Err(failure), pods: 0 },
    }
}

#[derive(Deserialize)]
struct ListWire {
    /// Every list has it; an answer without is none.
    metadata: Option<IgnoredAny>,
    items: Lenient<Vec<Lenient<PodWire>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PodWire {
    spec: Lenient<SpecWire>,
    status: Lenient<StatusWire>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StatusWire {
    phase: Text,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SpecWire {
    containers: Lenient<Vec<Lenient<ContainerWire>>>,
    init_containers: Lenient<Vec<Lenient<ContainerWire>>>,
    overhead: Lenient<RequestWire>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ContainerWire {
    resources: Lenient<ResourcesWire>,
    restart_policy: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ResourcesWire {
    requests: Lenient<RequestWire>,
}

/// A quantity may be written as a bare number.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RequestWire {
    cpu: Text,
    memory: Text,
}

impl RequestWire {
    fn read(&self) -> ResourceRequest {
        ResourceRequest { cpu: self.cpu.0.clone(), memory: self.memory.0.clone() }
    }
}

/// The requests of a list of pods that are not done. The error is the reason why it is none.
fn read(body: &[u8]) -> Result<Vec<PodRequests>, String> {
    let list: ListWire = serde_json::from_slice(body)
        .map_err(|error| format!("the list of pods cannot be read: {}", visible_up_to(&error.to_string(), 200)))?;
    if list.metadata.is_none() {
        return Err("the list of pods is none: no metadata".to_owned());
    }
    let lives = |pod: &&Lenient<PodWire>| !matches!(pod.0.status.0.phase.0.as_deref(), Some("Succeeded" | "Failed"));
    Ok(list.items.0.iter().filter(lives).map(|pod| requests(&pod.0.spec.0)).collect())
}

fn requests(spec: &SpecWire) -> PodRequests {
    let init = |container: &Lenient<ContainerWire>| InitRequest {
        request: container.0.resources.0.requests.0.read(),
        is_sidecar: container.0.restart_policy.0.as_deref() == Some("Always"),
    };
    PodRequests {
        containers: spec.containers.0.iter().map(|container| container.0.resources.0.requests.0.read()).collect(),
        init_containers: spec.init_containers.0.iter().map(init).collect(),
        overhead: spec.overhead.0.read(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::release::model::{Liveness, Model};
    use crate::sources::double::{Double, Reply};

    /// Takes in what comes within a second of paused time.
    async fn listen(model: &mut Model, reports: &mut mpsc::Receiver<Report>, now: jiff::Timestamp) {
        while let Ok(Some(report)) = tokio::time::timeout(Duration::from_secs(1), reports.recv()).await {
            assert_eq!(&*report.source.kind, NAME, "{report:?}");
            model.observe(report, now);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_as_fresh_as_its_own_answers_and_makes_no_watch_fresher() {
        let double = Double::new(|number, _| match number {
            0 => Reply::ok(r#"{"metadata": {}, "items": []}"#),
            1 => Reply::new(403, r#"{"kind": "Status", "code": 403, "reason": "Forbidden", "message": "no"}"#),
            _ => Reply::never(),
        });
        let cluster = Cluster { context: "kind".into(), client: double.client() };
        let (wanted, previews) = watch::channel(Wanted::new());
        let (sender, mut reports) = mpsc::channel(64);
        tokio::spawn(watch_requests(cluster, previews, sender));
        let mut model = Model::default();
        let liveness = |model: &Model, now| model.source("kind", NAME).map(|source| source.liveness(now));
        let at = |second| jiff::Timestamp::from_second(second).unwrap();

        wanted.send_replace([("pr-7".into(), "u7".into())].into());
        listen(&mut model, &mut reports, at(0)).await;
        assert_eq!(model.preview_requests[&"u7".into()].requested.as_ref().map(|sum| sum.unreadable), Ok(0));
        assert_eq!(model.source("kind", "namespaces"), None, "of the watch nothing is known");
        let fresh = [at(0), at(120)].map(|now| liveness(&model, now));
        assert_eq!(fresh, [Some(Liveness::Live); 2], "it said that it would rest");
        assert_eq!(liveness(&model, at(140)), Some(Liveness::Stale));

        tokio::time::sleep(EVERY).await;
        listen(&mut model, &mut reports, at(120)).await;
        assert!(model.preview_requests[&"u7".into()].requested.is_err());
        assert_eq!(liveness(&model, at(240)), Some(Liveness::Live), "a refusal is an answer");
        tokio::time::sleep(EVERY * 2).await;
        listen(&mut model, &mut reports, at(240)).await;
        assert_eq!(liveness(&model, at(260)), Some(Liveness::Stale), "no answer is none");

        wanted.send_replace(Wanted::new());
        tokio::time::sleep(EVERY).await;
        listen(&mut model, &mut reports, at(300)).await;
        assert_eq!(liveness(&model, at(900)), None, "nobody is asked about any more");
    }

    #[test]
    fn pods_that_are_done_reserve_nothing() {
        let pods = read(
            br#"{"metadata": {}, "items": [{"spec": {"containers": [{"resources": {"requests": {"cpu": 1, "memory": "1Gi"}}}, {}, null],
                "initContainers": [{"restartPolicy": "Always", "resources": {"requests": {"cpu": "500m"}}}]}},
                {"spec": {"containers": [{"resources": {"requests": {"cpu": "8"}}}]}, "status": {"phase": "Succeeded"}}, null]}"#,
        )
        .unwrap();
        let sum = sum(&pods);
        assert_eq!((sum.cpu.normalize().to_string(), sum.memory.to_string()), ("1.5".into(), "1073741824".into()));
        assert!(read(b"{}").is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(value in crate::release::json::foreign()) {
            let pod = format!(r#"{{"metadata": {{}}, "items": [{{"spec": {{"containers": [{value}], "overhead": {value}}}, "status": {value}}}]}}"#);
            let _ = (read(pod.as_bytes()).map(|pods| sum(&pods)), read(value.as_bytes()).is_ok());
        }
    }
}
