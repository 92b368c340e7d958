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
    PageDown,
    PageUp,
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
    /// What is wrong with the configuration.
    Warnings,
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
    /// Ask again now about what is asked for in turns, not watched.
    Refresh,
    Redraw,
    Suspend,
    /// Export the timeline as Markdown.
    Export,
    /// In an overlay: do it.
    Confirm,
    /// In a line of text: to its start.
    LineStart,
    /// In a line of text: to its end.
    LineEnd,
    /// In a line of text: the character before the cursor.
    Erase,
    /// In a line of text: the character under the cursor.
    EraseForward,
    /// In a line of text: the word before the cursor.
    EraseWord,
    /// In a line of text: all before the cursor.
    EraseLine,
    /// A row of ACTIONS, by name.
    Act(&'static str),
}

/// Where a command stands in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    Move,
    Panes,
    View,
    Text,
    Program,
    /// The rows of ACTIONS: what changes a cluster.
    Actions,
}

impl Group {
    /// The heading in the help.
    pub fn title(self) -> &'static str {
        match self {
            Group::Move => "Move",
            Group::Panes => "Panes",
            Group::View => "Look",
            Group::Text => "Type",
            Group::Program => "Program",
            Group::Actions => "Act",
        }
    }
}

/// One command as keymaps, palette and help know it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// As in keymap files and the palette.
    pub name: &'static str,
    /// One line for the help.
    pub help: &'static str,
    pub group: Group,
    pub command: Command,
}

const fn row(name: &'static str, group: Group, command: Command, help: &'static str) -> Row {
    Row { name, help, group, command }
}

/// All commands but the actions, in the order of the help.
pub static COMMANDS: &[Row] = &[
    row("down", Group::Move, Command::Down, "one row down"),
    row("up", Group::Move, Command::Up, "one row up"),
    row("left", Group::Move, Command::Left, "left"),
    row("right", Group::Move, Command::Right, "right"),
    row("top", Group::Move, Command::Top, "to the first row"),
    row("bottom", Group::Move, Command::Bottom, "to the last row"),
    row("half-page-down", Group::Move, Command::HalfPageDown, "half a page down"),
    row("half-page-up", Group::Move, Command::HalfPageUp, "half a page up"),
    row("page-down", Group::Move, Command::PageDown, "a page down"),
    row("page-up", Group::Move, Command::PageUp, "a page up"),
    row("open", Group::Panes, Command::Open, "open the selected row or tile"),
    row("back", Group::Panes, Command::Back, "one level back"),
    row("next-pane", Group::Panes, Command::NextPane, "next pane"),
    row("previous-pane", Group::Panes, Command::PreviousPane, "previous pane"),
    row("pane-1", Group::Panes, Command::Pane(1), "first pane"),
    row("pane-2", Group::Panes, Command::Pane(2), "second pane"),
    row("pane-3", Group::Panes, Command::Pane(3), "third pane"),
    row("pane-4", Group::Panes, Command::Pane(4), "fourth pane"),
    row("pane-5", Group::Panes, Command::Pane(5), "fifth pane"),
    row("pane-6", Group::Panes, Command::Pane(6), "sixth pane"),
    row("pane-7", Group::Panes, Command::Pane(7), "seventh pane"),
    row("pane-8", Group::Panes, Command::Pane(8), "eighth pane"),
    row("pane-9", Group::Panes, Command::Pane(9), "ninth pane"),
    row("zoom", Group::Panes, Command::Zoom, "give the pane the whole screen, or back"),
    row("filter", Group::View, Command::Filter, "filter the rows"),
    row("sort", Group::View, Command::Sort, "sort by the next column"),
    row("sort-reverse", Group::View, Command::SortReverse, "turn the order round"),
    row("mark", Group::View, Command::Mark, "mark the row for a bulk action"),
    row("mark-all", Group::View, Command::MarkAll, "mark all rows that are shown, or none"),
    row("freeze", Group::View, Command::Freeze, "freeze the screen, or thaw it"),
    row("refresh", Group::View, Command::Refresh, "ask GitHub again now about what is shown"),
    row("copy", Group::View, Command::Copy, "copy the name, or what is selected"),
    row("export", Group::View, Command::Export, "export the timeline as Markdown"),
    row("confirm", Group::Text, Command::Confirm, "do what the dialog says"),
    row("line-start", Group::Text, Command::LineStart, "to the start of the line"),
    row("line-end", Group::Text, Command::LineEnd, "to the end of the line"),
    row("erase", Group::Text, Command::Erase, "erase the character before the cursor"),
    row("erase-forward", Group::Text, Command::EraseForward, "erase the character under the cursor"),
    row("erase-word", Group::Text, Command::EraseWord, "erase the word before the cursor"),
    row("erase-line", Group::Text, Command::EraseLine, "erase all before the cursor"),
    row("palette", Group::Program, Command::Palette, "all commands by name"),
    row("help", Group::Program, Command::Help, "the keys that work here"),
    row("warnings", Group::Program, Command::Warnings, "all that is wrong with the configuration"),
    row("redraw", Group::Program, Command::Redraw, "paint the whole screen anew"),
    row("suspend", Group::Program, Command::Suspend, "back to the shell until `fg`"),
    row("quit", Group::Program, Command::Quit, "quit"),
];

