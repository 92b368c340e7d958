//! `flightdeck watch`: every change of a Rollout, an AnalysisRun or a source as one line, until interrupted.

use std::io::{self, Write};
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::{Common, Output};
use crate::headless::{self, ExitCode as Exit};
use crate::release::analysis::AnalysisRun;
use crate::release::model::{Identified, Model, Store};
use crate::release::object::{ObjectId, Uid};
use crate::release::observation::{Change, Observation, Report, Said};
use crate::release::text::visible;

use super::find::is_wanted;
use super::observe::Observer;
use super::print::{ended, harmless, print};
use super::{clock, fail, wait};

/// What is told of; leases only prove every other second that the controller is there.
const TOLD: [&str; 3] = ["rollouts", "analysisruns", "refusals"];

/// Prints changes until interrupted, or until nobody reads any more.
pub fn run(common: &Common) -> ExitCode {
    wait(watch(common))
}

async fn watch(common: &Common) -> ExitCode {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return fail(3, "cannot listen for signals");
    };
    let mut observer = match Observer::open(common, &TOLD).await {
        Ok(observer) => observer,
        Err(answer) => return print(&answer, common),
    };
    if common.from_dir.is_some() {
        return manifests(&observer, common);
    }
    let now = clock();
    let beginning: Vec<Line> = failures(&observer.model, now);
    if let Err(error) = tell(&beginning, common) {
        return ended(Err(error), Exit::Ok).into();
    }
    loop {
        let report = tokio::select! {
            _ = interrupt.recv() => return ExitCode::SUCCESS,
            _ = terminate.recv() => return ExitCode::SUCCESS,
            report = observer.report() => report,
        };
        let lines = take(&mut observer.model, report, clock());
        let wanted = |line: &Line| line.object.as_ref().is_none_or(|id| is_wanted(id, common));
        // Nobody reads any more, or nothing can be written: done.
        if let Err(error) = tell(&lines.into_iter().filter(wanted).collect::<Vec<_>>(), common) {
            return ended(Err(error), Exit::Ok).into();
        }
    }
}

/// Manifests do not change: all of them once.
fn manifests(observer: &Observer, common: &Common) -> ExitCode {
    observer.faults.iter().for_each(|fault| super::print::complain(fault));
    let model = &observer.model;
    let now = clock();
    let rollouts = model.rollouts.iter().map(|rollout| Line::of(model, now, "rollouts", "present", rollout));
    let runs = model.runs.iter().map(|run| Line::of(model, now, "analysisruns", "present", run));
    let mut lines: Vec<Line> = rollouts.chain(runs).collect();
    lines.retain(|line| line.object.as_ref().is_none_or(|id| is_wanted(id, common)));
    lines.sort_by(|a, b| a.object.cmp(&b.object));
    let exit = if observer.faults.is_empty() { Exit::Ok } else { Exit::Unknown };
    ended(tell(&lines, common), exit).into()
}

/// One change.
struct Line {
    object: Option<ObjectId>,
    json: Value,
    words: String,
}

/// What a watched object says of itself.
trait Told: Identified {
    fn told(&self, model: &Model) -> Value;
    fn words(&self) -> String;
}

impl Told for crate::release::rollout::Rollout {
    fn told(&self, model: &Model) -> Value {
        let mut value = headless::rollout::line(model, self);
        value["uid"] = (*self.id.uid.0).into();
        value
    }

    fn words(&self) -> String {
        let reading = self.phase();
        let step = self.step_progress().map(|(done, count)| format!(" step {done}/{count}")).unwrap_or_default();
        let message = if reading.message.is_empty() { String::new() } else { format!(" ({})", reading.message) };
        format!("{}{step}{message}", reading.phase.word())
    }
}

impl Told for AnalysisRun {
    fn told(&self, _: &Model) -> Value {
        json!({
            "context": *self.id.context, "namespace": *self.id.namespace, "name": *self.id.name, "uid": *self.id.uid.0,
            "phase": self.phase, "metrics": headless::analysis::eval(self).json["metrics"],
        })
    }

    fn words(&self) -> String {
        self.phase.word().to_owned()
    }
}

impl Told for crate::release::observation::ObjectEvent {
    fn told(&self, _: &Model) -> Value {
        json!({
            "context": *self.id.context, "namespace": *self.id.namespace, "name": *self.id.name, "uid": *self.id.uid.0,
            "kind": self.kind, "object": self.object, "reason": self.reason, "message": self.message,
        })
    }

    fn words(&self) -> String {
        format!("{} {}: {}", self.kind, self.object, self.message)
    }
}

