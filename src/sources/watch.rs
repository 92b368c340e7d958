//! Lists and watches one kind of object for ever, telling what it sees and why when it cannot.
//!
//! kube's own watcher is not used: it hides bookmarks, so that a dead connection goes unnoticed for 295 s, and it loops
//! for ever on an HTTP 410 at the start of a watch. Here every watch is short; the API server ends it after
//! ten seconds, and so proves that it is still there (an idle watch gets no bookmark that could tell).

mod lines;
mod read;

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::release::observation::{Change, Failure, FailureKind, Observation, Report, Said, SourceId};

use super::api::{self, Error};
use super::cluster::Cluster;
use super::wire::Wire;
use super::{Focus, Source};
use lines::Lines;
use read::{read_line, unusable};

pub use read::{Page, read_object, read_page};

/// Objects per page of a list.
const PAGE: usize = 500;
/// Objects on the first page of the first list: a real API server takes as long for every further one, and the operator
/// is waiting for something to look at.
const FIRST_PAGE: usize = 100;
/// `timeoutSeconds` of a watch: its end is the proof that the server is still there.
const WATCH_SECONDS: u64 = 10;
/// A watch that says nothing for so long is dead.
const SILENCE: Duration = Duration::from_secs(13);
/// Pauses between tries: doubled from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LAST_PAUSE: Duration = Duration::from_secs(10);
/// Pause where nothing will change soon: not installed, forbidden.
const LONG_PAUSE: Duration = Duration::from_secs(20);
/// The longest pause that a server may ask for with Retry-After.
const LONGEST_ASKED: Duration = Duration::from_secs(60);
/// A watch that ends sooner is not followed by the next at once, and proves nothing where it was silent.
const SHORTEST_WATCH: Duration = Duration::from_secs(1);

/// One list and watch to run.
pub struct Watch {
    source: SourceId,
    client: kube::Client,
    path: String,
    query: String,
    reports: mpsc::Sender<Report>,
}

/// The receiver is gone: nobody wants to know any more.
struct Unwanted;

impl Watch {
    /// The watch of that source in that cluster and namespace (None: all).
    pub fn new(
        source: &Source,
        cluster: &Cluster,
        namespace: Option<&str>,
        focus: Option<&Focus>,
        reports: &mpsc::Sender<Report>,
    ) -> Self {
        let namespace = namespace.map(|namespace| format!("namespaces/{namespace}/")).unwrap_or_default();
        let selector = (source.selector)(focus);
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(label) = &selector.label {
            query.append_pair("labelSelector", label);
        }
        if let Some(field) = &selector.field {
            query.append_pair("fieldSelector", field);
        }
        Watch {
            source: SourceId { context: cluster.context.clone(), kind: source.name.into() },
            client: cluster.client.clone(),
            path: format!("/{}/{namespace}{}", source.api, source.resource),
            query: query.finish(),
            reports: reports.clone(),
        }
    }

    /// Runs until nobody listens any more.
    pub async fn run<W: Wire>(self, wrap: fn(Change<W::Domain>) -> Observation) {
        // Err(Unwanted) is the only way out.
        let Err(Unwanted) = self.run_for_ever::<W>(wrap).await;
    }

