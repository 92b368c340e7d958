//! Looks at one topic: which requests it takes, and what is found in the answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::release::annotation::{exit_codes, of_k6};
use crate::release::drift::{self, Drift};
use crate::release::drift_watch::{about_branch, has_succeeded, last_scheduled};
use crate::release::flag;
use crate::release::observation::{Failure, FailureKind};
use crate::release::pull::{PullLookup, PullRequest};
use crate::release::repository::{BranchFile, Duty, Finding, FlagsFile, RunJobs, Topic, WorkflowView};
use crate::release::smoke::{self, Smoke};
use crate::release::text::visible;
use crate::release::workflow::{Conclusion, Run, last_over, read_jobs, read_runs, read_workflow};

use super::about;
use super::answer::{Miss, REPOSITORY};
use super::artifacts::{Shelf, unusable};
use super::branch::{self, File, Tip};
use super::client::Client;
use super::contents::parameter;
use super::costs::{self, Costs};
use super::ground::{Ground, Place};
use super::look::Look;
use super::pulls::Pulls;
use super::settings::{Extent, Settings};

/// Pull requests of previews that are asked for one by one.
const MOST_LOOKUPS: usize = 100;
/// Runs of the drift check that are looked into for the last plan that succeeded.
const MOST_PLANS: usize = 5;
/// Failed jobs of a smoke test that are asked for k6's exit code.
const MOST_FAILED: usize = 5;

/// What is known between looks.
pub struct Eye {
    settings: Arc<Settings>,
    /// `/repos/OWNER/NAME`
    repository: String,
    /// Whether the repository itself could be read: only then does a 404 mean "there is none".
    is_readable: bool,
    /// That there is no such repository, as far as can be seen.
    missing: Option<Failure>,
    /// Known whatever becomes of the rest of the look.
    early: Vec<Finding>,
    branch: Option<String>,
    open: Vec<PullRequest>,
    merged: Vec<PullRequest>,
    plans: Shelf<Drift>,
    ground: Ground,
    costs: Costs,
    summaries: Shelf<Smoke>,
}

impl Eye {
    /// Nothing is known yet.
    pub fn new(settings: Arc<Settings>) -> Self {
        let noise = settings.noise.clone();
        let plan = move |bytes: &[u8]| {
            let noise: Vec<&str> = noise.iter().map(String::as_str).collect();
            drift::read(bytes, &noise)
        };
        Eye {
            repository: settings.repository.path(),
            is_readable: false,
            missing: None,
            early: Vec::new(),
            branch: settings.branch.clone(),
            open: Vec::new(),
            merged: Vec::new(),
            plans: Shelf::new(&settings.files.drift_artifact, plan),
            costs: Costs::new(&settings.files.cost_artifact),
            summaries: Shelf::new(&settings.files.smoke_artifact, smoke::read),
            ground: Ground::default(),
            settings,
        }
    }

    /// Looks at a topic. `previews` are the numbers of preview namespaces.
    pub async fn look(&mut self, client: &Client, topic: Topic, previews: &BTreeSet<u64>) -> Result<Look, Failure> {
        let look = match topic {
            Topic::Pulls => self.pulls(client).await,
            Topic::Previews => self.previews(client, previews).await,
            Topic::Drift => self.drift(client).await,
            Topic::Cost => self.cost(client).await,
            Topic::Smoke => self.smoke(client).await,
            Topic::Flags => self.flags(client).await,
        };
        look.map_err(|miss| match (miss, &self.missing) {
            // Nothing is there in a repository that is not.
            (Miss::Absent(_), Some(missing)) => missing.clone(),
            (miss, _) => miss.into(),
        })
    }

