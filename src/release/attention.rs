//! What needs a human now, worst first, with the reason. Derived, never stored.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::analysis::AnalysisRun;
use super::controller;
use super::model::Model;
use super::object::ObjectId;
use super::phase::Phase;
use super::repository_needs;
use super::rollout::Rollout;

/// The one set of severity words. The order is worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Ok,
    Unknown,
    Attention,
    Critical,
}

impl Severity {
    /// The word on the screen and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Ok => "ok",
            Severity::Unknown => "unknown",
            Severity::Attention => "attention",
            Severity::Critical => "critical",
        }
    }

    /// How bad a phase is by itself.
    pub fn of_phase(phase: Phase) -> Severity {
        match phase {
            Phase::Healthy | Phase::Progressing => Severity::Ok,
            Phase::Paused => Severity::Attention,
            Phase::Degraded => Severity::Critical,
            Phase::Unknown => Severity::Unknown,
        }
    }
}

/// One thing that waits for a human.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Need {
    pub object: ObjectId,
    pub severity: Severity,
    /// A few words: `waiting for you`, `aborted`, `degraded`, `stuck`, `analysis failing`,
    /// `controller silent`.
    pub what: &'static str,
    /// Since when, where it is known.
    pub since: Option<Timestamp>,
    /// Why, in one line.
    pub reason: String,
    /// Names of the actions that are the likely answer, best first (rows of ACTIONS).
    pub answers: &'static [&'static str],
}

/// A pod that was refused longer ago than this no longer speaks for now.
const REFUSAL_MATTERS_FOR: SignedDuration = SignedDuration::from_mins(20);

/// All needs, worst first, then longest waiting first.
pub fn needs(model: &Model, now: Timestamp) -> Vec<Need> {
    let mut needs: Vec<Need> = model.rollouts.iter().filter_map(|rollout| need_of(model, rollout, now)).collect();
    needs.extend(model.runs.iter().filter_map(|run| failing_analysis(model, run)));
    needs.extend(repository_needs::needs(model, now));
    needs.extend(controller::needs(model, now));
    in_order(needs)
}

/// These needs, worst first, then longest waiting first, each once.
pub fn in_order(mut needs: Vec<Need>) -> Vec<Need> {
    needs.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then_with(|| a.since.cmp(&b.since)).then_with(|| a.object.cmp(&b.object))
    });
    needs.dedup_by(|a, b| a.object.uid == b.object.uid && a.what == b.what);
    needs
}

/// When the needs become others although nothing is observed: a pause ends, a refusal grows old, a controller falls
/// silent. None: never.
pub fn next_change(model: &Model, now: Timestamp) -> Option<Timestamp> {
    let pauses = model.rollouts.iter().filter_map(Rollout::pause_ends);
    let just_after = REFUSAL_MATTERS_FOR + SignedDuration::from_millis(1);
    let refusals = model.refusals.iter().filter_map(|refusal| refusal.at?.checked_add(just_after).ok());
    let others = [repository_needs::next_change(model, now), controller::next_change(model, now)];
    pauses.chain(refusals).chain(others.into_iter().flatten()).filter(|at| *at > now).min()
}

/// The needs of one Rollout.
pub fn needs_of(model: &Model, rollout: &Rollout, now: Timestamp) -> Vec<Need> {
    let failing = model.runs_of(rollout).into_iter().find_map(|run| failing_analysis(model, run));
    need_of(model, rollout, now).into_iter().chain(failing).collect()
}

