//! Files as a generator writes them, hostile on purpose: it knows which bytes a kill has to change, and every other one stays.

use proptest::prelude::*;
use serde::Deserialize;
use serde_yaml::Value;

use super::*;
use crate::release::tape::Tape;

/// A file as it is and as it has to be.
#[derive(Default)]
struct Written {
    before: String,
    after: String,
    /// The value itself, before and after.
    changes: Vec<(String, String)>,
    /// Somebody else would be changed with it.
    is_shared: bool,
}

impl Written {
    fn text(&mut self, text: &str) {
        self.before.push_str(text);
        self.after.push_str(text);
    }

    fn value(&mut self, from: &str, to: &str) {
        if from == to {
            return self.text(from);
        }
        self.before.push_str(from);
        self.after.push_str(to);
        self.changes.push((from.to_owned(), to.trim_start().to_owned()));
    }
}

const NAMES: &[&str] = &["a", "new_checkout", "größe", "a.b", "\"true\"", "'12'", "\"with: colon\"", "default", "火"];
const PLACES: &[&str] =
    &["prod", "stage", "canary", "\"prod-eu\"", "größe", "a b", "default", "rollout", "'*'", "\"x\\ty\""];
const DEFAULTS: &[&str] = &[
    "true",
    "True",
    "TRUE",
    "yes",
    "on",
    "off",
    "no",
    "y",
    "1",
    "0",
    "'true'",
    "\"false\"",
    "\"tr\\u0075e\"",
    "~",
    "null",
    "*on",
    "!!bool true",
    "!!bool 'true'",
    "&mine true",
    "&mine !!bool true",
    "true ",
    "falsey",
];
const OFF: &[&str] = &["false", "False", "FALSE", "!!bool FALSE", "!!bool \"false\"", "&mine false"];
const PERCENTS: &[&str] = &[
    "100",
    "25.0",
    "25%",
    "\"25\"",
    "'0'",
    "0x10",
    "0o17",
    "1e2",
    "010",
    "00",
    "+5",
    ".5",
    "5.",
    "1_000",
    "-1",
    "~",
    "50 %",
    "true",
    "*pct",
    "!!int 5",
    "!!float 5.0",
    "&part 5",
    ".inf",
    "1:30",
];
const ZEROS: &[&str] = &["0", "0.0", "-0", "+0", "0x0", "0o0", "0e5", "!!int 0", "&part 0"];
const REMARKS: &[&str] = &["", "", "", " # why", "\t# a tab before, {default: true}", "  #", " # *on & \"'"];
const LINES: &[&str] =
    &["", "", "", "# default: true\n", "\n", "   \n", "          # rollout: { prod: 5 }\n", "#\tü\n"];
const OTHERS: &[&str] = &[
    "",
    "owners: [x, \"y\"]\n",
    "note: |\n+default: true\n+  rollout: {prod: 5}\n",
    "note: >-\n+default: true\n\n+x\n",
    "meta: {default: true, rollout: {prod: 100}}\n",
    "guardrails:\n+requires: ['gate']\n",
    "owners:\n- default\n",
    "defaults: true\n",
    "rollouts: {prod: 5}\n",
    "\"de\\\"fault\": true\n",
    "text: 'it''s\n+default: true'\n",
];
const BEFORE: &[&str] = &[
    "",
    "# Flags\n",
    "%YAML 1.2\n---\n",
    "---\n",
    "other: {features: {a: {default: true}}}\n---\n",
    "deep: [[[[[[[[{a: [{b: {c: [x]}}]}]]]]]]]]\n",
    "text: |\n  features:\n    a: {default: true}\n",
];
const AFTER: &[&str] = &[
    "",
    "tail: {default: true}\n",
    "# the end\n",
    "...\n",
    "---\nsecond: {default: true}\n",
    "other: *base\n",
    "more:\n- *on\n- *pct\n",
    "list: [{<<: *base}, {<<: [*base, {x: 1}]}]\n",
];

