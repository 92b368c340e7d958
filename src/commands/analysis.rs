//! `flightdeck analysis`: a run against its limits, from a manifest.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::cli::{Analysis, Common};
use crate::headless::{self, Answer, ExitCode as Exit};
use crate::release::model::Model;
use crate::sources::files;

use super::act::{self, Wanted};
use super::print::print;
use super::{clock, lint};

/// Does what was asked for.
pub fn run(common: &Common, analysis: &Analysis) -> ExitCode {
    match analysis {
        Analysis::Eval { run } => print(&eval(run), common),
        Analysis::Lint(files) => lint::analysis(common, files),
        Analysis::Terminate(act) => act::run(common, Wanted::new("terminate", &act.names, &act.how)),
    }
}

fn eval(path: &PathBuf) -> Answer {
    let loaded = files::load(std::slice::from_ref(path), &"files".into());
    let faults: Vec<_> = loaded.faults.iter().map(ToString::to_string).collect();
    let mut model = Model::default();
    for report in loaded.reports {
        model.observe(report, clock());
    }
    let runs: Vec<_> = model.runs.iter().collect();
    let mut answer = match runs.as_slice() {
        [run] => headless::analysis::eval(run),
        [] if faults.is_empty() => Answer::failed(format!("{} holds no AnalysisRun", name(path)), Exit::Unknown),
        [] => return Answer::failed(faults.join("; "), Exit::Unknown),
        many => {
            let message = format!("{} holds {} AnalysisRuns: pass one at a time", name(path), many.len());
            Answer::failed(message, Exit::Usage)
        }
    };
    // What could not be read may be another run.
    if !faults.is_empty() && answer.exit == Exit::Ok {
        answer.exit = Exit::Unknown;
    }
    answer.diagnostics.extend(faults);
    answer
}

fn name(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() }
}
