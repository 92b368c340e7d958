//! What applies to the selection and which key does it: for the footer, the help and the palette.

use crate::actions::guard::{Access, Authority};
use crate::actions::{self, ACTIONS, Action, Kind, Wish};
use crate::keys::{Command, Keymap};
use crate::release::attention;
use crate::release::availability::{self, Availability};
use crate::release::object::ObjectId;
use crate::release::rollout::Rollout;

use super::PANES;
use super::cx::Cx;
use super::detail;
use super::ui::Ui;

/// A key and what it does here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    pub key: String,
    pub words: &'static str,
    pub command: Command,
    /// The API server is known to deny it.
    pub is_denied: bool,
}

/// The Rollout that the cursor is on, or that is looked into.
pub fn selected(cx: &Cx, ui: &Ui) -> Option<ObjectId> {
    if let Some(detail) = &ui.detail {
        return Some(detail.rollout.clone());
    }
    let row = ui.lists.get(ui.focus)?.cursor.as_ref()?;
    PANES.get(ui.focus)?.target(cx, row)
}

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
    let Some(rollout) = selected(cx, ui).and_then(|id| cx.model.rollouts.get(&id.uid)) else {
        return Some("no Rollout is selected".to_owned());
    };
    if action == "terminate" {
        let Some(detail) = &ui.detail else { return Some("select an AnalysisRun in the detail first".to_owned()) };
        let row = detail.list.cursor.as_ref();
        let run = row.and_then(|row| detail::target(cx, &detail.rollout, row).run);
        let Some(run) = run.and_then(|id| cx.model.runs.get(&id.uid)) else {
            return Some("select an AnalysisRun first".to_owned());
        };
        return availability::terminate(run).err();
    }
    let availability = of_action(cx, rollout, action)?;
    (!availability.enabled).then_some(availability.reason)
}

fn is_on_rollouts(kind: Kind) -> bool {
    matches!(kind, Kind::Rollout | Kind::AnalysisRun)
}

/// The same for what is no Rollout: the plan itself says it.
fn why_not_on(cx: &Cx, ui: &Ui, action: &Action) -> Option<String> {
    let list = ui.lists.get(ui.focus).filter(|_| ui.detail.is_none());
    let row = list.and_then(|list| list.cursor.as_ref());
    let subject = PANES.get(ui.focus).and_then(|pane| pane.subject(cx, row, action.on));
    let Some(target) = subject.filter(|_| list.is_some()) else {
        return Some("nothing that it could be done to is selected".to_owned());
    };
    let refusal = action.plan(&Wish {
        model: cx.model,
        target: &target,
        now: cx.now,
        revision: None,
        amount: None,
        reason: "",
        authority: Authority::default(),
        access: &Access::new(),
        shown: None,
    });
    Some(refusal.err()?.reason).filter(|reason| reason != actions::TYPE_AMOUNT)
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
    let mut commands = Vec::new();
    if ui.read_only.as_deref() != Some("READ-ONLY") {
        commands.extend(applying(cx, ui).into_iter().map(Command::Act));
    }
    if ui.detail.is_some() {
        commands.extend([Command::Back, Command::Palette, Command::Copy]);
    } else {
        commands.extend([Command::Open, Command::Filter, Command::Palette, Command::NextPane, Command::Mark]);
        commands.extend([Command::Sort, Command::Zoom]);
    }
    commands.push(Command::Freeze);
    let layers = ui.pane_layers();
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
    let Some(rollout) = selected(cx, ui).and_then(|id| cx.model.rollouts.get(&id.uid)) else { return on_row };
    let needs = attention::needs_of(cx.model, rollout, cx.now);
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
