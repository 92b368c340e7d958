//! The writing commands: name to target, target to plan or refusal, plan to confirmation. `carry_out` does the rest.
//!
//! The way is the cockpit's own (plan, guard, confirm, audit, send once, verify), only that the command line confirms.

use std::process::ExitCode;

use crate::actions::{self, Action, Kind, Needs};
use crate::cli::{Act, Common};
use crate::headless::results::{ResultWord, WriteResult, plan_text, results};
use crate::headless::{Answer, ExitCode as Exit};
use crate::release::object::ObjectId;
use crate::writers::audit::Journal;

use super::carry_out::{Terms, carry_out};
use super::draft::{Draft, Writers, names, plan, preflight, templates};
use super::find::find;
use super::observe::Observer;
use super::settle::{self, Settled};
use super::{ask, clock, on_runtime};

/// What was asked for.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// A row of ACTIONS.
    pub action: &'static str,
    pub act: &'a Act,
    pub to_revision: Option<u64>,
}

/// Does it, and prints one result per object.
pub fn run(common: &Common, wanted: Wanted<'_>) -> ExitCode {
    on_runtime(common, act(common, wanted))
}

async fn act(common: &Common, wanted: Wanted<'_>) -> Result<Answer, Answer> {
    if common.from_dir.is_some() {
        return Err(usage("--from-dir reads manifests: there is nothing to act on"));
    }
    let Some(action) = actions::action(wanted.action) else {
        return Err(usage(&format!("there is no action {}", wanted.action)));
    };
    let settled = settle::settle(common, clock());
    let (_, source) = names(action);
    // The lease is the likely cause when nothing follows; an analysis may decide what promote has to do.
    let mut observer = Observer::first_picture(common, &["rollouts", "analysisruns", "leases"]).await?;
    if let Some(blind) = observer.blind(source) {
        return Err(blind);
    }
    let targets = targets(&observer, action, wanted.act, common)?;
    reasoned(&settled, wanted.act, &targets)?;
    let mut writers = Writers::default();
    let mut drafts = Vec::new();
    for target in targets {
        let templates = match action.needs {
            Needs::Nothing => Ok(None),
            Needs::Revision => {
                let writer = writers.of(&observer, &target).await;
                templates(&mut observer, writer, &target, wanted.to_revision).await.map(Some)
            }
        };
        let authority = settled.context(&target.context).authority;
        drafts.push(plan(&observer, action, &target, templates, authority));
    }
    let is_planned = drafts.iter().any(|draft| matches!(draft, Draft::Planned(_)));
    if is_planned && !wanted.act.yes && !wanted.act.dry_run && !ask::is_possible() {
        return Ok(unconfirmed(drafts));
    }
    for draft in &mut drafts {
        if let Draft::Planned(plan) = draft {
            *draft = preflight(&mut observer, &mut writers, plan).await;
        }
    }
    let is_ready = drafts.iter().any(|draft| matches!(draft, Draft::Ready(_)));
    if !is_ready || wanted.act.dry_run {
        return Ok(complained(results(&drafts.into_iter().map(Draft::dry).collect::<Vec<_>>()), &settled));
    }
    if !wanted.act.yes && !confirmed_by_hand(&mut observer, &drafts).await {
        return Ok(unconfirmed(drafts));
    }
    let drafts = drafts.into_iter().map(|draft| draft.still_holding(&observer, action, &settled)).collect();
    let terms = Terms {
        reason: wanted.act.reason.trim().to_owned(),
        journal: Journal::new(settled.state.clone(), settle::who()),
        verify_timeout: wanted.act.verify_timeout.or_else(|| settled.verify_timeout?.try_into().ok()),
    };
    Ok(complained(carry_out(&mut observer, drafts, &terms).await, &settled))
}

/// The objects that are meant, each once. One that is not found stops all: half of a list is rarely what was meant.
fn targets(observer: &Observer, action: &Action, act: &Act, common: &Common) -> Result<Vec<ObjectId>, Answer> {
    let mut targets: Vec<ObjectId> = Vec::new();
    for name in &act.names {
        let found = match action.on {
            Kind::Rollout => find(observer, &observer.model.rollouts, names(action), name, common)?,
            Kind::AnalysisRun => find(observer, &observer.model.runs, names(action), name, common)?,
        };
        if !targets.contains(&found) {
            targets.push(found);
        }
    }
    Ok(targets)
}

/// The configuration may ask for a reason; a dry run needs none.
fn reasoned(settled: &Settled, act: &Act, targets: &[ObjectId]) -> Result<(), Answer> {
    let asks = |target: &&ObjectId| settled.context(&target.context).reason_required;
    match targets.iter().find(asks) {
        Some(target) if act.reason.trim().is_empty() && !act.dry_run => {
            Err(usage(&format!("context {} asks for a reason: pass --reason TEXT", target.context)))
        }
        _ => Ok(()),
    }
}

/// Shows the plans and asks, while the model goes on: what moves meanwhile is noticed.
async fn confirmed_by_hand(observer: &mut Observer, drafts: &[Draft]) -> bool {
    let ready = drafts.iter().filter_map(|draft| if let Draft::Ready(ready) = draft { Some(&**ready) } else { None });
    observer.during(ask::confirm(&ready.collect::<Vec<_>>())).await
}

/// What would be done, for somebody who did not say `--yes` and cannot be asked, or said no.
fn unconfirmed(drafts: Vec<Draft>) -> Answer {
    let mut plans = String::new();
    let mut lines = Vec::new();
    for draft in drafts {
        let plan = match draft {
            Draft::Ended(result) => {
                lines.push(result);
                continue;
            }
            Draft::Planned(plan) => *plan,
            Draft::Ready(ready) => ready.plan,
        };
        plans += &plan_text(&plan);
        lines.push(WriteResult::planned(&plan, ResultWord::Refused, "not confirmed: say --yes to do it"));
    }
    let mut answer = results(&lines);
    answer.table += &plans;
    answer.exit = Exit::Usage;
    answer
}

fn complained(mut answer: Answer, settled: &Settled) -> Answer {
    answer.diagnostics.extend(settled.complaints.iter().cloned());
    answer
}

fn usage(message: &str) -> Answer {
    Answer::failed(message.to_owned(), Exit::Usage)
}
