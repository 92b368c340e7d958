//! Tests of how an AnalysisRun stands against its limits.

use proptest::prelude::*;

use super::*;
use crate::release::analysis::Provider;
use crate::release::object::{ObjectId, Uid};

fn metric() -> Metric {
    Metric {
        name: "error-rate".into(),
        interval: Some(SignedDuration::from_secs(30)),
        initial_delay: None,
        count: None,
        failure_limit: Some(1),
        inconclusive_limit: Some(0),
        consecutive_error_limit: Some(4),
        consecutive_success_limit: Some(0),
        success_condition: Some("result[0] < 0.05".into()),
        failure_condition: None,
        provider: Provider::Other("prometheus".into()),
    }
}

fn result() -> MetricResult {
    MetricResult {
        name: "error-rate".into(),
        phase: AnalysisPhase::Running,
        measurements: vec![measurement(AnalysisPhase::Successful, "[0.01]")],
        ..MetricResult::default()
    }
}

fn measurement(phase: AnalysisPhase, value: &str) -> Measurement {
    Measurement { phase, value: value.into(), finished_at: Some(at(60)), ..Measurement::default() }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_766_000_000 + second).unwrap()
}

fn run(metrics: Vec<Metric>, results: Vec<MetricResult>) -> AnalysisRun {
    AnalysisRun {
        id: ObjectId { context: "c".into(), namespace: "shop".into(), name: "web-1".into(), uid: Uid("1".into()) },
        created: None,
        owner: None,
        pod_hash: None,
        kind: None,
        step_index: None,
        revision: None,
        terminate: false,
        metrics,
        phase: AnalysisPhase::Running,
        message: "".into(),
        started_at: Some(at(0)),
        results,
        fault: None,
    }
}

/// One row: what differs in the spec, what in the status, whether it is being terminated, and the verdict.
type Row = (&'static str, fn(&mut Metric), fn(&mut MetricResult), bool, AnalysisPhase, &'static str);

