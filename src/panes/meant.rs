//! What an action would be done to, as the marks and the cursor stand.

use std::collections::BTreeSet;

use crate::actions::Kind;
use crate::release::object::ObjectId;

use super::cx::Cx;
use super::ui::Ui;
use super::{PANES, Pane, detail};

/// What an action on that kind is meant for: of the marked rows, else of the selected one, else what is looked into. Of
/// no more than `most` rows.
pub fn of_kind(cx: &Cx, ui: &Ui, kind: Kind, most: usize) -> Vec<ObjectId> {
    match kind {
        Kind::Rollout => rollouts(cx, ui, most),
        Kind::AnalysisRun => runs(cx, ui, most),
        _ if ui.detail.is_some() => Vec::new(),
        _ => {
            let (pane, chosen) = (pane(ui), ui.list().chosen(most));
            match chosen.is_empty() {
                true => pane.subject(cx, None, kind).into_iter().collect(),
                false => each_once(chosen.iter().filter_map(|row| pane.subject(cx, Some(row), kind))),
            }
        }
    }
}

/// The Rollouts that are meant.
pub fn rollouts(cx: &Cx, ui: &Ui, most: usize) -> Vec<ObjectId> {
    match &ui.detail {
        Some(open) => vec![open.rollout.clone()],
        None => each_once(ui.list().chosen(most).iter().filter_map(|row| pane(ui).target(cx, row))),
    }
}

/// The AnalysisRuns that are meant: the selected one in the detail, else those of the Rollouts that still run.
fn runs(cx: &Cx, ui: &Ui, most: usize) -> Vec<ObjectId> {
    if let Some(open) = &ui.detail
        && let Some(row) = &open.list.cursor
        && let Some(run) = detail::target(cx, &open.rollout, row).run
    {
        return vec![run];
    }
    let rollouts = rollouts(cx, ui, most);
    let rollouts = rollouts.iter().filter_map(|target| cx.model.rollouts.get(&target.uid));
    let runs = rollouts.flat_map(|rollout| cx.model.runs_of(rollout));
    runs.filter(|run| !run.phase.is_completed()).map(|run| run.id.clone()).collect()
}

/// The Rollout of the selected row, whatever is marked, or the one that is looked into.
pub fn selected(cx: &Cx, ui: &Ui) -> Option<ObjectId> {
    match &ui.detail {
        Some(open) => Some(open.rollout.clone()),
        None => pane(ui).target(cx, ui.list().cursor.as_ref()?),
    }
}

fn pane(ui: &Ui) -> &'static dyn Pane {
    PANES[ui.focus.min(PANES.len() - 1)]
}

fn each_once(objects: impl Iterator<Item = ObjectId>) -> Vec<ObjectId> {
    let mut seen = BTreeSet::new();
    objects.filter(|object| seen.insert(object.clone())).collect()
}
