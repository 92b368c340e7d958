//! Manifests, and the checks of them.
#![no_main]

use std::path::Path;

use flightdeck::release::lint;
use flightdeck::sources::files::{Loaded, documents};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for name in ["x.yaml", "x.json"] {
        let mut loaded = Loaded::default();
        documents(Path::new(name), bytes, &mut loaded);
        let read = loaded.documents.into_iter();
        let documents: Vec<_> = read.map(|one| lint::Document { file: name.to_owned(), value: one.value }).collect();
        let _ = (lint::analysis(&documents), lint::rollouts(&documents));
    }
});
