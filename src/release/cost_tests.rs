//! Reports as the CLIs write them, and as nobody should.

use proptest::prelude::*;

use super::*;

const DIFF: &[u8] = include_bytes!("../../fixtures/github/infracost-diff.json");
const BREAKDOWN: &[u8] = include_bytes!("../../fixtures/github/infracost-breakdown-hcl.json");
const SECOND: &[u8] = include_bytes!("../../fixtures/github/infracost-cli2.json");

fn judged(report: &[u8], limit: i64) -> (Cost, GateVerdict) {
    let cost = read(report).unwrap();
    let verdict = cost.judge(limit.into()).verdict;
    (cost, verdict)
}

fn delta(report: &str) -> (Option<String>, DeltaSource, GateVerdict) {
    let (cost, verdict) = judged(report.as_bytes(), 25);
    (cost.delta.map(|delta| delta.to_string()), cost.delta_source, verdict)
}

#[test]
fn a_diff_is_held_against_the_limit_and_equal_passes() {
    let (cost, verdict) = judged(DIFF, 25);
    assert_eq!((cost.delta.unwrap().to_string(), cost.total.unwrap().to_string()), ("22.5".into(), "812.5".into()));
    assert_eq!((cost.delta_source, verdict, cost.unpriced), (DeltaSource::Root, GateVerdict::Pass, Some(3)));
    assert_eq!(cost.judge("22.5".parse().unwrap()).verdict, GateVerdict::Pass);
    assert_eq!(cost.judge("22.4999".parse().unwrap()).verdict, GateVerdict::Fail);
}

#[test]
fn breakdown_of_a_directory_has_no_baseline() {
    let (cost, verdict) = judged(BREAKDOWN, 25);
    assert_eq!((cost.delta, verdict), (None, GateVerdict::Unknown));
    assert!(cost.judge(25.into()).why.contains("no baseline"));
}

