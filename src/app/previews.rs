//! Which previews there are, for those who ask about them: GitHub's source for their pull requests, another for their pods.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::release::object::Uid;
use crate::release::observation::{Change, Observation, Report, Said};
use crate::release::preview;
use crate::sources::github;
use crate::sources::preview_requests::Wanted;

/// Listens to what the sources say of preview namespaces and passes it on.
#[derive(Clone, Default)]
pub struct Roster(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    github: Option<github::Handle>,
    contexts: HashMap<Arc<str>, Previews>,
}

struct Previews {
    by_uid: BTreeMap<Uid, Arc<str>>,
    wanted: watch::Sender<Wanted>,
}

impl Roster {
    /// From now on this source hears of them.
    pub fn introduce(&self, github: github::Handle) {
        self.inner().github = Some(github);
    }

    /// The previews of one context, as they come and go.
    pub fn of(&self, context: &Arc<str>) -> watch::Receiver<Wanted> {
        self.inner().previews(context).wanted.subscribe()
    }

    /// Takes note of a report, if it is about previews.
    pub fn note(&self, report: &Report) {
        let (Said::Observed(Observation::Previews(change)) | Said::Partial(Observation::Previews(change))) =
            &report.said
        else {
            return;
        };
        let mut inner = self.inner();
        let previews = inner.previews(&report.source.context);
        let before = previews.by_uid.clone();
        match change {
            Change::Reset(all) => {
                previews.by_uid = all.iter().map(|one| (one.id.uid.clone(), one.id.name.clone())).collect();
            }
            Change::Applied(one) => {
                previews.by_uid.insert(one.id.uid.clone(), one.id.name.clone());
            }
            Change::Deleted(uid) => {
                previews.by_uid.remove(uid);
            }
        }
        if before == previews.by_uid {
            return;
        }
        let wanted = previews.by_uid.iter().map(|(uid, name)| (name.clone(), uid.clone())).collect();
        previews.wanted.send_replace(wanted);
        if let Some(github) = &inner.github {
            let names = inner.contexts.values().flat_map(|previews| previews.by_uid.values());
            let numbers: BTreeSet<u64> = names.filter_map(|name| preview::number(name)).collect();
            github.previews(numbers);
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn previews(&mut self, context: &Arc<str>) -> &mut Previews {
        let none = || Previews { by_uid: BTreeMap::new(), wanted: watch::Sender::new(Wanted::new()) };
        self.contexts.entry(context.clone()).or_insert_with(none)
    }
}
