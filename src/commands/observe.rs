//! Brings a model to a full first picture, from clusters or from manifests, and keeps it fresh while a command runs.
//!
//! The same sources as the cockpit's, into the same model: a command cannot see anything that a pane does not.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use crate::app::connect::connect_writer;
use crate::app::journal::deeds;
use crate::cli::Common;
use crate::headless::{Answer, ExitCode};
use crate::release::model::{Freshness, Model};
use crate::release::observation::{Failure, FailureKind, Observation, Report, Said, SourceId};
use crate::release::preview;
use crate::release::repository::{Finding, Sight, Topic};
use crate::release::rollout::Rollout;
use crate::sources::checkout::{self, Checkout};
use crate::sources::cluster::{self, Address, Cluster};
use crate::sources::namespaces::look_for;
use crate::sources::watch::Watch;
use crate::sources::{self, Focus, SOURCES, Scope, api, files, github};
use crate::writers::audit::{self, Journal};
use crate::writers::kubernetes;

use super::blindness::{sentence, silence};
use super::clock;

/// Longest wait for a first full picture.
pub(super) const FIRST_PICTURE: Duration = Duration::from_secs(10);
/// How long an answer that may be better next time (429, 500) is hoped for.
const PATIENCE: Duration = Duration::from_secs(3);
/// By then GitHub, if it could not be reached, was asked for the second time.
const SECOND_TRY: Duration = Duration::from_secs(6);
/// Between two looks at what time alone changes.
const GLANCE: Duration = Duration::from_millis(500);
/// Reports that may wait.
const REPORTS: usize = 1024;
/// The name of the context that manifests are of.
const FILES: &str = "files";

/// A model and what feeds it.
pub struct Observer {
    pub model: Model,
    /// What of the manifests could not be read, and where there was nothing to look into.
    pub faults: Vec<String>,
    contexts: Vec<(Arc<str>, Address)>,
    clusters: Vec<Cluster>,
    sender: mpsc::Sender<Report>,
    reports: mpsc::Receiver<Report>,
    watches: JoinSet<()>,
    github: Option<github::Handle>,
    opened: Instant,
}

impl Observer {
    /// Starts these sources (rows of SOURCES) in every context that was asked for; or reads the manifests.
    pub async fn open(common: &Common, wanted: &[&str]) -> Result<Observer, Answer> {
        let contexts = match common.from_dir {
            Some(_) => Vec::new(),
            None => contexts(common)?,
        };
        let mut observer = Observer::of(contexts);
        match &common.from_dir {
            Some(folder) => observer.read(folder)?,
            None => observer.connect(common.namespace.as_deref(), wanted).await,
        }
        Ok(observer)
    }

    /// One that sees no cluster: for what lives on GitHub.
    pub fn without_clusters() -> Observer {
        Observer::of(Vec::new())
    }

    /// The same, waiting until each of these sources has been read or has failed.
    pub async fn first_picture(common: &Common, wanted: &[&str]) -> Result<Observer, Answer> {
        let mut observer = Observer::open(common, wanted).await?;
        observer.settle(wanted).await;
        observer.somewhere(common.namespace.as_deref()).await?;
        Ok(observer)
    }

    /// Also watches what belongs to one Rollout, and waits for a first picture of that.
    pub async fn focus(&mut self, rollout: &Rollout) {
        let Some(cluster) = self.clusters.iter().find(|cluster| cluster.context == rollout.id.context) else { return };
        let focus = Focus { rollout: rollout.id.clone(), selector: rollout.selector.to_string() };
        let mut watches = sources::watch_focus(cluster, &focus, &self.sender);
        self.watches.spawn(async move { while watches.join_next().await.is_some() {} });
        let context = rollout.id.context.clone();
        self.settle_until(|observer| sources::focus_sources().iter().all(|kind| observer.is_settled(&context, kind)))
            .await;
    }

