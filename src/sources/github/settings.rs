//! Which repository, where its API is, whose token is shown to it, and what the files in it are called.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use rust_decimal::Decimal;

use crate::release::repository::{Duty, Topic};

/// GitHub's own API. GitHub Enterprise Server's is `https://HOST/api/v3`.
pub const PUBLIC_API: &str = "https://api.github.com";

/// `owner/name` of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slug {
    pub owner: String,
    pub name: String,
}

/// How to reach a repository, from the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    pub repository: Slug,
    /// The base of the API, without a user or password.
    pub url: String,
    pub credentials: Credentials,
    /// Of the flags file and of dispatches; None: the repository's default branch.
    pub branch: Option<String>,
    pub files: Files,
    /// What is looked at, and nothing else.
    pub topics: Vec<Topic>,
    /// How much of each is read.
    pub extent: Extent,
    /// Globs of Terraform addresses whose drift is known and harmless.
    pub noise: Vec<String>,
    /// Guardrails of flags that are met, although no flag of the file says so.
    pub guardrails_met: Vec<String>,
    /// The budget where the repository's variable does not say it.
    pub limit: Option<Decimal>,
    /// Certificates (PEM) to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Longest wait for an answer; 15 s when absent.
    pub timeout: Option<Duration>,
}

/// How much of a topic is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// All that is shown.
    #[default]
    Whole,
    /// What a change rests on and what shows its effect: of the workflows that one, and nothing out of artifacts. What a
    /// change does not rest on must not be in its way.
    Bare(Option<Duty>),
}

impl Extent {
    /// Whether that workflow is read.
    pub fn has(self, duty: Duty) -> bool {
        matches!(self, Extent::Whole) || self == Extent::Bare(Some(duty))
    }
}

/// Where the token comes from. It is read again whenever GitHub refuses the one at hand, since tokens rotate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// None is sent.
    None,
    /// A file that holds it.
    File(PathBuf),
    /// It is made out to a GitHub App for an hour at a time.
    App(App),
    /// `GITHUB_TOKEN`, else what `gh auth login` left behind.
    #[default]
    Environment,
}

/// A GitHub App that is installed on the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its client ID or its App ID.
    pub id: String,
    /// Its private key, as PEM.
    pub key_file: PathBuf,
}

/// Names of files, workflows and artifacts. Artifacts are globs (`*`, `?`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
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
    /// The folder of the Terraform configuration that the drift run plans.
    pub infra: String,
}

impl Default for Files {
    fn default() -> Self {
        Files {
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
            infra: "infra".to_owned(),
        }
    }
}

impl Files {
    /// The file name of the workflow of that duty.
    pub fn workflow(&self, duty: Duty) -> &str {
        match duty {
            Duty::Drift => &self.drift_workflow,
            Duty::Plan => &self.plan_workflow,
            Duty::Smoke => &self.smoke_workflow,
            Duty::Teardown => &self.teardown_workflow,
            Duty::Promote => &self.promote_workflow,
        }
    }
}

impl Settings {
    /// That repository on github.com, with everything else at its default.
    pub fn new(repository: Slug) -> Self {
        Settings {
            repository,
            url: PUBLIC_API.to_owned(),
            credentials: Credentials::default(),
            branch: None,
            files: Files::default(),
            topics: Topic::ALL.to_vec(),
            extent: Extent::Whole,
            noise: Vec::new(),
            guardrails_met: Vec::new(),
            limit: None,
            ca_file: None,
            timeout: None,
        }
    }

    /// Longest wait for an answer.
    pub fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(Duration::from_secs(15))
    }
}

impl Slug {
    /// Reads `owner/name`. The error says what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "must be OWNER/NAME, as in the repository's address".to_owned();
        let (owner, name) = text.trim().split_once('/').ok_or_else(wrong)?;
        let is_plain = |part: &str| {
            let inner = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            inner && (1..=100).contains(&part.len()) && part.bytes().any(|byte| byte != b'.')
        };
        if !is_plain(owner) || !is_plain(name) {
            return Err(wrong());
        }
        Ok(Slug { owner: owner.to_owned(), name: name.to_owned() })
    }

    /// `/repos/OWNER/NAME`; nothing in it needs escaping.
    pub fn path(&self) -> String {
        format!("/repos/{self}")
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.owner, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_has_two_plain_parts() {
        assert_eq!(Slug::parse(" acme/shop.js ").unwrap().path(), "/repos/acme/shop.js");
        for wrong in ["acme", "acme/", "/shop", "acme/shop/x", "acme/../x", "acme/..", "a b/c", "acme/shop?x", ""] {
            assert!(Slug::parse(wrong).is_err(), "{wrong}");
        }
    }
}
