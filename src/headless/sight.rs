//! Whether the sources can see at all: a view of what nobody can see is unknown, not empty.

use jiff::Timestamp;

use super::exit::ExitCode;
use crate::release::model::{Freshness, Liveness, Model};
use crate::release::observation::SourceId;
use crate::release::topic::Topic;

/// How well one kind of source sees, over all contexts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The worst of all contexts; None when no such source was ever heard of.
    pub liveness: Option<Liveness>,
    /// When the one that was silent longest was last heard.
    pub heard: Option<Timestamp>,
    /// What each context that does not see says.
    pub errors: Vec<String>,
    /// What the program ends with when this matters.
    pub exit: ExitCode,
}

impl Sight {
    /// Of the source of that name.
    pub fn of(model: &Model, kind: &str, now: Timestamp) -> Sight {
        let sources: Vec<_> = model.freshness.iter().filter(|(source, _)| &*source.kind == kind).collect();
        Sight {
            liveness: sources.iter().map(|(_, freshness)| freshness.liveness(now)).max(),
            heard: sources.iter().filter_map(|(_, freshness)| freshness.heard).min(),
            errors: sources.iter().filter_map(|(source, freshness)| error(source, freshness, now)).collect(),
            exit: sources.iter().map(|(_, freshness)| exit(freshness, now)).max().unwrap_or(ExitCode::Unknown),
        }
    }

    /// Of a topic of the repository.
    pub fn of_topic(model: &Model, topic: Topic) -> Sight {
        let known = model.repository_of(topic).map(|(_, repository)| repository.sight(topic)).unwrap_or_default();
        let failure = known.failing.as_ref().map(|(_, failure)| failure);
        Sight {
            liveness: None,
            heard: known.seen,
            errors: failure.map(|failure| format!("{}: {}", topic.word(), failure.message)).into_iter().collect(),
            exit: match failure {
                Some(failure) => failure.kind.into(),
                None if known.seen.is_some() => ExitCode::Ok,
                _ => ExitCode::Unknown,
            },
        }
    }

    /// Whether what is shown holds now.
    pub fn is_clear(&self) -> bool {
        self.exit == ExitCode::Ok
    }
}

fn error(source: &SourceId, freshness: &Freshness, now: Timestamp) -> Option<String> {
    let SourceId { context, kind } = source;
    match (&freshness.failing, freshness.liveness(now)) {
        (Some((_, failure)), _) => Some(format!("{context}: {kind}: {}", failure.message)),
        (None, Liveness::Loading) => Some(format!("{context}: {kind}: no answer yet")),
        (None, Liveness::Stale) => Some(format!("{context}: {kind}: not heard from any more")),
        (None, _) => None,
    }
}

fn exit(freshness: &Freshness, now: Timestamp) -> ExitCode {
    match (freshness.liveness(now), &freshness.failing) {
        (Liveness::Live | Liveness::Retrying, _) => ExitCode::Ok,
        (Liveness::Forbidden, _) => ExitCode::Permission,
        _ => ExitCode::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::observation::{Change, Failure, FailureKind, Observation, Report, Said};
    use crate::release::sample::{self, at};

    fn say(model: &mut Model, context: &str, said: Said) {
        model.observe(Report { source: SourceId { context: context.into(), kind: "rollouts".into() }, said }, at(0));
    }

    fn failing(kind: FailureKind) -> Said {
        Said::Failing(Failure { kind, message: "it says no".to_owned(), retry_in: None })
    }

    #[test]
    fn the_worst_context_counts() {
        let mut model = sample::model(vec![("rollouts", Observation::Rollouts(Change::Reset(vec![])))]);
        let clear = Sight::of(&model, "rollouts", at(5));
        assert!(clear.is_clear() && clear.errors.is_empty() && clear.heard == Some(at(0)));
        assert_eq!(Sight::of(&model, "rollouts", at(60)).errors, ["prod: rollouts: not heard from any more"]);
        say(&mut model, "stage", failing(FailureKind::Forbidden));
        let forbidden = Sight::of(&model, "rollouts", at(5));
        assert_eq!((forbidden.exit, forbidden.errors.len()), (ExitCode::Permission, 1));
        say(&mut model, "stage", failing(FailureKind::Unauthorized));
        assert_eq!(Sight::of(&model, "rollouts", at(5)).exit, ExitCode::Permission, "an expired token permits nothing");
        assert_eq!(Sight::of(&model, "rollouts", at(5)).errors, ["stage: rollouts: it says no"]);
    }

    #[test]
    fn what_was_never_heard_of_is_not_clear() {
        assert!(!Sight::of(&Model::default(), "rollouts", at(0)).is_clear());
    }
}
