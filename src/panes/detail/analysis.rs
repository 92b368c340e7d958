//! AnalysisRuns in the detail: each metric with its value against the condition, what is left before the verdict, and the
//! next measurement.

use crate::release::analysis::{AnalysisPhase, AnalysisRun, Measurement, Metric, MetricResult};
use crate::release::tree::RunNode;
use crate::release::verdict::{self, Threshold, value_words};
use crate::theme::{Glyph, Role};

use super::super::brush::Words;
use super::super::chart::{self, Point};
use super::super::cx::Cx;
use super::rows::Row;

/// Measurements in a row of them, newest first.
const MEASUREMENTS: usize = 8;
/// Cells of a sparkline among the rows.
const SPARKLINE: usize = 40;

/// Where the rows of a run stand.
#[derive(Clone, Copy)]
pub struct Place {
    pub revision: Option<u64>,
    /// Whether the revision is the one that is being shipped.
    pub is_current: bool,
    /// Whether charts stand beside the rows.
    pub is_wide: bool,
}

/// The rows of a run. Old ones that have ended take a single row.
pub fn rows(cx: &Cx, node: &RunNode, place: &Place, depth: usize, rows: &mut Vec<Row>) {
    let run = node.object;
    let indent = "  ".repeat(depth);
    let mut push = |part: &str, words: Words| {
        let key = format!("{}\u{1f}{part}", run.id.uid.0);
        let mut row = Row::new(key, node.name, place.revision, Words::of(indent.as_str(), Role::Text));
        row.words.append(words);
        row.run = Some(run.id.clone());
        rows.push(row);
    };
    push("", run_words(cx, node));
    if run.phase.is_completed() && !place.is_current {
        return;
    }
    for metric in metrics(run) {
        let name = metric.name();
        push(&format!("{name}\u{1f}verdict"), indented(metric.verdict(cx)));
        if !place.is_wide {
            push(&format!("{name}\u{1f}left"), indented(indented(metric.left(cx))));
        }
        if let Some(words) = metric.trend(cx).filter(|_| !place.is_wide) {
            push(&format!("{name}\u{1f}trend"), indented(indented(words)));
        }
        if let Some(words) = metric.measured(cx) {
            push(&format!("{name}\u{1f}measured"), indented(indented(words)));
        }
    }
    for job in &node.jobs {
        push(
            &format!("{}\u{1f}job", job.name),
            indented(Words::of(format!("job {}  {}", job.name, job.status), Role::Dim)),
        );
    }
}

/// All metrics of a run: those of the spec, then any that only the status names.
pub fn metrics(run: &AnalysisRun) -> impl Iterator<Item = MetricView<'_>> {
    let of_spec = run.metrics.iter().map(move |metric| MetricView {
        run,
        metric: Some(metric),
        result: run.result(&metric.name),
    });
    let strays = run.results.iter().filter(|result| run.metric(&result.name).is_none());
    of_spec.chain(strays.map(move |result| MetricView { run, metric: None, result: Some(result) }))
}

/// One metric as spec and status know it together.
#[derive(Clone, Copy)]
pub struct MetricView<'a> {
    run: &'a AnalysisRun,
    metric: Option<&'a Metric>,
    result: Option<&'a MetricResult>,
}

