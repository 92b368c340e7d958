//! What applies to the selection and which key does it: for the footer, the help and the palette.

use crate::actions::guard::Access;
use crate::actions::{self, ACTIONS, Action, Kind, Wish};
use crate::keys::{Command, Keymap};
use crate::release::attention;
use crate::release::availability::{self, Availability};
use crate::release::object::ObjectId;
use crate::release::rollout::Rollout;

use super::cx::Cx;
use super::detail;
use super::meant;
use super::ui::{Ui, may_write};

/// A key and what it does here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    pub key: String,
    pub words: &'static str,
    pub command: Command,
    /// The API server is known to deny it.
    pub is_denied: bool,
}

/// Of so many marked rows it is asked whether an action applies: hints are drawn with every frame.
pub const ASKED: usize = 20;

/// Why an action would be refused on the selection, as far as the model and the rights are known; None when it would not.
pub fn why_not(cx: &Cx, ui: &Ui, action: &str) -> Option<String> {
    not_now(cx, ui, action).or_else(|| denied(ui, action).map(str::to_owned))
}

/// Why an action is not permitted on the selection, where that is known.
fn denied<'a>(ui: &'a Ui, action: &str) -> Option<&'a str> {
    ui.denied.iter().find(|(name, _)| *name == action).map(|(_, why)| why.as_str())
}

fn not_now(cx: &Cx, ui: &Ui, action: &str) -> Option<String> {
    if let Some(action) = actions::action(action).filter(|action| !is_on_rollouts(action.on)) {
        return why_not_on(cx, ui, action);
    }
    if action == "terminate" {
        let Some(detail) = &ui.detail else { return Some("select an AnalysisRun in the detail first".to_owned()) };
        let row = detail.list.cursor.as_ref();
        let run = row.and_then(|row| detail::target(cx, &detail.rollout, row).run);
        let Some(run) = run.and_then(|id| cx.model.runs.get(&id.uid)) else {
            return Some("select an AnalysisRun first".to_owned());
        };
        return closed(cx, ui, action, &run.id).or_else(|| availability::terminate(run).err());
    }
    let rollouts = rollouts(cx, ui);
    let refusals = rollouts.iter().map(|rollout| {
        closed(cx, ui, action, &rollout.id).or_else(|| {
            let availability = of_action(cx, rollout, action)?;
            (!availability.enabled).then_some(availability.reason)
        })
    });
    unless_one_applies(refusals, "no Rollout is selected")
}

/// Why it applies to none of them: the first reason. None where it applies to one; `nothing` where there is none.
fn unless_one_applies(refusals: impl Iterator<Item = Option<String>>, nothing: &str) -> Option<String> {
    let mut first = None;
    for refusal in refusals {
        first = first.or(Some(refusal?));
    }
    first.or_else(|| Some(nothing.to_owned()))
}

/// The Rollouts that are marked, or the selected one.
fn rollouts<'a>(cx: &Cx<'a>, ui: &Ui) -> Vec<&'a Rollout> {
    meant::rollouts(cx, ui, ASKED).iter().filter_map(|id| cx.model.rollouts.get(&id.uid)).collect()
}

fn is_on_rollouts(kind: Kind) -> bool {
    matches!(kind, Kind::Rollout | Kind::AnalysisRun)
}

/// The same for what is no Rollout: the plan itself says it.
fn why_not_on(cx: &Cx, ui: &Ui, action: &Action) -> Option<String> {
    let targets = meant::of_kind(cx, ui, action.on, ASKED);
    let refusals = targets.iter().map(|target| refusal(cx, ui, action, target));
    unless_one_applies(refusals, "nothing that it could be done to is selected")
}

/// Why nothing may be changed where that is; None where it may.
fn closed(cx: &Cx, ui: &Ui, action: &str, target: &ObjectId) -> Option<String> {
    match may_write(&ui.authority(&target.context), cx.now) {
        true => None,
        false => refusal(cx, ui, actions::action(action)?, target),
    }
}

fn refusal(cx: &Cx, ui: &Ui, action: &Action, target: &ObjectId) -> Option<String> {
    let plan = action.plan(&Wish {
        model: cx.model,
        target,
        now: cx.now,
        revision: None,
        amount: None,
        reason: "",
        authority: ui.authority(&target.context),
        access: &Access::new(),
        shown: None,
    });
    Some(plan.err()?.reason).filter(|reason| reason != actions::TYPE_AMOUNT)
}

fn of_action(cx: &Cx, rollout: &Rollout, action: &str) -> Option<Availability> {
    let all = availability::availability(cx.model, rollout);
    Some(match action {
        "promote" => all.promote,
        "promote-full" => all.promote_full,
        "skip-step" => all.skip_step,
        "abort" => all.abort,
        "retry" => all.retry,
        "pause" => all.pause,
        "resume" => all.resume,
        "undo" => all.undo,
        "restart" => all.restart,
        _ => return None,
    })
}

/// Hints for the footer, the likeliest answer to what the selection needs first.
pub fn hints(cx: &Cx, ui: &Ui, keymap: &Keymap) -> Vec<Hint> {
    let mut commands: Vec<Command> = applying(cx, ui).into_iter().map(Command::Act).collect();
    if ui.detail.is_some() {
        commands.extend([Command::Back, Command::Palette, Command::Copy]);
    } else {
        commands.extend([Command::Open, Command::Filter, Command::Palette, Command::NextPane, Command::Mark]);
        commands.extend([Command::Sort, Command::Zoom]);
    }
    commands.push(Command::Freeze);
    let layers = ui.pane_layers(cx);
    let hint = |command: Command| {
        let is_denied = matches!(command, Command::Act(action) if denied(ui, action).is_some());
        Some(Hint { key: keymap.hint(&layers, command)?, words: short(ui, command), command, is_denied })
    };
    commands.into_iter().filter_map(hint).collect()
}

/// The actions that apply: first what answers the need, then the others in their own order.
fn applying(cx: &Cx, ui: &Ui) -> Vec<&'static str> {
    let elsewhere = || ACTIONS.iter().filter(|action| !is_on_rollouts(action.on)).map(|action| action.name);
    let mut on_row: Vec<&'static str> = elsewhere().filter(|name| why_not(cx, ui, name).is_none()).collect();
    let rollouts = rollouts(cx, ui);
    if rollouts.is_empty() {
        return on_row;
    }
    let needs = rollouts.iter().flat_map(|rollout| attention::needs_of(cx.model, rollout, cx.now));
    let needs: Vec<attention::Need> = needs.collect();
    let mut names: Vec<&'static str> = needs.iter().flat_map(|need| need.answers.iter().copied()).collect();
    // What only disturbs a release that needs nothing is left to the palette.
    let is_quiet = |name: &str| matches!(name, "restart" | "undo" | "pause" | "terminate");
    let on_rollouts = ACTIONS.iter().filter(|action| is_on_rollouts(action.on)).map(|action| action.name);
    names.extend(on_rollouts.filter(|name| !is_quiet(name)));
    if not_now(cx, ui, "terminate").is_none() {
        names.insert(0, "terminate");
    }
    let mut seen = Vec::new();
    names.retain(|name| {
        let first = !seen.contains(name);
        seen.push(*name);
        first && not_now(cx, ui, name).is_none()
    });
    names.append(&mut on_row);
    names
}

/// A word or two for the footer.
fn short(ui: &Ui, command: Command) -> &'static str {
    match command {
        Command::NextPane => "next pane",
        Command::Palette => "commands",
        Command::Freeze if ui.frozen.is_some() => "thaw",
        Command::Zoom if ui.zoom => "all panes",
        other => other.name(),
    }
}
