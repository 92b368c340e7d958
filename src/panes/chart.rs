//! Values over time: a sparkline in one line and a chart of several, both with the line that must not be crossed.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::release::observation::SeriesOutcome;
use crate::release::verdict::{Comparison, Threshold, number_words};
use crate::theme::{Glyph, Role};

use super::brush::{self, Words};
use super::cx::Cx;

/// Unix seconds and a value.
pub type Point = (f64, f64);

/// The points of an answer; none where it has none.
pub fn points(outcome: &SeriesOutcome) -> &[Point] {
    match outcome {
        SeriesOutcome::Points(points) | SeriesOutcome::Many(_, points) => points,
        SeriesOutcome::Empty | SeriesOutcome::Failed(_) => &[],
    }
}

/// What an answer comes to, in words: the latest value against the threshold, or why there is none.
pub fn words(cx: &Cx, outcome: &SeriesOutcome, threshold: Option<Threshold>) -> Words {
    match outcome {
        SeriesOutcome::Failed(why) => {
            Words::of(format!("{} query failed: {why}", cx.glyph(Glyph::Unknown)), Role::Unknown)
        }
        SeriesOutcome::Empty => {
            Words::of(format!("{} empty: the query matches nothing", cx.glyph(Glyph::Unknown)), Role::Unknown)
        }
        SeriesOutcome::Points(points) => latest(cx, points, threshold),
        SeriesOutcome::Many(count, points) => {
            latest(cx, points, threshold).and(format!("  of {count} series the first"), Role::Attention)
        }
    }
}

fn latest(cx: &Cx, points: &[Point], threshold: Option<Threshold>) -> Words {
    match points.last() {
        None => Words::of(format!("{} no points", cx.glyph(Glyph::Unknown)), Role::Unknown),
        Some((_, value)) => against(cx, *value, threshold),
    }
}

/// `✗ 0.058, not < 0.05`: a value against the threshold. What is no number passes nothing.
pub fn against(cx: &Cx, value: f64, threshold: Option<Threshold>) -> Words {
    let number = number_words(value);
    if value.is_nan() {
        return Words::of(format!("{} {number}", cx.glyph(Glyph::Unknown)), Role::Unknown);
    }
    let Some(threshold) = threshold else { return Words::of(number, Role::Text) };
    let limit = format!("{} {}", threshold.op.sign(), number_words(threshold.value));
    match holds(threshold, value) {
        true => Words::of(format!("{} {number} {limit}", cx.glyph(Glyph::Ok)), Role::Ok),
        false => Words::of(format!("{} {number}, not {limit}", cx.glyph(Glyph::Critical)), Role::Critical),
    }
}

/// Whether a value is on the good side.
pub fn holds(threshold: Threshold, value: f64) -> bool {
    match threshold.op {
        Comparison::Less => value < threshold.value,
        Comparison::LessOrEqual => value <= threshold.value,
        Comparison::Greater => value > threshold.value,
        Comparison::GreaterOrEqual => value >= threshold.value,
        Comparison::Equal => value == threshold.value,
    }
}

/// A line of at most `width` cells; what is beyond the threshold is in another role.
pub fn sparkline(cx: &Cx, points: &[Point], threshold: Option<Threshold>, width: usize) -> Words {
    let buckets = buckets(points, threshold, width);
    let scale = Scale::of(&buckets, threshold);
    let mut words = Words::new();
    for bucket in buckets {
        let (sign, role) = match bucket {
            None => (" ", Role::Sparkline),
            Some(value) => match special(cx, value) {
                Some(special) => special,
                None => (cx.glyphs.ramp()[scale.level(value, 8) - 1], role_of(value, threshold)),
            },
        };
        // One piece for each run of a role, and not for each cell.
        match words.0.last_mut() {
            Some(last) if last.role == role => last.text.push_str(sign),
            _ => words.push(sign, role),
        }
    }
    words
}

/// Draws a chart with its scale at the left, the threshold as a line through it, and the time at its foot.
pub fn draw(cx: &Cx, points: &[Point], threshold: Option<Threshold>, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    const SCALE: u16 = 8;
    if area.height < 3 || area.width < SCALE + 4 {
        brush::line(cx, &sparkline(cx, points, threshold, usize::from(area.width)), None, area, buf);
        return;
    }
    let plot = Rect { x: area.x + SCALE, width: area.width - SCALE, height: area.height - 1, ..area };
    let buckets = buckets(points, threshold, usize::from(plot.width));
    let scale = Scale::of(&buckets, threshold);
    let rows = usize::from(plot.height);
    let limit_row = threshold.map(|threshold| rows - 1 - (scale.level(threshold.value, rows * 8) - 1) / 8);
    for (row, line) in plot.rows().enumerate() {
        if limit_row == Some(row) {
            for x in line.left()..line.right() {
                buf.set_stringn(x, line.y, cx.glyph(Glyph::Threshold), 1, cx.style(Role::Threshold));
            }
        }
        let floor = (rows - 1 - row) * 8;
        for (x, value) in (line.left()..).zip(&buckets) {
            let Some(value) = value else { continue };
            let (sign, role) = match special(cx, *value) {
                Some(special) if row + 1 == rows => special,
                Some(_) => continue,
                None => match scale.level(*value, rows * 8).saturating_sub(floor) {
                    0 => continue,
                    fill => (cx.glyphs.ramp()[fill.min(8) - 1], role_of(*value, threshold)),
                },
            };
            buf.set_stringn(x, line.y, sign, 1, cx.style(role));
        }
    }
    labels(cx, &scale, threshold.map(|threshold| threshold.value).zip(limit_row), plot, area, buf);
    times(cx, points, Rect { y: area.bottom() - 1, height: 1, ..plot }, buf);
}

