//! Tests of the faults that are found in manifests.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn document(value: Value) -> Document {
    Document { file: "a.yaml".into(), value }
}

fn template(metrics: Value) -> Document {
    named_template("web-health", metrics, json!([{"name": "hash"}]))
}

fn named_template(name: &str, metrics: Value, args: Value) -> Document {
    document(json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate",
        "metadata": {"name": name}, "spec": {"args": args, "metrics": metrics},
    }))
}

fn rollout(strategy: Value) -> Document {
    document(json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
        "metadata": {"name": "web", "labels": {"owner": "shop"}},
        "spec": {"progressDeadlineAbort": true, "strategy": strategy},
    }))
}

fn ids(lint: &Lint) -> Vec<&str> {
    lint.findings.iter().map(|finding| finding.id).collect()
}

/// A metric with nothing wrong.
fn good() -> Value {
    json!({
        "name": "error-rate", "interval": "1m", "initialDelay": "2m", "failureLimit": 2,
        "successCondition": "isNaN(result[0]) || result[0] < 0.02",
        "provider": {"prometheus": {"query": "rate(x{h=\"{{args.hash}}\"}[5m])"}},
    })
}

/// The good one with some fields replaced; null removes.
fn with(edits: Value) -> Value {
    let mut metric = good();
    for (field, value) in edits.as_object().unwrap() {
        metric[field] = value.clone();
    }
    metric
}

#[test]
fn a_template_as_it_is_often_written_has_each_mistake_once() {
    let metric = |name: &str, condition: &str| {
        json!({
            "name": name, "interval": "1m", "successCondition": condition,
            "provider": {"prometheus": {"query": "sum(rate(http_requests_total{job=\"web\"}[5m]))"}},
        })
    };
    let lint = analysis(&[template(json!([metric("error-rate", "result < 0.02"), metric("p95", "result < 1.5")]))]);
    assert_eq!(lint.verdict, LintVerdict::Fail);
    assert_eq!(
        ids(&lint),
        ["scalar-on-vector", "no-data-undecided", "no-failure-limit", "not-the-canary", "no-initial-delay"]
    );
    assert_eq!(
        serde_json::to_value(&lint.findings[2]).unwrap(),
        json!({
            "id": "no-failure-limit", "row": "PR17", "severity": "attention", "file": "a.yaml",
            "object": "AnalysisTemplate/web-health",
            "message": "metrics error-rate, p95: failureLimit is 0: the first bad measurement of many aborts the release",
            "fix": "set failureLimit, such as 2",
        })
    );
}

#[test]
fn each_rule_of_a_metric() {
    let prometheus = |query: &str| json!({"prometheus": {"query": query}});
    for (edits, expected) in [
        (json!({}), vec![]),
        (json!({"successCondition": "result[0] < 0.02", "failureCondition": "result[0] >= 0.02"}), vec![]),
        (json!({"successCondition": "result[0] < 0.02"}), vec!["no-data-undecided"]),
        (json!({"successCondition": null, "failureCondition": "result[0] > 0.02"}), vec!["no-data-undecided"]),
        (json!({"successCondition": null}), vec!["no-condition"]),
        (json!({"successCondition": "isNaN(result[0]) || result < {{args.hash}}"}), vec!["scalar-on-vector"]),
        (json!({"successCondition": "isNaN(result[0]) || 0.02 > result"}), vec!["scalar-on-vector"]),
        (json!({"successCondition": "result == nil || isNaN(result[0]) || result[0] < 1"}), vec![]),
        (json!({"successCondition": "all(result, isNaN(#) || # < 1)"}), vec![]),
        (
            json!({"successCondition": "isNaN(result) || result < 1", "provider": prometheus("scalar(x{h=\"{{args.hash}}\"})")}),
            vec![],
        ),
        (json!({"failureLimit": null}), vec!["no-failure-limit"]),
        (json!({"failureLimit": 0}), vec!["no-failure-limit"]),
        (json!({"failureLimit": "0"}), vec!["no-failure-limit"]),
        (json!({"failureLimit": "{{args.hash}}"}), vec![]),
        (json!({"failureLimit": null, "count": 1}), vec![]),
        (json!({"provider": prometheus("rate(x{job=\"web\"}[5m])")}), vec!["not-the-canary"]),
        (json!({"provider": prometheus("rate(x{service=\"web-canary\"}[5m])")}), vec![]),
        (json!({"count": 5, "interval": null}), vec!["count-without-interval"]),
        (json!({"count": 1, "interval": null, "failureLimit": 0}), vec![]),
        (json!({"count": 5, "failureLimit": 3, "consecutiveSuccessLimit": 3}), vec!["limits-out-of-reach"]),
        (json!({"count": "1", "inconclusiveLimit": 3, "failureLimit": 0}), vec!["limits-out-of-reach"]),
        (json!({"failureLimit": -1}), vec!["limits-disabled"]),
        (json!({"failureLimit": -1, "consecutiveSuccessLimit": 3}), vec![]),
        (json!({"provider": {}}), vec!["provider-count"]),
        (json!({"provider": {"web": {}, "job": {}}}), vec!["provider-count"]),
        (json!({"provider": {"web": {}}, "successCondition": "result < 1", "initialDelay": null}), vec![]),
        (json!({"provider": prometheus("rate(x{h=\"{{ args.other }}\"}[5m])")}), vec!["undeclared-argument"]),
    ] {
        let lint = analysis(&[template(json!([with(edits.clone())]))]);
        assert_eq!(ids(&lint), expected, "{edits}");
        assert_eq!(lint.verdict == LintVerdict::Pass, expected.is_empty(), "{edits}");
    }
    assert_eq!(ids(&analysis(&[template(json!([]))])), ["no-metrics"]);
}

