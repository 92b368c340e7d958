//! The cockpit without its screen: the production sources, model, actions, writers and journal on a test's server.

use std::path::Path;
use std::sync::Arc;

use flightdeck::actions::guard::{Access, Authority};
use flightdeck::actions::plan::{Plan, Progress, Refusal};
use flightdeck::actions::{self, Templates, Wish};
use flightdeck::release::model::Model;
use flightdeck::release::observation::{Change, Observation, Report, Said};
use flightdeck::release::rollout::Rollout;
use flightdeck::sources::cluster::Cluster;
use flightdeck::sources::{api::ANSWER_WITHIN, watch_always};
use flightdeck::writers::audit::{Journal, Who};
use flightdeck::writers::kubernetes::Writer;
use flightdeck::writers::preflight::Preflight;
use flightdeck::writers::{Executed, Order, execute, record_verified};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::api::{Api, PATIENCE, User};

/// What looks at one namespace and acts in it.
pub struct Cockpit {
    pub model: Model,
    /// What the source of Rollouts said, in words.
    pub heard: Vec<String>,
    pub writer: Writer,
    reports: mpsc::Receiver<Report>,
    journal: Journal,
    directory: tempfile::TempDir,
    // Dropped last: the watches end with it.
    _watches: JoinSet<()>,
}

impl Cockpit {
    /// Begins to watch.
    pub fn open(api: &Api, user: User) -> Self {
        let cluster = Cluster { context: "contract".into(), client: api.client(user) };
        let (sender, reports) = mpsc::channel(1024);
        let directory = tempfile::tempdir().expect("a folder");
        let who = Who { user: "tester".into(), host: "here".into(), pid: 1 };
        Cockpit {
            model: Model::default(),
            heard: Vec::new(),
            writer: Writer::new("contract", (api.config)(user), ANSWER_WITHIN).expect("a writer"),
            reports,
            journal: Journal::new(directory.path(), who),
            directory,
            _watches: watch_always(&cluster, Some(&api.namespace), &sender),
        }
    }

    /// The folder of the journal.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Listens until the model is as wished.
    pub async fn until<T>(&mut self, what: &str, wish: impl Fn(&Model) -> Option<T>) -> T {
        let listening = async {
            loop {
                if let Some(wished) = wish(&self.model) {
                    return wished;
                }
                let report = self.reports.recv().await.expect("a report");
                self.hear(report);
            }
        };
        match tokio::time::timeout(PATIENCE, listening).await {
            Ok(wished) => wished,
            Err(_) => {
                let rollouts: Vec<String> = self.model.rollouts.iter().map(standing).collect();
                panic!("in vain waited for {what}; heard {:#?}, rollouts {rollouts:#?}", self.heard)
            }
        }
    }

    fn hear(&mut self, report: Report) {
        if &*report.source.kind == "rollouts" {
            self.heard.extend(words(&report.said));
        }
        self.model.observe(report, now());
    }

    /// Listens until all that is always watched has been read.
    pub async fn loaded(&mut self) {
        for source in ["rollouts", "analysisruns", "leases"] {
            self.until(source, |model| model.source("contract", source).filter(|source| source.loaded).map(drop)).await;
        }
    }

    /// The Rollout of that name.
    pub fn rollout(&self, name: &str) -> Option<&Rollout> {
        self.model.rollouts.iter().find(|rollout| *rollout.id.name == *name)
    }

    /// Listens until the Rollout stands as told: see [`standing`].
    pub async fn stands(&mut self, name: &str, wanted: &str) {
        let what = format!("{name}: {wanted}");
        self.until(&what, |model| {
            let rollout = model.rollouts.iter().find(|rollout| *rollout.id.name == *name)?;
            (standing(rollout) == wanted).then_some(())
        })
        .await;
    }

    /// What the action would do to the Rollout as it stands.
    pub async fn plan(&self, action: &str, name: &str, revision: Option<u64>) -> Result<Plan, Refusal> {
        let rollout = self.rollout(name).expect("the Rollout");
        let templates: Option<Templates> = match revision {
            Some(_) => Some(self.writer.read_templates(rollout, revision).await.expect("templates")),
            None => None,
        };
        actions::action(action).expect("an action").plan(&Wish {
            model: &self.model,
            target: &rollout.id,
            now: now(),
            amount: None,
            reason: "",
            revision: templates.as_ref(),
            authority: Authority::default(),
            access: &Access::new(),
            shown: None,
        })
    }

    /// Asks the server what it would say, sends, and records.
    pub async fn execute(&self, plan: &Plan, preflight: &Preflight) -> Result<Executed, Refusal> {
        let order = Order { plan, preflight, reason: "contract" };
        execute(order, &self.journal, &self.writer.clone().into(), now).await
    }

    /// The whole walk of a key: plan, preflight, request, and the effect as the watch reports it.
    pub async fn act(&mut self, action: &str, name: &str, revision: Option<u64>) -> Executed {
        let plan = self.plan(action, name, revision).await.unwrap_or_else(|refusal| panic!("{action}: {refusal:?}"));
        let preflight = self.writer.preflight(&plan).await;
        let executed = self.execute(&plan, &preflight).await.unwrap_or_else(|refusal| panic!("{action}: {refusal:?}"));
        assert!(executed.outcome.is_applied(), "{action}: {executed:?}");
        assert_eq!(executed.notes, [""; 0], "{action}");
        let (effect, target) = (plan.effect.clone(), plan.target.clone());
        let progress = self
            .until(&format!("the effect of {action}"), |model| {
                Some(effect.progress(model, &target)).filter(|progress| *progress != Progress::NotYet)
            })
            .await;
        assert_eq!(progress, Progress::Done, "{action}");
        record_verified(&self.journal, &plan, &executed, &progress, "", now(), 0).await.expect("a record");
        executed
    }
}

/// How a Rollout stands, in one line that is the same in every world.
pub fn standing(rollout: &Rollout) -> String {
    let reading = rollout.phase();
    let (done, of) = rollout.step_progress().unwrap_or_default();
    let revision = rollout.revision.map_or("?".to_owned(), |revision| revision.to_string());
    let message = if reading.message.is_empty() { String::new() } else { format!(" {}", reading.message) };
    format!("{}{message}; step {done}/{of}, revision {revision}", reading.phase.word())
}

fn words(said: &Said) -> Option<String> {
    Some(match said {
        Said::Observed(Observation::Rollouts(change)) | Said::Partial(Observation::Rollouts(change)) => match change {
            Change::Reset(all) => {
                let mut names: Vec<&str> = all.iter().map(|rollout| &*rollout.id.name).collect();
                names.sort_unstable();
                format!("reset {}", names.join(" ")).trim_end().to_owned()
            }
            Change::Applied(rollout) => format!("applied {}", rollout.id.name),
            Change::Deleted(uid) => format!("deleted {}", Arc::clone(&uid.0)),
        },
        Said::Failing(failure) => format!("{:?}: {}", failure.kind, failure.message),
        _ => return None,
    })
}

/// The time, at the rim.
#[allow(clippy::disallowed_methods, reason = "a test stands where the loop does")]
pub fn now() -> Timestamp {
    Timestamp::now()
}
