//! The phase and message that the controller writes, computed in the real one's order.

use serde_json::Value;

use crate::sim::value::{at, flag, int, list, text};

/// The phase and message of a rollout with a status.
pub(super) fn of(rollout: &Value, status: &Value) -> (&'static str, String) {
    for condition in list(status, &["conditions"]) {
        let (kind, reason, message) =
            (text(condition, &["type"]), text(condition, &["reason"]), text(condition, &["message"]));
        if kind == "InvalidSpec" {
            return ("Degraded", format!("InvalidSpec: {message}"));
        }
        if matches!(reason, "RolloutAborted" | "ProgressDeadlineExceeded") {
            return ("Degraded", format!("{reason}: {message}"));
        }
    }
    if flag(rollout, &["spec", "paused"]) {
        return ("Paused", "manually paused".to_owned());
    }
    if let Some(pause) = list(status, &["pauseConditions"]).first() {
        return ("Paused", text(pause, &["reason"]).to_owned());
    }
    match progressing(rollout, status) {
        Some(message) => ("Progressing", message.to_owned()),
        None => ("Healthy", String::new()),
    }
}

fn progressing(rollout: &Value, status: &Value) -> Option<&'static str> {
    let restart = text(rollout, &["spec", "restartAt"]);
    if !restart.is_empty() && restart != text(status, &["restartedAt"]) {
        return Some("rollout is restarting");
    }
    let count = |field: &str| int(status, &[field]).unwrap_or(0);
    if count("updatedReplicas") < int(rollout, &["spec", "replicas"]).unwrap_or(1) {
        return Some("more replicas need to be updated");
    }
    if count("availableReplicas") < count("updatedReplicas") {
        return Some("updated replicas are still becoming available");
    }
    let (stable, current) = (text(status, &["stableRS"]), text(status, &["currentPodHash"]));
    let promoted = !stable.is_empty() && stable == current;
    let strategy = &rollout["spec"]["strategy"];
    if strategy["blueGreen"].is_object() {
        let active = text(status, &["blueGreen", "activeSelector"]);
        if active.is_empty() || active != current {
            return Some("active service cutover pending");
        }
        let waits = !strategy["blueGreen"]["postPromotionAnalysis"].is_null()
            && !super::run::is_completed(text(status, &["blueGreen", "postPromotionAnalysisRunStatus", "status"]));
        return match (promoted, waits) {
            (true, _) => None,
            (false, true) => Some("waiting for analysis to complete"),
            (false, false) => Some("waiting for post-promotion verification to complete"),
        };
    }
    if at(strategy, &["canary", "trafficRouting"]).is_null() && count("replicas") > count("updatedReplicas") {
        return Some("old replicas are pending termination");
    }
    (!promoted).then_some("waiting for all steps to complete")
}
