//! From the model to cells: one file per pane, one row each in PANES.
