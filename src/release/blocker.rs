//! What keeps a namespace from going away, read out of the messages of its conditions.

use serde::{Deserialize, Serialize};

use super::preview::NamespaceCondition;

/// One thing in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Blocker {
    /// A finalizer that nobody removes, on so many objects.
    Finalizer { name: String, objects: u64 },
    /// Objects that are still there: `widgets.example.com`.
    Resource { name: String, objects: u64 },
    /// An API that does not answer. It blocks the deletion of *all* namespaces.
    Discovery { message: String },
    /// A delete that was refused, or a message in no known form.
    Other { kind: String, message: String },
}

impl Blocker {
    /// The blockers that one condition names. One that does not hold names none.
    pub fn read(condition: &NamespaceCondition) -> Vec<Blocker> {
        if !condition.holds {
            return Vec::new();
        }
        let other = || Blocker::Other { kind: condition.kind.clone(), message: condition.message.clone() };
        let listed = match condition.kind.as_str() {
            "NamespaceFinalizersRemaining" => list(&condition.message, " in ", finalizer),
            "NamespaceContentRemaining" => list(&condition.message, " has ", resource),
            "NamespaceDeletionDiscoveryFailure" => {
                vec![Blocker::Discovery { message: condition.message.clone() }]
            }
            _ => Vec::new(),
        };
        if listed.is_empty() { vec![other()] } else { listed }
    }

    /// The blocker in words.
    pub fn sentence(&self) -> String {
        match self {
            Blocker::Finalizer { name, objects } => format!("finalizer {name} on {objects}"),
            Blocker::Resource { name, objects } => format!("{objects} {name} left"),
            Blocker::Discovery { message } => {
                format!("an API does not answer, which blocks every namespace: {message}")
            }
            Blocker::Other { kind, message } => format!("{kind}: {message}"),
        }
    }
}

fn finalizer(name: String, objects: u64) -> Blocker {
    Blocker::Finalizer { name, objects }
}

/// The core group has no name: the controller writes `pods.`.
fn resource(name: String, objects: u64) -> Blocker {
    Blocker::Resource { name: name.trim_end_matches('.').to_owned(), objects }
}

/// `Some ...: NAME<word>N resource instances, NAME<word>N resource instances`.
fn list(message: &str, word: &str, blocker: fn(String, u64) -> Blocker) -> Vec<Blocker> {
    let Some((_, items)) = message.split_once(": ") else { return Vec::new() };
    let item = |item: &str| {
        let (name, count) = item.rsplit_once(word)?;
        let count = count.strip_suffix(" resource instances").unwrap_or(count);
        Some(blocker(name.trim().to_owned(), count.trim().parse().ok()?))
    };
    // All or nothing: half a list would hide what really blocks.
    items.split(", ").map(item).collect::<Option<Vec<_>>>().unwrap_or_default()
}
