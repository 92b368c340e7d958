//! What needs a human in the repository and among the previews, with the reason. Derived, never stored.

use jiff::Timestamp;

use super::attention::{Need, Severity};
use super::change_request;
use super::drift::DriftVerdict;
use super::drift_watch::{self, DriftState};
use super::gate::GateVerdict;
use super::gates;
use super::model::Model;
use super::object::{ObjectId, Uid};
use super::preview::{self, PreviewClass, PreviewNamespace};
use super::pull::PullLookup;
use super::repository::Repository;
use super::step_edit::Step;
use super::subject;
use super::topic::{Duty, Topic};

/// All of them, in no order.
pub fn needs(model: &Model, now: Timestamp) -> Vec<Need> {
    let mut needs = previews(model, now);
    if let Some((name, repository)) = model.repository_of(Topic::Flags)
        && repository.sight(Topic::Flags).seen.is_some()
    {
        needs.extend(flags(name, repository));
    }
    let Some((name, repository)) = model.repository() else { return needs };
    let seen = |topic| repository.sight(topic).seen.is_some();
    needs.extend(missing_gates(name, repository));
    if seen(Topic::Pulls) {
        needs.extend(change_request::needs(name, repository, now));
    }
    if seen(Topic::Drift) {
        needs.extend(drift(name, repository, now));
        needs.extend(known_drift(name, repository));
    }
    if seen(Topic::Cost) && seen(Topic::Pulls) {
        needs.extend(cost(name, repository));
    }
    if seen(Topic::Previews) {
        needs.extend(teardown(name, repository));
    }
    if seen(Topic::Smoke) {
        needs.extend(smoke(name, repository, now));
    }
    needs
}

/// When one of them becomes so although nothing is observed: None: not within the hour that an age takes to turn over.
pub fn next_change(model: &Model, now: Timestamp) -> Option<Timestamp> {
    let stuck_after = model.preview_rules().stuck_after;
    let stuck = model.previews.iter().filter_map(|preview| preview.deleted_at?.checked_add(stuck_after).ok());
    let runs = model.repository().and_then(|(_, repository)| repository.workflow(Duty::Drift));
    let stale = runs.and_then(|view| drift_watch::last_scheduled(&view.runs)?.created);
    let stale = stale.and_then(|at| at.checked_add(drift_watch::STALE_AFTER).ok());
    let just_after = |at: Timestamp| at.checked_add(jiff::SignedDuration::from_secs(1)).ok();
    let turned_down = model.repository().and_then(|(_, repository)| change_request::next_change(repository, now));
    stuck.chain(stale).chain(turned_down).filter(|at| *at > now).min().and_then(just_after)
}

fn previews(model: &Model, now: Timestamp) -> Vec<Need> {
    model.previews.iter().filter_map(|namespace| of_preview(model, namespace, now)).collect()
}

/// What a preview needs a human for.
pub fn of_preview(model: &Model, namespace: &PreviewNamespace, now: Timestamp) -> Option<Need> {
    let pull = model.preview_pull(namespace);
    let preview = preview::classify(namespace, &pull, &model.preview_rules(), now)?;
    let (severity, what, since) = match preview.class {
        PreviewClass::Stuck => (Severity::Critical, "preview stuck", namespace.deleted_at),
        PreviewClass::Orphan if namespace.deleted_at.is_none() => {
            let closed = match &pull {
                PullLookup::Found(pull) => pull.closed_at,
                _ => namespace.created,
            };
            (Severity::Attention, "orphan preview", closed)
        }
        _ => return None,
    };
    let answers: &[&str] = if preview.class == PreviewClass::Orphan { &["teardown"] } else { &[] };
    Some(Need { object: namespace.id.clone(), severity, what, since, reason: preview.why, answers })
}

/// What of that workflow somebody has switched off or taken out: the row is rolled back.
pub fn taken_back(name: &std::sync::Arc<str>, repository: &Repository, duty: Duty) -> Option<Need> {
    match duty {
        Duty::Teardown => teardown(name, repository),
        _ => missing_gates(name, repository).into_iter().find(|need| subject::duty_of(&need.object) == Some(duty)),
    }
}

/// Previews pile up when nobody takes them down.
fn teardown(name: &std::sync::Arc<str>, repository: &Repository) -> Option<Need> {
    let view = repository.workflow(Duty::Teardown)?;
    let workflow = view.workflow.as_ref()?;
    let (severity, what, reason, answers): (_, _, _, &[&str]) = match drift_watch::disabled(workflow) {
        Some(reason) => (Severity::Attention, "teardown off", reason, &["enable-workflow"]),
        None => (Severity::Unknown, "teardown unknown", drift_watch::doubt(workflow)?, &[]),
    };
    let object = subject::workflow(name, Duty::Teardown, &view.file);
    Some(Need { object, severity, what, since: None, reason, answers })
}

fn drift(name: &std::sync::Arc<str>, repository: &Repository, now: Timestamp) -> Option<Need> {
    // Where there is no such workflow, nobody has meant to look.
    let view = repository.workflow(Duty::Drift).filter(|view| view.workflow.is_some())?;
    let (state, reason) = gates::drift(repository, now);
    let (severity, what, answers): (_, _, &[&str]) = match state {
        DriftState::Found(DriftVerdict::Drift | DriftVerdict::DriftAndPending) => {
            (Severity::Attention, "drift", &["run-now"])
        }
        DriftState::Found(DriftVerdict::Failed) => (Severity::Critical, "plan failed", &["run-now"]),
        DriftState::Stale => (Severity::Attention, "drift unchecked", &["run-now"]),
        DriftState::Disabled => (Severity::Attention, "drift check off", &["enable-workflow"]),
        // Looked at, and it could not be told: GitHub's own silence is said elsewhere, once.
        DriftState::Found(DriftVerdict::Unknown) | DriftState::Unknown => {
            (Severity::Unknown, "drift unknown", &["run-now"])
        }
        DriftState::Found(DriftVerdict::Clean | DriftVerdict::Pending) => return None,
    };
    let since = drift_watch::last_scheduled(&view.runs).and_then(|run| run.created);
    // When it was switched off, nobody says.
    let since = since.filter(|_| state != DriftState::Disabled);
    let object = subject::workflow(name, Duty::Drift, &view.file);
    Some(Need { object, severity, what, since, reason, answers })
}

