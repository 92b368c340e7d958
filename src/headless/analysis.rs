//! `analysis eval` and the two lints.

use serde::Serialize;

use super::table::{Table, facts};
use super::{Answer, ExitCode};
use crate::release::analysis::{AnalysisPhase, AnalysisRun};
use crate::release::lint::{Lint, LintVerdict};
use crate::release::verdict::assess_run;

#[derive(Debug, Serialize)]
struct Evaluation {
    phase: AnalysisPhase,
    metrics: Vec<MetricLine>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct MetricLine {
    name: Box<str>,
    phase: AnalysisPhase,
    reason: String,
    /// Null where failures are not limited.
    failures_left: Option<i64>,
}

/// What the controller will make of the run.
pub fn eval(run: &AnalysisRun) -> Answer {
    if let Some(fault) = &run.fault {
        return Answer::failed(format!("AnalysisRun {} cannot be read: {fault}", run.id.name), ExitCode::Unknown);
    }
    let verdict = assess_run(run);
    let metrics = verdict.metrics.into_iter().map(|metric| MetricLine {
        name: metric.name,
        phase: metric.verdict.phase,
        reason: match metric.dry_run {
            true => format!("dry run, decides nothing: {}", metric.verdict.reason),
            false => metric.verdict.reason,
        },
        failures_left: metric.verdict.failures_left,
    });
    let evaluation = Evaluation { phase: verdict.phase, metrics: metrics.collect() };
    let mut table = Table::new(["METRIC", "PHASE", "FAILURES LEFT", "REASON"]);
    for line in &evaluation.metrics {
        let left = line.failures_left.map(|left| left.to_string()).unwrap_or_default();
        table.row([line.name.to_string(), line.phase.word().to_owned(), left, line.reason.clone()]);
    }
    let head = facts(&[("Phase", verdict.phase.word().to_owned()), ("Message", verdict.message)]);
    Answer::new(&evaluation, format!("{head}\n{}", table.or("no metrics")), verdict.phase.into())
}

/// The findings of `analysis lint` or `rollout lint`.
pub fn lint(lint: &Lint) -> Answer {
    let mut table = Table::new(["SEVERITY", "FILE", "OBJECT", "ID", "MESSAGE", "FIX"]);
    for finding in &lint.findings {
        table.row([
            finding.severity.word().to_owned(),
            finding.file.clone(),
            finding.object.clone(),
            finding.id.to_owned(),
            finding.message.clone(),
            finding.fix.clone(),
        ]);
    }
    let nothing = match lint.verdict {
        LintVerdict::Unknown => "unknown: there is nothing here to lint",
        _ => "nothing found",
    };
    Answer::new(lint, table.or(nothing), lint.verdict.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::headless::Format;
    use crate::release::analysis::AnalysisPhase::{Failed, Successful};
    use crate::release::attention::Severity;
    use crate::release::lint::Finding;
    use crate::release::sample;

    #[test]
    fn a_run_is_evaluated() {
        let rollout = sample::paused("web");
        let running = sample::run(&rollout, "web-new-3", &[("[0.01]", Successful), ("[0.0570]", Failed)]);
        let answer = eval(&running);
        assert_eq!(
            answer.json,
            json!({"phase": "Running", "metrics": [
                {"name": "error-rate", "phase": "Running", "reason": "2 measured", "failuresLeft": 0},
            ]})
        );
        assert_eq!(answer.exit, ExitCode::Unknown);
        let failed = eval(&sample::run(&rollout, "web-new-3", &[("[0.1]", Failed), ("[0.2]", Failed)]));
        assert_eq!((failed.exit, &failed.json["phase"]), (ExitCode::Negative, &json!("Failed")));
        assert_eq!(
            failed.text(Format::Table),
            "\
Phase:    Failed
Message:  Metric \"error-rate\" assessed Failed due to failed (2) > failureLimit (1)

METRIC      PHASE   FAILURES LEFT  REASON
error-rate  Failed  0              failed (2) > failureLimit (1)
"
        );
        let terminated = eval(&AnalysisRun { terminate: true, ..running });
        assert_eq!((terminated.exit, &terminated.json["phase"]), (ExitCode::Ok, &json!("Successful")));
    }

    #[test]
    fn a_run_that_cannot_be_read_has_no_verdict() {
        let mut run = sample::run(&sample::paused("web"), "web-new-3", &[]);
        run.fault = Some("spec.metrics: no list".into());
        assert_eq!(eval(&run).exit, ExitCode::Unknown);
    }

    #[test]
    fn findings_are_printed_safely() {
        let finding = Finding {
            id: "no-steps",
            row: "PR17",
            severity: Severity::Attention,
            file: "a.yaml".into(),
            object: "Rollout/\u{1b}[31mweb".into(),
            message: "it has none".into(),
            fix: "add some".into(),
        };
        let answer = lint(&Lint { verdict: LintVerdict::Fail, findings: vec![finding] });
        assert_eq!(
            answer.text(Format::Table),
            "\
SEVERITY   FILE    OBJECT            ID        MESSAGE      FIX
attention  a.yaml  Rollout/␛[31mweb  no-steps  it has none  add some
"
        );
        assert_eq!((answer.exit, &answer.json["verdict"]), (ExitCode::Negative, &json!("fail")));
        let nothing = lint(&Lint { verdict: LintVerdict::Unknown, findings: vec![] });
        assert_eq!((nothing.exit, nothing.json), (ExitCode::Unknown, json!({"verdict": "unknown", "findings": []})));
    }
}
