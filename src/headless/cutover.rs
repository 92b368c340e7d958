//! The cutover's six steps and the hazards between rows, each with what is known of it.
//!
//! A step or hazard whose sources are not watched says so: silence would read as all clear.

use serde::Serialize;

use crate::release::analysis::AnalysisPhase;
use crate::release::attention::Severity;
use crate::release::model::Model;

/// The checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cutover {
    pub state: Severity,
    pub steps: Vec<Gate>,
}

/// One step: a predicate with its evidence, never a checkbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gate {
    pub step: usize,
    pub name: &'static str,
    pub state: Severity,
    pub evidence: String,
}

/// A cause in one row with its effect in another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hazard {
    pub id: &'static str,
    pub state: Severity,
    pub cause: &'static str,
    pub effect: &'static str,
    pub evidence: String,
}

const STEPS: [&str; 6] =
    ["Install in audit", "Signatures and provenance", "Enforce", "Analysis", "Schedules", "Budget"];

const HAZARDS: [(&str, &str, &str); 9] = [
    ("scrape-denied", "PR15 denies scraping", "PR17 has no data: errors abort healthy releases"),
    ("dns-denied", "PR15 denies DNS", "rollout pods never become ready"),
    ("digest-added", "PR11 adds the digest to an image", "PR13's rule against :latest passes silently"),
    ("seccomp-missing", "PR13 does not ask for seccomp", "PR14 refuses pods that the policies call clean"),
    ("hpa-on-deployment", "PR16's HPA targets a Deployment", "no autoscaling during a canary of PR17"),
    ("bundle-format", "PR12 signs bundles, PR11 expects legacy", "all new images are refused after the flip"),
    ("policy-deleted", "PR11's ClusterImagePolicy is deleted", "no-match-policy refuses everything opted in"),
    (
        "green-gates",
        "PR18 without thresholds, PR19 without baseline, PR20 with the wrapper",
        "three gates always green",
    ),
    ("admission-down", "an admission controller is down and fails closed", "an abort cannot create stable pods"),
];

/// The checklist as far as it is watched: so far only the analyses of step 4.
pub fn cutover(model: &Model) -> Cutover {
    let steps = STEPS.iter().enumerate().map(|(index, name)| {
        let step = index + 1;
        let evidence = if step == 4 { analyses(model) } else { "not watched".to_owned() };
        // Step 4 also wants the template lint, data for the canary and the smoke test: not enough for ok.
        Gate { step, name, state: Severity::Unknown, evidence }
    });
    Cutover { state: Severity::Unknown, steps: steps.collect() }
}

/// Every hazard; none has a detector yet.
pub fn hazards() -> Vec<Hazard> {
    let hazards = HAZARDS.into_iter().map(|(id, cause, effect)| Hazard {
        id,
        state: Severity::Unknown,
        cause,
        effect,
        evidence: "not watched".to_owned(),
    });
    hazards.collect()
}

fn analyses(model: &Model) -> String {
    let is_proof = |run: &&crate::release::analysis::AnalysisRun| {
        run.phase == AnalysisPhase::Successful && run.results.iter().any(|result| result.successful > 0)
    };
    let proven = model.runs.iter().filter(is_proof).count();
    format!("{proven} AnalysisRuns Successful with measurements; lint, canary data and smoke test not watched")
}
