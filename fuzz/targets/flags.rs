//! The flags file and its edits. Oracles: the bytes beside the named values, and a YAML reader of somebody else.
#![no_main]

use flightdeck::release::{flag, flag_edit};
use libfuzzer_sys::fuzz_target;
use serde_yaml::Value;

fuzz_target!(|text: &str| {
    let Ok(flags) = flag::read(text) else { return };
    for known in &flags.flags {
        let Ok(edit) = flag_edit::kill(text, &known.name) else { continue };
        let restored = flag_edit::restore(&edit.after, &known.name, &edit.changes);
        assert_eq!(restored.expect("a kill can be taken back").after, text);
        let same = text.bytes().zip(edit.after.bytes()).take_while(|(one, two)| one == two).count();
        let grown: isize =
            edit.changes.iter().map(|change| change.to.len() as isize - change.from.len() as isize).sum();
        // Where there was no value, it may need a space before it.
        let spaces = edit.after.len() as isize - text.len() as isize - grown;
        assert!((0..=edit.changes.len() as isize).contains(&spaces), "{edit:?}");
        assert!(!edit.changes.is_empty() || same == text.len());
        let (Ok(mut before), Ok(after)) = (seen(text), seen(&edit.after)) else { continue };
        if known.name.contains('.') || edit.changes.iter().any(|change| change.path.split('.').count() > 4) {
            continue;
        }
        // A tagged name is another key to that reader: it cannot follow.
        let mut can_follow = true;
        for change in &edit.changes {
            let names: Vec<&str> = change.path.split('.').collect();
            let value = names.iter().try_fold(&mut before, |value, name| value.get_mut(*name));
            let killed = names.iter().try_fold(&after, |value, name| value.get(*name));
            match (value, killed) {
                (Some(value), Some(killed)) => *value = killed.clone(),
                _ => can_follow = false,
            }
        }
        assert!(!can_follow || before == after, "{edit:?}");
    }
});

fn seen(text: &str) -> Result<Value, serde_yaml::Error> {
    serde_yaml::from_str(text)
}
