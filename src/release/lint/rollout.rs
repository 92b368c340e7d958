//! The mistakes of a Rollout: its strategy, its steps, and how it uses analysis templates.

use serde_json::Value;

use super::template::Template;
use super::yaml::{Number, list, number, present, text};
use super::{Document, Finding};
use crate::release::attention::Severity;

/// The kinds of a step; exactly one each.
const STEP_KINDS: [&str; 8] =
    ["setWeight", "pause", "setCanaryScale", "analysis", "experiment", "setHeaderRoute", "setMirrorRoute", "plugin"];

/// Where a Rollout names analysis templates, and whether it waits there until the analysis is done.
struct Use<'a> {
    place: String,
    waits: bool,
    analysis: &'a Value,
}

/// The mistakes of the Rollout itself.
pub fn findings(document: &Document) -> Vec<Finding> {
    let spec = document.value.get("spec").unwrap_or(&Value::Null);
    let strategy = present(spec, "strategy").unwrap_or(&Value::Null);
    let mut findings = Vec::new();
    match (present(strategy, "canary"), present(strategy, "blueGreen")) {
        (Some(canary), None) => canary_findings(document, canary, &mut findings),
        (None, Some(_)) => (),
        (canary, _) => {
            let count = if canary.is_some() { "both canary and blueGreen" } else { "neither canary nor blueGreen" };
            let message = format!("spec.strategy has {count}: the controller refuses it as InvalidSpec");
            findings.push(document.finding("strategy-count", Severity::Critical, message, "name exactly one"));
        }
    }
    if spec.get("progressDeadlineAbort").and_then(Value::as_bool) != Some(true) {
        let message = "a release that is stuck (refused pods, a bad image) turns Degraded at the progress deadline and stays \
                       there: only progressDeadlineAbort takes the canary back by itself";
        let fix = "set progressDeadlineAbort: true";
        findings.push(document.finding("no-deadline-abort", Severity::Ok, message.to_owned(), fix));
    }
    findings
}

fn canary_findings(document: &Document, canary: &Value, findings: &mut Vec<Finding>) {
    let steps = list(canary, "steps");
    let mut find = |id, severity, message: String, fix| findings.push(document.finding(id, severity, message, fix));
    if steps.is_empty() {
        let message = "a canary without steps is a plain rolling update: nothing stops a bad version".to_owned();
        find("no-steps", Severity::Attention, message, "add steps: setWeight, pause, analysis");
    }
    let routing = present(canary, "trafficRouting");
    let full = routing.map_or(Some(100), |routing| number(routing, "maxTrafficWeight").or(100));
    for (index, step) in steps.iter().enumerate() {
        let kinds = STEP_KINDS.iter().filter(|kind| present(step, kind).is_some()).count();
        if kinds != 1 {
            let message =
                format!("step {index} has {kinds} of the step kinds: the controller refuses it as InvalidSpec");
            find("step-kind", Severity::Critical, message, "give each step exactly one kind");
        }
        if let (Number::Is(weight), Some(full)) = (number(step, "setWeight"), full)
            && !(0..=full).contains(&weight)
        {
            let message = format!("step {index} sets weight {weight}: the controller takes 0 to {full}");
            find("step-weight", Severity::Critical, message, "set a weight in that range");
        }
        if present(step, "setCanaryScale").is_some() && routing.is_none() {
            let message = format!("step {index} is setCanaryScale, which works with trafficRouting only: InvalidSpec");
            find("scale-without-router", Severity::Critical, message, "drop the step or add trafficRouting");
        }
    }
    let waits = |step: &&Value| present(step, "pause").is_some_and(|pause| present(pause, "duration").is_none());
    if steps.iter().any(|step| waits(&step)) && !says_whom_to_ask(document) {
        let message = "it pauses until somebody promotes it, and nothing on it says who that is or tells them";
        let fix = "add an owner label, a notifications.argoproj.io/subscribe annotation, or a duration";
        find("pause-without-anyone", Severity::Ok, message.to_owned(), fix);
    }
    let start = present(canary, "analysis").map(|analysis| number(analysis, "startingStep"));
    if let Some(Number::Is(start)) = start
        && !steps.is_empty()
        && usize::try_from(start).map_or(start > 0, |start| start >= steps.len())
    {
        let message =
            format!("the analysis starts at step {start} and the last one is {}: it never runs", steps.len() - 1);
        find("analysis-never-starts", Severity::Critical, message, "start it at a step that exists, counted from 0");
    }
}

fn says_whom_to_ask(document: &Document) -> bool {
    let metadata = document.value.get("metadata").unwrap_or(&Value::Null);
    let mut keys = ["labels", "annotations"]
        .into_iter()
        .filter_map(|field| metadata.get(field)?.as_object())
        .flat_map(|map| map.keys());
    keys.any(|key| {
        let name = key.rsplit('/').next().unwrap_or(key);
        matches!(name, "owner" | "team" | "contact") || key.starts_with("notifications.argoproj.io/subscribe")
    })
}

/// How the Rollout uses templates. Templates that are not among the documents may well be in the cluster: they are only
/// missed where other templates are given.
pub fn analysis_findings(document: &Document, templates: &[Template<'_>]) -> Vec<Finding> {
    let uses = uses(document);
    let mut findings = Vec::new();
    for Use { place, waits, analysis } in &uses {
        let given: Vec<_> = list(analysis, "args").iter().filter_map(|argument| text(argument, "name")).collect();
        for reference in list(analysis, "templates") {
            let Some(name) = text(reference, "templateName") else {
                continue;
            };
            let is_cluster_scoped = reference.get("clusterScope").and_then(Value::as_bool) == Some(true);
            let Some(template) = templates.iter().find(|template| template.is_named(name, is_cluster_scoped)) else {
                if !templates.is_empty() {
                    let message = format!("{place} names the template {name}, which is not among the given files");
                    let fix = "add it, or check its name and clusterScope";
                    findings.push(document.finding("missing-template", Severity::Attention, message, fix));
                }
                continue;
            };
            if *waits && template.is_open_ended() {
                let message =
                    format!("{place} waits for {name}, which has a metric with an interval and no count: forever");
                findings.push(document.finding("endless-analysis", Severity::Critical, message, "set count there"));
            }
            let missing: Vec<_> = template.wanted_arguments().filter(|name| !given.contains(name)).collect();
            if !missing.is_empty() {
                let message =
                    format!("{place} does not give {name} its argument {}: no run starts", missing.join(", "));
                findings.push(document.finding("missing-argument", Severity::Critical, message, "add it under args"));
            }
        }
    }
    findings
}

fn uses(document: &Document) -> Vec<Use<'_>> {
    let strategy = document.value.get("spec").and_then(|spec| spec.get("strategy")).unwrap_or(&Value::Null);
    let canary = strategy.get("canary").unwrap_or(&Value::Null);
    let blue_green = strategy.get("blueGreen").unwrap_or(&Value::Null);
    let mut uses = Vec::new();
    let mut add = |place: String, waits, analysis| {
        uses.extend(Option::map(analysis, |analysis| Use { place, waits, analysis }));
    };
    add("the background analysis".to_owned(), false, present(canary, "analysis"));
    for (index, step) in list(canary, "steps").iter().enumerate() {
        add(format!("step {index}"), true, present(step, "analysis"));
    }
    add("prePromotionAnalysis".to_owned(), true, present(blue_green, "prePromotionAnalysis"));
    add("postPromotionAnalysis".to_owned(), true, present(blue_green, "postPromotionAnalysis"));
    uses
}
