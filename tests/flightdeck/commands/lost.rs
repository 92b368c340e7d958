//! An answer that cannot be written: a reader that went away is no matter, a full disk is told and is no 0.

use std::fs::OpenOptions;
use std::path::Path;
use std::process::Stdio;

use super::bench::Home;

const WEB: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: web, namespace: shop }
spec: { replicas: 1, selector: { matchLabels: { app: web } }, strategy: { canary: {} } }
"#;

/// One of each way to stdout.
const WAYS: [&str; 6] = [
    "completions bash",
    "man",
    "--help",
    "rollout list --from-dir manifests",
    "rollout list --from-dir manifests -o json",
    "watch --from-dir manifests",
];

/// Runs it with that as its stdout: its exit code, and what it says on stderr.
async fn run(home: &Home, words: &str, stdout: Stdio) -> (Option<i32>, String) {
    let mut command = home.command();
    command.args(words.split_whitespace()).current_dir(home.path("")).stdout(stdout).stderr(Stdio::piped());
    let done = command.spawn().expect("the binary").wait_with_output().await.expect("an end");
    (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_went_away_is_no_matter_and_a_full_disk_is() {
    let home = Home::new();
    home.write("manifests/web.yaml", WEB);
    for words in WAYS {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        assert_eq!(run(&home, words, writer.into()).await, (Some(0), String::new()), "{words}");
        if !Path::new("/dev/full").exists() {
            continue;
        }
        let full = OpenOptions::new().write(true).open("/dev/full").expect("the full disk");
        let (code, said) = run(&home, words, full.into()).await;
        assert_eq!((code, said.lines().count()), (Some(3), 1), "{words}: {said}");
        assert!(said.contains("could not be written to stdout"), "{words}: {said}");
    }
}
