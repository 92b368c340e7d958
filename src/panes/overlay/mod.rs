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
    // The count has a row of its own where there are some: it must not cover the end of a line that can be scrolled no
    // further.
    let is_counted = lines.len() > usize::from(area.height) && area.width > 24;
    let rows = area.height.saturating_sub(u16::from(is_counted && area.height > 2));
    let height = usize::from(rows);
    let most = lines.len().saturating_sub(height);
    cx.note_scroll_end(most);
    let from = usize::from(scroll).min(most);
    brush::lines(cx, &lines[from..], Rect { height: rows, ..area }, buf);
    if is_counted && area.height > 0 {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_covers_no_line() {
        let glyphs = crate::theme::Glyphs::Unicode;
        let (model, theme) = (crate::release::model::Model::default(), crate::theme::Theme::default());
        let cx = Cx::new(&model, &theme, &glyphs, crate::release::sample::at(0), false);
        let lines: Vec<Words> = (0..6).map(|row| Words::of(format!("{row:>30}"), Role::Text)).collect();
        let area = Rect::new(0, 0, 30, 4);
        for (scroll, first) in [(0, 0), (1, 1), (9, 3)] {
            let mut buf = Buffer::empty(area);
            scrolled(&cx, &lines, scroll, Words::new(), area, &mut buf);
            let row = |y| (0..30).map(|x| buf[(x, y)].symbol()).collect::<String>();
            assert_eq!([row(0), row(1), row(2)], [0, 1, 2].map(|row| format!("{:>30}", first + row)));
            assert_eq!(row(3).trim(), format!("lines {}-{} of 6", first + 1, first + 3));
        }
    }
}
