//! From a key press to a command: chords, layered keymaps, and the hints and help that follow from them.

pub mod command;
