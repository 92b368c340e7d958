//! All that is wrong with the configuration, each with its file and line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::keys::{Command, Keymap, layer};
use crate::release::text::counted;
use crate::theme::{Glyph, Role};

use super::super::brush::{self, Words};
use super::super::cx::Cx;
use super::super::layout::split_top;
use super::super::ui::Ui;

/// Draws the warnings.
pub fn draw(cx: &Cx, ui: &Ui, scroll: u16, keymap: &Keymap, area: Rect, buf: &mut Buffer) {
    let place = brush::centred(area, area.width.min(96), area.height);
    let title = Words::of(format!("configuration: {}", counted(ui.warnings.len(), "warning", "warnings")), Role::Title);
    let inner = brush::frame(cx, &title, Role::BorderFocused, place, buf);
    let (body, foot) = split_top(inner, inner.height.saturating_sub(u16::from(inner.height > 4)));
    let sign = cx.glyph(Glyph::Attention);
    let words = |text: &String| Words::of(format!("{sign} "), Role::Attention).and(text.as_str(), Role::Text);
    let lines: Vec<Words> =
        ui.warnings.iter().flat_map(|text| words(text).wrapped(usize::from(body.width), 2)).collect();
    super::scrolled(cx, &lines, scroll, Words::new(), body, buf);
    let commands = [(Command::Down, "down"), (Command::Up, "up"), (Command::Back, "back")];
    brush::line(cx, &super::keys_line(keymap, layer::HELP, &commands), None, foot, buf);
}
