//! From keymap files to a keymap. Every fault is a warning, its line is left out, and the rest counts.

use crate::actions::ACTIONS;
use crate::yaml::{Library, Node, Part, Value, Warning, Warnings};

use super::chord::Chord;
use super::command::Command;
use super::keymap::Keymap;
use super::line::{Line, stack};
use super::{layer, rules};

/// The keymaps that the program brings along. Every other one stands on the first.
pub static EMBEDDED: &[(&str, &str)] = &[
    ("default", include_str!("../../keymaps/default.yaml")),
    ("vim", include_str!("../../keymaps/vim.yaml")),
    ("k9s", include_str!("../../keymaps/k9s.yaml")),
];

/// The names that a keymap file may use, of things that this module cannot know.
#[derive(Clone, Copy, Debug, Default)]
pub struct Names<'a> {
    /// Rows of PANES: each may have a layer.
    pub panes: &'a [&'a str],
    /// Rows of ACTIONS.
    pub actions: &'a [&'static str],
}

impl Keymap {
    /// The keymap of that name with all that it inherits.
    pub fn load(library: &Library, name: &str, names: &Names<'_>) -> (Keymap, Vec<Warning>) {
        let mut warnings = Warnings::default();
        let parts = library.chain(name, &mut warnings);
        let keymap = Keymap::from_layers(parts, names, &mut warnings);
        (keymap, warnings.0)
    }

    /// The keymap that those files make, the base first.
    pub fn from_layers(parts: Vec<Part>, names: &Names<'_>, warnings: &mut Warnings) -> Keymap {
        let mut lines = Vec::new();
        for (depth, part) in parts.into_iter().enumerate() {
            read_part(part, depth, names, &mut lines, warnings);
        }
        rules::drop_faults(&mut lines, warnings);
        let mut layers = stack(&lines);
        rules::add_needs(&mut layers);
        Keymap::new(layers)
    }

    /// The library of keymaps, with the user's directory of them if there is one.
    pub fn library(dir: Option<std::path::PathBuf>) -> Library {
        Library { what: "keymap", embedded: EMBEDDED, dir }
    }
}

/// The embedded default keymap.
impl Default for Keymap {
    fn default() -> Keymap {
        let actions: Vec<&'static str> = ACTIONS.iter().map(|action| action.name).collect();
        Keymap::load(&Keymap::library(None), EMBEDDED[0].0, &Names { panes: &[], actions: &actions }).0
    }
}

fn read_part(part: Part, depth: usize, names: &Names<'_>, lines: &mut Vec<Line>, warnings: &mut Warnings) {
    let Part { file, entries } = part;
    for entry in entries {
        if layer::named(&entry.key).is_none() && !names.panes.contains(&entry.key.as_str()) {
            let known: Vec<&str> =
                layer::LAYERS.iter().map(|layer| layer.name).chain(names.panes.iter().copied()).collect();
            let message = format!("there is no layer `{}`; known: {}", entry.key, known.join(", "));
            warnings.push(&file, entry.line, message);
            continue;
        }
        let first = lines.len();
        let what = format!("layer `{}`", entry.key);
        for binding in entry.node.entries(&file, &what, warnings) {
            let read = read_line(&entry.key, &binding.key, &binding.node, names);
            match read {
                Err(message) => warnings.push(&file, binding.line, message),
                Ok((chord, _)) if lines[first..].iter().any(|line| line.chord == chord) => {
                    warnings.push(&file, binding.line, format!("`{chord}` is bound twice here; the first counts"));
                }
                Ok((chord, command)) => {
                    let (file, layer) = (file.clone(), entry.key.clone());
                    lines.push(Line { file, line: binding.line, depth, layer, chord, command });
                }
            }
        }
    }
}

fn read_line(layer: &str, key: &str, node: &Node, names: &Names<'_>) -> Result<(Chord, Option<Command>), String> {
    let chord: Chord = key.parse().map_err(|error: super::chord::NoChord| error.to_string())?;
    let command = match &node.value {
        Value::Null => None,
        Value::Text(name) => {
            Some(Command::named(name, names.actions).ok_or_else(|| format!("there is no command `{name}`"))?)
        }
        other => return Err(format!("`{key}` must be the name of a command, or null, got {}", other.kind())),
    };
    if layer::named(layer).is_some_and(|layer| layer.text) && command.is_some() && chord.types().is_some() {
        return Err(format!("`{chord}` is typed as text in layer `{layer}` and cannot be a command there"));
    }
    Ok((chord, command))
}
