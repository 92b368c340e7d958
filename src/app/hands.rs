//! Does what the app asks for: starts and stops sources, calls the writers, and hands what they say back as events.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};

use crate::panes::ui::{Check, Notice};
use crate::release::observation::{Report, Said, SourceId};
use crate::sources::cluster::{self, Address, Cluster};
use crate::sources::prometheus::Prometheus;
use crate::sources::{self, Focus, SOURCES, Scope};
use crate::theme::Role;
use crate::writers::Writers;

use super::event::{Effect, Event};

/// Plans asked about at the same time.
const CHECKS_AT_ONCE: usize = 8;
/// Pauses between tries to connect: doubled from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LAST_PAUSE: Duration = Duration::from_secs(10);

/// What has to be known to work.
pub struct Tools {
    /// Context names and where their clusters are.
    pub contexts: Vec<(Arc<str>, Address)>,
    /// None: all namespaces.
    pub namespace: Option<String>,
    pub prometheus: Arc<Prometheus>,
    pub writers: Arc<Writers>,
    /// Plays a fault of the simulated world; the name comes back when it plays.
    pub faults: Option<mpsc::UnboundedSender<String>>,
    /// Where the timeline is exported to.
    pub exports: PathBuf,
    pub clock: fn() -> Timestamp,
}

/// The tasks at work for the app.
pub struct Hands {
    tools: Tools,
    events: mpsc::Sender<Event>,
    reports: mpsc::Sender<Report>,
    clusters: Clusters,
    always: JoinSet<()>,
    focus: Option<JoinHandle<()>>,
    series: Option<JoinHandle<()>>,
    checks: Arc<Semaphore>,
}

/// Connected clusters, as they come.
type Clusters = Arc<std::sync::Mutex<HashMap<Arc<str>, Cluster>>>;

impl Hands {
    /// Hands that report to `events`; nothing runs before [`Hands::start`].
    pub fn new(tools: Tools, events: mpsc::Sender<Event>) -> Self {
        let (reports, mut said) = mpsc::channel::<Report>(1024);
        let forward = events.clone();
        let mut always = JoinSet::new();
        always.spawn(async move {
            while let Some(report) = said.recv().await {
                if forward.send(Event::Report(report)).await.is_err() {
                    break;
                }
            }
        });
        Hands {
            tools,
            events,
            reports,
            clusters: Clusters::default(),
            always,
            focus: None,
            series: None,
            checks: Arc::new(Semaphore::new(CHECKS_AT_ONCE)),
        }
    }

    /// Connects to every context and watches what is always watched.
    pub fn start(&mut self) {
        for (context, address) in self.tools.contexts.clone() {
            let clusters = self.clusters.clone();
            let reports = self.reports.clone();
            let namespace = self.tools.namespace.clone();
            let writers = self.tools.writers.clone();
            self.always.spawn(async move {
                let Some(cluster) = connected(&context, &address, &reports).await else { return };
                writers.connected(&context, cluster.client.clone());
                let mut watches = sources::watch_always(&cluster, namespace.as_deref(), &reports);
                if let Ok(mut clusters) = clusters.lock() {
                    clusters.insert(context, cluster);
                }
                while watches.join_next().await.is_some() {}
            });
        }
    }

