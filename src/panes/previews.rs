//! Previews: namespaces `pr-<n>`, what became of their pull requests, and what keeps those from going that are to go.

use jiff::Timestamp;

use crate::actions::Kind;
use crate::release::model::Model;
use crate::release::object::{ObjectId, Uid};
use crate::release::preview::{self, Preview, PreviewClass, PreviewNamespace};
use crate::release::pull::{PullLookup, PullRequest};
use crate::release::quantity;
use crate::release::repository_needs;
use crate::release::subject;
use crate::release::topic::{Duty, Topic};
use crate::theme::{Glyph, Role};

use super::Pane;
use super::brush::Words;
use super::cx::Cx;
use super::freshness;
use super::table::{Cell, Column};

/// The row in PANES.
pub struct Previews;

static COLUMNS: &[Column] = &[
    Column::new("PREVIEW", 7, 12, 0),
    Column::new("CONTEXT", 8, 20, 4).context(),
    Column::new("STATE", 9, 10, 0),
    Column::new("AGE", 4, 4, 2).right(),
    Column::new("CPU", 4, 6, 5).right(),
    Column::new("MEMORY", 6, 8, 5).right(),
    Column::new("AUTHOR", 6, 16, 6),
    Column::new("TITLE", 12, 50, 3),
    Column::new("WHY", 30, 200, 1),
];

impl Pane for Previews {
    fn name(&self) -> &'static str {
        "previews"
    }

    fn title(&self) -> &'static str {
        "Previews"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["namespaces"]
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::Pulls, Topic::Previews]
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn rows(&self, cx: &Cx) -> Vec<Uid> {
        if let Some(at) = repository_needs::next_change(cx.model, cx.now) {
            cx.wake_at(at);
        }
        let mut rows: Vec<(PreviewClass, u64, &ObjectId)> = all(cx.model, cx.now)
            .map(|(namespace, _, preview)| (preview.class, preview.number, &namespace.id))
            .collect();
        rows.sort();
        rows.into_iter().map(|(_, _, id)| id.uid.clone()).collect()
    }

    fn cells(&self, cx: &Cx, row: &Uid) -> Option<Vec<Cell>> {
        let (namespace, pull, preview) = one(cx, row)?;
        let (role, sign) = looks(cx, preview.class);
        let (cpu, memory) = requests(cx, row).unwrap_or_else(|_| ("?".to_owned(), "?".to_owned()));
        let of_requests = if are_old(cx, &namespace.id.context) { Role::Stale } else { Role::Text };
        let pull = found(&pull);
        Some(vec![
            Cell::new(namespace.id.name.to_string()).ranked(i64::try_from(preview.number).unwrap_or(i64::MAX)),
            Cell::styled(namespace.id.context.to_string(), Role::Dim),
            Cell::styled(format!("{sign} {}", preview.class.word()), role).ranked(preview.class as i64),
            Cell::styled(cx.age(namespace.created), Role::Dim)
                .ranked(namespace.created.map_or(i64::MAX, |created| -created.as_second())),
            Cell::styled(cpu, of_requests),
            Cell::styled(memory, of_requests),
            Cell::styled(pull.and_then(|pull| pull.author.clone()).unwrap_or_else(|| "-".to_owned()), Role::Dim),
            Cell::new(pull.map_or("-", |pull| &pull.title)),
            Cell::new(preview.why),
        ])
    }

    fn target(&self, _cx: &Cx, _row: &Uid) -> Option<ObjectId> {
        None
    }

    fn subject(&self, cx: &Cx, row: Option<&Uid>, kind: Kind) -> Option<ObjectId> {
        match kind {
            Kind::Preview => cx.model.previews.get(row?).map(|namespace| namespace.id.clone()),
            Kind::Workflow => workflow(cx, Duty::Teardown),
            _ => None,
        }
    }

    fn headline(&self, cx: &Cx) -> Option<Words> {
        let mut counts: Vec<(PreviewClass, usize)> = Vec::new();
        for (_, _, preview) in all(cx.model, cx.now) {
            match counts.iter_mut().find(|(class, _)| *class == preview.class) {
                Some((_, count)) => *count += 1,
                None => counts.push((preview.class, 1)),
            }
        }
        counts.retain(|(class, _)| *class != PreviewClass::Active);
        counts.sort();
        let (worst, _) = counts.first()?;
        let words: Vec<String> = counts.iter().map(|(class, count)| format!("{count} {}", class.word())).collect();
        Some(Words::of(words.join(", "), looks(cx, *worst).0))
    }

    fn look(&self, cx: &Cx, row: &Uid) -> Option<Vec<Words>> {
        let (namespace, pull, preview) = one(cx, row)?;
        let mut lines = vec![
            super::field("state", format!("{}: {}", preview.class.word(), preview.why)),
            super::field("namespace", format!("{} in context {}", namespace.id.name, namespace.id.context)),
            super::field("uid", namespace.id.uid.0.to_string()),
            super::field("age", cx.age(namespace.created)),
        ];
        match &pull {
            PullLookup::Found(pull) => {
                lines.push(super::field("pull", format!("#{} {} ({})", pull.number, pull.title, pull.state.word())));
                lines.push(super::field("author", pull.author.clone().unwrap_or_else(|| "unknown".to_owned())));
                lines.push(super::field("head", pull.head_sha.clone().unwrap_or_else(|| "unknown".to_owned())));
            }
            PullLookup::NotFound => lines.push(super::field("pull", "there is none of that number (404)")),
            PullLookup::Unknown(why) => lines.push(super::field("pull", format!("unknown: {why}"))),
        }
        lines.push(super::field(
            "requests",
            match requests(cx, row) {
                Ok((cpu, memory)) if are_old(cx, &namespace.id.context) => {
                    format!("{cpu} CPU, {memory} of memory when last asked; no answer since")
                }
                Ok((cpu, memory)) => format!("{cpu} CPU, {memory} of memory"),
                Err(why) => format!("unknown: {why}"),
            },
        ));
        if let Some(deleted) = namespace.deleted_at {
            lines.push(super::field("deleted", format!("{} ago", cx.age(Some(deleted)))));
        }
        lines.extend(preview.blockers.iter().map(|blocker| super::field("held by", blocker.sentence())));
        if preview.blockers.is_empty() && namespace.deleted_at.is_some() {
            lines.push(super::field("held by", "no condition says what"));
        }
        Some(lines)
    }

    fn empty(&self, _cx: &Cx) -> String {
        "no namespace pr-<number> in sight".to_owned()
    }
}

