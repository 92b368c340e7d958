//! Keymaps as a person meets them: files in, commands, hints and warnings out.

use std::fs;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use proptest::prelude::*;

use crate::yaml::Warnings;

use super::*;

const ACTIONS: &[&str] = &[
    "promote",
    "promote-full",
    "skip-step",
    "abort",
    "retry",
    "pause",
    "resume",
    "undo",
    "restart",
    "terminate",
    "teardown",
    "kill",
    "restore",
    "run-now",
    "disable-workflow",
    "enable-workflow",
    "remove-step",
    "set-limit",
];
const NAMES: Names<'_> = Names { panes: PANES, actions: ACTIONS };
const PANES: &[&str] = &["now", "rollouts", "previews", "drift", "cost", "flags", "smoke"];
const HOME: &[&str] = &["rollouts", "global"];

/// The keymap that a user's file of that text makes, and the warnings without the directory.
fn load(text: &str) -> (Keymap, Vec<String>) {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("mine.yaml"), text).expect("written");
    let (keymap, warnings) = Keymap::load(&Keymap::library(Some(dir.path().to_owned())), "mine", &NAMES);
    let prefix = format!("{}/", dir.path().display());
    (keymap, warnings.iter().map(|warning| warning.to_string().replace(&prefix, "")).collect())
}

fn built_in(name: &str) -> Keymap {
    let (keymap, warnings) = Keymap::load(&Keymap::library(None), name, &NAMES);
    assert_eq!(warnings, [], "{name}");
    keymap
}

fn press(keymap: &Keymap, layers: &[&str], key: &str) -> Option<Command> {
    keymap.command(layers, key.parse().expect("a chord"))
}

fn all(keymap: &Keymap) -> Vec<(String, Binding)> {
    let layers: Vec<String> = keymap.layers().map(str::to_owned).collect();
    let bindings =
        |layer: &String| keymap.layer(layer).iter().map(|binding| (layer.clone(), *binding)).collect::<Vec<_>>();
    layers.iter().flat_map(bindings).collect()
}

#[test]
fn every_command_and_action_has_a_key_in_the_default_keymap() {
    let keymap = built_in("default");
    let commands = COMMANDS.iter().map(|row| row.command).chain(ACTIONS.iter().map(|name| Command::Act(name)));
    for command in commands {
        assert!(all(&keymap).iter().any(|(_, binding)| binding.command == command), "{command:?}");
    }
    for name in ACTIONS.iter().take(10) {
        assert_eq!(keymap.keys_for(HOME, Command::Act(name)).len(), 1, "{name}");
    }
}

#[test]
fn every_row_of_actions_has_a_key() {
    let actions: Vec<&'static str> = crate::actions::ACTIONS.iter().map(|action| action.name).collect();
    for (name, _) in EMBEDDED {
        let (keymap, warnings) = Keymap::load(&Keymap::library(None), name, &Names { panes: PANES, actions: &actions });
        assert_eq!(warnings, [], "{name}");
        let has_key = |action: &&'static str| {
            PANES.iter().any(|pane| keymap.hint(&[pane, "global"], Command::Act(action)).is_some())
        };
        assert!(actions.iter().all(has_key), "{name}");
    }
}

/// What fingers do without thinking: less, vim, readline, k9s and every list. None of these may change a cluster.
const HABITS: &[&str] = &[
    "j",
    "k",
    "g",
    "G",
    "h",
    "l",
    "space",
    "enter",
    "esc",
    "tab",
    "shift-tab",
    "up",
    "down",
    "left",
    "right",
    "home",
    "end",
    "pgup",
    "pgdn",
    "backspace",
    "delete",
    "n",
    "N",
    "/",
    "ctrl-a",
    "ctrl-b",
    "ctrl-c",
    "ctrl-d",
    "ctrl-e",
    "ctrl-f",
    "ctrl-h",
    "ctrl-k",
    "ctrl-l",
    "ctrl-n",
    "ctrl-p",
    "ctrl-t",
    "ctrl-u",
    "ctrl-w",
    "ctrl-y",
    "ctrl-z",
    "alt-b",
    "alt-d",
    "alt-f",
];

