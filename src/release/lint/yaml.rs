//! Forgiving looks into a manifest: whatever is not what was asked for is not there.

use serde_json::Value;

/// A number as the API takes it: int-or-string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    Absent,
    Is(i64),
    /// An argument, or nothing that is a number.
    Unresolved,
}

impl Number {
    /// The number, or `default` where the field is left out. None where it cannot be told.
    pub fn or(self, default: i64) -> Option<i64> {
        match self {
            Number::Absent => Some(default),
            Number::Is(number) => Some(number),
            Number::Unresolved => None,
        }
    }
}

/// The text of a field; an empty one is none.
pub fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field)?.as_str().filter(|text| !text.is_empty())
}

/// The number of a field.
pub fn number(value: &Value, field: &str) -> Number {
    let number = match value.get(field) {
        None | Some(Value::Null) => return Number::Absent,
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    number.map_or(Number::Unresolved, Number::Is)
}

/// The members of a list field; none when it is no list.
pub fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A field that is there and not null.
pub fn present<'a>(value: &'a Value, field: &str) -> Option<&'a Value> {
    value.get(field).filter(|value| !value.is_null())
}

/// The names in `{{args.NAME}}` in a text.
pub fn arguments(text: &str) -> Vec<&str> {
    let inside = text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
    inside.filter_map(|(inside, _)| inside.trim().strip_prefix("args.")).collect()
}

/// The text with each `{{...}}` replaced, so that what stands around it can be read.
pub fn filled(text: &str, with: &str) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        filled += before;
        let Some((_, after)) = after.split_once("}}") else {
            return filled + "{{" + after;
        };
        filled += with;
        rest = after;
    }
    filled + rest
}