impl MetricView<'_> {
    /// Its name.
    pub fn name(&self) -> &str {
        self.metric.map(|metric| &*metric.name).or(self.result.map(|result| &*result.name)).unwrap_or("?")
    }

    /// `✗ error-rate  0.1653  wanted result[0] < 0.05`.
    pub fn verdict(&self, cx: &Cx) -> Words {
        let phase = self.result.map_or(AnalysisPhase::Pending, |result| result.phase);
        let (role, sign) = phase_sign(cx, phase);
        let mut words = Words::of(format!("{sign} "), role).and(self.name(), Role::Title);
        words.push(format!("  {}", phase.word()), role);
        if let Some(last) = self.result.and_then(|result| result.measurements.last()) {
            let (role, sign) = phase_sign(cx, last.phase);
            words.push(format!("  {sign} {}", measured_words(last)), role);
        }
        match self.metric.map(|metric| (&metric.success_condition, &metric.failure_condition)) {
            Some((Some(condition), _)) => words.push(format!("  wanted {condition}"), Role::Threshold),
            Some((None, Some(condition))) => words.push(format!("  fails on {condition}"), Role::Threshold),
            Some((None, None)) => words.push("  no condition", Role::Dim),
            None => words.push("  not in the spec", Role::Unknown),
        }
        if self.result.is_some_and(|result| result.dry_run) {
            words.push("  dry run: decides nothing", Role::Dim);
        }
        words
    }

    /// What is left before the verdict, and when the next measurement comes; once it has ended, the reason.
    pub fn left(&self, cx: &Cx) -> Words {
        let Some(result) = self.result else {
            return self.next(cx).unwrap_or(Words::of("not measured yet", Role::Dim));
        };
        let verdict = verdict::assess(self.metric, result, self.run.terminate);
        let role = if verdict.phase > AnalysisPhase::Successful { phase_sign(cx, verdict.phase).0 } else { Role::Dim };
        let mut words = Words::of(verdict.reason.as_str(), role);
        if result.phase.is_completed() {
            return words;
        }
        let mut left = |name: &str, limit: Option<i64>, left: Option<i64>, used: i64| match (limit, left) {
            (_, Some(0)) if used > 0 => words.push(format!("  the next {name} ends it"), Role::Attention),
            (_, Some(1)) => words.push(format!("  1 {name} left"), Role::Text),
            (_, Some(left)) => words.push(format!("  {left} {name}s left"), Role::Text),
            (Some(_), None) => words.push(format!("  {name}s do not count"), Role::Dim),
            (None, None) => words.push(format!("  {name} limit unknown"), Role::Unknown),
        };
        let limit = |of: fn(&Metric) -> Option<i64>| self.metric.and_then(of);
        left("failure", limit(|metric| metric.failure_limit), verdict.failures_left, result.failed);
        left("error", limit(|metric| metric.consecutive_error_limit), verdict.errors_left, result.consecutive_error);
        if result.inconclusive > 0 {
            let limit = limit(|metric| metric.inconclusive_limit);
            left("inconclusive one", limit, verdict.inconclusive_left, result.inconclusive);
        }
        if let Some(next) = self.next(cx) {
            words.push("  ", Role::Text);
            words.append(next);
        }
        words
    }

    fn next(&self, cx: &Cx) -> Option<Words> {
        let next = verdict::next_measurement_at(self.metric?, self.result, self.run)?;
        Some(match cx.countdown(next) {
            Some(left) => Words::of(format!("next in {left}"), Role::Progressing),
            None => Words::of("next is due", Role::Progressing),
        })
    }

    /// The live query as a sparkline, or the measured values where there is none.
    fn trend(&self, cx: &Cx) -> Option<Words> {
        let threshold = self.threshold();
        let key = (self.run.id.uid.clone(), Box::from(self.name()));
        if let Some(series) = cx.model.series.get(&key) {
            let mut words = Words::of("live      ", Role::Header);
            words.append(chart::sparkline(cx, chart::points(&series.outcome), threshold, SPARKLINE));
            words.push("  ", Role::Text);
            words.append(chart::words(cx, &series.outcome, threshold));
            return Some(words);
        }
        let points = self.points();
        if points.len() < 2 {
            return None;
        }
        let mut words = Words::of("trend     ", Role::Header);
        words.append(chart::sparkline(cx, &points, threshold, SPARKLINE));
        Some(words)
    }

    /// The last measurements in one row; the message of an error says more than its absent value.
    fn measured(&self, cx: &Cx) -> Option<Words> {
        let measurements = &self.result?.measurements;
        let mut words = Words::of("measured  ", Role::Header);
        for measurement in measurements.iter().rev().take(MEASUREMENTS) {
            let (role, sign) = phase_sign(cx, measurement.phase);
            words.push(format!("{sign} {}", measured_words(measurement)), role);
            let at = measurement.finished_at.or(measurement.started_at);
            words.push(at.map_or("  ".to_owned(), |at| format!(" {}  ", at.strftime("%H:%M:%S"))), Role::Dim);
        }
        (!measurements.is_empty()).then_some(words)
    }

    /// The line that values must not cross, where the condition is that plain.
    pub fn threshold(&self) -> Option<Threshold> {
        verdict::threshold(self.metric?.success_condition.as_deref()?)
    }

    /// Measured values as points.
    pub fn points(&self) -> Vec<Point> {
        let measurements = self.result.map(|result| result.measurements.as_slice()).unwrap_or_default();
        let point = |measurement: &Measurement| {
            let at = measurement.finished_at.or(measurement.started_at)?;
            Some((at.as_second() as f64, verdict::measured(&measurement.value).first()?))
        };
        measurements.iter().filter_map(point).collect()
    }

    /// The UID of its run and its name, as series are kept by.
    pub fn key(&self) -> (crate::release::object::Uid, Box<str>) {
        (self.run.id.uid.clone(), self.name().into())
    }
}

