//! The k6 smoke test: three dialects of its summary, and the verdict together with the exit code.

use serde::{Deserialize, Serialize};

use super::gate::GateVerdict;
use super::json::{Fields, Json};
use super::text::{counted, visible};

/// Groups within groups: deeper than any script has them.
const DEEPEST: usize = 32;

/// What a summary says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Smoke {
    pub dialect: Dialect,
    pub thresholds: Vec<Threshold>,
    pub checks: Checks,
}

/// How k6 was asked to write its summary. Sniffed by shape; none of them names itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// `--summary-export`.
    Legacy,
    /// The argument of `handleSummary(data)`, written out as it is.
    HandleSummary,
    /// `--new-machine-readable-summary`: it leaves the thresholds out.
    MachineReadable,
}

/// One threshold and whether it held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    pub metric: String,
    pub expr: String,
    /// None where the summary does not say it in a known form.
    pub ok: Option<bool>,
}

/// Checks over all groups. They do not gate anything by themselves: failing checks exit 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    pub passes: u64,
    pub fails: u64,
}

impl Dialect {
    /// The word in JSON and on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Dialect::Legacy => "legacy",
            Dialect::HandleSummary => "handle-summary",
            Dialect::MachineReadable => "machine-readable",
        }
    }
}

/// Reads a summary. The error is the reason why it is none.
pub fn read(bytes: &[u8]) -> Result<Smoke, String> {
    let root = Json::parse(bytes)?;
    let summary = root.fields();
    let dialect = sniff(&summary).ok_or("is no k6 summary: neither metrics nor results")?;
    Ok(match dialect {
        Dialect::MachineReadable => Smoke { dialect, thresholds: Vec::new(), checks: machine_checks(&summary) },
        _ => Smoke {
            dialect,
            thresholds: thresholds(summary.get("metrics"), dialect),
            checks: group_checks(summary.get("root_group")).unwrap_or_else(|| metric_checks(summary.get("metrics"))),
        },
    })
}

/// Which dialect, by the marks of section PR18.
fn sniff(summary: &Fields) -> Option<Dialect> {
    if summary.get("results").is_object() && summary.has_any(&["version", "config", "metadata"]) {
        return Some(Dialect::MachineReadable);
    }
    let metrics = summary.get("metrics");
    let groups = summary.get("root_group").get("groups");
    if !metrics.is_object() {
        return None;
    }
    let has_values = metrics.fields().iter().any(|(_, metric)| metric.get("values").is_object());
    if has_values || groups.is_list() {
        return Some(Dialect::HandleSummary);
    }
    (groups.is_object() || metrics.fields().iter().any(|(_, metric)| metric.is_object())).then_some(Dialect::Legacy)
}

/// All thresholds, in file order.
fn thresholds(metrics: Json, dialect: Dialect) -> Vec<Threshold> {
    let mut thresholds = Vec::new();
    for (metric, value) in metrics.fields().iter() {
        let of_metric = value.get("thresholds");
        for (expr, outcome) in of_metric.fields().iter() {
            let ok = held(outcome, dialect);
            thresholds.push(Threshold { metric: visible(metric), expr: visible(expr), ok });
        }
        // k6 leaves them out where a metric has none: in another form, null too, they may hide a breach.
        let is_odd = value.fields().has_any(&["thresholds"]) && !of_metric.is_object();
        if is_odd || !value.is_object() {
            thresholds.push(Threshold { metric: visible(metric), expr: "thresholds".to_owned(), ok: None });
        }
    }
    thresholds
}

/// Whether a threshold held. In the legacy export the bare boolean says the opposite: `true` is *breached*.
fn held(outcome: Json, dialect: Dialect) -> Option<bool> {
    let bare = outcome.flag().filter(|_| dialect == Dialect::Legacy).map(|breached| !breached);
    bare.or_else(|| outcome.get("ok").flag())
}

/// The checks of a group and of the groups in it, lists and objects alike. None where there are none.
fn group_checks(root: Json) -> Option<Checks> {
    let mut sum = None;
    let mut groups = vec![(root, 0)];
    // A stack of its own: the nesting of a foreign document must not become ours. Each level is read once for every level
    // above it, so that there is an end to them.
    while let Some((group, depth)) = groups.pop() {
        let group = group.fields();
        for check in members(group.get("checks")) {
            add(&mut sum, check);
        }
        if depth < DEEPEST {
            groups.extend(members(group.get("groups")).into_iter().map(|group| (group, depth + 1)));
        }
    }
    sum
}

