//! `rollout get` and `rollout list`.

use jiff::Timestamp;
use serde::Serialize;

use super::exit::ExitCode;
use super::sight::Sight;
use super::table::{Table, facts};
use super::{Answer, table};
use crate::release::availability::{Availabilities, Availability, availability};
use crate::release::model::Model;
use crate::release::phase::{Phase, PhaseSource};
use crate::release::rollout::Rollout;
use crate::release::tree::{Revision, RunNode, SetNode, Tree, tree};

/// What both views say of a Rollout.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    name: &'a str,
    namespace: &'a str,
    strategy: &'static str,
    phase: Phase,
    message: String,
    phase_source: PhaseSource,
    /// `k/n`; null where there are no steps or none was reached.
    step: Option<String>,
    step_index: Option<i32>,
    step_count: Option<usize>,
    set_weight: Option<i32>,
    /// Null where it would be a guess.
    actual_weight: Option<i32>,
    replicas: Replicas,
}

#[derive(Debug, Serialize)]
struct Replicas {
    desired: i32,
    current: i32,
    updated: i32,
    ready: i32,
    available: i32,
}

#[derive(Debug, Serialize)]
struct Get<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(flatten)]
    tree: Tree<'a>,
    actions: Availabilities,
}

#[derive(Debug, Serialize)]
struct Item<'a> {
    context: &'a str,
    revision: Option<u64>,
    #[serde(flatten)]
    head: Head<'a>,
}

#[derive(Debug, Serialize)]
struct List<'a> {
    items: Vec<Item<'a>>,
}

/// One Rollout with all that hangs under it and what may be done to it.
pub fn get(model: &Model, rollout: &Rollout, now: Timestamp) -> Answer {
    let get =
        Get { head: head(model, rollout), tree: tree(model, rollout, now), actions: availability(model, rollout) };
    let exit = if rollout.fault.is_some() { ExitCode::Unknown } else { ExitCode::Ok };
    Answer::new(&get, get_text(&get), exit)
}

/// All Rollouts that `is_wanted` (all namespaces, or one), by context, namespace and name.
pub fn list(model: &Model, is_wanted: impl Fn(&Rollout) -> bool, now: Timestamp) -> Answer {
    let mut rollouts: Vec<_> = model.rollouts.iter().filter(|rollout| is_wanted(rollout)).collect();
    rollouts.sort_by(|a, b| a.id.cmp(&b.id));
    let items = rollouts.into_iter().map(|rollout| item(model, rollout));
    let list = List { items: items.collect() };
    let sight = Sight::of(model, "rollouts", now);
    let mut answer = Answer::new(&list, list_text(&list), sight.exit);
    answer.diagnostics = sight.errors;
    answer
}

/// One Rollout as in the list.
pub fn line(model: &Model, rollout: &Rollout) -> serde_json::Value {
    // Only a map with keys that are no text can fail here, and none is built.
    serde_json::to_value(item(model, rollout)).unwrap_or_default()
}

fn item<'a>(model: &Model, rollout: &'a Rollout) -> Item<'a> {
    Item { context: &rollout.id.context, revision: rollout.revision, head: head(model, rollout) }
}

fn head<'a>(model: &Model, rollout: &'a Rollout) -> Head<'a> {
    let reading = rollout.phase();
    let status = &rollout.status;
    // Where the ReplicaSets are known and none is the canary's, the canary has no pods.
    let canary_available =
        model.canary_available(rollout).or_else(|| (!model.replica_sets_of(rollout).is_empty()).then_some(0));
    let step_count = rollout.canary().map(|canary| canary.steps.len());
    let step_index = rollout.canary().and(status.current_step_index);
    let actual = rollout.actual_weight(canary_available);
    Head {
        name: &rollout.id.name,
        namespace: &rollout.id.namespace,
        strategy: rollout.strategy_word(),
        phase: reading.phase,
        message: reading.message.into_owned(),
        phase_source: reading.source,
        step: step_index
            .zip(step_count)
            .filter(|(_, count)| *count > 0)
            .map(|(index, count)| format!("{index}/{count}")),
        step_index,
        step_count,
        set_weight: rollout.set_weight(),
        actual_weight: actual.filter(|actual| actual.exact).map(|actual| actual.value),
        replicas: Replicas {
            desired: rollout.desired_replicas(),
            current: status.replicas,
            updated: status.updated,
            ready: status.ready,
            available: status.available,
        },
    }
}

