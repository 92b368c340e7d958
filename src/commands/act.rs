//! The writing commands: name to target, target to plan or refusal, plan to confirmation. `carry_out` does the rest.
//!
//! The way is the cockpit's own (plan, guard, confirm, audit, send once, verify), only that the command line confirms.

use std::collections::HashMap;
use std::process::ExitCode;

use crate::actions::guard::{Access, Authority, Seen};
use crate::actions::plan::{Plan, Refusal};
use crate::actions::{self, Action, Kind, Needs, Templates, Wish, guard};
use crate::cli::{Act, Common};
use crate::headless::results::{ResultWord, WriteResult, plan_text, results};
use crate::headless::{Answer, ExitCode as Exit};
use crate::release::object::ObjectId;
use crate::writers::audit::Journal;
use crate::writers::kubernetes::{Preflight, Writer};
use crate::writers::outcome::Outcome;

use super::carry_out::{Confirmed, Terms, carry_out};
use super::find::find;
use super::observe::Observer;
use super::settle::{self, Settled};
use super::{ask, clock, on_runtime, rollout};

/// What an AnalysisRun's kind and source are called.
const RUN: (&str, &str) = ("AnalysisRun", "analysisruns");

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

/// One object on its way from a wish to a result.
pub enum Draft {
    /// It ends here.
    Ended(WriteResult),
    Planned(Box<Plan>),
    /// Tried dry: only the confirmation is missing.
    Ready(Box<Confirmed>),
}

impl Draft {
    fn dry(self) -> WriteResult {
        match self {
            Draft::Ended(result) => result,
            Draft::Planned(plan) => WriteResult::planned(&plan, ResultWord::Refused, "not tried"),
            Draft::Ready(ready) => {
                let mut result = WriteResult::dry_run(&ready.plan);
                let warnings = ready.preflight.dry_run.iter().flatten().flat_map(|tried| &tried.warnings);
                warnings.for_each(|warning| result.reason += &format!("; warning: {warning}"));
                result
            }
        }
    }

    /// Time has passed since it was planned: a question was answered, or others were tried.
    fn still_holding(self, observer: &Observer, action: &Action, settled: &Settled) -> Draft {
        let Draft::Ready(ready) = self else { return self };
        let (plan, model) = (&ready.plan, &observer.model);
        let seen = Seen::of(model, action.on, &plan.target);
        let moved = match &seen {
            Some(now) => plan.seen.moved(now, action.rests_on),
            None => Some(format!("{} is gone", plan.target.path())),
        };
        let authority = settled.context(&plan.target.context).authority;
        let (word, reason) = match (moved, guard::still_holds(plan, model, &authority, clock())) {
            (None, Ok(())) => return Draft::Ready(ready),
            (Some(what), _) => (ResultWord::Conflict, format!("moved on, nothing was sent: {what}")),
            (None, Err(refusal)) => (ResultWord::Refused, refusal.reason),
        };
        Draft::Ended(WriteResult::planned(plan, word, reason))
    }
}

/// Writers by context, made when first needed.
#[derive(Default)]
struct Writers(HashMap<String, Result<Writer, String>>);

impl Writers {
    async fn of(&mut self, observer: &Observer, target: &ObjectId) -> Result<Writer, String> {
        let context = target.context.to_string();
        if !self.0.contains_key(&context) {
            let writer = observer.writer(&context).await;
            self.0.insert(context.clone(), writer);
        }
        self.0.get(&context).cloned().unwrap_or_else(|| Err(format!("context {context} is not connected")))
    }
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

fn names(action: &Action) -> (&'static str, &'static str) {
    match action.on {
        Kind::Rollout => rollout::ROLLOUT,
        Kind::AnalysisRun => RUN,
    }
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

async fn templates(
    observer: &mut Observer,
    writer: Result<Writer, String>,
    target: &ObjectId,
    revision: Option<u64>,
) -> Result<Templates, String> {
    let rollout = observer.model.rollouts.get(&target.uid).cloned();
    let rollout = rollout.ok_or_else(|| format!("{} is gone", target.path()))?;
    observer.during(writer?.read_templates(&rollout, revision)).await
}

fn plan(
    observer: &Observer,
    action: &Action,
    target: &ObjectId,
    templates: Result<Option<Templates>, String>,
    authority: Authority,
) -> Draft {
    let (kind, _) = names(action);
    let wish = |templates: Option<&Templates>| {
        action.plan(&Wish {
            model: &observer.model,
            target,
            now: clock(),
            revision: templates,
            authority,
            // Nothing was asked yet; the preflight asks for exactly what the plan needs.
            access: &Access::new(),
            shown: None,
        })
    };
    let planned = match templates {
        Ok(templates) => wish(templates.as_ref()),
        // What the shared guards say comes before what could not be read.
        Err(reason) => match wish(None) {
            Err(refusal) if refusal.reason != actions::CHOOSE_REVISION => Err(refusal),
            _ => Err(Refusal::because(reason)),
        },
    };
    match planned {
        Ok(plan) => Draft::Planned(Box::new(plan)),
        Err(refusal) => Draft::Ended(WriteResult::refused(target, kind, &refusal)),
    }
}

async fn preflight(observer: &mut Observer, writers: &mut Writers, plan: &Plan) -> Draft {
    let writer = match writers.of(observer, &plan.target).await {
        Ok(writer) => writer,
        Err(reason) => return Draft::Ended(WriteResult::planned(plan, ResultWord::Failed, reason)),
    };
    let preflight = observer.during(writer.preflight(plan)).await;
    match preflight.refusal(plan) {
        None => Draft::Ready(Box::new(Confirmed { plan: plan.clone(), preflight, writer })),
        Some(refusal) => Draft::Ended(WriteResult::planned(plan, word(&preflight), refusal.reason)),
    }
}

/// The word for a preflight that was refused.
fn word(preflight: &Preflight) -> ResultWord {
    use crate::release::access::Verdict;
    if preflight.access.iter().any(|(_, verdict)| matches!(verdict, Verdict::Denied(_))) {
        return ResultWord::Denied;
    }
    match preflight.dry_run.iter().find_map(|tried| tried.as_ref().err()) {
        Some(Outcome::Conflict { .. }) => ResultWord::Conflict,
        Some(Outcome::Denied { .. }) => ResultWord::Denied,
        Some(_) => ResultWord::Failed,
        None => ResultWord::Refused,
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
