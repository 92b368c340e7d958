//! `flightdeck k6 read FILE [--exit-code N]`: a k6 summary as one JSON document and an exit code.

use serde::Serialize;

use crate::release::gate::GateVerdict;
use crate::release::smoke::{self, Checks, Dialect, Threshold};

/// The document of section 6.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct K6View {
    /// Null where this is no summary.
    pub dialect: Option<Dialect>,
    pub thresholds: Vec<Threshold>,
    pub checks: Checks,
    pub verdict: GateVerdict,
    pub why: String,
}

/// Reads a summary; `exit_code` is k6's own, where it is known. The number returned is ours.
///
/// Without thresholds an exit code that is given stands alone, also a 0 that nothing could have changed: the contract says
/// so. Panes, which have it second-hand, call that run unknown.
pub fn k6_read(bytes: &[u8], exit_code: Option<i32>) -> (K6View, u8) {
    let view = match smoke::read(bytes) {
        Ok(smoke) => {
            let (mut verdict, why) = smoke.judge(exit_code);
            if smoke.thresholds.is_empty() && exit_code == Some(0) {
                verdict = GateVerdict::Pass;
            }
            K6View { dialect: Some(smoke.dialect), thresholds: smoke.thresholds, checks: smoke.checks, verdict, why }
        }
        Err(reason) => K6View {
            dialect: None,
            thresholds: Vec::new(),
            checks: Checks::default(),
            verdict: GateVerdict::Unknown,
            why: format!("the file {reason}"),
        },
    };
    let exit_code = view.verdict.exit_code();
    (view, exit_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_contract() {
        let (view, exit_code) = k6_read(include_bytes!("../../fixtures/github/k6-legacy.json"), None);
        let json = serde_json::to_value(&view).unwrap();
        assert_eq!((json["dialect"].as_str(), json["verdict"].as_str(), exit_code), (Some("legacy"), Some("fail"), 1));
        assert_eq!(json["thresholds"][1]["expr"].as_str(), Some("p(95)<800"));
        assert_eq!(json["checks"]["fails"].as_u64(), Some(2));
        assert_eq!(k6_read(b"", Some(0)).1, 3);
    }

    #[test]
    fn without_thresholds_the_exit_code_that_is_given_stands_alone() {
        let legacy = &br#"{"root_group":{"groups":{},"checks":{}},"metrics":{"vus":{"value":1}}}"#[..];
        let handled = &br#"{"root_group":{"groups":[],"checks":[]},"metrics":{"vus":{"values":{"value":1}}}}"#[..];
        let machine = include_bytes!("../../fixtures/github/k6-machine-readable.json");
        for summary in [legacy, handled, machine] {
            let exit_code = |given| k6_read(summary, given).1;
            assert_eq!([None, Some(0), Some(99), Some(105)].map(exit_code), [3, 0, 1, 3]);
        }
        assert!(k6_read(legacy, Some(0)).0.why.contains("could not have failed"));
        let unreadable = br#"{"root_group":{"groups":{}},"metrics":{"checks":{"thresholds":{"rate>0":7}}}}"#;
        assert_eq!(k6_read(unreadable, Some(0)).1, 3);
    }
}
