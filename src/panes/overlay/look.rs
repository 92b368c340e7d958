//! One row in full, to be read: nothing can be done here.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::keys::{Command, Keymap, layer};
use crate::theme::Role;

use super::super::PANES;
use super::super::brush::{self, Words};
use super::super::cx::Cx;
use super::super::freshness;
use super::super::layout::split_top;
use super::super::ui::Look;

/// Draws what the pane knows of the row by now.
pub fn draw(cx: &Cx, look: &Look, keymap: &Keymap, area: Rect, buf: &mut Buffer) {
    let Some(pane) = PANES.get(look.pane) else { return };
    let gone = || vec![Words::of("it is gone", Role::Stale)];
    let place = brush::centred(area, area.width.min(110), area.height);
    let width = usize::from(place.width.saturating_sub(4));
    let mut lines = pane.look(cx, &look.row).unwrap_or_else(gone);
    // The border has no room for all of it.
    if freshness::is_blind(cx, pane.topics()) {
        lines.insert(0, freshness::of_topics(cx, pane.topics(), false));
    }
    let lines: Vec<Words> = lines.iter().flat_map(|line| line.wrapped(width, 12)).collect();
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(4);
    let place = brush::centred(place, place.width, height.min(place.height));
    let inner = brush::frame(cx, &Words::of(pane.title(), Role::Title), Role::BorderFocused, place, buf);
    let (body, foot) = split_top(inner, inner.height.saturating_sub(u16::from(inner.height > 4)));
    super::scrolled(cx, &lines, look.scroll, Words::new(), body, buf);
    let commands = [(Command::Down, "down"), (Command::Up, "up"), (Command::Back, "back")];
    brush::line(cx, &super::keys_line(keymap, layer::HELP, &commands), None, foot, buf);
}
