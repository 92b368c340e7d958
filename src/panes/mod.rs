//! From the model to cells: one file per pane, one row each in [`PANES`]. Drawing borrows; it never fetches or remembers.

pub mod brush;
pub mod cx;
pub mod filter;
pub mod list;
pub mod table;
pub mod ui;

pub mod audit;
pub mod cost;
pub mod drift;
pub mod flags;
pub mod now;
pub mod previews;
pub mod rollouts;
pub mod smoke;
pub mod timeline;

pub mod chart;
pub mod detail;
pub mod footer;
pub mod freshness;
pub mod header;
pub mod hints;
pub mod layout;
pub mod meant;
pub mod overlay;
pub mod screen;
pub mod tile;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::actions::Kind;
use crate::release::object::{ObjectId, Uid};
use crate::release::topic::Topic;
use crate::theme::Role;
use brush::Words;
use cx::Cx;
use list::ListState;
use table::{Cell, Column};

/// A table of rows that the operator can move through, filter, sort, mark and act on.
pub trait Pane: Sync {
    /// Name in keymaps and in the palette.
    fn name(&self) -> &'static str;

    /// Title on the tab and the border.
    fn title(&self) -> &'static str;

    /// Rows of SOURCES on which it rests: their freshness stands in its border.
    fn sources(&self) -> &'static [&'static str];

    /// What of the repository it rests on: asked for more often while it is shown.
    fn topics(&self) -> &'static [Topic] {
        &[]
    }

    /// What of it that row rests on.
    fn topics_of(&self, _cx: &Cx, _row: &Uid) -> &'static [Topic] {
        self.topics()
    }

    /// The columns, in order.
    fn columns(&self) -> &'static [Column];

    /// All rows in their natural order: what matters most first. They are asked for again when the model has changed, and
    /// when the time comes that `cx.wake_at` was told.
    fn rows(&self, cx: &Cx) -> Vec<Uid>;

    /// One cell per column; None when the row is gone.
    fn cells(&self, cx: &Cx, row: &Uid) -> Option<Vec<Cell>>;

    /// One of those cells: what a sort asks of every row. A pane with thousands of rows makes no other for it.
    fn cell(&self, cx: &Cx, row: &Uid, column: usize) -> Option<Cell> {
        let mut cells = self.cells(cx, row)?;
        (column < cells.len()).then(|| cells.swap_remove(column))
    }

    /// Whether a text of the row is as wished: what a filter asks of every row. A pane with thousands of rows makes none
    /// after the first that is.
    fn has_text(&self, cx: &Cx, row: &Uid, wish: &dyn Fn(&str) -> bool) -> bool {
        // Namespace and name may stand in columns of their own: `shop/web` means both.
        self.cells(cx, row).is_some_and(|cells| cells.iter().any(|cell| wish(&cell.text)))
            || self.target(cx, row).is_some_and(|target| wish(&target.path()))
    }

    /// The Rollout that the row speaks of: what `enter` opens and actions act on.
    fn target(&self, cx: &Cx, row: &Uid) -> Option<ObjectId>;

    /// What of that kind the pane speaks of at that row: what actions on it are meant for.
    fn subject(&self, cx: &Cx, row: Option<&Uid>, kind: Kind) -> Option<ObjectId> {
        match kind {
            Kind::Rollout => self.target(cx, row?),
            _ => None,
        }
    }

    /// The pane whose keys work in this one too, as marks and cursor stand: that of what the rows are about.
    fn home(&self, _cx: &Cx, _list: &ListState) -> Option<&'static str> {
        None
    }

    /// Labels for a label selector in the filter.
    fn labels<'a>(&self, _cx: &Cx<'a>, _row: &Uid) -> Option<&'a BTreeMap<Box<str>, Box<str>>> {
        None
    }

    /// The whole in a few words, for its border.
    fn headline(&self, _cx: &Cx) -> Option<Words> {
        None
    }

    /// The row in full: what `enter` shows, also where it speaks of a Rollout that could be looked into.
    fn look(&self, _cx: &Cx, _row: &Uid) -> Option<Vec<Words>> {
        None
    }

    /// What its row is, and its rows are, where a filter that hides some of them must not be overlooked.
    fn hidden(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// What an empty pane says, once its sources have answered.
    fn empty(&self, cx: &Cx) -> String;
}

/// The table. A new pane is a new file and a row here.
pub static PANES: &[&dyn Pane] = &[
    &now::Now,
    &rollouts::Rollouts,
    &previews::Previews,
    &drift::Drift,
    &cost::Cost,
    &flags::Flags,
    &smoke::Smoke,
    &timeline::Timeline,
    &audit::Audit,
];

/// What a pane about the repository says where there is none.
const NO_REPOSITORY: &str = "no repository is configured: set github.repository in config.yaml";

/// One line of a look: what it is and how it is.
fn field(name: &str, value: impl Into<String>) -> Words {
    Words::of(format!("{name:<12}"), Role::Header).and(value, Role::Text)
}

/// These rows without those that were there before: one name, one row, whatever a file says twice.
fn each_once(rows: impl Iterator<Item = Uid>) -> Vec<Uid> {
    let mut seen = BTreeSet::new();
    rows.filter(|row| seen.insert(row.clone())).collect()
}

/// The index in [`PANES`] of that name.
pub fn index_of(name: &str) -> Option<usize> {
    PANES.iter().position(|pane| pane.name() == name)
}
