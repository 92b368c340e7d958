//! The task that asks, and the handle with which others say what they look at.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::release::observation::{Failure, FailureKind, Observation, Report, Said, SourceId};
use crate::release::repository::{Finding, Topic};

use super::NAME;
use super::client::Client;
use super::eye::Eye;
use super::schedule::{Schedule, Setback};
use super::settings::Settings;

/// What others wish to know. Only the last wish counts.
#[derive(Clone, Debug, Default, PartialEq)]
struct Wishes {
    shown: BTreeSet<Topic>,
    /// Numbers of preview namespaces.
    previews: BTreeSet<u64>,
    /// How often each topic was acted on.
    acted: BTreeMap<Topic, u64>,
    /// How often somebody did not want to wait for what is shown.
    again: u64,
}

/// For whoever looks and acts. All handles are one.
#[derive(Clone, Debug)]
pub struct Handle(Arc<watch::Sender<Wishes>>);

impl Handle {
    /// These topics are on the screen, and no others.
    pub fn show(&self, topics: impl IntoIterator<Item = Topic>) {
        let shown: BTreeSet<Topic> = topics.into_iter().collect();
        self.0.send_if_modified(|wishes| std::mem::replace(&mut wishes.shown, shown.clone()) != shown);
    }

    /// Something about this topic was just changed: look at once, and often for a while.
    pub fn acted(&self, topic: Topic) {
        self.0.send_modify(|wishes| *wishes.acted.entry(topic).or_default() += 1);
    }

    /// Look now at what is shown, once.
    pub fn again(&self) {
        self.0.send_modify(|wishes| wishes.again += 1);
    }

    /// There are namespaces `pr-<n>` with these numbers, and no others.
    pub fn previews(&self, numbers: BTreeSet<u64>) {
        self.0.send_if_modified(|wishes| std::mem::replace(&mut wishes.previews, numbers.clone()) != numbers);
    }
}

/// A handle, and the task that runs until nobody listens to its reports any more.
pub fn open(
    settings: Settings,
    reports: mpsc::Sender<Report>,
    clock: fn() -> Timestamp,
) -> (Handle, impl Future<Output = ()> + Send + 'static) {
    let (sender, wishes) = watch::channel(Wishes::default());
    let settings = Arc::new(settings);
    let name: Arc<str> = settings.repository.to_string().into();
    let source = SourceId { context: name, kind: NAME.into() };
    let eye = Eye::new(settings.clone());
    // The sender stays alive as long as the task: without a handle there is only nobody who wishes anything.
    let handle = Handle(Arc::new(sender));
    let poll = Poll { settings, source, reports, clock, client: None, eye, wishes, _keep: handle.clone() };
    (handle, poll.run())
}

struct Poll {
    settings: Arc<Settings>,
    source: SourceId,
    reports: mpsc::Sender<Report>,
    clock: fn() -> Timestamp,
    /// None before the first answer and after a 401: the token is read, or borrowed, anew.
    client: Option<Client>,
    eye: Eye,
    wishes: watch::Receiver<Wishes>,
    _keep: Handle,
}

/// Nobody listens any more.
struct Unwanted;

impl Poll {
    async fn run(mut self) {
        let mut schedule = Schedule::new(&self.settings.topics, Instant::now());
        let mut known = Wishes::default();
        let mut is_loaded = false;
        loop {
            let (topic, due) = schedule.next();
            tokio::select! {
                biased;
                () = self.reports.closed() => return,
                changed = self.wishes.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let wishes = self.wishes.borrow_and_update().clone();
                    heed(&mut schedule, &known, &wishes, Instant::now());
                    known = wishes;
                    continue;
                }
                () = tokio::time::sleep_until(due) => {}
            }
            if self.look(topic, &known.previews, &mut schedule, &mut is_loaded).await.is_err() {
                return;
            }
        }
    }

    async fn look(
        &mut self,
        topic: Topic,
        previews: &BTreeSet<u64>,
        schedule: &mut Schedule,
        is_loaded: &mut bool,
    ) -> Result<(), Unwanted> {
        let looked = match self.connect().await {
            Ok(client) => (self.eye.look(&client, topic, previews).await, Some(client)),
            Err(failure) => (Err(failure), None),
        };
        let (looked, client) = looked;
        let budget = client.as_ref().and_then(Client::budget);
        let is_refused = matches!(&looked, Err(failure) if failure.kind == FailureKind::Unauthorized);
        self.client = client.filter(|_| !is_refused);
        if let Some(budget) = budget {
            self.tell(Finding::Budget(budget)).await?;
        }
        for finding in self.eye.early() {
            self.tell(finding).await?;
        }
        match looked {
            Ok(look) => {
                for finding in look.findings {
                    self.tell(finding).await?;
                }
                self.tell(Finding::Seen(topic)).await?;
                schedule.succeed(topic, look.is_running, budget, Instant::now());
            }
            Err(mut failure) => {
                let Setback { wait, is_all } = schedule.fail(topic, &failure, Instant::now());
                failure.retry_in = SignedDuration::try_from(wait).ok();
                self.tell(Finding::Blind(topic, failure.clone())).await?;
                // What is in the way of all makes what was seen of the others old, too; and whoever does not answer is in
                // the way of those that nobody has looked at yet.
                let unseen = schedule.unseen();
                let is_in_the_way =
                    |other: &Topic| is_all || failure.kind == FailureKind::Unreachable && unseen.contains(other);
                for blind in self.settings.topics.iter().filter(|other| **other != topic && is_in_the_way(other)) {
                    self.tell(Finding::Blind(*blind, failure.clone())).await?;
                }
                if schedule.is_blind() || is_all {
                    return self.say(Said::Failing(failure)).await;
                }
            }
        }
        if schedule.is_round() && !std::mem::replace(is_loaded, true) {
            self.say(Said::Loaded).await?;
        }
        let (_, due) = schedule.next();
        let rest = due.saturating_duration_since(Instant::now()) + self.settings.timeout();
        self.say(Said::Resting(SignedDuration::try_from(rest).unwrap_or(SignedDuration::ZERO))).await
    }

    async fn connect(&mut self) -> Result<Client, Failure> {
        match self.client.take().filter(|client| !client.is_worn_out((self.clock)())) {
            Some(client) => Ok(client),
            None => Client::connect(&self.settings, self.clock).await,
        }
    }

    async fn tell(&self, finding: Finding) -> Result<(), Unwanted> {
        self.say(Said::Partial(Observation::Repository(finding))).await
    }

    async fn say(&self, said: Said) -> Result<(), Unwanted> {
        self.reports.send(Report { source: self.source.clone(), said }).await.map_err(|_| Unwanted)
    }
}

/// Turns what has changed in the wishes into turns.
fn heed(schedule: &mut Schedule, known: &Wishes, wishes: &Wishes, now: Instant) {
    if known.shown != wishes.shown {
        schedule.show(&wishes.shown, now);
    }
    if known.again != wishes.again {
        schedule.again(now);
    }
    for (topic, count) in &wishes.acted {
        if known.acted.get(topic) != Some(count) {
            schedule.act(*topic, now);
        }
    }
    // A new preview is unknown until its pull request was asked for.
    if !wishes.previews.is_subset(&known.previews) {
        schedule.hasten(Topic::Previews, now, std::time::Duration::from_secs(2));
    }
}
