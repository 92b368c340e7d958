//! What an API server sends.
#![no_main]

use std::sync::Arc;

use flightdeck::sources::wire::Wire;
use flightdeck::sources::{
    analysis_runs, events, experiments, jobs, leases, namespaces, pods, replica_sets, rollouts, watch,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    read::<rollouts::RolloutWire>(text);
    read::<analysis_runs::AnalysisRunWire>(text);
    read::<replica_sets::ReplicaSetWire>(text);
    read::<pods::PodWire>(text);
    read::<experiments::ExperimentWire>(text);
    read::<jobs::JobWire>(text);
    read::<events::EventWire>(text);
    read::<leases::LeaseWire>(text);
    read::<namespaces::NamespaceWire>(text);
});

fn read<W: Wire>(text: &str) {
    let context: Arc<str> = "kind".into();
    let _ = watch::read_object::<W>(text, &context);
    let page = watch::read_page::<W>(format!("{{\"items\":[{text}]}}").as_bytes(), &context);
    let is_json = serde_json::from_str::<serde_json::Value>(text).is_ok();
    assert!(page.is_ok() || !is_json, "one object costs the page");
    let _ = watch::read_page::<W>(text.as_bytes(), &context);
}
