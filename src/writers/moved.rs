//! What moved between a plan and the object as it is now, and what a dry run would change.

use serde_json::Value;

use crate::actions::plan::FromTo;
use crate::release::text::visible_up_to;

/// More lines than this are cut: nobody reads them in a dialog.
const LONGEST_DIFFERENCE: usize = 200;

/// The uid is not the one that was shown.
const ANOTHER: &str = "it is another object of the same name by now";

/// What of a JSON patch's tests, or of a deletion's preconditions, does not hold for that object, in words.
pub(super) fn moved(patch: &Value, object: &Value) -> Vec<String> {
    let uid = &patch["preconditions"]["uid"];
    if uid.is_string() && object["metadata"]["uid"] != *uid {
        return vec![ANOTHER.to_owned()];
    }
    let operations = patch.as_array().map(Vec::as_slice).unwrap_or_default();
    operations.iter().filter_map(|operation| broken(operation, object)).collect()
}

fn broken(operation: &Value, object: &Value) -> Option<String> {
    let pointer = operation["path"].as_str()?;
    let field = pointer.rsplit_once('/').map_or(pointer, |(_, field)| field);
    let now = object.pointer(pointer);
    match operation["op"].as_str()? {
        "remove" if now.is_none() => Some(format!("{field} is gone")),
        "test" if now != Some(&operation["value"]) => Some(match pointer {
            "/metadata/uid" => ANOTHER.to_owned(),
            "/status/pauseConditions/0/startTime" => "the pause that was shown is over".to_owned(),
            _ if operation["value"].is_object() => format!("{field} was changed"),
            _ => {
                format!("{field} is {} now, it was {}", now.map_or("absent".into(), short), short(&operation["value"]))
            }
        }),
        _ => None,
    }
}

/// Field by field what the server would change, without its own bookkeeping.
pub(super) fn differences(before: &Value, after: &Value) -> Vec<FromTo> {
    let mut found = Vec::new();
    compare(&mut String::new(), Some(before), Some(after), &mut found);
    found.truncate(LONGEST_DIFFERENCE);
    found
}

fn compare(path: &mut String, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<FromTo>) {
    if before == after || is_bookkeeping(path) || found.len() > LONGEST_DIFFERENCE {
        return;
    }
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let added = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(added) {
                step_into(path, key, old.get(key), new.get(key), found);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                step_into(path, &index.to_string(), old.get(index), new.get(index), found);
            }
        }
        _ => {
            let word = |value: Option<&Value>| value.map_or("none".to_owned(), short);
            found.push(FromTo::new(visible_up_to(path, 200), word(before), word(after)));
        }
    }
}

fn step_into(path: &mut String, key: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<FromTo>) {
    let length = path.len();
    if length > 0 {
        path.push('.');
    }
    path.push_str(key);
    compare(path, before, after, found);
    path.truncate(length);
}

fn is_bookkeeping(path: &str) -> bool {
    matches!(path, "metadata.managedFields" | "metadata.resourceVersion" | "metadata.generation")
}

fn short(value: &Value) -> String {
    match value {
        Value::String(text) => visible_up_to(text, 200),
        other => visible_up_to(&other.to_string(), 200),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_moved_is_said_in_fields() {
        let patch = json!([
            { "op": "test", "path": "/metadata/uid", "value": "a" },
            { "op": "test", "path": "/status/currentStepIndex", "value": 1 },
            { "op": "test", "path": "/status/pauseConditions/0/startTime", "value": "t" },
            { "op": "remove", "path": "/status/pauseConditions" },
            { "op": "add", "path": "/status/abort", "value": true },
        ]);
        let object = json!({ "metadata": { "uid": "a" }, "status": { "currentStepIndex": 2 } });
        let wanted =
            ["currentStepIndex is 2 now, it was 1", "the pause that was shown is over", "pauseConditions is gone"];
        assert_eq!(moved(&patch, &object), wanted);
        let deletion = json!({ "kind": "DeleteOptions", "preconditions": { "uid": "a" } });
        assert_eq!(moved(&deletion, &object), Vec::<String>::new());
        assert_eq!(moved(&deletion, &json!({ "metadata": { "uid": "b" } })), [ANOTHER]);
    }

    #[test]
    fn a_dry_run_shows_fields_and_no_bookkeeping() {
        let before = json!({ "metadata": { "generation": 1 }, "spec": { "a": [1, 2] }, "status": {} });
        let after = json!({ "metadata": { "generation": 2 }, "spec": { "a": [1, 3] }, "status": { "abort": true } });
        let wanted = [FromTo::new("spec.a.1", 2, 3), FromTo::new("status.abort", "none", true)];
        assert_eq!(differences(&before, &after), wanted);
    }
}
