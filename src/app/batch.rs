//! Several at once: what became of each, in one line.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::actions::plan::Refusal;
use crate::actions::{Action, Kind, is_asked_already, sight};
use crate::panes::PANES;
use crate::panes::ui::{Check, Item};
use crate::release::attention::Severity;
use crate::release::object::{ObjectId, Uid};
use crate::release::repository::FlagsFile;
use crate::release::subject;
use crate::release::topic::Topic;
use crate::theme::Role;

use super::App;
use super::event::Effect;
use super::work::{Work, role_of};

/// Writes that were confirmed together: what becomes of one must not hide what became of another.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    /// The dialog that they were confirmed in.
    number: u64,
    action: &'static str,
    /// How one of them stands when it is done: `took effect`.
    done: String,
    parts: Vec<(ObjectId, Stands)>,
}

/// How one of them stands.
#[derive(Clone, Debug)]
pub(super) enum Stands {
    /// On its way or accepted; holds what else has to be said of it.
    Waiting(String),
    Done,
    /// Not done, or not as wished, and why.
    Not(Severity, String),
}

impl Batch {
    /// Of what stands in that dialog when it is confirmed.
    pub fn of(number: u64, items: &[Item]) -> Batch {
        let stands = |item: &Item| match &item.check {
            Check::Passed(_) | Check::Running => Stands::Waiting(String::new()),
            Check::Refused(why) => Stands::Not(Severity::Attention, format!("not sent, refused: {why}")),
            Check::Unknown(why) => Stands::Not(Severity::Unknown, format!("not sent, could not be asked: {why}")),
        };
        Batch {
            number,
            action: items.first().map_or("", |item| item.plan.action),
            done: items.first().map_or(String::new(), |item| item.plan.effect.done()),
            parts: items.iter().map(|item| (item.plan.target.clone(), stands(item))).collect(),
        }
    }

    /// Notes how one of them stands now.
    pub fn note(&mut self, target: &ObjectId, stands: Stands) {
        if let Some((_, known)) = self.parts.iter_mut().find(|(known, _)| known.uid == target.uid) {
            *known = stands;
        }
    }

    /// `promote: 1 of 3 took effect, 1 at work; shop/cart failed: why`.
    fn summary(&self) -> (Role, String) {
        let count = |is: fn(&Stands) -> bool| self.parts.iter().filter(|(_, stands)| is(stands)).count();
        let done = count(|stands| matches!(stands, Stands::Done));
        let waiting = count(|stands| matches!(stands, Stands::Waiting(_)));
        let mut text = format!("{}: {done} of {} {}", self.action, self.parts.len(), self.done);
        if waiting > 0 {
            text += &format!(", {waiting} at work");
        }
        let mut worst = Severity::Ok;
        for (target, stands) in &self.parts {
            match stands {
                Stands::Not(severity, why) => {
                    worst = worst.max(*severity);
                    text += &format!("; {} {why}", target.path());
                }
                Stands::Waiting(note) if !note.is_empty() => text += &format!("; {}: {note}", target.path()),
                Stands::Waiting(_) | Stands::Done => (),
            }
        }
        let role = if worst == Severity::Ok && waiting > 0 { Role::Hint } else { role_of(worst) };
        (role, text)
    }
}

impl App {
    /// These writes are on their way, as far as they have not been refused.
    pub(super) fn began(&mut self, batch: Batch) {
        self.batches.retain(|batch| self.works.iter().any(|work| work.dialog == batch.number));
        if batch.parts.len() < 2 {
            return;
        }
        if batch.parts.iter().any(|(_, stands)| matches!(stands, Stands::Not(..))) {
            let (role, text) = batch.summary();
            self.say(text, role);
        }
        self.batches.push(batch);
    }

