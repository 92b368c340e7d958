//! Drift: what the last scheduled plan found, address by address, and whether anybody still looks.

use crate::actions::Kind;
use crate::release::drift::{Drift as Plan, DriftVerdict};
use crate::release::drift_watch::DriftState;
use crate::release::gates;
use crate::release::object::{ObjectId, Uid};
use crate::release::plan_change::ResourceChange;
use crate::release::repository::Repository;
use crate::release::topic::{Duty, Topic};
use crate::theme::{Glyph, Role};

use super::Pane;
use super::brush::Words;
use super::cx::Cx;
use super::table::{Cell, Column};

/// The row in PANES.
pub struct Drift;

static COLUMNS: &[Column] = &[
    Column::new("WHAT", 9, 10, 0),
    Column::new("ACTION", 7, 14, 0),
    Column::new("ADDRESS", 20, 90, 0),
    Column::new("TOUCHED BY", 10, 30, 2),
    Column::new("WHEN", 4, 4, 2).right(),
    Column::new("COMMIT", 10, 60, 3),
];

/// Why a row is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Drift,
    Pending,
    Noise,
}

impl Pane for Drift {
    fn name(&self) -> &'static str {
        "drift"
    }

    fn title(&self) -> &'static str {
        "Drift"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[]
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::Drift]
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn rows(&self, cx: &Cx) -> Vec<Uid> {
        let Some(plan) = plan(cx) else { return Vec::new() };
        let drift = plan.drift.iter().map(|it| row_of(What::Drift, &it.address));
        let pending = plan.changes.iter().map(|it| row_of(What::Pending, &it.address));
        let noise = plan.noise.iter().map(|address| row_of(What::Noise, address));
        super::each_once(drift.chain(pending).chain(noise))
    }

    fn cells(&self, cx: &Cx, row: &Uid) -> Option<Vec<Cell>> {
        let (what, address, change) = one(cx, row)?;
        let (role, sign, word) = match what {
            What::Drift => (Role::Attention, cx.glyph(Glyph::Attention), "drift"),
            What::Pending => (Role::Progressing, cx.glyph(Glyph::Progressing), "pending"),
            What::Noise => (Role::Dim, cx.glyph(Glyph::Bullet), "noise"),
        };
        let blame = repository(cx).and_then(|repository| repository.blame.get(address));
        let at = blame.and_then(|blame| blame.commit.at);
        let author = blame.map_or("-", |blame| blame.commit.author.as_deref().unwrap_or("unknown"));
        Some(vec![
            Cell::styled(format!("{sign} {word}"), role).ranked(what as i64),
            Cell::new(change.map_or("-", |change| change.action.word())),
            Cell::styled(address, if what == What::Noise { Role::Dim } else { Role::Text }),
            Cell::new(author),
            Cell::styled(cx.age(at), Role::Dim).ranked(at.map_or(i64::MAX, |at| -at.as_second())),
            Cell::styled(blame.map_or("-", |blame| &blame.commit.message), Role::Dim),
        ])
    }

    fn target(&self, _cx: &Cx, _row: &Uid) -> Option<ObjectId> {
        None
    }

    fn subject(&self, cx: &Cx, _row: Option<&Uid>, kind: Kind) -> Option<ObjectId> {
        (kind == Kind::Workflow).then(|| super::previews::workflow(cx, Duty::Drift))?
    }

    fn headline(&self, cx: &Cx) -> Option<Words> {
        let repository = repository(cx).filter(|repository| repository.sight(Topic::Drift).seen.is_some())?;
        let (state, why) = state(cx, repository);
        let (role, sign) = looks(cx, state);
        let good = repository.good_plan;
        let good =
            good.map_or("no good plan of late".to_owned(), |at| format!("last good plan {} ago", cx.age(Some(at))));
        Some(Words::of(format!("{sign} {}: {why}", state.word()), role).and(format!("  {good}"), Role::Dim))
    }

    fn look(&self, cx: &Cx, row: &Uid) -> Option<Vec<Words>> {
        let (_, address, change) = one(cx, row)?;
        let mut lines = vec![super::field("address", address)];
        if let Some(change) = change {
            lines.push(super::field("action", change.action.word()));
            lines.push(super::field("mode", change.mode.clone()));
            lines.extend(change.reason.iter().map(|reason| super::field("reason", reason.clone())));
            lines.extend(change.previous_address.iter().map(|was| super::field("was", was.clone())));
        }
        match repository(cx).and_then(|repository| repository.blame.get(address)) {
            Some(blame) => {
                let author = blame.commit.author.as_deref().unwrap_or("unknown");
                let age = cx.age(blame.commit.at);
                lines.push(super::field("declared", format!("{} (inferred from the address)", blame.file)));
                lines.push(super::field("touched", format!("{age} ago by {author}: {}", blame.commit.message)));
            }
            None => {
                lines.push(super::field("touched", "not known: no file declares this address, or nobody could look"))
            }
        }
        lines.push(super::field("values", "not shown: they may be secrets"));
        Some(lines)
    }

    fn empty(&self, cx: &Cx) -> String {
        match repository(cx).map(|repository| state(cx, repository)) {
            Some((DriftState::Found(DriftVerdict::Clean), why)) => format!("clean: {why}"),
            Some((state, why)) => format!("{}: {why}", state.word()),
            None => super::NO_REPOSITORY.to_owned(),
        }
    }
}

fn repository<'a>(cx: &Cx<'a>) -> Option<&'a Repository> {
    cx.model.repository().map(|(_, repository)| repository)
}

fn plan<'a>(cx: &Cx<'a>) -> Option<&'a Plan> {
    repository(cx)?.plan.as_ref()?.content.as_ref()?.as_ref().ok()
}

fn state(cx: &Cx, repository: &Repository) -> (DriftState, String) {
    gates::drift(repository, cx.now)
}

fn looks(cx: &Cx, state: DriftState) -> (Role, &'static str) {
    match state {
        DriftState::Found(DriftVerdict::Clean) => (Role::Ok, cx.glyph(Glyph::Ok)),
        DriftState::Found(DriftVerdict::Pending) => (Role::Progressing, cx.glyph(Glyph::Progressing)),
        DriftState::Found(DriftVerdict::Failed) => (Role::Critical, cx.glyph(Glyph::Critical)),
        DriftState::Found(DriftVerdict::Unknown) | DriftState::Unknown => (Role::Unknown, cx.glyph(Glyph::Unknown)),
        DriftState::Found(_) | DriftState::Stale | DriftState::Disabled => {
            (Role::Attention, cx.glyph(Glyph::Attention))
        }
    }
}

fn row_of(what: What, address: &str) -> Uid {
    let word = match what {
        What::Drift => "drift",
        What::Pending => "pending",
        What::Noise => "noise",
    };
    Uid(format!("{word}/{address}").into())
}

fn one<'a, 'b>(cx: &Cx<'a>, row: &'b Uid) -> Option<(What, &'b str, Option<&'a ResourceChange>)> {
    let plan = plan(cx)?;
    let (word, address) = row.0.split_once('/')?;
    let of = |changes: &'a [ResourceChange]| changes.iter().find(|change| change.address == address);
    match word {
        "drift" => Some((What::Drift, address, Some(of(&plan.drift)?))),
        "pending" => Some((What::Pending, address, Some(of(&plan.changes)?))),
        "noise" => plan.noise.iter().any(|noise| noise == address).then_some((What::Noise, address, None)),
        _ => None,
    }
}