/// Some key and what leads to its value.
fn key(tape: &mut Tape, name: &str, pad: &str, is_flow: bool) -> String {
    let name = match tape.number(3) {
        1 if !name.starts_with(['"', '\'']) => format!("\"{name}\""),
        2 if !name.starts_with(['"', '\'']) => format!("'{name}'"),
        _ => name.to_owned(),
    };
    match tape.number(6) {
        4 => format!("{name}  :"),
        5 if !is_flow => format!("? {name}\n{pad}:"),
        _ => format!("{name}:"),
    }
}

/// Whether the value of `? key` comes next: an empty one of those is left to humans.
fn is_below_its_key(before: &str) -> bool {
    before.lines().last().is_some_and(|line| line.trim() == ":")
}

/// ` value`, or nothing at all.
fn value(tape: &mut Tape, written: &mut Written, odd: &[&str], off: &[&str], to: &str) {
    if tape.rarely(12) && !is_below_its_key(&written.before) {
        return written.value("", &format!(" {to}"));
    }
    let is_off = tape.rarely(4);
    let whole = if is_off { tape.pick(off) } else { tape.pick(odd) };
    let (before, from) =
        whole.trim_end().rsplit_once(' ').filter(|_| !whole.contains('%')).unwrap_or(("", whole.trim_end()));
    written.text(tape.pick(&[" ", "  ", "    "]));
    if !before.is_empty() {
        written.text(&format!("{before} "));
    }
    written.value(from, if is_off { from } else { to });
    written.text(&whole[whole.trim_end().len()..]);
}

/// The fields that make a flag act, in flow style.
fn in_flow(tape: &mut Tape, written: &mut Written, places: &[&str], anchor: &str) {
    let gap = tape.pick(&[" ", "", "\n            ", " # a remark, with }\n           "]);
    written.text(&format!(" {anchor}{{{gap}"));
    if tape.rarely(5) {
        written.text("<<: *base, ");
    }
    written.text(&key(tape, "default", "", true));
    value(tape, written, DEFAULTS, OFF, "false");
    written.text(&format!(" ,{gap}{} {{", key(tape, "rollout", "", true)));
    for place in places {
        written.text(&format!("{gap}{}", key(tape, place, "", true)));
        value(tape, written, PERCENTS, ZEROS, "0");
        // `{prod:,}` is a value to YAML 1.2 and none to the independent reader.
        written.text(if written.before.ends_with(':') { " ," } else { "," });
    }
    written.text(&format!("}},{gap}owners: [x]{gap}}}{}\n", tape.pick(REMARKS)));
}

/// The same in block style.
fn in_block(tape: &mut Tape, written: &mut Written, places: &[&str], anchor: &str) {
    let (pad, deeper) = (tape.pick(&["    ", "   ", "      "]), tape.pick(&["        ", "       ", "            "]));
    let other = |tape: &mut Tape, written: &mut Written| {
        let other = tape.pick(OTHERS).replace('+', deeper).replace("\n-", &format!("\n{pad}-"));
        let line = tape.pick(LINES);
        written.text(&if other.is_empty() { line.to_owned() } else { format!("{line}{pad}{other}") });
    };
    written.text(&format!(" {anchor}{}\n", tape.pick(REMARKS)));
    if tape.rarely(5) {
        written.text(&format!("{pad}<<: *base\n"));
    }
    written.text(&format!("{pad}{}", key(tape, "default", pad, false)));
    value(tape, written, DEFAULTS, OFF, "false");
    written.text(&format!("{}\n", tape.pick(REMARKS)));
    // Once: the same key twice is refused by everybody.
    other(tape, written);
    written.text(&format!("{pad}{}", key(tape, "rollout", pad, false)));
    // The independent reader takes no tab before a map.
    written.text(&format!("{}\n", tape.pick(REMARKS).replace('\t', " ")));
    for place in places {
        written.text(&format!("{}{deeper}{}", tape.pick(LINES), key(tape, place, deeper, false)));
        value(tape, written, PERCENTS, ZEROS, "0");
        written.text(&format!("{}\n", tape.pick(REMARKS)));
    }
    written.text(tape.pick(LINES));
}

