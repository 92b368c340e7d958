//! From a run to what one of its artifacts says, read once per run: a completed run's artifacts never change.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::release::drift::matches_glob;
use crate::release::observation::{Failure, FailureKind};
use crate::release::repository::FromRun;
use crate::release::workflow::{Artifact, Run, RunStatus, read_artifacts};

use super::answer::{Miss, failure};
use super::archive;
use super::client::Client;

/// Larger artifacts are not downloaded at all.
const LARGEST: u64 = 32 << 20;

/// Takes a file apart.
type Read<T> = dyn Fn(&[u8]) -> Result<T, String> + Send + Sync;

/// What the runs of one workflow left behind.
pub struct Shelf<T> {
    /// Glob of the artifact's name, and of the file in it.
    glob: String,
    read: Arc<Read<T>>,
    /// By run and attempt.
    known: BTreeMap<(u64, u64), Option<Result<T, String>>>,
    /// Why nothing more is asked for in this look: who does not answer once would be waited for again and again.
    away: Option<String>,
}

impl<T: Clone + Send + 'static> Shelf<T> {
    /// An empty shelf for artifacts of that name.
    pub fn new(glob: &str, read: impl Fn(&[u8]) -> Result<T, String> + Send + Sync + 'static) -> Self {
        Shelf { glob: glob.to_owned(), read: Arc::new(read), known: BTreeMap::new(), away: None }
    }

    /// What that run says. An error is one of GitHub's as a whole; what is wrong with the artifact is content, also where it
    /// may be better the next time.
    pub async fn of(&mut self, client: &Client, repository: &str, run: &Run) -> Result<Option<FromRun<T>>, Miss> {
        let Some(id) = run.id else { return Ok(None) };
        let key = (id, run.attempt.unwrap_or(1));
        let said = |content| Some(FromRun { run: id, run_at: run.created, content });
        if let Some(known) = self.known.get(&key) {
            return Ok(said(known.clone()));
        }
        if let Some(away) = &self.away {
            return Ok(said(Some(Err(away.clone()))));
        }
        let path = format!("{repository}/actions/runs/{id}/artifacts?per_page=100");
        let page = match client.get(&path, "artifacts").await {
            Ok(page) => page,
            Err(Miss::Absent(_)) => return Ok(said(None)),
            Err(miss) => return Ok(said(Some(Err(self.unread(miss)?)))),
        };
        let artifacts = match read_artifacts(&page) {
            Ok(artifacts) => artifacts,
            Err(why) => return Ok(said(Some(Err(format!("could not be read: the list of artifacts {why}"))))),
        };
        let fitting = artifacts.iter().filter(|artifact| matches_glob(&self.glob, &artifact.name));
        // A run that was tried again has one of each try.
        let content = match fitting.max_by_key(|artifact| artifact.created) {
            None => None,
            Some(artifact) => match self.content(client, repository, artifact).await {
                Ok(content) => Some(content),
                Err(miss) => return Ok(said(Some(Err(self.unread(miss)?)))),
            },
        };
        if run.status == RunStatus::Completed {
            self.known.insert(key, content.clone());
        }
        Ok(said(content))
    }

    /// Forgets runs that nobody asks for any more.
    pub fn keep(&mut self, wanted: &[Option<u64>]) {
        self.away = None;
        self.known.retain(|(run, _), _| wanted.contains(&Some(*run)));
    }

    /// Whether that run was read to the end: it says the same ever after.
    pub fn knows(&self, run: &Run) -> bool {
        run.id.is_some_and(|id| self.known.contains_key(&(id, run.attempt.unwrap_or(1))))
    }

    /// Why it could not be read this time.
    fn unread(&mut self, miss: Miss) -> Result<String, Miss> {
        let failure = miss.own()?;
        let reason = format!("could not be read: {}", failure.message);
        if failure.kind == FailureKind::Unreachable {
            self.away = Some(reason.clone());
        }
        Ok(reason)
    }

    async fn content(&self, client: &Client, repository: &str, artifact: &Artifact) -> Result<Result<T, String>, Miss> {
        if artifact.expired {
            return Ok(Err("has expired: past the artifact's retention time".to_owned()));
        }
        let Some(id) = artifact.id else {
            return Ok(Err("cannot be asked for: GitHub does not say its id".to_owned()));
        };
        if artifact.size.is_some_and(|size| size > LARGEST) {
            return Ok(Err(format!("is larger than {} MiB", LARGEST >> 20)));
        }
        let what = format!("the artifact {}", artifact.name);
        let archive = match client.download(&format!("{repository}/actions/artifacts/{id}/zip"), &what).await {
            Ok(archive) => archive,
            Err(Miss::Absent(failure)) => return Ok(Err(format!("cannot be had: {}", failure.message))),
            Err(miss) => return Err(miss),
        };
        let (read, glob) = (self.read.clone(), self.glob.clone());
        // Unpacking is computation.
        let unpacked = tokio::task::spawn_blocking(move || archive::read_json(&archive, &glob, |bytes| read(bytes)));
        unpacked.await.map_err(|_| unusable(&what, "could not be unpacked").into())
    }
}

/// The failure for an answer that is not what it should be.
pub fn unusable(what: &str, why: &str) -> Failure {
    failure(FailureKind::Failed, format!("{what} {why}"))
}
