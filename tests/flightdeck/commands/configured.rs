//! What the configuration says about writing.

use super::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_is_required_where_the_configuration_says_so() {
    let bench = Bench::new().await;
    bench.home.write("config/config.yaml", "contexts:\n  operator:\n    require_reason: true\n");
    bench.run("rollout abort web --yes --context operator").await.ends(2).says("--reason TEXT");
    bench.run("rollout abort web --dry-run --context operator").await.ends(0);
    assert_eq!(bench.patches(), Vec::<String>::new());
    bench.run("rollout abort web --yes --context operator --reason TICKET-1").await.ends(0);
    bench.run("rollout retry web --yes").await.ends(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_in_the_configuration_is_said_and_not_fatal() {
    let bench = Bench::new().await;
    bench.home.write("config/config.yaml", "thema: dark\n");
    bench.run("rollout abort web --dry-run").await.ends(0).says("config.yaml");
}
