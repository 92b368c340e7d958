//! The repository on GitHub, and what the files in it are called. The token stays in its file.

use std::path::PathBuf;

use jiff::SignedDuration;
use rust_decimal::Decimal;

/// Which repository, where its API is, and the names of what is read there.
#[derive(Clone, Debug, PartialEq)]
pub struct GitHub {
    /// `owner/name`; without it GitHub is not asked at all.
    pub repository: Option<String>,
    /// The base of the API; GitHub's own when absent.
    pub url: Option<String>,
    /// A file that holds the token; without it `GITHUB_TOKEN`, then what gh has.
    pub token_file: Option<PathBuf>,
    /// Asked as this app, instead of with a token of a person.
    pub app: Option<GitHubApp>,
    pub ca_file: Option<PathBuf>,
    pub timeout: SignedDuration,
    /// Of the flags file; the default branch when absent.
    pub branch: Option<String>,
    /// A flags file on this machine, read instead of the one on GitHub.
    pub flags_checkout: Option<PathBuf>,
    pub drift_workflow: String,
    pub plan_workflow: String,
    pub smoke_workflow: String,
    pub teardown_workflow: String,
    pub promote_workflow: String,
    pub drift_artifact: String,
    pub cost_artifact: String,
    pub smoke_artifact: String,
    pub flags: String,
    pub limit_variable: String,
    /// The budget where that variable does not say it.
    pub limit: Option<Decimal>,
    /// The folder of the Terraform configuration.
    pub infra: String,
    /// Guardrails of flags that are met, although no flag of the file says so.
    pub guardrails_met: Vec<String>,
    /// Globs of addresses whose drift is harmless.
    pub drift_noise: Vec<String>,
}

/// A GitHub App that is installed on the repository. What is missing or wrong is empty: then GitHub is not asked.
#[derive(Clone, Debug, PartialEq)]
pub struct GitHubApp {
    /// Its client ID or its App ID.
    pub id: String,
    /// Its private key, as PEM.
    pub key_file: PathBuf,
}

impl Default for GitHub {
    fn default() -> GitHub {
        GitHub {
            repository: None,
            url: None,
            token_file: None,
            app: None,
            ca_file: None,
            timeout: SignedDuration::from_secs(15),
            branch: None,
            flags_checkout: None,
            drift_workflow: "infra-drift.yml".to_owned(),
            plan_workflow: "infra-plan.yml".to_owned(),
            smoke_workflow: "verify-release.yml".to_owned(),
            teardown_workflow: "preview-teardown.yml".to_owned(),
            promote_workflow: "flags-promote.yml".to_owned(),
            drift_artifact: "*plan*".to_owned(),
            cost_artifact: "*infracost*".to_owned(),
            smoke_artifact: "*k6*".to_owned(),
            flags: "feature-flags/flags.yaml".to_owned(),
            limit_variable: "INFRACOST_LIMIT".to_owned(),
            limit: None,
            infra: "infra".to_owned(),
            guardrails_met: Vec::new(),
            drift_noise: Vec::new(),
        }
    }
}

impl GitHub {
    /// What is called that: a workflow, an artifact, a file, a folder or a variable.
    pub(super) fn name(&mut self, option: &str) -> &mut String {
        match option {
            "drift_workflow" => &mut self.drift_workflow,
            "plan_workflow" => &mut self.plan_workflow,
            "smoke_workflow" => &mut self.smoke_workflow,
            "teardown_workflow" => &mut self.teardown_workflow,
            "promote_workflow" => &mut self.promote_workflow,
            "drift_artifact" => &mut self.drift_artifact,
            "cost_artifact" => &mut self.cost_artifact,
            "smoke_artifact" => &mut self.smoke_artifact,
            "flags" => &mut self.flags,
            "infra" => &mut self.infra,
            _ => &mut self.limit_variable,
        }
    }
}
