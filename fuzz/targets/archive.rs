//! Zip archives of artifacts, whoever made them.
#![no_main]

use flightdeck::sources::github::archive;
use libfuzzer_sys::fuzz_target;

/// As `archive` caps one file.
const LARGEST: usize = 24 << 20;

fuzz_target!(|bytes: &[u8]| {
    let _ = archive::read_json(bytes, "*", |content| {
        assert!(content.len() <= LARGEST);
        Err::<(), _>("go on".to_owned())
    });
});