#[test]
fn no_mutating_key_scrolls_or_edits_text() {
    for (name, _) in EMBEDDED {
        let bindings = all(&built_in(name));
        for (layer, acts) in bindings.iter().filter(|(_, binding)| binding.command.mutates()) {
            let key = acts.chord.to_string();
            assert!(!HABITS.contains(&key.as_str()), "{name}: {layer}: {key} is a habit");
            for (other, binding) in &bindings {
                let moves = binding.command.moves_or_edits();
                assert!(!(moves && binding.chord == acts.chord), "{name}: {key} moves in {other}");
                let capital = binding.chord.to_string().to_uppercase();
                let caps_lock = capital.chars().count() == 1 && capital == key && key.to_lowercase() != key;
                assert!(!(moves && caps_lock), "{name}: with caps lock, {} in {other} is {key}", binding.chord);
            }
        }
    }
}

#[test]
fn no_key_that_confirms_is_one_that_starts_an_action() {
    for (name, _) in EMBEDDED {
        let keymap = built_in(name);
        let confirms: Vec<Chord> =
            keymap.layer(layer::CONFIRM).iter().filter(|b| b.command == Command::Confirm).map(|b| b.chord).collect();
        assert!(!confirms.is_empty());
        for (layer, binding) in all(&keymap) {
            let from_a_list =
                [layer::PALETTE, layer::CHOOSE].contains(&layer.as_str()) && binding.command == Command::Confirm;
            assert!(
                !((binding.command.mutates() || from_a_list) && confirms.contains(&binding.chord)),
                "{name}: {binding:?}"
            );
        }
        assert_eq!(press(&keymap, &[layer::CONFIRM], "n"), Some(Command::Back));
        assert_eq!(press(&keymap, &[layer::CONFIRM], "esc"), Some(Command::Back));
    }
}

#[test]
fn layers_are_asked_from_the_top_and_always_is_under_them() {
    let (keymap, warnings) = load("rollouts: { j: sort, o: act promote }\nglobal: { o: open }");
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(press(&keymap, HOME, "j"), Some(Command::Sort));
    assert_eq!(press(&keymap, &["now", "global"], "j"), Some(Command::Down));
    assert_eq!(press(&keymap, HOME, "o"), Some(Command::Act("promote")));
    assert_eq!(press(&keymap, HOME, "ctrl-c"), Some(Command::Quit));
    assert_eq!(press(&keymap, &[layer::INPUT], "ctrl-c"), Some(Command::Back));
    assert_eq!(press(&keymap, &[layer::INPUT], "q"), None);
    assert_eq!(keymap.keys_for(HOME, Command::Down), ["down"]);
    assert_eq!(keymap.keys_for(HOME, Command::Act("promote")), ["o", "P"]);
}

#[test]
fn a_held_key_scrolls_but_neither_acts_nor_confirms() {
    let keymap = built_in("default");
    let event = |typed, kind| KeyEvent::new_with_kind(KeyCode::Char(typed), KeyModifiers::NONE, kind);
    assert_eq!(keymap.resolve(HOME, event('j', KeyEventKind::Repeat)), Some(Command::Down));
    assert_eq!(keymap.resolve(HOME, event('j', KeyEventKind::Release)), None);
    assert_eq!(keymap.resolve(HOME, event('A', KeyEventKind::Press)), Some(Command::Act("abort")));
    assert_eq!(keymap.resolve(HOME, event('A', KeyEventKind::Repeat)), None);
    assert_eq!(keymap.resolve(&[layer::CONFIRM], event('y', KeyEventKind::Repeat)), None);
}

