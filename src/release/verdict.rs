//! How an analysis stands against its limits: what the controller will conclude, and how far off that is.

use super::analysis::AnalysisRun;

/// Why the next bad measurement would fail the run; None while there is room.
pub fn about_to_fail(_run: &AnalysisRun) -> Option<String> {
    None
}

/// A measured value in words: `"[0.0570]"` is `0.057`, `"[NaN]"` is `NaN (no data)`.
pub fn value_words(value: &str) -> String {
    value.to_owned()
}