fn labels(cx: &Cx, scale: &Scale, limit: Option<(f64, usize)>, plot: Rect, area: Rect, buf: &mut Buffer) {
    let mut label = |row: usize, value: f64, role: Role| {
        let room = Rect { y: area.y + row as u16, width: plot.x - area.x - 1, height: 1, ..area };
        brush::right(cx, &Words::of(number_words(value), role), room, buf);
    };
    let last = usize::from(plot.height) - 1;
    if limit.is_none_or(|(_, row)| row != 0) {
        label(0, scale.high, Role::Dim);
    }
    if limit.is_none_or(|(_, row)| row != last) {
        label(last, scale.low, Role::Dim);
    }
    if let Some((value, row)) = limit {
        label(row, value, Role::Threshold);
    }
}

fn times(cx: &Cx, points: &[Point], area: Rect, buf: &mut Buffer) {
    let time = |point: Option<&Point>| {
        let at = Timestamp::from_second(point?.0 as i64).ok()?;
        Some(Words::of(at.strftime("%H:%M:%S").to_string(), Role::Dim))
    };
    let (Some(from), Some(to)) = (time(points.first()), time(points.last())) else { return };
    if usize::from(area.width) > from.width() + to.width() {
        brush::line(cx, &from, None, area, buf);
        brush::right(cx, &to, area, buf);
    }
}

/// To two digits, so that the scale can be read.
fn round(value: f64, way: fn(f64) -> f64) -> f64 {
    let unit = 10f64.powf(value.abs().log10().floor() - 1.0);
    let rounded = way(value / unit) * unit;
    if rounded.is_finite() { rounded } else { value }
}

/// What is no number has a sign of its own.
fn special(cx: &Cx, value: f64) -> Option<(&'static str, Role)> {
    match value {
        _ if value.is_nan() => Some((cx.glyph(Glyph::Unknown), Role::Unknown)),
        f64::INFINITY => Some((cx.glyph(Glyph::Up), Role::Critical)),
        f64::NEG_INFINITY => Some((cx.glyph(Glyph::Down), Role::Critical)),
        _ => None,
    }
}

fn role_of(value: f64, threshold: Option<Threshold>) -> Role {
    match threshold {
        Some(threshold) if !holds(threshold, value) => Role::Critical,
        _ => Role::Sparkline,
    }
}

/// One value per cell, by time; where several share a cell the worst one counts, so that no crossing is lost.
fn buckets(points: &[Point], threshold: Option<Threshold>, width: usize) -> Vec<Option<f64>> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    if width == 0 {
        return Vec::new();
    }
    let span = last.0 - first.0;
    if points.len() <= width || span <= 0.0 || !span.is_finite() {
        return points.iter().rev().take(width).rev().map(|(_, value)| Some(*value)).collect();
    }
    let mut buckets = vec![None; width];
    for (time, value) in points {
        let index = ((time - first.0) / span * (width - 1) as f64).clamp(0.0, (width - 1) as f64) as usize;
        let Some(bucket) = buckets.get_mut(index) else { continue };
        *bucket = Some(bucket.map_or(*value, |kept| worse(kept, *value, threshold)));
    }
    buckets
}

fn worse(a: f64, b: f64, threshold: Option<Threshold>) -> f64 {
    match threshold.map(|threshold| threshold.op) {
        _ if a.is_nan() => b,
        _ if b.is_nan() => a,
        Some(Comparison::Greater | Comparison::GreaterOrEqual) => a.min(b),
        _ => a.max(b),
    }
}

