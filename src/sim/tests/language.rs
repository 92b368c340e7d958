//! The two small languages: conditions of metrics, and queries.

use crate::sim::condition::holds;
use crate::sim::metrics::Answer;
use crate::sim::query::{What, parse};

fn vector(values: &[f64]) -> Answer {
    Answer::Vector(values.to_vec())
}

#[test]
fn conditions_hold_as_real_templates_mean_them() {
    for (condition, answer, expected) in [
        ("result[0] < 0.05", vector(&[0.01]), true),
        ("result[0] < 0.05", vector(&[f64::NAN]), false),
        ("isNaN(result[0]) || result[0] < 0.05", vector(&[f64::NAN]), true),
        ("len(result) == 0 || result[0] < 0.05", vector(&[]), true),
        ("result[0] >= 0.1 && result[0] <= 0.2", vector(&[0.15]), true),
        ("!(result[0] > 1) and result[0] * 100 < 50", vector(&[0.2]), true),
        ("result >= 0.95", Answer::Scalar(0.96), true),
        ("default(result, 0) == 1", Answer::Scalar(1.0), true),
        ("isInf(result[0])", vector(&[f64::INFINITY]), true),
    ] {
        assert_eq!(holds(condition, &answer), Ok(expected), "{condition}");
    }
}

#[test]
fn conditions_that_cannot_be_evaluated_say_why() {
    assert_eq!(
        holds("result < 0.02", &vector(&[0.01])),
        Err("invalid operation: < (mismatched types []float64 and float64)".to_owned())
    );
    for condition in
        ["", "result[0]", "result[0] <", "nonsense", "(((", "result[0] < 'x'", "len()", &"(".repeat(100_000)]
    {
        assert!(holds(condition, &vector(&[1.0])).is_err(), "{condition:.40}");
    }
    assert!(holds("result[0] < 1", &vector(&[])).is_err());
}

#[test]
fn queries_are_understood() {
    let what = |query: &str| parse(query).map(|query| query.what);
    let ratio = "sum(rate(r{service=\"a\",code=~\"5..\"}[1m])) / sum(rate(r{service=\"a\"}[1m]))";
    assert_eq!(what(ratio), Ok(What::ErrorRatio));
    let success = "sum(rate(r{service=\"a\",code!~\"5..\"}[1m])) / sum(rate(r{service=\"a\"}[1m]))";
    assert_eq!(what(success), Ok(What::SuccessRatio));
    assert_eq!(
        what("histogram_quantile(0.99, sum by (le) (rate(d_bucket{service=\"a\"}[1m])))"),
        Ok(What::Quantile(0.99))
    );
    assert_eq!(what("sum(rate(r{app=\"a\"}[1m]))"), Ok(What::Traffic));
    assert_eq!(what("1"), Ok(What::Number(1.0)));
    assert_eq!(what("up{job=\"a\"}"), Ok(What::Up));
    assert_eq!(what("something_else"), Ok(What::Unknown));
    for bad in ["", "sum(", "a)", "a{b=\"c}"] {
        assert!(what(bad).is_err(), "{bad}");
    }
    let query =
        parse("sum(rate(r{service=\"checkout-canary\",namespace=\"shop\",rollouts_pod_template_hash=\"abc\"}[1m]))")
            .unwrap();
    assert_eq!(query.service.as_deref(), Some("checkout"));
    assert_eq!((query.namespace.as_deref(), query.revision.as_deref()), (Some("shop"), Some("abc")));
}
