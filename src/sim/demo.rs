//! The stories of the demo world, embedded.

/// Every story of the demo world, the cluster that they share first.
pub(super) fn stories() -> Vec<String> {
    [
        include_str!("../../fixtures/demo/cluster.yaml"),
        include_str!("../../fixtures/demo/checkout.yaml"),
        include_str!("../../fixtures/demo/web.yaml"),
        include_str!("../../fixtures/demo/api.yaml"),
        include_str!("../../fixtures/demo/ledger.yaml"),
        include_str!("../../fixtures/demo/fraud.yaml"),
        include_str!("../../fixtures/demo/recommend.yaml"),
        include_str!("../../fixtures/demo/gateway.yaml"),
        include_str!("../../fixtures/demo/notify.yaml"),
        include_str!("../../fixtures/demo/indexer.yaml"),
        include_str!("../../fixtures/demo/healthy.yaml"),
        include_str!("../../fixtures/demo/github.yaml"),
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Only the cluster.
pub(super) fn cluster() -> Vec<String> {
    stories().into_iter().take(1).collect()
}
