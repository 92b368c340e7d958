//! Small languages: conditions of analyses, thresholds, quantities, Go's durations, Terraform's addresses.
#![no_main]

use flightdeck::release::{blame, condition, preview, quantity, reading, threshold};
use flightdeck::sources::wire::go_duration;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = (condition::parse(text), threshold::threshold(text), go_duration(text));
    let _ = quantity::parse(text).map(|value| (quantity::cpu_words(value), quantity::memory_words(value)));
    let _ = (reading::value_words(text), preview::number(text));
    let _ = (blame::declaration(text), blame::declarations(text));
});
