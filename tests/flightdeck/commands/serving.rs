//! `demo --serve`: what it prints is all that another terminal needs, and ends with it.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::timeout;

use super::bench::Home;
use super::signals::signal;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Pastes the lines into a shell of a home that has nothing, then runs the binary there.
async fn paste(home: &Home, lines: &[String], words: &str) -> (Option<i32>, String) {
    let script = format!("{}\nexec '{}' {words}", lines.join("\n"), env!("CARGO_BIN_EXE_flightdeck"));
    let mut shell = tokio::process::Command::new("/bin/sh");
    shell.env_clear().env("HOME", home.path("")).env("USER", "tester").args(["-c", &script]).kill_on_drop(true);
    let done = timeout(PATIENCE, shell.output()).await.expect("it hangs").expect("a shell");
    (done.status.code(), String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn another_terminal_needs_only_what_it_prints() {
    let home = Home::new();
    home.write("it's temporary/file", "");
    let mut command = home.command();
    command.env("TMPDIR", home.path("it's temporary")).args(["demo", "--serve"]).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the binary");
    let mut printed = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut exports = Vec::new();
    while exports.len() < 3 {
        let line =
            timeout(PATIENCE, printed.next_line()).await.expect("it hangs").expect("a line").expect("three exports");
        exports.extend(Some(line).filter(|line| line.starts_with("export ")));
    }
    let (code, text) = paste(&home, &exports, "rollout list -o json").await;
    let list: Value = serde_json::from_str(&text).expect("a document alone");
    assert!(code == Some(0) && list["items"].as_array().is_some_and(|items| items.len() > 5), "{text}");
    let (code, text) = paste(&home, &exports, "flags get -o json").await;
    assert!(code.is_some_and(|code| code < 2) && text.contains("new_checkout"), "{code:?}: {text}");
    let (code, text) = paste(&home, &exports, "rollout abort nothing -n shop --yes").await;
    assert_eq!(code, Some(3), "{text}");
    let (_, text) = paste(&home, &exports, "rollout pause web -n shop --yes").await;
    let (code, records) = paste(&home, &exports, "audit list").await;
    assert!(code == Some(0) && records.contains("pause"), "{text}{records}");
    assert!(!home.path(".local").exists(), "the operator's own journal is not touched");

    let folders = || std::fs::read_dir(home.path("it's temporary")).unwrap().count();
    assert_eq!(folders(), 2);
    signal(&child, Signal::TERM);
    let status = timeout(PATIENCE, child.wait()).await.expect("it hangs").expect("an end");
    assert_eq!((status.code(), folders()), (Some(0), 1), "nothing of it stays");
}