    async fn run_for_ever<W: Wire>(&self, wrap: fn(Change<W::Domain>) -> Observation) -> Result<Infallible, Unwanted> {
        let mut tries = Tries::default();
        'list: loop {
            let mut version = match self.list::<W>(wrap, &mut tries.loaded).await {
                Ok(version) => version?,
                Err(error) => {
                    self.fail(error.into(), &mut tries).await?;
                    continue;
                }
            };
            tries.in_vain = false;
            loop {
                let (opened, in_vain) = (Instant::now(), tries.in_vain);
                match self.watch::<W>(wrap, &mut version, &mut tries).await {
                    Ok(unwanted) => {
                        unwanted?;
                        let is_short = opened.elapsed() < SHORTEST_WATCH;
                        if is_short && in_vain && tries.in_vain {
                            let failure = api::unreachable("every watch ends at once: is there a proxy in between?");
                            self.fail(failure, &mut tries).await?;
                        } else if is_short {
                            self.rest(FIRST_PAUSE).await?;
                        } else {
                            tries.succeed();
                        }
                    }
                    Err(Error::Gone) => {
                        // When the newest version is forgotten too, this would go round for ever.
                        if std::mem::replace(&mut tries.forgotten, true) {
                            self.fail(Error::Gone.into(), &mut tries).await?;
                        }
                        continue 'list;
                    }
                    Err(Error::Failed(failure)) => self.fail(failure, &mut tries).await?,
                }
            }
        }
    }

    /// Lists page by page and returns the version to watch from. The first time, every page is told at once, so that the
    /// screen fills early; later the whole replaces what was, so that nothing flickers and nothing deleted lives on.
    async fn list<W: Wire>(
        &self,
        wrap: fn(Change<W::Domain>) -> Observation,
        loaded: &mut bool,
    ) -> Result<Result<String, Unwanted>, Error> {
        let mut all = Vec::new();
        let mut next = String::new();
        let mut first = true;
        loop {
            let limit = if first && !*loaded { FIRST_PAGE } else { PAGE };
            let mut path = format!("{}?{}&limit={limit}", self.path, self.query);
            if !next.is_empty() {
                path += "&continue=";
                path.extend(form_urlencoded::byte_serialize(next.as_bytes()));
            }
            let body = api::get(&self.client, &path).await?;
            let page = read_page::<W>(&body, &self.source.context).map_err(|message| unusable(&message))?;
            next = page.next;
            all.extend(page.objects);
            if next.is_empty() {
                let whole = if *loaded || first {
                    vec![Change::Reset(all)]
                } else {
                    all.into_iter().map(Change::Applied).collect()
                };
                *loaded = true;
                for change in whole {
                    if self.say(Said::Partial(wrap(change))).await.is_err() {
                        return Ok(Err(Unwanted));
                    }
                }
                return Ok(self.say(Said::Loaded).await.map(|()| page.version));
            }
            if !*loaded {
                let changes = if first {
                    vec![Change::Reset(std::mem::take(&mut all))]
                } else {
                    all.drain(..).map(Change::Applied).collect()
                };
                for change in changes {
                    if self.say(Said::Partial(wrap(change))).await.is_err() {
                        return Ok(Err(Unwanted));
                    }
                }
            }
            first = false;
        }
    }

    /// Watches until the server ends it, keeping `version` at the newest seen.
    async fn watch<W: Wire>(
        &self,
        wrap: fn(Change<W::Domain>) -> Observation,
        version: &mut String,
        tries: &mut Tries,
    ) -> Result<Result<(), Unwanted>, Error> {
        let path = format!(
            "{}?{}&watch=true&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&resourceVersion={version}",
            self.path, self.query
        );
        let mut lines = Lines::new(api::open(&self.client, &path).await?);
        // After a watch that opened and then failed, an opened one proves nothing yet.
        if !std::mem::replace(&mut tries.in_vain, true) && self.say(Said::Alive).await.is_err() {
            return Ok(Err(Unwanted));
        }
        loop {
            let line = match tokio::time::timeout(SILENCE, lines.next()).await {
                Ok(Ok(Some(line))) => line,
                Ok(Ok(None)) => return Ok(Ok(())),
                Ok(Err(failure)) => return Err(Error::Failed(failure)),
                Err(_) => return Err(Error::Failed(api::unreachable("the watch fell silent"))),
            };
            let said = match read_line::<W>(&line, &self.source.context, version)? {
                Some(change) => Said::Observed(wrap(change)),
                None => Said::Alive,
            };
            tries.succeed();
            if self.say(said).await.is_err() {
                return Ok(Err(Unwanted));
            }
        }
    }

    async fn say(&self, said: Said) -> Result<(), Unwanted> {
        self.reports.send(Report { source: self.source.clone(), said }).await.map_err(|_| Unwanted)
    }

    /// Tells the failure and when the next try is, and waits for it.
    async fn fail(&self, mut failure: Failure, tries: &mut Tries) -> Result<(), Unwanted> {
        let wait = match (failure.retry_in, failure.kind) {
            (Some(asked), _) => Duration::try_from(asked).unwrap_or(tries.pause).clamp(FIRST_PAUSE, LONGEST_ASKED),
            // An API server that has just started refuses everybody until it has read its roles.
            (None, FailureKind::NotInstalled | FailureKind::Forbidden) if !tries.loaded => LONG_PAUSE,
            (None, _) => tries.pause,
        };
        tries.pause = (tries.pause * 2).min(LAST_PAUSE);
        failure.retry_in = SignedDuration::try_from(wait).ok();
        self.say(Said::Failing(failure)).await?;
        self.rest(wait).await
    }

    async fn rest(&self, wait: Duration) -> Result<(), Unwanted> {
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.reports.closed() => Err(Unwanted),
        }
    }
}

/// How the last tries went.
struct Tries {
    /// Before the next one, should this one fail.
    pause: Duration,
    /// A watch was opened and has said nothing since.
    in_vain: bool,
    /// The version was forgotten, and nothing was heard since.
    forgotten: bool,
    /// All of it has been read once.
    loaded: bool,
}

impl Default for Tries {
    fn default() -> Self {
        Tries { pause: FIRST_PAUSE, in_vain: false, forgotten: false, loaded: false }
    }
}

impl Tries {
    fn succeed(&mut self) {
        *self = Tries { loaded: self.loaded, ..Tries::default() };
    }
}
