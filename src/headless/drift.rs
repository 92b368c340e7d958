//! `flightdeck drift read FILE`: a Terraform plan as one JSON document and an exit code.

use serde::Serialize;

use crate::release::drift::{self, Drift, DriftVerdict};

/// The document of section 6. Drift, moves and outputs are addresses and names, never values: those may be secrets.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftView {
    pub format_version: Option<String>,
    pub add: u64,
    pub change: u64,
    pub destroy: u64,
    pub replace: u64,
    pub drift: Vec<String>,
    /// Only where the configuration lists known noise and some was found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub noise: Vec<String>,
    pub moved_only: Vec<String>,
    pub output_changes: Vec<String>,
    pub errored: bool,
    pub complete: Option<bool>,
    pub applyable: Option<bool>,
    /// Null where there is no plan.
    pub exit_code: Option<u8>,
    pub verdict: DriftVerdict,
    pub why: String,
}

/// Reads a plan; `noise` are address globs. The number is the exit code.
pub fn drift_read(bytes: &[u8], noise: &[&str]) -> (DriftView, u8) {
    let view = match drift::read(bytes, noise) {
        Ok(drift) => DriftView::new(drift),
        Err(reason) => DriftView {
            format_version: None,
            exit_code: None,
            why: format!("the file {reason}"),
            ..DriftView::new(Drift::default())
        },
    };
    let exit_code = view.verdict.exit_code();
    (view, exit_code)
}

impl DriftView {
    pub(super) fn new(drift: Drift) -> Self {
        DriftView {
            format_version: Some(drift.format_version),
            add: drift.add,
            change: drift.change,
            destroy: drift.destroy,
            replace: drift.replace,
            drift: drift.drift.into_iter().map(|change| change.address).collect(),
            noise: drift.noise,
            moved_only: drift.moved_only,
            output_changes: drift.output_changes,
            errored: drift.errored,
            complete: drift.complete,
            applyable: drift.applyable,
            // Worked out from what could be read: where that is too little it would say "nothing to apply".
            exit_code: (drift.verdict != DriftVerdict::Unknown).then_some(drift.exit_code),
            verdict: drift.verdict,
            why: drift.why,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_is_a_negative_verdict_and_no_plan_an_unknown_one() {
        let (view, exit_code) = drift_read(include_bytes!("../../fixtures/github/terraform-plan-drift.json"), &[]);
        let json = serde_json::to_value(&view).unwrap();
        assert_eq!((json["verdict"].as_str(), exit_code), (Some("drift"), 1));
        assert_eq!(json["movedOnly"][0].as_str(), Some("aws_sns_topic.alerts"));
        assert_eq!(json["exitCode"].as_u64(), Some(2));
        for unknown in [&b"{}"[..], br#"{"format_version":"1.2","resource_changes":[],"resource_drift":7}"#] {
            let (view, exit_code) = drift_read(unknown, &[]);
            assert_eq!((view.exit_code, exit_code), (None, 3));
        }
    }
}
