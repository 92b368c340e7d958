//! Confirmed plans are sent, one after the other and each once, and their effects are looked for in the model.
//!
//! An interruption never leaves a request without its record: what is on its way is finished and written down, what has
//! not left yet stays.

use std::time::Duration;

use jiff::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use crate::actions::plan::{Plan, Progress};
use crate::actions::{no_effect_cause, no_trace_cause};
use crate::headless::results::{ResultWord, Target, WriteResult};
use crate::writers::audit::{self, Journal};
use crate::writers::outcome::Outcome;
use crate::writers::preflight::Preflight;
use crate::writers::{Executed, Order, Refused, Writer, execute, record_refused, record_verified};

use super::clock;
use super::draft::Draft;
use super::observe::Observer;

/// A plan with all that is needed to send it.
#[derive(Clone)]
pub struct Confirmed {
    pub plan: Plan,
    pub preflight: Preflight,
    pub writer: Writer,
}

/// What holds for all of them.
pub struct Terms {
    /// A row of ACTIONS.
    pub action: &'static str,
    /// Why, for the audit.
    pub reason: String,
    pub journal: Journal,
    /// How long an effect may take; None: as long as its action says.
    pub verify_timeout: Option<Duration>,
}

/// What became of everything.
#[derive(Default)]
pub struct Carried {
    pub lines: Vec<WriteResult>,
    /// What did not work beside it.
    pub notes: Vec<String>,
}

/// Writes down what was refused, as the cockpit does, and what could not be written down.
///
/// Only of what somebody meant to be done: a dry run and a plan that is merely printed leave nothing behind.
pub async fn record_refusals(drafts: Vec<Draft>, terms: &Terms, notes: &mut Vec<String>) -> Vec<Draft> {
    let mut recorded = Vec::new();
    for draft in drafts {
        let Draft::Refused(result) = draft else {
            recorded.push(draft);
            continue;
        };
        let Target { context, namespace, kind, name, uid } = result.target.clone();
        let refused = Refused {
            action: terms.action,
            context: &context,
            target: audit::Target { namespace, kind: kind.to_owned(), name, uid },
            reason: &terms.reason,
            why: &result.reason,
        };
        if let Err(error) = record_refused(&terms.journal, refused, clock()).await {
            notes.push(format!("that it was refused could not be recorded: {error}"));
        }
        recorded.push(Draft::Ended(result));
    }
    recorded
}

/// Sends what is ready, waits for the effects, and says what became of everything.
pub async fn carry_out(observer: &mut Observer, drafts: Vec<Draft>, terms: &Terms) -> Carried {
    let mut end = End::new();
    let mut works = Vec::new();
    let mut notes = Vec::new();
    for draft in drafts {
        works.push(match draft {
            Draft::Refused(result) | Draft::Ended(result) => Work::Ended(result),
            Draft::Planned(plan) => ended(&plan, ResultWord::Refused, "not tried dry"),
            Draft::Ready(ready) if end.has_come => ended(&ready.plan, ResultWord::Refused, "interrupted, not sent"),
            Draft::Ready(ready) => send(observer, *ready, terms, &mut end, &mut notes).await,
        });
    }
    follow(observer, &mut works, &mut end).await;
    let mut lines = Vec::new();
    for work in works {
        lines.push(match work {
            Work::Ended(result) => result,
            Work::Sent(sent) => sent.recorded(observer, &terms.journal, end.has_come, &mut notes).await,
        });
    }
    Carried { lines, notes }
}

/// Whether somebody wants us to stop.
pub(super) struct End {
    signals: Vec<Signal>,
    has_come: bool,
}

impl End {
    pub(super) fn new() -> End {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        // A signal that cannot be listened to ends us as it always did.
        End { signals: kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect(), has_come: false }
    }

    /// Comes back when a signal has come.
    pub(super) async fn wait(&mut self) {
        if self.signals.is_empty() {
            return std::future::pending().await;
        }
        let each = self.signals.iter_mut().map(|signal| Box::pin(signal.recv()));
        futures::future::select_all(each).await;
        self.has_come = true;
    }
}

/// One object after the confirmation.
enum Work {
    Ended(WriteResult),
    Sent(Box<Sent>),
}

/// What was sent, and what is seen of it.
struct Sent {
    plan: Plan,
    executed: Executed,
    began: Timestamp,
    /// When no effect is waited for any longer.
    until: Instant,
    /// The last word on the effect, and when it was seen.
    seen: Option<(Progress, Timestamp)>,
}

fn ended(plan: &Plan, word: ResultWord, reason: &str) -> Work {
    Work::Ended(WriteResult::planned(plan, word, reason))
}

