//! Preview environments: namespaces `pr-<n>` and what became of the pull request they were made for.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::blocker::Blocker;
use super::object::ObjectId;
use super::pull::{PullLookup, PullState};

/// A namespace, only what the pane needs. The name and all texts were made visible at the door.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreviewNamespace {
    pub id: ObjectId,
    pub created: Option<Timestamp>,
    /// `metadata.deletionTimestamp`: it is being deleted.
    pub deleted_at: Option<Timestamp>,
    /// Keys of `metadata.labels`.
    pub labels: Vec<String>,
    /// Which repository it was made for, where a label or an annotation says so (`owner/name`).
    pub repository: Option<String>,
    /// `status.conditions[]`.
    pub conditions: Vec<NamespaceCondition>,
}

/// `status.conditions[]` of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamespaceCondition {
    /// `type`, such as `NamespaceFinalizersRemaining`.
    pub kind: String,
    /// `status` is True.
    pub holds: bool,
    pub reason: String,
    pub message: String,
}

/// What is to be made of a preview. The words are those of the pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PreviewClass {
    /// Being deleted for longer than it should take.
    Stuck,
    /// Its pull request is closed, merged or not there.
    Orphan,
    /// Open, but nobody has pushed for long.
    Stale,
    /// The name fits, the repository does not.
    Foreign,
    /// GitHub did not say.
    Unknown,
    Active,
}

impl PreviewClass {
    /// The word on the screen and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            PreviewClass::Stuck => "stuck",
            PreviewClass::Orphan => "orphan",
            PreviewClass::Stale => "stale",
            PreviewClass::Foreign => "foreign",
            PreviewClass::Unknown => "unknown",
            PreviewClass::Active => "active",
        }
    }
}

/// How long is too long, and what is never torn down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreviewRules {
    /// `owner/name` of the repository whose pull requests have previews; empty when none is configured.
    pub repository: String,
    /// What GitHub calls that repository now, where it was renamed.
    #[serde(default)]
    pub renamed: Option<String>,
    pub stale_after: SignedDuration,
    pub stuck_after: SignedDuration,
    /// Label keys that forbid a teardown.
    pub deny_labels: Vec<String>,
}

impl PreviewRules {
    /// Seven days without a push are stale, five minutes of deletion are stuck.
    pub fn new(repository: impl Into<String>) -> Self {
        PreviewRules {
            repository: repository.into(),
            renamed: None,
            stale_after: SignedDuration::from_hours(7 * 24),
            stuck_after: SignedDuration::from_mins(5),
            deny_labels: vec!["flightdeck.dev/keep".to_owned()],
        }
    }

    /// By the name it is configured with, or by the one it has now.
    fn is_ours(&self, repository: &str) -> bool {
        let is = |name: &str| repository.eq_ignore_ascii_case(name);
        is(&self.repository) || self.renamed.as_deref().is_some_and(is)
    }
}

/// A preview, classed, with the reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    pub number: u64,
    pub class: PreviewClass,
    pub why: String,
    /// What keeps it from going away, while it is being deleted.
    pub blockers: Vec<Blocker>,
}

/// The pull request's number, where the name is that of a preview: `^pr-(\d+)$`.
pub fn number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("pr-")?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok())?
}

/// Classes a namespace; None where its name is not that of a preview.
pub fn classify(
    namespace: &PreviewNamespace,
    pull: &PullLookup,
    rules: &PreviewRules,
    now: Timestamp,
) -> Option<Preview> {
    let number = number(&namespace.id.name)?;
    let blockers = blockers(namespace);
    let (class, why) = stuck(namespace, &blockers, rules, now)
        .or_else(|| foreign(namespace, pull, rules))
        .unwrap_or_else(|| by_pull(pull, rules, now));
    Some(Preview { number, class, why, blockers })
}

/// What keeps it from going away, while it is being deleted.
fn blockers(namespace: &PreviewNamespace) -> Vec<Blocker> {
    match namespace.deleted_at {
        Some(_) => namespace.conditions.iter().flat_map(Blocker::read).collect(),
        None => Vec::new(),
    }
}

/// The blockers in one line; None where there are none.
fn held(blockers: &[Blocker]) -> Option<String> {
    let held = blockers.iter().map(Blocker::sentence).collect::<Vec<_>>().join("; ");
    (!held.is_empty()).then_some(held)
}

