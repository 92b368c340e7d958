//! Smoke: what the last run of verify-release proved, threshold by threshold. Green without thresholds is not green.

use crate::actions::Kind;
use crate::release::gate::GateVerdict;
use crate::release::gates;
use crate::release::object::{ObjectId, Uid};
use crate::release::repository::Repository;
use crate::release::smoke::Smoke as Summary;
use crate::release::topic::{Duty, Topic};
use crate::theme::{Glyph, Role};

use super::Pane;
use super::brush::Words;
use super::cx::Cx;
use super::table::{Cell, Column};

/// The row in PANES.
pub struct Smoke;

static COLUMNS: &[Column] = &[
    Column::new("WHAT", 10, 10, 0),
    Column::new("HELD", 9, 9, 0),
    Column::new("METRIC", 16, 50, 0),
    Column::new("CONDITION", 16, 160, 1),
];

/// The row of the run itself, and that of its checks.
const RUN: &str = "smoke/run";
const CHECKS: &str = "smoke/checks";

impl Pane for Smoke {
    fn name(&self) -> &'static str {
        "smoke"
    }

    fn title(&self) -> &'static str {
        "Smoke"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[]
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::Smoke]
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn rows(&self, cx: &Cx) -> Vec<Uid> {
        let Some(repository) = repository(cx) else { return Vec::new() };
        let run = gates::smoke_run(repository).map(|_| Uid::from(RUN));
        let Some(summary) = summary(repository) else { return run.into_iter().collect() };
        let thresholds = (0..summary.thresholds.len()).map(|index| Uid(format!("smoke/{index}").into()));
        run.into_iter().chain(thresholds).chain([Uid::from(CHECKS)]).collect()
    }

    fn cells(&self, cx: &Cx, row: &Uid) -> Option<Vec<Cell>> {
        let repository = repository(cx)?;
        if &*row.0 == RUN {
            let run = gates::smoke_run(repository)?;
            let (verdict, why) = gates::smoke(repository, cx.now);
            let (role, sign) = looks(cx, verdict);
            let number = run.number.map_or("run".to_owned(), |number| format!("run #{number}"));
            let conclusion = run.conclusion.as_ref().map_or("no conclusion", |conclusion| conclusion.word());
            return Some(vec![
                Cell::new(number),
                Cell::styled(format!("{sign} {}", verdict.word()), role),
                Cell::new(format!("GitHub says {conclusion}")),
                Cell::new(why),
            ]);
        }
        let summary = summary(repository)?;
        if &*row.0 == CHECKS {
            let checks = summary.checks;
            let (role, sign) = match (checks.fails, checks.passes) {
                (0, 0) => (Role::Unknown, cx.glyph(Glyph::Unknown)),
                (0, _) => (Role::Ok, cx.glyph(Glyph::Ok)),
                _ => (Role::Attention, cx.glyph(Glyph::Attention)),
            };
            return Some(vec![
                Cell::new("checks"),
                Cell::styled(format!("{sign} {} fail", checks.fails), role),
                Cell::new(format!("{} pass", checks.passes)),
                Cell::styled("failing checks alone fail no run: only thresholds do", Role::Dim),
            ]);
        }
        let threshold = summary.thresholds.get(row.0.strip_prefix("smoke/")?.parse::<usize>().ok()?)?;
        let (role, sign, word) = match threshold.ok {
            Some(true) => (Role::Ok, cx.glyph(Glyph::Ok), "held"),
            Some(false) => (Role::Critical, cx.glyph(Glyph::Critical), "breached"),
            None => (Role::Unknown, cx.glyph(Glyph::Unknown), "unknown"),
        };
        Some(vec![
            Cell::new("threshold"),
            Cell::styled(format!("{sign} {word}"), role),
            Cell::new(threshold.metric.clone()),
            Cell::new(threshold.expr.clone()),
        ])
    }

    fn target(&self, _cx: &Cx, _row: &Uid) -> Option<ObjectId> {
        None
    }

    fn subject(&self, cx: &Cx, _row: Option<&Uid>, kind: Kind) -> Option<ObjectId> {
        (kind == Kind::Workflow).then(|| super::previews::workflow(cx, Duty::Smoke))?
    }

    fn headline(&self, cx: &Cx) -> Option<Words> {
        let repository = repository(cx).filter(|repository| repository.sight(Topic::Smoke).seen.is_some())?;
        let (verdict, why) = gates::smoke(repository, cx.now);
        let (role, sign) = looks(cx, verdict);
        Some(Words::of(format!("{sign} {}: {why}", verdict.word()), role))
    }

    fn look(&self, cx: &Cx, row: &Uid) -> Option<Vec<Words>> {
        let repository = repository(cx)?;
        let cells = self.cells(cx, row)?;
        let mut lines: Vec<Words> = COLUMNS
            .iter()
            .zip(&cells)
            .map(|(column, cell)| super::field(&column.title.to_lowercase(), cell.text.clone()))
            .collect();
        if &*row.0 == RUN {
            let run = gates::smoke_run(repository)?;
            lines.push(super::field("event", run.event.clone()));
            lines.push(super::field("when", format!("{} ago", cx.age(run.created))));
            lines.extend(run.url.iter().map(|url| super::field("url", url.clone())));
            let jobs = repository.workflow(Duty::Smoke).and_then(|view| view.jobs.as_ref());
            for job in jobs.filter(|jobs| Some(jobs.run) == run.id).into_iter().flat_map(|jobs| &jobs.jobs) {
                let ended = job.conclusion.as_ref().map_or(job.status.word(), |conclusion| conclusion.word());
                lines.push(super::field("job", format!("{}: {ended}", job.name)));
                lines.extend(job.steps.iter().map(|step| {
                    let ended = step.conclusion.as_ref().map_or(step.status.word(), |conclusion| conclusion.word());
                    super::field("  step", format!("{}: {ended}", step.name))
                }));
            }
        }
        lines.extend(summary(repository).map(|summary| super::field("summary", summary.dialect.word())));
        Some(lines)
    }

    fn empty(&self, cx: &Cx) -> String {
        match repository(cx) {
            Some(_) => "no run of the release's verification has completed".to_owned(),
            None => super::NO_REPOSITORY.to_owned(),
        }
    }
}

fn repository<'a>(cx: &Cx<'a>) -> Option<&'a Repository> {
    cx.model.repository().map(|(_, repository)| repository)
}

/// The summary of the run that is shown.
fn summary(repository: &Repository) -> Option<&Summary> {
    let run = gates::smoke_run(repository)?;
    let smoke = repository.smoke.as_ref().filter(|smoke| Some(smoke.run) == run.id)?;
    smoke.content.as_ref()?.as_ref().ok()
}

fn looks(cx: &Cx, verdict: GateVerdict) -> (Role, &'static str) {
    match verdict {
        GateVerdict::Pass => (Role::Ok, cx.glyph(Glyph::Ok)),
        GateVerdict::Fail => (Role::Critical, cx.glyph(Glyph::Critical)),
        GateVerdict::Unknown => (Role::Unknown, cx.glyph(Glyph::Unknown)),
    }
}
