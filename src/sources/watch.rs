//! Lists and watches one kind of object for ever, telling what it sees and why when it cannot.
//!
//! kube's own watcher is not used: it hides bookmarks, so that a dead connection goes unnoticed for 295 s, and it loops
//! for ever on an HTTP 410 at the start of a watch. Here every watch is short; the API server sends a bookmark two
//! seconds before its end, and so proves every ten seconds that it is still there.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use http_body_util::BodyExt;
use jiff::SignedDuration;
use kube::client::Body;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use crate::release::object::Uid;
use crate::release::observation::{Change, Failure, Observation, Report, Said, SourceId};
use crate::release::text::visible_up_to;

use super::api::{self, Error, Status};
use super::cluster::Cluster;
use super::wire::{Meta, Wire};
use super::{Focus, Source};

/// Objects per page of a list.
const PAGE: usize = 500;
/// `timeoutSeconds` of a watch: a bookmark comes two seconds before.
const WATCH_SECONDS: u64 = 12;
/// A watch that says nothing for so long is dead.
const SILENCE: Duration = Duration::from_secs(14);
/// Longest line that is taken into memory.
const LONGEST_LINE: usize = 64 << 20;
/// Pauses between tries: doubled from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LAST_PAUSE: Duration = Duration::from_secs(10);
/// Pause where nothing will change soon: not installed, forbidden.
const LONG_PAUSE: Duration = Duration::from_secs(20);

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
        let mut pause = FIRST_PAUSE;
        let mut loaded = false;
        'list: loop {
            let mut version = match self.list::<W>(wrap, &mut loaded).await {
                Ok(Ok(version)) => version,
                Ok(Err(Unwanted)) => return,
                Err(error) => {
                    if self.fail(error.into(), &mut pause).await.is_err() {
                        return;
                    }
                    continue;
                }
            };
            pause = FIRST_PAUSE;
            loop {
                match self.watch::<W>(wrap, &mut version, &mut pause).await {
                    Ok(Ok(())) => {}
                    Ok(Err(Unwanted)) => return,
                    Err(Error::Gone) => continue 'list,
                    Err(Error::Failed(failure)) => {
                        if self.fail(failure, &mut pause).await.is_err() {
                            return;
                        }
                    }
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
            let mut path = format!("{}?{}&limit={PAGE}", self.path, self.query);
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
        pause: &mut Duration,
    ) -> Result<Result<(), Unwanted>, Error> {
        let path = format!(
            "{}?{}&watch=true&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&resourceVersion={version}",
            self.path, self.query
        );
        let mut lines = Lines::new(api::open(&self.client, &path).await?);
        if self.say(Said::Alive).await.is_err() {
            return Ok(Err(Unwanted));
        }
        *pause = FIRST_PAUSE;
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
            if self.say(said).await.is_err() {
                return Ok(Err(Unwanted));
            }
        }
    }

    async fn say(&self, said: Said) -> Result<(), Unwanted> {
        self.reports.send(Report { source: self.source.clone(), said }).await.map_err(|_| Unwanted)
    }

    /// Tells the failure and when the next try is, and waits for it.
    async fn fail(&self, mut failure: Failure, pause: &mut Duration) -> Result<(), Unwanted> {
        use crate::release::observation::FailureKind::*;
        let wait = match (failure.retry_in, failure.kind) {
            (Some(asked), _) => Duration::try_from(asked).unwrap_or(*pause),
            (None, NotInstalled | Forbidden) => LONG_PAUSE,
            (None, _) => *pause,
        };
        *pause = (*pause * 2).min(LAST_PAUSE);
        failure.retry_in = SignedDuration::try_from(wait).ok();
        self.say(Said::Failing(failure)).await?;
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.reports.closed() => Err(Unwanted),
        }
    }
}

fn unusable(message: &str) -> Error {
    Error::Failed(Failure {
        kind: crate::release::observation::FailureKind::Failed,
        message: format!("the API server's answer cannot be read: {message}"),
        retry_in: None,
    })
}

/// One page of a list, read and converted.
pub struct Page<T> {
    pub objects: Vec<T>,
    pub next: String,
    pub version: String,
}

