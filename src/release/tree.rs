//! The tree under a Rollout: revisions, ReplicaSets with pods, Experiments, AnalysisRuns with Jobs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::analysis::{AnalysisRun, MetricResult};
use super::duration::human;
use super::model::Model;
use super::object::Uid;
use super::replicas::{Experiment, Job, Pod, ReplicaSet};
use super::rollout::Rollout;

/// What `kubectl argo rollouts get` draws, in its order and words. The objects themselves ride along for the panes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tree<'a> {
    /// Of ReplicaSets that have pods, by image.
    pub images: Vec<Image>,
    /// Newest first.
    pub revisions: Vec<Revision<'a>>,
}

/// An image that runs, and as what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Image {
    pub image: Box<str>,
    pub tags: Vec<&'static str>,
}

/// All that belongs to one revision.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Revision<'a> {
    /// 0 for what bears no revision.
    pub revision: u64,
    pub replica_sets: Vec<SetNode<'a>>,
    pub experiments: Vec<ExperimentNode<'a>>,
    pub analysis_runs: Vec<RunNode<'a>>,
}

/// A ReplicaSet with its pods.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SetNode<'a> {
    #[serde(skip)]
    pub object: &'a ReplicaSet,
    pub name: &'a str,
    /// Healthy, Progressing, ScaledDown or ReplicaFailure.
    pub status: &'static str,
    pub tags: Vec<&'static str>,
    /// How long the old pods stay; `passed` when their time is up.
    pub delay: Option<String>,
    pub pods: Vec<PodNode<'a>>,
}

/// A pod.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PodNode<'a> {
    #[serde(skip)]
    pub object: &'a Pod,
    pub name: &'a str,
    pub status: &'a str,
    /// Ready of all containers: `1/1`.
    pub ready: String,
    pub restarts: i32,
}

/// An Experiment with what it owns.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExperimentNode<'a> {
    #[serde(skip)]
    pub object: &'a Experiment,
    pub name: &'a str,
    pub status: &'a str,
    pub replica_sets: Vec<SetNode<'a>>,
    pub analysis_runs: Vec<RunNode<'a>>,
}

/// An AnalysisRun with its Jobs; the numbers are measurements, over all metrics.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunNode<'a> {
    #[serde(skip)]
    pub object: &'a AnalysisRun,
    pub name: &'a str,
    pub status: &'static str,
    pub successful: i64,
    pub failed: i64,
    pub inconclusive: i64,
    pub error: i64,
    pub jobs: Vec<JobNode<'a>>,
}

/// A Job of a job metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobNode<'a> {
    pub name: &'a str,
    pub status: &'a str,
}

/// The tree of a Rollout at `now`. ReplicaSets, pods, Experiments and Jobs are known for the focused Rollout only.
pub fn tree<'a>(model: &'a Model, rollout: &Rollout, now: Timestamp) -> Tree<'a> {
    let mut revisions: BTreeMap<u64, Revision<'a>> = BTreeMap::new();
    let mut images = Images::default();
    for node in sets_of(model, &rollout.id.uid, Some(rollout), now) {
        images.add(&node);
        entry(&mut revisions, node.object.revision).replica_sets.push(node);
    }
    for node in experiments_of(model, &rollout.id.uid, now) {
        node.replica_sets.iter().for_each(|set| images.add(set));
        entry(&mut revisions, node.object.revision).experiments.push(node);
    }
    for node in runs_of(model, &rollout.id.uid) {
        entry(&mut revisions, node.object.revision).analysis_runs.push(node);
    }
    Tree { images: images.sorted(), revisions: revisions.into_values().rev().collect() }
}

/// The word of the reference client for a ReplicaSet.
pub fn set_status(set: &ReplicaSet) -> &'static str {
    if set.failure.is_some() {
        "ReplicaFailure"
    } else if set.available < set.desired {
        "Progressing"
    } else if set.desired == 0 {
        "ScaledDown"
    } else {
        "Healthy"
    }
}

/// How long until the old pods go.
pub fn scale_down_delay(set: &ReplicaSet, now: Timestamp) -> Option<String> {
    let left = set.scale_down_deadline?.duration_since(now);
    Some(if left.is_negative() { "passed".to_owned() } else { human(left) })
}

fn entry<'t, 'a>(revisions: &'t mut BTreeMap<u64, Revision<'a>>, revision: Option<u64>) -> &'t mut Revision<'a> {
    let revision = revision.unwrap_or(0);
    revisions.entry(revision).or_insert_with(|| Revision { revision, ..Revision::default() })
}

