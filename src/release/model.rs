//! What is remembered of all that the sources said. Only [`Model::observe`] changes it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::analysis::AnalysisRun;
use super::attention::Severity;
use super::deed::Deed;
use super::object::Uid;
use super::observation::{Lease, ObjectEvent, Observation, PreviewRequests, Report, Said, Series, SourceId};
use super::phase::Phase;
use super::preview::{self, PreviewNamespace, PreviewRules};
use super::pull::PullLookup;
use super::replicas::{Experiment, Job, Pod, ReplicaSet};
use super::repository::Repository;
use super::rollout::Rollout;
use super::timeline::{Entry, Timeline};
use super::topic::Topic;

pub use super::freshness::{Freshness, Liveness, STALE_AFTER};
pub use super::store::{Identified, Store};

/// Everything that the panes may show.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub rollouts: Store<Rollout>,
    pub runs: Store<AnalysisRun>,
    /// AnalysisRuns by the UID of their owner, so that a row need not look through all of them.
    runs_by_owner: HashMap<Uid, BTreeSet<Uid>>,
    pub refusals: Store<ObjectEvent>,
    pub leases: Store<Lease>,
    /// When a lease was last seen to be renewed, by our own clock.
    pub renewals: HashMap<Uid, Timestamp>,
    /// Of the focused Rollout only, as the following four.
    pub replica_sets: Store<ReplicaSet>,
    pub pods: Store<Pod>,
    pub experiments: Store<Experiment>,
    pub jobs: Store<Job>,
    pub events: Store<ObjectEvent>,
    /// The latest live answer per AnalysisRun and metric.
    pub series: HashMap<(Uid, Box<str>), Series>,
    pub freshness: BTreeMap<SourceId, Freshness>,
    pub timeline: Timeline,
    /// What was done from this machine, newest first.
    pub deeds: Vec<Deed>,
    /// Namespaces `pr-<n>`.
    pub previews: Store<PreviewNamespace>,
    /// What their pods reserve, by the namespace's UID; missing until somebody has asked.
    pub preview_requests: HashMap<Uid, PreviewRequests>,
    /// By `owner/name` as it is configured.
    pub repositories: BTreeMap<Arc<str>, Arc<Repository>>,
    /// By context, the namespace that was asked for and does not exist there.
    pub no_namespace: BTreeMap<Arc<str>, Box<str>>,
    /// Observations that may have changed something.
    changes: u64,
}

/// Which state of a model: what was worked out from one holds for every model that has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    changes: u64,
    happened: u64,
}

impl Model {
    /// Takes in what a source said at `now`.
    pub fn observe(&mut self, report: Report, now: Timestamp) {
        let Report { source, said } = report;
        self.changes += u64::from(!matches!(said, Said::Alive | Said::Resting(_)));
        // The journal is a file of our own: it is no source that could fall silent.
        if let Said::Observed(Observation::Journal(deeds)) = said {
            self.deeds = deeds;
            return;
        }
        // Asked only until it is there: that is no source either.
        match said {
            Said::Observed(Observation::NoNamespace(name)) => {
                self.no_namespace.insert(source.context, name);
                return;
            }
            Said::Observed(Observation::NamespaceFound) => {
                self.no_namespace.remove(&source.context);
                return;
            }
            _ => {}
        }
        let freshness = self.freshness.entry(source.clone()).or_default();
        match said {
            Said::Failing(failure) => {
                let since = freshness.failing.as_ref().map(|(since, _)| *since);
                if since.is_none() {
                    self.timeline.push(Entry {
                        number: 0,
                        at: now,
                        from: source.kind.as_ref().into(),
                        object: None,
                        severity: Severity::Unknown,
                        text: format!("{}: cannot see: {}", source.context, failure.message),
                    });
                }
                freshness.next_try = failure.retry_in.and_then(|wait| now.checked_add(wait).ok());
                freshness.failing = Some((since.unwrap_or(now), failure));
            }
            Said::Alive => freshness.hear(now),
            Said::Ended => {
                self.freshness.remove(&source);
            }
            Said::Resting(rest) => {
                freshness.hear(now);
                freshness.quiet_until = now.checked_add(rest).ok();
            }
            Said::Loaded => {
                freshness.hear(now);
                freshness.loaded = true;
            }
            Said::Observed(observation) | Said::Partial(observation) => {
                freshness.hear(now);
                self.remember(&source, observation, now);
            }
        }
    }

