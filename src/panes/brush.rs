//! Putting text into cells: clipped to its area, cut with a sign, cleaned of whatever a terminal would obey.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use crate::release::text::visible;
use crate::theme::{Glyph, Role};

use super::cx::Cx;

/// A stretch of text in one role.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    pub text: String,
    pub role: Role,
    /// A style of the configuration over that of the role: the colour of a context.
    pub badge: Option<Style>,
}

/// One line, as pieces from left to right.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words(pub Vec<Piece>);

impl Words {
    /// An empty line.
    pub fn new() -> Self {
        Words::default()
    }

    /// A line of one piece.
    pub fn of(text: impl Into<String>, role: Role) -> Self {
        Words::new().and(text, role)
    }

    /// The same with one more piece.
    pub fn and(mut self, text: impl Into<String>, role: Role) -> Self {
        self.push(text, role);
        self
    }

    /// Adds a piece.
    pub fn push(&mut self, text: impl Into<String>, role: Role) {
        let text = text.into();
        if !text.is_empty() {
            self.0.push(Piece { text: clean(&text).into_owned(), role, badge: None });
        }
    }

    /// Adds a piece in a style of the configuration, where it has one.
    pub fn push_badge(&mut self, text: impl Into<String>, role: Role, badge: Option<Style>) {
        self.push(text, role);
        if let Some(last) = self.0.last_mut() {
            last.badge = badge;
        }
    }

    /// Adds all pieces of another line.
    pub fn append(&mut self, mut other: Words) {
        self.0.append(&mut other.0);
    }

    /// Cells that it takes.
    pub fn width(&self) -> usize {
        self.0.iter().map(|piece| piece.text.width()).sum()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same, every piece in one role: what is no longer sure.
    pub fn all(mut self, role: Role) -> Self {
        self.0.iter_mut().for_each(|piece| piece.role = role);
        self
    }

    /// Its text without roles.
    pub fn text(&self) -> String {
        self.0.iter().map(|piece| piece.text.as_str()).collect()
    }

    /// Broken at spaces into lines of `width` cells, those after the first indented. A word longer than a line is split.
    /// A line ends with its last word: a blank beyond the width would be drawn as a cut.
    pub fn wrapped(&self, width: usize, indent: usize) -> Vec<Words> {
        let width = width.max(1);
        let indent = if indent + 4 > width { 0 } else { indent };
        let mut lines = Vec::new();
        let mut line = Words::new();
        let mut used = 0;
        for piece in &self.0 {
            for part in piece.text.split_inclusive(' ') {
                let mut part = part;
                if used + part.trim_end().width() > width && used > indent {
                    lines.push(std::mem::take(&mut line).trimmed());
                    line.push(" ".repeat(indent), piece.role);
                    used = indent;
                }
                while used + part.trim_end().width() > width {
                    let cut = cut_at(part, width.saturating_sub(used));
                    line.push(&part[..cut], piece.role);
                    lines.push(std::mem::take(&mut line).trimmed());
                    line.push(" ".repeat(indent), piece.role);
                    used = indent;
                    part = &part[cut..];
                }
                line.push(part, piece.role);
                used += part.width();
            }
        }
        let last = line.trimmed();
        // A blank line is one; blanks after the last word are none.
        if !last.is_empty() || (lines.is_empty() && !self.is_empty()) {
            lines.push(last);
        }
        lines
    }

    /// The same without the blanks at its end.
    fn trimmed(mut self) -> Self {
        while let Some(last) = self.0.last_mut() {
            last.text.truncate(last.text.trim_end().len());
            if !last.text.is_empty() {
                break;
            }
            self.0.pop();
        }
        self
    }
}

/// Bytes of `text` that fit into `room` cells, to the last joint of a path or a list if there is one; at least one
/// character, so that whoever splits gets on.
fn cut_at(text: &str, room: usize) -> usize {
    let mut joint = 0;
    for (at, character) in text.char_indices() {
        // A sign and what follows may together be wider than each alone.
        let end = at + character.len_utf8();
        if at > 0 && text[..end].width() > room {
            return if joint > at / 2 { joint } else { at };
        }
        if matches!(character, '/' | ',') {
            joint = end;
        }
    }
    text.len()
}

/// `text` as it may go to a terminal. What sources let in is clean already; what was typed here is not.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(visible(text))
}

