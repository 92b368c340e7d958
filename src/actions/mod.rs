//! From a wish to a plan or a refusal. Pure: nothing here talks to anything.
//!
//! One file per action, one row each in [`ACTIONS`]; help, hints, palette, keymaps and the headless verbs walk the table.
//! [`Action::plan`] is the only way to a plan, so that no caller can forget a guard.

mod abort;
pub mod bulk;
pub mod cause;
mod dispatch;
pub mod effect;
mod git;
pub mod guard;
mod kill;
mod patch;
mod pause;
pub mod plan;
mod promote;
mod promote_full;
mod remove_step;
mod restart;
mod resume;
mod retry;
pub mod seen;
mod set_limit;
pub mod sight;
mod skip_step;
mod switch;
mod teardown;
mod terminate;
mod undo;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::release::access::Right;
use crate::release::analysis::AnalysisRun;
use crate::release::model::Model;
use crate::release::object::ObjectId;
use crate::release::preview::PreviewNamespace;
use crate::release::repository::{Repository, WorkflowView};
use crate::release::rollout::Rollout;
use crate::release::subject;
use crate::release::workflow::Workflow;
use guard::{Access, Authority};
use plan::{Danger, Plan, Refusal};
use seen::Seen;

pub use bulk::{in_one, plan_all};
pub use cause::{no_effect_cause, no_trace_cause};
pub use git::is_asked_already;

/// One thing the operator can do to an object.
pub struct Action {
    /// As in keymaps, the palette and the audit: `abort`, `promote-full`.
    pub name: &'static str,
    /// One line for the help.
    pub help: &'static str,
    /// The kind of object that it is done to.
    pub on: Kind,
    /// What has to be read out of the cluster before a plan can be made.
    pub needs: Needs,
    /// How much must still be as the operator saw it.
    pub rests_on: RestsOn,
    /// Whether it stops a release: that must be quick everywhere.
    pub stops: bool,
    /// The care that it asks for outside of protected contexts.
    danger: Danger,
    /// The plan, or why not, without the guards that all actions share.
    make: fn(&Wish<'_>) -> Result<Plan, Refusal>,
}

/// The kinds of objects that actions know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Rollout,
    AnalysisRun,
    /// The namespace of a preview.
    Preview,
    /// A workflow of the repository.
    Workflow,
    /// A feature flag in its file, or several of one file.
    Flag,
    /// The repository variable with the budget's limit.
    Limit,
}

impl Kind {
    /// Whether it is changed on GitHub, not in a cluster.
    pub fn is_on_github(self) -> bool {
        matches!(self, Kind::Workflow | Kind::Flag | Kind::Limit)
    }
}

/// What an action must read out before it can plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The model knows enough.
    Nothing,
    /// A revision, chosen by the operator; then the Rollout and that ReplicaSet in full.
    Revision,
    /// An amount of money, typed by the operator.
    Amount,
}

/// Why undo is not planned before a revision is chosen.
pub const CHOOSE_REVISION: &str = "choose a revision to go back to";
/// Why set-limit is not planned before an amount is typed.
pub const TYPE_AMOUNT: &str = "type the new limit";

/// How much of what was shown must still hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestsOn {
    /// Only the revision: what stops a release or goes back must not be refused because it moved on by a step.
    Revision,
    /// Revision, step, pause and abort: what moves a release on must not move it twice.
    Step,
}

/// What the operator asked for, with all that a plan may depend on.
pub struct Wish<'a> {
    pub model: &'a Model,
    /// What the action's kind says.
    pub target: &'a ObjectId,
    pub now: Timestamp,
    /// Only for [`Needs::Revision`].
    pub revision: Option<&'a Templates>,
    /// Only for [`Needs::Amount`].
    pub amount: Option<Decimal>,
    /// For a commit's message, where it is known before the confirmation; empty otherwise.
    pub reason: &'a str,
    /// Whether anything may be changed in the target's context.
    pub authority: Authority,
    /// What the API server has said about rights so far; what it has not said is asked in the preflight.
    pub access: &'a Access,
    /// What stood on the screen when the key was pressed; None where nothing was shown (headless).
    pub shown: Option<&'a Seen>,
}

