//! The revision to go back to: all that are still there, with image, age and role.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::keys::{Command, Keymap, layer};
use crate::release::availability;
use crate::release::replicas::ReplicaSet;
use crate::release::rollout::Rollout;
use crate::theme::{Glyph, Role};

use super::super::brush::{self, Words};
use super::super::cx::Cx;
use super::super::detail::tag_role;
use super::super::layout::split_top;
use super::super::rollouts::short_images;
use super::super::tile;
use super::super::ui::Revisions;

/// Draws the choice.
pub fn draw(cx: &Cx, choice: &Revisions, keymap: &Keymap, area: Rect, buf: &mut Buffer) {
    let rollout = cx.model.rollouts.get(&choice.rollout.uid);
    let sets = rollout.map(|rollout| cx.model.replica_sets_of(rollout)).unwrap_or_default();
    let width = area.width.saturating_sub(if area.width > 60 { 6 } else { 0 }).clamp(1, 90);
    let place = brush::centred(area, width, (sets.len() as u16).saturating_add(5).clamp(6, 20));
    let title =
        Words::of("undo ", Role::Danger).and(format!("{} to which revision?", choice.rollout.path()), Role::Title);
    let inner = brush::frame(cx, &title, Role::BorderFocused, place, buf);
    let (list, foot) = split_top(inner, inner.height.saturating_sub(u16::from(inner.height > 3) * 2));
    let Some(rollout) = rollout else {
        brush::text(cx, "this Rollout is gone", Role::Unknown, list, buf);
        return;
    };
    if sets.is_empty() {
        brush::text(cx, "loading its ReplicaSets", Role::Unknown, list, buf);
    }
    let selected = choice.index(&sets);
    let shown = super::window(selected.unwrap_or(0), sets.len(), usize::from(list.height));
    for ((index, set), row) in sets.iter().enumerate().skip(shown.start).zip(list.rows()) {
        line(cx, rollout, set, Some(index) == selected, row, buf);
    }
    let (first, second) = split_top(foot, 1);
    let revision = selected.and_then(|index| sets.get(index)?.revision);
    if let Some(Err(why)) = revision.map(|revision| availability::undo_to(cx.model, rollout, revision)) {
        let words = Words::of(format!("{} not to this one: {why}", cx.glyph(Glyph::ReadOnly)), Role::Attention);
        brush::line(cx, &words, None, first, buf);
    }
    let commands = [(Command::Confirm, "show what would change"), (Command::Back, "back")];
    brush::line(cx, &super::keys_line(keymap, layer::CHOOSE, &commands), None, second, buf);
}

fn line(cx: &Cx, rollout: &Rollout, set: &ReplicaSet, selected: bool, area: Rect, buf: &mut Buffer) {
    let base = selected.then(|| cx.style(Role::Selection));
    if let Some(base) = base {
        buf.set_style(area, base);
    }
    tile::gutter(cx, selected, false, area, buf);
    let number = set.revision.map_or("?".to_owned(), |revision| revision.to_string());
    let mut words = Words::of(format!("{number:>4}  "), Role::Title).and(short_images(&set.images), Role::Text);
    if set.revision.is_some() && set.revision == rollout.revision {
        words.push("  current", Role::Progressing);
    }
    for role in set.pod_hash.as_deref().map(|hash| rollout.roles(hash)).unwrap_or_default() {
        words.push(format!("  {}", role.word()), tag_role(role.word()));
    }
    words.push(format!("  {}/{} available  {}", set.available, set.desired, cx.age(set.created)), Role::Dim);
    brush::line(cx, &words, base, tile::inset(area, tile::GUTTER), buf);
}
