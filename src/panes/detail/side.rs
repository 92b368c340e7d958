//! Beside the rows of a wide screen: a chart for each metric of the run that matters, and the recent events.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::release::analysis::AnalysisRun;
use crate::release::object::ObjectId;
use crate::release::observation::SeriesOutcome;
use crate::release::rollout::Rollout;
use crate::theme::Role;

use super::super::brush::{self, Words};
use super::super::chart;
use super::super::cx::Cx;
use super::super::layout::split_top;
use super::analysis::{self, MetricView};
use super::events;

/// Lines of a chart with its words, at least and at most.
const CHART: (u16, u16) = (7, 14);

/// Draws the charts of the selected run, or of the one that decides now, and events below them.
pub fn draw(cx: &Cx, rollout: &Rollout, selected: Option<&ObjectId>, faded: bool, area: Rect, buf: &mut Buffer) {
    let run = selected.and_then(|id| cx.model.runs.get(&id.uid)).or_else(|| deciding(cx, rollout));
    let events = events::recent(cx, rollout);
    let for_events = (events.len() as u16 + 1).min(area.height / 3).max(2);
    let mut rest = match run {
        Some(run) => {
            charts(cx, run, faded, Rect { height: area.height - for_events.min(area.height), ..area }, area, buf)
        }
        None => titled(cx, "analysis", Some("no AnalysisRun of this revision"), area, buf),
    };
    let title = if events.is_empty() { Some("none that the API server remembers") } else { None };
    rest = titled(cx, "events", title, rest, buf);
    let fade = |words: Words| if faded { words.all(Role::Stale) } else { words };
    let lines: Vec<Words> = events.into_iter().map(|event| fade(events::words(cx, event))).collect();
    let wrapped: Vec<Words> = lines.iter().flat_map(|line| line.wrapped(usize::from(area.width), 7)).collect();
    brush::lines(cx, &wrapped, rest, buf);
}

/// The newest run of the current revision, running ones first.
fn deciding<'a>(cx: &Cx<'a>, rollout: &Rollout) -> Option<&'a AnalysisRun> {
    let runs = cx.model.runs_of(rollout);
    let current = |run: &&&AnalysisRun| run.revision == rollout.revision;
    runs.iter().find(|run| !run.phase.is_completed()).or_else(|| runs.iter().find(current)).copied()
}

/// Draws charts into `area`; answers what is left of `whole`.
fn charts(cx: &Cx, run: &AnalysisRun, faded: bool, area: Rect, whole: Rect, buf: &mut Buffer) -> Rect {
    let metrics: Vec<MetricView> = analysis::metrics(run).collect();
    let mut rest = titled(cx, "analysis", Some(&run.id.name), area, buf);
    let fit = usize::from(rest.height / CHART.0).max(1);
    let shown = metrics.len().min(fit).max(1) as u16;
    let each = (rest.height / shown).clamp(CHART.0.min(rest.height), CHART.1);
    for metric in metrics.iter().take(fit) {
        let (here, below) = split_top(rest, each);
        one(cx, metric, faded, here, buf);
        rest = below;
    }
    let used = rest.y - whole.y;
    split_top(whole, used).1
}

/// Two lines of words, then the chart; a blank line divides it from the next.
fn one(cx: &Cx, metric: &MetricView, faded: bool, area: Rect, buf: &mut Buffer) {
    let fade = |words: Words| if faded { words.all(Role::Stale) } else { words };
    let (first, rest) = split_top(area, 1);
    brush::line(cx, &fade(metric.verdict(cx)), None, first, buf);
    let (second, rest) = split_top(rest, 1);
    brush::line(cx, &fade(metric.left(cx)), None, second, buf);
    let plot = Rect { height: rest.height.saturating_sub(1), ..rest };
    let threshold = metric.threshold();
    let Some(series) = cx.model.series.get(&metric.key()) else {
        let points = metric.points();
        // A single measurement is told already.
        match points.len() {
            0 | 1 => drop(brush::text(cx, "no live query, too few measurements for a chart", Role::Dim, plot, buf)),
            _ => chart::draw(cx, &points, threshold, plot, buf),
        }
        return;
    };
    let (words, plot) = split_top(plot, 1);
    let mut live = Words::of("live  ", Role::Header);
    live.append(chart::words(cx, &series.outcome, threshold));
    for warning in &series.warnings {
        live.push(format!("  partial: {warning}"), Role::Attention);
    }
    brush::line(cx, &fade(live), None, words, buf);
    if matches!(series.outcome, SeriesOutcome::Points(_) | SeriesOutcome::Many(..)) {
        chart::draw(cx, chart::points(&series.outcome), threshold, plot, buf);
    }
}

/// A thin rule with a title; answers what is below it.
fn titled(cx: &Cx, title: &str, more: Option<&str>, area: Rect, buf: &mut Buffer) -> Rect {
    let (top, rest) = split_top(area, 1);
    brush::rule(cx, false, top, buf);
    let words = Words::of(format!("{title} "), Role::Header);
    let words = match more {
        Some(more) => words.and(format!("{more} "), Role::Dim),
        None => words,
    };
    brush::line(cx, &words, None, top, buf);
    rest
}
