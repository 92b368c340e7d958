//! Reading from the API server: one object, a list page by page, and the beginning of a watch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use serde_json::{Value, json};

use super::call::{Call, Reply, Target};
use super::refused::Refused;
use super::resources::Resource;
use super::selector::Selector;
use super::store::{Id, Object, Store};
use super::value::int;
use super::watch::{Watch, bookmark, line};

/// Answers a GET.
pub(super) fn read(store: &Store, call: &Call, target: &Target) -> Result<Reply, Refused> {
    if !target.name.is_empty() {
        return one(store, target);
    }
    if call.is_set("watch") { watch(store, call, target) } else { list(store, call, target) }
}

fn one(store: &Store, target: &Target) -> Result<Reply, Refused> {
    let object = store
        .get(target.resource.full, &target.namespace, &target.name)
        .ok_or_else(|| Refused::not_found(target.resource, &target.name))?;
    match target.sub.as_str() {
        "" => Ok(Reply::Json(200, object.json.clone())),
        "status" if target.resource.status => Ok(Reply::Json(200, object.json.clone())),
        "scale" if target.resource.plural == "rollouts" => Ok(Reply::value(200, &scale(object.value()))),
        _ => Err(Refused::not_found(target.resource, &target.name)),
    }
}

fn scale(rollout: &Value) -> Value {
    let metadata = &rollout["metadata"];
    json!({"kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {"name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"], "creationTimestamp": metadata["creationTimestamp"]},
        "spec": {"replicas": int(rollout, &["spec", "replicas"]).unwrap_or(1)},
        "status": {"replicas": int(rollout, &["status", "HPAReplicas"]).unwrap_or(0),
            "selector": rollout["status"]["selector"]}})
}

/// Where a page begins, and of which version it is part.
struct Page {
    version: u64,
    from: Option<Id>,
}

fn list(store: &Store, call: &Call, target: &Target) -> Result<Reply, Refused> {
    let selector = selector(call, target)?;
    let limit = match call.parameter("limit") {
        "" => 0,
        text => text
            .parse::<usize>()
            .map_err(|_| Refused::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax")))?,
    };
    let page = page(store, call)?;
    // A first page is of now; the pages after it are of the same version, whatever happened meanwhile.
    let all: Box<dyn Iterator<Item = (&Id, &Arc<Object>)>> = match &page.from {
        Some(_) => Box::new(store.list_at(target.resource.full, &target.namespace, page.version).into_iter()),
        None => Box::new(store.list(target.resource.full, &target.namespace)),
    };
    let mut items = all
        .filter(|(id, _)| page.from.as_ref().is_none_or(|from| *id >= from))
        .filter(|(_, object)| selector.matches(object));
    let mut body = Vec::new();
    for (_, object) in items.by_ref().take(if limit == 0 { usize::MAX } else { limit }) {
        if !body.is_empty() {
            body.push(b',');
        }
        append(&mut body, target.resource, object);
    }
    let mut metadata = json!({"resourceVersion": page.version.to_string()});
    if let Some((next, _)) = items.next() {
        let rest = items.count() + 1;
        super::value::put(&mut metadata, &["continue"], token(page.version, next));
        super::value::put(&mut metadata, &["remainingItemCount"], rest);
    }
    let head = format!(
        "{{\"kind\":\"{}List\",\"apiVersion\":\"{}\",\"metadata\":{metadata},\"items\":[",
        target.resource.kind,
        target.resource.api_version()
    );
    Ok(Reply::Json(200, Bytes::from([head.as_bytes(), &body, b"]}"].concat())))
}

/// Appends an item. Objects of a built-in kind do not repeat their kind in a list.
fn append(body: &mut Vec<u8>, resource: &Resource, object: &Object) {
    if resource.custom {
        body.extend_from_slice(&object.json);
        return;
    }
    let fields = object.value().as_object().into_iter().flatten();
    let rest: BTreeMap<&String, &Value> =
        fields.filter(|(key, _)| !matches!(key.as_str(), "kind" | "apiVersion")).collect();
    body.extend_from_slice(&serde_json::to_vec(&rest).unwrap_or_default());
}

fn selector(call: &Call, target: &Target) -> Result<Selector, Refused> {
    Selector::read(target.resource, call.parameter("labelSelector"), call.parameter("fieldSelector"))
}

fn page(store: &Store, call: &Call) -> Result<Page, Refused> {
    let asked = version(call)?;
    match call.parameter("continue") {
        "" if asked > store.version() => Err(Refused::too_large(asked, store.version())),
        "" => Ok(Page { version: store.version(), from: None }),
        text => {
            let (version, from) = read_token(text).ok_or_else(|| {
                Refused::bad_request(
                    "invalid continue token: continue key is not valid: illegal base64 data at input byte 0",
                )
            })?;
            if version < store.oldest() {
                return Err(Refused::expired_token(token(store.version(), &from)));
            }
            Ok(Page { version, from: Some(from) })
        }
    }
}

fn version(call: &Call) -> Result<u64, Refused> {
    match call.parameter("resourceVersion") {
        "" => Ok(0),
        text => text.parse().map_err(|_| {
            Refused::bad_request(format!(
                "invalid resource version: resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax"
            ))
        }),
    }
}

/// An opaque page token: version and next object, in hexadecimal so that nobody is tempted to look inside.
fn token(version: u64, (namespace, name): &Id) -> String {
    format!("{version}/{namespace}/{name}").bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn read_token(text: &str) -> Option<(u64, Id)> {
    let bytes: Option<Vec<u8>> = text
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok()))
        .collect();
    let text = String::from_utf8(bytes?).ok()?;
    let mut parts = text.splitn(3, '/');
    Some((parts.next()?.parse().ok()?, (parts.next()?.to_owned(), parts.next()?.to_owned())))
}

fn watch(store: &Store, call: &Call, target: &Target) -> Result<Reply, Refused> {
    let selector = selector(call, target)?;
    let asked = version(call)?;
    if asked > store.version() {
        return Err(Refused::too_large(asked, store.version()));
    }
    let seconds: u64 = match call.parameter("timeoutSeconds") {
        "" => 0,
        text => text.parse().map_err(|_| Refused::bad_request(format!("timeoutSeconds: Invalid value: {text:?}")))?,
    };
    let streams = call.is_set("sendInitialEvents");
    let bookmarks = call.is_set("allowWatchBookmarks");
    let mut first = Vec::new();
    let mut from = asked;
    if asked == 0 || streams {
        from = store.version();
        for (_, object) in store.list(target.resource.full, &target.namespace) {
            if selector.matches(object) {
                line(&mut first, "ADDED", &object.json);
            }
        }
        if streams && bookmarks {
            bookmark(&mut first, target.resource, from, true);
        }
    }
    Ok(Reply::Watch(Watch {
        resource: target.resource,
        namespace: target.namespace.clone(),
        selector,
        from,
        bookmarks,
        // Without a wish the real server picks half an hour to an hour.
        lasts: Duration::from_secs(if seconds == 0 { 2400 } else { seconds }),
        first: Bytes::from(first),
    }))
}
