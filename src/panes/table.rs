//! Columns that fit the width there is: the least important are left out first, the rest of the room goes where text is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use crate::theme::{Glyph, Role};

use super::brush::clean;
use super::cx::Cx;

/// One column of a table.
pub struct Column {
    pub title: &'static str,
    /// Cells that it needs at least.
    pub min: u16,
    /// Cells that it takes at most, when there is room.
    pub max: u16,
    /// 0 is always shown; the highest number is left out first.
    pub priority: u8,
    pub right: bool,
    /// Shown only when several contexts are watched.
    pub context: bool,
}

impl Column {
    /// A column aligned to the left.
    pub const fn new(title: &'static str, min: u16, max: u16, priority: u8) -> Self {
        Column { title, min, max, priority, right: false, context: false }
    }

    /// The same, aligned to the right.
    pub const fn right(self) -> Self {
        Column { right: true, ..self }
    }

    /// The same, only for several contexts.
    pub const fn context(self) -> Self {
        Column { context: true, ..self }
    }
}

/// One cell of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    pub text: String,
    pub role: Role,
    /// What it is sorted by, where the text would sort wrongly.
    pub rank: Option<i64>,
}

impl Cell {
    /// A cell of plain text.
    pub fn new(text: impl Into<String>) -> Self {
        Cell { text: text.into(), role: Role::Text, rank: None }
    }

    /// A cell in a role.
    pub fn styled(text: impl Into<String>, role: Role) -> Self {
        Cell { text: text.into(), role, rank: None }
    }

    /// The same, sorted by a number.
    pub fn ranked(self, rank: i64) -> Self {
        Cell { rank: Some(rank), ..self }
    }
}

/// Width of each column in `width` cells; 0 where it is left out. `rows` are those that are visible: a column takes no more
/// than they need, in steps of four cells, so that it does not twitch while one scrolls.
pub fn widths(columns: &[Column], rows: &[Vec<Cell>], width: u16, many_contexts: bool) -> Vec<u16> {
    let wanted: Vec<u16> = columns.iter().enumerate().map(|(index, column)| wanted(column, index, rows)).collect();
    let mut shown: Vec<bool> = columns.iter().map(|column| many_contexts || !column.context).collect();
    let needed = |shown: &[bool]| -> u16 {
        let used = columns.iter().zip(shown).filter(|(_, shown)| **shown);
        used.map(|(column, _)| column.min + 1).sum::<u16>().saturating_sub(1)
    };
    while needed(&shown) > width {
        let last =
            (0..columns.len()).filter(|i| shown[*i] && columns[*i].priority > 0).max_by_key(|i| columns[*i].priority);
        match last {
            Some(index) => shown[index] = false,
            None => break,
        }
    }
    let mut widths: Vec<u16> =
        columns.iter().zip(&shown).map(|(column, shown)| if *shown { column.min } else { 0 }).collect();
    let mut left = width.saturating_sub(needed(&shown));
    // What a row is about is cut last, but must not take the room of all that is said of it.
    let first: Vec<u16> = columns
        .iter()
        .zip(&wanted)
        .map(|(column, wanted)| if column.priority == 0 { (*wanted).min(width / 3) } else { 0 })
        .collect();
    share(&mut widths, &first, &mut left);
    share(&mut widths, &wanted, &mut left);
    widths
}

/// Gives what is left to those that want more and are shown, a cell to each in turn.
fn share(widths: &mut [u16], wanted: &[u16], left: &mut u16) {
    loop {
        let mut given = false;
        for (width, wanted) in widths.iter_mut().zip(wanted) {
            if *left > 0 && *width > 0 && *width < *wanted {
                *width += 1;
                *left -= 1;
                given = true;
            }
        }
        if !given {
            return;
        }
    }
}

fn wanted(column: &Column, index: usize, rows: &[Vec<Cell>]) -> u16 {
    let cells = rows.iter().filter_map(|cells| cells.get(index));
    let longest = cells.map(|cell| cell.text.width()).max().unwrap_or(0).max(column.title.width());
    let stepped = u16::try_from(longest.next_multiple_of(4)).unwrap_or(u16::MAX);
    stepped.clamp(column.min, column.max)
}

