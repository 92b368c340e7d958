//! A request as the simulated API server sees it: method, path, query, body and the user behind it.

use hyper::Method;
use hyper::body::Bytes;
use serde_json::Value;

use super::access::User;
use super::refused::Refused;
use super::resources::{self, Resource};

/// One request.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// The path, decoded segment by segment.
    pub(super) segments: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) content_type: String,
    pub(super) accept: String,
    pub(super) body: Bytes,
    pub(super) user: User,
}

/// The object or collection that a path names.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) resource: &'static Resource,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) sub: String,
}

/// What a reply is.
#[derive(Debug)]
pub(super) enum Reply {
    /// A JSON document with its status.
    Json(u16, Bytes),
    /// The same as an aggregated discovery document, which says so in its content type.
    Discovery(Bytes),
    /// A plain text.
    Text(&'static str),
    /// A stream of watch events.
    Watch(super::watch::Watch),
}

impl Reply {
    pub(super) fn value(code: u16, value: &Value) -> Self {
        Self::Json(code, Bytes::from(serde_json::to_vec(value).unwrap_or_default()))
    }
}

impl Call {
    /// The value of a query parameter, empty when there is none.
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        matches!(self.parameter(name), "true" | "1")
    }

    pub(super) fn is_dry_run(&self) -> bool {
        self.parameter("dryRun") == "All"
    }

    /// The decoded path, for messages.
    pub(super) fn path(&self) -> String {
        format!("/{}", self.segments.join("/"))
    }

    /// The body as JSON; the content type may say YAML.
    pub(super) fn object(&self) -> Result<Value, Refused> {
        let parsed = if self.content_type.contains("yaml") {
            serde_yaml::from_slice(&self.body).map_err(|error| error.to_string())
        } else {
            serde_json::from_slice(&self.body).map_err(|error| error.to_string())
        };
        parsed.map_err(|error| Refused::bad_request(format!("the object provided is unrecognized: {error}")))
    }
}

/// Finds out which served kind a path is about.
pub(super) fn target(segments: &[String]) -> Result<Target, Refused> {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (group, version, rest) = match segments.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return Err(Refused::no_path()),
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, plural, rest @ ..] if !matches!(*plural, "status" | "finalize") => {
            (*namespace, [&[*plural], rest].concat())
        }
        rest => ("", rest.to_vec()),
    };
    let plural = rest.first().copied().unwrap_or_default();
    let resource = resources::served(group, version, plural).ok_or_else(Refused::no_path)?;
    let part = |index: usize| rest.get(index).copied().unwrap_or_default().to_owned();
    let (name, sub) = (part(1), part(2));
    if rest.len() > 3 || (resource.namespaced && namespace.is_empty() && !name.is_empty()) {
        return Err(Refused::no_path());
    }
    Ok(Target { resource, namespace: namespace.to_owned(), name, sub })
}

/// Splits and decodes a path.
pub(super) fn segments(path: &str) -> Vec<String> {
    path.split('/').filter(|segment| !segment.is_empty()).map(|segment| decode(segment, false)).collect()
}

/// Splits and decodes a query string or a form.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key, true), decode(value, true))
        })
        .collect()
}

fn decode(text: &str, plus_is_space: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        let hex = bytes.get(index + 1..index + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match (byte, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(decoded)) => {
                out.push(decoded);
                index += 2;
            }
            (b'+', _) if plus_is_space => out.push(b' '),
            (byte, _) => out.push(*byte),
        }
        index += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