#[test]
fn every_key_can_be_moved_or_taken_away() {
    let (keymap, warnings) = load("inherits: default\nglobal:\n  x: abort\n  A:\n  f1: help\n  '?': null\n");
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(keymap.keys_for(HOME, Command::Act("abort")), ["x"]);
    assert_eq!(keymap.hint(HOME, Command::Help).as_deref(), Some("f1"));
    assert_eq!(press(&keymap, HOME, "A"), None);
    assert_eq!(press(&keymap, HOME, "P"), Some(Command::Act("promote")));
}

#[test]
fn faults_have_their_line_and_the_rest_loads() {
    let text = "global:\n  x: abrot\n  ctrl-: quit\n  b: [down]\n  d: open\n  d: down\n  shift-e: copy\n  E: copy\n\
                nowhere: {}\nhelp: 3\npalette:\n  q: back\ninherits: 7\n";
    let (keymap, warnings) = load(text);
    let starts = [
        "mine.yaml:13: `inherits` must be the name of a keymap, got a number",
        "mine.yaml:6: `d` is set twice; line 5 counts",
        "mine.yaml:2: there is no command `abrot`",
        "mine.yaml:3: `ctrl-` is no key",
        "mine.yaml:4: `b` must be the name of a command, or null, got a list",
        "mine.yaml:8: `E` is bound twice here",
        "mine.yaml:9: there is no layer `nowhere`; known: always, global",
        "mine.yaml:10: layer `help` must be a mapping, got a number",
        "mine.yaml:12: `q` is typed as text in layer `palette`",
    ];
    assert_eq!(warnings.len(), starts.len(), "{warnings:#?}");
    for start in starts {
        assert!(warnings.iter().any(|warning| warning.starts_with(start)), "{start}\n{warnings:#?}");
    }
    assert_eq!(press(&keymap, HOME, "d"), Some(Command::Open));
    assert_eq!(press(&keymap, HOME, "E"), Some(Command::Copy));
    assert_eq!(press(&keymap, HOME, "j"), Some(Command::Down));
}

#[test]
fn the_rules_hold_for_the_users_files_too() {
    let (keymap, warnings) =
        load("global:\n  j: abort\n  y: act promote\nhelp:\n  A: down\nconfirm:\n  enter: confirm\n");
    let starts =
        ["mine.yaml:2: `j` is `abort`", "mine.yaml:3: `y` is `promote`", "mine.yaml:5: `A` is", "mine.yaml:7: `enter`"];
    assert_eq!(warnings.len(), starts.len(), "{warnings:#?}");
    for start in starts {
        assert!(warnings.iter().any(|warning| warning.starts_with(start)), "{start}\n{warnings:#?}");
    }
    assert_eq!(press(&keymap, HOME, "j"), Some(Command::Down));
    assert_eq!(press(&keymap, HOME, "y"), Some(Command::Copy));
    assert_eq!(press(&keymap, HOME, "A"), Some(Command::Act("abort")));
    assert_eq!(press(&keymap, &[layer::CONFIRM], "enter"), None);
}

#[test]
fn what_lies_under_every_layer_neither_confirms_nor_types() {
    let (keymap, warnings) = load("always: { P: confirm, f5: confirm }\nglobal: { f5: abort }");
    assert_eq!(warnings.len(), 2, "{warnings:#?}");
    assert!(warnings[0].starts_with("mine.yaml:1: `P` is typed as text in layer `always`"), "{warnings:#?}");
    assert_eq!(press(&keymap, &[layer::CONFIRM], "P"), None);
    assert_eq!(press(&keymap, HOME, "f5"), Some(Command::Confirm));
}

