//! One line of the journal.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who is at the keyboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    pub user: String,
    pub host: String,
    pub pid: u32,
}

impl Who {
    /// `user@host`.
    pub fn name(&self) -> String {
        format!("{}@{}", self.user, self.host)
    }
}

/// The three records that an action leaves, or the one of an action that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// About to be sent.
    Intent,
    /// What the server answered.
    Outcome,
    /// What the cluster showed afterwards.
    Verified,
    /// Never sent, and why; it has no intent.
    Refused,
}

/// What is to be recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub kind: Kind,
    /// Number of the intent that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<u64>,
    pub context: String,
    pub action: String,
    pub target: Target,
    /// What is sent, of an intent only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<Value>,
    pub reason: String,
    /// The object before, of an intent only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What undoes it, of an intent only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inverse: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<i64>,
}

/// The object that it was done to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub namespace: String,
    pub kind: String,
    pub name: String,
    pub uid: String,
}

impl Target {
    /// `namespace/name`; only the name of what is in no namespace.
    pub fn path(&self) -> String {
        if self.namespace.is_empty() {
            return self.name.clone();
        }
        format!("{}/{}", self.namespace, self.name)
    }
}

/// An entry with its place in the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// From 1, without gaps.
    pub seq: u64,
    pub time: Timestamp,
    #[serde(flatten)]
    pub who: Who,
    #[serde(flatten)]
    pub entry: Entry,
    /// Hashes of the unfinished lines just before, which a crash or a full disk left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub torn: Vec<String>,
    /// What was wrong with the journal when this was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// SHA-256 of the record before, without its line end; zeros for the first.
    pub previous: String,
}

/// What of a line makes the chain. Whatever else a newer version writes does not matter here.
#[derive(Debug, Deserialize)]
pub(super) struct Link {
    pub seq: u64,
    pub previous: String,
    #[serde(default)]
    pub torn: Vec<String>,
    #[serde(default)]
    pub fault: Option<String>,
}

impl Link {
    /// Of a line without its end; None when it is no record.
    pub fn of(line: &[u8]) -> Option<Link> {
        serde_json::from_slice(line).ok()
    }
}

/// Whether a line that is no record is what a write that was cut off leaves. On the last line of all, that is what has no
/// line end. With one, it is the beginning of a record that a later writer has closed, to be cut off itself: no other
/// line was ever written by us.
pub(super) fn is_torn(line: &[u8]) -> bool {
    let Some(text) = line.strip_suffix(b"\n") else { return true };
    let is_cut_off = || serde_json::from_slice::<serde::de::IgnoredAny>(text).is_err_and(|error| error.is_eof());
    text.starts_with(b"{") && is_cut_off()
}

/// What the first record follows.
pub(super) fn nothing() -> String {
    "0".repeat(64)
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
