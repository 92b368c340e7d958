//! Objects of one kind, by UID and in the order of their names.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::analysis::AnalysisRun;
use super::object::{ObjectId, Uid};
use super::observation::{Change, Lease, ObjectEvent};
use super::preview::PreviewNamespace;
use super::replicas::{Experiment, Job, Pod, ReplicaSet};
use super::rollout::Rollout;

/// Objects of one kind from all contexts. They are shared, so that a frozen screen costs no second copy of everything.
#[derive(Clone, Debug)]
pub struct Store<T> {
    objects: HashMap<Uid, Arc<T>>,
    /// The same in the order of their names, so that nobody need sort thousands of them for every picture.
    in_order: BTreeMap<ObjectId, Arc<T>>,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Store { objects: HashMap::new(), in_order: BTreeMap::new() }
    }
}

/// What has a name tag.
pub trait Identified {
    fn id(&self) -> &ObjectId;
}

macro_rules! identified {
    ($($kind:ty),*) => { $(impl Identified for $kind { fn id(&self) -> &ObjectId { &self.id } })* };
}
identified!(Rollout, AnalysisRun, ReplicaSet, Pod, Experiment, Job, ObjectEvent, Lease, PreviewNamespace);

impl<T: Identified> Store<T> {
    /// The object with that UID.
    pub fn get(&self, uid: &Uid) -> Option<&T> {
        self.objects.get(uid).map(Arc::as_ref)
    }

    /// All, by context, namespace and name.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.in_order.values().map(Arc::as_ref)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Applies a change of one context, telling `changed` what was before and what is now.
    pub(super) fn apply(
        &mut self,
        context: &Arc<str>,
        change: Change<T>,
        mut changed: impl FnMut(Option<&T>, Option<&T>),
    ) {
        match change {
            Change::Reset(objects) => {
                let of_context = |id: &ObjectId| id.context == *context;
                let known: Vec<Uid> =
                    self.in_order.keys().filter(|id| of_context(id)).map(|id| id.uid.clone()).collect();
                let mut before: HashMap<Uid, Arc<T>> =
                    known.into_iter().filter_map(|uid| self.remove(&uid).map(|object| (uid, object))).collect();
                self.objects.reserve(objects.len());
                for object in objects {
                    changed(before.remove(&object.id().uid).as_deref(), Some(&object));
                    self.insert(object);
                }
                for object in before.values() {
                    changed(Some(object), None);
                }
            }
            Change::Applied(object) => {
                changed(self.get(&object.id().uid), Some(&object));
                self.insert(object);
            }
            Change::Deleted(uid) => {
                if let Some(object) = self.remove(&uid) {
                    changed(Some(&object), None);
                }
            }
        }
    }

    fn insert(&mut self, object: T) {
        let object = Arc::new(object);
        let id = object.id().clone();
        if let Some(before) = self.objects.insert(id.uid.clone(), object.clone())
            && *before.id() != id
        {
            self.in_order.remove(before.id());
        }
        self.in_order.insert(id, object);
    }

    fn remove(&mut self, uid: &Uid) -> Option<Arc<T>> {
        let object = self.objects.remove(uid)?;
        self.in_order.remove(object.id());
        Some(object)
    }

    pub(super) fn clear(&mut self) {
        self.objects.clear();
        self.in_order.clear();
    }
}
