//! The kill switch from the command line: a commit or a pull request, seen or not, and the way back.

use flightdeck::sim::Fault;
use serde_json::{Value, json};

use super::bench::Bench;

const PUT: &str = "PUT 200 /repos/acme/shop/contents/feature-flags/flags.yaml";

impl Bench {
    /// The flags file as it stands on the default branch.
    async fn flags_file(&self) -> String {
        use base64::Engine;
        let url = format!("{}/repos/acme/shop/contents/feature-flags/flags.yaml", self.world.github_url());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let file: Value = serde_json::from_str(&client.get(url).send().await.unwrap().text().await.unwrap()).unwrap();
        let content = file["content"].as_str().unwrap().replace('\n', "");
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(content).unwrap()).unwrap()
    }
}

fn protected(story: &str) -> String {
    story.replace("  repository: acme/shop\n", "  repository: acme/shop\n  protected: true\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_is_verified_recorded_and_restored_byte_for_byte() {
    let bench = Bench::with_github(str::to_owned).await;
    let before = bench.flags_file().await;
    let kill = ["flags", "kill", "new_checkout", "--yes", "--reason", "TICKET-1 it loops", "-o", "json"];
    let killed = bench.home.run(&kill, "").await.ends(0).result();
    assert_eq!((&killed["result"], &killed["verified"]), (&json!("applied"), &json!(true)), "{killed:#}");
    assert!(killed["tookMs"].is_u64() && killed["reason"].as_str().unwrap().contains("committed in"), "{killed:#}");
    let target = json!({ "context": "acme/shop", "namespace": "", "kind": "Flag", "name": "new_checkout",
        "uid": "flag/new_checkout" });
    assert_eq!(killed["target"], target);
    assert_eq!(killed["requests"][0]["body"]["message"], "kill: new_checkout (TICKET-1 it loops)");
    assert_eq!(bench.writes(), [PUT]);
    let after = bench.flags_file().await;
    assert_eq!(after, before.replace("stage: 100\n", "stage: 0\n").replacen("prod: 100 ", "prod: 0 ", 1));

    let records = bench.records();
    let kinds: Vec<_> = records.iter().map(|record| record["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["intent", "outcome", "verified"]);
    assert_eq!(
        (&records[0]["inverse"]["action"], &records[0]["reason"]),
        (&json!("restore"), &json!("TICKET-1 it loops"))
    );
    assert_eq!((&records[1]["result"]["result"], &records[2]["result"]["effect"]), (&json!("applied"), &json!("done")));
    assert!(records[0]["before"]["content"].is_string(), "what it was before is written down");

    let again = bench.run("flags kill new_checkout --yes -o json").await.ends(1).result();
    assert_eq!(again["reason"], "new_checkout is off already, everywhere");
    let restored = bench.run("flags restore new_checkout --yes -o json").await.ends(0).result();
    assert_eq!((&restored["result"], &restored["verified"]), (&json!("applied"), &json!(true)), "{restored:#}");
    assert_eq!(bench.flags_file().await, before);
    let other = bench.run("flags restore dark_mode --yes -o json").await.ends(1).result();
    assert!(other["reason"].as_str().unwrap().starts_with("no kill of it is recorded"), "{other:#}");
    assert_eq!(bench.writes().len(), 2);
    bench.run("audit verify").await.ends(0);
    let list = bench.run("audit list").await.ends(0).out;
    assert!(list.contains("Flag new_checkout "), "no slash where there is no namespace: {list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_too_large_for_its_answer_is_killed_all_the_same() {
    let history = "      # What was decided when, and why.\n".repeat(40_000);
    let bench = Bench::with_github(|story| {
        story.replacen("      # Feature flags.", &format!("{history}      # Feature flags."), 1)
    })
    .await;
    let killed = bench.run("flags kill new_checkout --yes -o json").await.ends(0).result();
    assert_eq!((&killed["result"], &killed["verified"]), (&json!("applied"), &json!(true)), "{}", killed["reason"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_protected_branch_it_is_open_and_not_in_effect() {
    let bench = Bench::with_github(protected).await;
    let before = bench.flags_file().await;
    let killed = bench.run("flags kill new_checkout --yes -o json").await.ends(3).result();
    assert_eq!((&killed["result"], &killed["verified"]), (&json!("applied"), &json!(false)), "{killed:#}");
    let reason = killed["reason"].as_str().unwrap();
    assert_eq!(reason, "accepted: pull request #432 is open: not in effect before it is merged");
    let words: Vec<_> = killed["requests"].as_array().unwrap().iter().map(|it| it["method"].clone()).collect();
    assert_eq!(words, ["POST", "PUT", "POST"]);
    assert_eq!(bench.flags_file().await, before);
    assert_eq!(bench.records()[2]["result"]["effect"]["halfway"], reason.trim_start_matches("accepted: "));
    let again = bench.run("flags kill new_checkout --yes -o json").await.ends(1).result();
    assert!(again["reason"].as_str().unwrap().starts_with("pull request #432 asks for the same already"), "{again:#}");
    let back = bench.run("flags restore new_checkout --yes -o json").await.ends(1).result();
    let before = "new_checkout stands as it was before that kill: it is not merged, or was put back since";
    assert_eq!(back["reason"], before);
    assert_eq!(bench.writes().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_yes_or_dry_nothing_is_changed_or_recorded() {
    let bench = Bench::with_github(str::to_owned).await;
    let plan = bench.run("flags kill new_checkout").await.ends(2).out;
    assert!(plan.contains("kill Flag new_checkout in repository acme/shop"), "{plan}");
    assert!(plan.contains("features.new_checkout.rollout.prod: 100 -> 0"), "{plan}");
    assert!(plan.contains("Flag new_checkout  refused"), "{plan}");
    let dry = bench.run("flags kill new_checkout --dry-run -o json").await.ends(0).result();
    assert_eq!((&dry["result"], &dry["verified"]), (&json!("unknown"), &json!(false)));
    let both = bench.run("rollback PR22 new_checkout graph_reranker_v2 --dry-run -o json").await.ends(0).json();
    for (result, name) in both["results"].as_array().unwrap().iter().zip(["new_checkout", "graph_reranker_v2"]) {
        let flags = result["inverse"]["flags"].as_object().unwrap();
        assert_eq!(
            (&result["order"], flags.keys().collect::<Vec<_>>()),
            (&json!(1), vec![&name.to_owned()]),
            "{result:#}"
        );
    }
    let reason = dry["reason"].as_str().unwrap();
    assert!(reason.contains("GitHub cannot try it dry; nothing was changed"), "{reason}");
    assert_eq!((bench.writes(), bench.records()), (Vec::new(), Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_refuses_it_has_its_code_and_its_sentence() {
    let bench = Bench::with_github(str::to_owned).await;
    let gone = bench.run("flags kill no_such --yes -o json").await.ends(3).result();
    assert_eq!(gone["reason"], "there is no flag no_such in feature-flags/flags.yaml");
    bench.run("flags kill new_checkout --yes --read-only").await.ends(1);
    let many = bench.run("flags kill no_such dark_mode --yes -o json").await.ends(3).json();
    let words: Vec<_> = many["results"].as_array().unwrap().iter().map(|it| it["result"].clone()).collect();
    assert_eq!(words, ["refused", "applied"]);
    bench.repository("viewer");
    let denied = bench.run("flags kill new_checkout --yes -o json").await.ends(4).result();
    assert!(denied["reason"].as_str().unwrap().contains("it needs the permission contents=write"), "{denied:#}");
    bench.repository("expired");
    bench.run("flags kill new_checkout --yes").await.ends(4).says("(401)");
    bench.repository("operator");
    bench.world.fault(Fault::GithubDown);
    bench.run("flags kill new_checkout --yes").await.ends(3).says("cannot be reached");
    bench.world.fault(Fault::None);
    assert_eq!(bench.writes().len(), 2, "{:?}", bench.writes());
    let text = std::fs::read_to_string(bench.home.journal()).unwrap();
    assert!(!text.contains("Bearer") && !text.contains("QUJDRA"), "no token is written down");
    bench.home.write("config/config.yaml", "");
    bench.run("flags kill new_checkout --yes").await.ends(2).says("no repository is configured: set github.repository");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_flags_of_one_file_are_killed_in_one_commit() {
    let bench = Bench::with_github(str::to_owned).await;
    let before = bench.flags_file().await;
    let done = bench.run("flags kill new_checkout dark_mode --yes -o json").await.ends(0).json();
    let words: Vec<_> = done["results"].as_array().unwrap().iter().map(|it| it["result"].clone()).collect();
    assert_eq!(words, ["applied", "applied"], "{done:#}");
    let names: Vec<_> = done["results"].as_array().unwrap().iter().map(|it| it["target"]["name"].clone()).collect();
    assert_eq!((names, bench.writes()), (vec![json!("new_checkout"), json!("dark_mode")], vec![PUT.to_owned()]));
    let file = bench.flags_file().await;
    assert!(
        file.contains(
            "dark_mode: { default: false, owners: [storefront, \"design\"], rollout: { stage: 0, prod: 0 } }"
        )
    );
    assert!(!file.contains("prod: 100"), "{file}");
    let records = bench.records();
    assert_eq!((records.len(), &records[0]["target"]["name"]), (3, &json!("new_checkout, dark_mode")));
    // Each of them can be put back by itself.
    bench.run("flags restore dark_mode --yes").await.ends(0);
    let again = bench.run("flags restore dark_mode --yes -o json").await.ends(1).result();
    assert!(again["reason"].as_str().unwrap().starts_with("it was restored already"), "{again:#}");
    bench.run("flags restore new_checkout --yes").await.ends(0);
    assert_eq!(bench.flags_file().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_read_from_github_from_a_checkout_or_from_a_file() {
    let bench = Bench::with_github(str::to_owned).await;
    let live = bench.run("flags get -o json").await.json();
    let names: Vec<_> = live["items"].as_array().unwrap().iter().map(|item| item["name"].clone()).collect();
    assert!(names.contains(&json!("new_checkout")), "{live:#}");
    let one = bench.run("flags get dark_mode new_checkout -o json").await.json();
    assert_eq!(one["items"].as_array().unwrap().len(), 2, "{one:#}");
    bench.run("flags get no_such").await.ends(3).says("there is no flag no_such in the file");
    bench.repository("expired");
    bench.run("flags get").await.ends(4).says("(401)");

    let file = bench.home.write("flags.yaml", "features: { a: { default: true, guardrails: { requires: [gate] } } }");
    let asked = bench.world.asked().len();
    for words in ["flags get -o json --flags", "flags get -o json -f"] {
        let bad = bench.run(&format!("{words} {}", file.display())).await.ends(1).json();
        assert_eq!(bad["items"][0]["guardrails"]["unmet"]["default"][0]["requires"], "gate", "{bad:#}");
    }
    bench.home.run(&["flags", "get", "-f", "-"], "features: { a: { default: false } }").await.ends(0);
    bench.home.write("config/config.yaml", &format!("github:\n  flags_checkout: {}\n", file.display()));
    bench.run("flags get a").await.ends(1);
    let killed = bench.run("flags kill a --yes -o json").await.ends(1).result();
    assert_eq!(killed["reason"], "the flags are read from a local checkout: change them in git");
    let kinds: Vec<_> = bench.records().iter().map(|record| record["kind"].clone()).collect();
    assert_eq!((bench.world.asked().len(), kinds), (asked, vec![json!("refused")]));
    bench.home.write("flags.yaml", "features: [");
    bench.run("flags get").await.ends(3);
    std::fs::remove_file(file).unwrap();
    bench.run("flags get").await.ends(3).says("flags.yaml cannot be read");
    bench.home.write("config/config.yaml", "");
    bench.run("flags get").await.ends(2).says("no repository is configured");
}
