//! A write on its way and the effect that is waited for. Nothing of it is painted as done before a source reports it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::actions::plan::{Plan, Progress};
use crate::actions::{no_effect_cause, no_trace_cause};
use crate::keys::Command;
use crate::panes::ui::AtWork;
use crate::release::attention::{self, Need, Severity};
use crate::release::duration::human;
use crate::release::object::Uid;
use crate::release::subject;
use crate::release::timeline::Entry;
use crate::theme::Role;
use crate::writers::Executed;
use crate::writers::outcome::Outcome;

use super::App;
use super::batch::Stands;
use super::event::Effect;

/// For so long after an effect was seen, somebody putting it back is reported (a GitOps sync takes about three minutes).
const WATCHED_AFTERWARDS: SignedDuration = SignedDuration::from_mins(4);

/// For so long it is told in its row what became of a write.
const LINGERS: SignedDuration = SignedDuration::from_secs(4);

/// One write.
#[derive(Clone, Debug)]
pub struct Work {
    pub number: u64,
    pub plan: Plan,
    pub confirmed: Timestamp,
    pub stage: Stage,
    /// The dialog that it was confirmed in.
    pub dialog: u64,
    /// What the Rollout needed when it was confirmed.
    pub needs: Vec<Need>,
    /// What the writers said, for the record of what was seen afterwards.
    pub executed: Option<Box<Executed>>,
}

/// How far it has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// On its way, or waiting for its record.
    Sending,
    /// Accepted; the effect is looked for.
    Accepted { at: Timestamp, late: bool },
    /// It went as far as it goes by itself; whoever takes it on, or turns it down, is waited for, and nobody waits with us.
    Halfway { at: Timestamp, what: String },
    /// The effect was seen; whoever puts it back is reported.
    Done { at: Timestamp },
}

impl Work {
    /// A write that was just confirmed.
    pub fn new(number: u64, plan: Plan, now: Timestamp) -> Self {
        Work { number, plan, confirmed: now, stage: Stage::Sending, dialog: 0, needs: Vec::new(), executed: None }
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
            Stage::Sending | Stage::Halfway { .. } => None,
            Stage::Accepted { at, late: false } => at.checked_add(self.plan.deadline).ok(),
            Stage::Accepted { at, late: true } | Stage::Done { at } => at.checked_add(WATCHED_AFTERWARDS).ok(),
        }
    }

    /// Whether its row still tells of it.
    fn lingers(&self, now: Timestamp) -> bool {
        self.lingers_until().is_none_or(|until| now < until)
    }

    /// Until when its row tells of it; None while it is open, which has no end of its own.
    pub fn lingers_until(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Sending | Stage::Accepted { late: false, .. } => None,
            Stage::Accepted { at, late: true } => (at + self.plan.deadline).checked_add(LINGERS).ok(),
            Stage::Halfway { at, .. } | Stage::Done { at } => at.checked_add(LINGERS).ok(),
        }
    }

    /// How it stands, for its row.
    fn standing(&self) -> String {
        let stands = match &self.stage {
            Stage::Sending => "sending".to_owned(),
            Stage::Accepted { late: false, .. } => "waiting for the effect".to_owned(),
            Stage::Accepted { late: true, .. } => "accepted, no effect so far".to_owned(),
            Stage::Halfway { what, .. } => what.clone(),
            Stage::Done { .. } => self.plan.effect.done(),
        };
        format!("{}: {stands}", self.plan.action)
    }

    pub(super) fn words(&self) -> String {
        format!("{} {}", self.plan.action, self.plan.target.path())
    }
}