/// What undo reads out: both pod templates in full.
#[derive(Clone, Debug, PartialEq)]
pub struct Templates {
    pub revision: u64,
    /// Name of the ReplicaSet of that revision.
    pub replica_set: String,
    /// Path of the object that holds the template: the Rollout, or what its workloadRef names.
    pub holder_path: String,
    /// `metadata.uid` of the holder.
    pub holder_uid: String,
    /// Where in the holder the template stands: `/spec/template`, or `/template` in a PodTemplate.
    pub pointer: &'static str,
    /// The right that patching the holder needs.
    pub holder_right: Right,
    /// The template of the holder as it is now.
    pub current: Value,
    /// The template of the current revision's ReplicaSet, where there is one. It has the same defaults filled in as
    /// `wanted`, so that their difference is what a human changed.
    pub running: Option<Value>,
    /// `spec.template` of the ReplicaSet, without the pod template hash label.
    pub wanted: Value,
}

/// The table. A new action is a new file and a row here.
pub static ACTIONS: &[&Action] = &[
    &promote::PROMOTE,
    &promote_full::PROMOTE_FULL,
    &skip_step::SKIP_STEP,
    &abort::ABORT,
    &retry::RETRY,
    &pause::PAUSE,
    &resume::RESUME,
    &undo::UNDO,
    &restart::RESTART,
    &terminate::TERMINATE,
    &teardown::TEARDOWN,
    &kill::KILL,
    &kill::RESTORE,
    &dispatch::DISPATCH,
    &switch::DISABLE,
    &switch::ENABLE,
    &remove_step::REMOVE_STEP,
    &set_limit::SET_LIMIT,
];

/// The row of that name.
pub fn action(name: &str) -> Option<&'static Action> {
    ACTIONS.iter().copied().find(|action| action.name == name)
}

impl Action {
    /// The plan for that wish, or why there is none.
    pub fn plan(&self, wish: &Wish<'_>) -> Result<Plan, Refusal> {
        guard::before(self, wish)?;
        let mut plan = (self.make)(wish)?;
        guard::permitted(&plan, wish.access)?;
        plan.danger = plan.danger.max(self.care(&wish.authority));
        plan.notes.extend(reverter(wish, &plan));
        Ok(plan)
    }

    /// In a protected context everything but a stop asks for the name; a stop must be quick everywhere.
    fn care(&self, authority: &Authority) -> Danger {
        if authority.protected && !self.stops { Danger::TypeName } else { self.danger.clone() }
    }
}

impl<'a> Wish<'a> {
    /// The Rollout that is meant.
    fn rollout(&self) -> Result<&'a Rollout, Refusal> {
        self.model.rollouts.get(&self.target.uid).ok_or_else(|| guard::gone(self.target))
    }

    /// The namespace that is meant.
    fn preview(&self) -> Result<&'a PreviewNamespace, Refusal> {
        self.model.previews.get(&self.target.uid).ok_or_else(|| guard::gone(self.target))
    }

    /// The repository that is meant.
    fn repository(&self) -> Result<&'a Repository, Refusal> {
        self.model.repositories.get(&self.target.context).map(|it| &**it).ok_or_else(|| guard::gone(self.target))
    }

    /// The workflow that is meant, and its state.
    fn workflow(&self) -> Result<(&'a WorkflowView, &'a Workflow), Refusal> {
        let duty = subject::duty_of(self.target).ok_or_else(|| guard::gone(self.target))?;
        let view = self.repository()?.workflow(duty).ok_or_else(|| guard::gone(self.target))?;
        if let Some(failure) = &view.unread {
            return Err(Refusal::unread(&view.file, failure));
        }
        let missing = || Refusal::absent(format!("{} has no workflow {}", self.target.context, view.file));
        Ok((view, view.workflow.as_ref().ok_or_else(missing)?))
    }

    /// The AnalysisRun that is meant.
    fn run(&self) -> Result<&'a AnalysisRun, Refusal> {
        self.model.runs.get(&self.target.uid).ok_or_else(|| guard::gone(self.target))
    }
}

/// Who would put back what the plan changes. Nobody reverts a status: only spec and template are in git.
fn reverter(wish: &Wish<'_>, plan: &Plan) -> Option<String> {
    let manager = wish.model.rollouts.get(&wish.target.uid)?.managed_by.as_deref()?;
    plan.requests
        .iter()
        .any(|request| !request.path.ends_with("/status"))
        .then(|| format!("managed by {manager}: it will put this back at its next sync; change it in git to keep it"))
}
