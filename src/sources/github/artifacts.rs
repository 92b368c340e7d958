//! From a run to what one of its artifacts says, read once per run: a completed run's artifacts never change.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::release::drift::matches_glob;
use crate::release::observation::{Failure, FailureKind};
use crate::release::repository::FromRun;
use crate::release::workflow::{Artifact, Run, UNSAID, read_artifacts};

use super::answer::{Miss, failure};
use super::archive;
use super::client::Client;

/// Larger artifacts are not downloaded at all.
const LARGEST: u64 = 32 << 20;
/// Pages of a hundred artifacts of one run, and how many that fit are opened.
const MOST_PAGES: usize = 5;
const MOST_OPENED: usize = 4;

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
        let content = match self.read(client, repository, id).await {
            Ok(content) => content,
            Err(miss) => return Ok(said(Some(Err(self.unread(miss)?)))),
        };
        if run.is_over() {
            self.known.insert(key, content.clone());
        }
        Ok(said(content))
    }

    /// What is in the one of its artifacts that is meant; None: it has none.
    async fn read(&self, client: &Client, repository: &str, run: u64) -> Result<Option<Result<T, String>>, Miss> {
        let path = format!("{repository}/actions/runs/{run}/artifacts?per_page=100");
        let pages = match client.pages(&path, "artifacts", MOST_PAGES).await {
            Ok((pages, _)) => pages,
            Err(Miss::Absent(_)) => return Ok(None),
            Err(miss) => return Err(miss),
        };
        let mut artifacts = Vec::new();
        for page in pages {
            artifacts.extend(read_artifacts(&page).map_err(|why| unusable("the list of artifacts", &why))?);
        }
        let mut last = None;
        for artifact in meant(artifacts, &self.glob).iter().take(MOST_OPENED) {
            match self.content(client, repository, artifact).await? {
                Ok(Some(content)) => return Ok(Some(Ok(content))),
                Err(why) => return Ok(Some(Err(why))),
                // A plan as Terraform itself keeps it, say, beside the one that can be read.
                Ok(None) => last = Some(Err("is a zip archive without a JSON file".to_owned())),
            }
        }
        Ok(last)
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

    async fn content(
        &self,
        client: &Client,
        repository: &str,
        artifact: &Artifact,
    ) -> Result<Result<Option<T>, String>, Miss> {
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

/// The artifacts that fit: of each name the newest, since a run that was tried again has one of each try. Those that can
/// still be had come first, and the newest of these. One without a name may be the very one, and one without a date the
/// newest.
fn meant(artifacts: Vec<Artifact>, glob: &str) -> Vec<Artifact> {
    let fits = |artifact: &Artifact| artifact.name == UNSAID || matches_glob(glob, &artifact.name);
    let mut found: Vec<Artifact> = Vec::new();
    for artifact in artifacts.into_iter().filter(fits) {
        match found.iter_mut().find(|other| other.name == artifact.name) {
            Some(other) if artifact.is_newer_than(other) => *other = artifact,
            Some(_) => {}
            None => found.push(artifact),
        }
    }
    found.sort_by_key(|it| (it.expired, Reverse((it.created.is_none(), it.created, it.id))));
    found
}

/// The failure for an answer that is not what it should be.
pub fn unusable(what: &str, why: &str) -> Failure {
    failure(FailureKind::Failed, format!("{what} {why}"))
}