    fn remember(&mut self, source: &SourceId, observation: Observation, now: Timestamp) {
        let (context, elders) = (&source.context, self.elders(source, now));
        match observation {
            Observation::Rollouts(change) => {
                let timeline = &mut self.timeline;
                self.rollouts
                    .apply(context, &elders, change, |before, after| note_rollout(timeline, before, after, now));
            }
            Observation::AnalysisRuns(change) => {
                let index = &mut self.runs_by_owner;
                self.runs.apply(context, &elders, change, |before, after| index_run(index, before, after));
            }
            Observation::ReplicaSets(change) => self.replica_sets.apply(context, &elders, change, |_, _| ()),
            Observation::Pods(change) => self.pods.apply(context, &elders, change, |_, _| ()),
            Observation::Experiments(change) => self.experiments.apply(context, &elders, change, |_, _| ()),
            Observation::Jobs(change) => self.jobs.apply(context, &elders, change, |_, _| ()),
            Observation::Events(change) => self.events.apply(context, &elders, change, |_, _| ()),
            Observation::Refusals(change) => self.refusals.apply(context, &elders, change, |_, _| ()),
            Observation::Leases(change) => {
                let renewals = &mut self.renewals;
                self.leases.apply(context, &elders, change, |before, after| note_renewal(renewals, before, after, now));
            }
            Observation::Journal(_) | Observation::NoNamespace(_) | Observation::NamespaceFound => {}
            Observation::Previews(change) => {
                let requests = &mut self.preview_requests;
                self.previews.apply(context, &elders, change, |before, after| {
                    if let (Some(gone), None) = (before, after) {
                        requests.remove(&gone.id.uid);
                    }
                });
            }
            Observation::PreviewRequests(requests) => {
                self.preview_requests.insert(requests.uid.clone(), requests);
            }
            Observation::Repository(finding) => {
                let repository = self.repositories.entry(context.clone()).or_default();
                Arc::make_mut(repository).learn(finding, now);
            }
            Observation::Series(series) => {
                self.series.insert((series.run.clone(), series.metric.clone()), series);
            }
        }
    }

    /// The contexts before that one, by name, whose source of the same kind can be believed.
    fn elders(&self, source: &SourceId, now: Timestamp) -> Vec<Arc<str>> {
        let is_elder = |other: &SourceId| other.kind == source.kind && other.context < source.context;
        let is_believed = |freshness: &Freshness| freshness.liveness(now) < Liveness::Stale;
        let elders = self.freshness.iter().filter(|(other, freshness)| is_elder(other) && is_believed(freshness));
        elders.map(|(other, _)| other.context.clone()).collect()
    }

