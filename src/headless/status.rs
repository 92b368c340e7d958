//! `status`: every row of the release plan, PR11 to PR22, with what is known of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::cutover::{Cutover, Hazard, cutover, hazards};
use super::repository_rows;
use super::row::{Confidence, Row};
use super::sight::Sight;
use super::table::Table;
use super::{Answer, ExitCode};
use crate::release::attention::{Severity, needs};
use crate::release::model::{Liveness, Model};
use crate::release::phase::Phase;
use crate::release::repository_needs;
use crate::release::text::counted;

#[derive(Debug, Serialize)]
struct Status {
    rows: Vec<Row>,
    cutover: Cutover,
    hazards: Vec<Hazard>,
}

/// The rows with what they are about and who owns them. Two of them have two owners.
const ROWS: [(&str, &str, &[&str]); 12] = [
    ("PR11", "signature policies", &["Platform"]),
    ("PR12", "signatures and provenance", &["CI/Supply chain"]),
    ("PR13", "policies", &["Platform"]),
    ("PR14", "pod security", &["Platform"]),
    ("PR15", "network policies", &["Platform"]),
    ("PR16", "autoscaling and disruption budgets", &["Platform"]),
    ("PR17", "rollouts and analysis", &["Platform", "Release/QA"]),
    ("PR18", "smoke test", &["Release/QA"]),
    ("PR19", "cost gate", &["CI/Supply chain", "FinOps"]),
    ("PR20", "drift", &["CI/Supply chain"]),
    ("PR21", "previews", &["Platform"]),
    ("PR22", "feature flags", &["Release/QA"]),
];

/// The whole release in one document. The exit code speaks for the rows that are watched.
pub fn status(model: &Model, now: Timestamp) -> Answer {
    let sight = Sight::of(model, "rollouts", now);
    let (rows, exits): (Vec<_>, Vec<_>) = ROWS
        .into_iter()
        .map(|(id, about, owners)| match id {
            "PR17" => (rollouts(model, now, owners), sight.exit),
            _ => repository_rows::row(model, now, (id, about, owners))
                .unwrap_or_else(|| (unwatched(id, about, owners), ExitCode::Ok)),
        })
        .unzip();
    let exit = match rows.iter().any(|row| row.state == Severity::Critical) {
        true => ExitCode::Negative,
        false => exits.into_iter().max().unwrap_or(sight.exit),
    };
    let mut table = Table::new(["ROW", "STATE", "CONFIDENCE", "SUMMARY", "OWNERS"]);
    for row in &rows {
        let confidence = match row.confidence {
            Confidence::Observed => "observed",
            Confidence::Computed => "computed",
            Confidence::Inferred => "inferred",
            Confidence::Unknown => "unknown",
        };
        table.row([
            row.id.to_owned(),
            row.state.word().to_owned(),
            confidence.to_owned(),
            row.summary.clone(),
            row.owners.join(", "),
        ]);
    }
    let text = table.text();
    let errors = rows.iter().flat_map(|row| row.errors.clone()).collect();
    let mut answer = Answer::new(&Status { rows, cutover: cutover(model), hazards: hazards() }, text, exit);
    answer.diagnostics = errors;
    answer
}

fn unwatched(id: &'static str, about: &str, owners: &'static [&'static str]) -> Row {
    Row {
        id,
        state: Severity::Unknown,
        confidence: Confidence::Unknown,
        summary: format!("{about}: not watched"),
        owners: owners.to_vec(),
        updated_at: None,
        errors: Vec::new(),
    }
}

fn rollouts(model: &Model, now: Timestamp, owners: &'static [&'static str]) -> Row {
    let sight = Sight::of(model, "rollouts", now);
    // Those of the repository have rows of their own.
    let elsewhere = repository_needs::needs(model, now);
    let needs: Vec<_> = needs(model, now).into_iter().filter(|need| !elsewhere.contains(need)).collect();
    let worst = needs.iter().map(|need| need.severity).max().unwrap_or(Severity::Ok);
    // What is not seen is not ok; what was bad when it was last seen still is.
    let is_blind = !sight.is_clear() || model.rollouts.is_empty();
    let state = if is_blind { worst.max(Severity::Unknown) } else { worst };
    let confidence = if model.rollouts.is_empty() { Confidence::Unknown } else { Confidence::Observed };
    let summary = match (model.rollouts.is_empty(), sight.liveness) {
        (true, None) => "rollouts and analysis: not watched".to_owned(),
        (true, Some(Liveness::Absent)) => "Argo Rollouts is not installed".to_owned(),
        (true, Some(Liveness::Loading)) => "no answer yet".to_owned(),
        (true, Some(Liveness::Live | Liveness::Retrying)) => "no Rollouts".to_owned(),
        (true, Some(_)) => "cannot be seen".to_owned(),
        (false, _) => summary(model, needs.len(), is_blind),
    };
    Row {
        id: "PR17",
        state,
        confidence,
        summary,
        owners: owners.to_vec(),
        updated_at: sight.heard,
        errors: sight.errors,
    }
}

