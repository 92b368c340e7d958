//! The dialog before an action. At its head where it would happen, at its foot what confirms it; the plan between scrolls.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::keys::{Command, Keymap};
use crate::theme::{Glyph, Role};

use super::super::brush::{self, Words};
use super::super::cx::Cx;
use super::super::header;
use super::super::layout::split_top;
use super::super::ui::{Confirm, Field, Ui};
use super::plan;

/// As wide as a request's path needs, where there is so much room.
const WIDTH: u16 = 110;

/// Draws the dialog.
pub fn draw(cx: &Cx, ui: &Ui, dialog: &Confirm, keymap: &Keymap, area: Rect, buf: &mut Buffer) {
    let width = outer_width(area);
    let inner_width = inner_width(area);
    let head = head(cx, ui, dialog, inner_width);
    let middle = plan::lines(cx, dialog, inner_width);
    let mut foot = foot(cx, ui, dialog, keymap, inner_width);
    if area.height >= 12 {
        foot.insert(0, Words::new());
    }
    let wanted = head.len() + middle.len() + foot.len() + 4;
    let room = dialog_height(area);
    let place = brush::centred(area, width, u16::try_from(wanted).unwrap_or(u16::MAX).min(room.max(1)));
    let border = if dialog.wanted_name().is_some() { Role::Danger } else { Role::BorderFocused };
    let inner = brush::frame(cx, &title(dialog), border, place, buf);
    // Where there is hardly room, what it is about and what confirms it come before the rest.
    let (top, rest) = split_top(inner, (head.len() as u16).min(inner.height.div_ceil(3)));
    let for_foot = (foot.len() as u16).min(rest.height);
    let (mut body, bottom) = split_top(rest, rest.height - for_foot);
    brush::lines(cx, &head, top, buf);
    if usize::from(body.height) > middle.len() {
        body = split_top(body, 1).1;
    }
    super::scrolled(cx, &middle, dialog.scroll, scroll_keys(cx, ui, keymap), body, buf);
    brush::lines(cx, &foot[foot.len() - usize::from(for_foot)..], bottom, buf);
}

/// Whether one can read what would be done to what, in the title or in the head: nobody confirms what they cannot see.
pub fn is_legible(cx: &Cx, ui: &Ui, dialog: &Confirm, area: Rect) -> bool {
    if area.is_empty() {
        return false;
    }
    let (width, height) = (outer_width(area), dialog_height(area));
    let title = title(dialog);
    let has_border = brush::has_border(Rect { width, height, ..area });
    // The border and a blank on each side.
    let room = usize::from(if has_border { width.saturating_sub(6) } else { width });
    let is_title_seen = title.width() <= room;
    if dialog.items.len() != 1 {
        // The objects stand in the middle, which scrolls.
        return is_title_seen && height > 8;
    }
    let is_action_seen = title.0.first().is_some_and(|action| action.text.width() < room);
    let inside = height.saturating_sub(if has_border { 2 } else { 1 });
    let is_head_seen = head(cx, ui, dialog, inner_width(area)).len() <= usize::from(inside.div_ceil(3));
    is_title_seen || (is_action_seen && is_head_seen)
}

/// The keys that scroll in the field that has the keys.
fn scroll_keys(cx: &Cx, ui: &Ui, keymap: &Keymap) -> Words {
    let mut words = Words::new();
    for command in [Command::Down, Command::Up] {
        if let Some(key) = keymap.hint(&ui.layers(cx), command) {
            words.push(key, Role::Key);
            words.push(" ", Role::Dim);
        }
    }
    words
}

fn outer_width(area: Rect) -> u16 {
    WIDTH.min(area.width.saturating_sub(if area.width > 60 { 4 } else { 0 })).max(1)
}

fn inner_width(area: Rect) -> usize {
    usize::from(outer_width(area).saturating_sub(4)).max(1)
}

/// Rows that it may have at most.
fn dialog_height(area: Rect) -> u16 {
    area.height.saturating_sub(u16::from(area.height > 12) * 2)
}

