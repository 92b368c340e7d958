//! What lies over the panes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::keys::Keymap;

use super::cx::Cx;
use super::ui::Ui;

/// Draws the overlay that is open.
pub fn draw(_cx: &Cx, _ui: &Ui, _keymap: &Keymap, _area: Rect, _buf: &mut Buffer) {}
