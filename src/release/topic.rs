//! What of a repository is looked at together, and what its workflows are there for.

use serde::{Deserialize, Serialize};

/// What is looked at together, and as often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// The repository itself, open pull requests, those merged lately, the last release.
    Pulls,
    /// The pull requests of preview namespaces, and the teardown workflow.
    Previews,
    Drift,
    Cost,
    Smoke,
    /// The flags file, its history, and the promote workflow.
    Flags,
}

impl Topic {
    /// All of them, what the others rest on first.
    pub const ALL: [Topic; 6] = [Topic::Pulls, Topic::Previews, Topic::Flags, Topic::Drift, Topic::Smoke, Topic::Cost];

    /// The word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Topic::Pulls => "pull requests",
            Topic::Previews => "previews",
            Topic::Drift => "drift",
            Topic::Cost => "cost",
            Topic::Smoke => "smoke",
            Topic::Flags => "flags",
        }
    }
}

/// What a workflow is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duty {
    /// `infra-drift.yml`
    Drift,
    /// `infra-plan.yml`, with the budget's gate.
    Plan,
    /// `verify-release.yml`
    Smoke,
    /// `preview-teardown.yml`
    Teardown,
    /// `flags-promote.yml`
    Promote,
}

impl Duty {
    /// All of them.
    pub const ALL: [Duty; 5] = [Duty::Drift, Duty::Plan, Duty::Smoke, Duty::Teardown, Duty::Promote];

    /// With what it is looked at.
    pub fn topic(self) -> Topic {
        match self {
            Duty::Drift => Topic::Drift,
            Duty::Plan => Topic::Cost,
            Duty::Smoke => Topic::Smoke,
            Duty::Teardown => Topic::Previews,
            Duty::Promote => Topic::Flags,
        }
    }
}
