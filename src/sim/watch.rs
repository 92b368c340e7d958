//! A watch: changes as lines of JSON, bookmarks, its end in time, and 410 when it has fallen too far behind.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::Shared;
use super::fault::Fault;
use super::refused::Refused;
use super::resources::Resource;
use super::selector::Selector;
use super::store::{Change, Store};

/// How often a bookmark comes while nothing else does.
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);
/// How long before its end a watch gets its last bookmark.
const BEFORE_END: Duration = Duration::from_secs(2);

/// What a client wants to hear about, from which version on.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) resource: &'static Resource,
    pub(super) namespace: String,
    pub(super) selector: Selector,
    pub(super) from: u64,
    pub(super) bookmarks: bool,
    pub(super) lasts: Duration,
    /// What is sent at once.
    pub(super) first: Bytes,
}

/// Appends an event.
pub(super) fn line(out: &mut Vec<u8>, kind: &str, object: &[u8]) {
    out.extend_from_slice(format!("{{\"type\":\"{kind}\",\"object\":").as_bytes());
    out.extend_from_slice(object);
    out.extend_from_slice(b"}\n");
}

/// Appends a bookmark; `complete` marks the end of the initial objects of a streaming list.
pub(super) fn bookmark(out: &mut Vec<u8>, resource: &Resource, version: u64, complete: bool) {
    let mut object = json!({"kind": resource.kind, "apiVersion": resource.api_version(),
        "metadata": {"resourceVersion": version.to_string()}});
    if complete {
        super::value::put(&mut object, &["metadata", "annotations"], json!({"k8s.io/initial-events-end": "true"}));
    }
    line(out, "BOOKMARK", object.to_string().as_bytes());
}

/// Sends a watch's lines until it ends, the client leaves, or history no longer reaches back far enough.
pub(super) async fn run(shared: Arc<Shared>, watch: Watch, lines: mpsc::Sender<Bytes>) {
    let end = Instant::now() + watch.lasts;
    let mut next_bookmark = bookmark_time(end);
    let mut versions = shared.version.subscribe();
    let mut faults = shared.fault.subscribe();
    let mut position = watch.from;
    if !watch.first.is_empty() && lines.send(watch.first.clone()).await.is_err() {
        return;
    }
    loop {
        versions.borrow_and_update();
        let silent = *faults.borrow_and_update() == Fault::Silent;
        if !silent {
            let (news, reached) = shared.with(|state| watch.news(&state.store, position));
            if !news.is_empty() && lines.send(Bytes::from(news)).await.is_err() {
                return;
            }
            match reached {
                Some(reached) => position = reached,
                None => return,
            }
        }
        tokio::select! {
            _ = versions.changed(), if !silent => {}
            _ = faults.changed() => {}
            () = lines.closed() => return,
            () = sleep_until(next_bookmark), if !silent && watch.bookmarks => {
                next_bookmark = bookmark_time(end);
                // As the real one: a bookmark has the version of the kind's last change, and where nothing of the kind
                // changed since the watch began, there is none. An idle watch is silent until it ends.
                let latest = shared.with(|state| state.store.latest(watch.resource));
                if latest > watch.from {
                    let mut out = Vec::new();
                    bookmark(&mut out, watch.resource, latest, false);
                    if lines.send(Bytes::from(out)).await.is_err() {
                        return;
                    }
                }
            }
            () = sleep_until(end), if !silent => return,
        }
    }
}

fn bookmark_time(end: Instant) -> Instant {
    let now = Instant::now();
    let last = end.checked_sub(BEFORE_END).filter(|last| *last > now);
    // After the last one there is none any more.
    last.map_or(end + BOOKMARK_EVERY, |last| last.min(now + BOOKMARK_EVERY))
}

impl Watch {
    /// The lines since a version, and the version that they reach; no version when the watch has to end.
    fn news(&self, store: &Store, position: u64) -> (Vec<u8>, Option<u64>) {
        let mut out = Vec::new();
        let Some(changes) = store.since(position) else {
            let message = format!("too old resource version: {position} ({})", store.oldest());
            line(&mut out, "ERROR", Refused::expired(message).to_value().to_string().as_bytes());
            return (out, None);
        };
        for change in changes.filter(|change| self.concerns(change)) {
            let (before, after) = (self.selects(&change.before), self.selects(&change.after));
            let kind = match (before, after) {
                (false, true) => "ADDED",
                (true, true) => "MODIFIED",
                (true, false) => "DELETED",
                (false, false) => continue,
            };
            line(&mut out, kind, &change.object.json);
        }
        (out, Some(store.version()))
    }

    fn concerns(&self, change: &Change) -> bool {
        change.resource.full == self.resource.full && (self.namespace.is_empty() || change.id.0 == self.namespace)
    }

    fn selects(&self, object: &Option<Arc<super::store::Object>>) -> bool {
        object.as_ref().is_some_and(|object| self.selector.matches(object))
    }
}
