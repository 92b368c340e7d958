//! The writing commands: name to target, target to plan or refusal, plan to confirmation. `carry_out` does the rest.
//!
//! The way is the cockpit's own (plan, guard, confirm, audit, send once, verify), only that the command line confirms.

use std::process::ExitCode;

use rust_decimal::Decimal;

use crate::actions::plan::Danger;
use crate::actions::{self, Action, Kind, Needs, guard};
use crate::cli::{Common, How};
use crate::headless::results::{ResultWord, Target, WriteResult, number, plan_text, results};
use crate::headless::{Answer, ExitCode as Exit};
use crate::release::object::ObjectId;
use crate::release::preview;
use crate::release::repository::{Duty, Topic};
use crate::release::subject;
use crate::sources::github;
use crate::writers::audit::Journal;

use super::carry_out::{Carried, Terms, carry_out, record_refusals};
use super::draft::{Asked, Draft, Writers, names, plan, preflight, templates};
use super::find::{Lost, find};
use super::observe::Observer;
use super::settle::{self, Settled};
use super::{ask, clock, on_runtime};

/// What was asked for.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// A row of ACTIONS.
    pub action: &'static str,
    /// Names of objects or flags; None for what there is one of.
    pub names: &'a [String],
    pub act: &'a How,
    pub to_revision: Option<u64>,
    /// Which workflow, for actions on workflows.
    pub duty: Option<Duty>,
    pub amount: Option<Decimal>,
    /// What was typed to override what speaks against it.
    pub typed: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    /// That action on these, with nothing more to say.
    pub fn new(action: &'static str, names: &'a [String], act: &'a How) -> Self {
        Wanted { action, names, act, to_revision: None, duty: None, amount: None, typed: None }
    }
}

/// Why nothing is done on GitHub.
pub(super) const NO_REPOSITORY: &str =
    "no repository is configured: set github.repository in config.yaml, or name one with --repo OWNER/NAME";

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
    if action.on.is_on_github() && (!common.context.is_empty() || common.namespace.is_some()) {
        return Err(usage(
            "--context and -n choose a cluster, and this changes the repository on GitHub: leave them out",
        ));
    }
    let settled = settle::settle(common, clock());
    let mut observer = observe(common, action, wanted, &settled).await?;
    let targets = targets(&observer, action, wanted, common)?;
    reasoned(&settled, wanted.act, targets.iter().filter_map(|target| target.as_ref().ok()))?;
    let mut writers = Writers::new(settled.github.clone());
    let asked = Asked { amount: wanted.amount, reason: wanted.act.reason.trim() };
    let mut drafts = Vec::new();
    for target in targets {
        let target = match target {
            Ok(target) => target,
            Err(lost) => {
                drafts.push(lost);
                continue;
            }
        };
        let templates = match action.needs {
            Needs::Nothing | Needs::Amount => Ok(None),
            Needs::Revision => {
                let writer = writers.of(&observer, &target).await;
                templates(&mut observer, writer, &target, wanted.to_revision).await.map(Some)
            }
        };
        let authority = settled.context(&target.context).authority;
        drafts.push(typed(plan(&observer, action, &target, templates, asked, authority), wanted));
    }
    if let Some(all) = actions::in_one(action, drafts.iter().filter_map(Draft::planned)) {
        let first = drafts.iter().position(|draft| draft.planned().is_some()).unwrap_or_default();
        drafts.retain(|draft| draft.planned().is_none());
        let authority = settled.context(&all.context).authority;
        drafts.insert(first, typed(plan(&observer, action, &all, Ok(None), asked, authority), wanted));
    }
    let is_planned = drafts.iter().any(|draft| draft.planned().is_some());
    if is_planned && !wanted.act.yes && !wanted.act.dry_run && !ask::is_possible() {
        return Ok(unconfirmed(drafts));
    }
    for draft in &mut drafts {
        if let Draft::Planned(plan) = draft {
            *draft = preflight(&mut observer, &mut writers, plan).await;
        }
    }
    let terms = Terms {
        action: action.name,
        reason: wanted.act.reason.trim().to_owned(),
        journal: Journal::new(settled.state.clone(), settle::who()),
        verify_timeout: wanted.act.verify_timeout.or_else(|| settled.verify_timeout?.try_into().ok()),
    };
    let mut all = Carried::default();
    if !wanted.act.dry_run && (wanted.act.yes || ask::is_possible()) {
        drafts = record_refusals(drafts, &terms, &mut all.notes).await;
    }
    let is_ready = drafts.iter().any(|draft| matches!(draft, Draft::Ready(_)));
    if !is_ready || wanted.act.dry_run {
        let plans: String = drafts.iter().filter_map(Draft::rehearsed).map(plan_text).collect();
        all.lines = drafts.into_iter().map(Draft::dry).collect();
        number(&mut all.lines);
        let mut answer = told(all, &settled);
        answer.table += &plans;
        return Ok(answer);
    }
    if !wanted.act.yes && !confirmed_by_hand(&mut observer, &drafts).await {
        return Ok(Answer { diagnostics: all.notes, ..unconfirmed(drafts) });
    }
    let drafts = drafts.into_iter().map(|draft| draft.still_holding(&observer, action, &settled)).collect();
    let drafts = record_refusals(drafts, &terms, &mut all.notes).await;
    let carried = carry_out(&mut observer, drafts, &terms).await;
    all.lines = carried.lines;
    all.notes.extend(carried.notes);
    Ok(told(all, &settled))
}