/// Writes a line at the top of `area`, cut with an ellipsis; answers where it ended.
pub fn line(cx: &Cx, words: &Words, base: Option<Style>, area: Rect, buf: &mut Buffer) -> u16 {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return area.x;
    }
    let is_long = words.width() > usize::from(area.width);
    let ellipsis = cx.glyph(Glyph::Ellipsis);
    let room = if is_long { area.width.saturating_sub(ellipsis.width() as u16) } else { area.width };
    let end = area.x + room;
    let mut x = area.x;
    let mut style = Style::default();
    for piece in &words.0 {
        style = piece.badge.unwrap_or(cx.style(piece.role));
        if let Some(base) = base {
            style = style.patch(base);
        }
        let text = clean(&piece.text);
        let (next, _) = buf.set_stringn(x, area.y, &*text, usize::from(end - x), style);
        let is_cut = usize::from(next - x) < text.width();
        x = next;
        if is_cut || x >= end {
            break;
        }
    }
    if is_long {
        (x, _) = buf.set_stringn(x, area.y, ellipsis, usize::from(area.right() - x), style);
    }
    x
}

/// Writes lines one under another, as many as there is room for.
pub fn lines(cx: &Cx, all: &[Words], area: Rect, buf: &mut Buffer) {
    for (words, row) in all.iter().zip(area.intersection(buf.area).rows()) {
        line(cx, words, None, row, buf);
    }
}

/// Writes plain text in a role.
pub fn text(cx: &Cx, text: &str, role: Role, area: Rect, buf: &mut Buffer) -> u16 {
    line(cx, &Words::of(text, role), None, area, buf)
}

/// Writes a line at the right end of the top of `area`; answers where it starts.
pub fn right(cx: &Cx, words: &Words, area: Rect, buf: &mut Buffer) -> u16 {
    let width = words.width().min(usize::from(area.width)) as u16;
    let x = area.right() - width;
    line(cx, words, None, Rect { x, width, ..area }, buf);
    x
}

/// Draws a horizontal rule along the top of `area`; a focused one is thicker.
pub fn rule(cx: &Cx, focused: bool, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    let role = if focused { Role::BorderFocused } else { Role::Border };
    let sign = cx.glyphs.border(focused).horizontal_top;
    for x in area.left()..area.right() {
        if area.height > 0 {
            buf.set_stringn(x, area.y, sign, 1, cx.style(role));
        }
    }
}

/// Whether a frame of that size has a border: a smaller one would leave nothing inside.
pub fn has_border(area: Rect) -> bool {
    area.width >= 20 && area.height >= 5
}

/// Empties `area`, draws a frame round it with a title, and answers what is left inside.
pub fn frame(cx: &Cx, title: &Words, border: Role, area: Rect, buf: &mut Buffer) -> Rect {
    let area = area.intersection(buf.area);
    for position in area.positions() {
        buf[position].reset();
    }
    buf.set_style(area, cx.style(Role::Text).patch(cx.style(Role::Overlay)));
    if !has_border(area) {
        line(cx, title, None, area, buf);
        return crate::panes::layout::split_top(area, 1).1;
    }
    let (style, set) = (cx.style(border), cx.glyphs.border(true));
    let (right, bottom) = (area.right() - 1, area.bottom() - 1);
    for x in area.x..area.right() {
        buf.set_stringn(x, area.y, set.horizontal_top, 1, style);
        buf.set_stringn(x, bottom, set.horizontal_bottom, 1, style);
    }
    for y in area.y..area.bottom() {
        buf.set_stringn(area.x, y, set.vertical_left, 1, style);
        buf.set_stringn(right, y, set.vertical_right, 1, style);
    }
    let corners = [
        (area.x, area.y, set.top_left),
        (right, area.y, set.top_right),
        (area.x, bottom, set.bottom_left),
        (right, bottom, set.bottom_right),
    ];
    for (x, y, corner) in corners {
        buf.set_stringn(x, y, corner, 1, style);
    }
    let room = Rect { x: area.x + 2, width: area.width - 4, height: 1, ..area };
    let mut padded = Words::of(" ", border);
    padded.append(title.clone());
    padded.push(" ", border);
    line(cx, &padded, None, room, buf);
    let pad = u16::from(area.width > 30);
    Rect { x: area.x + 1 + pad, y: area.y + 1, width: area.width - 2 - 2 * pad, height: area.height - 2 }
}