/// Draws the titles.
pub fn draw_header(
    cx: &Cx,
    columns: &[Column],
    widths: &[u16],
    sorted: Option<(usize, bool)>,
    area: Rect,
    buf: &mut Buffer,
) {
    let style = cx.style(Role::Header);
    let mut x = area.x;
    for (index, (column, width)) in columns.iter().zip(widths).enumerate() {
        if *width == 0 {
            continue;
        }
        let mark = match sorted {
            Some((by, reverse)) if by == index => {
                if reverse {
                    cx.glyph(Glyph::Down)
                } else {
                    cx.glyph(Glyph::Up)
                }
            }
            _ => "",
        };
        let title = format!("{}{mark}", column.title);
        draw_text(&title, style, column.right, x, area, *width, cx.glyph(Glyph::Ellipsis), buf);
        x = x.saturating_add(width + 1);
    }
}

/// Draws one row; `base` carries the selection.
pub fn draw_row(
    cx: &Cx,
    columns: &[Column],
    widths: &[u16],
    cells: &[Cell],
    base: Option<Style>,
    area: Rect,
    buf: &mut Buffer,
) {
    if let Some(base) = base {
        buf.set_style(area, base);
    }
    let mut x = area.x;
    for ((column, width), cell) in columns.iter().zip(widths).zip(cells) {
        if *width == 0 {
            continue;
        }
        let style = match base {
            Some(base) => cx.style(cell.role).patch(base),
            None => cx.style(cell.role),
        };
        draw_text(&cell.text, style, column.right, x, area, *width, cx.glyph(Glyph::Ellipsis), buf);
        x = x.saturating_add(width + 1);
    }
}

#[allow(clippy::too_many_arguments, reason = "one call site's worth of geometry; a struct would only rename it")]
fn draw_text(text: &str, style: Style, right: bool, x: u16, area: Rect, width: u16, ellipsis: &str, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    let room = width.min(area.right().saturating_sub(x));
    if room == 0 || area.height == 0 {
        return;
    }
    let text = &*clean(text);
    let long = text.width();
    if long <= usize::from(room) {
        let pad = if right { room - long as u16 } else { 0 };
        buf.set_stringn(x + pad, area.y, text, usize::from(room), style);
        return;
    }
    let keep = usize::from(room).saturating_sub(ellipsis.width());
    let (end, _) = buf.set_stringn(x, area.y, text, keep, style);
    buf.set_stringn(end, area.y, ellipsis, usize::from(room) - keep, style);
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        Column::new("A", 4, 10, 0),
        Column::new("B", 4, 4, 2),
        Column::new("C", 4, 100, 1),
        Column::new("X", 3, 3, 1).context(),
    ];

    #[test]
    fn the_least_important_column_goes_first() {
        assert_eq!(widths(COLUMNS, &[], 9, false), [4, 0, 4, 0]);
        assert_eq!(widths(COLUMNS, &[], 4, false), [4, 0, 0, 0]);
        assert_eq!(widths(COLUMNS, &[], 1, false), [4, 0, 0, 0]);
    }

    #[test]
    fn spare_room_goes_to_columns_that_can_use_it() {
        let rows = [vec![Cell::new("123456789"), Cell::new("x"), Cell::new("y".repeat(90)), Cell::new("z")]];
        assert_eq!(widths(COLUMNS, &rows, 40, false), [10, 4, 24, 0]);
        assert_eq!(widths(COLUMNS, &rows, 40, true), [10, 4, 20, 3]);
        let rows = [vec![Cell::new("12345"), Cell::new("x"), Cell::new("y"), Cell::new("z")]];
        assert_eq!(widths(COLUMNS, &rows, 40, false), [8, 4, 4, 0]);
    }

    #[test]
    fn what_a_row_is_about_is_cut_last() {
        let rows = [vec![Cell::new("123456789"), Cell::new("x"), Cell::new("y".repeat(90)), Cell::new("z")]];
        assert_eq!(widths(COLUMNS, &rows, 20, false), [8, 4, 6, 0], "up to a third of the room before all others");
    }
}