/// From the lowest to the highest that is drawn.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// From zero where that does not flatten everything; with the threshold in sight.
    fn of(buckets: &[Option<f64>], threshold: Option<Threshold>) -> Scale {
        let limit = threshold.map(|threshold| threshold.value);
        let seen = buckets.iter().flatten().copied().chain(limit).filter(|value| value.is_finite());
        let (low, high) =
            seen.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            return Scale { low: 0.0, high: 1.0 };
        }
        let span = high - low;
        let low = if low >= 0.0 && span > high / 4.0 { 0.0 } else { low - span / 8.0 };
        let (low, high) = (round(low, f64::floor), round(high, f64::ceil));
        if (high - low).is_normal() { Scale { low, high } } else { Scale { low: low - 1.0, high: low + 1.0 } }
    }

    /// 1 to `steps`, the upper end of the scale being the last.
    fn level(&self, value: f64, steps: usize) -> usize {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        // A cast of NaN is 0, so that nothing can go out of bounds.
        ((share * steps as f64).ceil() as usize).clamp(1, steps.max(1))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::panes::tests::{night, picture};
    use crate::release::model::Model;
    use crate::theme::{Glyphs, Theme};

    fn with_cx<T>(glyphs: Glyphs, show: impl Fn(&Cx) -> T) -> T {
        let (model, theme) = (Model::default(), Theme::default());
        show(&Cx::new(&model, &theme, &glyphs, night::now(), false))
    }

    fn less(value: f64) -> Option<Threshold> {
        Some(Threshold { op: Comparison::Less, value })
    }

    fn line(values: &[f64], glyphs: Glyphs) -> String {
        let points: Vec<Point> = values.iter().zip(0..).map(|(value, at)| (f64::from(at), *value)).collect();
        with_cx(glyphs, |cx| sparkline(cx, &points, less(0.05), 20).text())
    }

    fn chart(values: &[f64], glyphs: Glyphs, size: (u16, u16)) -> String {
        let points: Vec<Point> = values.iter().zip(0..).map(|(value, at)| (f64::from(at * 15), *value)).collect();
        with_cx(glyphs, |cx| {
            let mut buf = Buffer::empty(Rect::new(0, 0, size.0, size.1));
            draw(cx, &points, less(0.05), buf.area, &mut buf);
            picture::rows(&buf)
        })
    }

    #[test]
    fn a_sparkline_shows_what_is_no_number_too() {
        let values = [0.0, 0.01, 0.02, 0.06, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.05];
        assert_eq!(line(&values, Glyphs::Unicode), "▁▂▃█?↑↓▇");
        assert_eq!(line(&values, Glyphs::Ascii), "_.,#?^v*");
        assert_eq!(line(&[], Glyphs::Ascii), "");
    }

    #[test]
    fn beyond_the_threshold_is_another_role() {
        let roles = with_cx(Glyphs::Unicode, |cx| {
            let words = sparkline(cx, &[(0.0, 0.01), (1.0, 0.09), (2.0, 0.01)], less(0.05), 20);
            words.0.iter().map(|piece| piece.role).collect::<Vec<_>>()
        });
        assert_eq!(roles, [Role::Sparkline, Role::Critical, Role::Sparkline]);
    }

    #[test]
    fn a_peak_survives_being_squeezed() {
        let mut points: Vec<Point> = (0..1000).map(|at| (f64::from(at), 0.01)).collect();
        points[567].1 = 0.9;
        let peaks = with_cx(Glyphs::Ascii, |cx| sparkline(cx, &points, less(0.05), 20).text().matches('#').count());
        assert_eq!(peaks, 1);
    }

    #[test]
    fn every_kind_of_answer_has_its_own_words() {
        let text = |outcome: SeriesOutcome| with_cx(Glyphs::Unicode, |cx| words(cx, &outcome, less(0.05)).text());
        assert_eq!(text(SeriesOutcome::Points(vec![(0.0, 0.031)])), "✓ 0.031 < 0.05");
        assert_eq!(text(SeriesOutcome::Points(vec![(0.0, 0.058)])), "✗ 0.058, not < 0.05");
        assert_eq!(text(SeriesOutcome::Points(vec![(0.0, f64::NAN)])), "? NaN (no data)");
        assert_eq!(text(SeriesOutcome::Points(vec![(0.0, f64::INFINITY)])), "✗ +Inf, not < 0.05");
        assert_eq!(text(SeriesOutcome::Points(vec![])), "? no points");
        assert_eq!(text(SeriesOutcome::Empty), "? empty: the query matches nothing");
        assert_eq!(text(SeriesOutcome::Many(3, vec![(0.0, 0.0)])), "✓ 0 < 0.05  of 3 series the first");
        assert_eq!(text(SeriesOutcome::Failed("timed out".into())), "? query failed: timed out");
    }

    #[test]
    fn a_chart_has_a_scale_a_line_and_times() {
        let values = [0.0, 0.01, 0.02, 0.03, 0.08, 0.1, 0.06, f64::NAN, 0.02, 0.01];
        insta::assert_snapshot!(chart(&values, Glyphs::Unicode, (40, 7)), @r#"
         0.1      █
                 ▇█
                 ██▅
        0.05 ────███─────────────────────────
               ▂▇███ ▂
           0 ▁▅█████?█▅
             00:00:00                00:02:15
        "#);
        insta::assert_snapshot!(chart(&values, Glyphs::Ascii, (40, 7)), @r#"
         0.1      #
                 *#
                 ##=
        0.05 ----###-------------------------
               .*### .
           0 _=#####?#=
             00:00:00                00:02:15
        "#);
    }

    proptest! {
        #[test]
        fn any_points_in_any_room_are_drawn(
            values in proptest::collection::vec((any::<f64>(), any::<f64>()), 0..40),
            limit in any::<f64>(),
            size in (0u16..40, 0u16..12),
        ) {
            with_cx(Glyphs::Unicode, |cx| {
                let mut buf = Buffer::empty(Rect::new(0, 0, size.0, size.1));
                draw(cx, &values, less(limit), buf.area, &mut buf);
            });
        }
    }
}
