//! All commands by name: what is typed, what matches, and why a match would be refused.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::keys::{Command, Keymap, layer};
use crate::theme::{Glyph, Role};

use super::super::brush::{self, Words};
use super::super::cx::Cx;
use super::super::layout::split_top;
use super::super::tile;
use super::super::ui::{Palette, PaletteEntry};

/// Draws the palette.
pub fn draw(cx: &Cx, palette: &Palette, keymap: &Keymap, area: Rect, buf: &mut Buffer) {
    let width = area.width.saturating_sub(if area.width > 60 { 8 } else { 0 }).clamp(1, 90);
    let height = (palette.entries.len() as u16).saturating_add(5).clamp(8, 24);
    let place = brush::centred(area, width, height);
    let inner = brush::frame(cx, &Words::of("commands", Role::Title), Role::BorderFocused, place, buf);
    let (top, rest) = split_top(inner, 1);
    let prompt =
        Words::of(":", Role::Key).and(palette.text.as_str(), Role::Text).and(cx.glyph(Glyph::Cursor), Role::Key);
    brush::line(cx, &brush::tail(prompt, usize::from(top.width)), None, top, buf);
    let (list, foot) = split_top(rest, rest.height.saturating_sub(u16::from(rest.height > 2) * 2));
    if palette.entries.is_empty() {
        brush::text(cx, "nothing of that name", Role::Unknown, tile::inset(list, tile::GUTTER), buf);
    }
    let shown = super::window(palette.selected.unwrap_or(0), palette.entries.len(), usize::from(list.height));
    let name = palette.entries.iter().map(|entry| entry.name.chars().count()).max().unwrap_or(0).min(20);
    for ((index, entry), row) in palette.entries.iter().enumerate().skip(shown.start).zip(list.rows()) {
        line(cx, entry, name, Some(index) == palette.selected, row, buf);
    }
    let (first, second) = split_top(foot, 1);
    if let Some(why) = palette.chosen().and_then(|entry| entry.disabled.as_ref()) {
        let words = Words::of(format!("{} not now: {why}", cx.glyph(Glyph::ReadOnly)), Role::Attention);
        brush::line(cx, &words, None, first, buf);
    }
    let commands = [(Command::Confirm, "do it"), (Command::Down, "down"), (Command::Up, "up"), (Command::Back, "back")];
    brush::line(cx, &super::keys_line(keymap, layer::PALETTE, &commands), None, second, buf);
}

fn line(cx: &Cx, entry: &PaletteEntry, width: usize, selected: bool, area: Rect, buf: &mut Buffer) {
    let base = selected.then(|| cx.style(Role::Selection));
    if let Some(base) = base {
        buf.set_style(area, base);
    }
    tile::gutter(cx, selected, false, area, buf);
    let (name, help) = if entry.disabled.is_some() { (Role::Dim, Role::Dim) } else { (Role::Text, Role::Hint) };
    let sign = if entry.disabled.is_some() { cx.glyph(Glyph::ReadOnly) } else { " " };
    let words = Words::of(format!("{sign} {:<width$}  ", entry.name), name).and(entry.help.as_str(), help);
    let keys = Words::of(format!(" {} ", entry.keys), Role::Key);
    let area = tile::inset(area, tile::GUTTER);
    let room = usize::from(area.width);
    let with_keys = !entry.keys.is_empty() && room > width + keys.width() + 12;
    let left = if with_keys { area.width - keys.width() as u16 } else { area.width };
    brush::line(cx, &words, base, Rect { width: left, ..area }, buf);
    if with_keys {
        brush::line(cx, &keys, base, Rect { x: area.x + left, width: area.width - left, ..area }, buf);
    }
}
