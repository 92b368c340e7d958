//! What is certainly wrong with analysis templates and Rollouts, before the cluster finds out at night.
//!
//! Only what holds whatever the cluster answers is a finding. What cannot be read (a condition beyond the small grammar,
//! a limit that is an argument) is passed over: an alarm that is wrong once is not believed again.

mod rollout;
mod template;
mod yaml;

use serde::Serialize;
use serde_json::Value;

use super::attention::Severity;
use template::Template;

/// A manifest with the name of the file it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub file: String,
    pub value: Value,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule, such as `scalar-on-vector`.
    pub id: &'static str,
    /// The row of the release plan that it belongs to.
    pub row: &'static str,
    /// `ok` is advice: it does not fail the lint.
    pub severity: Severity,
    pub file: String,
    /// `Kind/name`.
    pub object: String,
    /// What is wrong and what comes of it.
    pub message: String,
    pub fix: String,
}

/// What a lint comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LintVerdict {
    Pass,
    Fail,
    /// There was nothing to look at.
    Unknown,
}

/// All findings and how many objects they were looked for in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lint {
    pub verdict: LintVerdict,
    pub findings: Vec<Finding>,
}

/// Looks through AnalysisTemplates, ClusterAnalysisTemplates and AnalysisRuns, and at how Rollouts use them.
pub fn analysis(documents: &[Document]) -> Lint {
    let templates = templates(documents);
    let mut findings: Vec<_> = templates.iter().flat_map(Template::findings).collect();
    let rollouts = rollout_documents(documents);
    findings.extend(rollouts.iter().flat_map(|document| rollout::analysis_findings(document, &templates)));
    Lint::of(templates.len() + rollouts.len(), findings)
}

/// Looks through Rollouts, and at the templates they use where these are among the documents.
pub fn rollouts(documents: &[Document]) -> Lint {
    let templates = templates(documents);
    let rollouts = rollout_documents(documents);
    let of_one = |document: &&Document| {
        let mut findings = rollout::findings(document);
        findings.extend(rollout::analysis_findings(document, &templates));
        findings
    };
    Lint::of(rollouts.len(), rollouts.iter().flat_map(of_one).collect())
}

impl Lint {
    fn of(looked_at: usize, mut findings: Vec<Finding>) -> Lint {
        findings.sort_by(|a, b| (&a.file, &a.object, b.severity).cmp(&(&b.file, &b.object, a.severity)));
        let verdict = match () {
            _ if findings.iter().any(|finding| finding.severity > Severity::Ok) => LintVerdict::Fail,
            _ if looked_at == 0 => LintVerdict::Unknown,
            _ => LintVerdict::Pass,
        };
        Lint { verdict, findings }
    }
}

fn templates(documents: &[Document]) -> Vec<Template<'_>> {
    documents.iter().filter_map(Template::of).collect()
}

fn rollout_documents(documents: &[Document]) -> Vec<&Document> {
    documents.iter().filter(|document| document.is_kind("Rollout")).collect()
}

impl Document {
    fn is_kind(&self, kind: &str) -> bool {
        let is_argo = yaml::text(&self.value, "apiVersion").is_some_and(|version| version.starts_with("argoproj.io/"));
        is_argo && yaml::text(&self.value, "kind") == Some(kind)
    }

    fn finding(&self, id: &'static str, severity: Severity, message: String, fix: &str) -> Finding {
        let kind = yaml::text(&self.value, "kind").unwrap_or("?");
        let metadata = self.value.get("metadata").unwrap_or(&Value::Null);
        let name = yaml::text(metadata, "name").or_else(|| yaml::text(metadata, "generateName")).unwrap_or("?");
        Finding {
            id,
            row: "PR17",
            severity,
            file: self.file.clone(),
            object: format!("{kind}/{name}"),
            message,
            fix: fix.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