    /// Does what the app asks for; what takes time goes on in a task and comes back as an event.
    pub fn do_it(&mut self, effect: Effect) {
        match effect {
            Effect::Focus(focus) => self.focus(focus),
            Effect::Series { context, queries } => {
                if let Some(running) = self.series.take() {
                    running.abort();
                }
                let Some(cluster) = self.cluster(&context) else { return };
                if queries.is_empty() {
                    return;
                }
                let prometheus = self.tools.prometheus.clone();
                let reports = self.reports.clone();
                let clock = self.tools.clock;
                self.series = Some(tokio::spawn(async move {
                    prometheus.watch_series(&cluster, queries, &reports, clock).await;
                }));
            }
            Effect::Check { dialog, index, plan } => {
                let writers = self.tools.writers.clone();
                let checks = self.checks.clone();
                self.answer(async move {
                    let _turn = checks.acquire().await;
                    let preflight = writers.preflight(&plan).await;
                    let access = preflight.access.clone();
                    Event::Checked { dialog, index, check: check_of(preflight), access }
                });
            }
            Effect::ReadTemplates { target, revision } => {
                let writers = self.tools.writers.clone();
                self.answer(async move {
                    let templates = writers.read_templates(&target, revision).await;
                    Event::Templates { target, templates }
                });
            }
            Effect::Send { work, plan, reason } => {
                let writers = self.tools.writers.clone();
                let clock = self.tools.clock;
                self.answer(async move {
                    let before = clock();
                    match writers.execute(&plan, reason.as_deref(), clock).await {
                        Ok(outcome) => Event::Sent { work, outcome, took: clock().duration_since(before) },
                        Err(reason) => Event::Refused { work, reason },
                    }
                });
            }
            Effect::Verified { plan, verified, took, note } => {
                let writers = self.tools.writers.clone();
                let clock = self.tools.clock;
                let events = self.events.clone();
                tokio::spawn(async move {
                    if let Err(reason) = writers.record_verified(&plan, verified, took, &note, clock).await {
                        let text = format!("the audit could not be written: {reason}");
                        let _ = events.send(Event::Notice(Notice { text, role: Role::Critical, until: None })).await;
                    }
                });
            }
            Effect::Fault(name) => {
                if let Some(faults) = &self.tools.faults {
                    let _ = faults.send(name);
                }
            }
            Effect::Export(text) => {
                let path = self.tools.exports.clone();
                let clock = self.tools.clock;
                self.answer(async move { Event::Notice(export(&path, &text, clock()).await) });
            }
            Effect::Quit | Effect::Suspend | Effect::Redraw | Effect::Copy(_) => {}
        }
    }

    /// Sends whatever the task makes of it back to the app.
    fn answer(&self, task: impl Future<Output = Event> + Send + 'static) {
        let events = self.events.clone();
        tokio::spawn(async move {
            let event = task.await;
            let _ = events.send(event).await;
        });
    }

    fn cluster(&self, context: &str) -> Option<Cluster> {
        self.clusters.lock().ok()?.get(context).cloned()
    }

    fn focus(&mut self, focus: Option<Focus>) {
        if let Some(running) = self.focus.take() {
            running.abort();
        }
        if let Some(running) = self.series.take() {
            running.abort();
        }
        let Some(focus) = focus else { return };
        let Some(cluster) = self.cluster(&focus.rollout.context) else { return };
        let reports = self.reports.clone();
        self.focus = Some(tokio::spawn(async move {
            let mut watches = sources::watch_focus(&cluster, &focus, &reports);
            while watches.join_next().await.is_some() {}
        }));
    }
}

/// Connects, telling every source's failure until it succeeds; None when nobody listens any more.
async fn connected(context: &Arc<str>, address: &Address, reports: &mpsc::Sender<Report>) -> Option<Cluster> {
    let mut pause = FIRST_PAUSE;
    loop {
        let failure = match cluster::connect(context, address).await {
            Ok(cluster) => return Some(cluster),
            Err(failure) => failure,
        };
        for source in SOURCES.iter().filter(|source| source.scope != Scope::Focus) {
            let source = SourceId { context: context.clone(), kind: source.name.into() };
            let mut failure = failure.clone();
            failure.retry_in = SignedDuration::try_from(pause).ok();
            reports.send(Report { source, said: Said::Failing(failure) }).await.ok()?;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

async fn export(folder: &std::path::Path, text: &str, now: Timestamp) -> Notice {
    let path = folder.join(format!("timeline-{}.md", now.strftime("%Y%m%d-%H%M%S")));
    match tokio::fs::write(&path, text).await {
        Ok(()) => Notice { text: format!("timeline written to {}", path.display()), role: Role::Ok, until: None },
        Err(error) => Notice {
            text: format!("the timeline could not be written to {}: {error}", path.display()),
            role: Role::Critical,
            until: None,
        },
    }
}
