//! The report of Infracost's CLI 2.x (snake case): a scan with its diagnostics and the verdicts of Infracost's own service.

use super::cost::{Cost, DeltaSource, no_list};
use super::json::{Fields, Json};

/// Where the service's verdicts stand: the list, its flag, its name, what it means, and how many the summary counts.
const VERDICTS: [[&str; 5]; 2] = [
    ["guardrail_results", "triggered", "guardrail_name", "(guardrail) is triggered", "triggered_guardrails"],
    ["budget_results", "over_budget", "budget_name", "(budget) is overrun", "over_budget"],
];

/// A scan has a total and no baseline; only `scan --diff` (flat, no projects) has a delta.
pub fn read(fields: &Fields) -> Cost {
    let projects = fields.get("projects").items();
    let total = fields.get("total_monthly_cost").decimal();
    let delta = fields.get("diff_total_monthly_cost").decimal();
    let mut errors: Vec<String> = projects.iter().flat_map(|project| stopped(*project)).collect();
    errors.extend(no_list(fields, "projects").map(|fault| format!("the report: {fault}")));
    let mut tripped = Vec::new();
    for verdict in VERDICTS {
        judge(fields, verdict, &mut tripped, &mut errors);
    }
    Cost {
        schema: "2.x".to_owned(),
        currency: fields.get("currency").words(),
        total: total.or_else(|| fields.get("summary").get("total_monthly_cost").decimal()),
        past: fields.get("past_total_monthly_cost").decimal(),
        delta,
        delta_source: if delta.is_some() { DeltaSource::Root } else { DeltaSource::None },
        no_delta: delta
            .is_none()
            .then(|| "no baseline: a scan of CLI 2.x reports a total and no difference".to_owned()),
        errors,
        unpriced: fields
            .get("projects")
            .is_list()
            .then(|| projects.iter().map(|project| unsupported(*project)).sum::<Option<u64>>())
            .flatten(),
        tripped,
    }
}

/// Sentences of the diagnostics that stopped a project. A severity of no known word counts as one that did.
fn stopped(project: Json) -> Vec<String> {
    let is_project = project.is_object();
    let project = project.fields();
    let name = project.get("project_name").words().unwrap_or_else(|| "unnamed project".to_owned());
    let fault = if is_project { no_list(&project, "diagnostics") } else { Some("in an unknown form".to_owned()) };
    let stops = |diagnostic: &Fields| !matches!(diagnostic.get("severity").text().as_deref(), Some("info" | "warning"));
    let diagnostics: Vec<Fields> = project.get("diagnostics").items().into_iter().map(Json::fields).collect();
    let message = |diagnostic: &Fields| diagnostic.get("message").words().unwrap_or_else(|| "no message".to_owned());
    let messages = diagnostics.iter().filter(|diagnostic| stops(diagnostic)).map(message);
    fault.into_iter().chain(messages).map(|message| format!("{name}: {message}")).collect()
}

/// Resources of a project that say of themselves that they are not supported. None as soon as one does not say.
fn unsupported(project: Json) -> Option<u64> {
    let resources = project.get("resources");
    if !resources.is_list() {
        return None;
    }
    resources.items().into_iter().map(|resource| Some(u64::from(!resource.get("is_supported").flag()?))).sum()
}

/// What the service itself found broken, and what of its verdicts cannot be read.
fn judge(fields: &Fields, verdict: [&str; 5], tripped: &mut Vec<String>, errors: &mut Vec<String>) {
    let [list, flag, name, sentence, counted] = verdict;
    errors.extend(no_list(fields, list).map(|fault| format!("the report: {fault}")));
    let before = tripped.len();
    for item in fields.get(list).items() {
        let item = item.fields();
        let named = item.get(name).words().unwrap_or_else(|| "(no name)".to_owned());
        match item.get(flag).flag() {
            Some(true) => tripped.push(format!("{named} {sentence}")),
            Some(false) => {}
            None => errors.push(format!("{named}: {flag} is neither true nor false")),
        }
    }
    // The summary counts what the list may leave out.
    let count = fields.get("summary").get(counted).count().unwrap_or(0);
    if count > 0 && tripped.len() == before {
        tripped.push(format!("{count} {sentence}"));
    }
}
