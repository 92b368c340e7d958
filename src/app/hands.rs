//! Does what the app asks for: starts and stops sources, calls the writers, and hands what they say back as events.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::actions;
use crate::actions::plan::Plan;
use crate::panes::ui::{Check, Notice};
use crate::release::observation::{Observation, Report, Said, SourceId};
use crate::sources::api::ANSWER_WITHIN;
use crate::sources::checkout::{self, Checkout};
use crate::sources::cluster::{Address, Cluster};
use crate::sources::namespaces::look_until_there;
use crate::sources::preview_requests::watch_requests;
use crate::sources::prometheus::{Prometheus, watch_series};
use crate::sources::{self, Focus, github};
use crate::theme::Role;
use crate::writers::audit::{self, Journal, JournalError};
use crate::writers::preflight::Preflight;
use crate::writers::{Order, Refused, Writer, execute, kubernetes, record_refused, record_verified};

use super::connect::{connected, github_writer, patient_writer};
use super::event::{Effect, Event};
use super::export;
use super::previews::Roster;

/// The name of the simulated world's health.
const NO_FAULT: &str = "none";
/// Plans asked about at the same time.
const CHECKS_AT_ONCE: usize = 8;
/// Dialogs whose answers are kept: a dialog that was left behind is not confirmed any more.
const PREFLIGHTS_KEPT: u64 = 1;

/// What has to be known to work.
pub struct Tools {
    /// Context names and where their clusters are.
    pub contexts: Vec<(Arc<str>, Address)>,
    /// None: all namespaces.
    pub namespace: Option<String>,
    pub prometheus: Arc<Prometheus>,
    /// None: no repository is configured.
    pub github: Option<github::Settings>,
    /// A flags file on this machine, instead of the repository's.
    pub flags: Option<Checkout>,
    pub journal: Journal,
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
    connections: Connections,
    roster: Roster,
    github: Option<github::Handle>,
    preflights: Preflights,
    always: JoinSet<()>,
    /// What is being written into the journal.
    recording: JoinSet<()>,
    focus: Option<JoinHandle<()>>,
    series: Option<JoinHandle<()>>,
    checks: Arc<Semaphore>,
}

/// One context, for reading and, a moment later, for writing.
struct Connection {
    cluster: Cluster,
    /// None until its credentials have come.
    writer: watch::Receiver<Option<kubernetes::Writer>>,
}

/// Connected contexts, as they come.
type Connections = Arc<Mutex<HashMap<Arc<str>, Connection>>>;

/// What the API server said to plans that may still be confirmed, by dialog and place in it.
type Preflights = Arc<Mutex<HashMap<(u64, usize), Preflight>>>;

impl Hands {
    /// Hands that report to `events`; nothing runs before [`Hands::start`].
    pub fn new(tools: Tools, events: mpsc::Sender<Event>) -> Self {
        let (reports, mut said) = mpsc::channel::<Report>(1024);
        let forward = events.clone();
        let roster = Roster::default();
        let listening = roster.clone();
        let mut always = JoinSet::new();
        always.spawn(async move {
            while let Some(report) = said.recv().await {
                listening.note(&report);
                if forward.send(Event::Report(Box::new(report))).await.is_err() {
                    break;
                }
            }
        });
        Hands {
            tools,
            events,
            reports,
            connections: Connections::default(),
            roster,
            github: None,
            preflights: Preflights::default(),
            always,
            recording: JoinSet::new(),
            focus: None,
            series: None,
            checks: Arc::new(Semaphore::new(CHECKS_AT_ONCE)),
        }
    }

    /// Connects to every context and watches what is always watched.
    pub fn start(&mut self) {
        let (journal, reports) = (self.tools.journal.clone(), self.reports.clone());
        self.always.spawn(async move { tell_journal(&journal, &reports).await });
        if let Some(checkout) = self.tools.flags.clone() {
            self.always.spawn(checkout::open(checkout, self.reports.clone()));
        }
        if let Some(settings) = self.tools.github.clone() {
            let (handle, task) = github::open(settings, self.reports.clone(), self.tools.clock);
            self.roster.introduce(handle.clone());
            self.github = Some(handle);
            self.always.spawn(task);
        }
        for (context, address) in self.tools.contexts.clone() {
            let connections = self.connections.clone();
            let reports = self.reports.clone();
            let namespace = self.tools.namespace.clone();
            let previews = self.roster.of(&context);
            self.always.spawn(async move {
                let Some(cluster) = connected(&context, &address, &reports).await else { return };
                let mut watches = sources::watch_always(&cluster, namespace.as_deref(), &reports);
                watches.spawn(watch_requests(cluster.clone(), previews, reports.clone()));
                watches.spawn(look_until_there(cluster.clone(), namespace, reports.clone()));
                let (connect, writer) = watch::channel(None);
                if let Ok(mut connections) = connections.lock() {
                    connections.insert(context.clone(), Connection { cluster, writer });
                }
                // Credentials may take their time: what can be seen already does not wait for them.
                let _ = connect.send(Some(patient_writer(&context, &address).await));
                while watches.join_next().await.is_some() {}
            });
        }
    }