#[test]
fn nothing_to_look_at_is_no_pass() {
    assert_eq!(analysis(&[]).verdict, LintVerdict::Unknown);
    assert_eq!(analysis(&[document(json!({"kind": "Service", "apiVersion": "v1"}))]).verdict, LintVerdict::Unknown);
    assert_eq!(analysis(&[document(Value::Null)]).verdict, LintVerdict::Unknown);
    assert_eq!(rollouts(&[template(json!([good()]))]).verdict, LintVerdict::Unknown);
}

#[test]
fn each_rule_of_a_rollout() {
    for (strategy, expected) in [
        (json!({"canary": {"steps": [{"setWeight": 10}, {"pause": {}}]}}), vec![]),
        (json!({"blueGreen": {}}), vec![]),
        (json!({}), vec!["strategy-count"]),
        (json!({"canary": {}, "blueGreen": {}}), vec!["strategy-count"]),
        (json!({"canary": {}}), vec!["no-steps"]),
        (json!({"canary": {"steps": [{}]}}), vec!["step-kind"]),
        (json!({"canary": {"steps": [{"setWeight": 10, "pause": {}}]}}), vec!["step-kind"]),
        (json!({"canary": {"steps": [{"setWeight": 101}]}}), vec!["step-weight"]),
        (json!({"canary": {"steps": [{"setWeight": 500}], "trafficRouting": {"maxTrafficWeight": 1000}}}), vec![]),
        (json!({"canary": {"steps": [{"setCanaryScale": {"replicas": 1}}]}}), vec!["scale-without-router"]),
        (
            json!({"canary": {"steps": [{"setWeight": 1}], "analysis": {"startingStep": 1}}}),
            vec!["analysis-never-starts"],
        ),
        (json!({"canary": {"steps": [{"setWeight": 1}], "analysis": {"startingStep": 0}}}), vec![]),
    ] {
        let lint = rollouts(&[rollout(strategy.clone())]);
        assert_eq!(ids(&lint), expected, "{strategy}");
        assert_eq!(lint.verdict == LintVerdict::Pass, expected.is_empty(), "{strategy}");
    }
}

#[test]
fn advice_does_not_fail() {
    let hasty = analysis(&[template(json!([with(json!({"initialDelay": null}))]))]);
    assert_eq!((hasty.verdict, ids(&hasty)), (LintVerdict::Pass, vec!["no-initial-delay"]));
    let mut plain = rollout(json!({"canary": {"steps": [{"pause": {}}]}}));
    plain.value["metadata"]["labels"] = Value::Null;
    plain.value["spec"]["progressDeadlineAbort"] = Value::Null;
    let lint = rollouts(&[plain]);
    assert_eq!((lint.verdict, ids(&lint)), (LintVerdict::Pass, vec!["pause-without-anyone", "no-deadline-abort"]));
}

#[test]
fn a_rollout_against_the_templates_beside_it() {
    let uses = |analysis: Value| rollout(json!({"canary": {"steps": [{"analysis": analysis}]}}));
    let counted = || named_template("t", json!([with(json!({"count": 5}))]), json!([{"name": "hash"}]));
    let open = || named_template("t", json!([good()]), json!([{"name": "hash"}]));
    let with_hash = json!({"templates": [{"templateName": "t"}], "args": [{"name": "hash"}]});
    assert_eq!(ids(&rollouts(&[uses(with_hash.clone()), counted()])), Vec::<&str>::new());
    assert_eq!(ids(&rollouts(&[uses(with_hash.clone()), open()])), ["endless-analysis"]);
    let bare = json!({"templates": [{"templateName": "t"}]});
    assert_eq!(ids(&rollouts(&[uses(bare.clone()), counted()])), ["missing-argument"]);
    let other = json!({"templates": [{"templateName": "u"}]});
    assert_eq!(ids(&rollouts(&[uses(other.clone()), counted()])), ["missing-template"]);
    assert_eq!(ids(&rollouts(&[uses(other)])), Vec::<&str>::new(), "it may be in the cluster");
    let cluster = json!({"templates": [{"templateName": "t", "clusterScope": true}]});
    assert_eq!(ids(&analysis(&[uses(cluster), counted()])), ["missing-template"]);
    let background = rollout(json!({"canary": {"steps": [{"setWeight": 10}], "analysis": with_hash}}));
    assert_eq!(ids(&analysis(&[background, open()])), Vec::<&str>::new());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        r"result( <|\[0\])? [0-9]|\{\{args\.[a-z]?(\}\})?".prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("metrics"),
        Just("name"),
        Just("provider"),
        Just("prometheus"),
        Just("query"),
        Just("count"),
        Just("interval"),
        Just("successCondition"),
        Just("failureLimit"),
        Just("strategy"),
        Just("canary"),
        Just("steps"),
        Just("pause"),
        Just("analysis"),
        Just("templates"),
        Just("templateName"),
        Just("args"),
        Just("startingStep"),
        Just("setWeight"),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5)
                .prop_map(|fields| fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_manifest_is_looked_at_without_a_panic(kind in "Rollout|AnalysisTemplate|AnalysisRun", spec in any_json()) {
        let value = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "spec": spec});
        let documents = [document(value)];
        let _ = (analysis(&documents), rollouts(&documents));
    }
}
