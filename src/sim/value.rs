//! Reading and writing JSON objects whose shape nobody guarantees: nothing here panics.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// More Pods than this no ReplicaSet gets, whatever an object says.
const MOST_PODS: i64 = 100;

/// The value at a path of keys; `Null` when anything on the way is missing.
pub(super) fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(value, |value, key| &value[*key])
}

/// The string at a path, empty when there is none.
pub(super) fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    at(value, path).as_str().unwrap_or_default()
}

/// The integer at a path; int-or-string fields may also hold it as text.
pub(super) fn int(value: &Value, path: &[&str]) -> Option<i64> {
    let found = at(value, path);
    found.as_i64().or_else(|| found.as_str()?.trim().parse().ok())
}

/// The number of Pods at a path, within what this world can hold.
pub(super) fn pods(value: &Value, path: &[&str]) -> Option<i64> {
    int(value, path).map(|count| count.clamp(0, MOST_PODS))
}

/// Whether the value at a path is `true`.
pub(super) fn flag(value: &Value, path: &[&str]) -> bool {
    at(value, path).as_bool().unwrap_or(false)
}

/// The time at a path.
pub(super) fn time(value: &Value, path: &[&str]) -> Option<Timestamp> {
    at(value, path).as_str()?.parse().ok()
}

/// The list at a path, empty when there is none.
pub(super) fn list<'a>(value: &'a Value, path: &[&str]) -> &'a [Value] {
    at(value, path).as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Puts a value at a path and makes the objects on the way; what is no object on the way is replaced by one.
pub(super) fn put(value: &mut Value, path: &[&str], new: impl Into<Value>) {
    place(value, path, new.into());
}

fn place(value: &mut Value, path: &[&str], new: Value) {
    let Some((key, rest)) = path.split_first() else {
        *value = new;
        return;
    };
    let mut map = match value.take() {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    place(map.entry(*key).or_insert(Value::Null), rest, new);
    *value = Value::Object(map);
}

/// Removes what is at a path and returns whether there was something.
pub(super) fn cut(value: &mut Value, path: &[&str]) -> bool {
    let Some((last, parents)) = path.split_last() else { return false };
    let mut here = value;
    for key in parents {
        match here.get_mut(*key) {
            Some(next) => here = next,
            None => return false,
        }
    }
    here.as_object_mut().is_some_and(|map| map.remove(*last).is_some())
}

/// Puts an integer, or removes the field when it is zero, as Go's `omitempty` does.
pub(super) fn put_count(value: &mut Value, path: &[&str], count: i64) {
    if count == 0 {
        cut(value, path);
    } else {
        put(value, path, count);
    }
}

/// A time as Kubernetes writes it: whole seconds, UTC.
pub(super) fn stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A time as Kubernetes writes it in a `MicroTime`.
pub(super) fn micro(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// A time moved by a duration; it stays where it is when that cannot be represented.
pub(super) fn after(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(time)
}

/// A duration as Go writes it (`1h30m`, `-90s`, `3d` for the stories), or a number of seconds.
pub(super) fn duration(value: &Value) -> Option<SignedDuration> {
    if let Some(seconds) = value.as_i64() {
        return Some(SignedDuration::from_secs(seconds));
    }
    duration_text(value.as_str()?)
}

/// The same from text.
pub(super) fn duration_text(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if let Ok(seconds) = rest.parse::<i64>() {
        return Some(SignedDuration::from_secs(if negative { seconds.saturating_neg() } else { seconds }));
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let amount: f64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        total += amount
            * match rest.get(..letters)? {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86400.0,
                _ => return None,
            };
        rest = rest.get(letters..)?;
    }
    SignedDuration::try_from_secs_f64(if negative { -total } else { total }).ok()
}

/// A 32-bit FNV-1a hash, the one with which the real controller makes its pod template hashes.
pub(super) fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// The decimal digits of a hash in Kubernetes' alphabet without vowels, so that no bad words come out.
pub(super) fn safe_hash(hash: u32) -> String {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    hash.to_string()
        .bytes()
        .filter_map(|digit| ALPHABET.get(usize::from(digit) % ALPHABET.len()))
        .map(|c| char::from(*c))
        .collect()
}

/// The hash of a value that ignores the order of keys, nulls and empty maps: equal for what Kubernetes holds equal.
pub(super) fn fingerprint(value: &Value) -> u32 {
    let mut text = String::new();
    canonical(value, &mut text);
    hash(text.as_bytes())
}

fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().filter(|(_, value)| !is_nothing(value)).collect();
            keys.sort_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (key, value) in keys {
                out.push_str(key);
                out.push(':');
                canonical(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            items.iter().for_each(|item| canonical(item, out));
            out.push(']');
        }
        other => {
            out.push_str(&other.to_string());
            out.push(',');
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(Map::is_empty)
}
