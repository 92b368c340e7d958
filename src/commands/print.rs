//! An answer goes out: the document to stdout, what could not be seen to stderr, and the exit code.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::Value;

use crate::cli::{Common, Output};
use crate::headless::{Answer, Format};
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
    // A reader that has seen enough (`| head`) is no failure of ours.
    let _ = io::stdout().lock().write_all(text.as_bytes());
    answer.exit.into()
}

/// The document alone, whatever the command line asked for.
pub fn print_json(answer: &Answer) {
    let _ = io::stdout().lock().write_all(harmless(&answer.text(Format::Json)).as_bytes());
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
