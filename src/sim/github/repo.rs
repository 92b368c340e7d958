//! One repository: its branches with their files, its pull requests, workflows, runs and artifacts.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::sim::value::stamp;

pub(super) const DEFAULT_BRANCH: &str = "main";
/// How long a run that was dispatched waits, and how long it takes with that.
const QUEUED_FOR: SignedDuration = SignedDuration::from_secs(3);
const DONE_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// A repository.
#[derive(Debug)]
pub(in crate::sim) struct Repo {
    pub(super) full_name: String,
    /// The default branch is protected the classic way.
    pub(super) is_protected: bool,
    /// Types of the rules that rulesets set up for the default branch.
    pub(super) rules: Vec<String>,
    /// Files by path, by branch.
    pub(super) branches: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) commits: Vec<Commit>,
    pub(super) pulls: Vec<Value>,
    pub(super) workflows: Vec<Workflow>,
    pub(super) runs: Vec<Run>,
    pub(super) artifacts: Vec<Artifact>,
    pub(super) variables: BTreeMap<String, String>,
    /// Tag and time.
    pub(super) release: Option<(String, String)>,
}

#[derive(Clone, Debug)]
pub(super) struct Commit {
    pub(super) sha: String,
    pub(super) branch: String,
    pub(super) path: String,
    pub(super) message: String,
    pub(super) author: String,
    pub(super) at: String,
    /// The whole branch after it: what a branch that begins here has.
    pub(super) files: BTreeMap<String, String>,
}

#[derive(Debug)]
pub(super) struct Workflow {
    pub(super) id: u64,
    pub(super) file: String,
    pub(super) name: String,
    pub(super) state: String,
}

#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) id: u64,
    pub(super) workflow: u64,
    pub(super) number: u64,
    pub(super) event: String,
    pub(super) status: String,
    pub(super) conclusion: Option<String>,
    pub(super) created: String,
    pub(super) branch: String,
    pub(super) head: String,
    pub(super) actor: Option<String>,
    pub(super) jobs: Vec<Value>,
    /// When it was dispatched; None for a run of the story.
    pub(super) begun: Option<Timestamp>,
}

#[derive(Clone, Debug)]
pub(super) struct Artifact {
    pub(super) id: u64,
    pub(super) run: u64,
    pub(super) name: String,
    pub(super) file: String,
    pub(super) content: String,
    pub(super) expired: bool,
    pub(super) created: String,
}

/// A name for content: forty hexadecimal digits.
pub(super) fn sha(content: &[u8]) -> String {
    Sha256::digest(content).iter().take(20).map(|byte| format!("{byte:02x}")).collect()
}

impl Repo {
    pub(super) fn new(full_name: &str, is_protected: bool) -> Self {
        Repo {
            full_name: full_name.to_owned(),
            is_protected,
            rules: Vec::new(),
            branches: BTreeMap::new(),
            commits: Vec::new(),
            pulls: Vec::new(),
            workflows: Vec::new(),
            runs: Vec::new(),
            artifacts: Vec::new(),
            variables: BTreeMap::new(),
            release: None,
        }
    }

    /// Lets the runs that were dispatched get on.
    pub(super) fn settle(&mut self, now: Timestamp) {
        for run in &mut self.runs {
            let Some(begun) = run.begun else { continue };
            let passed = now.duration_since(begun);
            (run.status, run.conclusion) = match passed {
                _ if passed < QUEUED_FOR => ("queued".to_owned(), None),
                _ if passed < DONE_AFTER => ("in_progress".to_owned(), None),
                _ => ("completed".to_owned(), Some("success".to_owned())),
            };
        }
    }

    /// The newest commit of a branch: the last one that touched it, else one made of its name.
    pub(super) fn head(&self, branch: &str) -> String {
        let last = self.commits.iter().filter(|commit| commit.branch == branch).max_by(|a, b| a.at.cmp(&b.at));
        last.map_or_else(|| sha(branch.as_bytes()), |commit| commit.sha.clone())
    }

    /// What a branch held at that commit.
    pub(super) fn at(&self, commit: &str) -> Option<BTreeMap<String, String>> {
        let recorded = self.commits.iter().find(|it| it.sha == commit).map(|it| it.files.clone());
        // A branch on which nothing was committed yet has a head that no commit made.
        recorded.or_else(|| self.branches.iter().find(|(name, _)| self.head(name) == commit).map(|(_, it)| it.clone()))
    }

    /// Whether changes come to that branch through pull requests only, and how GitHub says so.
    pub(super) fn refusal(&self, branch: &str) -> Option<&'static str> {
        match branch {
            DEFAULT_BRANCH if self.rules.iter().any(|rule| rule == "pull_request") => {
                Some("Repository rule violations found\n\nChanges must be made through a pull request.\n\n")
            }
            DEFAULT_BRANCH if self.is_protected => {
                Some("Could not update file: Changes must be made through a pull request.")
            }
            _ => None,
        }
    }

    /// Puts a file onto a branch, as a commit; returns its sha.
    pub(super) fn commit(
        &mut self,
        branch: &str,
        path: &str,
        text: &str,
        message: &str,
        author: &str,
        now: Timestamp,
    ) -> String {
        let files = self.branches.entry(branch.to_owned()).or_default();
        files.insert(path.to_owned(), text.to_owned());
        let files = files.clone();
        let sha = sha(format!("{branch}{path}{message}{text}{now}").as_bytes());
        self.commits.push(Commit {
            sha: sha.clone(),
            branch: branch.to_owned(),
            path: path.to_owned(),
            message: message.to_owned(),
            author: author.to_owned(),
            at: stamp(now),
            files,
        });
        for pull in &mut self.pulls {
            if pull["head"]["ref"] == branch && pull["state"] == "open" {
                pull["head"]["sha"] = json!(sha);
                pull["updated_at"] = json!(stamp(now));
            }
        }
        sha
    }

    /// The workflow by its file's name or its id.
    pub(super) fn workflow(&self, name: &str) -> Option<&Workflow> {
        self.workflows.iter().find(|workflow| workflow.file == name || workflow.id.to_string() == name)
    }

    pub(super) fn artifact(&self, id: &str) -> Option<&Artifact> {
        self.artifacts.iter().find(|artifact| artifact.id.to_string() == id)
    }
}

impl Artifact {
    /// The archive that the store hands out.
    pub(super) fn zip(&self) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let written = writer
            .start_file(self.file.as_str(), SimpleFileOptions::default())
            .map_err(|error| error.to_string())
            .and_then(|()| writer.write_all(self.content.as_bytes()).map_err(|error| error.to_string()));
        match (written, writer.finish()) {
            (Ok(()), Ok(archive)) => archive.into_inner(),
            _ => Vec::new(),
        }
    }
}

impl Run {
    pub(super) fn value(&self, repo: &Repo, base: &str) -> Value {
        let workflow = repo.workflows.iter().find(|workflow| workflow.id == self.workflow);
        let name = workflow.map(|workflow| workflow.name.as_str());
        let url = format!("{base}/{}/actions/runs/{}", repo.full_name, self.id);
        json!({
            "id": self.id, "name": name, "workflow_id": self.workflow, "run_number": self.number, "run_attempt": 1,
            "event": self.event, "status": self.status, "conclusion": self.conclusion, "head_branch": self.branch,
            "head_sha": self.head, "created_at": self.created, "updated_at": self.created, "html_url": url,
            "actor": self.actor.as_ref().map(|login| json!({"login": login})),
        })
    }
}