    /// Also asks GitHub, and waits until each of these topics was seen or could not be.
    pub async fn look(&mut self, settings: github::Settings, topics: &[Topic]) {
        let previews = self.model.previews.iter().filter_map(|preview| preview::number(&preview.id.name)).collect();
        let source = SourceId { context: settings.repository.to_string().into(), kind: github::NAME.into() };
        let who = settings.url.clone();
        let (handle, task) = github::open(settings, self.sender.clone(), clock);
        handle.previews(previews);
        handle.show(topics.iter().copied());
        self.github = Some(handle);
        self.watches.spawn(task);
        self.opened = Instant::now();
        self.settle_until(|observer| topics.iter().all(|topic| observer.is_looked_at(*topic))).await;
        for topic in topics {
            if self.sight(*topic) != Sight::default() {
                continue;
            }
            let message = format!(
                "{who} has not answered about {} within {} s: is github.url right, does it need a proxy? try again",
                topic.word(),
                FIRST_PICTURE.as_secs()
            );
            let failure = Failure { kind: FailureKind::Unreachable, message, retry_in: None };
            let blind = Said::Partial(Observation::Repository(Finding::Blind(*topic, failure.clone())));
            for said in [blind, Said::Failing(failure)] {
                self.model.observe(Report { source: source.clone(), said }, clock());
            }
        }
    }

    fn sight(&self, topic: Topic) -> Sight {
        self.model.repository_of(topic).map(|(_, repository)| repository.sight(topic)).unwrap_or_default()
    }

    /// Also knows the flags of a local checkout, whose repository is the configured one.
    pub async fn check_out(&mut self, checkout: &Checkout) {
        for report in checkout::once(checkout).await {
            self.model.observe(report, clock());
        }
    }

    /// Also knows what was done from here: what a restore puts back.
    pub async fn remember(&mut self, journal: &Journal) -> Result<(), Answer> {
        let directory = journal.directory().to_owned();
        let read = tokio::task::spawn_blocking(move || audit::read(&directory)).await;
        let read = read.map_err(|error| error.to_string()).and_then(|read| read.map_err(|error| error.to_string()));
        let unread = |error| Answer::failed(format!("the journal cannot be read: {error}"), ExitCode::Unknown);
        let deeds = deeds(read.map_err(unread)?);
        let source = SourceId { context: "".into(), kind: "journal".into() };
        self.model.observe(Report { source, said: Said::Observed(Observation::Journal(deeds)) }, clock());
        Ok(())
    }

    /// Something about it was just changed: GitHub is asked at once, and often.
    pub fn acted(&self, topic: Topic) {
        if let Some(github) = &self.github {
            github.acted(topic);
        }
    }

    /// Why nothing is known of that topic; None where it was seen.
    pub fn blind_to(&self, topic: Topic) -> Option<Answer> {
        let sight = self.sight(topic);
        let (_, failure) = sight.failing.filter(|_| sight.seen.is_none())?;
        Some(Answer::failed(failure.message, failure.kind.into()))
    }

    fn is_looked_at(&self, topic: Topic) -> bool {
        let Some((_, repository)) = self.model.repository() else { return false };
        let sight = repository.sight(topic);
        // Who could not be reached may be the next time; whoever has answered has said it.
        let is_said =
            |failure: &Failure| failure.kind != FailureKind::Unreachable || self.opened.elapsed() > SECOND_TRY;
        sight.seen.is_some() || sight.failing.is_some_and(|(_, failure)| is_said(&failure))
    }

    /// The next report, which the model does not know yet. Never ends by itself.
    pub async fn report(&mut self) -> Report {
        match self.reports.recv().await {
            Some(report) => report,
            // Not while `self.sender` lives.
            None => std::future::pending().await,
        }
    }

    /// Takes in the next report and all that are ready with it.
    pub async fn turn(&mut self) {
        let report = self.report().await;
        self.model.observe(report, clock());
        while let Ok(report) = self.reports.try_recv() {
            self.model.observe(report, clock());
        }
    }

