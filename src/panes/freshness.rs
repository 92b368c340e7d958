//! How sure a pane may be of what it shows: the worst of its sources, in words. Unknown is never green.

use std::sync::Arc;

use crate::release::model::{Freshness, Liveness};
use crate::release::observation::{Failure, FailureKind, SourceId};
use crate::release::repository::{Repository, Sight};
use crate::release::topic::Topic;
use crate::theme::{Glyph, Role};

use super::Pane;
use super::brush::Words;
use super::cx::Cx;
use super::now::Now;

/// The kinds of sources whose contexts are repositories.
const REPOSITORIES: [&str; 2] = ["github", "checkout"];

/// One source with the word for it.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    pub id: &'a SourceId,
    pub freshness: &'a Freshness,
    pub liveness: Liveness,
}

/// The worst of the sources of those names, over all contexts; None while one of them has not said anything and none is in
/// trouble: what two of three say is no whole.
pub fn worst<'a>(cx: &Cx<'a>, sources: &[&str]) -> Option<Standing<'a>> {
    let standings = standings(cx).filter(|standing| sources.contains(&&*standing.id.kind));
    let worst = standings.max_by_key(|standing| standing.liveness)?;
    (worst.liveness > Liveness::Absent || all_heard(cx, sources)).then_some(worst)
}

/// Whether each of those sources has said something in each context that is heard from. A repository is none.
fn all_heard(cx: &Cx, sources: &[&str]) -> bool {
    let clusters = cx.model.freshness.keys().filter(|id| !id.context.is_empty() && !REPOSITORIES.contains(&&*id.kind));
    let mut contexts = clusters.map(|id| &*id.context);
    contexts.all(|context| !is_missing(cx, sources, context))
}

/// The worst of those sources in one context: whether a row of that context can be believed.
pub fn worst_in<'a>(cx: &Cx<'a>, sources: &[&str], context: &str) -> Option<Standing<'a>> {
    standings(cx)
        .filter(|standing| &*standing.id.context == context && sources.contains(&&*standing.id.kind))
        .max_by_key(|standing| standing.liveness)
}

/// Whether one of those sources has said nothing at all yet in a context.
pub fn is_missing(cx: &Cx, sources: &[&str], context: &str) -> bool {
    let mut standings =
        standings(cx).filter(|standing| &*standing.id.context == context).map(|standing| &*standing.id.kind);
    let heard: Vec<&str> = standings.by_ref().collect();
    sources.iter().any(|source| !heard.contains(source))
}

/// Whether what such a source has said may no longer be so.
pub fn is_doubtful(liveness: Liveness) -> bool {
    matches!(liveness, Liveness::Stale | Liveness::Forbidden)
}

/// For the header: the worst of all sources, once those that tell what needs a human have all said something. What is not
/// installed is a fact, not a fault.
pub fn overall(cx: &Cx, long: bool) -> Words {
    // The cluster is no less live without GitHub, which is told beside it.
    let counts =
        |standing: &Standing| standing.liveness != Liveness::Absent && !REPOSITORIES.contains(&&*standing.id.kind);
    let worst = standings(cx).filter(counts).max_by_key(|standing| standing.liveness);
    match worst {
        Some(standing) if standing.liveness == Liveness::Live && !all_heard(cx, Now.sources()) => {
            Words::of("loading", Role::Unknown)
        }
        Some(standing) if long => words(cx, &standing),
        Some(standing) => word(cx, &standing),
        None => Words::of("loading", Role::Unknown),
    }
}

/// For the border of a pane: nothing while all its sources are live.
pub fn of_pane(cx: &Cx, sources: &[&str]) -> Words {
    match worst(cx, sources) {
        None if sources.is_empty() => Words::new(),
        None => Words::of("loading", Role::Unknown),
        Some(standing) if standing.liveness == Liveness::Live => Words::new(),
        Some(standing) => words(cx, &standing),
    }
}