fn number(number: Option<impl ToString>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

fn list_text(list: &List<'_>) -> String {
    let mut table = Table::new([
        "NAMESPACE",
        "NAME",
        "STRATEGY",
        "PHASE",
        "STEP",
        "SET",
        "ACTUAL",
        "READY",
        "DESIRED",
        "UPDATED",
        "AVAILABLE",
        "MESSAGE",
    ]);
    for Item { head, .. } in &list.items {
        table.row([
            head.namespace.to_owned(),
            head.name.to_owned(),
            head.strategy.to_owned(),
            head.phase.word().to_owned(),
            head.step.clone().unwrap_or_default(),
            number(head.set_weight),
            number(head.actual_weight),
            head.replicas.ready.to_string(),
            head.replicas.desired.to_string(),
            head.replicas.updated.to_string(),
            head.replicas.available.to_string(),
            head.message.clone(),
        ]);
    }
    table.or("no Rollouts")
}

fn get_text(get: &Get<'_>) -> String {
    let Get { head, tree, actions } = get;
    let Replicas { desired, current, updated, ready, available } = &head.replicas;
    let images: Vec<_> = tree.images.iter().map(|image| tagged(&image.image, &image.tags)).collect();
    let mut text = facts(&[
        ("Name", head.name.to_owned()),
        ("Namespace", head.namespace.to_owned()),
        ("Phase", head.phase.word().to_owned()),
        ("Message", head.message.clone()),
        ("Strategy", head.strategy.to_owned()),
        ("Step", head.step.clone().unwrap_or_default()),
        ("SetWeight", number(head.set_weight)),
        ("ActualWeight", number(head.actual_weight)),
        ("Images", images.join(", ")),
        (
            "Replicas",
            format!("{desired} desired, {current} current, {updated} updated, {ready} ready, {available} available"),
        ),
    ]);
    let mut objects = Table::new(["NAME", "KIND", "STATUS", "INFO"]);
    tree.revisions.iter().for_each(|revision| revision_rows(&mut objects, revision));
    text += &format!("\n{}", objects.or("no ReplicaSets known"));
    let mut table = table::Table::new(["ACTION", "ENABLED", "REASON"]);
    let Availabilities { abort, retry, resume, pause, promote, promote_full, skip_step, restart, undo, terminate: _ } =
        actions;
    let rows: [(&str, &Availability); 9] = [
        ("promote", promote),
        ("promote-full", promote_full),
        ("skip-step", skip_step),
        ("abort", abort),
        ("retry", retry),
        ("pause", pause),
        ("resume", resume),
        ("undo", undo),
        ("restart", restart),
    ];
    for (name, action) in rows {
        table.row([name.to_owned(), if action.enabled { "yes" } else { "no" }.to_owned(), action.reason.clone()]);
    }
    text + "\n" + &table.text()
}

fn revision_rows(table: &mut Table, revision: &Revision<'_>) {
    table.row([format!("revision {}", revision.revision), "".into(), "".into(), "".into()]);
    revision.replica_sets.iter().for_each(|set| set_rows(table, set, 1));
    for experiment in &revision.experiments {
        table.row([indented(experiment.name, 1), "Experiment".into(), experiment.status.to_owned(), "".into()]);
        experiment.replica_sets.iter().for_each(|set| set_rows(table, set, 2));
        experiment.analysis_runs.iter().for_each(|run| run_rows(table, run, 2));
    }
    revision.analysis_runs.iter().for_each(|run| run_rows(table, run, 1));
}

fn set_rows(table: &mut Table, set: &SetNode<'_>, depth: usize) {
    let mut info = set.tags.join(",");
    if let Some(delay) = &set.delay {
        info += &format!(" delay:{delay}");
    }
    table.row([indented(set.name, depth), "ReplicaSet".into(), set.status.to_owned(), info.trim().to_owned()]);
    for pod in &set.pods {
        let mut info = format!("ready:{}", pod.ready);
        if pod.restarts > 0 {
            info += &format!(" restarts:{}", pod.restarts);
        }
        table.row([indented(pod.name, depth + 1), "Pod".into(), pod.status.to_owned(), info]);
    }
}

fn run_rows(table: &mut Table, run: &RunNode<'_>, depth: usize) {
    let counts = [
        ("successful", run.successful),
        ("failed", run.failed),
        ("inconclusive", run.inconclusive),
        ("error", run.error),
    ];
    let info: Vec<_> =
        counts.iter().filter(|(_, count)| *count > 0).map(|(word, count)| format!("{word}:{count}")).collect();
    table.row([indented(run.name, depth), "AnalysisRun".into(), run.status.to_owned(), info.join(" ")]);
    for job in &run.jobs {
        table.row([indented(job.name, depth + 1), "Job".into(), job.status.to_owned(), "".into()]);
    }
}

fn indented(name: &str, depth: usize) -> String {
    "  ".repeat(depth) + name
}

fn tagged(image: &str, tags: &[&str]) -> String {
    if tags.is_empty() { image.to_owned() } else { format!("{image} ({})", tags.join(", ")) }
}

#[cfg(test)]
mod tests;
