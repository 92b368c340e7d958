//! The whole watch against a stand-in for the API server, with time paused, and once over real HTTP.

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::*;
use crate::release::object::Uid;
use crate::release::rollout::Rollout;
use crate::sources::cluster::{self, Address};
use crate::sources::double::{Chunk, Double, Reply, Seen};
use crate::sources::rollouts::{RolloutWire, SOURCE};

fn object(name: &str, version: u64) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop", "uid": name, "resourceVersion": version.to_string()}})
}

fn page(names: &[&str], version: u64, next: &str) -> Reply {
    let items: Vec<Value> = names.iter().map(|name| object(name, version)).collect();
    let metadata = json!({"resourceVersion": version.to_string(), "continue": next});
    Reply::ok(json!({"kind": "RolloutList", "metadata": metadata, "items": items}).to_string())
}

fn event(kind: &str, object: Value) -> String {
    format!("{}\n", json!({"type": kind, "object": object}))
}

fn bookmark(version: u64) -> String {
    event("BOOKMARK", json!({"metadata": {"resourceVersion": version.to_string()}}))
}

/// A watch that stays open and silent after these lines.
fn stream(lines: &[String]) -> Reply {
    Reply::ok(lines.concat()).then(Chunk::Hang)
}

fn status(code: u16, message: &str) -> Reply {
    Reply::new(code, json!({"kind": "Status", "code": code, "message": message}).to_string())
}

/// A watch at work against a double.
struct Running {
    double: Double,
    reports: mpsc::Receiver<Report>,
    task: JoinHandle<()>,
}

fn run(answer: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static) -> Running {
    let double = Double::new(answer);
    run_with(double.client(), double)
}

fn run_with(client: kube::Client, double: Double) -> Running {
    let (sender, reports) = mpsc::channel(100);
    let cluster = Cluster { context: "test".into(), client };
    let watch = Watch::new(&SOURCE, &cluster, None, None, &sender);
    Running { double, reports, task: tokio::spawn(watch.run::<RolloutWire>(Observation::Rollouts)) }
}

impl Running {
    /// The next thing said, in words.
    async fn next(&mut self) -> String {
        let report = tokio::time::timeout(Duration::from_secs(100), self.reports.recv()).await;
        words(report.expect("nothing is said").expect("the watch has ended").said)
    }

    async fn all(&mut self, count: usize) -> Vec<String> {
        let mut all = Vec::new();
        while all.len() < count {
            all.push(self.next().await);
        }
        all
    }

    /// The paths' resource versions of watches so far.
    fn versions(&self) -> Vec<String> {
        self.double.seen().iter().filter_map(|seen| seen.parameter("resourceVersion")).collect()
    }

    fn lists(&self) -> usize {
        self.double.seen().iter().filter(|seen| !seen.is_watch()).count()
    }
}