    /// Does what the app asks for; what takes time goes on in a task and comes back as an event.
    pub fn do_it(&mut self, effect: Effect) {
        match effect {
            Effect::Focus(focus) => self.focus(focus),
            Effect::Series { context, lives } => {
                if let Some(running) = self.series.take() {
                    running.abort();
                }
                let Some(cluster) = self.cluster(&context) else { return };
                if !lives.is_empty() {
                    let prometheus = self.tools.prometheus.clone();
                    let follow = watch_series(prometheus, cluster, lives, self.reports.clone(), self.tools.clock);
                    self.series = Some(tokio::spawn(follow));
                }
            }
            Effect::Check { dialog, index, plan } => self.check(dialog, index, plan),
            Effect::ReadTemplates { rollout, revision } => {
                let target = rollout.id.clone();
                let writer = self.kubernetes_writer(&target.context);
                self.answer(async move {
                    let templates = match writer.await {
                        Ok(writer) => writer.read_templates(&rollout, Some(revision)).await,
                        Err(reason) => Err(reason),
                    };
                    Event::Templates { target, templates: Box::new(templates) }
                });
            }
            Effect::Send { work, checked, plan, reason } => self.send(work, checked, plan, reason),
            Effect::Verified { plan, executed, progress, took, cause } => {
                let (journal, now) = (self.tools.journal.clone(), (self.tools.clock)());
                let took = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
                self.record(
                    async move { record_verified(&journal, &plan, &executed, &progress, &cause, now, took).await },
                );
            }
            Effect::Refused { plan, reason, why } => {
                let (journal, now) = (self.tools.journal.clone(), (self.tools.clock)());
                self.record(async move { record_refused(&journal, Refused::plan(&plan, &reason, &why), now).await });
            }
            Effect::Look(topics) => {
                if let Some(github) = &self.github {
                    github.show(topics);
                }
            }
            Effect::Again => {
                if let Some(github) = &self.github {
                    github.again();
                }
            }
            Effect::Acted(topic) => {
                if let Some(github) = &self.github {
                    github.acted(topic);
                }
            }
            Effect::Fault(name) => {
                if let Some(faults) = &self.tools.faults {
                    let plays = Some(name.clone()).filter(|name| name != NO_FAULT);
                    let _ = faults.send(name);
                    self.answer(async move { Event::Fault(plays) });
                }
            }
            Effect::Export(text) => {
                let path = self.tools.exports.clone();
                let clock = self.tools.clock;
                self.answer(async move { Event::Notice(export::timeline(&path, &text, clock()).await) });
            }
            Effect::Quit | Effect::Suspend | Effect::Redraw | Effect::Copy(_) => {}
        }
    }

    /// Writes into the journal; the exit waits for that.
    fn record(&mut self, writing: impl Future<Output = Result<u64, JournalError>> + Send + 'static) {
        let (journal, events, reports) = (self.tools.journal.clone(), self.events.clone(), self.reports.clone());
        while self.recording.try_join_next().is_some() {}
        self.recording.spawn(async move {
            if let Err(error) = writing.await {
                let text = format!("what became of it could not be recorded: {error}");
                let _ = events.try_send(Event::Notice(Notice { text, role: Role::Critical, until: None }));
            }
            // It is recorded: nobody waits for the pane.
            tokio::spawn(async move { tell_journal(&journal, &reports).await });
        });
    }

    /// Waits until all that was seen of effects is recorded.
    pub async fn recorded(&mut self) {
        while self.recording.join_next().await.is_some() {}
    }

