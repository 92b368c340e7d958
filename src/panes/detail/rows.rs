//! The rows of the detail: revisions, newest first, each with its AnalysisRuns, Experiments, ReplicaSets and pods; events.

use crate::release::object::{ObjectId, Uid};
use crate::release::replicas::PodHealth;
use crate::release::rollout::Rollout;
use crate::release::text::counted;
use crate::release::tree::{self, ExperimentNode, PodNode, Revision, SetNode};
use crate::theme::{Glyph, Role};

use super::super::brush::Words;
use super::super::cx::Cx;
use super::super::rollouts::short_images;
use super::analysis::Place;
use super::{analysis, events};

/// One row of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub key: Uid,
    pub words: Words,
    /// The AnalysisRun that it belongs to.
    pub run: Option<ObjectId>,
    /// The revision that it belongs to.
    pub revision: Option<u64>,
    /// What it is called.
    pub name: String,
}

impl Row {
    /// A row of a revision.
    pub(super) fn new(key: impl Into<String>, name: impl Into<String>, revision: Option<u64>, words: Words) -> Row {
        Row { key: Uid(key.into().into()), words, run: None, revision, name: name.into() }
    }
}

/// All rows of a Rollout; `wide` leaves out the events, which then stand beside them.
pub fn rows(cx: &Cx, rollout: &Rollout, wide: bool) -> Vec<Row> {
    let tree = tree::tree(cx.model, rollout, cx.now);
    let mut rows = Vec::new();
    for revision in &tree.revisions {
        revision_rows(cx, rollout, revision, wide, &mut rows);
    }
    if !wide {
        events::rows(cx, rollout, &mut rows);
    }
    rows
}

fn revision_rows(cx: &Cx, rollout: &Rollout, revision: &Revision, is_wide: bool, rows: &mut Vec<Row>) {
    let number = (revision.revision > 0).then_some(revision.revision);
    let is_current = number.is_some() && number == rollout.revision;
    let title = number.map_or("no revision".to_owned(), |number| format!("revision {number}"));
    let mut words = Words::of(&*title, if is_current { Role::Title } else { Role::Header });
    let mut images: Vec<&Box<str>> = revision.replica_sets.iter().flat_map(|set| &set.object.images).collect();
    images.dedup();
    words.push(format!("  {}", short_images(images)), Role::Dim);
    rows.push(Row::new(format!("revision\u{1f}{}", revision.revision), title, number, words));
    let place = Place { revision: number, is_current, is_wide };
    // What decides over the release comes before the pods, of which there may be hundreds.
    for run in &revision.analysis_runs {
        analysis::rows(cx, run, &place, 1, rows);
    }
    for experiment in &revision.experiments {
        experiment_rows(cx, experiment, &place, rows);
    }
    for set in &revision.replica_sets {
        set_rows(cx, set, number, 1, rows);
    }
}

fn experiment_rows(cx: &Cx, node: &ExperimentNode, place: &Place, rows: &mut Vec<Row>) {
    let (role, sign) = match node.status {
        "Successful" => (Role::Ok, cx.glyph(Glyph::Ok)),
        "Failed" | "Error" => (Role::Critical, cx.glyph(Glyph::Critical)),
        "Running" => (Role::Progressing, cx.glyph(Glyph::Progressing)),
        _ => (Role::Unknown, cx.glyph(Glyph::Unknown)),
    };
    let words = Words::of(format!("  {sign} {}", node.status), role)
        .and(format!("  {}", node.name), Role::Text)
        .and("  experiment  ", Role::Dim)
        .and(&*node.object.message, Role::Dim);
    rows.push(Row::new(&*node.object.id.uid.0, node.name, place.revision, words));
    for run in &node.analysis_runs {
        analysis::rows(cx, run, place, 2, rows);
    }
    for set in &node.replica_sets {
        set_rows(cx, set, place.revision, 2, rows);
    }
}

fn set_rows(cx: &Cx, node: &SetNode, revision: Option<u64>, depth: usize, rows: &mut Vec<Row>) {
    let set = node.object;
    let (role, sign) = match node.status {
        "Healthy" => (Role::Ok, cx.glyph(Glyph::Ok)),
        "Progressing" => (Role::Progressing, cx.glyph(Glyph::Progressing)),
        "ReplicaFailure" => (Role::Critical, cx.glyph(Glyph::Critical)),
        _ => (Role::Dim, cx.glyph(Glyph::Bullet)),
    };
    let mut words = Words::of(format!("{}{sign} {:<12}", "  ".repeat(depth), node.status), role);
    words.push(format!(" {}", node.name), Role::Text);
    for tag in &node.tags {
        words.push(format!("  {tag}"), tag_role(tag));
    }
    words.push(format!("  {}/{} available", set.available, set.desired), Role::Text);
    if let Some(delay) = &node.delay {
        words.push(format!("  scales down in {delay}"), Role::Dim);
    }
    words.push(format!("  {}", cx.age(set.created)), Role::Dim);
    if let Some(failure) = &set.failure {
        words.push(format!("  {failure}"), Role::Critical);
    }
    rows.push(Row::new(&*set.id.uid.0, node.name, revision, words));
    let width = node.pods.iter().map(|pod| pod.status.chars().count()).max().unwrap_or(0).min(24);
    rows.extend(node.pods.iter().map(|pod| pod_row(cx, pod, revision, depth + 1, width)));
}

fn pod_row(cx: &Cx, pod: &PodNode, revision: Option<u64>, depth: usize, width: usize) -> Row {
    let is_ready = pod.object.ready >= pod.object.containers;
    let (role, sign) = match pod.object.health {
        PodHealth::Running if is_ready => (Role::Ok, cx.glyph(Glyph::Ok)),
        PodHealth::Running | PodHealth::Pending => (Role::Progressing, cx.glyph(Glyph::Progressing)),
        PodHealth::Failing => (Role::Critical, cx.glyph(Glyph::Critical)),
    };
    let mut words = Words::of(format!("{}{sign} {:<width$}", "  ".repeat(depth), pod.status), role)
        .and(format!("  {}", pod.name), Role::Text)
        .and(format!("  {} ready", pod.ready), if is_ready { Role::Dim } else { Role::Attention });
    if pod.restarts > 0 {
        words.push(format!("  {}", counted(pod.restarts, "restart", "restarts")), Role::Attention);
    }
    words.push(format!("  {}", cx.age(pod.object.created)), Role::Dim);
    Row::new(&*pod.object.id.uid.0, pod.name, revision, words)
}

/// The role that a tag is painted in.
pub fn tag_role(tag: &str) -> Role {
    match tag {
        "stable" => Role::Stable,
        "canary" => Role::Canary,
        "active" => Role::Active,
        "preview" => Role::Preview,
        _ => Role::Dim,
    }
}
