//! The patches of the Kubernetes API: merge, JSON, strategic (built-in kinds only) and apply.

use json_patch::{AddOperation, PatchOperation};
use serde_json::Value;

use super::call::{Call, Target};
use super::refused::Refused;
use super::value::text;

/// The known object with the request's patch applied.
pub(super) fn patched(known: &Value, call: &Call, target: &Target) -> Result<Value, Refused> {
    let kind = call.content_type.split(';').next().unwrap_or_default().trim();
    match kind {
        "application/merge-patch+json" => merged(known, &call.object()?, target),
        "application/json-patch+json" => json_patched(known, &call.object()?),
        // Lists are replaced, not merged by key: no cockpit write patches a list of a built-in kind.
        "application/strategic-merge-patch+json" if !target.resource.custom => merged(known, &call.object()?, target),
        "application/apply-patch+yaml" => {
            if call.parameter("fieldManager").is_empty() {
                return Err(Refused::bad_request(
                    "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
                ));
            }
            merged(known, &call.object()?, target)
        }
        _ => {
            let mut accepted =
                vec!["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];
            if !target.resource.custom {
                accepted.insert(2, "application/strategic-merge-patch+json");
            }
            Err(Refused::media_type(&accepted))
        }
    }
}

fn merged(known: &Value, patch: &Value, target: &Target) -> Result<Value, Refused> {
    if !patch.is_object() {
        return Err(Refused::bad_request(
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ));
    }
    let name = text(patch, &["metadata", "name"]);
    if !name.is_empty() && name != target.name {
        return Err(Refused::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            target.name
        )));
    }
    let mut patched = known.clone();
    json_patch::merge(&mut patched, patch);
    Ok(patched)
}

fn json_patched(known: &Value, operations: &Value) -> Result<Value, Refused> {
    if !operations.is_array() {
        return Err(Refused::bad_request(
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
        ));
    }
    let operations: Vec<PatchOperation> =
        serde_json::from_value(operations.clone()).map_err(|_| Refused::patch_failed())?;
    if operations.len() > 10_000 {
        return Err(Refused::bad_request("The allowed maximum operations in a JSON patch is 10000"));
    }
    let mut patched = known.clone();
    for operation in operations {
        if !is_true_absence(&patched, &operation) {
            let operation = lenient(&patched, operation);
            json_patch::patch(&mut patched, &[operation]).map_err(|_| Refused::patch_failed())?;
        }
    }
    Ok(patched)
}

/// The real server lets `replace` add a field to an object.
fn lenient(value: &Value, operation: PatchOperation) -> PatchOperation {
    match operation {
        PatchOperation::Replace(replace) if value.pointer(replace.path.as_str()).is_none() => {
            PatchOperation::Add(AddOperation { path: replace.path, value: replace.value })
        }
        operation => operation,
    }
}

/// The real server holds a missing field equal to null in a `test`, as long as its parent is there.
fn is_true_absence(value: &Value, operation: &PatchOperation) -> bool {
    let PatchOperation::Test(test) = operation else { return false };
    let path = test.path.as_str();
    let Some((parent, _)) = path.rsplit_once('/') else { return false };
    test.value.is_null() && value.pointer(path).is_none() && value.pointer(parent).is_some_and(Value::is_object)
}