#[test]
fn every_row_of_the_verdict_order() {
    use AnalysisPhase::*;
    let same = |_: &mut Metric| ();
    let none = |result: &mut MetricResult| *result = MetricResult::default();
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("nothing measured", same, none, false, Pending, "not measured yet"),
        ("nothing measured, terminated", same, none, true, Successful, "run terminated before the first measurement"),
        ("in flight", same, |r| r.measurements[0].phase = Running, false, Running, "a measurement is in flight"),
        ("in flight, terminated", same, |r| r.measurements[0].phase = Running, true, Running, "a measurement is in flight"),
        ("in flight over the limit", same, |r| { r.measurements[0].phase = Running; r.failed = 2 }, false, Running, "a measurement is in flight"),
        ("failed at the limit", same, |r| { r.failed = 1; r.count = 3 }, false, Running, "3 measured"),
        ("failed over it", same, |r| r.failed = 2, false, Failed, "failed (2) > failureLimit (1)"),
        ("failed, limit 0", |m| m.failure_limit = Some(0), |r| r.failed = 1, false, Failed, "failed (1) > failureLimit (0)"),
        ("failed, limit off", |m| m.failure_limit = Some(-1), |r| { r.failed = 9; r.count = 9 }, false, Running, "9 measured"),
        ("inconclusive at the limit", |m| m.inconclusive_limit = Some(1), |r| { r.inconclusive = 1; r.count = 1 }, false, Running, "1 measured"),
        ("inconclusive over it", same, |r| r.inconclusive = 1, false, Inconclusive, "inconclusive (1) > inconclusiveLimit (0)"),
        ("inconclusive wins over failed", same, |r| { r.inconclusive = 1; r.failed = 5 }, false, Inconclusive, "inconclusive (1) > inconclusiveLimit (0)"),
        ("errors at the limit", same, |r| { r.consecutive_error = 4; r.count = 4 }, false, Running, "4 measured"),
        ("errors over it", same, |r| r.consecutive_error = 5, false, Error, "consecutiveErrors (5) > consecutiveErrorLimit (4)"),
        ("nothing failed, limit unread", |m| { m.failure_limit = None; m.count = Some(3) }, |r| r.count = 3, false, Successful, "count (3) reached"),
        ("failed, limit unread", |m| { m.failure_limit = None; m.count = Some(3) }, |r| { r.failed = 1; r.count = 3 }, true, Running, "a limit that matters now is an argument that cannot be read here"),
        ("failed, limit unread, errors over theirs", |m| m.failure_limit = None, |r| { r.failed = 1; r.consecutive_error = 5 }, false, Error, "consecutiveErrors (5) > consecutiveErrorLimit (4)"),
        ("errors, not in a row", same, |r| { r.error = 50; r.count = 50 }, false, Running, "50 measured"),
        ("error wins over all", same, |r| { r.consecutive_error = 5; r.inconclusive = 1; r.failed = 5 }, false, Error, "consecutiveErrors (5) > consecutiveErrorLimit (4)"),
        ("successes in a row", |m| m.consecutive_success_limit = Some(3), |r| r.consecutive_success = 3, false, Successful, "consecutiveSuccessLimit (3) reached"),
        ("too few in a row", |m| m.consecutive_success_limit = Some(3), |r| { r.consecutive_success = 2; r.count = 2 }, false, Running, "2 measured"),
        ("failed beats successes in a row", |m| m.consecutive_success_limit = Some(3), |r| { r.consecutive_success = 3; r.failed = 2 }, false, Failed, "failed (2) > failureLimit (1)"),
        ("count not reached", |m| m.count = Some(5), |r| r.count = 4, false, Running, "4 of 5 measured"),
        ("count reached", |m| m.count = Some(5), |r| { r.count = 5; r.failed = 1 }, false, Successful, "count (5) reached"),
        ("count reached, success demanded", |m| { m.count = Some(5); m.consecutive_success_limit = Some(4) }, |r| r.count = 5, false, Inconclusive, "consecutiveSuccessLimit (4) not reached and failureLimit (1) not violated"),
        ("count reached, only success demanded", |m| { m.count = Some(5); m.consecutive_success_limit = Some(4); m.failure_limit = Some(-1) }, |r| r.count = 5, false, Failed, "consecutiveSuccessLimit (4) not reached in 5"),
        ("no count, no interval: once", |m| m.interval = None, |r| r.count = 1, false, Successful, "count (1) reached"),
        ("count 0 is no count", |m| m.count = Some(0), |r| r.count = 7, false, Running, "7 measured"),
        ("open-ended", same, |r| r.count = 1000, false, Running, "1000 measured"),
        ("open-ended, terminated", same, |r| r.count = 1000, true, Successful, "run terminated"),
        ("count not reached, terminated", |m| m.count = Some(5), |r| r.count = 4, true, Successful, "run terminated"),
        ("failed, terminated", same, |r| r.failed = 2, true, Failed, "failed (2) > failureLimit (1)"),
        ("a phase that stands", same, |r| { r.phase = Failed; r.message = "long ago".into() }, false, Failed, "long ago"),
        ("a phase that stands, with its reason", same, |r| { r.phase = Failed; r.failed = 2 }, true, Failed, "failed (2) > failureLimit (1)"),
        ("a phase that stands against the counts", same, |r| { r.phase = Successful; r.failed = 2 }, true, Successful, ""),
    ];
    for (name, spec, status, terminate, phase, reason) in rows {
        let (mut metric, mut result) = (metric(), result());
        spec(&mut metric);
        status(&mut result);
        let verdict = assess(Some(&metric), &result, *terminate);
        assert_eq!((verdict.phase, &*verdict.reason), (*phase, *reason), "{name}");
    }
}

#[test]
fn the_room_that_is_left() {
    let left = |failed, errors| {
        let verdict = assess(Some(&metric()), &MetricResult { failed, consecutive_error: errors, ..result() }, false);
        (verdict.failures_left, verdict.errors_left, verdict.inconclusive_left)
    };
    assert_eq!(left(0, 0), (Some(1), Some(4), Some(0)));
    assert_eq!(left(1, 3), (Some(0), Some(1), Some(0)));
    assert_eq!(left(9, 9), (Some(0), Some(0), Some(0)));
    let unlimited = Metric { failure_limit: Some(-1), ..metric() };
    assert_eq!(assess(Some(&unlimited), &result(), false).failures_left, None);
    assert_eq!(assess(None, &result(), false).failures_left, None);
}

