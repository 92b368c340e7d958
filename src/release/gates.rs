//! What the gates of the repository say by now: cost against the budget, the smoke test, flags against their guardrails.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::cost::{self, Cost, DEFAULT_LIMIT};
use super::drift_watch::{self, DriftState};
use super::flag::{Flag, FlagState, Flags};
use super::gate::GateVerdict;
use super::preview::age;
use super::pull::PullRequest;
use super::repository::{PullCost, Repository};
use super::topic::Duty;
use super::workflow::{Conclusion, Run, is_hidden, last_over};

/// A pull request and what it costs.
#[derive(Clone, Debug)]
pub struct PullBudget<'a> {
    pub pull: &'a PullRequest,
    /// Merged since the last release.
    pub is_merged: bool,
    pub cost: Option<&'a Cost>,
    pub verdict: GateVerdict,
    pub why: String,
}

/// The limit that holds: the repository variable's, else the configuration's, else the default where no variable is seen.
/// Err: the variable cannot be read.
pub fn limit(repository: &Repository) -> Result<Decimal, String> {
    repository.limit.clone().unwrap_or(Ok(repository.own_limit.unwrap_or(DEFAULT_LIMIT)))
}

/// Every open pull request and those merged since the last release: what is over first.
pub fn budgets(repository: &Repository) -> Vec<PullBudget<'_>> {
    let merged = repository.merged_since_release().unwrap_or_default();
    // Merged between the two questions: it is in both answers.
    let is_merged = |number| merged.iter().any(|pull| pull.number == number);
    let open: Vec<&PullRequest> = repository.open.iter().filter(|pull| !is_merged(pull.number)).collect();
    let open = open.into_iter().map(|pull| (pull, false));
    let mut all: Vec<PullBudget<'_>> = open
        .chain(merged.into_iter().map(|pull| (pull, true)))
        .map(|(pull, is_merged)| {
            let (cost, verdict, why) = judged(repository, pull);
            PullBudget { pull, is_merged, cost, verdict, why }
        })
        .collect();
    let mut seen = BTreeSet::new();
    all.retain(|budget| seen.insert(budget.pull.number));
    all.sort_by_key(|budget| (rank(budget.verdict), budget.is_merged, std::cmp::Reverse(budget.pull.number)));
    all
}

fn judged<'a>(repository: &'a Repository, pull: &PullRequest) -> (Option<&'a Cost>, GateVerdict, String) {
    let unknown = |why: &str| (None, GateVerdict::Unknown, why.to_owned());
    // The list is read more often than the costs: what an earlier head costs says nothing of this one.
    let is_of_head = |cost: &PullCost| pull.head_sha.as_deref() == Some(&cost.head_sha);
    let known = repository.cost(pull.number);
    let Some(report) = known.filter(|cost| is_of_head(cost)).and_then(|cost| cost.report.as_ref()) else {
        let not_run = || match (&pull.head_sha, known) {
            (None, _) => "GitHub does not say its head",
            (Some(_), Some(cost)) if is_of_head(cost) => "the plan has not run for its head",
            (Some(_), Some(_)) => "somebody has pushed to it since its plan was looked for",
            (Some(_), None) => "its plan was not looked for so far",
        };
        return unknown(&repository.without_workflow(Duty::Plan).unwrap_or_else(|| not_run().to_owned()));
    };
    match &report.content {
        None => unknown("the run left no report"),
        Some(Err(why)) => unknown(&format!("the report {why}")),
        Some(Ok(cost)) => match limit(repository) {
            Ok(limit) => {
                let judgement = cost.judge(limit);
                let conclusion = known.and_then(|cost| cost.conclusion.as_ref());
                // The limit was another one then, or something else went wrong: GitHub shows it red.
                let doubt = match conclusion {
                    _ if judgement.verdict != GateVerdict::Pass => None,
                    Some(Conclusion::Success) => None,
                    Some(other) => Some(format!("its run ended with {}: run it again", other.word())),
                    None => Some("how its run ended is not known".to_owned()),
                };
                match doubt {
                    Some(doubt) => (Some(cost), GateVerdict::Unknown, format!("{doubt}; {}", judgement.why)),
                    None => (Some(cost), judgement.verdict, judgement.why),
                }
            }
            Err(why) => (Some(cost), GateVerdict::Unknown, format!("the limit is unknown: {why}")),
        },
    }
}

/// That there are pull requests of which nothing is known.
pub fn unread_pulls(repository: &Repository) -> Option<&'static str> {
    repository
        .is_cut
        .then_some("not all pull requests could be read: they are too many, or not as GitHub documents them")
}

/// When a promote run first succeeded that has had the last change of the flags file. None: no such run is known.
pub fn promoted(repository: &Repository) -> Option<Timestamp> {
    let (file, commit) = (repository.flags.as_ref()?, repository.history.first()?);
    // Of a commit without a date no run is known to be later; and a run on another branch has not had it.
    let has_it = |run: &&Run| {
        let is_there = run.head_branch.as_deref() == Some(&*file.file.branch);
        run.is_green() && is_there && commit.at.is_some_and(|at| run.created > Some(at))
    };
    let runs = &repository.workflow(Duty::Promote)?.runs;
    runs.iter().filter(has_it).filter_map(|run| run.created).min()
}

