//! `cost list`, `drift get` and `k6 get`: the verdicts of the repository's own runs.

use flightdeck::sim::Fault;
use serde_json::{Value, json};

use super::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn the_gates_say_what_their_last_runs_have_come_to() {
    let bench = Bench::with_github(str::to_owned).await;
    let cost = bench.run("cost list -o json").await.json();
    let items = cost["items"].as_array().unwrap();
    assert!(items.iter().any(|item| item["number"] == 431 && item["merged"] == json!(false)), "{cost:#}");
    let drift = bench.run("drift get -o json").await.json();
    assert!(drift["run"]["id"].is_u64() && drift["plan"]["verdict"].is_string(), "{drift:#}");
    let smoke = bench.run("k6 get -o json").await.json();
    assert!(smoke["run"]["id"].is_u64() && smoke["thresholds"].is_array(), "{smoke:#}");
    for words in ["cost list", "drift get", "k6 get"] {
        let table = bench.run(words).await;
        assert!(!table.out.is_empty() && table.code != Some(2), "{table:#?}");
    }
    let status = bench.run("status -o json").await.json();
    let rows = status["rows"].as_array().unwrap();
    let of_repository: Vec<_> =
        rows.iter().filter(|row| row["confidence"] != "unknown").map(|row| &row["id"]).collect();
    assert_eq!(json!(of_repository), json!(["PR17", "PR18", "PR19", "PR20", "PR21", "PR22"]), "{status:#}");
    assert_eq!(rows[6]["summary"], "3 rollouts: 1 Paused, 2 Healthy; 1 needs a human");
    bench.world.fault(Fault::GithubDown);
    let blind = bench.run("status -o json").await.ends(3).json();
    assert_eq!((&blind["rows"][7]["state"], &blind["rows"][6]["state"]), (&json!("unknown"), &json!("attention")));
    for words in ["cost list -o json", "drift get -o json", "k6 get -o json"] {
        let blind = bench.run(words).await.ends(3).says("cannot be reached").json();
        assert!(blind["error"].is_string(), "{blind:#}");
    }
    bench.home.write("config/config.yaml", "");
    let none: Value = bench.run("drift get -o json").await.ends(2).json();
    assert!(none["error"].as_str().unwrap().contains("no repository is configured"));
}
