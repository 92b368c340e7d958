//! What no keymap may do, whoever wrote it: mix keys that act with keys that move, type or confirm, or lock the operator in.

use crate::yaml::Warnings;

use super::chord::Chord;
use super::command::Command;
use super::keymap::Binding;
use super::layer;
use super::load::{Line, stack};

/// Leaves out lines until no two of the keymap exclude each other. Of such two, the one of the later file goes; in one
/// file, the one that acts.
pub(super) fn drop_conflicts(lines: &mut Vec<Line>, warnings: &mut Warnings) {
    while let Some((at, message)) = conflict(lines) {
        let line = lines.remove(at);
        warnings.push(&line.file, line.line, message);
    }
}

fn conflict(lines: &[Line]) -> Option<(usize, String)> {
    let layers = stack(lines);
    let all =
        || layers.iter().flat_map(|(name, bindings)| bindings.iter().map(move |binding| (name.as_str(), binding)));
    for (layer, acts) in all().filter(|(layer, binding)| starts(layer, binding.command)) {
        for (other, binding) in all().filter(|(_, binding)| binding.chord == acts.chord) {
            let Some(why) = excludes(acts.command, other, binding.command) else { continue };
            let (one, two) = (position(lines, layer, acts)?, position(lines, other, binding)?);
            let at = if lines[two].depth > lines[one].depth { two } else { one };
            let (chord, names) = (acts.chord, (acts.command.name(), binding.command.name()));
            let message = format!("`{chord}` is `{}` in `{layer}` and `{}` in `{other}`: {why}", names.0, names.1);
            return Some((at, message));
        }
    }
    None
}

/// Whether a key starts an action: by itself, or by choosing one from a list.
fn starts(layer: &str, command: Command) -> bool {
    let chooses = || layer::named(layer).is_some_and(|layer| layer.starts_actions) && command == Command::Confirm;
    command.mutates() || chooses()
}

/// Why a key cannot start an action in one place and give `command` in `layer`.
fn excludes(starts: Command, layer: &str, command: Command) -> Option<&'static str> {
    if [layer::CONFIRM, layer::ALWAYS].contains(&layer) && command == Command::Confirm {
        return Some("a key that confirms cannot be one that starts an action");
    }
    if starts.mutates() && command.moves_or_edits() {
        return Some("a key that changes a cluster cannot be one that scrolls or edits text");
    }
    None
}

/// The line that a binding comes from: the last one that sets the chord there.
fn position(lines: &[Line], layer: &str, binding: &Binding) -> Option<usize> {
    lines.iter().rposition(|line| line.layer == layer && line.chord == binding.chord)
}

/// Gives back the last key of what every layer needs.
pub(super) fn restore_needs(layers: &mut Vec<(String, Vec<Binding>)>, file: &str, warnings: &mut Warnings) {
    for layer in layer::LAYERS {
        for (command, key) in layer.needs {
            let at = layers.iter().position(|(name, _)| name == layer.name);
            if at.is_some_and(|at| layers[at].1.iter().any(|binding| binding.command == *command)) {
                continue;
            }
            let Ok(chord) = key.parse::<Chord>() else { continue };
            let name = command.name();
            warnings.push(file, 0, format!("layer `{}` leaves no key for `{name}`: `{key}` stays", layer.name));
            let at = at.unwrap_or_else(|| {
                layers.push((layer.name.to_owned(), Vec::new()));
                layers.len() - 1
            });
            layers[at].1.retain(|binding| binding.chord != chord);
            if layer.name == layer::CONFIRM {
                // The rule above holds for the key that is put back as well.
                for (name, bindings) in layers.iter_mut() {
                    bindings.retain(|binding| binding.chord != chord || !starts(name, binding.command));
                }
            }
            layers[at].1.push(Binding { chord, command: *command });
        }
    }
}
