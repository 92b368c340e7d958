//! `flightdeck audit`: whether the journal is whole, and what stands in it.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use crate::cli::{Audit, Common};
use crate::headless::table::{Table, facts};
use crate::headless::{Answer, ExitCode as Exit};
use crate::writers::audit::{self, Record, Verified};

use super::print::print;
use super::{clock, settle};

/// Does what was asked for.
pub fn run(common: &Common, asked: &Audit) -> ExitCode {
    let folder = settle::settle(common, clock()).state;
    let answer = match asked {
        Audit::Verify => verify(&folder),
        Audit::List => list(&folder),
    };
    print(&answer, common)
}

fn verify(folder: &Path) -> Answer {
    let file = folder.join(audit::FILE).display().to_string();
    let (json, exit) = match audit::verify(folder) {
        Ok(Verified::Whole { records, torn }) => {
            (json!({"verdict": "pass", "file": file, "records": records, "torn": torn}), Exit::Ok)
        }
        Ok(Verified::Missing) => {
            (json!({"verdict": "unknown", "file": file, "why": "no journal yet: nothing was recorded"}), Exit::Unknown)
        }
        Ok(Verified::Broken { line, why }) => {
            (json!({"verdict": "fail", "file": file, "line": line, "why": why}), Exit::Negative)
        }
        Err(error) => return Answer::failed(format!("{file} cannot be read: {error}"), Exit::Unknown),
    };
    let lines: Vec<_> = ["verdict", "file", "records", "torn", "line", "why"]
        .map(|name| (name, json.get(name).map(|value| value.as_str().map_or(value.to_string(), str::to_owned))))
        .into_iter()
        .map(|(name, value)| (name, value.unwrap_or_default()))
        .collect();
    Answer { table: facts(&lines), json, exit, diagnostics: Vec::new() }
}

fn list(folder: &Path) -> Answer {
    let records = match audit::read(folder) {
        Ok(records) => records,
        Err(error) => {
            let message = format!("the journal in {} cannot be read: {error}", folder.display());
            return Answer::failed(message, Exit::Unknown);
        }
    };
    let mut table = Table::new(["SEQ", "TIME", "WHO", "WHAT", "ACTION", "CONTEXT", "OBJECT", "RESULT", "REASON"]);
    for record in &records {
        table.row(row(record));
    }
    Answer {
        json: json!({ "items": records }),
        table: table.or("nothing was recorded yet"),
        exit: Exit::Ok,
        diagnostics: Vec::new(),
    }
}

fn row(record: &Record) -> [String; 9] {
    let entry = &record.entry;
    let what = match entry.kind {
        audit::Kind::Intent => "intent",
        audit::Kind::Outcome => "outcome",
        audit::Kind::Verified => "verified",
        audit::Kind::Refused => "refused",
    };
    let result = entry.result.as_ref().map(|result| match (&result["result"], &result["effect"]) {
        (serde_json::Value::String(word), _) | (_, serde_json::Value::String(word)) => word.clone(),
        (_, effect) => effect.to_string(),
    });
    [
        record.seq.to_string(),
        record.time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        record.who.name(),
        what.to_owned(),
        entry.action.clone(),
        entry.context.clone(),
        format!("{} {}", entry.target.kind, entry.target.path()),
        result.unwrap_or_default(),
        entry.reason.clone(),
    ]
}