    /// Where one looks in vain: an empty list from a namespace that does not exist is no good news.
    pub fn nowhere(&self) -> Option<String> {
        let named = self.no_namespace.iter();
        let all: Vec<String> =
            named.map(|(context, name)| format!("there is no namespace {name} in context {context}")).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Which state this is.
    pub fn version(&self) -> Version {
        Version { changes: self.changes, happened: self.timeline.pushed() }
    }

    /// Drops what only the detail of one Rollout needs, when another (or none) gets the focus.
    pub fn forget_focus(&mut self, focus_sources: &[&str]) {
        self.changes += 1;
        self.replica_sets.clear();
        self.pods.clear();
        self.experiments.clear();
        self.jobs.clear();
        self.events.clear();
        self.series.clear();
        self.freshness.retain(|source, _| !focus_sources.contains(&&*source.kind));
    }

    /// The freshness of one source of one context.
    pub fn source(&self, context: &str, kind: &str) -> Option<&Freshness> {
        self.freshness
            .iter()
            .find(|(id, _)| &*id.context == context && &*id.kind == kind)
            .map(|(_, freshness)| freshness)
    }

    /// The repository to show: the configured one. There is one at most.
    pub fn repository(&self) -> Option<(&Arc<str>, &Repository)> {
        let mut named = self.repositories.iter().filter(|(name, _)| !name.is_empty());
        named.next().map(|(name, repository)| (name, &**repository))
    }

    /// The one that knows of that topic: flags may be read from a checkout, of a repository that is not configured and has
    /// no name.
    pub fn repository_of(&self, topic: Topic) -> Option<(&Arc<str>, &Repository)> {
        let unnamed = || self.repositories.get_key_value("").filter(|_| topic == Topic::Flags);
        self.repository().or_else(|| unnamed().map(|(name, repository)| (name, &**repository)))
    }

    /// What holds for previews: those of the configured repository.
    pub fn preview_rules(&self) -> PreviewRules {
        let Some((name, repository)) = self.repository() else { return PreviewRules::new("") };
        let renamed = repository.about.as_ref().map(|about| about.full_name.clone());
        PreviewRules { renamed, ..PreviewRules::new(&**name) }
    }

    /// The pull request that a preview was made for.
    pub fn preview_pull(&self, namespace: &PreviewNamespace) -> PullLookup {
        match (preview::number(&namespace.id.name), self.repository()) {
            (Some(number), Some((_, repository))) => repository.pull(number),
            (None, _) => PullLookup::Unknown("its name has no number".to_owned()),
            (_, None) => PullLookup::Unknown("no repository is configured".to_owned()),
        }
    }

    /// The AnalysisRuns of a Rollout, newest first.
    pub fn runs_of(&self, rollout: &Rollout) -> Vec<&AnalysisRun> {
        let owned = self.runs_by_owner.get(&rollout.id.uid).into_iter().flatten();
        let mut runs: Vec<_> = owned.filter_map(|uid| self.runs.get(uid)).collect();
        runs.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| b.id.name.cmp(&a.id.name)));
        runs
    }

    /// The ReplicaSets of a Rollout, highest revision first. Known for the focused one only.
    pub fn replica_sets_of(&self, rollout: &Rollout) -> Vec<&ReplicaSet> {
        let mut sets: Vec<_> =
            self.replica_sets.iter().filter(|set| set.owner.as_ref() == Some(&rollout.id.uid)).collect();
        sets.sort_by(|a, b| b.revision.cmp(&a.revision).then_with(|| a.id.name.cmp(&b.id.name)));
        sets
    }

    /// `status.availableReplicas` of the canary's ReplicaSet, where it is known.
    pub fn canary_available(&self, rollout: &Rollout) -> Option<i32> {
        let hash = rollout.status.current_pod_hash.as_deref()?;
        let is_canary =
            |set: &&ReplicaSet| set.owner.as_ref() == Some(&rollout.id.uid) && set.pod_hash.as_deref() == Some(hash);
        self.replica_sets.iter().find(is_canary).map(|set| set.available)
    }
}

/// Writes a Rollout's change of phase, step or revision into the timeline.
fn note_rollout(timeline: &mut Timeline, before: Option<&Rollout>, after: Option<&Rollout>, now: Timestamp) {
    let (object, severity, text) = match (before, after) {
        (Some(before), Some(after)) => {
            let (was, is) = (before.phase(), after.phase());
            let mut parts = Vec::new();
            if before.revision != after.revision {
                parts.push(format!("revision {}", after.revision.map_or("?".into(), |revision| revision.to_string())));
            }
            if was.phase != is.phase || (is.phase == Phase::Degraded && was.message != is.message) {
                parts.push(format!("{} -> {}", was.phase.word(), is.phase.word()));
                if !is.message.is_empty() {
                    parts.push(is.message.to_string());
                }
            }
            if before.status.current_step_index != after.status.current_step_index
                && let Some((done, count)) = after.step_progress()
            {
                parts.push(format!("step {done}/{count}"));
            }
            if parts.is_empty() {
                return;
            }
            (&after.id, Severity::of_phase(is.phase), parts.join(", "))
        }
        // The first list would fill the timeline with what was long there.
        (None, _) => return,
        (Some(before), None) => (&before.id, Severity::Attention, "deleted".to_owned()),
    };
    timeline.push(Entry { number: 0, at: now, from: "rollouts".into(), object: Some(object.clone()), severity, text });
}

fn note_renewal(renewals: &mut HashMap<Uid, Timestamp>, before: Option<&Lease>, after: Option<&Lease>, now: Timestamp) {
    match (before, after) {
        (Some(before), Some(after)) if before.renewed != after.renewed => {
            renewals.insert(after.id.uid.clone(), now);
        }
        (Some(gone), None) => {
            renewals.remove(&gone.id.uid);
        }
        _ => (),
    }
}

fn index_run(index: &mut HashMap<Uid, BTreeSet<Uid>>, before: Option<&AnalysisRun>, after: Option<&AnalysisRun>) {
    if let Some(before) = before
        && let Some(owner) = &before.owner
        && let Some(runs) = index.get_mut(owner)
    {
        runs.remove(&before.id.uid);
        if runs.is_empty() {
            index.remove(owner);
        }
    }
    if let Some(after) = after
        && let Some(owner) = &after.owner
    {
        index.entry(owner.clone()).or_default().insert(after.id.uid.clone());
    }
}