async fn send(
    observer: &mut Observer,
    ready: Confirmed,
    terms: &Terms,
    end: &mut End,
    notes: &mut Vec<String>,
) -> Work {
    let began = clock();
    let Confirmed { plan, preflight, writer } = ready;
    let (to_send, reason, journal) = (plan.clone(), terms.reason.clone(), terms.journal.clone());
    // Spawned, so that nothing that happens here can leave the request without its record.
    let mut sending = tokio::spawn(async move {
        let order = Order { plan: &to_send, preflight: &preflight, reason: &reason };
        execute(order, &journal, &writer, clock).await
    });
    let executed = loop {
        tokio::select! {
            biased;
            executed = &mut sending => break executed,
            () = end.wait(), if !end.has_come => {}
            () = observer.turn() => {}
        }
    };
    let executed = match executed {
        Ok(Ok(executed)) => executed,
        Ok(Err(refusal)) => return ended(&plan, ResultWord::Refused, &refusal.reason),
        Err(error) => return ended(&plan, ResultWord::Unknown, &format!("sending broke off: {error}")),
    };
    notes.extend(executed.notes.iter().map(|note| format!("{}: {note}", plan.target.path())));
    // Also what is unknown may show its effect yet.
    if !matches!(executed.outcome, Outcome::Applied { .. } | Outcome::Unknown { .. }) {
        let mut result = WriteResult::planned(&plan, word(&executed.outcome), executed.outcome.reason());
        result.took_ms = u64::try_from(executed.took_ms).ok();
        return Work::Ended(result);
    }
    if let Some(topic) = plan.effect.topic(&plan.target) {
        observer.acted(topic);
    }
    let wait = terms.verify_timeout.or_else(|| Duration::try_from(plan.deadline).ok()).unwrap_or_default();
    Work::Sent(Box::new(Sent { plan, executed, began, until: Instant::now() + wait, seen: None }))
}

/// Looks for all effects until each was seen, was undone or is late, or somebody wants us to stop.
async fn follow(observer: &mut Observer, works: &mut [Work], end: &mut End) {
    loop {
        let mut next: Option<Instant> = None;
        for sent in works.iter_mut().filter_map(Work::sent) {
            sent.look(observer);
            if sent.seen.is_none() && sent.until > Instant::now() {
                next = Some(next.map_or(sent.until, |next| next.min(sent.until)));
            }
        }
        let Some(next) = next.filter(|_| !end.has_come) else { return };
        tokio::select! {
            () = observer.turn() => {}
            () = end.wait() => {}
            () = tokio::time::sleep_until(next) => {}
        }
    }
}

impl Work {
    fn sent(&mut self) -> Option<&mut Sent> {
        match self {
            Work::Sent(sent) => Some(sent),
            Work::Ended(_) => None,
        }
    }
}

impl Sent {
    fn look(&mut self, observer: &Observer) {
        if self.seen.is_some() {
            return;
        }
        let progress = self.plan.effect.progress(&observer.model, &self.plan.target);
        if progress != Progress::NotYet {
            self.seen = Some((progress, clock()));
        }
    }

    /// Records what was seen of the effect, and says it.
    async fn recorded(
        self,
        observer: &Observer,
        journal: &Journal,
        is_interrupted: bool,
        notes: &mut Vec<String>,
    ) -> WriteResult {
        let Sent { plan, executed, began, seen, .. } = self;
        let now = clock();
        let (progress, at) = seen.unwrap_or((Progress::NotYet, now));
        let took = i64::try_from(at.duration_since(began).as_millis()).unwrap_or(i64::MAX).max(0);
        let cause = match &progress {
            Progress::Done => String::new(),
            Progress::Reverted(what) | Progress::Halfway(what) => what.clone(),
            Progress::NotYet if is_interrupted => "interrupted before an effect was seen".to_owned(),
            Progress::NotYet if !executed.outcome.is_applied() => no_trace_cause(&observer.model, &plan, now),
            Progress::NotYet => no_effect_cause(&observer.model, &plan, now),
        };
        let recorded = record_verified(journal, &plan, &executed, &progress, &cause, now, took).await;
        if let Err(error) = recorded {
            notes.push(format!("what was seen of the effect could not be recorded: {error}"));
        }
        let said = executed.outcome.sentence();
        let is_done = progress == Progress::Done;
        let (word, reason) = match (word(&executed.outcome), &progress) {
            // Also where the answer got lost: what was asked for is there.
            (_, Progress::Done) => (ResultWord::Applied, format!("{said}, {}", plan.effect.done_in(&span(took)))),
            (word, Progress::Halfway(_)) => (word, format!("{said}: {cause}")),
            (word, Progress::Reverted(_)) => (word, format!("{said}, but {cause}")),
            (word, Progress::NotYet) => (word, format!("{said}, no effect after {}: {cause}", span(took))),
        };
        let mut result = WriteResult::planned(&plan, word, reason);
        result.verified = is_done;
        let answered = if is_done { took } else { executed.took_ms };
        result.took_ms = u64::try_from(answered).ok();
        result
    }
}

/// `76 ms` or `1.8 s`.
fn span(millis: i64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        _ => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
    }
}

fn word(outcome: &Outcome) -> ResultWord {
    match outcome {
        Outcome::Applied { .. } => ResultWord::Applied,
        Outcome::Conflict { .. } => ResultWord::Conflict,
        Outcome::Denied { .. } => ResultWord::Denied,
        Outcome::Failed { .. } => ResultWord::Failed,
        Outcome::Unknown { .. } => ResultWord::Unknown,
    }
}
