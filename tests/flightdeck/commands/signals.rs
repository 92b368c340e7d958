//! Interruptions, pipes that close, and the question on a terminal.

use std::io::{Read, Write};
use std::process::Stdio;
use std::time::Duration;

use flightdeck::sim::Fault;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::process::Child;

use super::bench::{Bench, eventually};

/// Sends a signal to a child.
pub fn signal(child: &Child, signal: Signal) {
    let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)).expect("a process");
    kill_process(pid, signal).expect("a signal");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_write_is_recorded_first() {
    let bench = Bench::new().await;
    bench.world.fault(Fault::Slow(Duration::from_millis(400)));
    let mut command = bench.home.command();
    command.args(["rollout", "abort", "web", "--yes", "-o", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the binary");
    let journal = bench.home.journal();
    // The intent is on the disk: the request is leaving.
    eventually("an intent", || std::fs::read_to_string(&journal).ok().filter(|text| text.ends_with('\n'))).await;
    signal(&child, Signal::INT);
    let output = child.wait_with_output().await.expect("an end");
    let json: Value = serde_json::from_slice(&output.stdout).expect("one document");
    assert_eq!(json["results"][0]["result"], json!("applied"), "{json:#}");
    // Seen or not: if the effect came with the same breath, it is verified.
    let is_verified = json["results"][0]["verified"] == json!(true);
    assert_eq!(output.status.code(), Some(if is_verified { 0 } else { 3 }));
    assert_eq!(bench.patches().len(), 1);
    let verdict = bench.run("audit verify -o json").await.ends(0).json();
    assert_eq!(verdict["records"], json!(3));
}

/// Answers the question on a terminal and returns what was shown and the exit code.
async fn asked(bench: &Bench, words: &str, prompt: &str, answer: &str) -> (String, u32) {
    let pty = native_pty_system().openpty(PtySize { rows: 40, cols: 200, ..PtySize::default() }).expect("a terminal");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_flightdeck"));
    command.env_clear();
    for (variable, folder) in bench.home.variables() {
        command.env(variable, folder);
    }
    command.args(words.split_whitespace());
    let mut child = pty.slave.spawn_command(command).expect("the binary");
    drop(pty.slave);
    let (mut reader, mut writer) = (pty.master.try_clone_reader().expect("out"), pty.master.take_writer().expect("in"));
    let (prompt, answer) = (prompt.to_owned(), answer.to_owned());
    let talk = tokio::task::spawn_blocking(move || {
        let (mut shown, mut answered, mut buffer) = (String::new(), false, [0; 4096]);
        while let Ok(read @ 1..) = reader.read(&mut buffer) {
            shown += &String::from_utf8_lossy(&buffer[..read]);
            if !answered && shown.contains(&prompt) {
                writer.write_all(answer.as_bytes()).expect("an answer");
                answered = true;
            }
        }
        (shown, child.wait().expect("an end").exit_code())
    });
    tokio::time::timeout(Duration::from_secs(60), talk).await.expect("it hangs").expect("a talk")
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_the_plan_is_shown_and_asked_about() {
    let bench = Bench::new().await;
    let (shown, code) = asked(&bench, "rollout abort web", "Type yes to do it: ", "no\n").await;
    assert!(shown.contains("abort Rollout shop/web in context admin") && code == 2, "{code}: {shown}");
    assert_eq!(bench.patches(), Vec::<String>::new());
    let (shown, code) = asked(&bench, "rollout abort web", "Type yes to do it: ", "yes\n").await;
    assert!(shown.contains("took effect") && code == 0, "{code}: {shown}");
    // What is dangerous asks for more than a yes.
    let (shown, code) = asked(&bench, "rollout undo web", "Type web to do it: ", "yes\n").await;
    assert!(shown.contains("-") && code == 2, "{code}: {shown}");
    assert_eq!(bench.patches().len(), 1);
}