impl Line {
    fn of<T: Told>(model: &Model, now: Timestamp, source: &str, change: &str, object: &T) -> Line {
        let id = object.id();
        let json = json!({
            "time": now, "context": *id.context, "source": source, "change": change, "object": object.told(model),
        });
        let words = format!("{} {source} {} {change} {}", id.context, id.path(), object.words());
        Line { object: Some(id.clone()), json, words }
    }

    fn about(report: &Report, now: Timestamp, change: &str, error: Option<&str>) -> Line {
        let (context, source) = (&*report.source.context, &*report.source.kind);
        let mut json = json!({ "time": now, "context": context, "source": source, "change": change });
        if let Some(error) = error {
            json["error"] = error.into();
        }
        Line { object: None, json, words: format!("{context} {source} {change} {}", error.unwrap_or_default()) }
    }
}

/// The sources that failed before anything was said.
fn failures(model: &Model, now: Timestamp) -> Vec<Line> {
    let failing = model.freshness.iter().filter_map(|(source, freshness)| {
        let (_, failure) = freshness.failing.as_ref()?;
        let report = Report { source: source.clone(), said: Said::Alive };
        Some(Line::about(&report, now, "failing", Some(&failure.message)))
    });
    failing.collect()
}

/// What a report changes, told with what the model says once it has taken it in.
fn take(model: &mut Model, report: Report, now: Timestamp) -> Vec<Line> {
    let before = model.freshness.get(&report.source).cloned().unwrap_or_default();
    let mut lines = match &report.said {
        Said::Failing(failure) if before.failing.as_ref().is_none_or(|(_, known)| known.message != failure.message) => {
            vec![Line::about(&report, now, "failing", Some(&failure.message))]
        }
        Said::Failing(_) => Vec::new(),
        _ if before.failing.is_some() => vec![Line::about(&report, now, "recovered", None)],
        _ => Vec::new(),
    };
    if matches!(report.said, Said::Loaded) && !before.loaded {
        lines.push(Line::about(&report, now, "loaded", None));
    }
    let change = if before.loaded { "applied" } else { "present" };
    let source = report.source.clone();
    let (gone, new) = match &report.said {
        Said::Observed(observation) | Said::Partial(observation) => match observation {
            Observation::Rollouts(change) => differences(&model.rollouts, change, &source.context),
            Observation::AnalysisRuns(change) => differences(&model.runs, change, &source.context),
            Observation::Refusals(change) => differences(&model.refusals, change, &source.context),
            _ => Default::default(),
        },
        _ => Default::default(),
    };
    let kind = &*source.kind;
    lines.extend(gone.iter().filter_map(|uid| line(model, now, kind, "deleted", uid)));
    model.observe(report, now);
    lines.extend(new.iter().filter_map(|uid| line(model, now, kind, change, uid)));
    lines
}

/// The objects that a change takes away, and those that it brings or changes.
fn differences<T: Identified + PartialEq>(store: &Store<T>, change: &Change<T>, context: &str) -> (Vec<Uid>, Vec<Uid>) {
    let is_new = |object: &&T| store.get(&object.id().uid) != Some(*object);
    let uid = |object: &T| object.id().uid.clone();
    match change {
        Change::Applied(object) => (Vec::new(), Some(object).filter(is_new).map(uid).into_iter().collect()),
        Change::Deleted(gone) => (store.get(gone).map(uid).into_iter().collect(), Vec::new()),
        Change::Reset(objects) => {
            let kept: std::collections::HashSet<_> = objects.iter().map(|object| &object.id().uid).collect();
            let of_context = store.iter().filter(|object| *object.id().context == *context);
            let gone = of_context.filter(|object| !kept.contains(&object.id().uid)).map(uid);
            (gone.collect(), objects.iter().filter(is_new).map(uid).collect())
        }
    }
}

fn line(model: &Model, now: Timestamp, kind: &str, change: &str, uid: &Uid) -> Option<Line> {
    match kind {
        "rollouts" => model.rollouts.get(uid).map(|object| Line::of(model, now, kind, change, object)),
        "analysisruns" => model.runs.get(uid).map(|object| Line::of(model, now, kind, change, object)),
        _ => model.refusals.get(uid).map(|object| Line::of(model, now, kind, change, object)),
    }
}

fn tell(lines: &[Line], common: &Common) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in lines {
        match common.output {
            Some(Output::Json | Output::Jsonl) => writeln!(out, "{}", harmless(&line.json.to_string()))?,
            _ => {
                let time = line.json["time"].as_str().unwrap_or_default().get(..19).unwrap_or_default();
                writeln!(out, "{time}Z {}", visible(line.words.trim_end()))?;
            }
        }
    }
    out.flush()
}