/// Being deleted for too long.
fn stuck(
    namespace: &PreviewNamespace,
    blockers: &[Blocker],
    rules: &PreviewRules,
    now: Timestamp,
) -> Option<(PreviewClass, String)> {
    let since = now.duration_since(namespace.deleted_at?);
    if since <= rules.stuck_after {
        return None;
    }
    let held = held(blockers).unwrap_or_else(|| "no condition says why".to_owned());
    Some((PreviewClass::Stuck, format!("terminating for {}: {held}", age(since))))
}

/// Made for another repository.
fn foreign(namespace: &PreviewNamespace, pull: &PullLookup, rules: &PreviewRules) -> Option<(PreviewClass, String)> {
    let belongs_to = match pull {
        PullLookup::Found(pull) => pull.repository.as_ref(),
        PullLookup::NotFound | PullLookup::Unknown(_) => None,
    };
    if rules.repository.is_empty() {
        // No repository is configured: nothing can be told apart.
        return None;
    }
    let other = [namespace.repository.as_ref(), belongs_to]
        .into_iter()
        .flatten()
        .find(|repository| !rules.is_ours(repository))?;
    Some((PreviewClass::Foreign, format!("belongs to {other}, not {}", rules.repository)))
}

/// What the pull request's state means for its preview.
fn by_pull(pull: &PullLookup, rules: &PreviewRules, now: Timestamp) -> (PreviewClass, String) {
    let pull = match pull {
        PullLookup::Found(pull) => pull,
        PullLookup::NotFound => return (PreviewClass::Orphan, "there is no such pull request (404)".to_owned()),
        PullLookup::Unknown(reason) => return (PreviewClass::Unknown, reason.clone()),
    };
    let closed = |word: &str| match pull.closed_at {
        Some(at) => format!("{word} {} ago", age(now.duration_since(at))),
        None => word.to_owned(),
    };
    match &pull.state {
        PullState::Merged => (PreviewClass::Orphan, closed("merged")),
        PullState::Closed => (PreviewClass::Orphan, closed("closed")),
        PullState::Other(word) => (PreviewClass::Unknown, format!("its state is {word}")),
        PullState::Open => match pull.pushed_at.map(|at| now.duration_since(at)) {
            Some(since) if since > rules.stale_after => {
                (PreviewClass::Stale, format!("open, last push {} ago", age(since)))
            }
            Some(since) => (PreviewClass::Active, format!("open, last push {} ago", age(since))),
            None => (PreviewClass::Unknown, "open, and it is not known since when nobody has pushed".to_owned()),
        },
    }
}

/// Whether a teardown may be planned at all; the error is the reason why not. Ok holds what still speaks against it
/// (`is still open`): the number, typed, overrides that and nothing else.
pub fn may_tear_down(
    namespace: &PreviewNamespace,
    pull: &PullLookup,
    rules: &PreviewRules,
) -> Result<Option<String>, String> {
    let name = &namespace.id.name;
    number(name).ok_or_else(|| format!("{name} is not the name of a preview (pr-<number>)"))?;
    if namespace.id.uid.0.is_empty() {
        return Err(format!("the uid of {name} is not known: a delete could hit its successor"));
    }
    if namespace.deleted_at.is_some() {
        return Err(match held(&blockers(namespace)) {
            Some(held) => format!("{name} is being deleted already, held by {held}"),
            None => format!("{name} is being deleted already"),
        });
    }
    if let Some(label) = namespace.labels.iter().find(|label| rules.deny_labels.contains(label)) {
        return Err(format!("the label {label} forbids it"));
    }
    if let Some((_, why)) = foreign(namespace, pull, rules) {
        return Err(format!("{name} {why}"));
    }
    Ok(match pull {
        PullLookup::NotFound => None,
        PullLookup::Unknown(reason) => Some(format!("is not known to be closed ({reason})")),
        PullLookup::Found(pull) => match &pull.state {
            PullState::Closed | PullState::Merged => None,
            PullState::Open => Some("is still open".to_owned()),
            PullState::Other(word) => Some(format!("is not known to be closed (its state is {word})")),
        },
    })
}

/// A duration in its largest unit: `3d`, `26h`, `7m`, `9s`. Clocks that disagree do not make it negative.
pub fn age(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..7200 => format!("{}m", seconds / 60),
        7200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
#[path = "preview_tests.rs"]
mod tests;
