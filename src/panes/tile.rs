//! One pane on the home screen: a rule with title and freshness, the heads of its columns, and the rows that are visible.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::actions::Kind;
use crate::keys::{Command, Keymap};
use crate::release::model::Liveness;
use crate::release::object::Uid;
use crate::release::text::counted;
use crate::release::topic::Topic;
use crate::theme::{Glyph, Role};

use super::brush::{self, Words};
use super::cx::Cx;
use super::freshness;
use super::layout::{Tile, split_top};
use super::list::ListState;
use super::table::{self, Cell, Column};
use super::ui::Ui;
use super::{PANES, Pane};

/// Cells before each row, for the cursor and the mark.
pub const GUTTER: u16 = 2;

/// What a table needs to be drawn.
struct Look {
    columns: &'static [Column],
    visible: Vec<Vec<Cell>>,
    widths: Vec<u16>,
}

/// Draws a tile with what its list has settled on.
pub fn draw(cx: &Cx, ui: &Ui, keymap: &Keymap, tile: &Tile, buf: &mut Buffer) {
    let (Some(pane), Some(list)) = (PANES.get(tile.pane), ui.lists.get(tile.pane)) else { return };
    let focused = ui.focus == tile.pane;
    let mut area = tile.area;
    if area.height >= 2 {
        let (top, rest) = split_top(area, 1);
        title(cx, ui, keymap, tile.pane, focused, top, buf);
        area = rest;
    }
    if list.order.is_empty() {
        return empty(cx, *pane, list, area, buf);
    }
    let visible: Vec<Vec<Cell>> =
        list.order.iter().skip(list.offset).take(tile.height).map(|row| cells(cx, *pane, row, list)).collect();
    let inner = inset(area, GUTTER);
    let widths = table::widths(pane.columns(), &visible, inner.width, cx.many_contexts);
    if tile.area.height >= 3 {
        table::draw_header(cx, pane.columns(), &widths, list.sort, split_top(inner, 1).0, buf);
        area = split_top(area, 1).1;
    }
    let look = Look { columns: pane.columns(), visible, widths };
    rows(cx, &look, list, focused, area, buf);
}

fn title(cx: &Cx, ui: &Ui, keymap: &Keymap, pane: usize, focused: bool, area: Rect, buf: &mut Buffer) {
    let list = &ui.lists[pane];
    brush::rule(cx, focused, area, buf);
    let mut words = name(cx, ui, keymap, pane);
    match &list.filter {
        Some(filter) => {
            let shown = format!(" {} of {} ", list.order.len(), list.total);
            words.push(shown, Role::Dim);
            words.push(format!(" /{} ", filter.text), Role::Filter);
            let hidden = list.total.saturating_sub(list.order.len());
            if let Some((one, many)) = PANES[pane].hidden().filter(|_| hidden > 0) {
                let hidden = counted(hidden, one, many);
                words.push(format!(" {} {hidden} hidden ", cx.glyph(Glyph::Attention)), Role::Attention);
            }
        }
        None => words.push(format!(" {} ", list.total), Role::Dim),
    }
    if !list.marks.is_empty() {
        words.push(format!(" {}{} marked ", cx.glyph(Glyph::Mark), list.marks.len()), Role::Marked);
    }
    let end = brush::line(cx, &words, None, inset(area, 1), buf);
    let mut rest = Rect { x: end + 1, width: area.right().saturating_sub(end + 2), ..area };
    let state = state(cx, ui, pane);
    if !state.is_empty() && rest.width > 3 {
        let mut padded = Words::of(" ", Role::Dim);
        padded.append(state);
        padded.push(" ", Role::Dim);
        let x = brush::right(cx, &padded, rest, buf);
        rest.width = x.saturating_sub(rest.x + 1);
    }
    // How sure it is comes before what it is.
    if let Some(headline) = PANES[pane].headline(cx).filter(|_| rest.width > 8) {
        let is_blind = freshness::is_blind(cx, PANES[pane].topics());
        let headline = if is_blind { headline.all(Role::Stale) } else { headline };
        let mut padded = Words::of(" ", Role::Dim);
        padded.append(headline);
        padded.push(" ", Role::Dim);
        brush::line(cx, &padded, None, rest, buf);
    }
}

/// What stands at the right of the rule: how sure the pane is; else where one is in a long list.
fn state(cx: &Cx, ui: &Ui, pane: usize) -> Words {
    let list = &ui.lists[pane];
    let of_sources = freshness::of_pane(cx, PANES[pane].sources());
    let of_topics = || freshness::of_topics(cx, PANES[pane].topics(), ui.zoom);
    let state = match of_sources.is_empty() {
        true if pane == 0 => freshness::of_github(cx),
        true => of_topics(),
        false => of_sources,
    };
    if state.is_empty() && list.order.len() > list.height && list.height > 0 {
        return Words::of(format!("{}/{}", list.index + 1, list.order.len()), Role::Dim);
    }
    state
}

