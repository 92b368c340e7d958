//! `cost list`, `drift get`, `k6 get`: what the gates of the repository say by now.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};

use super::drift::DriftView;
use super::repository_rows::taken_back;
use super::sight::Sight;
use super::table::{Table, facts};
use super::{Answer, ExitCode};
use crate::release::cost::Cost;
use crate::release::drift_watch::{self, DriftState};
use crate::release::gate::GateVerdict;
use crate::release::gates;
use crate::release::model::Model;
use crate::release::repository::Repository;
use crate::release::topic::{Duty, Topic};
use crate::release::workflow::Run;

#[derive(Debug, Serialize)]
struct Budget {
    number: u64,
    title: String,
    author: Option<String>,
    /// Merged since the last release; open otherwise.
    merged: bool,
    delta: Option<Decimal>,
    currency: Option<String>,
    verdict: GateVerdict,
    why: String,
}

/// Every open pull request, those merged since the last release, and these together, against the limit.
pub fn cost_list(model: &Model, _now: Timestamp) -> Answer {
    let Some((_, repository)) = model.repository() else { return nobody() };
    let items: Vec<Budget> = gates::budgets(repository).into_iter().map(Budget::new).collect();
    let merged = gates::merged_sum(repository);
    let unread = gates::unread_pulls(repository);
    let verdicts = items.iter().map(|item| item.verdict).chain(merged.iter().map(|(_, verdict, _)| *verdict));
    let verdicts = verdicts.chain(unread.map(|_| GateVerdict::Unknown));
    let verdict = worst(verdicts.collect());
    let mut table = Table::new(["PULL", "STATE", "DELTA", "VERDICT", "AUTHOR", "TITLE", "WHY"]);
    for item in &items {
        table.row([
            format!("#{}", item.number),
            if item.merged { "merged" } else { "open" }.to_owned(),
            item.delta.map(|delta| delta.to_string()).unwrap_or_default(),
            item.verdict.word().to_owned(),
            item.author.clone().unwrap_or_default(),
            item.title.clone(),
            item.why.clone(),
        ]);
    }
    let mut table = table.or("no pull request is open, and none was merged since the last release");
    if let Some((_, verdict, why)) = &merged {
        table += &format!("\n{}: {why}\n", verdict.word());
    }
    let merged = merged.map(|(sum, verdict, why)| json!({ "delta": sum, "verdict": verdict, "why": why }));
    let limit = gates::limit(repository).ok();
    let json = json!({ "items": items, "limit": limit, "merged": merged });
    let mut answer = seen(model, &[Topic::Pulls, Topic::Cost], json, table, verdict);
    answer.diagnostics.extend(taken_back(model, Duty::Plan));
    answer.diagnostics.extend(unread.map(str::to_owned));
    answer
}

/// The last scheduled run of the drift check and what its plan says.
pub fn drift_get(model: &Model, now: Timestamp) -> Answer {
    let Some((repository, view)) = workflow(model, Duty::Drift) else { return nobody() };
    let plan = repository.plan.as_ref().and_then(|plan| plan.content.as_ref());
    let (state, why) = gates::drift(repository, now);
    let verdict = match state {
        DriftState::Found(verdict) if verdict.exit_code() == 0 => GateVerdict::Pass,
        DriftState::Found(verdict) if verdict.exit_code() == 1 => GateVerdict::Fail,
        _ => GateVerdict::Unknown,
    };
    let run = drift_watch::last_scheduled(&view.runs);
    let succeeded = repository.good_plan;
    let found = plan.and_then(|plan| plan.as_ref().ok()).cloned().map(DriftView::new);
    let mut lines = vec![("state", state.word().to_owned()), ("why", why.clone())];
    lines.extend(run_lines(run));
    lines.push(("last success", succeeded.map(|at| at.to_string()).unwrap_or_default()));
    lines.extend(found.iter().map(|plan| ("drift", plan.drift.join(", "))));
    let table = facts(&lines);
    let json = json!({
        "state": state.word(), "why": why, "run": run.map(run_json), "lastSuccess": succeeded, "plan": found,
    });
    seen(model, &[Topic::Drift], json, table, verdict)
}