fn measured_words(measurement: &Measurement) -> String {
    if !measurement.value.is_empty() {
        return value_words(&measurement.value);
    }
    match (&*measurement.message, measurement.phase.is_completed()) {
        ("", false) => "in flight".to_owned(),
        ("", true) => "no value".to_owned(),
        (message, _) => message.to_owned(),
    }
}

fn run_words(cx: &Cx, node: &RunNode) -> Words {
    let run = node.object;
    let (role, sign) = phase_sign(cx, run.phase);
    let mut words =
        Words::of(format!("{sign} {:<12}", run.phase.word()), role).and(format!(" {}", node.name), Role::Text);
    let kind = run.kind.as_deref().map(|kind| format!("  {} analysis", kind.to_lowercase()));
    words.push(kind.unwrap_or_else(|| "  analysis".to_owned()), Role::Dim);
    if let Some(step) = run.step_index {
        words.push(format!(" of step {step}"), Role::Dim);
    }
    let counts = [
        ("ok", node.successful),
        ("failed", node.failed),
        ("inconclusive", node.inconclusive),
        ("in error", node.error),
    ];
    for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        words.push(format!("  {count} {name}"), Role::Dim);
    }
    words.push(format!("  {}", cx.age(run.started_at.or(run.created))), Role::Dim);
    if run.terminate && !run.phase.is_completed() {
        words.push("  being terminated", Role::Attention);
    }
    if let Some(fault) = &run.fault {
        words.push(format!("  unreadable: {fault}"), Role::Unknown);
    }
    if !run.message.is_empty() {
        words.push(format!("  {}", run.message), role);
    }
    words
}

/// The role and the sign of a phase of runs, metrics and measurements.
pub fn phase_sign(cx: &Cx, phase: AnalysisPhase) -> (Role, &'static str) {
    match phase {
        AnalysisPhase::Pending => (Role::Unknown, cx.glyph(Glyph::Pending)),
        AnalysisPhase::Running => (Role::Progressing, cx.glyph(Glyph::Progressing)),
        AnalysisPhase::Successful => (Role::Ok, cx.glyph(Glyph::Ok)),
        AnalysisPhase::Inconclusive => (Role::Attention, cx.glyph(Glyph::Unknown)),
        AnalysisPhase::Error => (Role::Critical, cx.glyph(Glyph::Attention)),
        AnalysisPhase::Failed => (Role::Critical, cx.glyph(Glyph::Critical)),
    }
}

fn indented(words: Words) -> Words {
    let mut indented = Words::of("  ", Role::Text);
    indented.append(words);
    indented
}
