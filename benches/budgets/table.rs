//! The table of what was measured.

use std::time::Duration;

/// Samples of one thing, and what they are held against.
pub struct Line {
    what: String,
    unit: &'static str,
    samples: Vec<f64>,
    floor: Option<(String, Vec<f64>)>,
    budget: String,
    held: Option<bool>,
}

/// All lines, in the order of measuring.
#[derive(Default)]
pub struct Table(Vec<Line>);

impl Table {
    /// Adds a line.
    pub fn add(&mut self, line: Line) {
        eprintln!("  {}: p50 {}", line.what, number(line.at(50.0)));
        self.0.push(line);
    }

    /// Prints all lines.
    pub fn print(&self) {
        let head =
            ["what", "", "p50", "p95", "p99", "floor, p50", "ratio", "budget", "held"].map(str::to_owned).to_vec();
        let rows: Vec<Vec<String>> = std::iter::once(head).chain(self.0.iter().map(Line::cells)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
        for row in &rows {
            let cells = row.iter().zip(&widths).enumerate().map(|(index, (cell, width))| match index {
                2..=4 | 6 => format!("{cell:>width$}"),
                _ => format!("{cell:<width$}"),
            });
            println!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
        }
    }
}

impl Line {
    /// Samples of something.
    pub fn new(what: impl Into<String>, unit: &'static str, samples: Vec<f64>) -> Self {
        Line { what: what.into(), unit, samples, floor: None, budget: String::new(), held: None }
    }

    /// Samples of a time, in milliseconds.
    pub fn times(what: impl Into<String>, samples: &[Duration]) -> Self {
        Line::new(what, "ms", milliseconds(samples))
    }

    /// The same work done barely, in the same run.
    pub fn floor(self, what: impl Into<String>, samples: Vec<f64>) -> Self {
        Line { floor: Some((what.into(), samples)), ..self }
    }

    /// Held when that percentile is below the limit.
    pub fn below(mut self, percentile: f64, limit: f64) -> Self {
        self.held = Some(self.at(percentile) < limit && self.held != Some(false));
        self.say(format!("p{percentile:.0} < {} {}", number(limit), self.unit));
        self
    }

    /// Held when nothing at all was measured.
    pub fn none(mut self) -> Self {
        self.held = Some(self.samples.iter().all(|sample| *sample == 0.0));
        self.say("none".to_owned());
        self
    }

    /// Held when that percentile is no more than `more` above the floor's.
    pub fn over_floor(mut self, percentile: f64, more: f64) -> Self {
        let floor = self.floor.as_ref().map_or(0.0, |(_, floor)| at(floor, percentile));
        self.held = Some(self.at(percentile) <= floor + more && self.held != Some(false));
        self.say(format!("p{percentile:.0} <= floor + {} {}", number(more), self.unit));
        self
    }

    fn say(&mut self, budget: String) {
        if !self.budget.is_empty() {
            self.budget += ", ";
        }
        self.budget += &budget;
    }

    fn at(&self, percentile: f64) -> f64 {
        at(&self.samples, percentile)
    }

    fn cells(&self) -> Vec<String> {
        let floor = self.floor.as_ref().map(|(what, samples)| (what, at(samples, 50.0)));
        let many = self.samples.len() > 1;
        let percentile = |percentile| if many { number(self.at(percentile)) } else { String::new() };
        vec![
            self.what.clone(),
            self.unit.to_owned(),
            number(self.at(50.0)),
            percentile(95.0),
            percentile(99.0),
            floor.map_or(String::new(), |(what, floor)| format!("{} {what}", number(floor))),
            floor.map_or(String::new(), |(_, floor)| format!("{:.1}", self.at(50.0) / floor)),
            self.budget.clone(),
            self.held.map_or("", |held| if held { "held" } else { "MISSED" }).to_owned(),
        ]
    }
}

/// The percentile of samples in any order.
pub fn at(samples: &[f64], percentile: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (percentile / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(index.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// Times in milliseconds.
pub fn milliseconds(times: &[Duration]) -> Vec<f64> {
    times.iter().map(|time| time.as_secs_f64() * 1000.0).collect()
}

/// Three digits, or all before the point.
fn number(value: f64) -> String {
    match value.abs() {
        _ if value.fract() == 0.0 => format!("{value:.0}"),
        ..1.0 => format!("{value:.3}"),
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
