//! Workflow files, out of which one step is taken.
#![no_main]

use flightdeck::release::step_edit::{Step, remove};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for step in [Step::Smoke, Step::Gate] {
        let _ = step.is_in(text);
        if let Ok(removal) = remove(text, step) {
            let (before, after) = (text, removal.after.as_str());
            let head = before.bytes().zip(after.bytes()).take_while(|(one, two)| one == two).count();
            let tail = before.bytes().rev().zip(after.bytes().rev()).take_while(|(one, two)| one == two).count();
            assert!(head + tail >= after.len(), "more than one place has changed: {after}");
            assert_eq!(step.is_in(after), Some(false));
        }
    }
});
