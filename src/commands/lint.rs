//! `flightdeck analysis lint -f` and `flightdeck rollout lint -f`.

use std::process::ExitCode;

use crate::cli::{Common, Files};
use crate::headless;
use crate::release::lint::{self, Document, Lint, LintVerdict};
use crate::release::text::visible;
use crate::sources::files;

use super::print::print;

/// Looks through templates, and at how Rollouts use them.
pub fn analysis(common: &Common, manifests: &Files) -> ExitCode {
    run(common, manifests, lint::analysis)
}

/// Looks through Rollouts.
pub fn rollouts(common: &Common, manifests: &Files) -> ExitCode {
    run(common, manifests, lint::rollouts)
}

fn run(common: &Common, manifests: &Files, check: fn(&[Document]) -> Lint) -> ExitCode {
    let loaded = files::load(&manifests.file, &"files".into());
    let document =
        |document: files::Document| Document { file: visible(&document.file.to_string_lossy()), value: document.value };
    let mut lint = check(&loaded.documents.into_iter().map(document).collect::<Vec<_>>());
    // What could not be read may hold what would fail.
    if lint.verdict == LintVerdict::Pass && !loaded.faults.is_empty() {
        lint.verdict = LintVerdict::Unknown;
    }
    let mut answer = headless::analysis::lint(&lint);
    answer.diagnostics.extend(loaded.faults.iter().map(ToString::to_string));
    print(&answer, common)
}
