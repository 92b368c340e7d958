//! What the gates' tools print: plans, costs, summaries.
#![no_main]

use flightdeck::release::cost::{self, DEFAULT_LIMIT};
use flightdeck::release::drift::{self, DriftVerdict};
use flightdeck::release::gate::GateVerdict;
use flightdeck::release::smoke;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(plan) = drift::read(bytes, &["*noise*"]) {
        assert!(plan.verdict != DriftVerdict::Clean || !plan.errored, "{plan:?}");
    }
    if let Ok(cost) = cost::read(bytes) {
        let judged = cost.judge(DEFAULT_LIMIT);
        assert!(judged.verdict != GateVerdict::Pass || (cost.errors.is_empty() && cost.delta.is_some()), "{cost:?}");
    }
    if let Ok(smoke) = smoke::read(bytes) {
        for code in [None, Some(0), Some(99)] {
            let (verdict, _) = smoke.judge(code);
            let is_proven = !smoke.thresholds.is_empty() && smoke.thresholds.iter().all(|one| one.ok == Some(true));
            assert!(verdict != GateVerdict::Pass || is_proven || code == Some(0), "{smoke:?}");
        }
    }
});
