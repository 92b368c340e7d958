//! How a story tells of a repository.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::Deserialize;
use serde_json::{Value, json};

use super::GitHub;
use super::repo::{Artifact, Commit, Repo, Run, Workflow, sha};

/// A repository as it stands in a story.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::sim) struct Script {
    /// `owner/name`
    repository: String,
    /// Whether the default branch takes changes through pull requests only.
    #[serde(default)]
    protected: bool,
    /// Types of the rules that rulesets set up for the default branch, such as `pull_request`.
    #[serde(default)]
    rules: Vec<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    release: Option<Release>,
    #[serde(default)]
    pulls: Vec<Pull>,
    #[serde(default)]
    workflows: Vec<WorkflowScript>,
    /// On the default branch, by path.
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    commits: Vec<CommitScript>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    tag: String,
    published: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pull {
    number: u64,
    title: String,
    user: Option<String>,
    branch: String,
    /// `owner/name` of a fork.
    fork: Option<String>,
    created: String,
    updated: String,
    merged: Option<String>,
    closed: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkflowScript {
    file: String,
    name: String,
    #[serde(default = "active")]
    state: String,
    #[serde(default)]
    runs: Vec<RunScript>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunScript {
    event: String,
    #[serde(default = "completed")]
    status: String,
    conclusion: Option<String>,
    created: String,
    /// The branch, whose pull request gives the head.
    #[serde(default = "main")]
    branch: String,
    actor: Option<String>,
    #[serde(default)]
    jobs: Vec<Value>,
    #[serde(default)]
    artifacts: Vec<ArtifactScript>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArtifactScript {
    name: String,
    file: String,
    content: Value,
    #[serde(default)]
    expired: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommitScript {
    path: String,
    message: String,
    author: String,
    at: String,
}

fn active() -> String {
    "active".to_owned()
}

fn completed() -> String {
    "completed".to_owned()
}

fn main() -> String {
    "main".to_owned()
}

impl GitHub {
    /// Takes a repository in, as a story tells of it; its times are real ones already.
    pub(in crate::sim) fn enter(&mut self, script: Value) -> anyhow::Result<()> {
        let script: Script =
            serde_json::from_value(script).context("what is said of GitHub is not what it looks like")?;
        let mut repo = Repo::new(&script.repository, script.protected);
        repo.rules = script.rules;
        repo.variables = script.variables;
        repo.release = script.release.map(|release| (release.tag, release.published));
        repo.pulls = script.pulls.iter().map(|pull| pull.value(&script.repository)).collect();
        for commit in script.commits {
            let CommitScript { path, message, author, at } = commit;
            let sha = sha(format!("{path}{message}{at}").as_bytes());
            let files = script.files.clone();
            repo.commits.push(Commit { sha, branch: main(), path, message, author, at, files });
        }
        repo.branches.insert(main(), script.files);
        for workflow in script.workflows {
            self.workflow(&mut repo, workflow);
        }
        self.repos.insert(script.repository, repo);
        Ok(())
    }

    fn workflow(&mut self, repo: &mut Repo, script: WorkflowScript) {
        self.last_id += 1;
        let workflow = self.last_id + 4400;
        repo.workflows.push(Workflow { id: workflow, file: script.file, name: script.name, state: script.state });
        for (number, run) in (1..).zip(script.runs) {
            self.last_id += 1;
            let id = self.last_id + 17_000_000_000;
            let head = repo.head(&run.branch);
            for artifact in run.artifacts {
                self.last_id += 1;
                repo.artifacts.push(Artifact {
                    id: self.last_id + 9_000_000,
                    run: id,
                    name: artifact.name,
                    file: artifact.file,
                    content: artifact.content.to_string(),
                    expired: artifact.expired,
                    created: run.created.clone(),
                });
            }
            repo.runs.push(Run {
                id,
                workflow,
                number,
                event: run.event,
                status: run.status,
                conclusion: run.conclusion,
                created: run.created,
                branch: run.branch,
                head,
                actor: run.actor,
                jobs: run.jobs,
                begun: None,
            });
        }
    }
}

impl Pull {
    fn value(&self, repository: &str) -> Value {
        let is_closed = self.merged.is_some() || self.closed.is_some();
        let head = self.fork.as_deref().unwrap_or(repository);
        json!({
            "number": self.number, "title": self.title, "draft": false,
            "state": if is_closed { "closed" } else { "open" },
            "user": self.user.as_ref().map(|login| json!({"login": login})),
            "created_at": self.created, "updated_at": self.updated,
            "merged_at": self.merged, "closed_at": self.merged.as_ref().or(self.closed.as_ref()),
            "head": {"ref": self.branch, "sha": sha(self.branch.as_bytes()), "repo": {"full_name": head}},
            "base": {"ref": "main", "sha": sha(b"main"), "repo": {"full_name": repository}},
        })
    }
}
