//! Every command that a key or the palette can give. Keymaps, palette and help walk [`COMMANDS`].

/// What the operator wants, independent of the key that says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    Quit,
    /// One level back: closes the overlay, leaves the detail; never quits.
    Back,
    /// Into the selected row or tile.
    Open,
    Down,
    Up,
    Top,
    Bottom,
    HalfPageDown,
    HalfPageUp,
    Left,
    Right,
    NextPane,
    PreviousPane,
    /// The n-th pane of PANES, from 1.
    Pane(u8),
    Filter,
    Palette,
    Help,
    /// Sort by the next column.
    Sort,
    SortReverse,
    Mark,
    MarkAll,
    /// Freeze or thaw the screen.
    Freeze,
    /// Give the focused tile the whole screen, or back.
    Zoom,
    Copy,
    Redraw,
    Suspend,
    /// Export the timeline as Markdown.
    Export,
    /// In an overlay: do it.
    Confirm,
    /// A row of ACTIONS, by name.
    Act(&'static str),
}