/// The end of a line that is too long, so that what is typed stays in sight.
pub fn tail(words: Words, width: usize) -> Words {
    let mut surplus = words.width().saturating_sub(width);
    let mut kept = Words::new();
    for piece in words.0 {
        let gone = piece.text.char_indices().take_while(|(_, character)| {
            let is_surplus = surplus > 0;
            surplus = surplus.saturating_sub(unicode_width::UnicodeWidthChar::width(*character).unwrap_or(0));
            is_surplus
        });
        let from = gone.last().map_or(0, |(at, character)| at + character.len_utf8());
        kept.push(&piece.text[from..], piece.role);
    }
    kept
}

/// `width` by `height` at most, in the middle of `area`.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn wrapped(text: &str, width: usize) -> Vec<String> {
        Words::of(text, Role::Text).wrapped(width, 2).iter().map(Words::text).collect()
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_are_split() {
        assert_eq!(wrapped("one two three", 8), ["one two", "  three"]);
        assert_eq!(wrapped("abcdefghij", 6), ["abcdef", "  ghij"]);
        assert_eq!(wrapped("漢字漢字", 1).len(), 4);
        assert!(wrapped("", 8).is_empty());
        assert_eq!(wrapped("  ", 8), [""]);
    }

    #[test]
    fn a_line_that_fills_the_width_is_no_cut_one() {
        assert_eq!(wrapped("commit to main", 9), ["commit to", "  main"]);
        let glyphs = crate::theme::Glyphs::Unicode;
        let (model, theme) = (crate::release::model::Model::default(), crate::theme::Theme::default());
        let cx = Cx::new(&model, &theme, &glyphs, crate::release::sample::at(0), false);
        let area = Rect::new(0, 0, 9, 2);
        let mut buf = Buffer::empty(area);
        lines(&cx, &Words::of("commit to main", Role::Text).wrapped(9, 2), area, &mut buf);
        let row = |y| (0..9).map(|x| buf[(x, y)].symbol()).collect::<String>();
        assert_eq!([row(0), row(1)], ["commit to", "  main   "]);
    }

    proptest! {
        #[test]
        fn wrapping_loses_nothing_and_keeps_to_the_room(
            texts in vec("[a-e/,. 漢é\u{301}☁\u{fe0f}]{0,24}", 0..4),
            width in 2usize..30,
            indent in 0usize..14,
        ) {
            let mut words = Words::new();
            texts.iter().for_each(|text| words.push(text.as_str(), Role::Text));
            let lines = words.wrapped(width, indent);
            prop_assert!(lines.iter().all(|line| line.width() <= width), "{lines:?}");
            let inked = |text: String| text.chars().filter(|character| *character != ' ').collect::<String>();
            let put_together: String = lines.iter().map(Words::text).collect();
            prop_assert_eq!(inked(put_together), inked(words.text()));
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_made_visible() {
        assert_eq!(Words::of("a\u{1b}[2J\u{202e}", Role::Text).text(), "a␛[2J<U+202E>");
    }
}