    /// What a look has found out before it failed, too.
    pub fn early(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.early)
    }

    async fn pulls(&mut self, client: &Client) -> Result<Look, Miss> {
        let repository = &self.repository;
        let about = match client.get(repository, REPOSITORY).await {
            Ok(about) => about,
            Err(miss) => {
                self.is_readable = false;
                self.missing = if let Miss::Absent(failure) = &miss { Some(failure.clone()) } else { None };
                return Err(miss);
            }
        };
        let about = about::about(&about).map_err(|why| unusable("the repository", &why))?;
        (self.is_readable, self.missing) = (true, None);
        self.branch = self.settings.branch.clone().or_else(|| Some(about.default_branch.clone()));
        self.early.push(Finding::About(about));
        let Pulls { open, merged, closed, is_cut, release } = Pulls::read(client, repository).await?;
        self.merged.clone_from(&merged);
        self.open.clone_from(&open);
        let pulls = Finding::Pulls { open, merged, closed, is_cut };
        Ok(Look { findings: vec![pulls, Finding::Release(release)], is_running: false })
    }

    async fn previews(&mut self, client: &Client, previews: &BTreeSet<u64>) -> Result<Look, Miss> {
        let is_listed = |number: &u64| self.open.iter().any(|pull| pull.number == *number);
        let unlisted: Vec<u64> =
            previews.iter().copied().filter(|number| !is_listed(number)).take(MOST_LOOKUPS).collect();
        if !unlisted.is_empty() {
            // To a token that has lost its right every pull request is a 404: none of them must look like gone.
            self.is_readable = client.get(&self.repository, REPOSITORY).await.is_ok();
        }
        let mut lookups = BTreeMap::new();
        for number in unlisted {
            let path = format!("{}/pulls/{number}", self.repository);
            let lookup = match client.get(&path, "pull request").await {
                Ok(pull) => match PullRequest::read(&pull) {
                    Ok(pull) => PullLookup::Found(Box::new(pull)),
                    Err(why) => PullLookup::Unknown(format!("the answer {why}")),
                },
                Err(Miss::Absent(_)) if self.is_readable => PullLookup::NotFound,
                Err(Miss::Absent(failure)) => {
                    PullLookup::Unknown(self.missing.as_ref().unwrap_or(&failure).message.clone())
                }
                Err(miss) => return Err(miss),
            };
            lookups.insert(number, lookup);
        }
        let mut look = Look::of(Finding::Lookups(lookups));
        let view = self.beside(client, Duty::Teardown, 20).await?;
        if let (false, Some(failure)) = (self.is_readable, view.as_ref().and_then(|view| view.unread.clone())) {
            // Nothing was read at all.
            return Err(failure.into());
        }
        look.add(Duty::Teardown, view);
        Ok(look)
    }

    async fn drift(&mut self, client: &Client) -> Result<Look, Miss> {
        let mut view = self.workflow(client, Duty::Drift, 50).await?;
        if self.settings.extent != Extent::Whole {
            return Ok(Look::about(Duty::Drift, view));
        }
        let run = last_scheduled(&view.runs).cloned();
        let branch = self.branch();
        let latest: Vec<&Run> = about_branch(&view.runs, &branch).into_iter().take(MOST_PLANS).collect();
        self.plans.keep(&latest.iter().copied().chain(&run).map(|run| run.id).collect::<Vec<_>>());
        let plan = match &run {
            Some(run) => self.plans.of(client, &self.repository, run).await?,
            None => None,
        };
        let good = self.good_plan(client, &latest).await?;
        view.jobs = self.jobs(client, run.as_ref()).await?;
        let drift = plan.as_ref().and_then(|plan| plan.content.as_ref()?.as_ref().ok());
        let place = Place { repository: &self.repository, branch: &branch, folder: &self.settings.files.infra };
        let blame = self.ground.blame(client, place, drift).await;
        let mut look = Look::about(Duty::Drift, view);
        look.findings.push(Finding::Plan(plan));
        look.findings.extend(good.map(Finding::GoodPlan));
        look.findings.extend(blame.map(Finding::Blame));
        Ok(look)
    }

    /// When a plan last came to its end. Mostly the first run has one; what was read once is not asked for again. None: it
    /// cannot be told now, since one of them could not be read.
    async fn good_plan(&mut self, client: &Client, latest: &[&Run]) -> Result<Option<Option<Timestamp>>, Miss> {
        for run in latest {
            let plan = self.plans.of(client, &self.repository, run).await?;
            if !self.plans.knows(run) {
                return Ok(None);
            }
            if plan.and_then(|plan| plan.content).is_some_and(|plan| has_succeeded(&plan)) {
                return Ok(Some(run.created));
            }
        }
        Ok(Some(None))
    }

    async fn smoke(&mut self, client: &Client) -> Result<Look, Miss> {
        let mut view = self.workflow(client, Duty::Smoke, 30).await?;
        if self.settings.extent != Extent::Whole {
            return Ok(Look::about(Duty::Smoke, view));
        }
        let run = last_over(&view.runs).cloned();
        self.summaries.keep(&[run.as_ref().and_then(|run| run.id)]);
        let summary = match &run {
            Some(run) => self.summaries.of(client, &self.repository, run).await?,
            None => None,
        };
        view.jobs = self.jobs(client, run.as_ref()).await?;
        let exit = self.k6_exit(client, view.jobs.as_ref()).await;
        let mut look = Look::about(Duty::Smoke, view);
        look.findings.extend([Finding::Smoke(summary), Finding::SmokeExit(exit)]);
        Ok(look)
    }

    /// What k6 ended with, as GitHub notes it at the job that failed. A token that may not read checks does without.
    async fn k6_exit(&self, client: &Client, jobs: Option<&RunJobs>) -> Option<i32> {
        let failed = jobs?.jobs.iter().filter(|job| job.conclusion == Some(Conclusion::Failure));
        for job in failed.filter_map(|job| job.id).take(MOST_FAILED) {
            let path = format!("{}/check-runs/{job}/annotations?per_page=100", self.repository);
            let codes = client.get(&path, "annotations").await.ok().and_then(|page| exit_codes(&page).ok());
            if let Some(code) = codes.and_then(|codes| of_k6(&codes)) {
                return Some(code);
            }
        }
        None
    }

    async fn cost(&mut self, client: &Client) -> Result<Look, Miss> {
        let name = visible(&self.settings.files.limit_variable);
        let mut look = Look::of(Finding::LimitVariable { name, otherwise: self.settings.limit });
        let view = self.beside(client, Duty::Plan, costs::RUNS).await?;
        if let (Some(view), Extent::Whole) = (&view, self.settings.extent) {
            let pulls = self.open.iter().chain(&self.merged);
            look.findings.push(Finding::Costs(self.costs.of(client, &self.repository, view, pulls).await?));
        }
        let limit = self.limit(client).await?;
        if let (Some(Err(_)), Some(failure)) = (&limit, view.as_ref().and_then(|view| view.unread.clone())) {
            // Nothing was read at all.
            return Err(failure.into());
        }
        look.add(Duty::Plan, view);
        look.findings.push(Finding::Limit(limit));
        Ok(look)
    }

    /// The budget's limit. A token that may not read variables knows the costs all the same.
    async fn limit(&self, client: &Client) -> Result<Option<Result<rust_decimal::Decimal, String>>, Miss> {
        let name = parameter(&self.settings.files.limit_variable);
        match client.get(&format!("{}/actions/variables/{name}", self.repository), "variables").await {
            Ok(variable) => Ok(Some(about::limit(&variable))),
            Err(Miss::Absent(_)) if self.missing.is_none() => Ok(None),
            // Who must not see it holds the costs against what the configuration names.
            Err(Miss::Failed(failure)) if failure.kind == FailureKind::Forbidden && self.settings.limit.is_some() => {
                Ok(None)
            }
            // Who wants to change it needs it.
            Err(Miss::Failed(failure)) if self.settings.extent == Extent::Whole => Ok(Some(Err(failure.message))),
            Err(miss) => Err(miss),
        }
    }

    async fn flags(&mut self, client: &Client) -> Result<Look, Miss> {
        let branch = self.branch();
        let path = &self.settings.files.flags;
        let file = match branch::file(client, &self.repository, path, &branch, "flags file").await {
            Ok(file) => Some(Box::new(self.flags_file(client, file, path, &branch).await?)),
            Err(Miss::Absent(_)) if self.is_readable => None,
            Err(miss) => return Err(miss),
        };
        let mut look = Look::of(Finding::Flags(file));
        look.findings.push(Finding::FlagsPlace(visible(&format!("{path} on {branch}"))));
        if self.settings.extent == Extent::Whole {
            look.findings.extend(branch::history(client, &self.repository, path, &branch).await?.map(Finding::History));
        }
        look.add(Duty::Promote, self.beside(client, Duty::Promote, 20).await?);
        Ok(look)
    }

    async fn flags_file(&self, client: &Client, file: File, path: &str, branch: &str) -> Result<FlagsFile, Miss> {
        let Tip { head, is_protected } = branch::tip(client, &self.repository, branch).await?;
        let File { sha, text } = file;
        let flags = flag::read(&text).map(|flags| flags.with_met(&self.settings.guardrails_met));
        let file = BranchFile { path: visible(path), branch: visible(branch), sha, text, head, is_protected };
        Ok(FlagsFile { file, flags })
    }

    /// The workflow's file. What is in the way of an edit is in the way of nothing else.
    async fn source(&self, client: &Client, view: &WorkflowView) -> Result<Option<BranchFile>, Miss> {
        let (branch, path) = (self.branch(), format!(".github/workflows/{}", view.file));
        let file = match branch::file(client, &self.repository, &path, &branch, "the workflow's file").await {
            Ok(file) => file,
            Err(miss @ Miss::Limited(..)) => return Err(miss),
            Err(_) => return Ok(None),
        };
        let Tip { head, is_protected } = branch::tip(client, &self.repository, &branch).await?;
        let (path, branch) = (visible(&path), visible(&branch));
        Ok(Some(BranchFile { path, branch, sha: file.sha, text: file.text, head, is_protected }))
    }

    /// The branch that everything rests on.
    fn branch(&self) -> String {
        self.branch.clone().unwrap_or_else(|| "main".to_owned())
    }

    /// A workflow with its latest runs; a missing one is a state.
    async fn workflow(&self, client: &Client, duty: Duty, runs: usize) -> Result<WorkflowView, Miss> {
        let mut view = self.unseen(duty);
        let path = format!("{}/actions/workflows/{}", self.repository, parameter(&view.file));
        match client.get(&path, "workflows").await {
            Ok(workflow) => {
                view.workflow = Some(read_workflow(&workflow).map_err(|why| unusable("the workflow", &why))?);
            }
            Err(Miss::Absent(_)) if self.is_readable => return Ok(view),
            Err(miss) => return Err(miss),
        }
        let page = client.get(&format!("{path}/runs?per_page={runs}"), "workflow runs").await?;
        view.runs = read_runs(&page).map_err(|why| unusable("the list of runs", &why))?;
        if matches!(duty, Duty::Smoke | Duty::Plan) {
            view.source = self.source(client, &view).await?;
        }
        Ok(view)
    }

    /// A workflow that is not what the topic is about: what is in its way is in the way of nothing else.
    async fn beside(&self, client: &Client, duty: Duty, runs: usize) -> Result<Option<WorkflowView>, Miss> {
        if !self.settings.extent.has(duty) {
            return Ok(None);
        }
        match self.workflow(client, duty, runs).await {
            Ok(view) => Ok(Some(view)),
            Err(miss) => Ok(Some(WorkflowView { unread: Some(miss.own()?), ..self.unseen(duty) })),
        }
    }

    fn unseen(&self, duty: Duty) -> WorkflowView {
        let file = self.settings.files.workflow(duty).to_owned();
        WorkflowView { file, workflow: None, runs: Vec::new(), jobs: None, source: None, unread: None }
    }

    async fn jobs(&self, client: &Client, run: Option<&Run>) -> Result<Option<RunJobs>, Miss> {
        let Some(run) = run.and_then(|run| run.id) else { return Ok(None) };
        let path = format!("{}/actions/runs/{run}/jobs?per_page=100", self.repository);
        match client.get(&path, "jobs").await {
            Ok(page) => {
                let jobs = read_jobs(&page).map_err(|why| unusable("the list of jobs", &why))?;
                Ok(Some(RunJobs { run, jobs }))
            }
            Err(Miss::Absent(_)) => Ok(None),
            // They only say more of a run that is known.
            Err(miss) => miss.own().map(|_| None),
        }
    }
}