/// `results.checks.results[]`.
fn machine_checks(summary: &Fields) -> Checks {
    let results = summary.get("results").fields();
    let mut sum = None;
    for check in results.get("checks").get("results").items() {
        add(&mut sum, check);
    }
    sum.unwrap_or_default()
}

/// `metrics.checks`, where no group lists its checks.
fn metric_checks(metrics: Json) -> Checks {
    let checks = metrics.get("checks").fields();
    let values = checks.get("values");
    let mut sum = None;
    add(&mut sum, if values.is_object() { values } else { metrics.get("checks") });
    sum.unwrap_or_default()
}

/// The items of a list, or the values of an object.
fn members(value: Json<'_>) -> Vec<Json<'_>> {
    if value.is_list() { value.items() } else { value.fields().iter().map(|(_, member)| member).collect() }
}

/// Adds one check's counts.
fn add(sum: &mut Option<Checks>, check: Json) {
    let fields = check.fields();
    let counted = |name| fields.get(name).count();
    let so_far = sum.unwrap_or_default();
    if let (Some(passes), Some(fails)) = (counted("passes"), counted("fails")) {
        *sum = Some(Checks { passes: so_far.passes.saturating_add(passes), fails: so_far.fails.saturating_add(fails) });
    }
}

impl Smoke {
    /// The verdict and its sentence. A run that could not have failed is not green.
    pub fn judge(&self, exit_code: Option<i32>) -> (GateVerdict, String) {
        let breached = self.thresholds.iter().find(|threshold| threshold.ok == Some(false));
        let unread = self.thresholds.iter().find(|threshold| threshold.ok.is_none());
        let (from_code, words) = exit_words(exit_code);
        if let Some(threshold) = breached {
            return (GateVerdict::Fail, format!("{} breaches {}", threshold.metric, threshold.expr));
        }
        if from_code != GateVerdict::Pass && exit_code.is_some() {
            return (from_code, words);
        }
        if let Some(threshold) = unread {
            return (GateVerdict::Unknown, format!("{} {}: not readable", threshold.metric, threshold.expr));
        }
        match (self.thresholds.len(), self.dialect, exit_code) {
            (0, Dialect::MachineReadable, Some(_)) => (GateVerdict::Pass, words),
            (0, Dialect::MachineReadable, None) => {
                (GateVerdict::Unknown, "this summary leaves the thresholds out: the exit code is needed".to_owned())
            }
            (0, _, _) => {
                (GateVerdict::Unknown, "green with zero thresholds: this run could not have failed".to_owned())
            }
            (count, _, _) => (GateVerdict::Pass, counted(count, "threshold held", "thresholds held")),
        }
    }
}

/// What k6 says by its exit code (`errext/exitcodes`). Codes that tell of k6 and not of the release are unknown.
fn exit_words(exit_code: Option<i32>) -> (GateVerdict, String) {
    let Some(code) = exit_code else {
        return (GateVerdict::Unknown, "no exit code".to_owned());
    };
    let (verdict, words) = match code {
        0 => (GateVerdict::Pass, "k6 exited 0"),
        97 => (GateVerdict::Fail, "the cloud run failed"),
        99 => (GateVerdict::Fail, "thresholds were breached"),
        100 => (GateVerdict::Fail, "setup() timed out"),
        101 => (GateVerdict::Fail, "teardown() timed out"),
        107 => (GateVerdict::Fail, "the script threw an exception"),
        108 => (GateVerdict::Fail, "the script aborted the test"),
        110 => (GateVerdict::Fail, "the script marked the run as failed"),
        98 => (GateVerdict::Unknown, "the cloud run's progress could not be read"),
        102 => (GateVerdict::Unknown, "k6 timed out"),
        103 => (GateVerdict::Unknown, "the run was stopped through k6's API"),
        104 => (GateVerdict::Unknown, "the configuration is invalid"),
        105 => (GateVerdict::Unknown, "the run was interrupted from outside"),
        106 => (GateVerdict::Unknown, "k6's API could not start"),
        109 => (GateVerdict::Unknown, "k6 crashed"),
        _ => (GateVerdict::Unknown, "not an exit code of k6's"),
    };
    (verdict, format!("{words} (exit code {code})"))
}

#[cfg(test)]
#[path = "smoke_tests.rs"]
mod tests;
