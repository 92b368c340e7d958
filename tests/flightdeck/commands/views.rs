//! `rollout get`, `rollout list` and `status` against what the world holds.

use serde_json::json;

use super::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn list_names_every_rollout_of_the_world() {
    let bench = Bench::new().await;
    let all = bench.run("rollout list -o json").await.ends(0).json();
    let names: Vec<_> =
        all["items"].as_array().unwrap().iter().map(|item| (&item["namespace"], &item["name"])).collect();
    assert_eq!(json!(names), json!([["shop", "cart"], ["shop", "web"], ["stage", "cart"]]));
    let web = &all["items"][1];
    assert_eq!((&web["phase"], &web["message"]), (&bench.web()["status"]["phase"], &json!("CanaryPauseStep")));
    assert_eq!((&web["step"], &web["setWeight"], &web["context"]), (&json!("1/4"), &json!(25), &json!("admin")));

    let one = bench.run("rollout list -n stage -o json").await.ends(0).json();
    assert_eq!(one["items"].as_array().unwrap().len(), 1);
    let lines = bench.run("rollout list -A -o jsonl").await.ends(0).out;
    assert_eq!(lines.lines().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()).count(), 3);
    let table = bench.run("rollout list").await.ends(0).out;
    assert!(table.starts_with("NAMESPACE  NAME"), "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_contexts_of_one_cluster_are_one() {
    let bench = Bench::new().await;
    let twice = bench.run("rollout list --context operator --context admin -o json").await.ends(0).json();
    let contexts: Vec<_> = twice["items"].as_array().unwrap().iter().map(|item| &item["context"]).collect();
    assert_eq!(contexts, ["admin"; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn get_shows_the_tree_and_what_may_be_done() {
    let bench = Bench::new().await;
    let web = bench.run("rollout get web -n shop -o json").await.ends(0).json();
    assert_eq!(web["replicas"], json!({"desired": 4, "current": 4, "updated": 1, "ready": 4, "available": 4}));
    assert_eq!(web["actualWeight"], json!(25));
    assert_eq!(web["revisions"][0]["revision"], json!(2));
    let canary = &web["revisions"][0]["replicaSets"][0];
    assert_eq!((&canary["tags"], canary["pods"].as_array().unwrap().len()), (&json!(["canary"]), 1));
    assert_eq!(web["revisions"][0]["analysisRuns"][0]["status"], json!("Running"));
    assert_eq!(web["revisions"][1]["replicaSets"][0]["pods"].as_array().unwrap().len(), 3);
    assert_eq!(web["images"][0], json!({"image": "ghcr.io/acme/web:1", "tags": ["stable"]}));
    assert_eq!(web["actions"]["abort"], json!({"enabled": true, "reason": web["actions"]["abort"]["reason"]}));
    assert_eq!(web["actions"]["retry"]["enabled"], json!(false));
    // Without -n it is found wherever it is.
    assert_eq!(bench.run("rollout get web -o json").await.ends(0).json()["namespace"], json!("shop"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_must_mean_one_object() {
    let bench = Bench::new().await;
    let twice = bench.run("rollout get cart -o json").await.ends(2).says("shop/cart").says("stage/cart").says("-n NS");
    assert!(twice.json()["error"].is_string());
    bench.run("rollout get cart -n stage").await.ends(0);
    bench.run("rollout get nothing -n shop").await.ends(3).says("there is no Rollout nothing in namespace shop");
    bench.run("rollout get web -n stage").await.ends(3);
}

#[tokio::test(flavor = "multi_thread")]
async fn status_has_every_row_and_its_code_speaks_for_what_is_watched() {
    let bench = Bench::new().await;
    let status = bench.run("status -o json").await.ends(0).json();
    let ids: Vec<_> = status["rows"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 12);
    let row = &status["rows"][6];
    assert_eq!(
        (&row["id"], &row["state"], &row["confidence"]),
        (&json!("PR17"), &json!("attention"), &json!("observed"))
    );
    assert!(status["cutover"].is_object() && status["hazards"].is_array());
    let table = bench.run("status").await.ends(0).out;
    assert!(table.contains("shop/web") && table.contains("waiting for you"), "{table}");
    // What is aborted is a negative verdict.
    bench.run("rollout abort web -n shop --yes").await.ends(0);
    bench.run("status").await.ends(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_arguments_are_code_2_and_help_is_0() {
    let bench = Bench::new().await;
    for words in [
        "rollout get",
        "rollout abort",
        "rollout list -o xml",
        "rollout list -n shop -A",
        "rollout abort web --verify-timeout soon",
        "rollout abort web --verify-timeout 0s",
        "rollout promote web --full --skip-step",
        "rollout undo web --to-revision first",
        "analysis eval",
        "analysis lint",
        "cost read report.json --limit much",
        "nothing",
    ] {
        let done = bench.run(words).await.ends(2);
        assert!(done.out.is_empty() && !done.err.is_empty(), "{done:?}");
    }
    for words in ["--help", "rollout --help", "rollout promote --help", "--version"] {
        assert!(bench.run(words).await.ends(0).out.contains("flightdeck"));
    }
}