impl Command {
    /// The command of that name; `act abort` and `abort` are both the action. `actions` are the names in ACTIONS.
    pub fn named(name: &str, actions: &[&'static str]) -> Option<Command> {
        let name = name.trim();
        let action = |name: &str| actions.iter().find(|action| **action == name).map(|action| Command::Act(action));
        if let Some(name) = name.strip_prefix("act ") {
            return action(name.trim());
        }
        COMMANDS.iter().find(|row| row.name == name).map(|row| row.command).or_else(|| action(name))
    }

    /// Its row; actions have theirs in ACTIONS.
    pub fn row(self) -> Option<&'static Row> {
        COMMANDS.iter().find(|row| row.command == self)
    }

    /// As in keymap files and the palette.
    pub fn name(self) -> &'static str {
        match self {
            Command::Act(action) => action,
            other => other.row().map_or("", |row| row.name),
        }
    }

    /// One line for the help.
    pub fn help(self) -> &'static str {
        match self {
            Command::Act(name) => crate::actions::action(name).map_or("", |action| action.help),
            other => other.row().map_or("", |row| row.help),
        }
    }

    /// Where it stands in the help.
    pub fn group(self) -> Group {
        self.row().map_or(Group::Actions, |row| row.group)
    }

    /// Whether it would change a cluster.
    pub fn mutates(self) -> bool {
        matches!(self, Command::Act(_))
    }

    /// Whether it scrolls or edits text. No key does this in one place and changes a cluster in another.
    pub fn moves_or_edits(self) -> bool {
        let edits = self.group() == Group::Text && self != Command::Confirm;
        edits || self.group() == Group::Move
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_commands_are_there_once_with_a_help_line() {
        for (at, row) in COMMANDS.iter().enumerate() {
            assert!(!row.help.is_empty() && row.help.len() <= 48, "{}", row.name);
            let twice = COMMANDS[..at].iter().any(|other| other.name == row.name || other.command == row.command);
            assert!(!twice, "{} is there twice", row.name);
            assert_eq!(Command::named(row.name, &[]), Some(row.command));
            assert_eq!(row.command.name(), row.name);
        }
    }

    #[test]
    fn an_action_may_be_named_with_or_without_act() {
        let actions = ["abort"];
        assert_eq!(Command::named("act abort", &actions), Some(Command::Act("abort")));
        assert_eq!(Command::named("abort", &actions), Some(Command::Act("abort")));
        assert_eq!(Command::named("act quit", &actions), None);
        assert_eq!(Command::named("aborted", &actions), None);
    }

    #[test]
    fn no_action_hides_behind_the_name_of_a_command() {
        for action in crate::actions::ACTIONS {
            assert!(COMMANDS.iter().all(|row| row.name != action.name), "{}", action.name);
        }
    }
}