#[test]
fn the_run_is_as_bad_as_its_worst_metric_and_the_others_are_closed() {
    let latency = Metric { name: "latency".into(), ..metric() };
    let good = MetricResult { name: "latency".into(), count: 4, ..result() };
    let bad = MetricResult { failed: 2, count: 4, ..result() };
    let verdict = assess_run(&run(vec![latency, metric()], vec![good, bad]));
    assert_eq!(verdict.phase, AnalysisPhase::Failed);
    assert_eq!(verdict.message, "Metric \"error-rate\" assessed Failed due to failed (2) > failureLimit (1)");
    let phases: Vec<_> = verdict.metrics.iter().map(|metric| (&*metric.name, metric.verdict.phase)).collect();
    assert_eq!(phases, [("latency", AnalysisPhase::Successful), ("error-rate", AnalysisPhase::Failed)]);
}

#[test]
fn a_dry_run_metric_never_affects_the_run() {
    let latency = Metric { name: "latency".into(), count: Some(4), ..metric() };
    let good = MetricResult { name: "latency".into(), count: 4, ..result() };
    let dry = MetricResult { failed: 9, dry_run: true, ..result() };
    let verdict = assess_run(&run(vec![metric(), latency], vec![dry.clone(), good]));
    assert_eq!(verdict.phase, AnalysisPhase::Successful);
    assert_eq!(verdict.metrics[0].verdict.phase, AnalysisPhase::Failed);
    assert_eq!(assess_run(&run(vec![metric()], vec![dry])).phase, AnalysisPhase::Successful);
}

#[test]
fn a_run_goes_on_until_all_metrics_are_done() {
    let counted = Metric { name: "latency".into(), count: Some(4), ..metric() };
    let done = MetricResult { name: "latency".into(), count: 4, ..result() };
    assert_eq!(assess_run(&run(vec![metric(), counted], vec![result(), done])).phase, AnalysisPhase::Running);
    assert_eq!(assess_run(&run(vec![metric()], vec![])).phase, AnalysisPhase::Running);
    assert_eq!(assess_run(&run(vec![], vec![])).phase, AnalysisPhase::Pending);
}

#[test]
fn a_terminated_run_is_successful_unless_something_was_bad() {
    let terminated = |results| assess_run(&AnalysisRun { terminate: true, ..run(vec![metric()], results) });
    assert_eq!(terminated(vec![]).phase, AnalysisPhase::Successful);
    assert_eq!(terminated(vec![result()]).message, "Run Terminated");
    let unread = Metric { failure_limit: None, ..metric() };
    let failed = MetricResult { failed: 1, ..result() };
    let doubtful = assess_run(&AnalysisRun { terminate: true, ..run(vec![unread], vec![failed]) });
    assert_eq!(doubtful.phase, AnalysisPhase::Running, "what cannot be told is not Successful");
    assert_eq!(terminated(vec![MetricResult { failed: 2, ..result() }]).phase, AnalysisPhase::Failed);
}

#[test]
fn the_controllers_last_word_is_never_made_better() {
    let ended = |phase, results| assess_run(&AnalysisRun { phase, ..run(vec![metric()], results) }).phase;
    assert_eq!(ended(AnalysisPhase::Error, vec![]), AnalysisPhase::Error);
    assert_eq!(ended(AnalysisPhase::Successful, vec![result()]), AnalysisPhase::Successful);
    assert_eq!(ended(AnalysisPhase::Successful, vec![MetricResult { failed: 2, ..result() }]), AnalysisPhase::Failed);
}

#[test]
fn a_result_without_a_metric_in_the_spec_decides_nothing_by_itself() {
    let stray = MetricResult { name: "stray".into(), failed: 9, ..result() };
    let verdict = assess(None, &stray, true);
    assert_eq!((verdict.phase, &*verdict.reason), (AnalysisPhase::Running, "the spec has no metric of that name"));
}

