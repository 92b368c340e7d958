//! The layers of a keymap: where keys can be bound, and what has to stay possible in each.

use super::command::Command;

/// A place with keys of its own. Panes have one each too, under their names.
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    /// As in keymap files.
    pub name: &'static str,
    /// Whether a bare character is typed here, so that no command may take it.
    pub text: bool,
    /// Whether a command that is done from here may be an action: its confirming key starts it.
    pub starts_actions: bool,
    /// What must have a key, and the one that it gets back when a keymap took the last one away.
    pub needs: &'static [(Command, &'static str)],
}

/// Under every other layer, without being named: the program can always be left.
pub const ALWAYS: &str = "always";
/// Wherever no overlay is open.
pub const GLOBAL: &str = "global";
/// The dialog before an action.
pub const CONFIRM: &str = "confirm";
/// The dialog before a dangerous action, in which the object's name is typed.
pub const TYPE_NAME: &str = "type-name";
/// A line of text: the filter, a reason.
pub const INPUT: &str = "input";
/// All commands by name.
pub const PALETTE: &str = "palette";
/// A list to choose from.
pub const CHOOSE: &str = "choose";
/// The help.
pub const HELP: &str = "help";

const BACK: (Command, &str) = (Command::Back, "esc");
const ENTER: (Command, &str) = (Command::Confirm, "enter");

/// The table of layers.
pub static LAYERS: &[Layer] = &[
    // It lies under the layers in which text is typed, too.
    Layer { text: true, ..layer(ALWAYS, &[(Command::Quit, "ctrl-c")]) },
    layer(GLOBAL, &[BACK]),
    layer(CONFIRM, &[(Command::Confirm, "y"), BACK]),
    Layer { text: true, ..layer(TYPE_NAME, &[ENTER, BACK]) },
    Layer { text: true, ..layer(INPUT, &[ENTER, BACK]) },
    Layer { text: true, starts_actions: true, ..layer(PALETTE, &[ENTER, BACK]) },
    Layer { starts_actions: true, ..layer(CHOOSE, &[ENTER, BACK]) },
    layer(HELP, &[BACK]),
];

const fn layer(name: &'static str, needs: &'static [(Command, &'static str)]) -> Layer {
    Layer { name, text: false, starts_actions: false, needs }
}

/// The row of that name; panes have none.
pub fn named(name: &str) -> Option<&'static Layer> {
    LAYERS.iter().find(|layer| layer.name == name)
}
