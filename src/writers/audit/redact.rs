//! Keeps secrets and bulk out of the journal.

use serde_json::{Value, json};

use super::record::{Entry, sha256};

const REDACTED: &str = "(redacted)";

/// A larger object before is recorded by its hash only.
const LARGEST_BEFORE: usize = 256 << 10;

/// A longer text in a request is recorded by its hash only.
const LARGEST_TEXT: usize = 64 << 10;

/// Words in the name of a variable whose value is nobody's business.
const SECRET_WORDS: &[&str] = &["pass", "secret", "token", "key", "credential", "auth", "dsn"];

/// The entry as it may be written down.
pub(super) fn entry(mut entry: Entry) -> Entry {
    entry.before = entry.before.map(before);
    for request in &mut entry.requests {
        variables(request);
        shorten(request);
    }
    entry
}

fn before(mut object: Value) -> Value {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("managedFields");
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            // A second copy of the object, with all that is redacted in the first.
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
    }
    if object["kind"] == "Secret"
        && let Some(fields) = object.as_object_mut()
    {
        fields.remove("data");
        fields.remove("stringData");
    }
    variables(&mut object);
    let size = object.to_string();
    if size.len() > LARGEST_BEFORE {
        return json!({ "tooLarge": size.len(), "sha256": sha256(size.as_bytes()) });
    }
    object
}

/// Bulk out of a request: a whole file is sent to change one line of it.
fn shorten(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        Value::String(text) if text.len() > LARGEST_TEXT => {
            *value = json!({ "tooLarge": text.len(), "sha256": sha256(text.as_bytes()) });
        }
        _ => (),
    }
}

/// Redacts literal values of variables and addresses with a password or a token in them, wherever they stand.
fn variables(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(variables),
        Value::Object(fields) => {
            let is_secret = fields.get("name").and_then(Value::as_str).is_some_and(names_a_secret);
            if is_secret && let Some(literal @ Value::String(_)) = fields.get_mut("value") {
                *literal = REDACTED.into();
            }
            fields.values_mut().for_each(variables);
        }
        Value::String(text) if holds_a_password(text) || holds_a_token(text) => *text = REDACTED.to_owned(),
        _ => (),
    }
}

fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// `scheme://user:password@host`.
fn holds_a_password(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or_default();
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

/// `scheme://host/path?token=...`: GitHub hands out such addresses for the files of private repositories.
fn holds_a_token(text: &str) -> bool {
    let Some((_, query)) = text.split_once("://").and_then(|(_, rest)| rest.split_once('?')) else {
        return false;
    };
    let names = query.split('&').filter_map(|pair| Some(pair.split_once('=')?.0));
    names.into_iter().any(|name| names_a_secret(name) || name.to_ascii_lowercase().contains("sig"))
}
