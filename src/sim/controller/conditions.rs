//! Reading and setting `status.conditions` with the real controller's rules about times and order.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sim::value::{list, put, stamp, text};

pub(super) fn find<'a>(status: &'a Value, kind: &str) -> Option<&'a Value> {
    list(status, &["conditions"]).iter().find(|condition| text(condition, &["type"]) == kind)
}

pub(super) fn reason<'a>(status: &'a Value, kind: &str) -> &'a str {
    find(status, kind).map(|condition| text(condition, &["reason"])).unwrap_or_default()
}

pub(super) fn is_true(status: &Value, kind: &str) -> bool {
    find(status, kind).is_some_and(|condition| text(condition, &["status"]) == "True")
}

pub(super) fn remove(status: &mut Value, kind: &str) {
    let rest: Vec<Value> =
        list(status, &["conditions"]).iter().filter(|condition| text(condition, &["type"]) != kind).cloned().collect();
    if rest.len() != list(status, &["conditions"]).len() {
        put(status, &["conditions"], rest);
    }
}

pub(super) fn push(status: &mut Value, condition: Value) {
    let mut all = list(status, &["conditions"]).to_vec();
    all.push(condition);
    put(status, &["conditions"], all);
}

/// Sets a condition. Same status and reason: nothing changes, not even the message. Returns whether it changed.
pub(super) fn set(status: &mut Value, kind: &str, value: &str, reason: &str, message: &str, now: Timestamp) -> bool {
    let mut transition = stamp(now);
    if let Some(known) = find(status, kind) {
        if text(known, &["status"]) == value && text(known, &["reason"]) == reason {
            return false;
        }
        if text(known, &["status"]) == value {
            transition = text(known, &["lastTransitionTime"]).to_owned();
        }
    }
    remove(status, kind);
    push(
        status,
        json!({"type": kind, "status": value, "reason": reason, "message": message,
            "lastUpdateTime": stamp(now), "lastTransitionTime": transition}),
    );
    true
}
