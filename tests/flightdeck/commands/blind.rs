//! What cannot be seen: one sentence with what to do, and a code that is not 0.

use flightdeck::sim::Fault;

use super::bench::{Bench, Done, Home};

/// One sentence, and nothing on stdout that looks like an answer.
#[track_caller]
fn one_sentence(done: Done, code: i32, words: &str) {
    let done = done.ends(code).says(words);
    assert_eq!((done.err.lines().count(), &*done.out), (1, ""), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cluster_it_says_what_to_do() {
    let home = Home::new();
    one_sentence(home.run(&["rollout", "list"], "").await, 3, "--kubeconfig FILE");
    home.write("kubeconfig", "clusters: [");
    one_sentence(home.run(&["rollout", "get", "web"], "").await, 3, "the kubeconfig is not what it should be");
    home.write("kubeconfig", "apiVersion: v1\nkind: Config\n");
    one_sentence(home.run(&["status"], "").await, 3, "--context NAME");
    // Nothing listens on the discard port of loopback.
    home.write(
        "kubeconfig",
        "{current-context: a, contexts: [{name: a, context: {cluster: a, user: a}}], users: [{name: a, user: {}}], \
         clusters: [{name: a, cluster: {server: 'http://127.0.0.1:9'}}]}",
    );
    one_sentence(home.run(&["rollout", "list"], "").await, 3, "cannot be reached");
    one_sentence(home.run(&["rollout", "abort", "web", "--yes"], "").await, 3, "cannot be reached");
    one_sentence(
        home.run(&["rollout", "list", "--context", "b"], "").await,
        3,
        "no context b in the kubeconfig; it has: a",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_let_in_hears_why() {
    let bench = Bench::new().await;
    one_sentence(bench.run("rollout list --context expired").await, 4, "log in again");
    one_sentence(bench.run("rollout list --context nobody").await, 4, "cannot list resource");
    one_sentence(bench.run("rollout get web -n shop --context nobody").await, 4, "cannot list resource");
    let json = bench.run("rollout list --context nobody -o json").await.ends(4).json();
    assert!(json["error"].as_str().is_some_and(|error| error.contains("forbidden")), "{json}");
    bench.run("status --context nobody").await.ends(4).says("cannot list resource");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_blind_context_does_not_hide_the_other() {
    let bench = Bench::new().await;
    let half = bench.run("rollout list -o json --context admin --context expired").await.ends(4).says("expired");
    assert_eq!(half.json()["items"].as_array().unwrap().len(), 3);
    // What is not found may be where nobody could look.
    bench.run("rollout get nothing --context admin --context nobody").await.ends(4).says("nobody: rollouts");
    bench.run("rollout get web --context admin --context nobody").await.ends(0).says("nobody: rollouts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_is_said() {
    let bench = Bench::new().await;
    bench.world.fault(Fault::Down);
    one_sentence(bench.run("rollout list").await, 3, "cannot be reached");
    bench.world.fault(Fault::Unauthorized);
    one_sentence(bench.run("rollout list").await, 4, "log in again");
    bench.world.fault(Fault::TooMany);
    one_sentence(bench.run("rollout list").await, 3, "slow down");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_that_does_not_exist_is_no_empty_one() {
    let bench = Bench::new().await;
    for command in ["rollout list", "status", "rollout get web", "rollout abort web --yes"] {
        let words = "there is no namespace nosuch in context";
        one_sentence(bench.run(&format!("{command} -n nosuch")).await, 3, words);
    }
    // Who may not ask is told nothing about it.
    bench.run("rollout list -n nosuch --context nobody").await.ends(4).says("cannot list resource");
}
