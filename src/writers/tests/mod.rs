//! What becomes of a plan at the rim, and what the journal keeps of it.

mod executing;
mod journal;
mod sending;
mod server;
mod templates;

use std::path::Path;

use super::audit::{Entry, Journal, Kind, Target, Who};

fn who() -> Who {
    Who { user: "ann".into(), host: "bastion".into(), pid: 7 }
}

fn journal(directory: &Path) -> Journal {
    Journal::new(directory, who())
}

fn entry(reason: &str) -> Entry {
    Entry {
        kind: Kind::Intent,
        intent: None,
        context: "prod".into(),
        action: "abort".into(),
        target: Target { namespace: "shop".into(), kind: "Rollout".into(), name: "web".into(), uid: "uid-web".into() },
        requests: Vec::new(),
        reason: reason.into(),
        before: None,
        inverse: None,
        result: None,
        took_ms: None,
    }
}
