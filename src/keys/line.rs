//! The lines of keymap files, laid over each other.

use super::chord::Chord;
use super::command::Command;
use super::keymap::Binding;

/// One line of a keymap file: in `layer`, `chord` is `command`, or nothing any more.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub file: String,
    pub line: usize,
    /// How many files stand under this one: what comes later gives way where two lines exclude each other.
    pub depth: usize,
    pub layer: String,
    pub chord: Chord,
    pub command: Option<Command>,
}

/// Lays each file over those before it: a chord counts once in a layer, and the later file's keys are shown first.
pub(super) fn stack(lines: &[Line]) -> Vec<(String, Vec<Binding>)> {
    let mut layers: Vec<(String, Vec<Binding>)> = Vec::new();
    for under_same_file in lines.chunk_by(|a, b| a.depth == b.depth && a.layer == b.layer) {
        let Some(first) = under_same_file.first() else { continue };
        let bindings = bindings_of(&mut layers, &first.layer);
        let old = std::mem::take(bindings);
        let kept = old.into_iter().filter(|binding| under_same_file.iter().all(|line| line.chord != binding.chord));
        let new = under_same_file.iter().filter_map(|line| Some(Binding { chord: line.chord, command: line.command? }));
        *bindings = new.chain(kept).collect();
    }
    layers
}

/// What a layer binds, to be changed; a new layer is added.
pub(super) fn bindings_of<'a>(layers: &'a mut Vec<(String, Vec<Binding>)>, name: &str) -> &'a mut Vec<Binding> {
    let at = layers.iter().position(|(layer, _)| layer == name).unwrap_or_else(|| {
        layers.push((name.to_owned(), Vec::new()));
        layers.len() - 1
    });
    &mut layers[at].1
}
