//! Reading the YAML files that people write: every value with its line, every fault a warning, nothing fatal.
//!
//! Keymaps, themes and the configuration all stand on this, and none of them may import another of the three; so it is a
//! module of its own that imports none of ours.

mod library;
mod node;

use std::fmt;

pub use library::{Library, Part, read_capped};
pub use node::{Entry, Node, Value};

/// Larger files are refused: no keymap, theme or configuration is near that size.
pub const MAX_BYTES: u64 = 256 * 1024;

/// A fault in a file of the user's. The program starts all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// As it should be shown: the path, or the name of an embedded file.
    pub file: String,
    /// From 1; 0 stands for the file as a whole.
    pub line: usize,
    /// What is wrong and, where it helps, what would be right.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}

/// Where warnings are collected, so that one run shows all faults and not only the first.
#[derive(Debug, Default)]
pub struct Warnings(pub Vec<Warning>);

impl Warnings {
    /// Adds one. It goes to the screen and may quote anything, so that it is made harmless and short here.
    pub fn push(&mut self, file: &str, line: usize, message: impl Into<String>) {
        self.0.push(Warning { file: visible(file), line, message: visible(&message.into()) });
    }
}

/// The longest message, in characters.
const MAX_MESSAGE: usize = 300;

fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars().take(MAX_MESSAGE) {
        if disturbs(c) { visible.extend(c.escape_unicode()) } else { visible.push(c) }
    }
    visible
}

/// Whether a character would move, colour or reorder what stands around it.
pub fn disturbs(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_quotes_nothing_that_disturbs_the_screen() {
        let mut warnings = Warnings::default();
        warnings.push("f", 2, format!("no `\u{1b}[2J\u{202e}`{}", "x".repeat(999)));
        let text = warnings.0[0].to_string();
        assert!(text.starts_with("f:2: no `\\u{1b}[2J\\u{202e}`xxx") && text.len() < 330, "{text}");
    }
}