#[test]
fn nobody_can_be_locked_in() {
    let text = "always: { ctrl-c: null }\nconfirm:\n  esc:\n  n:\n  q: down\n  ctrl-c:\n  y: null\n";
    let (keymap, warnings) = load(text);
    assert_eq!(
        warnings,
        [
            "mine.yaml:1: `ctrl-c` stays `quit` in `always`: there must be a key for that, and this is the last",
            "mine.yaml:7: `y` stays `confirm` in `confirm`: there must be a key for that, and this is the last",
            "mine.yaml:3: `esc` stays `back` in `confirm`: there must be a key for that, and this is the last",
        ]
    );
    assert_eq!(press(&keymap, HOME, "ctrl-c"), Some(Command::Quit));
    assert_eq!(press(&keymap, &[layer::CONFIRM], "esc"), Some(Command::Back));
    assert_eq!(press(&keymap, &[layer::CONFIRM], "y"), Some(Command::Confirm));
    let (keymap, warnings) = load("confirm: { f2: confirm, y: null }");
    assert_eq!((warnings.len(), press(&keymap, &[layer::CONFIRM], "y")), (0, None));
}

#[test]
fn help_walks_what_works_here() {
    let keymap = built_in("default");
    let help = keymap.help(HOME, ACTIONS);
    let line = |command| help.iter().find(|line| line.command == command).map(|line| line.keys.join(" "));
    assert_eq!(line(Command::Down).as_deref(), Some("j down"));
    assert_eq!(line(Command::Act("abort")).as_deref(), Some("A"));
    assert_eq!(line(Command::Erase), None);
    assert_eq!(line(Command::Copy).as_deref(), Some("c y"));
}

#[test]
fn the_other_keymaps_stand_on_the_default_one() {
    assert_eq!(press(&built_in("vim"), &["global"], "ctrl-f"), Some(Command::PageDown));
    assert_eq!(press(&built_in("k9s"), &["global"], "r"), Some(Command::Act("restart")));
    for name in ["vim", "k9s"] {
        assert_eq!(press(&built_in(name), &["global"], "A"), Some(Command::Act("abort")), "{name}");
    }
}

proptest! {
    #[test]
    fn no_file_is_too_odd_for_a_keymap(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("mine.yaml"), bytes).expect("written");
        let (keymap, _) = Keymap::load(&Keymap::library(Some(dir.path().to_owned())), "mine", &NAMES);
        prop_assert_eq!(press(&keymap, HOME, "P"), Some(Command::Act("promote")));
    }
}

proptest! {
    // Each case loads a whole keymap.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_bound_the_rules_hold(
        rows in proptest::collection::vec((0..8usize, "[jkyAPGxn]|enter|esc|ctrl-[cdp]", 0..60usize), 0..30),
    ) {
        let names: Vec<&str> = COMMANDS.iter().map(|row| row.name).chain(ACTIONS.iter().copied()).collect();
        let text: String = (0..8).map(|at| {
            let of_layer = rows.iter().filter(|(layer, _, _)| *layer == at);
            let lines = of_layer.map(|(_, key, name)| format!("  {key}: {}\n", names.get(*name).unwrap_or(&"null")));
            format!("{}:\n{}", layer::LAYERS[at].name, lines.collect::<String>())
        }).collect();
        let (keymap, _) = load(&text);
        let bindings = all(&keymap);
        for (_, acts) in bindings.iter().filter(|(_, binding)| binding.command.mutates()) {
            prop_assert!(!bindings.iter().any(|(_, other)| other.chord == acts.chord && other.command.moves_or_edits()), "{text}");
        }
        let confirms = |chord| keymap.command(&[layer::CONFIRM], chord) == Some(Command::Confirm);
        for (layer, binding) in &bindings {
            let chooses = layer::named(layer).is_some_and(|layer| layer.starts_actions) && binding.command == Command::Confirm;
            prop_assert!(!((binding.command.mutates() || chooses) && confirms(binding.chord)), "{text}");
        }
        for layer in layer::LAYERS {
            for (need, _) in layer.needs {
                prop_assert!(keymap.layer(layer.name).iter().any(|binding| binding.command == *need), "{text}");
            }
        }
    }
}

#[test]
fn without_any_file_the_needs_are_still_met() {
    let mut warnings = Warnings::default();
    let keymap = Keymap::from_layers(Vec::new(), &NAMES, &mut warnings);
    assert_eq!(press(&keymap, HOME, "ctrl-c"), Some(Command::Quit));
}
