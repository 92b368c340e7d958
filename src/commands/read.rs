//! `cost`, `drift`, `k6`: what another tool printed, with a verdict; or what the repository's own runs have printed.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::Value;

use super::act::{self, Wanted};
use crate::cli::{Common, Cost, Drift, K6};
use crate::headless::cost::cost_read;
use crate::headless::drift::drift_read;
use crate::headless::k6::k6_read;
use crate::headless::live;
use crate::headless::table::facts;
use crate::headless::{Answer, ExitCode as Exit};
use crate::release::topic::Topic;

use super::github;
use super::print::print;

/// No report of a gate is larger.
const LARGEST: u64 = 128 << 20;

/// `flightdeck cost`.
pub fn cost(common: &Common, cost: &Cost) -> ExitCode {
    match cost {
        Cost::List => github::live(common, &[Topic::Pulls, Topic::Cost], live::cost_list),
        Cost::Read { report, limit } => run(common, &report.file, |bytes| answer(cost_read(bytes, Some(*limit)))),
        Cost::Limit { amount, how } => {
            act::run(common, Wanted { amount: Some(*amount), ..Wanted::new("set-limit", &[], how) })
        }
    }
}

/// `flightdeck drift`.
pub fn drift(common: &Common, drift: &Drift) -> ExitCode {
    match drift {
        Drift::Get => github::live(common, &[Topic::Drift], live::drift_get),
        Drift::Read(report) => run(common, &report.file, |bytes| answer(drift_read(bytes, &[]))),
    }
}

/// `flightdeck k6`.
pub fn k6(common: &Common, k6: &K6) -> ExitCode {
    match k6 {
        K6::Get => github::live(common, &[Topic::Smoke], live::k6_get),
        K6::Read { report, exit_code } => run(common, &report.file, |bytes| answer(k6_read(bytes, *exit_code))),
    }
}

pub(super) fn run(common: &Common, file: &Path, read: impl FnOnce(&[u8]) -> Answer) -> ExitCode {
    let answer = match content(file) {
        Ok(bytes) => read(&bytes),
        Err(error) => Answer::failed(format!("{} cannot be read: {error}", file.display()), Exit::Unknown),
    };
    print(&answer, common)
}

fn content(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match file.as_os_str() == "-" {
        true => io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)?,
        false => File::open(file)?.take(LARGEST + 1).read_to_end(&mut bytes)?,
    };
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    Ok(bytes)
}

/// Both shapes of a view, and its exit code.
fn answer((view, code): (impl Serialize, u8)) -> Answer {
    let exit = match code {
        0 => Exit::Ok,
        1 => Exit::Negative,
        _ => Exit::Unknown,
    };
    match serde_json::to_value(view) {
        Ok(json) => Answer { table: table(&json), json, exit, diagnostics: Vec::new() },
        Err(error) => Answer::failed(error.to_string(), Exit::Unknown),
    }
}

/// A line per field and per item of a list.
fn table(json: &Value) -> String {
    let mut lines = Vec::new();
    for (name, value) in json.as_object().into_iter().flatten() {
        match value {
            Value::Array(items) => lines.extend(items.iter().map(|item| (name.as_str(), cell(item)))),
            other => lines.push((name.as_str(), cell(other))),
        }
    }
    facts(&lines)
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| format!("{name} {}", cell(value))).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}
