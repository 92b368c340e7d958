//! The report of Infracost's 0.10 CLI (`version: "0.2"`, camel case): totals, projects and whether there was a baseline.

use rust_decimal::Decimal;

use super::cost::{self, Cost, DeltaSource};
use super::json::{Fields, Json};

/// Reads the root object. The error names a version that this reader does not know.
pub fn read(root: &Fields) -> Result<Cost, String> {
    let version = root.get("version").words().unwrap_or_else(|| "0.2".to_owned());
    if !version.starts_with("0.") {
        return Err(format!("is an Infracost report of version {version}; known are 0.x and CLI 2.x"));
    }
    let projects: Vec<Project> = root.get("projects").items().into_iter().map(Project::read).collect();
    let no_list = cost::no_list(root, "projects").map(|fault| format!("the report: {fault}"));
    let total = root.get("totalMonthlyCost").decimal().or_else(|| sum(&projects, |project| project.total));
    let past = root.get("pastTotalMonthlyCost").decimal().or_else(|| sum(&projects, |project| project.past));
    let written = root.get("diffTotalMonthlyCost");
    let (delta, delta_source) = match written.decimal() {
        Some(delta) => (Some(delta), DeltaSource::Root),
        // The projects stand in for a total that is not there, never for one that cannot be read.
        None if written.is_present() => (None, DeltaSource::None),
        None => (sum(&projects, |project| project.delta), DeltaSource::Projects),
    };
    let no_amount = (written.is_present() && delta_source == DeltaSource::None)
        .then(|| "the report: diffTotalMonthlyCost is no amount".to_owned());
    let faults = no_list.into_iter().chain(no_amount);
    let command = root.get("metadata").get("infracostCommand").text();
    // Older releases wrote the command into each project.
    let command = command.or_else(|| projects.iter().find_map(|project| project.command.clone()));
    let no_delta = no_baseline(command.as_deref(), &projects, delta);
    let delta = delta.filter(|_| no_delta.is_none());
    Ok(Cost {
        schema: version,
        currency: root.get("currency").words(),
        total,
        past,
        delta,
        delta_source: if delta.is_some() { delta_source } else { DeltaSource::None },
        no_delta,
        unpriced: unpriced(root.get("summary")).or_else(|| projects.iter().map(|project| project.unpriced).sum()),
        errors: faults.chain(projects.into_iter().flat_map(|project| project.errors)).collect(),
        tripped: Vec::new(),
    })
}

/// `projects[]`, only what the verdict needs.
struct Project {
    /// `metadata.type`.
    kind: Option<String>,
    /// `metadata.infracostCommand`.
    command: Option<String>,
    total: Option<Decimal>,
    past: Option<Decimal>,
    delta: Option<Decimal>,
    errors: Vec<String>,
    unpriced: Option<u64>,
}

impl Project {
    fn read(project: Json) -> Self {
        let is_project = project.is_object();
        let project = project.fields();
        let name = project.get("name").words().unwrap_or_else(|| "unnamed project".to_owned());
        let metadata = project.get("metadata").fields();
        let monthly = |part: &str| project.get(part).get("totalMonthlyCost").decimal();
        Project {
            kind: metadata.get("type").text(),
            command: metadata.get("infracostCommand").text(),
            total: monthly("breakdown"),
            past: monthly("pastBreakdown"),
            delta: monthly("diff"),
            errors: if is_project { errors(&name, &project) } else { vec![format!("{name}: in an unknown form")] },
            unpriced: unpriced(project.get("summary")),
        }
    }

    /// Whether the project itself knows its past: a Terraform plan does, a directory of HCL does not.
    fn knows_its_past(&self) -> bool {
        let kind = self.kind.as_deref();
        matches!(kind, Some("terraform_plan_json" | "terraform_plan_binary" | "terraform_cli" | "terragrunt_cli"))
    }
}

/// One sentence for each error; something in an unknown form is one error too.
fn errors(name: &str, project: &Fields) -> Vec<String> {
    if project.has_any(&["metadata"]) && !project.get("metadata").is_object() {
        return vec![format!("{name}: metadata in an unknown form")];
    }
    let metadata = project.get("metadata").fields();
    // A comparison lists the errors of either side, and merges them into the first.
    let is_merged = metadata.get("errors").is_present();
    let lists: &[&str] = if is_merged { &["errors"] } else { &["currentErrors", "pastErrors"] };
    lists.iter().flat_map(|list| sentences(name, list, &metadata)).collect()
}

/// What a list of errors says. It is left out where there are none.
fn sentences(name: &str, list: &str, metadata: &Fields) -> Vec<String> {
    if let Some(fault) = cost::no_list(metadata, list) {
        return vec![format!("{name}: {fault}")];
    }
    let sentence = |error: Json| {
        let fields = error.fields();
        let message =
            fields.get("message").words().or_else(|| error.words()).unwrap_or_else(|| "no message".to_owned());
        match fields.get("code").count() {
            Some(code) => format!("{name}: {message} (code {code})"),
            None => format!("{name}: {message}"),
        }
    };
    metadata.get(list).items().into_iter().map(sentence).collect()
}

/// Why the delta, though it may be written there, is none.
///
/// `infracost breakdown` of a directory copies what is to what was: its difference is always 0, a gate always green. Where
/// no command is named, a difference of 0 may be that one; any other was compared with something, if only with nothing.
fn no_baseline(command: Option<&str>, projects: &[Project], delta: Option<Decimal>) -> Option<String> {
    let Some(delta) = delta else {
        return Some("no baseline: neither the report nor all of its projects have a difference".to_owned());
    };
    if !projects.is_empty() && projects.iter().all(Project::knows_its_past) {
        return None;
    }
    match command {
        Some("diff") if projects.is_empty() && delta.is_zero() => Some("the report has no projects".to_owned()),
        Some("diff") => None,
        Some("breakdown") => Some(
            "no baseline: `infracost breakdown` of a directory compares it with itself; use `infracost diff`"
                .to_owned(),
        ),
        _ if !delta.is_zero() => None,
        _ => Some("no baseline that can be told: the report names no diff command".to_owned()),
    }
}

/// The sum over all projects, or nothing where one of them is missing: half a sum looks like good news.
fn sum(projects: &[Project], amount: impl Fn(&Project) -> Option<Decimal>) -> Option<Decimal> {
    if projects.is_empty() {
        return None;
    }
    projects.iter().try_fold(Decimal::ZERO, |sum, project| sum.checked_add(amount(project)?))
}

/// Resources without support and without price.
fn unpriced(summary: Json) -> Option<u64> {
    let summary = summary.fields();
    let count = |name| summary.get(name).count();
    match (count("totalUnsupportedResources"), count("totalNoPriceResources")) {
        (None, None) => None,
        (unsupported, no_price) => Some(unsupported.unwrap_or(0).saturating_add(no_price.unwrap_or(0))),
    }
}
