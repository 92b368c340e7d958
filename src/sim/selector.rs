//! Label and field selectors.

use serde_json::Value;

use super::refused::Refused;
use super::resources::{EVENTS, PODS, Resource};
use super::store::Object;
use super::value::{at, text};

/// Which objects of a kind are asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<(Vec<&'static str>, bool, String)>,
}

#[derive(Clone, Debug)]
struct Requirement {
    key: String,
    holds: Holds,
}

#[derive(Clone, Debug)]
enum Holds {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
}

/// The fields that a selector may name, by kind; every kind has its name and namespace.
#[rustfmt::skip]
const FIELDS: &[(&str, &str, &[&str])] = &[
    ("", "metadata.name", &["metadata", "name"]),
    ("", "metadata.namespace", &["metadata", "namespace"]),
    (EVENTS, "involvedObject.kind", &["involvedObject", "kind"]),
    (EVENTS, "involvedObject.namespace", &["involvedObject", "namespace"]),
    (EVENTS, "involvedObject.name", &["involvedObject", "name"]),
    (EVENTS, "involvedObject.uid", &["involvedObject", "uid"]),
    (EVENTS, "involvedObject.apiVersion", &["involvedObject", "apiVersion"]),
    (EVENTS, "reason", &["reason"]),
    (EVENTS, "reportingComponent", &["reportingComponent"]),
    (EVENTS, "source", &["source", "component"]),
    (EVENTS, "type", &["type"]),
    (PODS, "spec.nodeName", &["spec", "nodeName"]),
    (PODS, "status.phase", &["status", "phase"]),
];

impl Selector {
    /// Reads both selectors of a request.
    pub(super) fn read(resource: &Resource, labels: &str, fields: &str) -> Result<Self, Refused> {
        let labels = split_outside_parentheses(labels).map(requirement).collect::<Result<_, _>>()?;
        let fields = fields
            .split(',')
            .filter(|field| !field.trim().is_empty())
            .map(|text| field(resource, text))
            .collect::<Result<_, _>>()?;
        Ok(Self { labels, fields })
    }

    pub(super) fn matches(&self, object: &Object) -> bool {
        // An empty selector must not cost a look inside.
        if self.labels.is_empty() && self.fields.is_empty() {
            return true;
        }
        let value = object.value();
        self.labels.iter().all(|requirement| requirement.matches(&value["metadata"]["labels"]))
            && self.fields.iter().all(|(path, equal, wanted)| {
                let found = at(value, path).as_str().unwrap_or_default();
                (found == wanted) == *equal
            })
    }
}

impl Requirement {
    fn matches(&self, labels: &Value) -> bool {
        let there = !labels[&self.key].is_null();
        let is_one_of = |values: &[String]| values.iter().any(|value| value == text(labels, &[&self.key]));
        match &self.holds {
            Holds::In(values) => there && is_one_of(values),
            Holds::NotIn(values) => !there || !is_one_of(values),
            Holds::Exists => there,
            Holds::Absent => !there,
        }
    }
}

fn split_outside_parentheses(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    text.split(move |c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
}

fn requirement(text: &str) -> Result<Requirement, Refused> {
    let made = |key: &str, holds| Requirement { key: key.trim().to_owned(), holds };
    let one = |value: &str| vec![value.trim().to_owned()];
    let set = |rest: &str| -> Option<Vec<String>> {
        let inner = rest.trim().strip_prefix('(')?.strip_suffix(')')?;
        Some(inner.split(',').map(|value| value.trim().to_owned()).collect())
    };
    let read = if let Some((key, rest)) = text.split_once(" notin") {
        set(rest).map(|values| made(key, Holds::NotIn(values)))
    } else if let Some((key, rest)) = text.split_once(" in") {
        set(rest).map(|values| made(key, Holds::In(values)))
    } else if let Some((key, value)) = text.split_once("!=") {
        Some(made(key, Holds::NotIn(one(value))))
    } else if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        Some(made(key, Holds::In(one(value))))
    } else if let Some(key) = text.strip_prefix('!') {
        Some(made(key, Holds::Absent))
    } else {
        Some(made(text, Holds::Exists))
    };
    read.filter(|requirement| is_key(&requirement.key)).ok_or_else(|| {
        Refused::bad_request(format!(
            "unable to parse requirement: found '{}' expected: '('",
            text.rsplit(' ').next().unwrap_or(text)
        ))
    })
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
}

fn field(resource: &Resource, text: &str) -> Result<(Vec<&'static str>, bool, String), Refused> {
    let (name, equal, value) = if let Some((name, value)) = text.split_once("!=") {
        (name, false, value)
    } else if let Some((name, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        (name, true, value)
    } else {
        return Err(Refused::bad_request(format!("invalid selector: '{text}'; can't understand '{text}'")));
    };
    let known =
        FIELDS.iter().find(|(full, field, _)| (full.is_empty() || *full == resource.full) && *field == name.trim());
    let (_, _, path) =
        known.ok_or_else(|| Refused::bad_request(format!("field label not supported: {}", name.trim())))?;
    Ok((path.to_vec(), equal, value.trim().to_owned()))
}
