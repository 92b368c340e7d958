//! `watch -o jsonl`: every change is a line, until interrupted or until nobody reads.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};
use tokio::time::timeout;

use super::bench::Bench;
use super::signals::signal;

struct Watching {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watching {
    fn start(bench: &Bench, args: &[&str]) -> Watching {
        let mut command = bench.home.command();
        let mut child = command.arg("watch").args(args).stdout(Stdio::piped()).spawn().expect("the binary");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        Watching { child, lines }
    }

    /// The next line that is wanted.
    async fn until(&mut self, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let found = async {
            while let Some(line) = self.lines.next_line().await.expect("a line") {
                let line: Value = serde_json::from_str(&line).expect("JSON");
                if is_wanted(&line) {
                    return line;
                }
            }
            panic!("it ended");
        };
        timeout(Duration::from_secs(60), found).await.expect("the line never came")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_come_as_lines_until_interrupted() {
    let bench = Bench::new().await;
    let mut watching = Watching::start(&bench, &["-o", "jsonl"]);
    let first = watching.until(|line| line["object"]["name"] == "web" && line["source"] == "rollouts").await;
    assert_eq!((&first["change"], &first["context"]), (&json!("present"), &json!("admin")));
    assert!(first["time"].is_string() && first["object"]["phase"] == "Paused", "{first:#}");
    watching.until(|line| line["change"] == "loaded" && line["source"] == "rollouts").await;
    bench.run("rollout abort web --yes").await.ends(0);
    let aborted = watching.until(|line| line["object"]["phase"] == "Degraded").await;
    assert_eq!((&aborted["change"], &aborted["object"]["name"]), (&json!("applied"), &json!("web")));
    bench.world.delete("rollouts/stage/cart");
    let gone = watching.until(|line| line["change"] == "deleted").await;
    assert_eq!(gone["object"]["namespace"], json!("stage"));
    signal(&watching.child, Signal::INT);
    let status = timeout(Duration::from_secs(60), watching.child.wait()).await.expect("it hangs").unwrap();
    assert_eq!(status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_when_nobody_reads_any_more() {
    let bench = Bench::new().await;
    let mut watching = Watching::start(&bench, &["-n", "shop", "-o", "jsonl"]);
    watching.until(|line| line["change"] == "loaded" && line["source"] == "rollouts").await;
    let Watching { mut child, lines } = watching;
    drop(lines);
    bench.world.edit("rollouts/shop/web", |web| web["spec"]["replicas"] = json!(5));
    let status = timeout(Duration::from_secs(60), child.wait()).await.expect("it hangs").unwrap();
    assert_eq!(status.code(), Some(0));
}
