//! The types of the fields that cockpit actions write: a custom resource's schema refuses others with 422.

use serde_json::Value;

use super::refused::Refused;
use super::resources::{ANALYSISRUNS, ROLLOUTS, Resource};
use super::value::at;

#[rustfmt::skip]
const TYPES: &[(&str, &[&str], &str)] = &[
    (ROLLOUTS, &["spec", "paused"], "boolean"),
    (ROLLOUTS, &["spec", "replicas"], "integer"),
    (ROLLOUTS, &["spec", "restartAt"], "string"),
    (ROLLOUTS, &["spec", "template"], "object"),
    (ROLLOUTS, &["spec", "strategy"], "object"),
    (ROLLOUTS, &["status", "abort"], "boolean"),
    (ROLLOUTS, &["status", "promoteFull"], "boolean"),
    (ROLLOUTS, &["status", "controllerPause"], "boolean"),
    (ROLLOUTS, &["status", "currentStepIndex"], "integer"),
    (ROLLOUTS, &["status", "pauseConditions"], "array"),
    (ANALYSISRUNS, &["spec", "terminate"], "boolean"),
];

/// Refuses an object whose fields have the wrong types.
pub(super) fn check(resource: &Resource, name: &str, object: &Value) -> Result<(), Refused> {
    for (_, path, wanted) in TYPES.iter().filter(|(full, _, _)| *full == resource.full) {
        let found = type_of(at(object, path));
        if found != "null" && found != *wanted {
            let field = path.join(".");
            let message = format!("Invalid value: \"{found}\": {field} in body must be of type {wanted}: \"{found}\"");
            return Err(Refused::invalid(resource, name, &field, &message));
        }
    }
    Ok(())
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