/// What the last plan has found stays so while the check is off: silencing the alarm mends nothing.
fn known_drift(name: &std::sync::Arc<str>, repository: &Repository) -> Option<Need> {
    let view = repository.workflow(Duty::Drift)?;
    view.workflow.as_ref().and_then(drift_watch::disabled)?;
    let plan = repository.plan.as_ref()?;
    let drift = plan.content.as_ref()?.as_ref().ok()?;
    matches!(drift.verdict, DriftVerdict::Drift | DriftVerdict::DriftAndPending).then(|| Need {
        object: subject::workflow(name, Duty::Drift, &view.file),
        severity: Severity::Attention,
        what: "drift",
        since: plan.run_at,
        reason: drift.why.clone(),
        answers: &["enable-workflow"],
    })
}

/// Gates that somebody has taken out of their workflows.
fn missing_gates(name: &std::sync::Arc<str>, repository: &Repository) -> Vec<Need> {
    let gates = [(Duty::Smoke, Step::Smoke, "smoke step gone"), (Duty::Plan, Step::Gate, "budget gate gone")];
    let missing = gates.into_iter().filter_map(|(duty, step, what)| {
        let view = repository.workflow(duty)?;
        let file = view.source.as_ref()?;
        (step.is_in(&file.text) == Some(false)).then(|| Need {
            object: subject::workflow(name, duty, &view.file),
            severity: Severity::Attention,
            what,
            since: None,
            reason: format!("no step of {} on {} does it: put it back in git", view.file, file.branch),
            answers: &[],
        })
    });
    missing.collect()
}

fn cost(name: &std::sync::Arc<str>, repository: &Repository) -> Vec<Need> {
    let over = gates::budgets(repository).into_iter().filter(|it| !it.is_merged && it.verdict == GateVerdict::Fail);
    let mut needs: Vec<Need> = over
        .map(|budget| Need {
            object: pull_id(name, budget.pull.number),
            severity: Severity::Attention,
            what: "over budget",
            since: budget.pull.pushed_at,
            reason: format!("{}: {}", budget.pull.title, budget.why),
            answers: &[],
        })
        .collect();
    if let Some((_, GateVerdict::Fail, why)) = gates::merged_sum(repository) {
        let since = repository.release.as_ref().and_then(|release| release.published);
        let object = ObjectId { uid: Uid::from("cost/merged"), ..pull_id(name, 0) };
        let object = ObjectId { name: "merged pull requests".into(), ..object };
        let (severity, what) = (Severity::Attention, "over budget");
        needs.push(Need { object, severity, what, since, reason: why, answers: &[] });
    }
    needs
}

/// The name tag of a pull request: a row of the cost pane.
pub fn pull_id(repository: &std::sync::Arc<str>, number: u64) -> ObjectId {
    ObjectId {
        context: repository.clone(),
        namespace: "".into(),
        name: format!("#{number}").into(),
        uid: Uid(format!("pull/{number}").into()),
    }
}

fn flags(name: &std::sync::Arc<str>, repository: &Repository) -> Vec<Need> {
    let Some(Ok(flags)) = repository.flags.as_ref().map(|file| file.flags.as_ref()) else { return Vec::new() };
    let need = |(flag, reason): (&str, String)| Need {
        object: subject::flag(name, flag),
        severity: Severity::Attention,
        what: "unguarded flag",
        // The file's last commit may be about another flag.
        since: None,
        reason,
        answers: &["kill"],
    };
    gates::unguarded(flags).into_iter().map(need).collect()
}

fn smoke(name: &std::sync::Arc<str>, repository: &Repository, now: Timestamp) -> Option<Need> {
    let view = repository.workflow(Duty::Smoke)?;
    let off = view.workflow.as_ref().filter(|workflow| drift_watch::disabled(workflow).is_some());
    let off = off.map(|workflow| &workflow.state);
    let doubt = view.workflow.as_ref().and_then(drift_watch::doubt);
    let run = gates::smoke_run(repository)?;
    let (verdict, why) = gates::smoke(repository, now);
    let (severity, what) = match verdict {
        GateVerdict::Fail => (Severity::Critical, "smoke failed"),
        GateVerdict::Unknown => (Severity::Unknown, "smoke unproven"),
        GateVerdict::Pass if off.is_some() => (Severity::Attention, "smoke test off"),
        GateVerdict::Pass if doubt.is_some() => (Severity::Unknown, "smoke unproven"),
        GateVerdict::Pass => return None,
    };
    // What is off cannot be run before it is on again.
    let (reason, answers): (_, &[&str]) = match off {
        Some(state) => (format!("the workflow is {}; the last run: {why}", state.word()), &["enable-workflow"]),
        None => (doubt.map_or(why.clone(), |doubt| format!("{doubt}; the last run: {why}")), &["run-now"]),
    };
    let object = subject::workflow(name, Duty::Smoke, &view.file);
    Some(Need { object, severity, what, since: run.created, reason, answers })
}

#[cfg(test)]
#[path = "repository_needs_tests.rs"]
mod tests;
