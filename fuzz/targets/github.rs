//! GitHub's JSON.
#![no_main]

use flightdeck::release::annotation::exit_codes;
use flightdeck::release::commit::read_commits;
use flightdeck::release::denial;
use flightdeck::release::pull::PullRequest;
use flightdeck::release::workflow::{read_artifacts, read_jobs, read_runs, read_workflow};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = PullRequest::read(bytes);
    let _ = (read_workflow(bytes), read_runs(bytes), read_jobs(bytes), read_artifacts(bytes));
    let _ = (read_commits(bytes), exit_codes(bytes));
    let _ = (denial::said(bytes), denial::blocked(bytes));
});