/// A first picture of all that the action rests on.
async fn observe(common: &Common, action: &Action, wanted: Wanted<'_>, settled: &Settled) -> Result<Observer, Answer> {
    let sources: &[&str] = match action.on {
        // The lease is the likely cause when nothing follows; an analysis may decide what promote has to do.
        Kind::Rollout | Kind::AnalysisRun => &["rollouts", "analysisruns", "leases"],
        Kind::Preview => &["namespaces"],
        Kind::Workflow | Kind::Flag | Kind::Limit => &[],
    };
    let mut observer = match sources.is_empty() {
        true => Observer::without_clusters(),
        false => Observer::first_picture(common, sources).await?,
    };
    if let Some(blind) = guard::source_of(action.on).and_then(|source| observer.blind(source)) {
        return Err(blind);
    }
    let topic = match action.on {
        Kind::Rollout | Kind::AnalysisRun => return Ok(observer),
        Kind::Preview => Topic::Previews,
        Kind::Workflow => wanted.duty.map_or(Topic::Pulls, Duty::topic),
        Kind::Flag => Topic::Flags,
        Kind::Limit => Topic::Cost,
    };
    match settled.github.clone() {
        // Refused all the same, but by the action, in its words.
        _ if let (Topic::Flags, Some(checkout)) = (topic, &settled.flags) => observer.check_out(checkout).await,
        // What it rests on and no more: a kill does not wait for costs.
        Some(github) => {
            let extent = github::Extent::Bare(wanted.duty);
            observer.look(github::Settings { extent, ..github }, &[topic]).await;
        }
        None if action.on.is_on_github() => return Err(usage(NO_REPOSITORY)),
        None => {}
    }
    if action.name == "restore" {
        observer.remember(&Journal::new(settled.state.clone(), settle::who())).await?;
    }
    match observer.blind_to(topic) {
        Some(blind) if action.on.is_on_github() => Err(blind),
        // A preview whose pull request is unknown is a matter for the plan.
        _ => Ok(observer),
    }
}