/// `rollout` is None for an Experiment's ReplicaSets, which have no role.
fn sets_of<'a>(model: &'a Model, owner: &Uid, rollout: Option<&Rollout>, now: Timestamp) -> Vec<SetNode<'a>> {
    let mut sets: Vec<_> = model.replica_sets.iter().filter(|set| set.owner.as_ref() == Some(owner)).collect();
    sets.sort_by(|a, b| a.id.name.cmp(&b.id.name));
    let roles = |set: &ReplicaSet| match (rollout, &set.pod_hash) {
        (Some(rollout), Some(hash)) => rollout.roles(hash),
        _ => Vec::new(),
    };
    sets.into_iter()
        .map(|set| SetNode {
            object: set,
            name: &set.id.name,
            status: set_status(set),
            tags: roles(set).into_iter().map(|role| role.word()).collect(),
            delay: scale_down_delay(set, now),
            pods: pods_of(model, set),
        })
        .collect()
}

fn pods_of<'a>(model: &'a Model, set: &ReplicaSet) -> Vec<PodNode<'a>> {
    let mut pods: Vec<_> = model.pods.iter().filter(|pod| pod.owner.as_ref() == Some(&set.id.uid)).collect();
    pods.sort_by(|a, b| a.created.cmp(&b.created).then_with(|| a.id.name.cmp(&b.id.name)));
    pods.into_iter()
        .map(|pod| PodNode {
            object: pod,
            name: &pod.id.name,
            status: &pod.status,
            ready: format!("{}/{}", pod.ready, pod.containers),
            restarts: pod.restarts,
        })
        .collect()
}

fn experiments_of<'a>(model: &'a Model, owner: &Uid, now: Timestamp) -> Vec<ExperimentNode<'a>> {
    let mut experiments: Vec<_> = model.experiments.iter().filter(|one| one.owner.as_ref() == Some(owner)).collect();
    experiments.sort_by(|a, b| a.created.cmp(&b.created).then_with(|| a.id.name.cmp(&b.id.name)));
    experiments
        .into_iter()
        .map(|experiment| ExperimentNode {
            object: experiment,
            name: &experiment.id.name,
            status: &experiment.phase,
            replica_sets: sets_of(model, &experiment.id.uid, None, now),
            analysis_runs: runs_of(model, &experiment.id.uid),
        })
        .collect()
}

fn runs_of<'a>(model: &'a Model, owner: &Uid) -> Vec<RunNode<'a>> {
    let mut runs: Vec<_> = model.runs.iter().filter(|run| run.owner.as_ref() == Some(owner)).collect();
    runs.sort_by(|a, b| a.created.cmp(&b.created).then_with(|| b.id.name.cmp(&a.id.name)));
    runs.into_iter()
        .map(|run| RunNode {
            object: run,
            name: &run.id.name,
            status: run.phase.word(),
            successful: over_all(run, |result| result.successful),
            failed: over_all(run, |result| result.failed),
            inconclusive: over_all(run, |result| result.inconclusive),
            error: over_all(run, |result| result.error),
            jobs: jobs_of(model, run),
        })
        .collect()
}

/// Counts come from outside: a forged one must not end the program.
fn over_all(run: &AnalysisRun, count: fn(&MetricResult) -> i64) -> i64 {
    run.results.iter().map(count).fold(0, i64::saturating_add)
}

fn jobs_of<'a>(model: &'a Model, run: &AnalysisRun) -> Vec<JobNode<'a>> {
    let mut jobs: Vec<&Job> = model.jobs.iter().filter(|job| job.owner.as_ref() == Some(&run.id.uid)).collect();
    jobs.sort_by(|a, b| a.id.name.cmp(&b.id.name));
    jobs.into_iter().map(|job| JobNode { name: &job.id.name, status: &job.status }).collect()
}

/// Collects images by name; tags of several ReplicaSets are merged and then sorted, as the reference client does.
#[derive(Default)]
struct Images(BTreeMap<Box<str>, Vec<&'static str>>);

impl Images {
    fn add(&mut self, set: &SetNode<'_>) {
        if set.object.replicas <= 0 {
            return;
        }
        for image in &set.object.images {
            let tags = self.0.entry(image.clone()).or_default();
            let is_merged = !tags.is_empty();
            tags.extend(&set.tags);
            if is_merged {
                tags.sort_unstable();
                tags.dedup();
            }
        }
    }

    fn sorted(self) -> Vec<Image> {
        self.0.into_iter().map(|(image, tags)| Image { image, tags }).collect()
    }
}

#[cfg(test)]
mod tests;
