//! The first line: which product, which clusters and whether they may be changed, and how sure all of it is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::keys::Keymap;
use crate::release::controller::{self, Controller};
use crate::release::text::counted;
use crate::theme::{Glyph, Role};

use super::brush::{self, Words};
use super::cx::Cx;
use super::layout::Layout;
use super::ui::{Context, Ui};
use super::{PANES, freshness, tile};

/// Draws the header. Where it is narrow the reason goes first, then the product's name; never what marks production.
pub fn draw(cx: &Cx, ui: &Ui, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let width = usize::from(area.width);
    let fits = |left: &Words, right: &Words| left.width() + right.width() + 2 <= width;
    let mut left = left_part(cx, ui, true);
    let mut right = right_part(cx, ui, true, true);
    if !fits(&left, &right) {
        // A reason may be cut, but not the words before it.
        let short = right_part(cx, ui, false, true);
        if fits(&left, &short) && short.width() + 16 < width - left.width() {
            let room = (width - left.width() - 2) as u16;
            let x = area.right() - room;
            brush::line(cx, &right, None, Rect { x, width: room, ..area }, buf);
            brush::line(cx, &left, None, area, buf);
            return;
        }
        right = short;
    }
    if !fits(&left, &right) {
        left = left_part(cx, ui, false);
    }
    if !fits(&left, &right) {
        // The panes that rest on GitHub say it too.
        right = right_part(cx, ui, false, false);
    }
    let x = brush::right(cx, &right, area, buf);
    brush::line(cx, &left, None, Rect { width: (x - area.x).saturating_sub(1), ..area }, buf);
}

fn left_part(cx: &Cx, ui: &Ui, wide: bool) -> Words {
    let mut words = Words::new();
    let pad = if wide { " " } else { "" };
    if wide {
        words.push(" Flightdeck ", Role::Title);
        if !ui.world.is_empty() {
            words.push(format!("{} ", ui.world), Role::Attention);
        }
    }
    // The protected ones first: they are not the ones to be cut off.
    let (protected, others): (Vec<&Context>, Vec<&Context>) = ui.contexts.iter().partition(|context| context.protected);
    for context in protected.into_iter().chain(others) {
        words.append(context_words(cx, context, pad));
        words.push(" ", Role::Text);
        words.append(controller_words(cx, &context.name));
    }
    if ui.contexts.is_empty() {
        return words.and("no context", Role::Unknown);
    }
    match (&ui.read_only, ui.write_until) {
        (Some(why), _) => words.push(format!("{pad}{} {why}{pad}", cx.glyph(Glyph::ReadOnly)), Role::ReadOnly),
        (None, Some(until)) => {
            cx.wake_at(until);
            words.push(format!("WRITE until {}", until.strftime("%H:%M UTC")), Role::Danger);
        }
        // The API server has said no so far: nothing is open.
        (None, None) if ui.is_viewer => (),
        (None, None) => words.push("WRITE", Role::Attention),
    }
    words
}

/// A context in its colour; a protected one with the word for it.
pub fn context_words(cx: &Cx, context: &Context, pad: &str) -> Words {
    let badge = context.colour.as_deref().and_then(|colour| cx.theme.badge(colour));
    let mut words = Words::new();
    if context.protected {
        let sign = cx.glyph(Glyph::Protected);
        words.push_badge(format!("{pad}{sign} {} PROTECTED{pad}", context.label), Role::Protected, badge);
    } else {
        words.push_badge(format!("{pad}{}{pad}", context.label), Role::Title, badge);
    }
    words
}

/// Whether anybody acts on what is written there; nothing while somebody does, or where nobody is missed.
fn controller_words(cx: &Cx, context: &str) -> Words {
    if let Some(at) = controller::next_change(cx.model, cx.now) {
        cx.wake_at(at);
    }
    if !controller::is_wanted(cx.model, context) {
        return Words::new();
    }
    let sign = cx.glyph(Glyph::Attention);
    match controller::controller(cx.model, context, cx.now) {
        Controller::Silent(_, since) => {
            Words::of(format!("{sign} controller silent {} ", cx.elapsed(since)), Role::Attention)
        }
        Controller::Vacant(_) => Words::of(format!("{sign} controller silent "), Role::Attention),
        Controller::NoLease => Words::of(format!("{} no controller lease ", cx.glyph(Glyph::Unknown)), Role::Unknown),
        // That it cannot be seen, the freshness says.
        Controller::AtWork(_) | Controller::Unseen => Words::new(),
    }
}

fn right_part(cx: &Cx, ui: &Ui, long: bool, with_github: bool) -> Words {
    let mut words = Words::new();
    if let Some(fault) = &ui.fault {
        words.push(format!("{} fault: {fault}", cx.glyph(Glyph::Attention)), Role::Attention);
        words.push("  ", Role::Text);
    }
    match ui.at_work.iter().filter(|work| work.is_open).count() {
        0 => (),
        open => {
            let writes = counted(open, "write", "writes");
            words.push(format!("{} {writes} at work  ", cx.glyph(Glyph::Progressing)), Role::Progressing);
        }
    }
    match &ui.frozen {
        Some((at, _)) => {
            let since = at.strftime("%H:%M:%S UTC");
            words.push(format!("{} FROZEN since {since}", cx.glyph(Glyph::Paused)), Role::Attention);
        }
        None => {
            words.append(freshness::overall(cx, long));
            let github = freshness::github_is_away(cx);
            if with_github && !github.is_empty() {
                words.push("  ", Role::Text);
                words.append(github);
            }
        }
    }
    words.and(" ", Role::Text)
}

/// Draws the names of all panes, where some are not on the screen.
pub fn tabs(cx: &Cx, ui: &Ui, keymap: &Keymap, layout: &Layout, buf: &mut Buffer) {
    if layout.tabs.is_empty() {
        return;
    }
    let wide = tab_words(cx, ui, keymap, layout, " ");
    let words = match wide.width() > usize::from(layout.tabs.width) {
        true => tab_words(cx, ui, keymap, layout, ""),
        false => wide,
    };
    brush::line(cx, &words, None, layout.tabs, buf);
}

fn tab_words(cx: &Cx, ui: &Ui, keymap: &Keymap, layout: &Layout, gap: &str) -> Words {
    let mut words = Words::new();
    for pane in 0..PANES.len() {
        words.append(tile::name(cx, ui, keymap, pane));
        let is_shown = layout.tiles.iter().any(|tile| tile.pane == pane);
        // On the screen, its own title tells.
        if let Some(filter) = ui.lists.get(pane).and_then(|list| list.filter.as_ref()).filter(|_| !is_shown) {
            words.push(format!(" /{}", filter.text), Role::Filter);
        }
        words.push(gap, Role::Text);
    }
    words
}