    /// Says what became of a write; of one among several, what became of all.
    pub(super) fn told(&mut self, work: &Work, stands: Stands, text: String, role: Role) {
        let batch = self.batches.iter_mut().find(|batch| batch.number == work.dialog);
        let (role, text) = match batch {
            Some(batch) => {
                batch.note(&work.plan.target, stands);
                batch.summary()
            }
            None => (role, text),
        };
        self.say(text, role);
    }

    /// Says why nothing could be planned.
    pub(super) fn nothing_planned(&mut self, action: &Action, refused: &[(ObjectId, Refusal)]) -> Vec<Effect> {
        let mut text = all_refused(action.name, refused);
        // What is in the way may have gone by now: a second try some seconds later shall know.
        let mut topics: BTreeSet<Topic> =
            refused.iter().filter_map(|(target, _)| self.unseen(action, target)).collect();
        if !topics.is_empty() {
            text += "; GitHub is asked again, as soon as it allows that";
        }
        if refused.iter().any(|(_, refusal)| is_asked_already(refusal)) {
            topics.insert(Topic::Pulls);
        }
        self.say(text, Role::Attention);
        topics.into_iter().map(Effect::Acted).collect()
    }

    /// What the action rests on, where it lives on GitHub and could not be looked at.
    fn unseen(&self, action: &Action, target: &ObjectId) -> Option<Topic> {
        let topic = sight::topic(action.on, target);
        let repository = self.model.repositories.get(&target.context)?;
        let is_checkout = topic == Topic::Flags && repository.flags.as_ref().is_some_and(FlagsFile::is_checkout);
        repository.sight(topic).failing.filter(|_| !is_checkout).map(|_| topic)
    }

    /// Marks stay on what is about those objects: each goes when its write is accepted.
    pub(super) fn keep_marks(&mut self, targets: &[ObjectId], now: Timestamp) {
        let kept: Vec<(usize, Uid)> = targets.iter().flat_map(|target| self.marked(target, now)).collect();
        let focus = self.ui.focus;
        self.ui.list_mut().marks.retain(|row| kept.contains(&(focus, row.clone())));
    }

    /// Takes the marks off the rows that are about that object.
    pub(super) fn unmark(&mut self, target: &ObjectId, now: Timestamp) {
        for (pane, row) in self.marked(target, now) {
            self.ui.lists[pane].marks.remove(&row);
        }
    }

    /// The marked rows that are about that object, with their panes.
    fn marked(&self, target: &ObjectId, now: Timestamp) -> Vec<(usize, Uid)> {
        let (cx, rollout) = (self.cx(now), self.rollout_of(&target.uid));
        let kinds = [Kind::Preview, Kind::Workflow, Kind::Flag, Kind::Limit];
        let is_about = |pane: usize, row: &Uid| {
            PANES[pane].target(&cx, row).is_some_and(|target| target.uid == rollout)
                || kinds.iter().any(|kind| {
                    let subject = PANES[pane].subject(&cx, Some(row), *kind);
                    subject.is_some_and(|subject| subject::overlap(&subject.uid, &target.uid))
                })
        };
        let lists = self.ui.lists.iter().enumerate();
        let rows = lists.flat_map(|(pane, list)| list.marks.iter().map(move |row| (pane, row.clone())));
        rows.filter(|(pane, row)| is_about(*pane, row)).collect()
    }
}

/// Why nothing could be planned: every reason, each once.
fn all_refused(action: &str, refused: &[(ObjectId, Refusal)]) -> String {
    if let [(target, refusal)] = refused {
        return format!("{action} {}: {}", target.path(), refusal.reason);
    }
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for (target, refusal) in refused {
        match reasons.iter_mut().find(|(reason, _)| *reason == refusal.reason) {
            Some((_, paths)) => paths.push(target.path()),
            None => reasons.push((&refusal.reason, vec![target.path()])),
        }
    }
    let reasons: Vec<String> =
        reasons.into_iter().map(|(reason, paths)| format!("{}: {reason}", paths.join(", "))).collect();
    format!("{action}: refused for all {}; {}", refused.len(), reasons.join("; "))
}
