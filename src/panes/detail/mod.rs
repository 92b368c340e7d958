//! The detail of one Rollout: a head that stays, and under it rows that one can move through.

use ratatui::layout::Rect;

use crate::release::object::{ObjectId, Uid};
use crate::release::rollout::Rollout;

use super::brush::Words;
use super::cx::Cx;
use super::ui::Ui;

/// The layer of the keymap that lies over the global one here.
pub const LAYER: &str = "detail";

/// Where the parts of the detail go.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Places {
    pub head: Rect,
    pub list: Rect,
    /// Charts and events, where the screen is wide; else they are among the rows.
    pub side: Option<Rect>,
}

/// One row of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub key: Uid,
    pub words: Words,
}

/// Which object a row speaks of.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// What most actions act on, whatever the row.
    pub rollout: ObjectId,
    /// For `terminate`.
    pub run: Option<ObjectId>,
    /// For `undo`.
    pub revision: Option<u64>,
    /// What `copy` copies.
    pub name: String,
}

/// Places for head, list and side in `area`.
pub fn places(_cx: &Cx, _ui: &Ui, area: Rect) -> Places {
    Places { head: Rect { height: 0, ..area }, list: area, side: None }
}

/// The rows of a Rollout; `wide` leaves out what then stands beside them.
pub fn rows(_cx: &Cx, _rollout: &Rollout, _wide: bool) -> Vec<Row> {
    Vec::new()
}

/// What the row with that key speaks of.
pub fn target(_cx: &Cx, rollout: &ObjectId, _key: &Uid) -> Target {
    Target { rollout: rollout.clone(), run: None, revision: None, name: rollout.path() }
}

/// Draws head, list and side.
pub fn draw(_cx: &Cx, _ui: &Ui, _places: &Places, _buf: &mut ratatui::buffer::Buffer) {}

/// Brings the list in line with the model; remembers the Rollout as last seen.
pub fn settle(cx: &Cx, ui: &mut Ui, places: &Places) {
    let Some(detail) = &mut ui.detail else { return };
    if let Some(rollout) = cx.model.rollouts.get(&detail.rollout.uid) {
        detail.last = Some(Box::new(rollout.clone()));
    }
    let rows = match &detail.last {
        Some(rollout) => rows(cx, rollout, places.side.is_some()),
        None => Vec::new(),
    };
    detail.list.settle_order(rows.into_iter().map(|row| row.key).collect(), usize::from(places.list.height));
}
