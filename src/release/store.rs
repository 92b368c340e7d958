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

/// Whether that object is shown by one of those contexts.
fn is_kept(known: Option<&impl Identified>, elders: &[Arc<str>]) -> bool {
    known.is_some_and(|known| elders.contains(&known.id().context))
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
    ///
    /// Two contexts may lead to one cluster, where both report the same objects. What the `elders` show, they keep: else a
    /// row would go from one context to the other with every report.
    pub(super) fn apply(
        &mut self,
        context: &Arc<str>,
        elders: &[Arc<str>],
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
                    let was = before.remove(&object.id().uid).or_else(|| self.objects.get(&object.id().uid).cloned());
                    if !is_kept(was.as_deref(), elders) {
                        changed(was.as_deref(), Some(&object));
                        self.insert(object);
                    }
                }
                for object in before.values() {
                    changed(Some(object), None);
                }
            }
            Change::Applied(object) if is_kept(self.get(&object.id().uid), elders) => {}
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::model::Model;
    use crate::release::observation::{Failure, FailureKind, Observation, Report, Said, SourceId};
    use crate::release::sample::{self, at};

    /// One cluster, seen through two contexts.
    struct Twins(Model);

    impl Twins {
        fn hear(&mut self, context: &str, said: Said, second: i64) {
            self.0.observe(
                Report { source: SourceId { context: context.into(), kind: "rollouts".into() }, said },
                at(second),
            );
        }

        fn say(&mut self, context: &str, change: fn(Rollout) -> Change<Rollout>, rollout: Rollout, second: i64) {
            let id = ObjectId { context: context.into(), ..rollout.id.clone() };
            self.hear(context, Said::Observed(Observation::Rollouts(change(Rollout { id, ..rollout }))), second);
        }

        /// `context phase` of each row.
        fn rows(&self) -> Vec<String> {
            let rollouts = self.0.rollouts.iter();
            rollouts.map(|rollout| format!("{} {}", rollout.id.context, rollout.phase().phase.word())).collect()
        }
    }

    fn reset(rollout: Rollout) -> Change<Rollout> {
        Change::Reset(vec![rollout])
    }

    #[test]
    fn two_contexts_of_one_cluster_show_each_object_once_under_the_first() {
        let mut twins = Twins(Model::default());
        twins.say("b", reset, sample::rollout("web"), 0);
        assert_eq!(twins.rows(), ["b Healthy"]);
        twins.say("a", reset, sample::rollout("web"), 0);
        twins.say("b", Change::Applied, sample::rollout("web"), 1);
        twins.say("b", reset, sample::rollout("web"), 1);
        assert_eq!(twins.rows(), ["a Healthy"]);
        twins.say("a", Change::Applied, sample::paused("web"), 2);
        twins.say("b", Change::Applied, sample::paused("web"), 2);
        assert_eq!(twins.rows(), ["a Paused"]);
        assert_eq!(twins.0.timeline.newest().len(), 1, "it happened once");
    }

    #[test]
    fn where_the_first_is_blind_the_other_one_tells() {
        let mut twins = Twins(Model::default());
        twins.say("a", reset, sample::rollout("web"), 0);
        twins.hear("a", Said::Loaded, 0);
        twins.say("b", Change::Applied, sample::paused("web"), 5);
        assert_eq!(twins.rows(), ["a Healthy"]);
        let failure = Failure { kind: FailureKind::Unauthorized, message: "expired".to_owned(), retry_in: None };
        twins.hear("a", Said::Failing(failure), 6);
        twins.say("b", Change::Applied, sample::paused("web"), 7);
        assert_eq!(twins.rows(), ["b Paused"]);
        twins.say("a", reset, sample::paused("web"), 8);
        assert_eq!(twins.rows(), ["a Paused"]);
        twins.hear("b", Said::Observed(Observation::Rollouts(Change::Deleted("web".into()))), 9);
        assert!(twins.rows().is_empty(), "gone is gone, whoever says so first");
    }
}
