//! The objects of the world, their versions, and the history that watches are served from.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, OnceLock};

use hyper::body::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use super::resources::{self, Resource};
use super::value::{cut, hash, put, stamp, text};

/// How many changes a watch may lag behind before it has to list again.
const HISTORY: usize = 20_000;

/// One version of an object. It is kept as the JSON that goes out; the tree is built when somebody looks inside.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) json: Bytes,
    value: OnceLock<Value>,
}

impl Object {
    fn new(value: Value) -> Self {
        let json = Bytes::from(serde_json::to_vec(&value).unwrap_or_default());
        Self { json, value: OnceLock::from(value) }
    }

    /// One whose tree is built only when somebody looks inside: a tenth of the memory.
    fn lean(value: &Value) -> Self {
        Self { json: Bytes::from(serde_json::to_vec(value).unwrap_or_default()), value: OnceLock::new() }
    }

    pub(super) fn value(&self) -> &Value {
        self.value.get_or_init(|| serde_json::from_slice(&self.json).unwrap_or_default())
    }
}

/// Namespace (empty for cluster-wide kinds) and name.
pub(super) type Id = (String, String);

/// One change, for watches and controllers.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) version: u64,
    pub(super) resource: &'static Resource,
    pub(super) id: Id,
    pub(super) before: Option<Arc<Object>>,
    pub(super) after: Option<Arc<Object>>,
    /// What a watch sends: the new object, or the last one with the version of its deletion.
    pub(super) object: Arc<Object>,
}

/// All objects.
#[derive(Debug, Default)]
pub(super) struct Store {
    objects: BTreeMap<&'static str, BTreeMap<Id, Arc<Object>>>,
    history: VecDeque<Change>,
    /// The version of the last change by kind.
    latest: BTreeMap<&'static str, u64>,
    version: u64,
    oldest: u64,
    made: u64,
}

impl Store {
    /// A store whose first version is not 1, as no real one's is when a client arrives.
    pub(super) fn new() -> Self {
        Self { version: 1000, oldest: 1000, ..Self::default() }
    }

    /// The version of the last change.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// The version of the last change of a kind.
    pub(super) fn latest(&self, resource: &Resource) -> u64 {
        self.latest.get(resource.full).copied().unwrap_or_default()
    }

    /// The version from which on changes are still known.
    pub(super) fn oldest(&self) -> u64 {
        self.oldest
    }

    pub(super) fn get(&self, full: &str, namespace: &str, name: &str) -> Option<&Arc<Object>> {
        self.objects.get(full)?.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// Objects of a kind in order of namespace and name, of one namespace or of all.
    pub(super) fn list<'a>(
        &'a self,
        full: &str,
        namespace: &'a str,
    ) -> impl Iterator<Item = (&'a Id, &'a Arc<Object>)> {
        let from = (namespace.to_owned(), String::new());
        self.objects
            .get(full)
            .into_iter()
            .flat_map(move |all| all.range(from.clone()..))
            .take_while(move |((ns, _), _)| namespace.is_empty() || ns == namespace)
    }

