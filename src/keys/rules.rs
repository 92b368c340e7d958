//! What no keymap may do, whoever wrote it: mix keys that act with keys that move, type or confirm, or lock the operator in.

use crate::yaml::Warnings;

use super::chord::Chord;
use super::command::Command;
use super::keymap::Binding;
use super::layer;
use super::line::{Line, bindings_of, stack};

/// Leaves out lines until no two of the keymap exclude each other and every layer has the keys that it needs. Of two that
/// exclude each other, the one of the later file goes; in one file, the one that acts. So the base never loses a line.
pub(super) fn drop_faults(lines: &mut Vec<Line>, warnings: &mut Warnings) {
    while let Some((at, message)) = conflict(lines).or_else(|| lock_in(lines)) {
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

/// A line that takes away the last key of something that its layer needs.
fn lock_in(lines: &[Line]) -> Option<(usize, String)> {
    let layers = stack(lines);
    let missing = needs().filter(|(layer, command, _)| !has(&layers, layer, *command));
    missing.into_iter().find_map(|(layer, command, key)| {
        let takes_away = |at: &usize| {
            let line = &lines[*at];
            let mut before = lines[..*at].iter().filter(|before| before.layer == layer && before.chord == line.chord);
            line.layer == layer && before.next_back().is_some_and(|before| before.command == Some(command))
        };
        let mut takers = (0..lines.len()).filter(takes_away).collect::<Vec<usize>>();
        takers.sort_by_key(|at| lines[*at].chord.to_string() == key);
        let at = takers.pop()?;
        let (chord, name) = (lines[at].chord, command.name());
        Some((at, format!("`{chord}` stays `{name}` in `{layer}`: there must be a key for that, and this is the last")))
    })
}

fn needs() -> impl Iterator<Item = (&'static str, Command, &'static str)> {
    layer::LAYERS.iter().flat_map(|layer| layer.needs.iter().map(|(command, key)| (layer.name, *command, *key)))
}

fn has(layers: &[(String, Vec<Binding>)], layer: &str, command: Command) -> bool {
    let of_layer = layers.iter().filter(|(name, _)| name == layer);
    of_layer.flat_map(|(_, bindings)| bindings).any(|binding| binding.command == command)
}

/// Binds what every layer needs where not even the base does, which happens only without one.
pub(super) fn add_needs(layers: &mut Vec<(String, Vec<Binding>)>) {
    for (layer, command, key) in needs() {
        if has(layers, layer, command) {
            continue;
        }
        let Ok(chord) = key.parse::<Chord>() else { continue };
        let bindings = bindings_of(layers, layer);
        bindings.retain(|binding| binding.chord != chord);
        bindings.push(Binding { chord, command });
    }
}
