//! From the journal's records to what the audit pane tells: intent, outcome and effect of one action in one line.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::release::attention::Severity;
use crate::release::deed::Deed;
use crate::release::object::Uid;
use crate::release::text::visible;
use crate::writers::audit::{Kind, Record};

/// Actions that the pane goes back to.
const KEPT: usize = 500;

/// The actions in these records (newest first), newest first.
pub fn deeds(records: Vec<Record>) -> Vec<Deed> {
    let mut deeds: BTreeMap<u64, Deed> = BTreeMap::new();
    for record in records.into_iter().rev() {
        let result = record.entry.result.as_ref();
        match record.entry.kind {
            Kind::Intent => {
                deeds.insert(record.seq, begun(record));
            }
            Kind::Refused => {
                let outcome = format!("refused: {}", word_of(result, "reason"));
                let (number, deed) = (record.seq, begun(record));
                deeds.insert(number, Deed { outcome: Some(outcome.into()), severity: Severity::Attention, ..deed });
            }
            Kind::Outcome => {
                if let Some(deed) = record.entry.intent.and_then(|intent| deeds.get_mut(&intent)) {
                    let word = word(result, "result").unwrap_or_default();
                    deed.severity = match word.as_str() {
                        "applied" => Severity::Attention,
                        "unknown" => Severity::Unknown,
                        _ => Severity::Critical,
                    };
                    let reason = word_of(result, "reason");
                    deed.outcome = Some(if reason.is_empty() { word } else { format!("{word}: {reason}") }.into());
                }
            }
            Kind::Verified => {
                if let Some(deed) = record.entry.intent.and_then(|intent| deeds.get_mut(&intent)) {
                    let (severity, effect) = effect(result, record.entry.took_ms);
                    deed.severity = severity;
                    deed.effect = Some(effect.into());
                }
            }
        }
    }
    deeds.into_values().rev().take(KEPT).collect()
}

fn begun(record: Record) -> Deed {
    let target = &record.entry.target;
    let requests = record.entry.requests.iter().map(|request| visible(&sent(request)).into());
    Deed {
        number: record.seq,
        at: record.time,
        who: visible(&record.who.name()).into(),
        context: visible(&record.entry.context).into(),
        action: visible(&record.entry.action).into(),
        kind: visible(&target.kind).into(),
        object: visible(&target.path()).into(),
        uid: Uid::from(target.uid.as_str()),
        reason: visible(&record.entry.reason).into(),
        requests: requests.collect(),
        outcome: None,
        effect: None,
        inverse: record.entry.inverse.clone(),
        // An intent without an outcome: nobody knows whether it was done.
        severity: Severity::Unknown,
    }
}

/// `PATCH /apis/... {...}`; of a file's content its size.
fn sent(request: &Value) -> String {
    let text = |key: &str| request.get(key).and_then(Value::as_str).unwrap_or("?");
    let mut body = request.get("body").cloned().unwrap_or_default();
    if let Some(content) = body.get_mut("content")
        && let Some(bytes) = content.as_str().map(str::len)
    {
        *content = format!("({bytes} bytes of base64)").into();
    }
    let body = if body.is_null() { "without a body".to_owned() } else { body.to_string() };
    format!("{} {} {body}", text("method"), text("path"))
}

fn effect(result: Option<&Value>, took_ms: Option<i64>) -> (Severity, String) {
    let effect = result.and_then(|result| result.get("effect"));
    if effect.and_then(Value::as_str) == Some("done") {
        return (Severity::Ok, format!("seen in {:.1} s", took_ms.unwrap_or(0) as f64 / 1000.0));
    }
    let reverted = effect.and_then(|effect| effect.get("reverted")).and_then(Value::as_str);
    let halfway = effect.and_then(|effect| effect.get("halfway")).and_then(Value::as_str);
    if let Some(halfway) = halfway {
        return (Severity::Attention, visible(halfway));
    }
    let cause = reverted.map(visible).unwrap_or_else(|| word_of(result, "cause"));
    (Severity::Attention, format!("not seen: {cause}"))
}

fn word(result: Option<&Value>, key: &str) -> Option<String> {
    result?.get(key)?.as_str().map(visible)
}

fn word_of(result: Option<&Value>, key: &str) -> String {
    word(result, key).unwrap_or_default()
}
