//! The whole screen: header, tiles or detail, footer, and what lies over them.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::keys::Keymap;
use crate::release::topic::Topic;
use crate::theme::Role;

pub use super::layout::{Layout, Tile, layout};

use super::cx::Cx;
use super::ui::Ui;
use super::{PANES, detail, footer, header, overlay, tile};

/// Brings every list that is shown in line with the model and the room there is. The one thing to do before [`draw`].
pub fn settle(cx: &Cx, ui: &mut Ui, area: Rect) {
    let frozen = ui.frozen.as_ref().map(|(at, _)| cx.at(*at));
    let cx = frozen.as_ref().unwrap_or(cx);
    let mut layout = layout(cx, ui, area);
    for tile in &layout.tiles {
        ui.lists[tile.pane].settle(PANES[tile.pane], cx, tile.height);
    }
    // Heights follow what there is to list: with other rows the tiles may have other heights than the lists were told.
    let settled = self::layout(cx, ui, area);
    if settled != layout {
        layout = settled;
        for tile in &layout.tiles {
            ui.lists[tile.pane].fit(tile.height);
        }
    }
    if let Some(places) = &layout.detail {
        detail::settle(cx, ui, places);
    }
    overlay::settle(cx, ui, area);
}

/// What of the repository is on the screen.
pub fn topics(cx: &Cx, ui: &Ui, area: Rect) -> BTreeSet<Topic> {
    layout(cx, ui, area).tiles.iter().flat_map(|tile| PANES[tile.pane].topics()).copied().collect()
}

/// Draws everything that fits. Nothing is drawn outside `area`.
pub fn draw(cx: &Cx, ui: &Ui, keymap: &Keymap, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    // A frozen screen shows the time at which it was frozen: it neither counts down nor turns stale.
    let frozen = ui.frozen.as_ref().map(|(at, _)| cx.at(*at));
    let cx = frozen.as_ref().unwrap_or(cx);
    buf.set_style(area, cx.style(Role::Text));
    let layout = layout(cx, ui, area);
    header::draw(cx, ui, layout.header, buf);
    header::tabs(cx, ui, keymap, &layout, buf);
    for tile in &layout.tiles {
        tile::draw(cx, ui, keymap, tile, buf);
    }
    if let Some(places) = &layout.detail {
        detail::draw(cx, ui, places, buf);
    }
    footer::draw(cx, ui, keymap, layout.footer, buf);
    overlay::draw(cx, ui, keymap, area, buf);
}
