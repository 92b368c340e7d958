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
    /// Adds one.
    pub fn push(&mut self, file: &str, line: usize, message: impl Into<String>) {
        self.0.push(Warning { file: file.to_owned(), line, message: message.into() });
    }
}