#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
struct List<T> {
    #[serde(default)]
    metadata: ListMeta,
    #[serde(default)]
    items: Option<Vec<T>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ListMeta {
    resource_version: String,
    r#continue: Option<String>,
}

/// Reads a page. One malformed object costs its own row only: then the page is read again object by object.
pub fn read_page<W: Wire>(body: &[u8], context: &Arc<str>) -> Result<Page<W::Domain>, String> {
    if let Ok(list) = serde_json::from_slice::<List<W>>(body) {
        let objects = list.items.unwrap_or_default().into_iter().map(|item| item.convert(context)).collect();
        return Ok(Page {
            objects,
            next: list.metadata.r#continue.unwrap_or_default(),
            version: list.metadata.resource_version,
        });
    }
    let list: List<&RawValue> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let items = list.items.unwrap_or_default();
    Ok(Page {
        objects: items.into_iter().filter_map(|item| read_object::<W>(item.get(), context)).collect(),
        next: list.metadata.r#continue.unwrap_or_default(),
        version: list.metadata.resource_version,
    })
}

/// Reads one object; one that cannot be read becomes a row that says so.
pub fn read_object<W: Wire>(json: &str, context: &Arc<str>) -> Option<W::Domain> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    match serde_path_to_error::deserialize::<_, W>(&mut deserializer) {
        Ok(object) => Some(object.convert(context)),
        Err(error) => {
            let fault = visible_up_to(&format!("{}: {}", error.path(), error.inner()), 200);
            W::broken(meta_of(json), fault, context)
        }
    }
}

/// As much of `metadata` as there is.
fn meta_of(json: &str) -> Meta {
    #[derive(Deserialize)]
    struct Only {
        metadata: serde_json::Value,
    }
    let Ok(Only { metadata }) = serde_json::from_str::<Only>(json) else {
        return Meta::default();
    };
    let text = |key: &str| metadata.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    Meta {
        name: text("name"),
        namespace: text("namespace"),
        uid: text("uid"),
        resource_version: text("resourceVersion"),
        ..Meta::default()
    }
}

/// What a watch line says: a change, or None for a bookmark.
fn read_line<W: Wire>(
    line: &[u8],
    context: &Arc<str>,
    version: &mut String,
) -> Result<Option<Change<W::Domain>>, Error> {
    #[derive(Deserialize)]
    struct Line<'a> {
        r#type: std::borrow::Cow<'a, str>,
        #[serde(borrow)]
        object: &'a RawValue,
    }
    let line: Line<'_> = serde_json::from_slice(line).map_err(|error| unusable(&error.to_string()))?;
    let json = line.object.get();
    if line.r#type == "ERROR" {
        let status: Status = serde_json::from_str(json).unwrap_or_default();
        return Err(api::failure_of(status.code, &visible_up_to(&status.message, 300), None));
    }
    let meta = meta_of(json);
    if !meta.resource_version.is_empty() {
        *version = meta.resource_version;
    }
    Ok(match &*line.r#type {
        "ADDED" | "MODIFIED" => read_object::<W>(json, context).map(Change::Applied),
        "DELETED" => Some(Change::Deleted(Uid(meta.uid.into()))),
        _ => None,
    })
}

/// The lines of a body, each of bounded length.
struct Lines {
    body: Body,
    buffer: BytesMut,
    searched: usize,
}

impl Lines {
    fn new(body: Body) -> Self {
        Lines { body, buffer: BytesMut::new(), searched: 0 }
    }

    /// The next line that is not empty; None at the end.
    async fn next(&mut self) -> Result<Option<BytesMut>, Failure> {
        loop {
            if let Some(end) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(self.searched + end + 1);
                self.searched = 0;
                if line.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                return Ok(Some(line));
            }
            self.searched = self.buffer.len();
            if self.buffer.len() > LONGEST_LINE {
                return Err(api::unreachable("a line of the watch is longer than 64 MiB"));
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
                Some(Err(error)) => {
                    return Err(api::unreachable(format!("the watch broke off: {}", api::chain(&error))));
                }
            }
        }
    }
}
