//! One resource in a Terraform plan and what would be done, or was done, to it.

use serde::{Deserialize, Serialize};

use super::json::Json;
use super::text::visible;

/// `resource_changes[]` and `resource_drift[]`: address and action, never the values, which may be secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceChange {
    pub address: String,
    /// `managed`, `data`, or `ephemeral` of OpenTofu.
    pub mode: String,
    pub action: Action,
    /// `action_reason`, such as `replace_because_tainted`.
    pub reason: Option<String>,
    /// `previous_address`: where it was before a move.
    pub previous_address: Option<String>,
    /// Brought under Terraform by this plan.
    pub importing: bool,
}

/// `change.actions`, folded to one word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    NoOp,
    Read,
    Create,
    Update,
    Delete,
    /// Both orders: `delete, create` and `create, delete`.
    Replace,
    /// Dropped from the state, left in the world.
    Forget,
    /// A replacement whose old object is left in the world: `create, forget` of Terraform, `forget, create` of OpenTofu.
    CreateAndForget,
    /// What this version does not know. It counts as something that happens.
    Other(String),
}

impl Action {
    /// From the list of words.
    pub fn read(actions: Json) -> Self {
        let words: Vec<String> = actions.items().into_iter().map(|word| word.text().unwrap_or_default()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["no-op"] => Action::NoOp,
            ["read"] => Action::Read,
            ["create"] => Action::Create,
            ["update"] => Action::Update,
            ["delete"] => Action::Delete,
            ["delete", "create"] | ["create", "delete"] => Action::Replace,
            ["forget"] => Action::Forget,
            ["create", "forget"] | ["forget", "create"] => Action::CreateAndForget,
            [] => Action::Other("(no action)".to_owned()),
            _ => Action::Other(visible(&words.join(","))),
        }
    }

    /// The word on the screen.
    pub fn word(&self) -> &str {
        match self {
            Action::NoOp => "no-op",
            Action::Read => "read",
            Action::Create => "create",
            Action::Update => "update",
            Action::Delete => "delete",
            Action::Replace => "replace",
            Action::Forget => "forget",
            Action::CreateAndForget => "create, forget",
            Action::Other(word) => word,
        }
    }
}

impl ResourceChange {
    /// From one item; what is missing has a word.
    pub fn read(item: Json) -> Self {
        let item = item.fields();
        let change = item.get("change").fields();
        ResourceChange {
            address: item.get("address").words().unwrap_or_else(|| "(no address)".to_owned()),
            mode: item.get("mode").words().unwrap_or_else(|| "managed".to_owned()),
            action: Action::read(change.get("actions")),
            reason: word(item.get("action_reason")),
            previous_address: word(item.get("previous_address")),
            // Its fields have changed before, and one day it may be something else.
            importing: change.get("importing").is_present(),
        }
    }

    /// Whether this is something that is still there after the run: Terraform counts neither what it reads nor what it opens
    /// and closes. A mode of no known word counts.
    pub fn is_lasting(&self) -> bool {
        !matches!(self.mode.as_str(), "data" | "ephemeral")
    }

    /// Whether an apply would do something to a managed resource.
    pub fn is_planned(&self) -> bool {
        self.is_lasting() && !matches!(self.action, Action::NoOp | Action::Read)
    }

    /// Renamed and otherwise left alone.
    pub fn is_moved_only(&self) -> bool {
        self.action == Action::NoOp && self.previous_address.is_some()
    }

    /// Not counted by Terraform, yet enough to make a plan applyable: a rename, an import, a read at apply time (or what may
    /// be one: an action of no known word).
    pub fn is_quiet_step(&self) -> bool {
        let is_read = matches!(self.action, Action::Read | Action::Other(_)) && self.mode != "ephemeral";
        self.is_moved_only() || self.importing || is_read
    }
}

/// A word, or that there is something that is none.
fn word(value: Json) -> Option<String> {
    value.words().or_else(|| value.is_present().then(|| "(not readable)".to_owned()))
}