/// The workflow of that duty, where GitHub has told of it.
pub(super) fn workflow(cx: &Cx, duty: Duty) -> Option<ObjectId> {
    let (name, repository) = cx.model.repository()?;
    Some(subject::workflow(name, duty, &repository.workflow(duty)?.file))
}

fn all(model: &Model, now: Timestamp) -> impl Iterator<Item = (&PreviewNamespace, PullLookup, Preview)> {
    let rules = model.preview_rules();
    model.previews.iter().filter_map(move |namespace| {
        let pull = model.preview_pull(namespace);
        let preview = preview::classify(namespace, &pull, &rules, now)?;
        Some((namespace, pull, preview))
    })
}

fn one<'a>(cx: &Cx<'a>, row: &Uid) -> Option<(&'a PreviewNamespace, PullLookup, Preview)> {
    let namespace = cx.model.previews.get(row)?;
    let pull = cx.model.preview_pull(namespace);
    let preview = preview::classify(namespace, &pull, &cx.model.preview_rules(), cx.now)?;
    Some((namespace, pull, preview))
}

fn found(pull: &PullLookup) -> Option<&PullRequest> {
    match pull {
        PullLookup::Found(pull) => Some(pull),
        PullLookup::NotFound | PullLookup::Unknown(_) => None,
    }
}

fn looks(cx: &Cx, class: PreviewClass) -> (Role, &'static str) {
    match class {
        PreviewClass::Stuck => (Role::Critical, cx.glyph(Glyph::Critical)),
        PreviewClass::Orphan | PreviewClass::Stale => (Role::Attention, cx.glyph(Glyph::Attention)),
        PreviewClass::Foreign | PreviewClass::Unknown => (Role::Unknown, cx.glyph(Glyph::Unknown)),
        PreviewClass::Active => (Role::Ok, cx.glyph(Glyph::Ok)),
    }
}

/// Whether nobody answers any more what the pods of previews reserve: asked apart from the watch that finds them.
fn are_old(cx: &Cx, context: &str) -> bool {
    let standing = freshness::worst_in(cx, &["preview-requests"], context);
    standing.is_some_and(|standing| freshness::is_doubtful(standing.liveness))
}

/// Requested CPU and memory; `>` where not every quantity could be read. Err: why they are not known.
fn requests(cx: &Cx, row: &Uid) -> Result<(String, String), String> {
    let known = cx.model.preview_requests.get(row).ok_or("not asked for yet")?;
    let requested = known.requested.as_ref().map_err(|failure| failure.message.clone())?;
    let at_least = if requested.unreadable > 0 { ">" } else { "" };
    let cpu = format!("{at_least}{}", quantity::cpu_words(requested.cpu));
    Ok((cpu, format!("{at_least}{}", quantity::memory_words(requested.memory))))
}
