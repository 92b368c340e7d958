//! The whole screen: header, tiles or detail, footer, and what lies over them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::keys::Keymap;

pub use super::layout::{Layout, Tile, layout};

use super::PANES;
use super::cx::Cx;
use super::detail;
use super::ui::Ui;

/// Brings every list that is shown in line with the model and the room there is. The one thing to do before [`draw`].
pub fn settle(cx: &Cx, ui: &mut Ui, area: Rect) {
    let layout = layout(cx, ui, area);
    for tile in &layout.tiles {
        ui.lists[tile.pane].settle(PANES[tile.pane], cx, tile.height);
    }
    if let Some(places) = &layout.detail {
        detail::settle(cx, ui, places);
    }
}

/// Draws everything. Nothing is drawn outside `area`.
pub fn draw(_cx: &Cx, _ui: &Ui, _keymap: &Keymap, _area: Rect, _buf: &mut Buffer) {}
