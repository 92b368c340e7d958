//! The AnalysisRun controller: measures when it is time, judges each metric, and ends the run with the worst verdict.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::analysis::tell;
use crate::sim::cluster::Soonest;
use crate::sim::condition;
use crate::sim::metrics::Answer;
use crate::sim::query;
use crate::sim::resources::ANALYSISRUNS;
use crate::sim::state::State;
use crate::sim::store::kind;
use crate::sim::value::{after, cut, duration, flag, int, list, put, put_count, stamp, text, time};

/// Measurements that are kept per metric.
const KEPT: usize = 10;
/// The wait after a measurement that could not be made.
const AFTER_ERROR: SignedDuration = SignedDuration::from_secs(10);

pub(super) fn is_completed(phase: &str) -> bool {
    matches!(phase, "Successful" | "Failed" | "Error" | "Inconclusive")
}

/// Looks at an AnalysisRun once and says when the next measurement is due.
pub(crate) fn analysis_run(state: &mut State, namespace: &str, name: &str) -> Option<Timestamp> {
    let known = state.store.get(ANALYSISRUNS, namespace, name)?.value().clone();
    let is_elsewhere = !text(&known, &["metadata", "labels", super::INSTANCE]).is_empty();
    if is_elsewhere || is_completed(text(&known, &["status", "phase"])) {
        return None;
    }
    let mut run = known;
    let metrics = list(&run, &["spec", "metrics"]).to_vec();
    let stopping = is_stopping(&run);
    for metric in &metrics {
        if !stopping && is_due(&run, metric, state.now) {
            measure(state, &mut run, metric);
        }
    }
    assess(state, &mut run, &metrics);
    let mut next = Soonest::default();
    if !is_completed(text(&run, &["status", "phase"])) {
        metrics.iter().for_each(|metric| next.at(next_at(&run, metric)));
        if is_stopping(&run) {
            next.at(Some(after(state.now, SignedDuration::from_millis(100))));
        }
    }
    state.store.put(kind(ANALYSISRUNS), run, state.now);
    next.0
}

fn result<'a>(run: &'a Value, name: &str) -> Option<&'a Value> {
    list(run, &["status", "metricResults"]).iter().find(|result| text(result, &["name"]) == name)
}

fn store_result(run: &mut Value, result: Value) {
    let mut results = list(run, &["status", "metricResults"]).to_vec();
    match results.iter_mut().find(|known| known["name"] == result["name"]) {
        Some(known) => *known = result,
        None => results.push(result),
    }
    put(run, &["status", "metricResults"], results);
}

/// A run stops when it is told to, or when one metric that counts has already failed.
fn is_stopping(run: &Value) -> bool {
    flag(run, &["spec", "terminate"])
        || list(run, &["status", "metricResults"]).iter().any(|result| {
            !flag(result, &["dryRun"]) && matches!(text(result, &["phase"]), "Failed" | "Error" | "Inconclusive")
        })
}

fn is_due(run: &Value, metric: &Value, now: Timestamp) -> bool {
    next_at(run, metric).is_some_and(|due| due <= now)
}

/// When the metric is measured next; never, when it is completed or has been measured as often as wanted.
fn next_at(run: &Value, metric: &Value) -> Option<Timestamp> {
    let result = result(run, text(metric, &["name"]));
    let phase = result.map(|result| text(result, &["phase"])).unwrap_or_default();
    let last = result.and_then(|result| list(result, &["measurements"]).last());
    let Some(last) = last else {
        let begun = time(run, &["status", "startedAt"]).or_else(|| time(run, &["metadata", "creationTimestamp"]))?;
        let delay = duration(&argued(run, &metric["initialDelay"])).unwrap_or(SignedDuration::ZERO);
        return Some(after(begun, delay));
    };
    let taken = result.and_then(|result| int(result, &["count"])).unwrap_or(0);
    if is_completed(phase) || count(run, metric).is_some_and(|wanted| taken >= wanted) {
        return None;
    }
    let wait =
        if text(last, &["phase"]) == "Error" { AFTER_ERROR } else { duration(&argued(run, &metric["interval"]))? };
    Some(after(time(last, &["finishedAt"])?, wait))
}

/// How often the metric is measured: once, when there is no interval.
fn count(run: &Value, metric: &Value) -> Option<i64> {
    let wanted = int(&argued(run, &metric["count"]), &[]);
    if wanted.is_none() && metric["interval"].is_null() { Some(1) } else { wanted }
}

