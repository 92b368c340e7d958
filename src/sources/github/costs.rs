//! What each pull request costs: the report of the last run that came to its end for its head.

use crate::release::cost::{self, Cost};
use crate::release::pull::PullRequest;
use crate::release::repository::{FromRun, PullCost, WorkflowView};
use crate::release::workflow::{Run, newest, read_runs};

use super::answer::Miss;
use super::artifacts::Shelf;
use super::client::Client;
use super::contents::parameter;

/// Runs on the page that the workflow is looked at with.
pub const RUNS: usize = 100;
/// Pull requests whose cost is looked for.
const MOST: usize = 60;

/// The reports that were read.
pub struct Costs(Shelf<Cost>);

impl Costs {
    /// None yet; `glob` is what the artifact is called.
    pub fn new(glob: &str) -> Self {
        Costs(Shelf::new(glob, cost::read))
    }

    /// What the last run for each head says. `repository` is `/repos/OWNER/NAME`.
    pub async fn of<'a>(
        &mut self,
        client: &Client,
        repository: &str,
        view: &WorkflowView,
        pulls: impl Iterator<Item = &'a PullRequest>,
    ) -> Result<Vec<PullCost>, Miss> {
        let mut costs = Vec::new();
        let mut wanted = Vec::new();
        for pull in pulls.take(MOST) {
            let Some(head_sha) = pull.head_sha.clone() else { continue };
            let mut conclusion = None;
            let report = match self.run(client, repository, view, pull, &head_sha).await? {
                Ok(None) => None,
                Ok(Some(run)) if run.head_sha.is_none() || run.is_unread() => {
                    Some(unknown(&run, "is of a run that GitHub does not say enough of".to_owned()))
                }
                Ok(Some(run)) => {
                    wanted.push(run.id);
                    conclusion.clone_from(&run.conclusion);
                    self.0.of(client, repository, &run).await?
                }
                Err(why) => Some(FromRun { run: 0, run_at: None, content: Some(Err(why)) }),
            };
            costs.push(PullCost { number: pull.number, head_sha, report, conclusion });
        }
        self.0.keep(&wanted);
        Ok(costs)
    }

    /// The run that counts. Where many pull requests are worked on, newer runs push it off the page: then it is asked for.
    async fn run(
        &self,
        client: &Client,
        repository: &str,
        view: &WorkflowView,
        pull: &PullRequest,
        head: &str,
    ) -> Result<Result<Option<Run>, String>, Miss> {
        let known = last_of_head(&view.runs, pull, head);
        if known.is_some() || view.runs.len() < RUNS {
            return Ok(Ok(known));
        }
        let (file, sha) = (parameter(&view.file), parameter(head));
        let path = format!("{repository}/actions/workflows/{file}/runs?head_sha={sha}&per_page=20");
        let runs = match client.get(&path, "workflow runs").await {
            Ok(page) => read_runs(&page).map_err(|why| format!("the list of runs {why}")),
            Err(miss) => Err(miss.own()?.message),
        };
        Ok(runs.map(|runs| last_of_head(&runs, pull, head)).map_err(|why| format!("could not be looked for: {why}")))
    }
}

fn last_of_head(runs: &[Run], pull: &PullRequest, head: &str) -> Option<Run> {
    let is_of_head = |run: &&Run| match &run.head_sha {
        Some(sha) => sha == head,
        None => run.head_branch.is_none() || run.head_branch == pull.head_ref,
    };
    let has_ended = |run: &&Run| run.is_over() || run.is_unread();
    newest(runs.iter().filter(has_ended).filter(is_of_head)).cloned()
}

fn unknown(run: &Run, why: String) -> FromRun<Cost> {
    FromRun { run: run.id.unwrap_or_default(), run_at: run.created, content: Some(Err(why)) }
}