impl App {
    /// A write has its outcome. The model does not change: only a source can say what became of the cluster.
    pub(super) fn sent(&mut self, number: u64, executed: Executed, now: Timestamp) -> Vec<Effect> {
        let Some(index) = self.works.iter().position(|work| work.number == number) else { return Vec::new() };
        let mut work = self.works.remove(index);
        let words = work.words();
        let took = SignedDuration::from_millis(executed.took_ms);
        let (severity, role, mut text): (Severity, Role, String) = match &executed.outcome {
            Outcome::Applied { .. } => {
                let accepted = executed.outcome.sentence();
                (Severity::Ok, Role::Hint, format!("{words}: {accepted} in {}, waiting for the effect", seconds(took)))
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
        for note in &executed.notes {
            text += &format!("; {note}");
        }
        self.happened(&work, severity, &text, now);
        let stands = match &executed.outcome {
            Outcome::Applied { .. } => Stands::Waiting(executed.notes.join("; ")),
            other => Stands::Not(severity, other.sentence()),
        };
        self.told(&work, stands, text, role);
        if executed.outcome.is_applied() {
            self.unmark(&work.plan.target, now);
        }
        let mut effects = Vec::new();
        // Also what is unknown may show its effect yet.
        if matches!(executed.outcome, Outcome::Applied { .. } | Outcome::Unknown { .. }) {
            work.stage = Stage::Accepted { at: now, late: false };
            work.executed = Some(Box::new(executed));
            effects.extend(work.plan.effect.topic(&work.plan.target).map(Effect::Acted));
            self.works.push(work);
        }
        effects.extend(self.look_for_effects(now));
        effects
    }

    /// The write never left.
    pub(super) fn refused(&mut self, number: u64, reason: String, now: Timestamp) -> Vec<Effect> {
        let Some(index) = self.works.iter().position(|work| work.number == number) else { return Vec::new() };
        let work = self.works.remove(index);
        let text = format!("{} not sent: {reason}", work.words());
        self.happened(&work, Severity::Critical, &text, now);
        self.told(&work, Stands::Not(Severity::Critical, format!("not sent: {reason}")), text, Role::Critical);
        Vec::new()
    }

    /// What this plan changes is no longer looked after for earlier ones: the operator is not told of their own hand.
    pub(super) fn forget_superseded(&mut self, plan: &Plan) {
        let changes_spec = plan.requests.iter().any(|request| !request.path.ends_with("/status"));
        self.works.retain(|work| {
            let is_done = matches!(work.stage, Stage::Done { .. });
            !(is_done && changes_spec && subject::overlap(&work.plan.target.uid, &plan.target.uid))
        });
    }

    /// Looks in the model for the effects that are waited for.
    pub(super) fn look_for_effects(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.works.is_empty() {
            return Vec::new();
        }
        let mut effects = Vec::new();
        let mut works = std::mem::take(&mut self.works);
        works.retain_mut(|work| {
            if work.stage == Stage::Sending {
                return true;
            }
            let (effect, target) = (&work.plan.effect, &work.plan.target);
            let progress = match work.stage {
                Stage::Done { .. } => effect.put_back(&self.model, target).map_or(Progress::Done, Progress::Reverted),
                _ => effect.progress(&self.model, target),
            };
            self.advance(work, progress, now, &mut effects)
        });
        works.append(&mut self.works);
        self.works = works;
        effects
    }

    /// Moves a write on by what is seen of it; false when it needs no more looking after.
    fn advance(&mut self, work: &mut Work, progress: Progress, now: Timestamp, effects: &mut Vec<Effect>) -> bool {
        let words = work.words();
        let took = now.duration_since(work.confirmed);
        let due = work.due().is_some_and(|due| due <= now);
        let (stage, severity, text, cause) = match (&work.stage, &progress) {
            (Stage::Accepted { .. } | Stage::Halfway { .. }, Progress::Done) => {
                let text = format!("{words}: {}", work.plan.effect.done_in(&seconds(took)));
                (Some(Stage::Done { at: now }), Severity::Ok, text, String::new())
            }
            (Stage::Accepted { .. }, Progress::Reverted(what)) => {
                (None, Severity::Attention, format!("{words}: accepted, but {what}"), what.clone())
            }
            (Stage::Accepted { at, late: false }, Progress::NotYet) if due => {
                let is_accepted = work.executed.as_ref().is_none_or(|executed| executed.outcome.is_applied());
                let (said, cause) = match is_accepted {
                    true => ("accepted", no_effect_cause(&self.model, &work.plan, now)),
                    false => ("unknown whether it was done", no_trace_cause(&self.model, &work.plan, now)),
                };
                let text = format!("{words}: {said}, no effect after {}: {cause}", seconds(took));
                (Some(Stage::Accepted { at: *at, late: true }), Severity::Attention, text, cause)
            }
            (Stage::Halfway { what: known, .. }, Progress::Halfway(what)) if known == what => return true,
            (Stage::Halfway { .. }, Progress::NotYet) => return true,
            (Stage::Accepted { .. } | Stage::Halfway { .. }, Progress::Halfway(what)) => {
                let stage = Stage::Halfway { at: now, what: what.clone() };
                (Some(stage), Severity::Attention, format!("{words}: {what}"), what.clone())
            }
            (Stage::Halfway { .. }, Progress::Reverted(what)) => {
                (None, Severity::Attention, format!("{words}: {what}"), what.clone())
            }
            (Stage::Accepted { late: true, .. }, Progress::NotYet) => return !due,
            // Only what a human keeps in git is put back; a step or a pause goes on by itself.
            (Stage::Done { .. }, Progress::Reverted(what)) => {
                (None, Severity::Attention, format!("{words}: {what}"), what.clone())
            }
            (Stage::Done { .. }, _) => return !due && (work.plan.effect.is_lasting() || work.lingers(now)),
            (Stage::Accepted { late: false, .. }, Progress::NotYet) | (Stage::Sending, _) => return true,
        };
        self.happened(work, severity, &text, now);
        let stands = match severity {
            Severity::Ok => Stands::Done,
            _ => Stands::Not(severity, text.strip_prefix(&format!("{words}: ")).unwrap_or(&text).to_owned()),
        };
        self.told(work, stands, text, role_of(severity));
        if let Some(executed) = work.executed.clone() {
            effects.push(Effect::Verified { plan: Box::new(work.plan.clone()), executed, progress, took, cause });
        }
        // What comes after it is looked for at once.
        if matches!((&work.stage, &stage), (Stage::Halfway { .. }, Some(Stage::Halfway { .. }))) {
            effects.extend(work.plan.effect.topic_of_merge(&work.plan.target).map(Effect::Acted));
        }
        let goes_on = stage.is_some();
        work.stage = stage.unwrap_or(Stage::Done { at: now });
        goes_on
    }

    /// Quits; first says what is still waited for, since nobody will look for it afterwards.
    pub(super) fn quit(&mut self, now: Timestamp) -> Vec<Effect> {
        let open = self.works.iter().filter(|work| work.is_open()).count();
        if open == 0 || std::mem::replace(&mut self.is_quitting, true) {
            return vec![Effect::Quit];
        }
        let key = self.settings.keymap.hint(&self.ui.layers(&self.cx(now)), Command::Quit);
        let again = key.map_or("quit again".to_owned(), |key| format!("{key} again to quit"));
        let text = match open {
            1 => format!("1 write waits for its effect: {again}, it will be recorded as not verified"),
            many => format!("{many} writes wait for their effects: {again}, they will be recorded as not verified"),
        };
        self.say(text, Role::Attention);
        Vec::new()
    }

    /// What is to be recorded when the program ends now: the effects that nobody will see.
    pub fn last_words(&mut self, now: Timestamp) -> Vec<Effect> {
        let works = self.works.drain(..).filter(|work| work.is_open());
        let verified = works.filter_map(|work| {
            Some(Effect::Verified {
                took: now.duration_since(work.confirmed),
                executed: work.executed?,
                plan: Box::new(work.plan),
                progress: Progress::NotYet,
                cause: "quit before an effect was seen".to_owned(),
            })
        });
        verified.collect()
    }

    /// What the rows tell of the writes.
    pub(super) fn at_work(&self, now: Timestamp) -> Arc<[AtWork]> {
        let works = self.works.iter().filter(|work| work.lingers(now));
        let told = works.map(|work| AtWork {
            uid: self.rollout_of(&work.plan.target.uid),
            needs: work.needs.clone(),
            words: work.standing(),
            is_open: work.is_open(),
        });
        told.collect()
    }

    /// What the Rollout needs that a write to that object is about.
    pub(super) fn needs_of(&self, target: &Uid, now: Timestamp) -> Vec<Need> {
        let rollout = self.model.rollouts.get(&self.rollout_of(target));
        rollout.map(|rollout| attention::needs_of(&self.model, rollout, now)).unwrap_or_default()
    }

    /// Of an AnalysisRun the Rollout that owns it.
    pub(super) fn rollout_of(&self, target: &Uid) -> Uid {
        let owner = self.model.runs.get(target).and_then(|run| run.owner.clone());
        owner.unwrap_or_else(|| target.clone())
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

/// `1.8 s`, or `3m20s` where it took that long.
fn seconds(span: SignedDuration) -> String {
    if span.as_secs() < 120 { format!("{:.1} s", span.as_secs_f64()) } else { human(span) }
}

pub(super) fn role_of(severity: Severity) -> Role {
    match severity {
        Severity::Ok => Role::Ok,
        Severity::Unknown => Role::Unknown,
        Severity::Attention => Role::Attention,
        Severity::Critical => Role::Critical,
    }
}
