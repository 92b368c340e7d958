//! What happened, in order, from all sources and all actions; bounded so that a long night does not eat the bastion.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::attention::Severity;
use super::object::ObjectId;

/// Entries kept; the oldest go first.
pub const KEPT: usize = 2_000;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Counts up from the start; given by [`Timeline::push`].
    #[serde(default)]
    pub number: u64,
    pub at: Timestamp,
    /// The source's or action's name.
    pub from: Box<str>,
    /// None for what concerns a whole context.
    pub object: Option<ObjectId>,
    pub severity: Severity,
    pub text: String,
}

/// The bounded list, oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Timeline {
    entries: VecDeque<Entry>,
    pushed: u64,
}

impl Timeline {
    /// Adds an entry at the end.
    pub fn push(&mut self, entry: Entry) {
        let entry = Entry { number: self.pushed, ..entry };
        self.pushed += 1;
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// How many entries there have been.
    pub fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Newest first.
    pub fn newest(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.iter().rev()
    }

    /// The entry of that number, while it is kept.
    pub fn get(&self, number: u64) -> Option<&Entry> {
        let first = self.entries.front()?.number;
        self.entries.get(usize::try_from(number.checked_sub(first)?).ok()?)
    }

    /// As a Markdown table, oldest first, for a post-mortem.
    pub fn markdown(&self) -> String {
        let mut text = String::from("| time (UTC) | what | object | happened |\n|---|---|---|---|\n");
        for entry in &self.entries {
            let object = entry.object.as_ref().map(|object| format!("{} {}", object.context, object.path()));
            let cell = |text: &str| text.replace('|', "\\|");
            text += &format!(
                "| {} | {} | {} | {} |\n",
                entry.at.strftime("%Y-%m-%d %H:%M:%S"),
                cell(&entry.from),
                cell(&object.unwrap_or_default()),
                cell(&entry.text)
            );
        }
        text
    }
}
