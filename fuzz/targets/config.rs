//! The operator's own files.
#![no_main]

use std::path::Path;

use flightdeck::config::{Config, Place};
use flightdeck::yaml::{Node, Warnings};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut warnings = Warnings::default();
    let is_readable = Node::read("x.yaml", text, &mut Warnings::default()).is_some();
    let config = Config::read(&Place::of_dir(Path::new("/nowhere")), text, &mut warnings);
    assert!(is_readable || config.read_only, "nobody knows what it protects");
});
