//! One object on its way from a wish to a confirmed plan: planned behind the guards, tried dry, checked once more.

use std::collections::HashMap;

use rust_decimal::Decimal;

use crate::actions::guard::{Access, Authority};
use crate::actions::plan::{Plan, Refusal};
use crate::actions::seen::Seen;
use crate::actions::{self, Action, Kind, Templates, Wish, guard};
use crate::app::connect::github_writer;
use crate::headless::results::{ResultWord, WriteResult};
use crate::release::access::Verdict;
use crate::release::object::ObjectId;
use crate::sources::github;
use crate::writers::outcome::Outcome;
use crate::writers::preflight::Preflight;
use crate::writers::{Writer, kubernetes};

use super::carry_out::Confirmed;
use super::observe::Observer;
use super::settle::Settled;
use super::{clock, rollout};

/// What an AnalysisRun's kind and source are called.
const RUN: (&str, &str) = ("AnalysisRun", "analysisruns");

/// What the command line says beside the object.
#[derive(Clone, Copy, Default)]
pub struct Asked<'a> {
    pub amount: Option<Decimal>,
    pub reason: &'a str,
}

/// One object on its way from a wish to a result.
pub enum Draft {
    /// Refused: the journal has to hear of it.
    Refused(WriteResult),
    /// Nothing more is to be done about it.
    Ended(WriteResult),
    Planned(Box<Plan>),
    /// Tried dry: only the confirmation is missing.
    Ready(Box<Confirmed>),
}

impl Draft {
    /// The plan, where there is one that nobody was asked about yet.
    pub fn planned(&self) -> Option<&Plan> {
        if let Draft::Planned(plan) = self { Some(plan) } else { None }
    }

    /// The plan that the other side has been asked about.
    pub fn rehearsed(&self) -> Option<&Plan> {
        if let Draft::Ready(ready) = self { Some(&ready.plan) } else { None }
    }

    /// What it comes to where nothing is to be sent.
    pub fn dry(self) -> WriteResult {
        match self {
            Draft::Refused(result) | Draft::Ended(result) => result,
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
    pub fn still_holding(self, observer: &Observer, action: &Action, settled: &Settled) -> Draft {
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
        Draft::Refused(WriteResult::planned(plan, word, reason))
    }
}

/// Writers by context, made when first needed.
#[derive(Default)]
pub struct Writers {
    clusters: HashMap<String, Result<kubernetes::Writer, String>>,
    /// Where the repository is.
    github: Option<github::Settings>,
}

impl Writers {
    /// None yet; `github` says where the repository is.
    pub fn new(github: Option<github::Settings>) -> Writers {
        Writers { github, ..Writers::default() }
    }

    /// The writer for what that plan changes.
    pub async fn for_plan(&mut self, observer: &Observer, plan: &Plan) -> Result<Writer, String> {
        match &self.github {
            Some(settings) if plan.is_on_github() => github_writer(settings, clock).await,
            _ => self.of(observer, &plan.target).await.map(Writer::from),
        }
    }

    /// The writer for the target's context.
    pub async fn of(&mut self, observer: &Observer, target: &ObjectId) -> Result<kubernetes::Writer, String> {
        let context = target.context.to_string();
        if !self.clusters.contains_key(&context) {
            let writer = observer.writer(&context).await;
            self.clusters.insert(context.clone(), writer);
        }
        self.clusters.get(&context).cloned().unwrap_or_else(|| Err(format!("context {context} is not connected")))
    }
}

/// What an action's kind of object and its source are called.
pub fn names(action: &Action) -> (&'static str, &'static str) {
    match action.on {
        Kind::Rollout => rollout::ROLLOUT,
        Kind::AnalysisRun => RUN,
        Kind::Preview => ("Namespace", "namespaces"),
        Kind::Workflow => ("Workflow", github::NAME),
        Kind::Flag => ("Flag", github::NAME),
        Kind::Limit => ("Variable", github::NAME),
    }
}

/// Reads out what undo needs.
pub async fn templates(
    observer: &mut Observer,
    writer: Result<kubernetes::Writer, String>,
    target: &ObjectId,
    revision: Option<u64>,
) -> Result<Templates, String> {
    let rollout = observer.model.rollouts.get(&target.uid).cloned();
    let rollout = rollout.ok_or_else(|| format!("{} is gone", target.path()))?;
    observer.during(writer?.read_templates(&rollout, revision)).await
}

/// The plan for one object, or why there is none.
pub fn plan(
    observer: &Observer,
    action: &Action,
    target: &ObjectId,
    templates: Result<Option<Templates>, String>,
    asked: Asked<'_>,
    authority: Authority,
) -> Draft {
    let (kind, _) = names(action);
    let wish = |templates: Option<&Templates>| {
        action.plan(&Wish {
            model: &observer.model,
            target,
            now: clock(),
            revision: templates,
            amount: asked.amount,
            reason: asked.reason,
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
        Err(refusal) => Draft::Refused(WriteResult::refused(target, kind, &refusal)),
    }
}

/// Has the other side say what it would do with the plan, or whether it still holds.
pub async fn preflight(observer: &mut Observer, writers: &mut Writers, plan: &Plan) -> Draft {
    let writer = match writers.for_plan(observer, plan).await {
        Ok(writer) => writer,
        // Nobody was asked, so nobody has refused.
        Err(reason) => return Draft::Ended(WriteResult::planned(plan, ResultWord::Failed, reason)),
    };
    let preflight = observer.during(writer.preflight(plan)).await;
    match preflight.refusal(plan) {
        None => Draft::Ready(Box::new(Confirmed { plan: plan.clone(), preflight, writer })),
        Some(refusal) => Draft::Refused(WriteResult::planned(plan, word(&preflight), refusal.reason)),
    }
}

/// The word for a preflight that was refused.
fn word(preflight: &Preflight) -> ResultWord {
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
