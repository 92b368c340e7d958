//! Audit intent, send, audit outcome: in this order, here and nowhere else.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::Writer;
use super::audit::{Entry, Journal, JournalError, Kind, Target};
use super::outcome::Outcome;
use super::preflight::Preflight;
use crate::actions::plan::{Plan, Progress, Refusal};

/// A confirmed plan.
pub struct Order<'a> {
    pub plan: &'a Plan,
    /// What the server said to that very plan.
    pub preflight: &'a Preflight,
    /// The operator's reason or ticket, as typed.
    pub reason: &'a str,
}

/// What became of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Executed {
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What did not work beside it: the outcome that could not be recorded, the Event that could not be left.
    pub notes: Vec<String>,
    /// Number of the intent in the journal, for [`record_verified`].
    pub intent: u64,
    /// From before the first request to after the last answer.
    pub took_ms: i64,
}

/// What somebody wanted and did not get.
pub struct Refused<'a> {
    pub action: &'a str,
    pub context: &'a str,
    pub target: Target,
    /// The operator's reason or ticket, as typed.
    pub reason: &'a str,
    /// Why it was refused.
    pub why: &'a str,
}

impl<'a> Refused<'a> {
    /// A plan that is not sent.
    pub fn plan(plan: &'a Plan, reason: &'a str, why: &'a str) -> Self {
        Refused { action: plan.action, context: &plan.target.context, target: target(plan), reason, why }
    }
}

/// Sends a plan once. Err means that nothing was sent.
///
/// Never drop this future half-way (spawn it, and let the exit wait for it): its request would leave no outcome.
pub async fn execute(
    order: Order<'_>,
    journal: &Journal,
    writer: &Writer,
    clock: impl Fn() -> Timestamp,
) -> Result<Executed, Refusal> {
    let Order { plan, preflight, reason } = order;
    if let Some(refusal) = preflight.refusal(plan) {
        return Err(refusal);
    }
    let mut intent = entry(plan, Kind::Intent, reason);
    intent.before = Some(preflight.before.clone()).filter(|before| !before.is_null());
    let intent = append(journal, intent, clock())
        .await
        .map_err(|error| Refusal::because(format!("not recorded, so not done: {error}")))?;

    let started = clock();
    let outcome = writer.send(plan).await;
    let ended = clock();
    let took_ms = milliseconds(started, ended);

    let mut notes = Vec::new();
    let mut answer = entry(plan, Kind::Outcome, reason);
    answer.intent = Some(intent);
    answer.result = serde_json::to_value(&outcome).ok();
    answer.took_ms = Some(took_ms);
    if let Err(error) = append(journal, answer, ended).await {
        notes.push(format!("the outcome could not be recorded: {error}"));
    }
    // Also when it is unknown: whoever looks at the object then needs to know who was there.
    if matches!(outcome, Outcome::Applied { .. } | Outcome::Unknown { .. }) {
        notes.extend(writer.emit(plan, &outcome, &journal.who().name(), reason, ended).await.err());
    }
    Ok(Executed { outcome, notes, intent, took_ms })
}

/// Records what the sources showed afterwards: that it took effect, or that it did not and the likely cause.
pub async fn record_verified(
    journal: &Journal,
    plan: &Plan,
    executed: &Executed,
    progress: &Progress,
    cause: &str,
    now: Timestamp,
    took_ms: i64,
) -> Result<u64, JournalError> {
    let mut verified = entry(plan, Kind::Verified, "");
    verified.intent = Some(executed.intent);
    verified.result = Some(json!({ "effect": progress, "cause": cause }));
    verified.took_ms = Some(took_ms);
    append(journal, verified, now).await
}

/// Records what somebody wanted and was refused before anything was sent.
pub async fn record_refused(journal: &Journal, refused: Refused<'_>, now: Timestamp) -> Result<u64, JournalError> {
    let Refused { action, context, target, reason, why } = refused;
    let entry = Entry {
        kind: Kind::Refused,
        intent: None,
        context: context.to_owned(),
        action: action.to_owned(),
        target,
        requests: Vec::new(),
        reason: reason.to_owned(),
        before: None,
        inverse: None,
        result: Some(json!({ "result": "refused", "reason": why })),
        took_ms: None,
    };
    append(journal, entry, now).await
}

fn entry(plan: &Plan, kind: Kind, reason: &str) -> Entry {
    let requests = match kind {
        // What was sent stands in the intent; repeating templates would only blow the journal up.
        Kind::Intent => plan.requests.iter().filter_map(|request| serde_json::to_value(request).ok()).collect(),
        _ => Vec::<Value>::new(),
    };
    Entry {
        kind,
        intent: None,
        context: plan.target.context.to_string(),
        action: plan.action.to_owned(),
        target: target(plan),
        requests,
        reason: reason.to_owned(),
        before: None,
        inverse: Some(plan.inverse.clone()).filter(|inverse| kind == Kind::Intent && !inverse.is_null()),
        result: None,
        took_ms: None,
    }
}

fn target(plan: &Plan) -> Target {
    Target {
        namespace: plan.target.namespace.to_string(),
        kind: plan.kind.to_owned(),
        name: plan.target.name.to_string(),
        uid: plan.target.uid.0.to_string(),
    }
}

/// On a thread of its own: flushing to a disk may take long, and nothing else may wait for it.
async fn append(journal: &Journal, entry: Entry, now: Timestamp) -> Result<u64, JournalError> {
    let journal = journal.clone();
    let written = tokio::task::spawn_blocking(move || journal.append(entry, now)).await;
    written.unwrap_or_else(|error| Err(JournalError::new(format!("the journal's thread ended: {error}"))))
}

fn milliseconds(from: Timestamp, to: Timestamp) -> i64 {
    i64::try_from(to.duration_since(from).as_millis()).unwrap_or(i64::MAX).max(0)
}
