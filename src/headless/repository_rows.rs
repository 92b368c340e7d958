//! The rows of `status` that live in the repository: PR18 to PR22, each from what its pane shows.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::ExitCode;
use super::row::{Confidence, Row};
use super::sight::Sight;
use crate::release::attention::Severity;
use crate::release::drift::DriftVerdict;
use crate::release::drift_watch::DriftState;
use crate::release::flag::FlagState;
use crate::release::gate::GateVerdict;
use crate::release::gates;
use crate::release::model::Model;
use crate::release::preview::{self, PreviewClass};
use crate::release::repository::Repository;
use crate::release::repository_needs;
use crate::release::topic::{Duty, Topic};
use crate::release::workflow::WorkflowState;

/// What a row knows, and in which words.
type Known = (Severity, String);

/// The row of that id and what it means for the exit code: None where it is not about the repository.
pub(super) fn row(
    model: &Model,
    now: Timestamp,
    (id, about, owners): (&'static str, &str, &'static [&'static str]),
) -> Option<(Row, ExitCode)> {
    let topics: &[Topic] = match id {
        "PR18" => &[Topic::Smoke],
        "PR19" => &[Topic::Pulls, Topic::Cost],
        "PR20" => &[Topic::Drift],
        "PR21" => &[Topic::Previews],
        "PR22" => &[Topic::Flags],
        _ => return None,
    };
    let mut row = Row {
        id,
        state: Severity::Unknown,
        confidence: Confidence::Unknown,
        summary: format!("{about}: not configured"),
        owners: owners.to_vec(),
        updated_at: None,
        errors: Vec::new(),
    };
    // What nobody has asked for is not missed.
    let Some((_, repository)) = topics.first().and_then(|topic| model.repository_of(*topic)) else {
        return Some((row, ExitCode::Ok));
    };
    let mut sights: Vec<Sight> = topics.iter().map(|topic| Sight::of_topic(model, *topic)).collect();
    if id == "PR21" {
        sights.push(Sight::of(model, "namespaces", now));
    }
    row.errors = sights.iter().flat_map(|sight| sight.errors.clone()).collect();
    row.updated_at = sights.iter().map(|sight| sight.heard).min().flatten();
    if row.updated_at.is_none() {
        row.summary = format!("{about}: cannot be seen");
    } else {
        let (state, summary) = with_rollback(model, id, known(id, model, repository, now));
        row.confidence = if id == "PR21" { Confidence::Inferred } else { Confidence::Computed };
        // What is not seen any more is not ok; what was bad when it was last seen still is.
        let is_stale = sights.iter().any(|sight| !sight.is_clear());
        row.state = if is_stale { state.max(Severity::Unknown) } else { state };
        row.summary = if is_stale { format!("{summary}; stale") } else { summary };
    }
    let sight = sights.iter().map(|sight| sight.exit).max().unwrap_or(ExitCode::Unknown);
    let exit = if row.state == Severity::Unknown { sight.max(ExitCode::Unknown) } else { sight };
    Some((row, exit))
}

/// What a row says where somebody has taken it back: what is green then is so from before.
fn with_rollback(model: &Model, id: &str, (state, summary): Known) -> Known {
    let duty = match id {
        "PR18" => Duty::Smoke,
        "PR19" => Duty::Plan,
        "PR21" => Duty::Teardown,
        // The drift check's own state says so; a flag's rollback is that it is off.
        _ => return (state, summary),
    };
    match taken_back(model, duty) {
        Some(what) => (state.max(Severity::Attention), format!("{summary}; {what}")),
        None => (state, summary),
    }
}

/// `smoke step gone: no step of ... does it`, where it is so.
pub(super) fn taken_back(model: &Model, duty: Duty) -> Option<String> {
    let (name, repository) = model.repository()?;
    let need = repository_needs::taken_back(name, repository, duty)?;
    Some(format!("{}: {}", need.what, need.reason))
}

fn known(id: &str, model: &Model, repository: &Repository, now: Timestamp) -> Known {
    match id {
        "PR18" => smoke(repository, now),
        "PR19" => cost(repository),
        "PR20" => drift(repository, now),
        "PR21" => previews(model, now),
        _ => flags(repository),
    }
}

fn smoke(repository: &Repository, now: Timestamp) -> Known {
    let workflow = repository.workflow(Duty::Smoke).and_then(|view| view.workflow.as_ref());
    let is_off = workflow.is_some_and(|workflow| workflow.state != WorkflowState::Active);
    let (verdict, why) = gates::smoke(repository, now);
    match verdict {
        GateVerdict::Fail => (Severity::Critical, why),
        GateVerdict::Unknown => (Severity::Unknown, why),
        GateVerdict::Pass if is_off => (Severity::Attention, format!("{why}; the workflow is off")),
        GateVerdict::Pass => (Severity::Ok, why),
    }
}

fn cost(repository: &Repository) -> Known {
    let budgets = gates::budgets(repository);
    let merged = gates::merged_sum(repository);
    let count = |verdict| budgets.iter().filter(|budget| !budget.is_merged && budget.verdict == verdict).count();
    let (over, unknown, within) = (count(GateVerdict::Fail), count(GateVerdict::Unknown), count(GateVerdict::Pass));
    let verdicts = [over > 0, merged.as_ref().is_some_and(|(_, verdict, _)| *verdict == GateVerdict::Fail)];
    let is_cut = gates::unread_pulls(repository).is_some();
    let doubts = [is_cut, unknown > 0, merged.as_ref().is_some_and(|(_, verdict, _)| *verdict == GateVerdict::Unknown)];
    let state = match () {
        () if verdicts.contains(&true) => Severity::Attention,
        () if doubts.contains(&true) => Severity::Unknown,
        () => Severity::Ok,
    };
    let open = words(&[(over, "over budget"), (unknown, "unknown"), (within, "within")]);
    let merged = merged.map(|(_, _, why)| format!("; {why}")).unwrap_or_default();
    (state, format!("open: {open}{merged}"))
}

fn drift(repository: &Repository, now: Timestamp) -> Known {
    let (state, why) = gates::drift(repository, now);
    let severity = match state {
        DriftState::Found(DriftVerdict::Clean) => Severity::Ok,
        DriftState::Found(DriftVerdict::Failed) => Severity::Critical,
        DriftState::Found(DriftVerdict::Unknown) | DriftState::Unknown => Severity::Unknown,
        DriftState::Found(_) | DriftState::Stale | DriftState::Disabled => Severity::Attention,
    };
    (severity, format!("{}: {why}", state.word()))
}

fn previews(model: &Model, now: Timestamp) -> Known {
    let rules = model.preview_rules();
    let mut counts: BTreeMap<PreviewClass, usize> = BTreeMap::new();
    for namespace in model.previews.iter() {
        if let Some(preview) = preview::classify(namespace, &model.preview_pull(namespace), &rules, now) {
            *counts.entry(preview.class).or_default() += 1;
        }
    }
    let state = counts.keys().map(|class| match class {
        PreviewClass::Stuck => Severity::Critical,
        PreviewClass::Orphan => Severity::Attention,
        PreviewClass::Unknown => Severity::Unknown,
        PreviewClass::Stale | PreviewClass::Foreign | PreviewClass::Active => Severity::Ok,
    });
    let state = state.max().unwrap_or(Severity::Ok);
    let counts: Vec<_> = counts.iter().map(|(class, count)| (*count, class.word())).collect();
    (state, words(&counts))
}

fn flags(repository: &Repository) -> Known {
    let unknown = |why: &str| (Severity::Unknown, why.to_owned());
    let flags = match repository.flags.as_ref().map(|file| &file.flags) {
        None => return unknown(&repository.without_flags()),
        Some(Err(why)) => return unknown(&format!("the flags file {why}")),
        Some(Ok(flags)) => flags,
    };
    let count = |state| flags.flags.iter().filter(|flag| flag.state("prod") == state).count();
    let (on, off, odd) = (count(FlagState::On), count(FlagState::Off), count(FlagState::Unknown));
    let unguarded = gates::unguarded(flags).len();
    let state = match () {
        () if unguarded > 0 => Severity::Attention,
        () if odd > 0 || !flags.problems.is_empty() => Severity::Unknown,
        () => Severity::Ok,
    };
    let in_prod = words(&[(on, "on"), (off, "off"), (odd, "unknown")]);
    let unguarded = if unguarded == 0 { String::new() } else { format!("; {unguarded} without its guardrails") };
    (state, format!("in prod: {in_prod}{unguarded}"))
}

/// `1 stuck, 2 orphan`; `none` where there is nothing to count.
fn words(counts: &[(usize, &str)]) -> String {
    let counted = counts.iter().filter(|(count, _)| *count > 0);
    let counted: Vec<String> = counted.map(|(count, word)| format!("{count} {word}")).collect();
    if counted.is_empty() { "none".to_owned() } else { counted.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::flag;
    use crate::release::observation::{Failure, FailureKind, Observation, Report, Said, SourceId};
    use crate::release::repository::{BranchFile, CHECKOUT, Finding, FlagsFile};
    use crate::release::sample::at;

    fn flags_row(findings: Vec<Finding>) -> (Row, ExitCode) {
        let mut model = Model::default();
        for finding in findings {
            let source = SourceId { context: "acme/shop".into(), kind: "github".into() };
            model.observe(Report { source, said: Said::Partial(Observation::Repository(finding)) }, at(0));
        }
        row(&model, at(5), ("PR22", "feature flags", &["Release/QA"])).unwrap()
    }

    fn file(text: &str) -> Finding {
        let file = BranchFile {
            path: "flags.yaml".to_owned(),
            branch: CHECKOUT.to_owned(),
            sha: String::new(),
            text: text.into(),
            head: None,
            is_protected: None,
        };
        Finding::Flags(Some(Box::new(FlagsFile { file, flags: flag::read(text) })))
    }

    #[test]
    fn a_row_is_as_good_as_what_was_seen() {
        let unguarded = "features: { a: { default: true, guardrails: { requires: [gate] } }, b: { default: false } }";
        let seen = || Finding::Seen(Topic::Flags);
        let failure = |kind| Failure { kind, message: "it says no".to_owned(), retry_in: None };
        let blind = |kind| Finding::Blind(Topic::Flags, failure(kind));
        let told = |findings| {
            let (row, exit) = flags_row(findings);
            (row.state, row.summary, exit)
        };
        let summary = "in prod: 1 on, 1 off; 1 without its guardrails".to_owned();
        assert_eq!(told(vec![file(unguarded), seen()]), (Severity::Attention, summary, ExitCode::Ok));
        let off = "features: { b: { default: false } }";
        assert_eq!(told(vec![file(off), seen()]), (Severity::Ok, "in prod: 1 off".to_owned(), ExitCode::Ok));
        let stale = vec![file(off), seen(), blind(FailureKind::Unreachable)];
        assert_eq!(told(stale), (Severity::Unknown, "in prod: 1 off; stale".to_owned(), ExitCode::Unknown));
        let never = (Severity::Unknown, "feature flags: cannot be seen".to_owned(), ExitCode::Permission);
        assert_eq!(told(vec![blind(FailureKind::Forbidden)]), never);
        let unset = (Severity::Unknown, "feature flags: not configured".to_owned(), ExitCode::Ok);
        assert_eq!(told(Vec::new()), unset);
        let odd = told(vec![file("features: { a: { default: yes } }"), seen()]);
        assert_eq!((odd.0, odd.2), (Severity::Unknown, ExitCode::Unknown));
    }
}