fn summary(model: &Model, needs: usize, is_blind: bool) -> String {
    let mut counts: BTreeMap<Phase, usize> = BTreeMap::new();
    for rollout in model.rollouts.iter() {
        *counts.entry(rollout.phase().phase).or_default() += 1;
    }
    let counts: Vec<_> = counts.iter().rev().map(|(phase, count)| format!("{count} {}", phase.word())).collect();
    let waiting =
        if needs == 0 { String::new() } else { format!("; {}", counted(needs, "needs a human", "need a human")) };
    let stale = if is_blind { "; stale" } else { "" };
    let rollouts = counted(model.rollouts.len(), "rollout", "rollouts");
    format!("{rollouts}: {}{waiting}{stale}", counts.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::release::observation::{Change, Observation};
    use crate::release::rollout::Rollout;
    use crate::release::sample::{self, at};

    fn of(rollouts: Vec<Rollout>) -> Model {
        sample::model(vec![("rollouts", Observation::Rollouts(Change::Reset(rollouts)))])
    }

    #[test]
    fn every_row_is_there_and_says_honestly_what_it_knows() {
        let answer = status(&of(vec![sample::rollout("api"), sample::paused("web")]), at(5));
        let rows = answer.json["rows"].as_array().unwrap();
        let ids: Vec<_> = rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(ids, (11..=22).map(|number| format!("PR{number}")).collect::<Vec<_>>());
        assert_eq!(
            rows[6],
            json!({
                "id": "PR17", "state": "attention", "confidence": "observed",
                "summary": "2 rollouts: 1 Paused, 1 Healthy; 1 needs a human",
                "owners": ["Platform", "Release/QA"], "updatedAt": at(0).to_string(), "errors": [],
            })
        );
        assert_eq!(
            rows[0],
            json!({
                "id": "PR11", "state": "unknown", "confidence": "unknown", "summary": "signature policies: not watched",
                "owners": ["Platform"], "updatedAt": null, "errors": [],
            })
        );
        assert_eq!(rows[8]["owners"], json!(["CI/Supply chain", "FinOps"]));
        assert_eq!(answer.json["cutover"]["steps"].as_array().unwrap().len(), 6);
        assert_eq!(answer.json["hazards"].as_array().unwrap().len(), 9);
        assert_eq!(answer.exit, ExitCode::Ok);
    }

    #[test]
    fn the_exit_code_speaks_for_what_is_watched() {
        let exit = |rollouts, now| status(&of(rollouts), at(now)).exit;
        assert_eq!(exit(vec![sample::rollout("web")], 5), ExitCode::Ok);
        assert_eq!(exit(vec![sample::aborted("web")], 5), ExitCode::Negative);
        assert_eq!(exit(vec![sample::aborted("web")], 60), ExitCode::Negative, "bad when last seen");
        assert_eq!(exit(vec![sample::rollout("web")], 60), ExitCode::Unknown);
        assert_eq!(status(&Model::default(), at(0)).exit, ExitCode::Unknown);
    }

    #[test]
    fn what_cannot_be_seen_is_not_ok() {
        let state = |model: &Model, now| {
            let json = status(model, at(now)).json;
            (
                json["rows"][6]["state"].as_str().unwrap().to_owned(),
                json["rows"][6]["summary"].as_str().unwrap().to_owned(),
            )
        };
        let healthy = of(vec![sample::rollout("web")]);
        assert_eq!(state(&healthy, 5), ("ok".into(), "1 rollout: 1 Healthy".into()));
        assert_eq!(state(&healthy, 60), ("unknown".into(), "1 rollout: 1 Healthy; stale".into()));
        assert_eq!(state(&of(vec![]), 5), ("unknown".into(), "no Rollouts".into()));
        assert_eq!(state(&Model::default(), 5), ("unknown".into(), "rollouts and analysis: not watched".into()));
    }
}
