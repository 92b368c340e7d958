//! How an analysis stands against its limits: what the controller will conclude, and how far off that is.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::analysis::{AnalysisPhase, AnalysisRun, Measurement, Metric, MetricResult};
pub use super::reading::{Reading, measured, number_words, value_words};
use super::text::counted;
pub use super::threshold::{Comparison, Threshold, dilution, threshold};

/// The controller measures again this long after an error, whatever the interval says.
const ERROR_RETRY: SignedDuration = SignedDuration::from_secs(10);

/// What becomes of one metric, why, and how much room is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricVerdict {
    pub phase: AnalysisPhase,
    /// In the controller's own words where it has some.
    pub reason: String,
    /// Bad measurements that are still tolerated: at 0 the next one is too many. None when no limit is in force.
    pub failures_left: Option<i64>,
    /// The same for errors in a row.
    pub errors_left: Option<i64>,
    /// The same for inconclusive measurements.
    pub inconclusive_left: Option<i64>,
    /// A limit that matters now cannot be read: nothing good may be concluded.
    pub is_doubtful: bool,
}

/// The verdict of a metric with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedVerdict {
    pub name: Box<str>,
    /// A dry-run metric never decides the run.
    pub dry_run: bool,
    #[serde(flatten)]
    pub verdict: MetricVerdict,
}

/// What becomes of the whole run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunVerdict {
    pub phase: AnalysisPhase,
    /// Empty while it runs.
    pub message: String,
    /// In the order of the spec.
    pub metrics: Vec<NamedVerdict>,
}

/// The limits in force; None where the spec holds an argument that nobody resolved.
struct Limits {
    failure: Option<i64>,
    inconclusive: Option<i64>,
    consecutive_error: Option<i64>,
    consecutive_success: Option<i64>,
    /// None for an open-ended metric.
    count: Option<i64>,
}

impl Limits {
    fn of(metric: &Metric) -> Limits {
        Limits {
            failure: metric.failure_limit,
            inconclusive: metric.inconclusive_limit,
            consecutive_error: metric.consecutive_error_limit,
            consecutive_success: metric.consecutive_success_limit,
            count: match metric.count {
                None | Some(0) => metric.interval.is_none().then_some(1),
                count => count,
            },
        }
    }

    /// `failureLimit`, unless it is switched off.
    fn failure_in_force(&self) -> Option<i64> {
        self.failure.filter(|limit| *limit >= 0)
    }

    /// `consecutiveSuccessLimit`, unless it is switched off.
    fn success_in_force(&self) -> Option<i64> {
        self.consecutive_success.filter(|limit| *limit > 0)
    }

    /// The limit that is exceeded. The last match wins: an error is what the controller reports of the three.
    fn exceeded(&self, result: &MetricResult) -> Option<(AnalysisPhase, String)> {
        let over = |limit: Option<i64>, count: i64| limit.filter(|limit| count > *limit);
        let (errors, inconclusive, failed) = (result.consecutive_error, result.inconclusive, result.failed);
        if let Some(limit) = over(self.consecutive_error, errors) {
            let reason = format!("consecutiveErrors ({errors}) > consecutiveErrorLimit ({limit})");
            return Some((AnalysisPhase::Error, reason));
        }
        if let Some(limit) = over(self.inconclusive, inconclusive) {
            let reason = format!("inconclusive ({inconclusive}) > inconclusiveLimit ({limit})");
            return Some((AnalysisPhase::Inconclusive, reason));
        }
        let limit = over(self.failure_in_force(), failed)?;
        Some((AnalysisPhase::Failed, format!("failed ({failed}) > failureLimit ({limit})")))
    }

    /// Whether a limit that cannot be read may already be exceeded: then nothing good can be said.
    fn is_doubtful(&self, result: &MetricResult) -> bool {
        (self.failure.is_none() && result.failed > 0)
            || (self.inconclusive.is_none() && result.inconclusive > 0)
            || (self.consecutive_error.is_none() && result.consecutive_error > 0)
            || (self.consecutive_success.is_none() && self.count.is_some_and(|count| result.count >= count))
    }

    /// What ends the metric without a limit exceeded: enough successes in a row, or enough measurements.
    fn satisfied(&self, result: &MetricResult) -> Option<(AnalysisPhase, String)> {
        if let Some(wanted) = self.success_in_force().filter(|wanted| result.consecutive_success >= *wanted) {
            return Some((AnalysisPhase::Successful, format!("consecutiveSuccessLimit ({wanted}) reached")));
        }
        let count = self.count.filter(|count| result.count >= *count)?;
        Some(match (self.success_in_force(), self.failure_in_force()) {
            (Some(wanted), Some(limit)) => (
                AnalysisPhase::Inconclusive,
                format!("consecutiveSuccessLimit ({wanted}) not reached and failureLimit ({limit}) not violated"),
            ),
            (Some(wanted), None) => {
                (AnalysisPhase::Failed, format!("consecutiveSuccessLimit ({wanted}) not reached in {count}"))
            }
            (None, _) => (AnalysisPhase::Successful, format!("count ({count}) reached")),
        })
    }
}