/// The last smoke test: the run's conclusion and its summary together.
pub fn k6_get(model: &Model, now: Timestamp) -> Answer {
    let Some((repository, _)) = workflow(model, Duty::Smoke) else { return nobody() };
    let (verdict, why) = gates::smoke(repository, now);
    let run = gates::smoke_run(repository);
    let is_of_run = |run_id: u64| run.is_some_and(|run| run.id == Some(run_id));
    let smoke = repository.smoke.as_ref().filter(|smoke| is_of_run(smoke.run));
    let smoke = smoke.and_then(|smoke| smoke.content.as_ref()?.as_ref().ok());
    let gone = taken_back(model, Duty::Smoke);
    let mut lines = vec![("verdict", verdict.word().to_owned()), ("why", why.clone())];
    lines.push(("rolled back", gone.clone().unwrap_or_default()));
    lines.extend(run_lines(run));
    for threshold in smoke.iter().flat_map(|smoke| &smoke.thresholds) {
        let ok = threshold.ok.map_or("unknown", |ok| if ok { "ok" } else { "breached" });
        lines.push(("threshold", format!("{} {}: {ok}", threshold.metric, threshold.expr)));
    }
    lines.extend(smoke.iter().map(|it| ("checks", format!("{} passed, {} failed", it.checks.passes, it.checks.fails))));
    let table = facts(&lines);
    let json = json!({
        "verdict": verdict, "why": why, "run": run.map(run_json), "dialect": smoke.map(|smoke| smoke.dialect),
        "thresholds": smoke.map(|smoke| &smoke.thresholds), "checks": smoke.map(|smoke| smoke.checks),
        "rolledBack": gone,
    });
    seen(model, &[Topic::Smoke], json, table, verdict)
}

impl Budget {
    fn new(budget: gates::PullBudget<'_>) -> Budget {
        let of_cost = |cost: &Cost| (cost.delta, cost.currency.clone());
        let (delta, currency) = budget.cost.map(of_cost).unwrap_or_default();
        Budget {
            number: budget.pull.number,
            title: budget.pull.title.clone(),
            author: budget.pull.author.clone(),
            merged: budget.is_merged,
            delta,
            currency,
            verdict: budget.verdict,
            why: budget.why,
        }
    }
}

/// A failure is one whatever else is not known; a pass needs all to be known.
fn worst(verdicts: Vec<GateVerdict>) -> GateVerdict {
    let bad = [GateVerdict::Fail, GateVerdict::Unknown];
    bad.into_iter().find(|bad| verdicts.contains(bad)).unwrap_or(GateVerdict::Pass)
}

/// The answer, which is no better than what was seen: the last data may be from before the trouble.
fn seen(model: &Model, topics: &[Topic], json: Value, table: String, verdict: GateVerdict) -> Answer {
    let sights: Vec<Sight> = topics.iter().map(|topic| Sight::of_topic(model, *topic)).collect();
    let sight = sights.iter().map(|sight| sight.exit).max().unwrap_or(ExitCode::Unknown);
    let exit = match verdict {
        GateVerdict::Fail => ExitCode::Negative,
        GateVerdict::Unknown => ExitCode::Unknown.max(sight),
        GateVerdict::Pass => sight,
    };
    Answer { json, table, exit, diagnostics: sights.into_iter().flat_map(|sight| sight.errors).collect() }
}

fn workflow(model: &Model, duty: Duty) -> Option<(&Repository, &crate::release::repository::WorkflowView)> {
    let (_, repository) = model.repository()?;
    Some((repository, repository.workflow(duty)?))
}

fn nobody() -> Answer {
    Answer::failed("GitHub has not told of it: look again".to_owned(), ExitCode::Unknown)
}

fn run_lines(run: Option<&Run>) -> Vec<(&'static str, String)> {
    let Some(run) = run else { return vec![("run", "none has completed".to_owned())] };
    let conclusion = run.conclusion.as_ref().map_or("no conclusion", |conclusion| conclusion.word());
    let number = run.number.map_or(String::new(), |number| format!("#{number} "));
    let at = run.created.map_or(String::new(), |at| format!(" at {at}"));
    vec![("run", format!("{number}{conclusion}{at}")), ("url", run.url.clone().unwrap_or_default())]
}

fn run_json(run: &Run) -> Value {
    json!({
        "id": run.id, "number": run.number, "event": run.event, "at": run.created, "commit": run.head_sha,
        "conclusion": run.conclusion.as_ref().map(|conclusion| conclusion.word()), "url": run.url,
    })
}
