//! Each verb really changes the world, is seen to, is recorded, and is sent once.

use serde_json::{Value, json};

use super::bench::Bench;

impl Bench {
    /// Does it and returns `shop/web` afterwards: applied, verified, and sent exactly once.
    async fn does(&self, words: &str) -> Value {
        let before = self.patches().len();
        let done = self.run(&format!("{words} -n shop --yes -o json")).await.ends(0);
        let result = done.result();
        assert_eq!((&result["result"], &result["verified"]), (&json!("applied"), &json!(true)), "{result:#}");
        assert!(result["tookMs"].is_u64() && result["reason"].as_str().unwrap().contains("took effect"), "{result:#}");
        assert_eq!(self.patches().len() - before, result["requests"].as_array().unwrap().len(), "{words}");
        self.web()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn promote_goes_on_to_the_next_pause() {
    let bench = Bench::new().await;
    let web = bench.does("rollout promote web").await;
    assert!(web["status"]["currentStepIndex"].as_i64() >= Some(2), "{web:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn promote_full_makes_the_canary_stable() {
    let bench = Bench::new().await;
    let web = bench.does("rollout promote web --full").await;
    assert_eq!(web["status"]["stableRS"], web["status"]["currentPodHash"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn skip_step_leaves_the_pause_behind() {
    let bench = Bench::new().await;
    let web = bench.does("rollout promote web --skip-step").await;
    assert!(web["status"]["currentStepIndex"].as_i64() >= Some(2), "{web:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn abort_and_retry() {
    let bench = Bench::new().await;
    let web = bench.does("rollout abort web").await;
    assert_eq!(web["status"]["abort"], json!(true));
    assert!(web["status"]["abortedAt"].is_string());
    let web = bench.does("rollout retry web").await;
    assert_ne!(web["status"]["abort"], json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn pause_and_resume() {
    let bench = Bench::new().await;
    assert_eq!(bench.does("rollout pause web").await["spec"]["paused"], json!(true));
    assert_ne!(bench.does("rollout resume web").await["spec"]["paused"], json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn restart_replaces_the_pods() {
    let bench = Bench::new().await;
    // One that is in the middle of nothing.
    bench.run("rollout restart cart -n stage --yes").await.ends(0);
    assert!(bench.world.get("rollouts/stage/cart").unwrap()["status"]["restartedAt"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_goes_back_to_a_revision() {
    let bench = Bench::new().await;
    let image = |web: &Value| web["spec"]["template"]["spec"]["containers"][0]["image"].clone();
    assert_eq!(image(&bench.web()), json!("ghcr.io/acme/web:2"));
    let gone = bench.run("rollout undo web -n shop --to-revision 9 --yes -o json").await.ends(1).result();
    assert!(gone["reason"].as_str().unwrap().contains("there is no ReplicaSet of revision 9"), "{gone:#}");
    let web = bench.does("rollout undo web --to-revision 1").await;
    assert_eq!(image(&web), json!("ghcr.io/acme/web:1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn terminate_ends_the_run() {
    let bench = Bench::new().await;
    let run = bench.world.list("analysisruns").into_iter().find(|run| run["status"]["phase"] == "Running").unwrap();
    let name = run["metadata"]["name"].as_str().unwrap();
    bench.does(&format!("analysis terminate {name}")).await;
    let run = bench.world.get(&format!("analysisruns/shop/{name}")).unwrap();
    assert_eq!((&run["spec"]["terminate"], &run["status"]["phase"]), (&json!(true), &json!("Successful")));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_objects_have_one_result_each() {
    let bench = Bench::new().await;
    let done = bench.run("rollout abort web cart web -n shop --yes -o json").await.ends(1).json();
    let results: Vec<_> = done["results"].as_array().unwrap().iter().collect();
    let words = json!([results[0]["result"], results[0]["target"]["name"], results[1]["result"]]);
    assert_eq!((results.len(), words), (2, json!(["applied", "web", "refused"])), "{done:#}");
    assert_eq!(results[0]["target"]["kind"], json!("Rollout"));
    assert_eq!(results[0]["target"]["uid"], bench.web()["metadata"]["uid"]);
    // One that is not there is said for itself.
    let half = bench.run("rollout retry nothing web -n shop --yes -o json").await.ends(3).json();
    let words =
        json!([half["results"][0]["result"], half["results"][0]["target"]["name"], half["results"][1]["result"]]);
    assert_eq!(words, json!(["refused", "nothing", "applied"]), "{half:#}");
    assert_eq!(half["results"][0]["reason"], "there is no Rollout nothing in namespace shop");
    assert_eq!(bench.patches().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_holds_intent_outcome_and_effect_and_shows_an_edit() {
    let bench = Bench::new().await;
    let none = bench.run("audit verify -o json").await.ends(3).json();
    assert_eq!(none["verdict"], json!("unknown"), "what is not there is not whole: {none:#}");
    let dry = bench.run("rollout abort web -n shop --dry-run -o json").await.ends(0).result();
    assert_eq!(dry["reason"], json!("dry run: would be applied; nothing was changed"), "{dry:#}");
    bench.home.run(&["rollout", "abort", "web", "--yes", "--reason", "bad canary"], "").await.ends(0);
    let verdict = bench.run("audit verify -o json").await.ends(0).json();
    assert_eq!((&verdict["verdict"], &verdict["records"]), (&json!("pass"), &json!(3)));
    let items = bench.run("audit list -o json").await.ends(0).json()["items"].clone();
    let kinds: Vec<_> = items.as_array().unwrap().iter().map(|record| record["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["verified", "outcome", "intent"]);
    assert_eq!((&items[2]["reason"], &items[2]["user"]), (&json!("bad canary"), &json!("tester")));
    assert!(bench.run("audit list").await.ends(0).out.contains("bad canary"));

    let journal = std::fs::read_to_string(bench.home.journal()).unwrap();
    bench.home.write("state/audit.jsonl", &journal.replacen("bad canary", "good canary", 1));
    let broken = bench.run("audit verify -o json").await.ends(1).json();
    assert_eq!(broken["verdict"], json!("fail"));
    bench.home.write("state/audit.jsonl", journal.lines().next().unwrap());
    bench.run("audit verify").await.ends(1);
    std::fs::remove_file(bench.home.journal()).unwrap();
    bench.run("audit verify").await.ends(1);
}