/// For the border of a pane about the repository: nothing while all its topics are seen. `in_full`: with what is left of
/// the requests of this hour.
pub fn of_topics(cx: &Cx, topics: &[Topic], in_full: bool) -> Words {
    let Some((name, repository)) = known_of(cx, topics) else { return Words::new() };
    let sights: Vec<Sight> = topics.iter().map(|topic| repository.sight(*topic)).collect();
    let blind = sights.iter().find_map(|sight| Some((sight, in_the_way(cx, name, sight)?)));
    if let Some((sight, failure)) = blind {
        let (sign, word) = blindness(cx, sight, failure);
        let words = Words::of(format!("{} {word} ", cx.glyph(sign)), Role::Critical);
        let words = words.and(failure.message.as_str(), Role::Stale);
        let left = sight.next_try.and_then(|at| cx.countdown(at));
        return match left {
            Some(left) => words.and(format!("; next try in {left}"), Role::Stale),
            None => words,
        };
    }
    if sights.iter().any(|sight| sight.seen.is_none()) {
        return Words::of("loading", Role::Unknown);
    }
    if is_silent(cx, name) {
        return Words::of(format!("{} STALE: GitHub was not heard from", cx.glyph(Glyph::Stale)), Role::Critical);
    }
    match repository.budget {
        Some(budget) if budget.remaining.saturating_mul(5) < budget.limit => {
            Words::of(format!("GitHub: {} of {} requests left", budget.remaining, budget.limit), Role::Attention)
        }
        Some(budget) if in_full => {
            Words::of(format!("{} of {} requests left", budget.remaining, budget.limit), Role::Dim)
        }
        _ => Words::new(),
    }
}

/// For the header: that GitHub itself is away or takes us for nobody. That one permission is missing, its pane says.
pub fn github_is_away(cx: &Cx) -> Words {
    let Some((name, repository)) = cx.model.repository() else { return Words::new() };
    let sights = Topic::ALL.map(|topic| repository.sight(topic));
    let away = sights.iter().find_map(|sight| {
        let failure = in_the_way(cx, name, sight)?;
        let is_of_one = matches!(failure.kind, FailureKind::Forbidden | FailureKind::NotInstalled);
        (!is_of_one || cx.model.source(name, "github")?.failing.is_some()).then_some((sight, failure))
    });
    let told = |sign: Glyph, word: &str| Words::of(format!("{} github {word}", cx.glyph(sign)), Role::Critical);
    match away {
        Some((sight, failure)) => {
            let (sign, word) = blindness(cx, sight, failure);
            told(sign, &word)
        }
        None if is_silent(cx, name) => told(Glyph::Stale, "STALE"),
        None => Words::new(),
    }
}

/// The sign and the word for what keeps a topic from being seen.
fn blindness(cx: &Cx, sight: &Sight, failure: &Failure) -> (Glyph, String) {
    match (failure.kind, sight.seen) {
        (FailureKind::Unauthorized, _) => (Glyph::Critical, "UNAUTHORIZED".to_owned()),
        (FailureKind::Forbidden, _) => (Glyph::Critical, "FORBIDDEN".to_owned()),
        (FailureKind::NotInstalled, _) => (Glyph::Stale, "NOT FOUND".to_owned()),
        (_, Some(seen)) => (Glyph::Stale, format!("STALE {}", cx.age(Some(seen)))),
        (_, None) => (Glyph::Stale, "NO ANSWER".to_owned()),
    }
}

/// For the border of what rests on everything: the trouble with GitHub, while there is any.
pub fn of_github(cx: &Cx) -> Words {
    let blind: Vec<Topic> = Topic::ALL.into_iter().filter(|topic| is_blind(cx, &[*topic])).collect();
    if blind.is_empty() { Words::new() } else { of_topics(cx, &blind, false) }
}

