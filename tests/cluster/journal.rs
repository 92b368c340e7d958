//! The audit journal as the tests read it: whole, oldest first, and a few words a record.

use std::path::Path;

use flightdeck::writers::audit::{self, Record, Verified};

/// The records in that state folder, oldest first; the journal must be whole.
fn records(state: &Path) -> Vec<Record> {
    // Another record may come between the two.
    let verified = audit::verify(state).expect("the journal");
    let mut records = audit::read(state).expect("the journal");
    records.reverse();
    match verified {
        Verified::Whole { records: whole, torn: 0 } => assert!(whole <= records.len() as u64, "{whole} records"),
        Verified::Missing => {}
        other => panic!("the journal is {other:?}"),
    }
    records
}

/// What it says: `promote intent`, `promote outcome applied`, `promote verified`.
pub fn words(state: &Path) -> Vec<String> {
    let words = |record: &Record| {
        let entry = &record.entry;
        let kind = format!("{:?}", entry.kind).to_lowercase();
        let result = entry.result.as_ref().and_then(|result| result["result"].as_str()).unwrap_or_default();
        format!("{} {kind} {result}", entry.action).trim_end().to_owned()
    };
    records(state).iter().map(words).collect()
}