fn measure(state: &mut State, run: &mut Value, metric: &Value) {
    let name = text(metric, &["name"]);
    let query = argued(run, &metric["provider"]["prometheus"]["query"]);
    let query = query.as_str().unwrap_or_default();
    let mut result = result(run, name).cloned().unwrap_or_else(|| {
        let mut result = json!({"name": name, "phase": "Running", "metadata": {"ResolvedPrometheusQuery": query}});
        if is_dry(run, name) {
            put(&mut result, &["dryRun"], true);
        }
        if metric["provider"]["prometheus"].is_null() {
            cut(&mut result, &["metadata"]);
        }
        result
    });
    let now = stamp(state.now);
    let mut measurement = json!({"startedAt": now, "finishedAt": now});
    let phase = match verdict(state, run, metric, query) {
        Ok((value, phase)) => {
            put(&mut measurement, &["value"], value);
            phase
        }
        Err(message) => {
            put(&mut measurement, &["message"], message);
            "Error"
        }
    };
    put(&mut measurement, &["phase"], phase);
    let mut measurements = list(&result, &["measurements"]).to_vec();
    measurements.push(measurement);
    let surplus = measurements.len().saturating_sub(KEPT);
    put(&mut result, &["measurements"], measurements.split_off(surplus));
    tally(&mut result, phase);
    store_result(run, result);
}

fn tally(result: &mut Value, phase: &str) {
    let field = match phase {
        "Successful" => "successful",
        "Failed" => "failed",
        "Inconclusive" => "inconclusive",
        _ => "error",
    };
    let raised = |result: &Value, field: &str| int(result, &[field]).unwrap_or(0).saturating_add(1);
    let total = raised(result, field);
    put(result, &[field], total);
    if phase != "Error" {
        let count = raised(result, "count");
        put(result, &["count"], count);
    }
    let errors = if phase == "Error" { raised(result, "consecutiveError") } else { 0 };
    put_count(result, &["consecutiveError"], errors);
    let successes = if phase == "Successful" { raised(result, "consecutiveSuccess") } else { 0 };
    put_count(result, &["consecutiveSuccess"], successes);
}

/// Measures and holds the value against the metric's conditions: what is written, and what it means.
fn verdict(state: &State, run: &Value, metric: &Value, query: &str) -> Result<(String, &'static str), String> {
    if metric["provider"]["prometheus"].is_null() {
        return Err("failed to get metric provider: no provider of this kind in the simulated world".to_owned());
    }
    if state.metrics.away {
        let address = argued(run, &metric["provider"]["prometheus"]["address"]);
        let address = address.as_str().unwrap_or_default();
        return Err(format!("Post \"{address}/api/v1/query\": dial tcp 10.96.0.20:9090: connect: connection refused"));
    }
    let parsed = query::parse(query).map_err(|error| format!("bad_data: invalid parameter \"query\": {error}"))?;
    let answer = state.metrics.answer(&parsed, state.now);
    let condition = |field: &str| argued(run, &metric[field]).as_str().unwrap_or_default().to_owned();
    let (success, failure) = (condition("successCondition"), condition("failureCondition"));
    let holds = |which: &str, condition: &str| {
        condition::holds(condition, &answer).map_err(|why| {
            let why = if answer == Answer::Vector(Vec::new()) {
                "metric result is nil or empty: no data returned from the metric provider".to_owned()
            } else {
                why
            };
            format!("could not evaluate {which} {condition:?}: {why}")
        })
    };
    let succeeded = if success.is_empty() { None } else { Some(holds("successCondition", &success)?) };
    let failed = if failure.is_empty() { None } else { Some(holds("failureCondition", &failure)?) };
    let phase = match (succeeded, failed) {
        (None, None) | (Some(true), None | Some(false)) | (None, Some(false)) => "Successful",
        (Some(false), None) | (_, Some(true)) => "Failed",
        (Some(false), Some(false)) => "Inconclusive",
    };
    Ok((words(&answer), phase))
}

/// The value as the real provider writes it: a string that holds a list.
fn words(answer: &Answer) -> String {
    let number = |value: &f64| {
        if value.is_nan() {
            "NaN".to_owned()
        } else if value.is_infinite() {
            if *value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
        } else {
            value.to_string()
        }
    };
    match answer {
        Answer::Scalar(value) => number(value),
        Answer::Vector(values) => format!("[{}]", values.iter().map(number).collect::<Vec<_>>().join(",")),
    }
}

/// A field with its `{{args.…}}` replaced.
fn argued(run: &Value, field: &Value) -> Value {
    let Some(text_with_args) = field.as_str().filter(|text| text.contains("{{")) else { return field.clone() };
    let mut out = String::new();
    let mut rest = text_with_args;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((inner, tail)) = after.split_once("}}") else {
            rest = after;
            break;
        };
        let name = inner.trim().trim_start_matches("args.");
        let value = list(run, &["spec", "args"]).iter().find(|arg| text(arg, &["name"]) == name);
        out.push_str(value.map(|arg| text(arg, &["value"])).unwrap_or_default());
        rest = tail;
    }
    out.push_str(rest);
    Value::String(out)
}

fn is_dry(run: &Value, metric: &str) -> bool {
    list(run, &["spec", "dryRun"])
        .iter()
        .any(|dry| matches!(text(dry, &["metricName"]), name if name == metric || name == ".*"))
}