/// Whether what is known of one of those topics may no longer be so.
pub fn is_blind(cx: &Cx, topics: &[Topic]) -> bool {
    let Some((name, repository)) = known_of(cx, topics) else { return false };
    let is_blind = |topic: &Topic| in_the_way(cx, name, &repository.sight(*topic)).is_some();
    topics.iter().any(is_blind) || is_silent(cx, name)
}

/// What is in the way of a topic: its own last look, or that of another that has found GitHub itself away.
fn in_the_way<'a>(cx: &Cx<'a>, repository: &str, sight: &'a Sight) -> Option<&'a Failure> {
    let own = sight.failing.as_ref();
    let source = || cx.model.source(repository, "github")?.failing.as_ref();
    own.or_else(source).map(|(_, failure)| failure)
}

/// The repository that knows of these topics.
fn known_of<'a>(cx: &Cx<'a>, topics: &[Topic]) -> Option<(&'a Arc<str>, &'a Repository)> {
    cx.model.repository_of(*topics.first()?)
}

/// Whether the source itself has stopped: it says how long it rests.
fn is_silent(cx: &Cx, repository: &str) -> bool {
    let sources = REPOSITORIES.iter().filter_map(|kind| cx.model.source(repository, kind));
    sources.into_iter().any(|source| source.heard.is_some() && source.liveness(cx.now) == Liveness::Stale)
}

/// The word, with an age where it has one.
pub fn word(cx: &Cx, standing: &Standing) -> Words {
    let Standing { freshness, liveness, .. } = *standing;
    let unauthorized = freshness.failing.as_ref().is_some_and(|(_, failure)| failure.kind == FailureKind::Unauthorized);
    match liveness {
        Liveness::Live => Words::of(format!("{} LIVE", cx.glyph(Glyph::Ok)), Role::Ok),
        Liveness::Absent => Words::of("not installed", Role::Unknown),
        Liveness::Loading => Words::of("loading", Role::Unknown),
        Liveness::Retrying => Words::of(format!("{} RETRYING", cx.glyph(Glyph::Attention)), Role::Attention),
        Liveness::Forbidden if unauthorized => {
            Words::of(format!("{} UNAUTHORIZED", cx.glyph(Glyph::Critical)), Role::Critical)
        }
        Liveness::Forbidden => Words::of(format!("{} FORBIDDEN", cx.glyph(Glyph::Critical)), Role::Critical),
        Liveness::Stale => {
            let age = match freshness.heard {
                Some(heard) => format!("STALE {}", cx.elapsed(heard)),
                None => "NO ANSWER".to_owned(),
            };
            Words::of(format!("{} {age}", cx.glyph(Glyph::Stale)), Role::Critical)
        }
    }
}

/// The word, which source, why, and when it tries again.
pub fn words(cx: &Cx, standing: &Standing) -> Words {
    let mut words = word(cx, standing);
    if standing.liveness == Liveness::Live {
        return words;
    }
    words.push(format!(" {}", source_name(cx, standing.id)), Role::Stale);
    if let Some((_, failure)) = &standing.freshness.failing {
        words.push(format!(": {}", failure.message), Role::Stale);
    }
    if let Some(left) = standing.freshness.next_try.and_then(|at| cx.countdown(at)) {
        words.push(format!("; next try in {left}"), Role::Stale);
    }
    words
}

fn source_name(cx: &Cx, id: &SourceId) -> String {
    if cx.many_contexts { format!("{} of {}", id.kind, id.context) } else { id.kind.to_string() }
}

fn standings<'a>(cx: &Cx<'a>) -> impl Iterator<Item = Standing<'a>> {
    let now = cx.now;
    let model = cx.model;
    for freshness in model.freshness.values() {
        // It turns stale by itself when nothing more is heard.
        if let Some(end) = freshness.stale_at() {
            cx.wake_at(end + jiff::SignedDuration::from_millis(1));
        }
    }
    let standing = move |(id, freshness): (&'a SourceId, &'a Freshness)| Standing {
        id,
        freshness,
        liveness: freshness.liveness(now),
    };
    model.freshness.iter().map(standing)
}