/// What the command line has to repeat, where the plan says so: `--yes` is no answer to "it is still open".
fn typed(draft: Draft, wanted: Wanted<'_>) -> Draft {
    let Draft::Planned(plan) = draft else { return draft };
    match &plan.danger {
        Danger::Type(text) if wanted.typed != Some(text) => {
            let doubt = plan.notes.first().cloned().unwrap_or_default();
            let reason = format!("{doubt} (on the command line: --type {text})");
            Draft::Refused(WriteResult::planned(&plan, ResultWord::Refused, reason))
        }
        _ => Draft::Planned(plan),
    }
}

/// The objects that are meant, each once, or what becomes of a name that leads to none. One that leads to several stops
/// all: it is the command that is wrong then.
fn targets(
    observer: &Observer,
    action: &Action,
    wanted: Wanted<'_>,
    common: &Common,
) -> Result<Vec<Result<ObjectId, Draft>>, Answer> {
    let model = &observer.model;
    let mut targets: Vec<Result<ObjectId, Draft>> = Vec::new();
    if let Some((name, repository)) = model.repository() {
        let one = match action.on {
            Kind::Workflow => wanted.duty.and_then(|duty| {
                let file = &repository.workflow(duty)?.file;
                Some(subject::workflow(name, duty, file))
            }),
            Kind::Limit => Some(subject::limit(name, repository.limit_variable.as_deref().unwrap_or("the limit"))),
            _ => None,
        };
        targets.extend(one.map(Ok));
    }
    for name in wanted.names {
        let found = match action.on {
            Kind::Rollout => find(observer, &model.rollouts, names(action), name, common),
            Kind::AnalysisRun => find(observer, &model.runs, names(action), name, common),
            Kind::Preview if preview::number(name).is_none() => {
                let reason = format!("{name} is no preview: those are called pr-<number>");
                let target = nameless(observer, action, name, common);
                targets.push(Err(Draft::Refused(WriteResult::lost(target, reason, Exit::Negative))));
                continue;
            }
            Kind::Preview => find(observer, &model.previews, names(action), name, common),
            Kind::Flag => match model.repository_of(Topic::Flags) {
                Some((repository, _)) => Ok(subject::flag(repository, name)),
                None => return Err(usage(NO_REPOSITORY)),
            },
            Kind::Workflow | Kind::Limit => continue,
        };
        match found {
            Ok(found) if targets.iter().any(|target| target.as_ref().is_ok_and(|known| *known == found)) => {}
            Ok(found) => targets.push(Ok(found)),
            Err(Lost::Missing { sentence, unseen, exit }) => {
                let target = nameless(observer, action, name, common);
                let reason = [vec![sentence], unseen].concat().join("; ");
                // No attempt on anything: there is nothing to record.
                targets.push(Err(Draft::Ended(WriteResult::lost(target, reason, exit))));
            }
            Err(lost) => return Err(lost.answer(observer)),
        }
    }
    Ok(targets)
}

/// What is known of an object that nobody has found: its name.
fn nameless(observer: &Observer, action: &Action, name: &str, common: &Common) -> Target {
    let (kind, source) = names(action);
    let namespace = common.namespace.clone().filter(|_| source != "namespaces").unwrap_or_default();
    let context = observer.only_context().to_owned();
    Target { context, namespace, kind, name: name.to_owned(), uid: String::new() }
}

/// The configuration may ask for a reason; a dry run needs none.
fn reasoned<'a>(settled: &Settled, act: &How, mut targets: impl Iterator<Item = &'a ObjectId>) -> Result<(), Answer> {
    match targets.find(|target| settled.context(&target.context).reason_required) {
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
            Draft::Refused(result) | Draft::Ended(result) => {
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

/// What became of everything, and what went wrong beside it.
fn told(all: Carried, settled: &Settled) -> Answer {
    let mut answer = results(&all.lines);
    answer.diagnostics = all.notes;
    answer.diagnostics.extend(settled.complaints.iter().cloned());
    answer
}

pub(super) fn usage(message: &str) -> Answer {
    Answer::failed(message.to_owned(), Exit::Usage)
}
