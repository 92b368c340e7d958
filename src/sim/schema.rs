//! What a custom resource's schema refuses, as far as the fields go that a cockpit writes: wrong types and unknown names.

use serde_json::Value;

use super::refused::Refused;
use super::resources::{ANALYSISRUNS, ROLLOUTS, Resource};
use super::value::{at, cut};

#[rustfmt::skip]
const TYPES: &[(&str, &[&str], &str)] = &[
    (ROLLOUTS, &["spec", "paused"], "boolean"),
    (ROLLOUTS, &["spec", "replicas"], "int32"),
    (ROLLOUTS, &["spec", "restartAt"], "string"),
    (ROLLOUTS, &["spec", "template"], "object"),
    (ROLLOUTS, &["spec", "strategy"], "object"),
    (ROLLOUTS, &["status", "abort"], "boolean"),
    (ROLLOUTS, &["status", "promoteFull"], "boolean"),
    (ROLLOUTS, &["status", "controllerPause"], "boolean"),
    (ROLLOUTS, &["status", "currentStepIndex"], "int32"),
    (ROLLOUTS, &["status", "pauseConditions"], "array"),
    (ANALYSISRUNS, &["spec", "terminate"], "boolean"),
];

/// The fields of `spec` and `status` that there are.
#[rustfmt::skip]
const KNOWN: &[(&str, &str, &[&str])] = &[
    (ROLLOUTS, "spec", &["analysis", "minReadySeconds", "paused", "progressDeadlineAbort", "progressDeadlineSeconds", "replicas",
        "restartAt", "revisionHistoryLimit", "rollbackWindow", "selector", "strategy", "template", "workloadRef"]),
    (ROLLOUTS, "status", &["HPAReplicas", "abort", "abortedAt", "alb", "albs", "availableReplicas", "blueGreen", "canary",
        "collisionCount", "conditions", "controllerPause", "currentPodHash", "currentStepHash", "currentStepIndex", "message",
        "observedGeneration", "pauseConditions", "phase", "promoteFull", "readyReplicas", "replicas", "restartedAt", "selector",
        "stableRS", "updatedReplicas", "workloadObservedGeneration"]),
    (ANALYSISRUNS, "spec", &["args", "dryRun", "measurementRetention", "metrics", "terminate", "ttlStrategy"]),
    (ANALYSISRUNS, "status", &["completedAt", "dryRunSummary", "message", "metricResults", "phase", "runSummary", "startedAt"]),
];

/// Refuses an object whose fields have the wrong types. `below` is what the real message leaves out of the path: a write
/// to the status subresource is checked on its own.
pub(super) fn check(resource: &Resource, name: &str, object: &Value, below: &str) -> Result<(), Refused> {
    for (_, path, wanted) in TYPES.iter().filter(|(full, _, _)| *full == resource.full) {
        let found = type_of(at(object, path));
        if found != "null" && found != *wanted {
            let field = path.join(".");
            let inner = field.strip_prefix(below).unwrap_or(&field);
            let message = format!("Invalid value: \"{found}\": {inner} in body must be of type {wanted}: \"{found}\"");
            return Err(Refused::mistyped(resource, name, &field, &message));
        }
    }
    Ok(())
}

/// Removes the fields that the schema does not know, and returns their paths.
pub(super) fn prune(resource: &Resource, object: &mut Value) -> Vec<String> {
    let mut unknown = Vec::new();
    for (_, part, known) in KNOWN.iter().filter(|(full, _, _)| *full == resource.full) {
        let fields = object[*part].as_object().into_iter().flat_map(|map| map.keys());
        let strange: Vec<String> = fields.filter(|field| !known.contains(&field.as_str())).cloned().collect();
        for field in strange {
            cut(object, &[part, &field]);
            unknown.push(format!("{part}.{field}"));
        }
    }
    unknown
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "int32",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
