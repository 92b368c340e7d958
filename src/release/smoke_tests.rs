//! Summaries as k6 writes them, and as nobody should.

use proptest::prelude::*;

use super::*;

const LEGACY: &[u8] = include_bytes!("../../fixtures/github/k6-legacy.json");
const HANDLED: &[u8] = include_bytes!("../../fixtures/github/k6-handle-summary.json");
const MACHINE: &[u8] = include_bytes!("../../fixtures/github/k6-machine-readable.json");

fn verdict(summary: &[u8], exit_code: Option<i32>) -> GateVerdict {
    read(summary).map_or(GateVerdict::Unknown, |smoke| smoke.judge(exit_code).0)
}

#[test]
fn true_means_breached_in_the_legacy_export_only() {
    let smoke = read(LEGACY).unwrap();
    assert_eq!((smoke.dialect, smoke.checks), (Dialect::Legacy, Checks { passes: 598, fails: 2 }));
    let ok: Vec<_> = smoke.thresholds.iter().map(|threshold| (threshold.metric.as_str(), threshold.ok)).collect();
    assert_eq!(ok, [("checks", Some(true)), ("http_req_duration", Some(false))]);
    assert_eq!(smoke.judge(None).0, GateVerdict::Fail);
}

#[test]
fn the_other_two_dialects() {
    let smoke = read(HANDLED).unwrap();
    assert_eq!((smoke.dialect, smoke.checks), (Dialect::HandleSummary, Checks { passes: 600, fails: 0 }));
    assert_eq!((smoke.thresholds.len(), smoke.judge(None).0), (2, GateVerdict::Pass));
    let smoke = read(MACHINE).unwrap();
    assert_eq!((smoke.dialect, smoke.checks), (Dialect::MachineReadable, Checks { passes: 600, fails: 0 }));
    assert_eq!(smoke.judge(None).0, GateVerdict::Unknown);
    assert_eq!(smoke.judge(Some(0)).0, GateVerdict::Pass);
}

#[test]
fn the_exit_code_can_only_make_it_worse() {
    for code in [97, 99, 107, 108, 110] {
        assert_eq!(verdict(HANDLED, Some(code)), GateVerdict::Fail, "{code}");
        assert_eq!(verdict(MACHINE, Some(code)), GateVerdict::Fail, "{code}");
    }
    assert_eq!(verdict(HANDLED, Some(0)), GateVerdict::Pass);
    assert_eq!(verdict(LEGACY, Some(0)), GateVerdict::Fail);
    assert_eq!(verdict(HANDLED, Some(105)), GateVerdict::Unknown);
    assert_eq!(verdict(HANDLED, Some(255)), GateVerdict::Unknown);
}

#[test]
fn green_with_zero_thresholds_is_not_green() {
    let summary =
        br#"{"root_group":{"groups":{},"checks":{"a":{"passes":3,"fails":9}}},"metrics":{"vus":{"value":1}}}"#;
    let (verdict, why) = read(summary).unwrap().judge(Some(0));
    assert_eq!(verdict, GateVerdict::Unknown);
    assert!(why.contains("zero thresholds"));
}

#[test]
fn checks_in_nested_groups_are_summed_and_an_unreadable_threshold_is_unknown() {
    let summary = br#"{"root_group":{"checks":[],"groups":[{"checks":[{"passes":1,"fails":0}],"groups":[
        {"groups":[],"checks":[{"passes":2,"fails":1}]}]}]},
        "metrics":{"checks":{"values":{"rate":0.75},"thresholds":{"rate>0.5":{"ok":"yes"}}}}}"#;
    let smoke = read(summary).unwrap();
    assert_eq!((smoke.dialect, smoke.checks), (Dialect::HandleSummary, Checks { passes: 3, fails: 1 }));
    assert_eq!(smoke.judge(Some(0)).0, GateVerdict::Unknown);
}

#[test]
fn thresholds_in_another_form_may_hide_a_breach() {
    let held = r#""checks":{"values":{"rate":1},"thresholds":{"rate>0.9":{"ok":true}}}"#;
    let judged = |more: &str| verdict(format!(r#"{{"metrics":{{{held}{more}}}}}"#).as_bytes(), Some(0));
    assert_eq!(judged(r#","http_req_failed":{"values":{"rate":0},"thresholds":{}}"#), GateVerdict::Pass);
    let null = r#"{"values":{"rate":0},"thresholds":null}"#;
    for other in [null, r#"{"values":{"rate":0},"thresholds":[{"rate<0.1":{"ok":false}}]}"#, "null", r#""breached""#] {
        assert_eq!(judged(&format!(r#","http_req_failed":{other}"#)), GateVerdict::Unknown, "{other}");
    }
}

#[test]
fn groups_in_groups_without_end_are_read_up_to_a_depth() {
    let deep = format!("{}{}", r#"{"checks":[{"passes":1,"fails":0}],"groups":["#.repeat(2_000), "]}".repeat(2_000));
    let summary = format!(r#"{{"root_group":{deep},"metrics":{{"vus":{{"values":{{}}}}}}}}"#);
    assert_eq!(read(summary.as_bytes()).unwrap().checks, Checks { passes: 33, fails: 0 });
}

#[test]
fn something_else_is_no_summary() {
    for text in ["", "{}", "[]", r#"{"metrics":[]}"#, r#"{"metrics":{}}"#, r#"{"results":{}}"#] {
        assert!(read(text.as_bytes()).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..2000) {
        let _ = read(&bytes).map(|smoke| smoke.judge(Some(0)));
        for summary in [LEGACY, HANDLED, MACHINE] {
            let _ = read(&summary[..cut.min(summary.len())]);
        }
    }

    #[test]
    fn a_wrong_field_never_panics_nor_hides_a_breach(value in crate::release::json::foreign(), at in 0usize..3) {
        let field = ["root_group", "state", "options"][at];
        let metrics = r#""metrics":{"checks":{"thresholds":{"rate>0.9":{"ok":false}},"values":{}}}"#;
        prop_assert_eq!(verdict(format!(r#"{{"{field}":{value},{metrics}}}"#).as_bytes(), Some(0)), GateVerdict::Fail);
        let _ = verdict(format!(r#"{{"metrics":{value},"results":{value},"version":"1"}}"#).as_bytes(), None);
    }
}