fn assess(state: &mut State, run: &mut Value, metrics: &[Value]) {
    if run["status"]["startedAt"].is_null() {
        put(run, &["status", "startedAt"], stamp(state.now));
    }
    let stopping = is_stopping(run);
    let mut worst: Option<&'static str> = None;
    let mut message = if flag(run, &["spec", "terminate"]) { "Run Terminated".to_owned() } else { String::new() };
    let mut all_done = true;
    let mut tallies = [json!({}), json!({})];
    for metric in metrics {
        let name = text(metric, &["name"]);
        let dry = is_dry(run, name);
        let summary = &mut tallies[usize::from(dry)];
        raise(summary, "count");
        let Some(mut result) = result(run, name).cloned() else {
            all_done = false;
            continue;
        };
        let (phase, why) = judge(run, metric, &result, stopping);
        if text(&result, &["phase"]) != phase {
            put(&mut result, &["phase"], phase);
            let last = list(&result, &["measurements"]).last().map(|last| text(last, &["message"]).to_owned());
            if let Some(last) = last.filter(|last| !last.is_empty()) {
                put(&mut result, &["message"], last);
            }
            store_result(run, result.clone());
            if is_completed(phase) {
                let words = format!("Metric '{name}' Completed. Result: {phase}");
                tell(state, run, phase, &format!("Metric{phase}"), &words);
            }
        }
        if !is_completed(phase) {
            all_done = false;
            continue;
        }
        raise(summary, if why.is_empty() { "successful" } else { field_of(phase) });
        if dry {
            worst.get_or_insert("Successful");
            continue;
        }
        if worst.is_none_or(|worst| rank(phase) > rank(worst)) {
            worst = Some(phase);
            if !why.is_empty() {
                message = format!("Metric \"{name}\" assessed {phase} due to {why}");
                let error = text(&result, &["message"]);
                if !error.is_empty() {
                    message.push_str(&format!(": \"Error Message: {error}\""));
                }
            }
        }
    }
    let [summary, dry_summary] = tallies;
    put(run, &["status", "runSummary"], summary);
    put(run, &["status", "dryRunSummary"], dry_summary);
    let phase = match worst {
        _ if stopping => worst.unwrap_or("Successful"),
        Some(worst) if all_done => worst,
        _ => "Running",
    };
    if text(run, &["status", "phase"]) == phase {
        return;
    }
    put(run, &["status", "phase"], phase);
    if is_completed(phase) {
        if !message.is_empty() {
            put(run, &["status", "message"], message);
        }
        put(run, &["status", "completedAt"], stamp(state.now));
        tell(state, run, phase, &format!("AnalysisRun{phase}"), &format!("Analysis Completed. Result: {phase}"));
    }
}

/// The phase of a metric, and which limit was passed where one was.
fn judge(run: &Value, metric: &Value, result: &Value, stopping: bool) -> (&'static str, String) {
    let had = |field: &str| int(result, &[field]).unwrap_or(0);
    let limit = |field: &str, default: i64| int(&argued(run, &metric[field]), &[]).unwrap_or(default);
    let mut verdict = None;
    let failures = limit("failureLimit", 0);
    if failures >= 0 && had("failed") > failures {
        verdict = Some(("Failed", format!("failed ({}) > failureLimit ({failures})", had("failed"))));
    }
    let inconclusives = limit("inconclusiveLimit", 0);
    if had("inconclusive") > inconclusives {
        let why = format!("inconclusive ({}) > inconclusiveLimit ({inconclusives})", had("inconclusive"));
        verdict = Some(("Inconclusive", why));
    }
    let errors = limit("consecutiveErrorLimit", 4);
    if had("consecutiveError") > errors {
        let why = format!("consecutiveErrors ({}) > consecutiveErrorLimit ({errors})", had("consecutiveError"));
        verdict = Some(("Error", why));
    }
    if let Some(verdict) = verdict {
        return verdict;
    }
    let successes = limit("consecutiveSuccessLimit", 0);
    let phase = if successes > 0 && had("consecutiveSuccess") >= successes {
        "Successful"
    } else if count(run, metric).is_some_and(|wanted| had("count") >= wanted) {
        match (successes > 0, failures >= 0) {
            (true, true) => "Inconclusive",
            (true, false) => "Failed",
            (false, _) => "Successful",
        }
    } else if stopping {
        "Successful"
    } else {
        "Running"
    };
    (phase, String::new())
}

fn raise(summary: &mut Value, field: &str) {
    let raised = int(summary, &[field]).unwrap_or(0).saturating_add(1);
    put(summary, &[field], raised);
}

fn field_of(phase: &str) -> &'static str {
    match phase {
        "Failed" => "failed",
        "Error" => "error",
        "Inconclusive" => "inconclusive",
        _ => "successful",
    }
}

fn rank(phase: &str) -> usize {
    ["Successful", "Inconclusive", "Error", "Failed"].iter().position(|known| *known == phase).unwrap_or(0)
}
