//! Where the operator is in a list: cursor, marks, filter, sort. The selection holds on to a UID, never to a row number.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::release::model::Version;
use crate::release::object::Uid;

use super::Pane;
use super::cx::Cx;
use super::filter::Filter;
use super::table::Cell;
use super::ui::AtWork;

/// The state of one list.
#[derive(Debug, Default)]
pub struct ListState {
    /// Rows as shown, after filter and sort.
    pub order: Vec<Uid>,
    /// Rows before the filter.
    pub total: usize,
    /// The selected row.
    pub cursor: Option<Uid>,
    /// Where the cursor stands in `order`.
    pub index: usize,
    /// First visible row.
    pub offset: usize,
    /// Rows that fit, when it was last settled.
    pub height: usize,
    pub marks: BTreeSet<Uid>,
    pub filter: Option<Filter>,
    /// Whether the operator has chosen a row: before, the cursor stays at the top while rows come in above it.
    pub is_chosen: bool,
    /// Column and whether reversed; None is the natural order.
    pub sort: Option<(usize, bool)>,
    /// What `order` was made from. Most pictures follow a key or a second that went by, and need no new one.
    basis: Option<Basis>,
}

/// What an order rests on: it holds while none of it is another.
#[derive(Debug)]
struct Basis {
    version: Version,
    filter: Option<String>,
    sort: Option<(usize, bool)>,
    at_work: Arc<[AtWork]>,
    made: Timestamp,
    /// When time alone makes it another.
    until: Option<Timestamp>,
}

/// A movement of the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    Down(usize),
    Up(usize),
    Top,
    Bottom,
}

impl ListState {
    /// Brings rows, cursor and offset in line with what the model holds now and the room there is.
    pub fn settle(&mut self, pane: &dyn Pane, cx: &Cx, height: usize) {
        if !self.holds(cx) {
            let own = cx.at(cx.now);
            let rows = pane.rows(&own);
            self.total = rows.len();
            let order = match (&self.filter, self.sort) {
                (None, None) => rows,
                (filter, sort) => arranged(pane, &own, rows, filter.as_ref(), sort),
            };
            self.basis = Some(Basis {
                version: cx.model.version(),
                filter: self.filter.as_ref().map(|filter| filter.text.clone()),
                sort: self.sort,
                at_work: cx.at_work.clone(),
                made: cx.now,
                until: own.wake(),
            });
            self.reorder(order);
        }
        if let Some(until) = self.basis.as_ref().and_then(|basis| basis.until) {
            cx.wake_at(until);
        }
        self.fit(height);
    }

    /// The same for a list whose rows are already in order.
    pub fn settle_order(&mut self, order: Vec<Uid>, height: usize) {
        self.reorder(order);
        self.fit(height);
    }

    fn holds(&self, cx: &Cx) -> bool {
        let Some(basis) = &self.basis else { return false };
        self.order.get(self.index) == self.cursor.as_ref()
            && basis.version == cx.model.version()
            && basis.filter.as_deref() == self.filter.as_ref().map(|filter| filter.text.as_str())
            && basis.sort == self.sort
            && basis.at_work == cx.at_work
            && basis.made <= cx.now
            && basis.until.is_none_or(|until| cx.now < until)
    }

    /// Takes on a new order: the cursor goes where its row has gone.
    fn reorder(&mut self, order: Vec<Uid>) {
        self.order = order;
        let last = self.order.len().saturating_sub(1);
        self.index = match &self.cursor {
            _ if !self.is_chosen => 0,
            // Most often it is where it was.
            Some(cursor) if self.order.get(self.index) == Some(cursor) => self.index,
            Some(cursor) => self.order.iter().position(|row| row == cursor).unwrap_or(self.index.min(last)),
            None => 0,
        };
        self.cursor = self.order.get(self.index).cloned();
        if !self.marks.is_empty() {
            let present: BTreeSet<&Uid> = self.order.iter().collect();
            let gone: Vec<Uid> = self.marks.iter().filter(|mark| !present.contains(mark)).cloned().collect();
            for mark in gone {
                self.marks.remove(&mark);
            }
        }
    }

    /// Brings the offset in line with the room there is.
    pub fn fit(&mut self, height: usize) {
        let height = height.max(1);
        self.height = height;
        if self.index < self.offset {
            self.offset = self.index;
        } else if self.index >= self.offset + height {
            self.offset = self.index + 1 - height;
        }
        self.offset = self.offset.min(self.order.len().saturating_sub(height));
    }