/// ` ▌1 Now `: the focused one bears the cursor's sign, so that it is seen without colour.
pub fn name(cx: &Cx, ui: &Ui, keymap: &Keymap, pane: usize) -> Words {
    let focused = ui.focus == pane && ui.detail.is_none();
    let sign = if focused { cx.glyph(Glyph::Current) } else { " " };
    let mut words = Words::of(sign, Role::BorderFocused);
    let number = Command::Pane(u8::try_from(pane + 1).unwrap_or(u8::MAX));
    if let Some(key) = keymap.hint(&ui.pane_layers(cx), number) {
        words.push(format!("{key} "), Role::Key);
    }
    words.and(PANES[pane].title(), if focused { Role::Title } else { Role::Header })
}

/// What stands in the place of rows: each kind of nothing has its own words.
fn empty(cx: &Cx, pane: &dyn Pane, list: &ListState, area: Rect, buf: &mut Buffer) {
    let area = inset(area, GUTTER);
    let words = match freshness::worst(cx, pane.sources()) {
        None if !pane.sources().is_empty() => Words::of("loading: nothing has answered yet", Role::Unknown),
        Some(standing) if standing.liveness == Liveness::Absent => Words::of(
            format!("not installed: context {} has no {}", standing.id.context, standing.id.kind),
            Role::Unknown,
        ),
        Some(standing) if standing.liveness != Liveness::Live => freshness::words(cx, &standing),
        _ if list.total == 0 && unseen(cx, pane) => freshness::of_topics(cx, pane.topics(), false),
        _ if list.total > 0 => Words::of(format!("no row of {} passes the filter", list.total), Role::Filter),
        _ => match cx.model.nowhere().filter(|_| pane.sources().contains(&"rollouts")) {
            Some(nowhere) => Words::of(format!("{} {nowhere}", cx.glyph(Glyph::Unknown)), Role::Unknown),
            None => Words::of(pane.empty(cx), Role::Dim),
        },
    };
    brush::lines(cx, &words.wrapped(usize::from(area.width), 2), area, buf);
}

/// Whether one of its topics was never seen: then an empty list means nothing.
fn unseen(cx: &Cx, pane: &dyn Pane) -> bool {
    let is_seen = |topic: &Topic| cx.model.repository_of(*topic).is_none_or(|(_, it)| it.sight(*topic).seen.is_some());
    !pane.topics().iter().all(is_seen)
}

/// The cells of a row, in the role of what may no longer be so where its context is not heard from.
fn cells(cx: &Cx, pane: &dyn Pane, row: &Uid, list: &ListState) -> Vec<Cell> {
    let Some(mut cells) = pane.cells(cx, row) else { return Vec::new() };
    let subject = || pane.subject(cx, Some(row), Kind::Preview);
    let context = pane.target(cx, row).or_else(subject).map(|target| target.context);
    let standing = context.and_then(|context| freshness::worst_in(cx, pane.sources(), &context));
    let is_doubtful = standing.is_some_and(|standing| freshness::is_doubtful(standing.liveness));
    if is_doubtful || freshness::is_blind(cx, pane.topics_of(cx, row)) {
        cells.iter_mut().for_each(|cell| cell.role = Role::Stale);
    } else if list.marks.contains(row) {
        cells.iter_mut().filter(|cell| cell.role == Role::Text).for_each(|cell| cell.role = Role::Marked);
    }
    cells
}

fn rows(cx: &Cx, look: &Look, list: &ListState, focused: bool, area: Rect, buf: &mut Buffer) {
    let visible = look.visible.iter().zip(list.order.iter().enumerate().skip(list.offset));
    for ((cells, (index, uid)), area) in visible.zip(area.intersection(buf.area).rows()) {
        let selected = focused && index == list.index;
        let base = selected.then(|| cx.style(Role::Selection));
        if let Some(base) = base {
            buf.set_style(area, base);
        }
        gutter(cx, selected, list.marks.contains(uid), area, buf);
        table::draw_row(cx, look.columns, &look.widths, cells, base, inset(area, GUTTER), buf);
    }
}

/// Draws the signs before a row.
pub fn gutter(cx: &Cx, selected: bool, marked: bool, area: Rect, buf: &mut Buffer) {
    let base = selected.then(|| cx.style(Role::Selection));
    let cursor = if selected { cx.glyph(Glyph::Cursor) } else { " " };
    let mark = if marked { cx.glyph(Glyph::Mark) } else { " " };
    debug_assert_eq!(cursor.width() + mark.width(), usize::from(GUTTER));
    let words = Words::of(cursor, Role::BorderFocused).and(mark, Role::Marked);
    brush::line(cx, &words, base, Rect { width: GUTTER.min(area.width), ..area }, buf);
}

/// `area` without its first `cells` columns.
pub fn inset(area: Rect, cells: u16) -> Rect {
    let cells = cells.min(area.width);
    Rect { x: area.x + cells, width: area.width - cells, ..area }
}
