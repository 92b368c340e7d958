//! Now: everything that needs a human, worst first, over all namespaces and contexts.

use crate::actions::Kind;
use crate::release::attention::{self, Need};
use crate::release::controller;
use crate::release::object::{ObjectId, Uid};
use crate::release::repository_needs;
use crate::release::subject;
use crate::release::text::counted;
use crate::release::topic::Topic;
use crate::theme::{Glyph, Role};

use super::Pane;
use super::cx::Cx;
use super::list::ListState;
use super::table::{Cell, Column};

/// The row in PANES.
pub struct Now;

static COLUMNS: &[Column] = &[
    Column::new("WHAT", 18, 20, 0),
    Column::new("OBJECT", 14, 40, 0),
    Column::new("CONTEXT", 8, 20, 2).context(),
    Column::new("SINCE", 5, 6, 1).right(),
    Column::new("WHY", 20, 300, 1),
];

impl Pane for Now {
    fn name(&self) -> &'static str {
        "now"
    }

    fn title(&self) -> &'static str {
        "Now"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["rollouts", "analysisruns", "refusals"]
    }

    fn topics_of(&self, cx: &Cx, row: &Uid) -> &'static [Topic] {
        // Where the pane has no row yet there is nothing to keep fresh.
        elsewhere(cx, row).filter(|(_, row)| row.is_some()).map_or(&[], |(pane, _)| super::PANES[pane].topics())
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn rows(&self, cx: &Cx) -> Vec<Uid> {
        if let Some(at) = attention::next_change(cx.model, cx.now) {
            cx.wake_at(at);
        }
        let mut needs = attention::needs(cx.model, cx.now);
        // What was just acted upon stays until the effect was seen: the next key is meant for the same row.
        let kept: Vec<Need> = kept(cx).filter(|kept| !needs.iter().any(|need| row_of(need) == row_of(kept))).collect();
        if !kept.is_empty() {
            needs.extend(kept);
            needs = attention::in_order(needs);
        }
        needs.iter().map(row_of).collect()
    }

    fn cells(&self, cx: &Cx, row: &Uid) -> Option<Vec<Cell>> {
        let (uid, what) = row.0.split_once('\u{1f}')?;
        let uid = Uid::from(uid);
        let (need, is_over) = match need(cx, &uid, what) {
            Some(need) => (need, false),
            None => (kept(cx).find(|need| row_of(need) == *row)?, true),
        };
        let (role, sign) = match is_over {
            true => (Role::Progressing, cx.glyph(Glyph::Progressing)),
            false => cx.severity(need.severity),
        };
        let work = cx.at_work.iter().rev().find(|work| subject::overlap(&work.uid, &uid));
        let why = match work {
            Some(work) if is_over => work.words.clone(),
            Some(work) if work.is_open => format!("{}; {}", work.words, need.reason),
            // Nobody waits for it any more: what is needed yet must not be cut for it.
            Some(work) => format!("{}; {}", need.reason, work.words),
            None => need.reason,
        };
        Some(vec![
            Cell::styled(format!("{sign} {}", need.what), role).ranked(-(need.severity as i64)),
            Cell::new(need.object.path()),
            Cell::styled(need.object.context.to_string(), Role::Dim),
            Cell::styled(cx.age(need.since), Role::Dim).ranked(need.since.map_or(i64::MAX, |since| since.as_second())),
            Cell::new(why),
        ])
    }

    fn target(&self, cx: &Cx, row: &Uid) -> Option<ObjectId> {
        cx.model.rollouts.get(&about(row)?).map(|rollout| rollout.id.clone())
    }

    fn subject(&self, cx: &Cx, row: Option<&Uid>, kind: Kind) -> Option<ObjectId> {
        let row = row?;
        match kind {
            Kind::Rollout => self.target(cx, row),
            _ => {
                let pane = super::PANES[super::index_of(home(cx, row)?)?];
                pane.subject(cx, Some(&about(row)?), kind)
            }
        }
    }

    fn home(&self, cx: &Cx, list: &ListState) -> Option<&'static str> {
        let mut homes = list.chosen(super::hints::ASKED).into_iter().filter_map(|row| home(cx, &row));
        let first = homes.next()?;
        // The same key means one thing for a preview and another for a flag: of both at once it means nothing.
        homes.all(|other| other == first).then_some(first)
    }

    fn hidden(&self) -> Option<(&'static str, &'static str)> {
        Some(("that needs a human is", "that need a human are"))
    }

    fn empty(&self, cx: &Cx) -> String {
        let rollouts = counted(cx.model.rollouts.len(), "rollout", "rollouts");
        format!("nothing waits for a human; {rollouts} watched")
    }
}

/// Where a row that is about no Rollout stands: which pane, and which row of it, where it has one.
pub fn elsewhere(cx: &Cx, row: &Uid) -> Option<(usize, Option<Uid>)> {
    let pane = super::index_of(home(cx, row)?)?;
    let uid = about(row)?;
    // A workflow is no row: its pane is about nothing else, and begins with what is worst.
    let row = match &*uid.0 {
        "workflow/drift" | "workflow/smoke" => super::PANES[pane].rows(cx).into_iter().next(),
        _ => Some(uid),
    };
    Some((pane, row))
}

/// What the row is about.
fn about(row: &Uid) -> Option<Uid> {
    row.0.split_once('\u{1f}').map(|(uid, _)| Uid::from(uid))
}

/// The pane of what the row is about, where that is no Rollout.
fn home(cx: &Cx, row: &Uid) -> Option<&'static str> {
    let uid = about(row)?;
    Some(match uid.0.split_once('/') {
        _ if cx.model.rollouts.get(&uid).is_some() => return None,
        _ if cx.model.previews.get(&uid).is_some() => "previews",
        Some(("flag", _)) => "flags",
        Some(("workflow", "drift")) => "drift",
        Some(("workflow", "teardown")) => "previews",
        Some(("workflow", "plan")) => "cost",
        Some(("workflow", _)) => "smoke",
        Some(("pull" | "cost", _)) => "cost",
        _ => return None,
    })
}

/// What needed a human when it was acted upon, and is not settled.
fn kept<'a>(cx: &'a Cx) -> impl Iterator<Item = Need> + 'a {
    cx.at_work.iter().flat_map(|work| work.needs.iter().cloned())
}

/// Of a Rollout, of the controller of a context, or of the repository.
fn need(cx: &Cx, uid: &Uid, what: &str) -> Option<Need> {
    let needs = match cx.model.rollouts.get(uid) {
        Some(rollout) => attention::needs_of(cx.model, rollout, cx.now),
        None if cx.model.previews.get(uid).is_some() => {
            let preview = cx.model.previews.get(uid)?;
            repository_needs::of_preview(cx.model, preview, cx.now).into_iter().collect()
        }
        None => {
            let mut needs = controller::needs(cx.model, cx.now);
            needs.extend(repository_needs::needs(cx.model, cx.now));
            needs
        }
    };
    needs.into_iter().find(|need| need.object.uid == *uid && need.what == what)
}

/// One rollout may need a human for two reasons; each is a row of its own.
fn row_of(need: &Need) -> Uid {
    Uid(format!("{}\u{1f}{}", need.object.uid.0, need.what).into())
}
