//! From the model to one document and an exit code: the same views without a screen.
//!
//! Every view is a pure function to an [`Answer`], which holds both shapes of the document, JSON and a plain table.

pub mod analysis;
pub mod cost;
pub mod cutover;
pub mod drift;
pub mod exit;
pub mod flags;
pub mod k6;
pub mod live;
pub mod needs;
pub mod previews;
mod repository_rows;
pub mod results;
pub mod rollout;
pub mod row;
pub mod sight;
pub mod status;
pub mod table;

use serde::Serialize;
use serde_json::{Value, json};

pub use exit::ExitCode;

/// Which shape goes to stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Aligned columns without colour.
    #[default]
    Table,
    /// One document.
    Json,
}

/// What a command has to say: one document in both shapes, and how the program ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub json: Value,
    pub table: String,
    pub exit: ExitCode,
    /// For stderr: what could not be seen.
    pub diagnostics: Vec<String>,
}

impl Answer {
    fn new(document: &impl Serialize, table: String, exit: ExitCode) -> Answer {
        // Only a map with keys that are no text can fail here, and none is built; it would be unknown and not a panic.
        match serde_json::to_value(document) {
            Ok(json) => Answer { json, table, exit, diagnostics: Vec::new() },
            Err(error) => Answer::failed(error.to_string(), ExitCode::Unknown),
        }
    }

    /// An answer that is none: what was tried, why it failed, what to do.
    pub fn failed(message: String, exit: ExitCode) -> Answer {
        let table = format!("{}\n", crate::release::text::visible(&message));
        Answer { json: json!({ "error": message }), table: String::new(), exit, diagnostics: vec![table] }
    }

    /// What goes to stdout, ending in a line break where there is anything.
    pub fn text(&self, format: Format) -> String {
        match format {
            Format::Table => self.table.clone(),
            // Pretty printing of a value cannot fail; the plain form is the same document.
            Format::Json => serde_json::to_string_pretty(&self.json).unwrap_or_else(|_| self.json.to_string()) + "\n",
        }
    }
}

#[cfg(test)]
mod agreement;
