//! Undo: the pod template of an earlier revision becomes the wanted one again.

use serde_json::{Value, json};
use similar::TextDiff;

use super::patch::{JSON_PATCH, SOON, pod_hash, rollout_plan, same_revision, test};
use super::plan::{Danger, Effect, FromTo, Plan, Refusal, Request};
use super::{Action, Kind, Needs, RestsOn, Templates, Wish};
use crate::release::availability;
use crate::release::rollout::Rollout;
use crate::release::text::visible_up_to;

pub(super) static UNDO: Action = Action {
    name: "undo",
    help: "go back to the pod template of an earlier revision",
    on: Kind::Rollout,
    needs: Needs::Revision,
    rests_on: RestsOn::Revision,
    stops: false,
    danger: Danger::TypeName,
    make,
};

/// A longer difference than this is cut: the confirm overlay scrolls, but not for ever.
const LONGEST_DIFF: usize = 2_000;

fn applies<'a>(wish: &Wish<'a>, rollout: &Rollout) -> Result<&'a Templates, Refusal> {
    // ReplicaSets are watched for the focused Rollout only: elsewhere the revisions are known once they were read out.
    let are_known = !wish.model.replica_sets_of(rollout).is_empty();
    let Some(templates) = wish.revision else {
        if are_known {
            availability::undo(wish.model, rollout)?;
        }
        return Err(Refusal::because(super::CHOOSE_REVISION));
    };
    if are_known {
        availability::undo_to(wish.model, rollout, templates.revision)?;
    }
    if *shown(templates) == templates.wanted {
        let revision = templates.revision;
        return Err(Refusal::because(format!("revision {revision} has the template that is already wanted")));
    }
    if rollout.revision == Some(templates.revision) {
        return Err(Refusal::because(format!("revision {} is the current one", templates.revision)));
    }
    Ok(templates)
}

fn make(wish: &Wish<'_>) -> Result<Plan, Refusal> {
    let rollout = wish.rollout()?;
    let templates = applies(wish, rollout)?;
    let before = pod_hash(rollout)?;
    let request = Request {
        method: "PATCH",
        path: templates.holder_path.clone(),
        content_type: JSON_PATCH,
        body: Value::Array(operations(rollout, templates)),
        right: Some(templates.holder_right.clone()),
        held: Vec::new(),
    };
    let from = rollout.revision.map_or("?".to_owned(), |revision| revision.to_string());
    let changes = vec![FromTo::new("template of revision", from, templates.revision)];
    let mut plan = rollout_plan(wish, UNDO.name, rollout, vec![request], changes, Effect::TemplateIsNot(before));
    plan.deadline = SOON;
    plan.diff = diff(shown(templates), &templates.wanted);
    plan.notes = notes(rollout, templates);
    Ok(plan)
}

/// What the operator compares the wanted template with.
fn shown(templates: &Templates) -> &Value {
    templates.running.as_ref().unwrap_or(&templates.current)
}

/// Replaces the template that the operator was shown, and no other.
fn operations(rollout: &Rollout, templates: &Templates) -> Vec<Value> {
    let mut operations = match rollout.workload_ref {
        // The Rollout's own fields cannot be tested on another object.
        Some(_) => vec![test("/metadata/uid", templates.holder_uid.as_str())],
        None => same_revision(rollout),
    };
    operations.push(test(templates.pointer, templates.current.clone()));
    operations.push(json!({ "op": "replace", "path": templates.pointer, "value": templates.wanted }));
    operations
}

fn notes(rollout: &Rollout, templates: &Templates) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(workload) = &rollout.workload_ref {
        notes.push(format!("the template lives in {} {}: that object is changed", workload.kind, workload.name));
    }
    let stable = rollout.status.stable_hash.as_deref();
    notes.push(match stable.is_some_and(|stable| templates.replica_set.ends_with(&format!("-{stable}"))) {
        true => "it is the stable revision: it goes there at once, without steps".to_owned(),
        false => "it is not the stable revision: it goes through all steps again".to_owned(),
    });
    if rollout.spec_paused {
        notes.push("it is paused by hand: nothing happens before it is resumed".to_owned());
    }
    notes
}

/// Unified diff of the two templates as YAML, safe for the screen.
fn diff(current: &Value, wanted: &Value) -> Vec<String> {
    let (current, wanted) = (yaml(current), yaml(wanted));
    let diff = TextDiff::from_lines(&current, &wanted);
    let text = diff.unified_diff().context_radius(3).to_string();
    let mut lines: Vec<String> = text.lines().map(|line| visible_up_to(line, 400)).collect();
    if lines.len() > LONGEST_DIFF {
        let more = lines.len() - LONGEST_DIFF;
        lines.truncate(LONGEST_DIFF);
        lines.push(format!("… {more} more lines"));
    }
    lines
}

fn yaml(template: &Value) -> String {
    serde_yaml::to_string(template).unwrap_or_else(|_| format!("{template:#}\n"))
}
