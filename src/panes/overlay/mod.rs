//! What lies over the panes: the dialog before an action, help, warnings, palette, and the choice of a revision.

mod confirm;
mod help;
mod look;
mod palette;
mod plan;
mod revisions;
mod warnings;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::keys::{Command, Keymap};
use crate::theme::Role;

use super::brush::{self, Words};
use super::cx::Cx;
use super::ui::{Overlay, Ui};

/// Brings the overlay that is open in line with the model and the room there is.
pub fn settle(cx: &Cx, ui: &mut Ui, area: Rect) {
    if let Some(Overlay::Revisions(choice)) = &mut ui.overlay {
        choice.settle(cx.model);
    }
    if let Some(Overlay::Confirm(dialog)) = &ui.overlay {
        let is_legible = confirm::is_legible(cx, ui, dialog, area);
        if let Some(Overlay::Confirm(dialog)) = &mut ui.overlay {
            dialog.is_legible = is_legible;
        }
    }
}

/// Draws the overlay that is open. The filter is a line in the footer.
pub fn draw(cx: &Cx, ui: &Ui, keymap: &Keymap, area: Rect, buf: &mut Buffer) {
    match &ui.overlay {
        Some(Overlay::Confirm(dialog)) => confirm::draw(cx, ui, dialog, keymap, area, buf),
        Some(Overlay::Help { scroll }) => help::draw(cx, ui, *scroll, keymap, area, buf),
        Some(Overlay::Look(look)) => look::draw(cx, look, keymap, area, buf),
        Some(Overlay::Warnings { scroll }) => warnings::draw(cx, ui, *scroll, keymap, area, buf),
        Some(Overlay::Palette(palette)) => palette::draw(cx, palette, keymap, area, buf),
        Some(Overlay::Revisions(choice)) => revisions::draw(cx, choice, keymap, area, buf),
        Some(Overlay::Filter { .. } | Overlay::Ask(_)) | None => (),
    }
}

/// Draws the lines that are in sight and, where some are not, how many there are and the keys that lead to them. A scroll
/// beyond the end is the end.
fn scrolled(cx: &Cx, lines: &[Words], scroll: u16, keys: Words, area: Rect, buf: &mut Buffer) {
    let height = usize::from(area.height);
    let most = lines.len().saturating_sub(height);
    cx.note_scroll_end(most);
    let from = usize::from(scroll).min(most);
    brush::lines(cx, &lines[from..], area, buf);
    if most > 0 && area.height > 0 && area.width > 24 {
        let to = (from + height).min(lines.len());
        let mut words = Words::of(" ", Role::Dim);
        words.append(keys);
        words.push(format!("lines {}-{to} of {} ", from + 1, lines.len()), Role::Dim);
        brush::right(cx, &words, Rect { y: area.bottom() - 1, height: 1, ..area }, buf);
    }
}

/// `enter do it   esc back`: the first key of each command, with what it does here.
fn keys_line(keymap: &Keymap, layer: &str, commands: &[(Command, &str)]) -> Words {
    let mut words = Words::new();
    for (command, name) in commands {
        if let Some(key) = keymap.hint(&[layer], *command) {
            words.push(key, Role::Key);
            words.push(format!(" {name}   "), Role::Hint);
        }
    }
    words
}

/// The rows of a list that are in sight, so that the selected one is among them.
fn window(selected: usize, count: usize, height: usize) -> std::ops::Range<usize> {
    let from = (selected + 1).saturating_sub(height).min(count.saturating_sub(height));
    from..count.min(from + height)
}
