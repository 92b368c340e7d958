//! Objects from manifests instead of an API server: `--from-dir DIR` and `-f FILE|DIR|-`.
//!
//! The same readers as the watches' make the same rows, so that a pane cannot tell the difference.

mod kinds;
mod read;
mod walk;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::release::observation::Report;
use crate::release::text::visible;

pub use read::documents;

/// All that was found below some paths.
#[derive(Debug, Default)]
pub struct Loaded {
    /// For the model: every kind that is watched, complete, also when there is none of it.
    pub reports: Vec<Report>,
    /// Every document of any kind, lists taken apart, as it was written: for the checks.
    pub documents: Vec<Document>,
    /// What could not be read. The rest was.
    pub faults: Vec<Fault>,
}

/// One document of a file, or one item of a list in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub file: PathBuf,
    /// Its place in the file, from 0; the items of a list count one by one.
    pub index: usize,
    /// The line its document begins at, from 1.
    pub line: usize,
    pub value: Value,
}

impl Document {
    /// `kind`, empty where there is none.
    pub fn kind(&self) -> &str {
        text(&self.value, "kind")
    }

    /// The group of `apiVersion`, empty for the core group.
    pub fn group(&self) -> &str {
        text(&self.value, "apiVersion").split_once('/').map_or("", |(group, _)| group)
    }

    /// `metadata.name`, else `metadata.generateName`, empty where there is none.
    pub fn name(&self) -> &str {
        let metadata = &self.value["metadata"];
        match text(metadata, "name") {
            "" => text(metadata, "generateName"),
            name => name,
        }
    }

    /// `metadata.namespace`, empty where there is none.
    pub fn namespace(&self) -> &str {
        text(&self.value["metadata"], "namespace")
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// What could not be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub file: PathBuf,
    /// From 1; None where the whole file is meant.
    pub line: Option<usize>,
    pub message: String,
}

impl Fault {
    fn new(file: &Path, line: Option<usize>, message: impl Into<String>) -> Self {
        Fault { file: file.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Fault {
    /// `shop/web.yaml:12: did not find expected key`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = visible(&self.file.to_string_lossy());
        match self.line {
            Some(line) => write!(formatter, "{file}:{line}: {}", self.message),
            None => write!(formatter, "{file}: {}", self.message),
        }
    }
}

/// Reads files, all manifests below directories, and standard input for `-`.
pub fn load(paths: &[PathBuf], context: &Arc<str>) -> Loaded {
    let mut loaded = Loaded::default();
    let mut budget = walk::LARGEST_TOTAL;
    for path in paths {
        for file in walk::files(path, &mut loaded.faults) {
            match walk::content(&file, &mut budget) {
                Ok(content) => read::documents(&file, &content, &mut loaded),
                Err(message) => loaded.faults.push(Fault::new(&file, None, message)),
            }
        }
    }
    loaded.reports = kinds::reports(&loaded.documents, context);
    loaded
}