fn words(said: Said) -> String {
    let name = |rollout: &Rollout| match &rollout.fault {
        Some(_) => format!("{}!", rollout.id.name),
        None => rollout.id.name.to_string(),
    };
    match said {
        Said::Observed(Observation::Rollouts(change)) | Said::Partial(Observation::Rollouts(change)) => match change {
            Change::Reset(all) => format!("reset {}", all.iter().map(name).collect::<Vec<_>>().join(" ")),
            Change::Applied(rollout) => format!("applied {}", name(&rollout)),
            Change::Deleted(Uid(uid)) => format!("deleted {uid}"),
        },
        Said::Loaded => "loaded".into(),
        Said::Alive => "alive".into(),
        Said::Failing(failure) => {
            let retry = failure.retry_in.unwrap_or_default().as_millis();
            format!("{:?} {retry}: {}", failure.kind, failure.message)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn pages_then_changes() {
    let mut running = run(|number, _| match number {
        0 => page(&["a", "b"], 5, "to&ken"),
        1 => page(&["c"], 5, ""),
        2 => stream(&[event("ADDED", object("d", 6)), bookmark(9), event("DELETED", object("a", 10))]),
        _ => Reply::never(),
    });
    assert_eq!(running.all(7).await, ["reset a b", "applied c", "loaded", "alive", "applied d", "alive", "deleted a"]);
    let seen = running.double.seen();
    assert!(seen[0].path.starts_with("/apis/argoproj.io/v1alpha1/rollouts?"), "{}", seen[0].path);
    assert_eq!((seen[0].parameter("limit"), seen[0].parameter("continue")), (Some("100".into()), None));
    assert_eq!(seen[1].parameter("continue").as_deref(), Some("to&ken"));
    assert_eq!(seen[2].parameter("allowWatchBookmarks").as_deref(), Some("true"));
    assert_eq!(running.versions(), ["5"]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_watch_is_noticed_within_fifteen_seconds_and_goes_on_where_it_was() {
    let mut running = run(|number, _| match number {
        0 => page(&["a"], 5, ""),
        1 => stream(&[bookmark(7)]),
        _ => stream(&[event("MODIFIED", object("a", 8))]),
    });
    assert_eq!(running.all(4).await, ["reset a", "loaded", "alive", "alive"]);
    let before = Instant::now();
    assert_eq!(running.next().await, "Unreachable 500: the watch fell silent");
    assert!(before.elapsed() < Duration::from_secs(15));
    assert_eq!(running.all(2).await, ["alive", "applied a"]);
    assert_eq!(running.versions(), ["5", "7"]);
    assert_eq!(running.lists(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up() {
    let mut running = run(|_, _| Reply::never());
    assert_eq!(running.next().await, "Unreachable 500: no answer within 10 s");
    assert_eq!(running.next().await, "Unreachable 1000: no answer within 10 s");
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_costs_nothing_that_was_said() {
    let mut running = run(|number, _| match number {
        0 => page(&["a"], 5, ""),
        1 => Reply::ok(event("ADDED", object("b", 6)) + "{\"type\":\"ADDED\",\"obj").then(Chunk::Break),
        _ => stream(&[event("ADDED", object("c", 7))]),
    });
    assert_eq!(running.all(4).await[3], "applied b");
    assert!(running.next().await.starts_with("Unreachable 500: the watch broke off"));
    assert_eq!(running.all(2).await, ["alive", "applied c"]);
    assert_eq!(running.versions(), ["5", "6"]);
}

fn gone_status() -> Reply {
    status(410, "too old resource version")
}

fn gone_event() -> Reply {
    Reply::ok(event("ERROR", json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"})))
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_version_lists_again_and_drops_what_was_deleted_meanwhile() {
    for gone in [gone_status, gone_event] {
        let mut running = run(move |number, _| match number {
            0 => page(&["a", "b"], 5, ""),
            1 => stream(&[event("ADDED", object("c", 6))]),
            2 => gone(),
            3 => page(&["b"], 90, "more"),
            4 => page(&["c"], 90, ""),
            _ => stream(&[bookmark(91)]),
        });
        assert_eq!(running.all(4).await, ["reset a b", "loaded", "alive", "applied c"]);
        let mut said = running.all(4).await;
        said.retain(|said| !said.starts_with("Unreachable") && said != "alive");
        assert_eq!(said[..2], ["reset b c", "loaded"], "the whole at once");
        while running.double.seen().len() < 6 {
            running.next().await;
        }
        assert_eq!(running.versions(), ["5", "6", "90"]);
    }
}

#[tokio::test(start_paused = true)]
async fn versions_that_are_always_forgotten_do_not_go_round_without_a_pause() {
    for gone in [gone_status, gone_event] {
        let started = Instant::now();
        let mut running = run(move |_, seen| if seen.is_watch() { gone() } else { page(&["a"], 5, "") });
        while started.elapsed() < Duration::from_secs(60) {
            running.next().await;
        }
        assert!(running.double.seen().len() < 40, "{} requests in a minute", running.double.seen().len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_ends_every_watch_at_once_is_not_stormed() {
    let started = Instant::now();
    let mut running = run(|_, seen| if seen.is_watch() { Reply::ok("") } else { page(&["a"], 5, "") });
    let mut last = String::new();
    while started.elapsed() < Duration::from_secs(60) {
        last = running.next().await;
    }
    assert!(last.ends_with("every watch ends at once: is there a proxy in between?"), "{last}");
    assert!(running.double.seen().len() < 15, "{} requests in a minute", running.double.seen().len());
    assert_eq!(running.lists(), 1);
}

#[tokio::test(start_paused = true)]
async fn refusals_have_their_kinds_and_pauses() {
    let first = |reply: Reply| async move { run(move |_, _| reply.clone()).next().await };
    assert_eq!(
        first(status(403, "rollouts is forbidden: User \"viewer\" cannot list")).await,
        "Forbidden 20000: rollouts is forbidden: User \"viewer\" cannot list (403)"
    );
    assert_eq!(
        first(Reply::new(404, "404 page not found")).await,
        "NotInstalled 20000: not installed in this cluster (404)"
    );
    assert!(first(status(401, "Unauthorized")).await.starts_with("Unauthorized 500: "));
    assert!(first(status(500, "etcd\u{1b}[0m")).await.ends_with("answered 500: etcd␛[0m"));
    assert!(first(Reply::ok("<html>")).await.starts_with("Failed 500: the API server's answer cannot be read"));
    for (asked, waited) in [("3", 3000), ("0", 500), ("86400", 60_000), ("-7", 500), ("Thu, 01 Jan 2026", 500)] {
        let said = first(status(429, "slow").header("retry-after", asked)).await;
        assert_eq!(said, format!("Failed {waited}: the API server asks us to slow down (429): slow"));
    }
}

#[tokio::test(start_paused = true)]
async fn who_was_let_in_once_asks_again_soon() {
    let mut running = run(|number, seen| match number {
        0 => page(&["a"], 5, ""),
        // A server that has just started has not read its roles yet.
        1..3 => status(403, "no"),
        _ if seen.is_watch() => stream(&[bookmark(6)]),
        _ => page(&["a"], 5, ""),
    });
    let said = running.all(5).await;
    assert_eq!(said[2..], ["Forbidden 500: no (403)", "Forbidden 1000: no (403)", "alive"]);
}

#[tokio::test(start_paused = true)]
async fn failures_back_off_and_recovery_is_told() {
    let mut running = run(|number, seen| match number {
        0..6 => status(500, "x"),
        _ if seen.is_watch() => stream(&[bookmark(6)]),
        _ => page(&["a"], 5, ""),
    });
    let pauses: Vec<String> = running.all(6).await;
    let pauses: Vec<&str> = pauses.iter().map(|said| said.split([' ', ':']).nth(1).unwrap()).collect();
    assert_eq!(pauses, ["500", "1000", "2000", "4000", "8000", "10000"]);
    assert_eq!(running.all(2).await, ["reset a", "loaded"]);
}

#[tokio::test(start_paused = true)]
async fn an_error_in_the_stream_backs_off_too() {
    let mut running = run(|_, seen| match seen.is_watch() {
        true => Reply::ok(event("ERROR", json!({"code": 500, "message": "etcd"}))),
        false => page(&["a"], 5, ""),
    });
    let said = running.all(6).await;
    assert_eq!(said[2], "alive");
    let failing = |pause| format!("Failed {pause}: the API server answered 500: etcd");
    assert_eq!(said[3..], [failing(500), failing(1000), failing(2000)], "no sign of life in between");
}

#[tokio::test(start_paused = true)]
async fn a_malformed_object_costs_its_own_row() {
    let bad = json!({"metadata": {"name": "bad", "uid": "bad"}, "spec": 5});
    let mut running = run(move |number, _| match number {
        0 => Reply::ok(json!({"metadata": null, "items": [object("a", 1), bad, null, object("b", 2)]}).to_string()),
        _ => stream(&[event("MODIFIED", json!({"metadata": {"name": "a", "uid": "a"}, "status": 5})), bookmark(3)]),
    });
    assert_eq!(running.all(5).await, ["reset a bad! ! b", "loaded", "alive", "applied a!", "alive"]);
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_text_cost_nothing() {
    let mut items = br#"{"metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":"a","labels":{"x":""#.to_vec();
    items.extend_from_slice(b"\xff\xfe\"}}}]}");
    let mut line = br#"{"type":"ADDED","object":{"metadata":{"name":"b","labels":{"x":""#.to_vec();
    line.extend_from_slice(b"\xff\"}}}}\n");
    let mut running = run(move |number, _| match number {
        0 => Reply::ok("").then(Chunk::Data(items.clone().into())),
        _ => Reply::ok("").then(Chunk::Data(line.clone().into())).then(Chunk::Hang),
    });
    assert_eq!(running.all(4).await, ["reset a", "loaded", "alive", "applied b"]);
}

#[tokio::test(start_paused = true)]
async fn the_watch_ends_when_nobody_listens() {
    let running = run(|_, _| status(404, ""));
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(running.reports);
    running.task.await.unwrap();
}

#[tokio::test]
async fn over_real_http_the_same() {
    let double = Double::new(|number, _| match number {
        0 => page(&["a"], 5, "x"),
        1 => page(&["b"], 5, ""),
        2 => Reply::ok(event("ADDED", object("c", 6))).then(Chunk::Break),
        3 => gone_event(),
        4 => page(&["c"], 9, ""),
        _ => stream(&[event("DELETED", object("c", 10))]),
    });
    let address = Address::Plain(double.serve().await);
    let client = cluster::connect("test", &address).await.unwrap().client;
    let mut running = run_with(client, double);
    assert_eq!(running.all(5).await, ["reset a", "applied b", "loaded", "alive", "applied c"]);
    assert!(running.next().await.starts_with("Unreachable 500: the watch broke off"));
    assert_eq!(running.all(5).await, ["alive", "reset c", "loaded", "alive", "deleted c"]);
    assert_eq!(running.versions(), ["5", "6", "9"]);
}

#[tokio::test]
async fn lines_are_put_together_from_any_pieces() {
    let pieces = ["one", "\n\n \r\ntw", "o\nthree\nfo", "ur"];
    let (mut lines, mut all) = (Lines::new(body(pieces.map(|piece| piece.into())).await), Vec::new());
    while let Some(line) = lines.next().await.unwrap() {
        all.push(String::from_utf8(line.to_vec()).unwrap());
    }
    assert_eq!(all, ["one\n", "two\n", "three\n"], "an unfinished line is none");
}

#[tokio::test]
async fn a_line_without_end_is_not_taken_into_memory() {
    let mebibyte = bytes::Bytes::from(vec![b'x'; 1 << 20]);
    let error = Lines::new(body(std::iter::repeat_n(mebibyte, 70)).await).next().await.unwrap_err();
    assert!(error.message.contains("longer than 64 MiB"), "{}", error.message);
}

async fn body(pieces: impl IntoIterator<Item = bytes::Bytes>) -> kube::client::Body {
    let reply = pieces.into_iter().fold(Reply::ok(""), |reply, piece| reply.then(Chunk::Data(piece)));
    let double = Double::new(move |_, _| reply.clone());
    api::open(&double.client(), "/").await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_every_watch_after_a_bookmark_is_not_stormed() {
    let started = Instant::now();
    let mut running = run(|_, seen| if seen.is_watch() { Reply::ok(bookmark(6)) } else { page(&["a"], 5, "") });
    while started.elapsed() < Duration::from_secs(30) {
        assert!(!running.next().await.contains("Unreachable"));
    }
    assert!(running.double.seen().len() < 70, "{} requests in 30 s", running.double.seen().len());
}
