//! What is not done, and its code: refused, unconfirmed, dry, denied, conflict, no effect.

use flightdeck::sim::Fault;
use serde_json::json;

use super::bench::Bench;

impl Bench {
    /// Nothing was changed, no request asked for it, and the journal knows no more than what was refused: these actions.
    #[track_caller]
    fn is_untouched(&self, refused: &[&str]) {
        assert_eq!(self.patches(), Vec::<String>::new());
        assert_ne!(self.web()["status"]["abort"], json!(true));
        let records = self.records();
        let actions: Vec<_> = records.iter().map(|record| record["action"].as_str().expect("an action")).collect();
        assert_eq!(actions, refused);
        assert!(records.iter().all(|record| record["kind"] == "refused"), "{records:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_apply_is_refused_with_its_reason() {
    let bench = Bench::new().await;
    let retry = bench.run("rollout retry web --yes -o json").await.ends(1).result();
    assert_eq!((&retry["result"], &retry["reason"]), (&json!("refused"), &json!("not aborted")));
    assert_eq!((&retry["verified"], &retry["requests"]), (&json!(false), &json!([])));
    bench.run("rollout resume web --yes").await.ends(1);
    bench.run("rollout abort cart -n shop --yes").await.ends(1);
    bench.run("rollout undo web --yes --to-revision 2").await.ends(1);
    bench.run("rollout abort nothing --yes").await.ends(3);
    let gone = bench.run("analysis terminate nothing --yes -o json").await.ends(3).result();
    assert_eq!((&gone["result"], &gone["requests"]), (&json!("refused"), &json!([])));
    assert_eq!(gone["reason"], "there is no AnalysisRun nothing in any namespace");
    bench.run("rollout abort cart --yes").await.ends(2).says("not unique");
    bench.run("rollout abort web --yes --from-dir .").await.ends(2).says("--from-dir");
    // What names no object, or more than one, was no attempt on any.
    bench.is_untouched(&["retry", "resume", "abort", "undo"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_yes_the_plan_is_printed_and_nothing_is_done() {
    let bench = Bench::new().await;
    let plan = bench.run("rollout abort web -o json").await.ends(2).result();
    assert_eq!((&plan["result"], &plan["requests"][0]["method"]), (&json!("refused"), &json!("PATCH")));
    assert!(plan["reason"].as_str().unwrap().contains("--yes"));
    assert_eq!(plan["requests"][0]["path"], "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web/status");
    let table = bench.run("rollout abort web").await.ends(2).out;
    assert!(table.contains("abort Rollout shop/web in context admin"), "{table}");
    bench.run("rollout retry web").await.ends(1);
    bench.is_untouched(&[]);
    let requests = bench.world.requests();
    assert!(requests.iter().all(|request| request.method == "GET"), "{requests:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing() {
    let bench = Bench::new().await;
    let before = bench.web();
    for verb in ["abort", "promote", "promote --full", "pause", "restart", "undo"] {
        let result = bench.run(&format!("rollout {verb} web --dry-run -o json")).await.ends(0).result();
        assert_eq!((&result["verified"], &result["tookMs"]), (&json!(false), &json!(null)), "{result:#}");
        assert!(result["reason"].as_str().unwrap().starts_with("dry run"), "{result:#}");
    }
    assert_eq!(bench.web()["spec"], before["spec"]);
    bench.run("rollout retry web --dry-run").await.ends(1);
    bench.is_untouched(&[]);
    let tried = bench.world.requests().into_iter().filter(|request| request.path.contains("dryRun=All"));
    assert_eq!(tried.count(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_is_denied() {
    let bench = Bench::new().await;
    let result = bench.run("rollout abort web --yes --context viewer -o json").await.ends(4).result();
    assert_eq!((&result["result"], &result["verified"]), (&json!("denied"), &json!(false)));
    assert!(result["reason"].as_str().unwrap().contains("patch rollouts/status in namespace shop"), "{result:#}");
    bench.run("rollout abort web --dry-run --context viewer").await.ends(4);
    bench.world.fault(Fault::ForbiddenWrites);
    bench.run("rollout abort web --yes").await.ends(4);
    bench.is_untouched(&["abort", "abort"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_code_5_and_nothing_is_tried_again() {
    let bench = Bench::new().await;
    bench.world.fault(Fault::Conflict);
    let result = bench.run("rollout abort web --yes -o json").await.ends(5).result();
    assert_eq!((&result["result"], &result["verified"]), (&json!("conflict"), &json!(false)), "{result:#}");
    let tried = bench.world.requests().into_iter().filter(|request| request.method == "PATCH").count();
    assert_eq!(tried, 1, "{:?}", bench.world.requests());
}

#[tokio::test(flavor = "multi_thread")]
async fn accepted_without_effect_is_code_3() {
    let bench = Bench::new().await;
    bench.world.fault(Fault::ControllerAway);
    let done = bench.run("rollout abort web --yes --verify-timeout 1s -o json").await.ends(3);
    let result = done.result();
    assert_eq!((&result["result"], &result["verified"]), (&json!("applied"), &json!(false)), "{result:#}");
    let reason = result["reason"].as_str().unwrap();
    assert!(reason.contains("no effect after 1.") && reason.contains("controller"), "{reason}");
    assert_eq!((bench.patches().len(), &bench.web()["status"]["abort"]), (1, &json!(true)));
    let records = bench.run("audit list -o json").await.ends(0).json();
    assert_eq!(records["items"][0]["result"]["effect"], json!("not-yet"));
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_and_protected_contexts_stay_as_they_are() {
    let bench = Bench::new().await;
    let result = bench.run("rollout abort web --yes --read-only -o json").await.ends(1).result();
    assert!(result["reason"].as_str().unwrap().starts_with("read-only"), "{result:#}");
    let result = bench.run("rollout abort web --yes --context production -o json").await.ends(1).result();
    assert!(result["reason"].as_str().unwrap().contains("--write"), "{result:#}");
    bench.run("rollout abort web --yes --context production --write --read-only").await.ends(1);
    bench.is_untouched(&["abort", "abort", "abort"]);
    bench.run("rollout abort web --yes --context production --write").await.ends(0);
    assert_eq!(bench.web()["status"]["abort"], json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_leaves_one_record_without_an_intent() {
    let bench = Bench::new().await;
    let web = bench.web()["metadata"]["uid"].clone();
    bench.home.run(&["rollout", "retry", "web", "--yes", "--reason", "INC-1 retry"], "").await.ends(1);
    let records = bench.records();
    let refused = records.last().expect("a record");
    assert_eq!(
        (&refused["kind"], &refused["action"], &refused["context"]),
        (&json!("refused"), &json!("retry"), &json!("admin"))
    );
    assert_eq!(refused["target"], json!({"namespace": "shop", "kind": "Rollout", "name": "web", "uid": web}));
    assert_eq!((&refused["reason"], refused.get("intent")), (&json!("INC-1 retry"), None));
    assert_eq!(refused["result"], json!({"result": "refused", "reason": "not aborted"}));
    // Of two, the one that is refused leaves its record, and the other one its three.
    bench.run("rollout abort web cart -n shop --yes -o json").await.ends(1);
    let kinds: Vec<_> = bench.records().iter().map(|record| record["kind"].clone()).collect();
    assert_eq!(kinds, ["refused", "refused", "intent", "outcome", "verified"]);
    bench.run("audit verify").await.ends(0);
    let list = bench.run("audit list").await.ends(0).out;
    assert!(list.contains("refused") && list.contains("INC-1 retry"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_is_not_done() {
    let bench = Bench::new().await;
    // A file where the journal's folder would be.
    bench.home.write("state", "");
    let result = bench.run("rollout abort web --yes -o json").await.ends(1).result();
    assert!(result["reason"].as_str().unwrap().contains("not recorded, so not done"), "{result:#}");
    let refused = bench.run("rollout retry web --yes -o json").await.ends(1).says("could not be recorded");
    assert_eq!(refused.result()["reason"], "not aborted");
    assert_eq!(bench.patches(), Vec::<String>::new());
}