    /// Sends whatever the task makes of it back to the app.
    fn answer(&self, task: impl Future<Output = Event> + Send + 'static) {
        let events = self.events.clone();
        tokio::spawn(async move {
            let event = task.await;
            let _ = events.send(event).await;
        });
    }

    fn check(&mut self, dialog: u64, index: usize, plan: Box<Plan>) {
        let writer = self.writer(&plan);
        let checks = self.checks.clone();
        let preflights = self.preflights.clone();
        self.answer(async move {
            let _turn = checks.acquire().await;
            let (check, access) = match writer.await {
                Err(reason) => (Check::Unknown(reason), Vec::new()),
                Ok(writer) => {
                    let preflight = writer.preflight(&plan).await;
                    let check = match preflight.refusal(&plan) {
                        Some(refusal) => Check::Refused(refusal.reason),
                        None => Check::Passed(warnings(&preflight)),
                    };
                    let access = preflight.access.clone();
                    if let Ok(mut preflights) = preflights.lock() {
                        preflights.retain(|(of, _), _| *of + PREFLIGHTS_KEPT > dialog);
                        preflights.insert((dialog, index), preflight);
                    }
                    (check, access)
                }
            };
            Event::Checked { dialog, index, check, access }
        });
    }

    fn send(&mut self, work: u64, checked: (u64, usize), plan: Box<Plan>, reason: String) {
        let writer = self.writer(&plan);
        let preflight = self.preflights.lock().ok().and_then(|mut preflights| preflights.remove(&checked));
        let journal = self.tools.journal.clone();
        let clock = self.tools.clock;
        let reports = self.reports.clone();
        self.answer(async move {
            let refused = |reason| Event::Refused { work, reason };
            let writer = match writer.await {
                Ok(writer) => writer,
                Err(reason) => return refused(reason),
            };
            let Some(preflight) = preflight else {
                return refused("what was found out beforehand is no longer at hand: try again".to_owned());
            };
            let order = Order { plan: &plan, preflight: &preflight, reason: &reason };
            let executed = execute(order, &journal, &writer, clock).await;
            tell_journal(&journal, &reports).await;
            match executed {
                Ok(executed) => Event::Sent { work, executed },
                Err(refusal) => refused(refusal.reason),
            }
        });
    }

    /// The writer of that context, waited for where its credentials have not come yet.
    fn kubernetes_writer(
        &self,
        context: &str,
    ) -> impl Future<Output = Result<kubernetes::Writer, String>> + Send + use<> {
        let waiting = self.connections.lock().ok().and_then(|all| Some(all.get(context)?.writer.clone()));
        let unconnected = format!("context {context} is not connected");
        async move {
            let Some(mut waiting) = waiting else { return Err(unconnected) };
            match tokio::time::timeout(ANSWER_WITHIN, waiting.wait_for(Option::is_some)).await {
                Ok(Ok(writer)) => writer.clone().ok_or(unconnected),
                _ => Err(unconnected),
            }
        }
    }

    /// The writer for what that plan changes.
    fn writer(&self, plan: &Plan) -> impl Future<Output = Result<Writer, String>> + Send + use<> {
        let is_on_github = actions::action(plan.action).is_some_and(|action| action.on.is_on_github());
        let kubernetes = self.kubernetes_writer(&plan.target.context);
        let (settings, clock) = (self.tools.github.clone(), self.tools.clock);
        async move {
            match settings {
                Some(settings) if is_on_github => github_writer(&settings, clock).await,
                _ => kubernetes.await.map(Writer::from),
            }
        }
    }

    fn cluster(&self, context: &str) -> Option<Cluster> {
        Some(self.connections.lock().ok()?.get(context)?.cluster.clone())
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

/// Reads the journal and reports what it tells.
async fn tell_journal(journal: &Journal, reports: &mpsc::Sender<Report>) {
    let directory = journal.directory().to_owned();
    // A journal that cannot be read refuses every action with its reason; the pane stays empty.
    let Ok(Ok(records)) = tokio::task::spawn_blocking(move || audit::read(&directory)).await else { return };
    let said = Said::Observed(Observation::Journal(super::journal::deeds(records)));
    let source = SourceId { context: "".into(), kind: "journal".into() };
    let _ = reports.send(Report { source, said }).await;
}

fn warnings(preflight: &Preflight) -> Vec<String> {
    preflight.dry_run.iter().flatten().flat_map(|tried| tried.warnings.clone()).collect()
}
