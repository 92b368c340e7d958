//! An answer goes out: the document to stdout, what could not be seen to stderr, and the exit code.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::Value;

use crate::cli::{Common, Output};
use crate::headless::{Answer, ExitCode as Exit, Format};
use crate::release::text::visible;

/// Prints an answer in the wished form and returns how the program ends.
pub fn print(answer: &Answer, common: &Common) -> ExitCode {
    for line in &answer.diagnostics {
        complain(line);
    }
    let text = match common.output {
        None | Some(Output::Table) => answer.text(Format::Table),
        Some(Output::Json) => harmless(&answer.text(Format::Json)),
        Some(Output::Jsonl) => lines(&answer.json).iter().map(|line| harmless(&line.to_string()) + "\n").collect(),
    };
    out(text.as_bytes(), answer.exit)
}

/// What a command has made goes to stdout.
pub fn out(bytes: &[u8], exit: Exit) -> ExitCode {
    ended(written(bytes), exit).into()
}

/// The same for one that goes on after it.
pub fn written(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// How the program ends when that became of its answer: what was lost is told, and is never a 0.
pub fn ended(written: io::Result<()>, exit: Exit) -> Exit {
    match written {
        // A reader that has seen enough (`| head`) is no failure of ours.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("the answer could not be written to stdout, so it is not whole: {error}"));
            if exit == Exit::Ok { Exit::Unknown } else { exit }
        }
        _ => exit,
    }
}

/// The document alone, whatever the command line asked for.
pub fn print_json(answer: &Answer) -> ExitCode {
    out(harmless(&answer.text(Format::Json)).as_bytes(), answer.exit)
}

/// Whether a command line that could not be read asks for JSON.
pub fn is_json_wished(mut words: impl Iterator<Item = OsString>) -> bool {
    while let Some(word) = words.next() {
        let word = word.to_string_lossy();
        let value = match &*word {
            "--" => return false,
            "-o" | "--output" => words.next().map(|value| value.to_string_lossy().into_owned()),
            _ => word.strip_prefix("--output=").or_else(|| word.strip_prefix("-o")).map(str::to_owned),
        };
        if value.is_some_and(|value| matches!(value.trim_start_matches('='), "json" | "jsonl")) {
            return true;
        }
    }
    false
}

/// One line to stderr; a stderr that is gone is no reason to end.
pub fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "flightdeck: {}", visible(line.trim_end()));
}

/// The elements of a list document, else the document itself.
fn lines(document: &Value) -> Vec<&Value> {
    match document.as_object().map(|fields| fields.values().collect::<Vec<_>>()).as_deref() {
        Some([Value::Array(items)]) => items.iter().collect(),
        _ => vec![document],
    }
}

/// JSON with every character escaped that could disturb a terminal. They only occur within strings, so that the escape is
/// the same document.
pub fn harmless(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if is_harmless(character) {
            text.push(character);
        } else {
            let mut units = [0; 2];
            text.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}

fn is_harmless(character: char) -> bool {
    let alone = character.to_string();
    // The line breaks of pretty printing are ASCII; those within strings are escaped already.
    (character.is_ascii() && character != '\u{7f}') || visible(&alone) == alone
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_taken_apart_and_nothing_else_is() {
        assert_eq!(lines(&json!({"items": [1, 2]})), [&json!(1), &json!(2)]);
        assert_eq!(lines(&json!({"verdict": "pass", "findings": []})).len(), 1);
        assert_eq!(lines(&json!({"items": []})).len(), 0);
    }

    #[test]
    fn an_answer_that_is_lost_is_never_a_0() {
        let lost = |kind: io::ErrorKind, exit| ended(Err(kind.into()), exit);
        assert_eq!(lost(io::ErrorKind::StorageFull, Exit::Ok), Exit::Unknown);
        assert_eq!(lost(io::ErrorKind::StorageFull, Exit::Negative), Exit::Negative);
        assert_eq!(lost(io::ErrorKind::BrokenPipe, Exit::Ok), Exit::Ok, "nobody reads any more");
        assert_eq!(ended(Ok(()), Exit::Ok), Exit::Ok);
    }

    proptest::proptest! {
        #[test]
        fn json_stays_the_same_document_and_disturbs_nobody(text: String) {
            let document = json!({"text": text});
            let shown = harmless(&document.to_string());
            proptest::prop_assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), document);
            proptest::prop_assert!(!shown.chars().any(char::is_control));
        }
    }
}