    /// Waits for something else while the picture stays fresh.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = self.turn() => {}
            }
        }
    }

    /// Why nothing at all is known of that kind of object; None where at least one context was read.
    pub fn blind(&self, kind: &str) -> Option<Answer> {
        let of_kind: Vec<_> = self.model.freshness.iter().filter(|(source, _)| &*source.kind == kind).collect();
        if of_kind.iter().any(|(_, freshness)| freshness.loaded) {
            return None;
        }
        let exits = of_kind.iter().map(|(_, freshness)| exit_of(freshness));
        let exit = exits.max().unwrap_or(ExitCode::Unknown);
        let told = of_kind.iter().map(|(source, freshness)| sentence(source, &self.server(&source.context), freshness));
        let mut sentences: Vec<_> = told.collect();
        let is_told = |context: &str| of_kind.iter().any(|(source, _)| *source.context == *context);
        let silent = self.contexts.iter().filter(|(context, _)| !is_told(context));
        sentences.extend(silent.map(|(context, _)| silence(context, &self.server(context), kind)));
        Some(Answer::failed(sentences.join("; "), exit))
    }

    /// ` at ADDRESS` of that context's API server; empty where the kubeconfig does not say.
    fn server(&self, context: &str) -> String {
        let address = self.contexts.iter().find(|(name, _)| &**name == context).map(|(_, address)| address);
        let server = address.and_then(|address| cluster::server(context, address));
        server.map_or(String::new(), |server| format!(" at {server}"))
    }

    /// `context admin`, `contexts eu, us`.
    pub fn contexts_in_words(&self) -> String {
        let names: Vec<&str> = self.contexts.iter().map(|(name, _)| &**name).collect();
        format!("{} {}", if names.len() == 1 { "context" } else { "contexts" }, names.join(", "))
    }

    /// The name of the one context that is looked at; empty where there are several.
    pub fn only_context(&self) -> &str {
        if let [(name, _)] = self.contexts.as_slice() { name } else { "" }
    }

    /// What is to be said beside an answer: the manifests that could not be read.
    pub fn annotate(&self, mut answer: Answer) -> Answer {
        answer.diagnostics.extend(self.faults.iter().cloned());
        answer
    }

    /// Whether the chosen namespace is there; where it is in some contexts only, that is said beside the answer.
    async fn somewhere(&mut self, namespace: Option<&str>) -> Result<(), Answer> {
        // What was found there proves it; who does not answer is not asked once more.
        let is_found = |context: &str| self.model.rollouts.iter().any(|rollout| *rollout.id.context == *context);
        let answers =
            |context: &str| self.model.freshness.iter().any(|(id, one)| *id.context == *context && one.loaded);
        let is_asked = |cluster: &&Cluster| answers(&cluster.context) && !is_found(&cluster.context);
        let asked: Vec<Cluster> = self.clusters.iter().filter(is_asked).cloned().collect();
        let sender = self.sender.clone();
        let asking = join_all(asked.iter().map(|cluster| look_for(cluster, namespace, &sender)));
        self.during(asking).await;
        while let Ok(report) = self.reports.try_recv() {
            self.model.observe(report, clock());
        }
        let Some(nowhere) = self.model.nowhere() else { return Ok(()) };
        if self.model.no_namespace.len() == self.contexts.len() {
            return Err(Answer::failed(nowhere, ExitCode::Unknown));
        }
        self.faults.push(nowhere);
        Ok(())
    }

    /// The same where what could not be read may have belonged to the answer.
    pub fn qualify(&self, answer: Answer) -> Answer {
        let mut answer = self.annotate(answer);
        if !self.faults.is_empty() && answer.exit == ExitCode::Ok {
            answer.exit = ExitCode::Unknown;
        }
        answer
    }

    /// A writer for that context.
    pub async fn writer(&self, context: &str) -> Result<kubernetes::Writer, String> {
        let Some((name, address)) = self.contexts.iter().find(|(name, _)| &**name == context) else {
            return Err(format!("context {context} is not connected"));
        };
        connect_writer(name, address).await.map_err(|failure| failure.message)
    }

    fn of(contexts: Vec<(Arc<str>, Address)>) -> Observer {
        let (sender, reports) = mpsc::channel(REPORTS);
        Observer {
            model: Model::default(),
            faults: Vec::new(),
            contexts,
            clusters: Vec::new(),
            sender,
            reports,
            watches: JoinSet::new(),
            github: None,
            opened: Instant::now(),
        }
    }

    fn read(&mut self, folder: &Path) -> Result<(), Answer> {
        let loaded = files::load(&[folder.to_owned()], &FILES.into());
        self.faults = loaded.faults.iter().map(ToString::to_string).collect();
        if loaded.documents.is_empty() && !self.faults.is_empty() {
            return Err(Answer::failed(self.faults.join("; "), ExitCode::Unknown));
        }
        for report in loaded.reports {
            self.model.observe(report, clock());
        }
        Ok(())
    }

    async fn connect(&mut self, namespace: Option<&str>, wanted: &[&str]) {
        let connections = self.contexts.iter().map(|(context, address)| async move {
            let connected = timeout(FIRST_PICTURE, cluster::connect(context, address)).await;
            connected.unwrap_or_else(|_| Err(api::unreachable("the credentials did not come in time")))
        });
        let rows = || SOURCES.iter().filter(|source| source.scope != Scope::Focus && wanted.contains(&source.name));
        let connections = join_all(connections).await;
        for ((context, _), connected) in self.contexts.iter().zip(connections) {
            match connected {
                Ok(cluster) => {
                    for source in rows() {
                        let namespace = match source.scope {
                            Scope::Fixed(namespace) => Some(namespace),
                            Scope::Cluster => None,
                            _ => namespace,
                        };
                        let watch = Watch::new(source, &cluster, namespace, None, &self.sender);
                        self.watches.spawn((source.run)(watch));
                    }
                    self.clusters.push(cluster);
                }
                Err(failure) => {
                    for source in rows() {
                        let source = SourceId { context: context.clone(), kind: source.name.into() };
                        self.model.observe(Report { source, said: Said::Failing(failure.clone()) }, clock());
                    }
                }
            }
        }
    }

    async fn settle(&mut self, wanted: &[&str]) {
        let contexts: Vec<_> = self.contexts.iter().map(|(context, _)| context.clone()).collect();
        self.settle_until(|observer| {
            contexts.iter().all(|context| wanted.iter().all(|kind| observer.is_settled(context, kind)))
        })
        .await;
    }

    async fn settle_until(&mut self, is_done: impl Fn(&Observer) -> bool) {
        let deadline = Instant::now() + FIRST_PICTURE;
        while !is_done(self) {
            let now = Instant::now();
            if now >= deadline {
                return;
            }
            // Wakes up when patience ends, too.
            let _ = timeout_at(deadline.min(now + GLANCE), self.turn()).await;
        }
    }

    /// Whether nothing more is to be waited for.
    fn is_settled(&self, context: &str, kind: &str) -> bool {
        let Some(freshness) = self.model.source(context, kind) else { return false };
        match &freshness.failing {
            Some((_, failure)) if failure.kind == FailureKind::Failed => Instant::now() >= self.opened + PATIENCE,
            Some(_) => true,
            None => freshness.loaded,
        }
    }
}

/// The contexts that were asked for, with what is needed to connect to them.
fn contexts(common: &Common) -> Result<Vec<(Arc<str>, Address)>, Answer> {
    let failed = |failure: Failure| Answer::failed(failure.message, ExitCode::Unknown);
    let kubeconfig = cluster::read_kubeconfig(common.kubeconfig.as_deref()).map_err(failed)?;
    let mut names = cluster::contexts(&kubeconfig, &common.context).map_err(failed)?;
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    Ok(names.into_iter().map(|name| (name.into(), Address::Kubeconfig(Box::new(kubeconfig.clone())))).collect())
}

fn exit_of(freshness: &Freshness) -> ExitCode {
    freshness.failing.as_ref().map_or(ExitCode::Unknown, |(_, failure)| failure.kind.into())
}
