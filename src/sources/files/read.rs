//! From the text of a file to its documents: YAML or JSON, one bad document at a time.

use std::path::Path;

use serde_json::Value;

use crate::release::text::visible_up_to;

use super::{Document, Fault, Loaded, text};

/// Reads all documents of a file; those that cannot be read become faults with their line.
pub fn documents(file: &Path, content: &[u8], loaded: &mut Loaded) {
    let text = match std::str::from_utf8(content) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let line = line_of(&content[..error.valid_up_to()]);
            return loaded.faults.push(Fault::new(file, Some(line), "is not text in UTF-8"));
        }
    };
    let mut reader = Reader { file, index: 0, loaded };
    // JSON is YAML too, but its own reader is forty times as fast and takes several objects in a row.
    if !(text.trim_start().starts_with(['{', '[']) && reader.json(text)) {
        reader.yaml(text);
    }
}

struct Reader<'a> {
    file: &'a Path,
    index: usize,
    loaded: &'a mut Loaded,
}

impl Reader<'_> {
    /// False where it turned out to be YAML in braces.
    fn json(&mut self, text: &str) -> bool {
        let is_named_json = self.file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        loop {
            let start = values.byte_offset();
            let blank = text[start..].len() - text[start..].trim_start().len();
            let line = line_of(&text.as_bytes()[..start + blank]);
            match values.next() {
                None => return true,
                Some(Ok(value)) => self.take(value, line),
                Some(Err(_)) if self.index == 0 && !is_named_json => return false,
                Some(Err(error)) => {
                    self.fault(error.line(), &error.to_string());
                    return true;
                }
            }
        }
    }

    fn yaml(&mut self, text: &str) {
        for (line, document) in split(text) {
            match yaml_value(document) {
                Ok(Value::Null) => {}
                Ok(value) => self.take(value, line),
                Err(error) => {
                    let within = error.location().map_or(1, |location| location.line());
                    self.fault(line + within.saturating_sub(1), &error.to_string());
                }
            }
        }
    }

    /// Keeps a document, or each item of a list.
    fn take(&mut self, value: Value, line: usize) {
        match value {
            Value::Object(mut list) if list_of(&list).is_some() => {
                let item_kind = list_of(&list).unwrap_or_default().to_owned();
                let version = list.get("apiVersion").cloned();
                let Some(Value::Array(items)) = list.remove("items") else { return };
                for mut item in items {
                    // The items of a RolloutList, unlike those of a List, need not say what they are.
                    if let (Value::Object(item), false) = (&mut item, item_kind.is_empty()) {
                        item.entry("kind").or_insert_with(|| item_kind.as_str().into());
                        item.entry("apiVersion").or_insert_with(|| version.clone().unwrap_or_default());
                    }
                    self.take(item, line);
                }
            }
            value => {
                let index = self.index;
                self.index += 1;
                self.loaded.documents.push(Document { file: self.file.to_owned(), index, line, value });
            }
        }
    }

    fn fault(&mut self, line: usize, message: &str) {
        self.loaded.faults.push(Fault::new(self.file, Some(line), visible_up_to(message, 300)));
    }
}

/// The kind of the items, empty for a plain `List`; None for what is no list.
fn list_of(object: &serde_json::Map<String, Value>) -> Option<&str> {
    object.get("items").filter(|items| items.is_array())?;
    object.get("kind")?.as_str()?.strip_suffix("List")
}

/// One YAML document as JSON, as Kubernetes reads it: merge keys are merged, keys become text.
fn yaml_value(document: &str) -> Result<Value, serde_yaml::Error> {
    let mut value: serde_yaml::Value = serde_yaml::from_str(document)?;
    value.apply_merge()?;
    serde_json::to_value(value).map_err(serde::de::Error::custom)
}

/// The documents of a YAML text, each with the line it begins at. `---` and `...` at the start of a line are markers
/// wherever they stand, also within what looks like a block of text, so that a line is enough to tell.
fn split(text: &str) -> Vec<(usize, &str)> {
    let mut documents = Vec::new();
    let (mut start, mut start_line, mut has_content) = (0, 1, false);
    let mut offset = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let end = offset + line.len();
        if is_marker(line, "---") {
            if has_content {
                documents.push((start_line, &text[start..offset]));
            }
            // Directives and comments before the first marker belong to its document.
            if has_content || !text[start..offset].lines().any(|line| line.starts_with('%')) {
                (start, start_line) = (offset, number + 1);
            }
            has_content = true;
        } else if is_marker(line, "...") {
            documents.push((start_line, &text[start..offset]));
            (start, start_line, has_content) = (end, number + 2, false);
        } else if !line.trim().is_empty() && !line.starts_with(['#', '%']) {
            has_content = true;
        }
        offset = end;
    }
    if has_content {
        documents.push((start_line, &text[start..]));
    }
    documents
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

fn line_of(before: &[u8]) -> usize {
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

/// Whether the document is of that group and kind.
pub fn is(document: &Document, group: &str, kind: &str) -> bool {
    text(&document.value, "kind") == kind && document.group() == group
}
