//! The keymap: which command a press means in the layers that are open, and which keys give a command there.

use crossterm::event::{KeyEvent, KeyEventKind};

use super::chord::Chord;
use super::command::{COMMANDS, Command, Group};
use super::layer;

/// Chords and their commands, layer by layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    layers: Vec<(String, Vec<Binding>)>,
}

/// One chord with its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    pub chord: Chord,
    pub command: Command,
}

/// A line of the help: a command and the keys that give it here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpLine {
    pub group: Group,
    pub keys: Vec<String>,
    pub command: Command,
}

impl Keymap {
    pub(super) fn new(layers: Vec<(String, Vec<Binding>)>) -> Keymap {
        Keymap { layers }
    }

    /// What a press means, the first of `layers` first; `always` is under them. `None`: nothing, or text.
    ///
    /// A held key repeats what scrolls, but neither confirms nor acts. Releases mean nothing.
    pub fn resolve(&self, layers: &[&str], event: KeyEvent) -> Option<Command> {
        let command = self.command(layers, Chord::of(event)?)?;
        match event.kind {
            KeyEventKind::Press => Some(command),
            KeyEventKind::Repeat if command == Command::Confirm || command.mutates() => None,
            KeyEventKind::Repeat => Some(command),
            KeyEventKind::Release => None,
        }
    }

    /// What a chord means in those layers.
    pub fn command(&self, layers: &[&str], chord: Chord) -> Option<Command> {
        stack(layers)
            .find_map(|layer| self.layer(layer).iter().find(|binding| binding.chord == chord))
            .map(|b| b.command)
    }

    /// The actions that a press starts somewhere, though perhaps not here.
    pub fn actions_of(&self, event: KeyEvent) -> Vec<&'static str> {
        let Some(chord) = Chord::of(event).filter(|_| event.kind == KeyEventKind::Press) else { return Vec::new() };
        let mut names = Vec::new();
        for binding in self.layers.iter().flat_map(|(_, bindings)| bindings).filter(|binding| binding.chord == chord) {
            if let Command::Act(name) = binding.command
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        names
    }

    /// The keys that give a command in those layers, the one to show in a hint first. A key that a layer above takes
    /// for something else is not among them.
    pub fn keys_for(&self, layers: &[&str], command: Command) -> Vec<String> {
        let mut chords: Vec<Chord> = Vec::new();
        for binding in stack(layers).flat_map(|layer| self.layer(layer)) {
            let works = binding.command == command && self.command(layers, binding.chord) == Some(command);
            if works && !chords.contains(&binding.chord) {
                chords.push(binding.chord);
            }
        }
        chords.iter().map(Chord::to_string).collect()
    }

    /// The key to show in a hint.
    pub fn hint(&self, layers: &[&str], command: Command) -> Option<String> {
        self.keys_for(layers, command).into_iter().next()
    }

    /// All that has a key in those layers, in the order of COMMANDS, then the actions in their given order.
    pub fn help(&self, layers: &[&str], actions: &[&'static str]) -> Vec<HelpLine> {
        let commands = COMMANDS.iter().map(|row| row.command);
        let actions = actions.iter().map(|name| Command::Act(name));
        let lines = commands.chain(actions).map(|command| HelpLine {
            group: command.group(),
            keys: self.keys_for(layers, command),
            command,
        });
        lines.filter(|line| !line.keys.is_empty()).collect()
    }

    /// The names of all layers that bind something.
    pub fn layers(&self) -> impl Iterator<Item = &str> {
        self.layers.iter().map(|(name, _)| name.as_str())
    }

    /// What one layer binds, in the order of the files, the user's first.
    pub fn layer(&self, name: &str) -> &[Binding] {
        self.layers.iter().find(|(layer, _)| layer == name).map_or(&[], |(_, bindings)| bindings)
    }
}

fn stack<'a>(layers: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    layers.iter().copied().chain([layer::ALWAYS])
}