    /// The same as it was at an earlier version that history still reaches back to.
    pub(super) fn list_at<'a>(
        &'a self,
        full: &str,
        namespace: &'a str,
        version: u64,
    ) -> BTreeMap<&'a Id, &'a Arc<Object>> {
        let mut then: BTreeMap<&'a Id, &'a Arc<Object>> = self.list(full, namespace).collect();
        // Newest first, so that what stood before the oldest change is what remains.
        let from = self.history.partition_point(|change| change.version <= version);
        for change in self.history.range(from..).rev() {
            if change.resource.full != full || !(namespace.is_empty() || change.id.0 == namespace) {
                continue;
            }
            match &change.before {
                Some(before) => then.insert(&change.id, before),
                None => then.remove(&change.id),
            };
        }
        then
    }

    /// The objects of a kind in a namespace that a controller owns.
    pub(super) fn owned(&self, full: &str, namespace: &str, uid: &str) -> Vec<Value> {
        self.list(full, namespace)
            .filter(|(_, object)| owner(object.value()) == uid)
            .map(|(_, object)| object.value().clone())
            .collect()
    }

    /// Changes after a version; `None` when they are no longer known.
    pub(super) fn since(&self, version: u64) -> Option<impl Iterator<Item = &Change>> {
        if version < self.oldest {
            return None;
        }
        let from = self.history.partition_point(|change| change.version <= version);
        Some(self.history.range(from..))
    }

    /// Stores an object, new or known, and returns it with its metadata set. What changes nothing keeps its version.
    pub(super) fn put(&mut self, resource: &'static Resource, mut value: Value, now: Timestamp) -> Arc<Object> {
        let id = id_of(resource, &value);
        let before = self.objects.get(resource.full).and_then(|all| all.get(&id)).cloned();
        put(&mut value, &["apiVersion"], resource.api_version());
        put(&mut value, &["kind"], resource.kind);
        match &before {
            Some(known) => {
                carry_over(resource, known.value(), &mut value);
                if *known.value() == value {
                    return Arc::clone(known);
                }
            }
            None => self.baptise(resource, &id, &mut value, now),
        }
        self.version += 1;
        put(&mut value, &["metadata", "resourceVersion"], self.version.to_string());
        let object = Arc::new(Object::new(value));
        self.objects.entry(resource.full).or_default().insert(id.clone(), Arc::clone(&object));
        self.record(resource, id, before, Some(Arc::clone(&object)), Arc::clone(&object));
        object
    }

    /// Stores a new object of which there are very many, and which nobody looks inside.
    pub(super) fn load(&mut self, resource: &'static Resource, mut value: Value, now: Timestamp) {
        let id = id_of(resource, &value);
        put(&mut value, &["apiVersion"], resource.api_version());
        put(&mut value, &["kind"], resource.kind);
        self.baptise(resource, &id, &mut value, now);
        self.version += 1;
        put(&mut value, &["metadata", "resourceVersion"], self.version.to_string());
        let object = Arc::new(Object::lean(&value));
        self.objects.entry(resource.full).or_default().insert(id.clone(), Arc::clone(&object));
        self.record(resource, id, None, Some(Arc::clone(&object)), object);
    }

    /// Removes an object at once and returns what it was.
    pub(super) fn remove(&mut self, resource: &'static Resource, namespace: &str, name: &str) -> Option<Arc<Object>> {
        let id = (namespace.to_owned(), name.to_owned());
        let before = self.objects.get_mut(resource.full)?.remove(&id)?;
        self.version += 1;
        let mut last = before.value().clone();
        put(&mut last, &["metadata", "resourceVersion"], self.version.to_string());
        let last = Arc::new(Object::new(last));
        self.record(resource, id, Some(Arc::clone(&before)), None, last);
        Some(before)
    }

    /// Forgets all changes up to now, as etcd's compaction with a restarted API server does.
    pub(super) fn compact(&mut self) {
        self.history.clear();
        // A version of its own makes even the newest list too old to watch from, as a write after it would.
        self.version += 1;
        self.oldest = self.version;
    }

    fn record(
        &mut self,
        resource: &'static Resource,
        id: Id,
        before: Option<Arc<Object>>,
        after: Option<Arc<Object>>,
        object: Arc<Object>,
    ) {
        self.latest.insert(resource.full, self.version);
        self.history.push_back(Change { version: self.version, resource, id, before, after, object });
        while self.history.len() > HISTORY {
            if let Some(gone) = self.history.pop_front() {
                self.oldest = gone.version;
            }
        }
    }

    fn baptise(&mut self, resource: &Resource, id: &Id, value: &mut Value, now: Timestamp) {
        self.made += 1;
        if text(value, &["metadata", "uid"]).is_empty() {
            put(value, &["metadata", "uid"], uid(resource, id, self.made));
        }
        if text(value, &["metadata", "creationTimestamp"]).is_empty() {
            put(value, &["metadata", "creationTimestamp"], stamp(now));
        }
        if value["metadata"]["generation"].is_null() && (resource.status || resource.custom) {
            put(value, &["metadata", "generation"], 1);
        }
    }
}

/// The UID of the object's controller, empty when it has none.
pub(super) fn owner(value: &Value) -> &str {
    let owners = super::value::list(value, &["metadata", "ownerReferences"]);
    owners
        .iter()
        .find(|owner| super::value::flag(owner, &["controller"]))
        .map(|owner| text(owner, &["uid"]))
        .unwrap_or_default()
}

/// Where an object is kept.
pub(super) fn id_of(resource: &Resource, value: &Value) -> Id {
    let namespace = if resource.namespaced { text(value, &["metadata", "namespace"]) } else { "" };
    (namespace.to_owned(), text(value, &["metadata", "name"]).to_owned())
}

/// The row of a name in the code. The table has them all; the first row stands in so that nothing here can panic.
pub(super) fn kind(full: &str) -> &'static Resource {
    resources::named(full).unwrap_or(&resources::RESOURCES[0])
}

/// What no writer may change, and the generation: it rises with the specification only, but where there is no status
/// subresource (an AnalysisRun) the server cannot tell, so it rises with the status too.
fn carry_over(resource: &Resource, known: &Value, value: &mut Value) {
    for key in ["uid", "creationTimestamp", "resourceVersion", "generation"] {
        match known["metadata"][key].clone() {
            Value::Null => {
                cut(value, &["metadata", key]);
            }
            kept => put(value, &["metadata", key], kept),
        }
    }
    let Some(generation) = known["metadata"]["generation"].as_u64() else { return };
    let counts = |key: &str| key != "metadata" && !(resource.status && key == "status");
    if differs(known, value, counts) {
        put(value, &["metadata", "generation"], generation.saturating_add(1));
    }
}

/// Whether two objects differ in the fields that count.
fn differs(one: &Value, other: &Value, counts: impl Fn(&str) -> bool) -> bool {
    let fields = |value: &Value| value.as_object().into_iter().flatten().filter(|(key, _)| counts(key)).count();
    let mut pairs = one.as_object().into_iter().flatten().filter(|(key, _)| counts(key));
    fields(one) != fields(other) || pairs.any(|(key, value)| other[key] != *value)
}

/// A UID that looks random and is the same in every run.
fn uid(resource: &Resource, (namespace, name): &Id, made: u64) -> String {
    let part = |salt: u32| hash(format!("{salt}/{made}/{}/{namespace}/{name}", resource.full).as_bytes());
    let (a, b, c, d) = (part(1), part(2), part(3), part(4));
    format!(
        "{a:08x}-{:04x}-4{:03x}-{:04x}-{:04x}{c:08x}",
        b >> 16,
        b & 0xfff,
        ((d >> 16) & 0x3fff) | 0x8000,
        d & 0xffff
    )
}
