//! From a key press to a command: chords, layered keymaps, and the hints and help that follow from them.

pub mod chord;
pub mod command;
pub mod keymap;
pub mod layer;
mod line;
mod load;
mod rules;
#[cfg(test)]
mod tests;

pub use chord::Chord;
pub use command::{COMMANDS, Command, Group};
pub use keymap::{Binding, HelpLine, Keymap};
pub use load::{EMBEDDED, Names};