/// What the controller will make of a metric, in its exact order. `terminate` is whether the run is being ended.
///
/// `metric` is None where the spec has none of that name: then no limit is known and only a phase that stands is told.
pub fn assess(metric: Option<&Metric>, result: &MetricResult, terminate: bool) -> MetricVerdict {
    let limits = metric.map(Limits::of);
    let (phase, reason) = decide(limits.as_ref(), result, terminate);
    let is_doubtful = !phase.is_completed() && limits.as_ref().is_some_and(|limits| limits.is_doubtful(result));
    let left = |limit: fn(&Limits) -> Option<i64>, used: i64| {
        limits.as_ref().and_then(limit).map(|limit| limit.saturating_sub(used).max(0))
    };
    MetricVerdict {
        phase,
        reason,
        failures_left: left(Limits::failure_in_force, result.failed),
        errors_left: left(|limits| limits.consecutive_error, result.consecutive_error),
        inconclusive_left: left(|limits| limits.inconclusive, result.inconclusive),
        is_doubtful,
    }
}

fn decide(limits: Option<&Limits>, result: &MetricResult, terminate: bool) -> (AnalysisPhase, String) {
    let exceeded = limits.and_then(|limits| limits.exceeded(result));
    let satisfied = || limits.and_then(|limits| limits.satisfied(result));
    if result.phase.is_completed() {
        let same = |verdict: &(AnalysisPhase, String)| verdict.0 == result.phase;
        return match exceeded.filter(same).or_else(|| satisfied().filter(same)) {
            Some(verdict) => verdict,
            None => (result.phase, result.message.to_string()),
        };
    }
    if limits.is_none() {
        return (result.phase, "the spec has no metric of that name".to_owned());
    }
    if is_untouched(result) {
        return match terminate {
            true => (AnalysisPhase::Successful, "run terminated before the first measurement".to_owned()),
            false => (AnalysisPhase::Pending, "not measured yet".to_owned()),
        };
    }
    if result.measurements.last().is_some_and(is_in_flight) {
        return (AnalysisPhase::Running, "a measurement is in flight".to_owned());
    }
    if let Some(verdict) = exceeded {
        return verdict;
    }
    if limits.is_some_and(|limits| limits.is_doubtful(result)) {
        return (AnalysisPhase::Running, "a limit that matters now is an argument that cannot be read here".to_owned());
    }
    if let Some(verdict) = satisfied() {
        return verdict;
    }
    if terminate {
        return (AnalysisPhase::Successful, "run terminated".to_owned());
    }
    let of = limits.and_then(|limits| limits.count).map(|count| format!(" of {count}")).unwrap_or_default();
    (AnalysisPhase::Running, format!("{}{of} measured", result.count))
}

/// A cut-down file may hold counts without the measurements they were counted from: the counts still speak.
fn is_untouched(result: &MetricResult) -> bool {
    result.measurements.is_empty()
        && [result.count, result.failed, result.inconclusive, result.error, result.successful]
            .into_iter()
            .chain([result.consecutive_error, result.consecutive_success])
            .all(|count| count == 0)
}

fn is_in_flight(measurement: &Measurement) -> bool {
    !measurement.phase.is_completed()
}

/// What the controller will make of the run: the worst of its completed metrics; dry-run metrics never count.
pub fn assess_run(run: &AnalysisRun) -> RunVerdict {
    let mut metrics = assess_metrics(run, run.terminate || has_ended_badly(run));
    // One metric that ends badly terminates the others, at the controller's next look a moment later.
    if metrics.iter().any(|metric| !metric.dry_run && is_bad(metric.verdict.phase)) {
        metrics = assess_metrics(run, true);
    }
    let (phase, message) = worst(run, &metrics);
    RunVerdict { phase, message, metrics }
}

fn assess_metrics(run: &AnalysisRun, terminate: bool) -> Vec<NamedVerdict> {
    let of_spec = run.metrics.iter().map(|metric| {
        let missing = MetricResult { name: metric.name.clone(), ..MetricResult::default() };
        let result = run.result(&metric.name).unwrap_or(&missing);
        NamedVerdict {
            name: metric.name.clone(),
            dry_run: result.dry_run,
            verdict: assess(Some(metric), result, terminate),
        }
    });
    let strays = run.results.iter().filter(|result| run.metric(&result.name).is_none()).map(|result| NamedVerdict {
        name: result.name.clone(),
        dry_run: result.dry_run,
        verdict: assess(None, result, terminate),
    });
    of_spec.chain(strays).collect()
}

