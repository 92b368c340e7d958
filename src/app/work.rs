//! A write on its way and the effect that is waited for. Nothing of it is painted as done before a source reports it.

use jiff::{SignedDuration, Timestamp};

use crate::actions::no_effect_cause;
use crate::actions::plan::{Plan, Progress};
use crate::panes::ui::Notice;
use crate::release::attention::Severity;
use crate::release::timeline::Entry;
use crate::theme::Role;
use crate::writers::Outcome;

use super::App;
use super::event::Effect;

/// For so long after an effect was seen, somebody putting it back is reported (a GitOps sync takes about three minutes).
const WATCHED_AFTERWARDS: SignedDuration = SignedDuration::from_mins(4);

/// One write.
#[derive(Clone, Debug)]
pub struct Work {
    pub number: u64,
    pub plan: Plan,
    pub confirmed: Timestamp,
    pub stage: Stage,
}

/// How far it has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// On its way, or waiting for its record.
    Sending,
    /// Accepted; the effect is looked for.
    Accepted { at: Timestamp, late: bool },
    /// The effect was seen; whoever puts it back is reported.
    Done { at: Timestamp },
}

impl Work {
    /// A write that was just confirmed.
    pub fn new(number: u64, plan: Plan, now: Timestamp) -> Self {
        Work { number, plan, confirmed: now, stage: Stage::Sending }
    }

    /// Whether the operator still waits for it.
    pub fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Sending | Stage::Accepted { late: false, .. })
    }

    /// Whether the process must not end yet: the outcome is not recorded.
    pub fn is_sending(&self) -> bool {
        self.stage == Stage::Sending
    }

    /// When something falls due without any event.
    pub fn due(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Sending => None,
            Stage::Accepted { at, late: false } => at.checked_add(self.plan.deadline).ok(),
            Stage::Accepted { at, late: true } | Stage::Done { at } => at.checked_add(WATCHED_AFTERWARDS).ok(),
        }
    }

    fn words(&self) -> String {
        format!("{} {}", self.plan.action, self.plan.target.path())
    }
}

impl App {
    /// A write has its outcome. The model does not change: only a source can say what became of the cluster.
    pub(super) fn sent(&mut self, number: u64, outcome: Outcome, took: SignedDuration, now: Timestamp) -> Vec<Effect> {
        let Some(index) = self.works.iter().position(|work| work.number == number) else { return Vec::new() };
        let words = self.works[index].words();
        let (severity, role, text) = match &outcome {
            Outcome::Applied { .. } => {
                self.works[index].stage = Stage::Accepted { at: now, late: false };
                (Severity::Ok, Role::Hint, format!("{words}: accepted in {}, waiting for the effect", seconds(took)))
            }
            other => {
                let (severity, role) = match other {
                    Outcome::Unknown { .. } => (Severity::Unknown, Role::Unknown),
                    Outcome::Conflict { .. } => (Severity::Attention, Role::Attention),
                    _ => (Severity::Critical, Role::Critical),
                };
                (severity, role, format!("{words}: {}", other.sentence()))
            }
        };
        let work = match outcome {
            Outcome::Applied { .. } => self.works[index].clone(),
            _ => self.works.remove(index),
        };
        self.happened(&work, severity, &text, now);
        self.say(text, role);
        self.look_for_effects(now)
    }

    /// The write never left.
    pub(super) fn refused(&mut self, number: u64, reason: String, now: Timestamp) -> Vec<Effect> {
        let Some(index) = self.works.iter().position(|work| work.number == number) else { return Vec::new() };
        let work = self.works.remove(index);
        let text = format!("{} not sent: {reason}", work.words());
        self.happened(&work, Severity::Critical, &text, now);
        self.say(text, Role::Critical);
        Vec::new()
    }

    /// Looks in the model for the effects that are waited for.
    pub(super) fn look_for_effects(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.works.is_empty() {
            return Vec::new();
        }
        let mut effects = Vec::new();
        let mut works = std::mem::take(&mut self.works);
        works.retain_mut(|work| {
            let Stage::Accepted { .. } | Stage::Done { .. } = work.stage else { return true };
            let progress = work.plan.effect.progress(&self.model, &work.plan.target);
            self.advance(work, progress, now, &mut effects)
        });
        works.append(&mut self.works);
        self.works = works;
        effects
    }

    /// Moves a write on by what is seen of it; false when it needs no more looking after.
    fn advance(&mut self, work: &mut Work, progress: Progress, now: Timestamp, effects: &mut Vec<Effect>) -> bool {
        let took = now.duration_since(work.confirmed);
        let due = work.due().is_some_and(|due| due <= now);
        match (&work.stage, progress) {
            (Stage::Accepted { .. }, Progress::Done) => {
                let text = format!("{}: took effect in {}", work.words(), seconds(took));
                self.conclude(work, true, took, Severity::Ok, Role::Ok, text, now, effects);
                work.stage = Stage::Done { at: now };
                true
            }
            (Stage::Accepted { .. }, Progress::Reverted(what)) => {
                let text = format!("{}: accepted, but {what}", work.words());
                self.conclude(work, false, took, Severity::Attention, Role::Attention, text, now, effects);
                false
            }
            (Stage::Accepted { at, late: false }, Progress::NotYet) if due => {
                let at = *at;
                let cause = no_effect_cause(&self.model, &work.plan.target, now);
                let text = format!("{}: accepted, no effect after {}: {cause}", work.words(), seconds(took));
                self.conclude(work, false, took, Severity::Attention, Role::Attention, text, now, effects);
                work.stage = Stage::Accepted { at, late: true };
                true
            }
            (Stage::Accepted { late: true, .. }, Progress::NotYet) => !due,
            (Stage::Done { .. }, progress) => match progress.after(&Progress::Done) {
                Progress::Reverted(what) if work.plan.is_lasting() => {
                    let text = format!("{}: {what}", work.words());
                    self.conclude(work, false, took, Severity::Attention, Role::Attention, text, now, effects);
                    false
                }
                _ => !due && work.plan.is_lasting(),
            },
            _ => true,
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the three places where a conclusion is told, each with all of it")]
    fn conclude(
        &mut self,
        work: &Work,
        verified: bool,
        took: SignedDuration,
        severity: Severity,
        role: Role,
        text: String,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        self.happened(work, severity, &text, now);
        self.ui.notice = Some(Notice { text: text.clone(), role, until: None });
        effects.push(Effect::Verified { plan: Box::new(work.plan.clone()), verified, took, note: text });
    }

    fn happened(&mut self, work: &Work, severity: Severity, text: &str, now: Timestamp) {
        self.model.timeline.push(Entry {
            number: 0,
            at: now,
            from: work.plan.action.into(),
            object: Some(work.plan.target.clone()),
            severity,
            text: text.to_owned(),
        });
    }
}

/// `1.8 s`.
fn seconds(span: SignedDuration) -> String {
    format!("{:.1} s", span.as_secs_f64())
}