fn title(dialog: &Confirm) -> Words {
    let action = dialog.items.first().map_or("nothing to do", |item| item.plan.action);
    let words = Words::of(action, Role::Danger);
    match dialog.items.as_slice() {
        [] => words,
        [item] => words.and(format!(" {} {}", item.plan.kind, item.plan.target.path()), Role::Title),
        [first, ..] => words.and(format!(" {} {}s", dialog.items.len(), first.plan.kind), Role::Title),
    }
}

/// Which cluster, so that nobody takes one for another; then which object.
fn head(cx: &Cx, ui: &Ui, dialog: &Confirm, width: usize) -> Vec<Words> {
    let mut contexts: Vec<&str> = dialog.items.iter().map(|item| &*item.plan.target.context).collect();
    contexts.sort_unstable();
    contexts.dedup();
    let is_on_github = dialog.items.iter().any(|item| item.plan.is_on_github());
    let mut words = Words::of(if is_on_github { "on GitHub " } else { "context   " }, Role::Header);
    for context in contexts {
        match ui.contexts.iter().find(|known| &*known.name == context) {
            Some(known) => {
                words.append(header::context_words(cx, known, " "));
                // What the configuration calls it may be what it calls another one as well.
                if *known.label != *context {
                    words.push(format!("  {context}"), Role::Title);
                }
            }
            None => words.push(context, Role::Title),
        }
        words.push("  ", Role::Text);
    }
    let mut lines = vec![words];
    if let [item] = dialog.items.as_slice() {
        let target = &item.plan.target;
        let mut object =
            Words::of("object    ", Role::Header).and(format!("{} {}", item.plan.kind, target.name), Role::Title);
        if !target.namespace.is_empty() {
            object = object.and("  in namespace ", Role::Dim).and(&*target.namespace, Role::Title);
        }
        lines.extend(object.wrapped(width, 10));
    }
    lines
}

/// The fields, then the keys, then what is in the way.
fn foot(cx: &Cx, ui: &Ui, dialog: &Confirm, keymap: &Keymap, width: usize) -> Vec<Words> {
    let mut lines = Vec::new();
    let needed = if dialog.reason_required { "needed for the audit" } else { "for the audit, if you like" };
    lines.push(field(cx, "reason", &dialog.reason, needed, dialog.field == Field::Reason, width));
    if let Some(name) = dialog.wanted_name() {
        let hint = format!("type {name}");
        lines.push(field(cx, "name", &dialog.typed, &hint, dialog.field == Field::Name, width));
    }
    let layers = ui.layers(cx);
    let layer = layers.first().copied().unwrap_or_default();
    let obstacle = dialog.obstacle();
    let action = dialog.items.first().map_or("confirm", |item| item.plan.action);
    let mut commands = vec![(Command::Back, "leaves all as it is"), (Command::NextPane, "next field")];
    if obstacle.is_none() {
        commands.insert(0, (Command::Confirm, action));
    }
    match obstacle {
        Some(obstacle) => {
            let key = keymap.hint(&layers, Command::Confirm).unwrap_or_default();
            let words = Words::of(format!("{} ", cx.glyph(Glyph::Attention)), Role::Attention)
                .and(format!("not yet: {obstacle}"), Role::Attention)
                .and(if key.is_empty() { String::new() } else { format!("   then {key}") }, Role::Hint);
            lines.push(words);
        }
        None => {
            lines.push(Words::of(format!("{} nothing is sent before you confirm", cx.glyph(Glyph::Bullet)), Role::Dim))
        }
    }
    lines.push(super::keys_line(keymap, layer, &commands));
    lines
}

fn field(cx: &Cx, title: &str, text: &str, hint: &str, focused: bool, width: usize) -> Words {
    let mut words = Words::of(format!("{title:<10}"), if focused { Role::Key } else { Role::Header });
    let room = width.saturating_sub(12);
    words.append(brush::tail(Words::of(text, Role::Text), room));
    if focused {
        words.push(cx.glyph(Glyph::Cursor), Role::Key);
    }
    if text.is_empty() {
        words.push(format!(" {hint}"), Role::Hint);
    }
    words
}
