//! Leaves a `flightdeck` Event on the object, so that `kubectl describe` shows who acted. Best effort: the audit is the record.

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::kubernetes::Writer;
use super::outcome::Outcome;
use crate::actions::plan::Plan;

/// The API server takes 1,024 bytes; characters may be four.
const LONGEST_MESSAGE: usize = 250;

impl Writer {
    /// Creates the Event. Err is a note for the operator, nothing more.
    pub(super) async fn emit(
        &self,
        plan: &Plan,
        outcome: &Outcome,
        who: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), String> {
        let path = format!("/api/v1/namespaces/{}/events?fieldManager=flightdeck", plan.target.namespace);
        let event = event(plan, outcome, who, reason, now);
        match self.wire.call(Method::POST, &path, Some(("application/json", &event))).await {
            Ok(answer) if answer.is_success() => Ok(()),
            Ok(answer) => Err(format!("no Event was left on it: {} {}", answer.status, answer.message())),
            Err(silence) => Err(format!("no Event was left on it: {}", silence.reason)),
        }
    }
}

fn event(plan: &Plan, outcome: &Outcome, who: &str, reason: &str, now: Timestamp) -> Value {
    let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let message: String = format!("{} by {who}, {}{because}", plan.action, outcome.word());
    let at = format!("{}", now.strftime("%Y-%m-%dT%H:%M:%SZ"));
    json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": { "generateName": "flightdeck-", "namespace": *plan.target.namespace },
        "involvedObject": {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": plan.kind,
            "namespace": *plan.target.namespace,
            "name": *plan.target.name,
            "uid": *plan.target.uid.0,
        },
        "type": "Normal",
        "reason": event_reason(plan.action),
        "message": crate::release::text::visible_up_to(&message, LONGEST_MESSAGE),
        "source": { "component": "flightdeck" },
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    })
}

/// `FlightdeckPromoteFull`: Event reasons are CamelCase.
fn event_reason(action: &str) -> String {
    let mut reason = "Flightdeck".to_owned();
    for word in action.split('-') {
        let mut letters = word.chars();
        reason.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        reason.push_str(letters.as_str());
    }
    reason
}