#[test]
fn a_difference_of_nothing_needs_the_command() {
    let report = |past: &str, total: &str, delta: &str, metadata: &str| {
        format!(
            r#"{{"version":"0.2","pastTotalMonthlyCost":"{past}","totalMonthlyCost":"{total}",
            "diffTotalMonthlyCost":"{delta}","projects":[{{"name":"a","metadata":{{{metadata}}}}}]}}"#
        )
    };
    assert_eq!(delta(&report("5", "5", "0", "")).2, GateVerdict::Unknown);
    assert_eq!(delta(&report("0", "5", "5", "")).2, GateVerdict::Pass);
    assert_eq!(delta(&report("0", "50", "50", "")).2, GateVerdict::Fail);
    assert_eq!(delta(&report("5", "9", "4", "")).2, GateVerdict::Pass);
    assert_eq!(delta(&report("0", "5", "5", r#""infracostCommand":"diff""#)).2, GateVerdict::Pass);
    assert_eq!(delta(&report("0", "5", "5", r#""infracostCommand":"breakdown""#)).2, GateVerdict::Unknown);
    assert_eq!(delta(&report("0", "5", "5", r#""type":"terraform_plan_json""#)).2, GateVerdict::Pass);
}

#[test]
fn breakdown_of_a_plan_has_one() {
    let plan = r#"{"version":"0.2","metadata":{"infracostCommand":"breakdown"},"diffTotalMonthlyCost":"0",
        "projects":[{"name":"p","metadata":{"type":"terraform_plan_json"},"diff":{"totalMonthlyCost":"0"}}]}"#;
    assert_eq!(delta(plan), (Some("0".into()), DeltaSource::Root, GateVerdict::Pass));
}

#[test]
fn without_a_root_difference_every_project_must_have_one() {
    let report = |second: &str| {
        format!(
            r#"{{"version":"0.2","metadata":{{"infracostCommand":"diff"}},"diffTotalMonthlyCost":null,"projects":[
            {{"name":"a","diff":{{"totalMonthlyCost":"20.10"}}}},{{"name":"b","diff":{second}}}]}}"#
        )
    };
    let both = delta(&report(r#"{"totalMonthlyCost":5.2}"#));
    assert_eq!(both, (Some("25.30".into()), DeltaSource::Projects, GateVerdict::Fail));
    assert_eq!(delta(&report("null")), (None, DeltaSource::None, GateVerdict::Unknown));
    assert_eq!(delta(&report(r#"{"totalMonthlyCost":"cheap"}"#)).2, GateVerdict::Unknown);
}

#[test]
fn the_projects_do_not_stand_in_for_a_difference_that_cannot_be_read() {
    for written in [r#""cheap""#, r#""""#, "true", "[]", r#"{"amount":"99"}"#, "1e300", r#""99,50""#] {
        let report = format!(
            r#"{{"version":"0.2","metadata":{{"infracostCommand":"diff"}},"diffTotalMonthlyCost":{written},"projects":[
            {{"name":"a","diff":{{"totalMonthlyCost":"1"}}}}]}}"#
        );
        let (cost, verdict) = judged(report.as_bytes(), 25);
        assert_eq!(
            (cost.delta, cost.delta_source, verdict),
            (None, DeltaSource::None, GateVerdict::Unknown),
            "{written}"
        );
        assert_eq!(cost.errors, ["the report: diffTotalMonthlyCost is no amount"]);
    }
}

#[test]
fn a_project_error_fails_closed() {
    let report = r#"{"version":"0.2","metadata":{"infracostCommand":"diff"},"diffTotalMonthlyCost":"1","projects":[
        {"name":"a","metadata":{"errors":[{"code":102,"message":"no such module\u001b[2J"}]}}]}"#;
    let (cost, verdict) = judged(report.as_bytes(), 25);
    assert_eq!(verdict, GateVerdict::Unknown);
    assert_eq!(cost.errors, ["a: no such module␛[2J (code 102)"]);
}

#[test]
fn either_side_of_a_comparison_may_have_failed() {
    let report = |metadata: &str| {
        let report = format!(
            r#"{{"version":"0.2","metadata":{{"infracostCommand":"diff"}},"diffTotalMonthlyCost":"1",
            "projects":[{{"name":"a","metadata":{metadata}}}]}}"#
        );
        judged(report.as_bytes(), 25)
    };
    let past = r#""pastErrors":[{"code":103,"message":"no such file"}]"#;
    let (cost, verdict) = report(&format!("{{{past}}}"));
    assert_eq!((cost.errors, verdict), (vec!["a: no such file (code 103)".to_owned()], GateVerdict::Unknown));
    let (cost, _) = report(&format!(r#"{{"errors":[{{"code":103,"message":"no such file"}}],{past}}}"#));
    assert_eq!(cost.errors.len(), 1);
    assert_eq!(report(r#"{"currentErrors":7}"#).0.errors, ["a: currentErrors in an unknown form"]);
    assert_eq!(report(r#"[]"#).0.errors, ["a: metadata in an unknown form"]);
    assert_eq!(report("null").0.errors, ["a: metadata in an unknown form"]);
    assert_eq!(report(r#"{"errors":[]}"#).1, GateVerdict::Pass);
    assert_eq!(report(r#"{"errors":null}"#).1, GateVerdict::Pass, "a list without items");
    assert_eq!(
        report(&format!(r#"{{"errors":null,{past}}}"#)).1,
        GateVerdict::Unknown,
        "and no reason to read no other"
    );
}

#[test]
fn projects_that_cannot_be_read_fail_closed() {
    for projects in ["7", "{}", "[null]", "[\"a\"]"] {
        let report = format!(
            r#"{{"version":"0.2","metadata":{{"infracostCommand":"diff"}},"diffTotalMonthlyCost":"1","projects":{projects}}}"#
        );
        let (cost, verdict) = judged(report.as_bytes(), 25);
        assert_eq!((verdict, cost.delta), (GateVerdict::Unknown, Some(1.into())), "{projects}");
    }
}

#[test]
fn a_verdict_of_the_service_that_cannot_be_read_does_not_pass() {
    let report = |more: &str| {
        let report = format!(r#"{{"currency":"USD","diff_total_monthly_cost":"1",{more}}}"#);
        judged(report.as_bytes(), 25).1
    };
    assert_eq!(report(r#""guardrail_results":[{"guardrail_name":"g","triggered":false}]"#), GateVerdict::Pass);
    for more in [
        r#""guardrail_results":[{"guardrail_name":"g","triggered":null}]"#,
        r#""guardrail_results":[{"guardrail_name":"g"}]"#,
        r#""budget_results":[{"over_budget":"no"}]"#,
        r#""budget_results":[null]"#,
        r#""projects":[{"project_name":"p","diagnostics":{}}]"#,
        r#""projects":[null]"#,
    ] {
        assert_eq!(report(more), GateVerdict::Unknown, "{more}");
    }
    assert_eq!(report(r#""summary":{"over_budget":2}"#), GateVerdict::Fail);
    assert_eq!(report(r#""budget_results":null,"projects":null"#), GateVerdict::Pass, "lists without items");
}

#[test]
fn resources_that_do_not_say_whether_they_are_supported_are_not_counted_as_priced() {
    let unpriced = |resources: &str| {
        let report = format!(r#"{{"currency":"USD","projects":[{{"project_name":"p","resources":{resources}}}]}}"#);
        read(report.as_bytes()).unwrap().unpriced
    };
    assert_eq!(unpriced(r#"[{"is_supported":false},{"is_supported":true}]"#), Some(1));
    assert_eq!((unpriced(r#"[{"is_supported":null}]"#), unpriced("null"), unpriced("[]")), (None, None, Some(0)));
}

#[test]
fn the_second_generation_has_a_total_and_no_difference() {
    let (cost, verdict) = judged(SECOND, 25);
    assert_eq!((cost.schema.as_str(), cost.delta, verdict), ("2.x", None, GateVerdict::Unknown));
    assert_eq!((cost.total.unwrap().to_string(), cost.unpriced), ("812.5".into(), Some(1)));
    let tripped =
        br#"{"currency":"USD","projects":[],"guardrail_results":[{"guardrail_name":"infra","triggered":true}]}"#;
    assert_eq!(judged(tripped, 25).1, GateVerdict::Fail);
    let diff = br#"{"currency":"USD","total_monthly_cost":"10.00","past_total_monthly_cost":"4.00","diff_total_monthly_cost":"6.00","diff":{}}"#;
    assert_eq!(judged(diff, 25).1, GateVerdict::Pass);
}

#[test]
fn a_sum_is_known_only_where_every_part_is() {
    let (known, unknown) = (read(DIFF).unwrap(), read(BREAKDOWN).unwrap());
    assert_eq!(sum([&known, &known]).map(|sum| sum.to_string()).as_deref(), Some("45.0"));
    assert_eq!(sum([&known, &unknown]), None);
}

#[test]
fn a_limit_is_an_amount() {
    assert_eq!(parse_limit("25.50").map(|limit| limit.to_string()), Ok("25.50".to_owned()));
    for text in ["", "-1", "$25", "25,50", "NaN", "inf"] {
        assert!(parse_limit(text).is_err(), "{text}");
    }
}

#[test]
fn something_else_is_no_report() {
    for text in ["", "[]", "{}", "null", "{\"a\":1}", "{\"version\":\"7\",\"projects\":[]}", "{\"projects\":[]}{}"] {
        assert!(read(text.as_bytes()).is_err(), "{text}");
    }
    assert_eq!(delta(r#"{"version":"0.2","projects":[]}"#).2, GateVerdict::Unknown);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..2000) {
        let _ = read(&bytes).map(|cost| cost.judge(DEFAULT_LIMIT));
        let _ = read(&DIFF[..cut.min(DIFF.len())]);
    }

    #[test]
    fn a_wrong_field_never_panics_and_never_invents_a_delta(value in crate::release::json::foreign(), at in 0usize..9) {
        let field = ["version", "metadata", "currency", "totalMonthlyCost", "diffTotalMonthlyCost", "projects", "summary",
            "guardrail_results", "total_monthly_cost"][at];
        let report = format!(r#"{{"projects":[],"{field}":{value}}}"#);
        if let Ok(cost) = read(report.as_bytes()) {
            let judgement = cost.judge(DEFAULT_LIMIT);
            prop_assert!(field.starts_with("diff") || judgement.verdict != GateVerdict::Pass);
        }
    }
}
