//! A YAML document as a tree in which every key and value knows its line, and duplicate keys are still there.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};

use super::Warnings;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// From 1.
    pub line: usize,
    /// What stands there.
    pub value: Value,
}

/// What a YAML value can be.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number: no option needs more than 53 bits.
    Number(f64),
    /// A string.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<Entry>),
}

/// One key of a mapping with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key as it is written: `1` and `n` are text here.
    pub key: String,
    /// The line of the key.
    pub line: usize,
    /// The value.
    pub node: Node,
}

impl Value {
    /// For messages: `a list`, `a number`.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

impl Node {
    /// Reads a document; what cannot be read at all is one warning and `None`. An empty document is [`Value::Null`].
    pub fn read(file: &str, text: &str, warnings: &mut Warnings) -> Option<Node> {
        let options = serde_saphyr::options! {
            // Reported by `entries` below, so that the rest of the file still loads.
            duplicate_keys: DuplicateKeyPolicy::PassThrough,
            non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
            // Otherwise `y`, `n`, `on` and `off` are booleans, and all of them are good names here.
            strict_booleans: true,
            emit_comments: false,
            with_snippet: false,
            budget: serde_saphyr::budget! { max_depth: 16, max_nodes: 20_000, max_documents: 1 },
        };
        match serde_saphyr::from_str_with_options::<Option<Spanned<Value>>>(text, options) {
            Ok(Some(node)) => Some(node.into()),
            Ok(None) => Some(Node { line: 1, value: Value::Null }),
            Err(error) => {
                let line = error.location().map_or(0, |location| at(location.line()));
                let message = error.without_snippet().to_string();
                let message = message.lines().next().unwrap_or_default().trim().to_owned();
                warnings.push(file, line, format!("not readable as YAML, nothing of it is used: {message}"));
                None
            }
        }
    }

    /// The entries of a mapping, each key once: a second one of the same name is a warning and is left out, and so is
    /// anything that is no mapping. Nothing at all counts as an empty mapping.
    pub fn entries(self, file: &str, what: &str, warnings: &mut Warnings) -> Vec<Entry> {
        let entries = match self.value {
            Value::Map(entries) => entries,
            Value::Null => Vec::new(),
            other => {
                warnings.push(file, self.line, format!("{what} must be a mapping, got {}", other.kind()));
                Vec::new()
            }
        };
        let mut once: Vec<Entry> = Vec::with_capacity(entries.len());
        for entry in entries {
            match once.iter().find(|seen| seen.key == entry.key) {
                Some(first) => {
                    let message = format!("`{}` is set twice; line {} counts", entry.key, first.line);
                    warnings.push(file, entry.line, message);
                }
                None => once.push(entry),
            }
        }
        once
    }
}

fn at(line: u64) -> usize {
    usize::try_from(line).unwrap_or(0)
}

impl From<Spanned<Value>> for Node {
    fn from(spanned: Spanned<Value>) -> Node {
        Node { line: at(spanned.referenced.line()), value: spanned.value }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element::<Spanned<Value>>()? {
            list.push(item.into());
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = map.next_entry::<Spanned<String>, Spanned<Value>>()? {
            entries.push(Entry { line: at(key.referenced.line()), key: key.value, node: value.into() });
        }
        Ok(Value::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (Option<Node>, Vec<String>) {
        let mut warnings = Warnings::default();
        let node = Node::read("f", text, &mut warnings);
        (node, warnings.0.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_key_and_value_has_its_line() {
        let (node, warnings) = read("# first\na: 1\nb:\n  n: yes\n  1: [x,\n    ~]\n");
        let mut found = Warnings::default();
        let entries = node.expect("readable").entries("f", "it", &mut found);
        assert_eq!(warnings, Vec::<String>::new());
        assert_eq!((entries[0].line, &entries[0].node.value), (2, &Value::Number(1.0)));
        let inner = entries[1].node.clone().entries("f", "it", &mut found);
        assert_eq!((inner[0].key.as_str(), inner[0].line), ("n", 4));
        assert_eq!(inner[0].node.value, Value::Text("yes".into()));
        let Value::List(list) = &inner[1].node.value else { panic!("a list") };
        assert_eq!((inner[1].key.as_str(), list[0].line, list[1].line), ("1", 5, 6));
        assert_eq!(list[1].value, Value::Null);
    }

    #[test]
    fn a_second_key_of_the_same_name_is_named_and_left_out() {
        let mut warnings = Warnings::default();
        let node = Node::read("f", "a: 1\nb: 2\na: 3\n", &mut warnings).expect("readable");
        let entries = node.entries("f", "it", &mut warnings);
        assert_eq!(entries.len(), 2);
        assert_eq!(warnings.0[0].to_string(), "f:3: `a` is set twice; line 1 counts");
    }

    #[test]
    fn what_is_no_yaml_is_one_warning_with_its_line() {
        let (node, warnings) = read("a: 1\nb: [1, 2\nc: }\n");
        assert_eq!(node, None);
        assert_eq!(warnings.len(), 1);
        assert!(
            warnings[0].starts_with("f:3: not readable as YAML") || warnings[0].starts_with("f:2: "),
            "{warnings:?}"
        );
        assert_eq!(read("").0.map(|node| node.value), Some(Value::Null));
        assert_eq!(read("# only a comment\n").0.map(|node| node.value), Some(Value::Null));
        assert_eq!(read(&"[".repeat(5000)).0, None);
        assert_eq!(read("a: 1\n---\nb: 2\n").0, None);
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[ab1:\\-\\[\\]{},#&*!|>'\"%@~? \n\t\\\\]{0,80}", any in any::<String>()) {
            let _ = read(&text);
            let _ = read(&any);
        }
    }
}
