//! `flightdeck cost read FILE [--limit D]`: an Infracost report as one JSON document and an exit code.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::release::cost::{self, DEFAULT_LIMIT, DeltaSource};
use crate::release::gate::GateVerdict;

/// The document of section 6. Decimals are strings.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CostView {
    pub schema: Option<String>,
    pub currency: Option<String>,
    pub total: Option<Decimal>,
    pub past: Option<Decimal>,
    /// Null where there is no baseline.
    pub delta: Option<Decimal>,
    pub delta_source: DeltaSource,
    pub errors: Vec<String>,
    pub unpriced: Option<u64>,
    pub verdict: GateVerdict,
    pub why: String,
}

/// Reads a report and judges it against the limit, [`DEFAULT_LIMIT`] by default. The number is the exit code.
pub fn cost_read(bytes: &[u8], limit: Option<Decimal>) -> (CostView, u8) {
    let view = match cost::read(bytes) {
        Ok(cost) => {
            let judgement = cost.judge(limit.unwrap_or(DEFAULT_LIMIT));
            CostView {
                schema: Some(cost.schema),
                currency: cost.currency,
                total: cost.total,
                past: cost.past,
                delta: cost.delta,
                delta_source: cost.delta_source,
                errors: cost.errors,
                unpriced: cost.unpriced,
                verdict: judgement.verdict,
                why: judgement.why,
            }
        }
        Err(reason) => unreadable(reason),
    };
    let exit_code = view.verdict.exit_code();
    (view, exit_code)
}

/// The same document for what is no report, so that a script always finds its fields.
fn unreadable(reason: String) -> CostView {
    CostView {
        schema: None,
        currency: None,
        total: None,
        past: None,
        delta: None,
        delta_source: DeltaSource::None,
        errors: Vec::new(),
        unpriced: None,
        verdict: GateVerdict::Unknown,
        why: format!("the file {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_strings_and_the_verdict_is_the_exit_code() {
        let report = include_bytes!("../../fixtures/github/infracost-diff.json");
        let (view, exit_code) = cost_read(report, Some(20.into()));
        let json = serde_json::to_value(&view).unwrap();
        assert_eq!((json["delta"].as_str(), json["deltaSource"].as_str()), (Some("22.5"), Some("root")));
        assert_eq!((json["verdict"].as_str(), exit_code), (Some("fail"), 1));
        assert_eq!(cost_read(report, None).1, 0);
    }

    #[test]
    fn what_is_no_report_is_unknown() {
        let (view, exit_code) = cost_read(b"<html>", None);
        assert_eq!(exit_code, 3);
        assert_eq!(serde_json::to_value(&view).unwrap()["delta"], serde_json::Value::Null);
    }
}