fn need_of(model: &Model, rollout: &Rollout, now: Timestamp) -> Option<Need> {
    let reading = rollout.phase();
    let need = |severity, what, since, reason, answers| {
        Some(Need { object: rollout.id.clone(), severity, what, since, reason, answers })
    };
    match reading.phase {
        Phase::Degraded if rollout.status.abort || rollout.status.aborted_at.is_some() => need(
            Severity::Critical,
            "aborted",
            rollout.status.aborted_at,
            super::why::why(model, rollout).unwrap_or_else(|| reading.message.to_string()),
            &["retry", "undo"],
        ),
        Phase::Degraded => need(
            Severity::Critical,
            "degraded",
            rollout.condition("Progressing").and_then(|condition| condition.last_transition),
            super::why::why(model, rollout).unwrap_or_else(|| reading.message.to_string()),
            &["undo", "abort", "retry"],
        ),
        Phase::Paused => match rollout.pause_ends() {
            // It goes on by itself: nothing waits for a human.
            Some(end) if end > now && !rollout.spec_paused => None,
            _ => {
                let (what, reason, answers) = pause_reason(rollout, &reading.message);
                need(Severity::Attention, what, rollout.paused_since(), reason, answers)
            }
        },
        Phase::Progressing => {
            let refusal = super::why::refusal_of(model, rollout)?;
            if refusal.at.is_some_and(|at| now.duration_since(at) > REFUSAL_MATTERS_FOR) {
                return None;
            }
            let reason = super::why::refuser(&refusal.message);
            let since = super::why::refused_since(model, rollout);
            need(Severity::Critical, "stuck", since, format!("pods refused: {reason}"), &["abort", "undo"])
        }
        Phase::Unknown => need(Severity::Unknown, "unreadable", None, reading.message.to_string(), &[]),
        Phase::Healthy => None,
    }
}

fn pause_reason(rollout: &Rollout, message: &str) -> (&'static str, String, &'static [&'static str]) {
    let reason = rollout.status.pause_conditions.iter().map(|pause| &*pause.reason);
    let mut reasons: Vec<&str> = reason.collect();
    if let Some(inconclusive) = reasons.iter().find(|reason| reason.starts_with("Inconclusive")) {
        return ("inconclusive", format!("{inconclusive}: the metric decides neither way"), &["promote", "abort"]);
    }
    if rollout.spec_paused {
        return ("paused by hand", "spec.paused is set".to_owned(), &["resume"]);
    }
    if reasons.is_empty() {
        reasons.push(message);
    }
    let step = rollout.step_progress().map(|(done, count)| format!(" at step {done}/{count}")).unwrap_or_default();
    ("waiting for you", format!("{}{step}", reasons.join(", ")), &["promote", "abort"])
}

/// A running analysis with a metric that would fail at its next bad measurement.
fn failing_analysis(model: &Model, run: &AnalysisRun) -> Option<Need> {
    if run.phase.is_completed() {
        return None;
    }
    let rollout = model.rollouts.get(run.owner.as_ref()?)?;
    Some(Need {
        object: rollout.id.clone(),
        severity: Severity::Attention,
        what: "analysis failing",
        since: run.started_at,
        reason: super::verdict::about_to_fail(run)?,
        answers: &["abort", "pause"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::observation::{Change, ObjectEvent, Observation};
    use crate::release::sample::{self, at};

    /// A refusal that was first said at one second and last at another.
    fn refusal(name: &str, first: i64, last: i64) -> ObjectEvent {
        ObjectEvent {
            id: sample::id(name),
            kind: "ReplicaSet".into(),
            object: "web-new".into(),
            object_uid: None,
            warning: true,
            reason: "FailedCreate".into(),
            message: "Error creating: pods \"web-new-x\" is forbidden: no signature".into(),
            at: Some(at(last)),
            first: Some(at(first)),
            count: 2,
        }
    }

    #[test]
    fn stuck_is_since_the_first_refusal_not_the_last() {
        let mut web = sample::rollout("web");
        web.status.phase = Some("Progressing".into());
        let mut other = refusal("d", -500, 300);
        other.object = "web-old".into();
        let refusals = vec![refusal("a", 100, 190), refusal("b", 40, 200), refusal("c", 220, 290), other];
        let model = sample::model(vec![
            ("rollouts", Observation::Rollouts(Change::Reset(vec![web]))),
            ("refusals", Observation::Refusals(Change::Reset(refusals))),
        ]);
        let needs = needs(&model, at(300));
        assert_eq!((needs[0].what, needs[0].since), ("stuck", Some(at(40))));
    }
}