/// What was merged since the last release, together: None where there is no release to compare with.
pub fn merged_sum(repository: &Repository) -> Option<(Option<Decimal>, GateVerdict, String)> {
    let release = repository.release.as_ref()?;
    let merged: Vec<PullBudget<'_>> = budgets(repository).into_iter().filter(|budget| budget.is_merged).collect();
    if repository.merged_since_release().is_none() {
        let why = format!("what was merged since the last release is not known: {} has no date", release.tag);
        return Some((None, GateVerdict::Unknown, why));
    }
    let costs: Option<Vec<&Cost>> = merged.iter().map(|budget| budget.cost).collect();
    // Dollars and euros have no sum.
    let currencies: BTreeSet<_> = costs.iter().flatten().map(|cost| cost.currency.as_deref()).collect();
    let costs = costs.filter(|_| currencies.len() < 2);
    let count = format!("{} merged since {}", merged.len(), release.tag);
    let Some(sum) = costs.and_then(cost::sum) else {
        return Some((None, GateVerdict::Unknown, format!("{count}, not all of them priced")));
    };
    Some(match limit(repository) {
        Ok(limit) if sum > limit => (Some(sum), GateVerdict::Fail, format!("{count}: over the limit of {limit}")),
        Ok(_) if repository.is_cut => (Some(sum), GateVerdict::Unknown, format!("{count}, and not all could be read")),
        Ok(limit) => (Some(sum), GateVerdict::Pass, format!("{count}: within the limit of {limit}")),
        Err(why) => (Some(sum), GateVerdict::Unknown, format!("{count}; the limit is unknown: {why}")),
    })
}

/// What the drift check says: its last scheduled run and the plan of that together.
pub fn drift(repository: &Repository, now: Timestamp) -> (DriftState, String) {
    if let Some(why) = repository.without_workflow(Duty::Drift) {
        return (DriftState::Unknown, why);
    }
    let view = repository.workflow(Duty::Drift);
    let plan = repository.plan.as_ref().and_then(|plan| plan.content.as_ref());
    let runs = view.map_or(&[][..], |view| &view.runs);
    drift_watch::state(view.and_then(|view| view.workflow.as_ref()), runs, plan, now)
}

/// The last run of the smoke test that has ended.
pub fn smoke_run(repository: &Repository) -> Option<&Run> {
    last_over(&repository.workflow(Duty::Smoke)?.runs)
}

/// The smoke test's verdict: the run's conclusion and the summary together. Green alone proves nothing.
pub fn smoke(repository: &Repository, now: Timestamp) -> (GateVerdict, String) {
    let Some(run) = smoke_run(repository) else {
        let nothing = || "no run has completed".to_owned();
        return (GateVerdict::Unknown, repository.without_workflow(Duty::Smoke).unwrap_or_else(nothing));
    };
    let runs = repository.workflow(Duty::Smoke).map_or(&[][..], |view| &view.runs);
    if is_hidden(runs, run, Run::is_unread) {
        return (GateVerdict::Unknown, "GitHub does not say enough of the last run".to_owned());
    }
    let when = run.created.map_or(String::new(), |at| format!(", {} ago", age(now.duration_since(at))));
    let is_of_run = repository.smoke.as_ref().is_some_and(|smoke| Some(smoke.run) == run.id);
    let judged = repository.judge_smoke().filter(|_| is_of_run);
    let judged = judged.unwrap_or_else(|| (GateVerdict::Unknown, "the run left no summary".to_owned()));
    let conclusion = run.conclusion.as_ref().map_or("without a conclusion", |conclusion| conclusion.word());
    match (&run.conclusion, judged) {
        (Some(Conclusion::Success), (verdict, why)) => (verdict, format!("{why}{when}")),
        (_, (GateVerdict::Fail, why)) => (GateVerdict::Fail, format!("{why}{when}")),
        (Some(Conclusion::Failure | Conclusion::TimedOut), (_, why)) => {
            (GateVerdict::Fail, format!("the run ended with {conclusion}{when}: {why}"))
        }
        // Cancelled, skipped, or a word that this version does not know: it proves nothing.
        (_, (_, why)) => (GateVerdict::Unknown, format!("the run ended with {conclusion}{when}: {why}")),
    }
}

/// Flags that act somewhere although something they require is not so: name and reason.
pub fn unguarded(flags: &Flags) -> Vec<(&str, String)> {
    let unmet = flags.flags.iter().filter_map(|flag| Some((flag.name.as_str(), ignored_guardrails(flags, flag)?)));
    let mut seen = BTreeSet::new();
    unmet.filter(|(name, _)| seen.insert(*name)).collect()
}

/// Which guardrails a flag acts without, and where; None where it acts nowhere or all are met.
pub fn ignored_guardrails(flags: &Flags, flag: &Flag) -> Option<String> {
    let mut on: Vec<&str> =
        flag.states().into_iter().filter(|(_, state)| *state == FlagState::On).map(|(name, _)| name).collect();
    if on.is_empty() && flag.state(PRODUCTION) == FlagState::On {
        // Nothing but the default turns it on.
        on.push("every environment");
    }
    let unmet = flag.unmet(flags, on.last()?);
    let words: Vec<String> = unmet.iter().map(|unmet| format!("{}: {}", unmet.requires, unmet.why)).collect();
    (!words.is_empty()).then(|| format!("on in {}, requires {}", on.join(" and "), words.join("; ")))
}

/// What the users' production is called, where a flag does not say otherwise.
const PRODUCTION: &str = "prod";

/// The environment of a flag that is production: `prod` or `production`.
pub fn production(flag: &Flag) -> &str {
    let named = flag.rollout.iter().map(|(name, _)| name.as_str());
    named.rev().find(|name| matches!(*name, "prod" | "production")).unwrap_or(PRODUCTION)
}

fn rank(verdict: GateVerdict) -> u8 {
    match verdict {
        GateVerdict::Fail => 0,
        GateVerdict::Unknown => 1,
        GateVerdict::Pass => 2,
    }
}

#[cfg(test)]
#[path = "gates_tests.rs"]
mod tests;