/// The flag's name, and the file around it.
fn write(choices: Vec<u8>) -> (String, Written) {
    let tape = &mut Tape::new(choices);
    let mut written = Written::default();
    let name = tape.pick(NAMES);
    written.text(tape.pick(BEFORE));
    written.text("on: &on true\npct: &pct 7\nbase: &base {default: true, rollout: {prod: 3}}\n");
    written.text(&format!("{}\n", key(tape, "features", "", false)));
    if tape.rarely(2) {
        written.text("  other: {default: *on, rollout: {prod: *pct}, owners: [\"}\", '# no']}\n");
    }
    let from = tape.number(PLACES.len());
    let places: Vec<&str> = PLACES.iter().cycle().skip(from).take(tape.number(4)).copied().collect();
    let is_anchored = tape.rarely(6);
    let anchor = if is_anchored { "&flag " } else { "" };
    written.text(&format!("  {name}:"));
    // A map without an entry would be no map in block style.
    match places.is_empty() || tape.rarely(2) {
        true => in_flow(tape, &mut written, &places, anchor),
        false => in_block(tape, &mut written, &places, anchor),
    }
    if tape.rarely(2) {
        written.text("  last:\n    default: true\n    rollout: {prod: 5}\n");
    }
    if is_anchored && tape.rarely(2) {
        written.text(tape.pick(&["copy: *flag\n", "copy: [{x: *flag}]\n"]));
        written.is_shared = true;
    }
    for anchor in ["&mine", "&part"] {
        if written.before.matches(anchor).count() > 0 && tape.rarely(5) {
            let is_changed = written.before.contains(&format!("{anchor} "));
            written.text(&format!("more_of_{0}: *{0}\n", &anchor[1..]));
            written.is_shared |= is_changed;
        }
    }
    written.text(tape.pick(AFTER));
    let (end, mark) = (tape.pick(&["\n", "\r\n", "\r"]), tape.pick(&["", "\u{feff}"]));
    let is_cut = tape.rarely(3);
    let finish = |text: &str| {
        let text = if is_cut { text.trim_end_matches('\n') } else { text };
        format!("{mark}{}", text.replace('\n', end))
    };
    (written.before, written.after) = (finish(&written.before), finish(&written.after));
    (name.trim_matches(['"', '\'']).to_owned(), written)
}

/// What an independent reader sees in each document, with merge keys applied: without what the kill is about.
fn others(text: &str, name: &str) -> Vec<Value> {
    let documents = serde_yaml::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
    let read = documents.map(|document| {
        let mut value = Value::deserialize(document).unwrap_or_else(|error| panic!("{error}: {text:?}"));
        value.apply_merge().unwrap();
        let flag =
            value.get_mut("features").and_then(|features| features.get_mut(name)).and_then(Value::as_mapping_mut);
        if let Some(flag) = flag {
            flag.remove("default");
            flag.remove("rollout");
        }
        value
    });
    read.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_kill_changes_the_bytes_that_it_has_to_and_no_others(choices in proptest::collection::vec(any::<u8>(), 0..90)) {
        let (name, written) = write(choices);
        let edit = match kill(&written.before, &name) {
            Ok(edit) => edit,
            Err(refusal) => {
                prop_assert!(written.is_shared, "{}\n{}", refusal, written.before);
                return Ok(());
            }
        };
        prop_assert_eq!(&edit.after, &written.after);
        prop_assert_eq!(others(&edit.after, &name), others(&written.before, &name));
        let changes: Vec<_> = edit.changes.iter().map(|change| (change.from.clone(), change.to.clone())).collect();
        prop_assert_eq!(changes, written.changes);
        prop_assert_eq!(&restore(&edit.after, &name, &edit.changes).unwrap().after, &written.before);
        prop_assert!(kill(&edit.after, &name).unwrap().changes.is_empty());
    }
}