#[test]
fn about_to_fail_needs_a_failure_and_no_room() {
    let of = |metric: Metric, result: MetricResult| about_to_fail(&run(vec![metric], vec![result]));
    assert_eq!(of(metric(), result()), None);
    assert_eq!(
        of(Metric { failure_limit: Some(0), ..metric() }, result()),
        None,
        "the default limit alone is no alarm"
    );
    let once =
        MetricResult { failed: 1, measurements: vec![measurement(AnalysisPhase::Failed, "[0.0570]")], ..result() };
    assert_eq!(of(metric(), once.clone()).unwrap(), "error-rate 0.057: 1 failed, the next failure ends it");
    assert_eq!(of(Metric { failure_limit: Some(2), ..metric() }, once.clone()), None);
    assert_eq!(of(Metric { failure_limit: Some(-1), ..metric() }, once.clone()), None);
    assert_eq!(of(metric(), MetricResult { dry_run: true, ..once.clone() }), None);
    let errors = MetricResult { consecutive_error: 4, ..result() };
    assert_eq!(of(metric(), errors).unwrap(), "error-rate 0.01: 4 errors in a row, the next one ends it");
    assert_eq!(about_to_fail(&AnalysisRun { terminate: true, ..run(vec![metric()], vec![once]) }), None);
    let over = MetricResult { failed: 2, ..result() };
    assert_eq!(of(metric(), over).unwrap(), "error-rate: failed (2) > failureLimit (1)");
}

#[test]
fn the_next_measurement() {
    let next = |metric: &Metric, result: Option<&MetricResult>, edit: fn(&mut AnalysisRun)| {
        let mut run = run(vec![metric.clone()], result.into_iter().cloned().collect());
        edit(&mut run);
        next_measurement_at(metric, result, &run)
    };
    let delayed = Metric { initial_delay: Some(SignedDuration::from_secs(300)), ..metric() };
    assert_eq!(next(&delayed, None, |_| ()), Some(at(300)));
    assert_eq!(next(&metric(), None, |_| ()), Some(at(0)));
    assert_eq!(next(&metric(), Some(&result()), |_| ()), Some(at(90)));
    let error = MetricResult { measurements: vec![measurement(AnalysisPhase::Error, "")], ..result() };
    assert_eq!(next(&metric(), Some(&error), |_| ()), Some(at(70)));
    let in_flight = MetricResult {
        measurements: vec![Measurement { phase: AnalysisPhase::Running, ..Measurement::default() }],
        ..result()
    };
    assert_eq!(next(&metric(), Some(&in_flight), |_| ()), None);
    let counted = Metric { count: Some(1), ..metric() };
    assert_eq!(next(&counted, Some(&MetricResult { count: 1, ..result() }), |_| ()), None);
    assert_eq!(next(&metric(), Some(&result()), |run| run.terminate = true), None);
    assert_eq!(next(&metric(), Some(&result()), |run| run.phase = AnalysisPhase::Failed), None);
    assert_eq!(next(&metric(), Some(&result()), |run| run.started_at = None), Some(at(90)));
}

proptest! {
    #[test]
    fn an_exceeded_limit_is_never_good_whatever_else_is_there(
        counts in prop::array::uniform6(any::<i64>()),
        limits in prop::array::uniform4(prop::option::of(-2i64..5)),
        count in prop::option::of(-1i64..9),
        terminate in any::<bool>(),
    ) {
        let [count_so_far, failed, inconclusive, error, consecutive_error, consecutive_success] = counts;
        let result = MetricResult {
            count: count_so_far, failed, inconclusive, error, consecutive_error, consecutive_success, ..result()
        };
        let [failure_limit, inconclusive_limit, consecutive_error_limit, consecutive_success_limit] = limits;
        let metric = Metric {
            count, failure_limit, inconclusive_limit, consecutive_error_limit, consecutive_success_limit, ..metric()
        };
        let verdict = assess(Some(&metric), &result, terminate);
        let is_over = |limit: Option<i64>, count: i64| limit.is_some_and(|limit| count > limit);
        let is_exceeded = is_over(failure_limit.filter(|limit| *limit >= 0), failed)
            || is_over(inconclusive_limit, inconclusive)
            || is_over(consecutive_error_limit, consecutive_error);
        if is_exceeded {
            prop_assert!(is_bad(verdict.phase), "{verdict:?}");
        }
        prop_assert!(verdict.failures_left.is_none_or(|left| left >= 0));
        let run = AnalysisRun { terminate, ..run(vec![metric.clone()], vec![result.clone()]) };
        let _ = (about_to_fail(&run), next_measurement_at(&metric, Some(&result), &run));
        prop_assert!(!is_exceeded || is_bad(assess_run(&run).phase));
    }
}
