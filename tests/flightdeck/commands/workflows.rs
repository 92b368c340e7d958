//! Workflows, the limit and the rollbacks of the pack's rows, from the command line.

use flightdeck::sim::Fault;
use serde_json::{Value, json};

use super::bench::Bench;

impl Bench {
    /// Does it: applied, verified, and one request that GitHub took.
    async fn does_on_github(&self, words: &str) -> Value {
        let before = self.writes().len();
        let result = self.run(&format!("{words} --yes -o json")).await.ends(0).result();
        assert_eq!((&result["result"], &result["verified"]), (&json!("applied"), &json!(true)), "{result:#}");
        assert_eq!(self.writes().len() - before, 1, "{:?}", self.writes());
        result
    }

    async fn refuses(&self, words: &str, reason: &str, code: i32) {
        let result = self.run(&format!("{words} --yes -o json")).await.ends(code).result();
        assert_eq!((&result["result"], &result["reason"]), (&json!("refused"), &json!(reason)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_switched_off_and_on_and_run() {
    let bench = Bench::with_github(str::to_owned).await;
    bench.does_on_github("workflow disable drift").await;
    bench.refuses("workflow disable drift", "infra-drift.yml is disabled_manually already", 1).await;
    bench.refuses("workflow run drift", "infra-drift.yml is disabled_manually: enable it first", 1).await;
    bench.does_on_github("workflow enable drift").await;
    let run = bench.does_on_github("workflow run drift").await;
    assert_eq!(run["requests"][0]["body"], json!({ "ref": "main" }));
    assert_eq!(run["target"]["kind"], "Workflow");
    let paths: Vec<_> = bench.writes().iter().map(|it| it.rsplit('/').next().unwrap().to_owned()).collect();
    assert_eq!(paths, ["disable", "enable", "dispatches"]);
    let dry = bench.run("workflow disable drift --dry-run").await.ends(0).out;
    assert!(dry.contains("Workflow infra-drift.yml  unknown"), "{dry}");
    let shown = dry.split_once("\n\n").unwrap().1;
    assert_eq!(shown, bench.run("workflow disable drift").await.ends(2).out.split_once("\n\n").unwrap().1);
    assert!(shown.contains("PUT /repos/acme/shop/actions/workflows/infra-drift.yml/disable"), "{dry}");
    let dry = bench.run("rollback PR20 --dry-run -o json").await.ends(0).result();
    assert_eq!((&dry["order"], &dry["inverse"]), (&json!(1), &json!({ "action": "enable-workflow" })), "{dry:#}");
    assert_eq!(bench.run("workflow disable drift -o json").await.ends(2).result().get("inverse"), None);
    assert_eq!(bench.writes().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_is_a_variable_of_the_repository() {
    let bench = Bench::with_github(str::to_owned).await;
    let raised = bench.does_on_github("cost limit 30").await;
    assert_eq!(raised["requests"][0]["body"], json!({ "name": "INFRACOST_LIMIT", "value": "30" }));
    assert_eq!(bench.records()[0]["inverse"], json!({ "action": "set-limit", "amount": "25" }));
    bench.refuses("cost limit 30.0", "the limit is 30.0 already", 1).await;
    bench.run("cost limit much --yes").await.ends(2);
    let unset = Bench::with_github(|story| story.replace("  variables: { INFRACOST_LIMIT: \"25\" }\n", "")).await;
    unset
        .refuses(
            "cost limit 30",
            "the variable INFRACOST_LIMIT is not set, or not to be seen: only one that is there can be changed",
            3,
        )
        .await;
    assert_eq!(unset.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_row_of_the_pack_is_taken_back() {
    let bench = Bench::with_github(str::to_owned).await;
    let smoke = bench.does_on_github("rollback PR18").await;
    assert_eq!(smoke["requests"][0]["path"], "/repos/acme/shop/contents/.github/workflows/verify-release.yml");
    let gate = bench.does_on_github("rollback pr19").await;
    assert_eq!(gate["requests"][0]["path"], "/repos/acme/shop/contents/.github/workflows/infra-plan.yml");
    let drift = bench.does_on_github("rollback PR20").await;
    assert_eq!(drift["requests"][0]["path"], "/repos/acme/shop/actions/workflows/infra-drift.yml/disable");
    let previews = bench.does_on_github("rollback PR21").await;
    assert_eq!(previews["requests"][0]["path"], "/repos/acme/shop/actions/workflows/preview-teardown.yml/disable");
    bench.does_on_github("rollback PR22 new_checkout").await;
    bench.run("rollback PR22 --yes").await.ends(2).says("name the flags to kill");
    bench.run("rollback PR20 new_checkout --yes").await.ends(2).says("only PR22 takes names");
    bench.run("rollback PR11 --yes").await.ends(2);
    let again = bench.run("rollback PR18 --yes -o json").await.ends(1).result();
    assert!(again["reason"].as_str().unwrap().contains("it may be gone already"), "{again:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_workflows_is_told_so() {
    let bench = Bench::with_github(str::to_owned).await;
    bench.repository("contents-only");
    let denied = bench.run("rollback PR18 --yes -o json").await.ends(4).result();
    assert!(denied["reason"].as_str().unwrap().contains("workflows=write"), "{denied:#}");
    bench.repository("no-workflows");
    let hidden = bench.run("rollback PR19 --yes -o json").await.ends(4).result();
    assert!(hidden["reason"].as_str().unwrap().contains("the token lacks the scope workflow"), "{hidden:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_looked_after() {
    let bench = Bench::with_github(str::to_owned).await;
    bench.world.fault(Fault::GithubLost);
    let done = bench.run("workflow disable drift --yes -o json").await.ends(0).result();
    let reason = done["reason"].as_str().unwrap();
    assert!(reason.starts_with("unknown whether it was done") && reason.contains("took effect"), "{reason}");
    assert_eq!(bench.writes().len(), 1);
    let kinds: Vec<_> = bench.records().iter().map(|it| it["result"].clone()).collect();
    assert_eq!((&kinds[1]["result"], &kinds[2]["effect"]), (&json!("unknown"), &json!("done")));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_repository_nothing_is_asked() {
    let bench = Bench::new().await;
    for words in ["workflow run drift", "cost limit 30", "rollback PR20", "flags restore x"] {
        bench.run(&format!("{words} --yes")).await.ends(2).says("no repository is configured: set github.repository");
    }
    assert!(bench.world.requests().is_empty(), "no cluster is asked either");
}