    /// Moves the cursor.
    pub fn go(&mut self, motion: Motion) {
        self.is_chosen = true;
        let last = self.order.len().saturating_sub(1);
        self.index = match motion {
            Motion::Down(by) => self.index.saturating_add(by).min(last),
            Motion::Up(by) => self.index.saturating_sub(by),
            Motion::Top => 0,
            Motion::Bottom => last,
        };
        self.cursor = self.order.get(self.index).cloned();
    }

    /// Marks or unmarks the selected row and goes on to the next.
    pub fn mark(&mut self) {
        if let Some(cursor) = self.cursor.clone() {
            if !self.marks.remove(&cursor) {
                self.marks.insert(cursor);
            }
            self.go(Motion::Down(1));
        }
    }

    /// Marks all that are shown, or none when all were.
    pub fn mark_all(&mut self) {
        if self.order.iter().all(|row| self.marks.contains(row)) {
            self.marks.clear();
        } else {
            self.marks.extend(self.order.iter().cloned());
        }
    }

    /// The rows an action is meant for: the marked ones, else the selected one; no more than `most`.
    pub fn chosen(&self, most: usize) -> Vec<Uid> {
        if self.marks.is_empty() {
            return self.cursor.iter().cloned().collect();
        }
        self.order.iter().filter(|row| self.marks.contains(row)).take(most).cloned().collect()
    }

    /// Sorts by the next of `columns` columns, then by none.
    pub fn sort_next(&mut self, columns: usize) {
        self.sort = match self.sort {
            None => Some((0, false)),
            Some((column, reverse)) if column + 1 < columns => Some((column + 1, reverse)),
            Some(_) => None,
        };
    }

    /// Turns the order round.
    pub fn sort_reverse(&mut self) {
        self.sort = Some(self.sort.map_or((0, true), |(column, reverse)| (column, !reverse)));
    }
}

fn arranged(
    pane: &dyn Pane,
    cx: &Cx,
    mut rows: Vec<Uid>,
    filter: Option<&Filter>,
    sort: Option<(usize, bool)>,
) -> Vec<Uid> {
    if let Some(filter) = filter {
        rows.retain(|row| filter.passes(|wish| pane.has_text(cx, row, wish), || pane.labels(cx, row)));
    }
    let Some((column, reverse)) = sort else { return rows };
    let with_cell = |row| pane.cell(cx, &row, column).map(|cell| (cell, row));
    let mut sorted: Vec<(Cell, Uid)> = rows.into_iter().filter_map(with_cell).collect();
    sorted.sort_by(|(a, _), (b, _)| {
        let order = a.rank.cmp(&b.rank).then_with(|| a.text.cmp(&b.text));
        if reverse { order.reverse() } else { order }
    });
    sorted.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uids(names: &[&str]) -> Vec<Uid> {
        names.iter().map(|name| Uid::from(*name)).collect()
    }

    #[test]
    fn the_selection_follows_its_uid_and_survives_its_end() {
        let mut list = ListState::default();
        list.settle_order(uids(&["a", "b", "c"]), 10);
        list.go(Motion::Down(1));
        list.settle_order(uids(&["x", "a", "b", "c"]), 10);
        assert_eq!(list.cursor, Some(Uid::from("b")));
        assert_eq!(list.index, 2);
        list.settle_order(uids(&["x", "a", "c"]), 10);
        assert_eq!(list.cursor, Some(Uid::from("c")));
        list.settle_order(Vec::new(), 10);
        assert_eq!(list.cursor, None);
    }

    #[test]
    fn the_offset_moves_only_as_far_as_it_must() {
        let mut list = ListState::default();
        let rows: Vec<String> = (0..100).map(|row| row.to_string()).collect();
        let rows: Vec<Uid> = rows.iter().map(|row| Uid::from(row.as_str())).collect();
        list.settle_order(rows.clone(), 10);
        list.go(Motion::Down(10));
        list.settle_order(rows.clone(), 10);
        assert_eq!(list.offset, 1);
        list.go(Motion::Bottom);
        list.settle_order(rows.clone(), 10);
        assert_eq!(list.offset, 90);
        list.go(Motion::Up(3));
        list.settle_order(rows, 10);
        assert_eq!(list.offset, 90);
    }

    #[test]
    fn marks_come_before_the_cursor_and_leave_with_their_row() {
        let mut list = ListState::default();
        list.settle_order(uids(&["a", "b", "c"]), 10);
        list.mark();
        list.mark();
        assert_eq!(list.chosen(usize::MAX), uids(&["a", "b"]));
        list.settle_order(uids(&["b", "c"]), 10);
        assert_eq!(list.chosen(usize::MAX), uids(&["b"]));
    }
}
