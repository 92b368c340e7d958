//! From the name on the command line to the one object that is meant.

use crate::cli::Common;
use crate::headless::sight::Sight;
use crate::headless::{Answer, ExitCode};
use crate::release::model::{Identified, Store};
use crate::release::object::ObjectId;

use super::clock;
use super::observe::Observer;

/// Why there is not exactly one.
pub enum Lost {
    /// Where not everything could be seen, that is said and counts.
    Missing {
        sentence: String,
        unseen: Vec<String>,
        exit: ExitCode,
    },
    Ambiguous(String),
}

impl Lost {
    /// For a command that is about that object alone.
    pub fn answer(self, observer: &Observer) -> Answer {
        match self {
            Lost::Ambiguous(sentence) => Answer::failed(sentence, ExitCode::Usage),
            Lost::Missing { sentence, unseen, exit } => {
                let mut answer = observer.annotate(Answer::failed(sentence, exit));
                answer.diagnostics.extend(unseen);
                answer
            }
        }
    }
}

/// The one object of that name, or why there is not exactly one.
pub fn find<T: Identified>(
    observer: &Observer,
    store: &Store<T>,
    what: (&str, &str),
    name: &str,
    common: &Common,
) -> Result<ObjectId, Lost> {
    let (kind, source) = what;
    let is_named = |id: &&ObjectId| *id.name == *name && is_wanted(id, common);
    let mut found: Vec<&ObjectId> = store.iter().map(Identified::id).filter(is_named).collect();
    found.sort();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let Sight { errors: unseen, exit, .. } = Sight::of(&observer.model, source, clock());
            let sentence = format!("there is no {kind} {name}{}", place(observer, source, common));
            Err(Lost::Missing { sentence, unseen, exit: exit.max(ExitCode::Unknown) })
        }
        many => {
            let all: Vec<_> = many.iter().map(|id| format!("{} in context {}", id.path(), id.context)).collect();
            let message = format!("{name} is not unique: {}; say which with -n NS or --context NAME", all.join(", "));
            Err(Lost::Ambiguous(message))
        }
    }
}

/// Whether an object is in the namespace that was asked for, or is that namespace. A manifest without one may be applied
/// to any.
pub fn is_wanted(id: &ObjectId, common: &Common) -> bool {
    let is_open = common.from_dir.is_some() && id.namespace.is_empty();
    let place = if id.namespace.is_empty() { &id.name } else { &id.namespace };
    is_open || common.namespace.as_deref().is_none_or(|namespace| **place == *namespace)
}

fn place(observer: &Observer, source: &str, common: &Common) -> String {
    match (&common.namespace, &common.from_dir) {
        // A namespace is in none.
        (Some(namespace), _) if source == "namespaces" => format!(" where only {namespace} was asked for with -n"),
        (None, None) if source == "namespaces" => format!(" in {}", observer.contexts_in_words()),
        (Some(namespace), _) => format!(" in namespace {namespace}"),
        (None, Some(folder)) => format!(" in {}", folder.display()),
        (None, None) => " in any namespace".to_owned(),
    }
}