fn worst(run: &AnalysisRun, metrics: &[NamedVerdict]) -> (AnalysisPhase, String) {
    let terminating = run.terminate
        || has_ended_badly(run)
        || metrics.iter().any(|metric| !metric.dry_run && is_bad(metric.verdict.phase));
    let is_all_done = metrics.iter().all(|metric| metric.verdict.phase.is_completed());
    let deciding = || metrics.iter().filter(|metric| !metric.dry_run && metric.verdict.phase.is_completed());
    // Of equals the first one is named, as the controller does.
    let worst = deciding().reduce(|worst, next| if next.verdict.phase > worst.verdict.phase { next } else { worst });
    let computed = match worst {
        _ if metrics.is_empty() && !terminating => (AnalysisPhase::Pending, String::new()),
        _ if !is_all_done && !terminating => (AnalysisPhase::Running, String::new()),
        Some(worst) if is_bad(worst.verdict.phase) => (worst.verdict.phase, run_message(run, worst)),
        _ if metrics.iter().any(|metric| !metric.dry_run && metric.verdict.is_doubtful) => {
            (AnalysisPhase::Running, String::new())
        }
        Some(worst) => (worst.verdict.phase, run_message(run, worst)),
        // Only dry runs, or terminated before anything was measured.
        None => (AnalysisPhase::Successful, terminated_words(run)),
    };
    // A run that has ended is never looked at again. Where its word and ours differ the worse one is told.
    if run.phase.is_completed() && (!computed.0.is_completed() || run.phase > computed.0) {
        return (run.phase, run.message.to_string());
    }
    computed
}

fn run_message(run: &AnalysisRun, worst: &NamedVerdict) -> String {
    let NamedVerdict { name, verdict, .. } = worst;
    if is_bad(verdict.phase) {
        return format!("Metric \"{name}\" assessed {} due to {}", verdict.phase.word(), verdict.reason);
    }
    terminated_words(run)
}

fn terminated_words(run: &AnalysisRun) -> String {
    if run.terminate { "Run Terminated".to_owned() } else { String::new() }
}

fn has_ended_badly(run: &AnalysisRun) -> bool {
    run.results.iter().any(|result| !result.dry_run && is_bad(result.phase))
}

fn is_bad(phase: AnalysisPhase) -> bool {
    matches!(phase, AnalysisPhase::Failed | AnalysisPhase::Error | AnalysisPhase::Inconclusive)
}

/// Why the next bad measurement would fail the run; None while there is room.
///
/// A limit of 0 alone is no reason: something must have gone wrong already.
pub fn about_to_fail(run: &AnalysisRun) -> Option<String> {
    if run.phase.is_completed() || run.terminate {
        return None;
    }
    run.results.iter().filter(|result| !result.dry_run && !result.phase.is_completed()).find_map(|result| {
        let verdict = assess(run.metric(&result.name), result, false);
        if verdict.phase.is_completed() {
            return is_bad(verdict.phase).then(|| format!("{}: {}", result.name, verdict.reason));
        }
        let latest = result.measurements.iter().rev().find(|measurement| !measurement.value.is_empty());
        let latest = latest.map(|latest| format!(" {}", value_words(&latest.value))).unwrap_or_default();
        if verdict.failures_left == Some(0) && result.failed > 0 {
            return Some(format!("{}{latest}: {} failed, the next failure ends it", result.name, result.failed));
        }
        if verdict.errors_left == Some(0) && result.consecutive_error > 0 {
            let errors = counted(result.consecutive_error, "error", "errors");
            return Some(format!("{}{latest}: {errors} in a row, the next one ends it", result.name));
        }
        None
    })
}

/// When the controller measures next. None when it will not, or when that cannot be told (one is in flight).
pub fn next_measurement_at(metric: &Metric, result: Option<&MetricResult>, run: &AnalysisRun) -> Option<Timestamp> {
    if run.phase.is_completed() || run.terminate || has_ended_badly(run) {
        return None;
    }
    let Some(last) = result.and_then(|result| result.measurements.last()) else {
        return run.started_at?.checked_add(metric.initial_delay.unwrap_or_default()).ok();
    };
    let result = result?;
    if assess(Some(metric), result, false).phase.is_completed() {
        return None;
    }
    let wait = if last.phase == AnalysisPhase::Error { ERROR_RETRY } else { metric.interval? };
    last.finished_at?.checked_add(wait).ok()
}

#[cfg(test)]
mod tests;
