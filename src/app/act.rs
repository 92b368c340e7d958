//! From an action's key to the confirm dialog, and from its confirmation to the writers.

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::actions::guard::{self, Access};
use crate::actions::plan::{Danger, Plan, Refusal};
use crate::actions::seen::Seen;
use crate::actions::{self, Action, Kind, Needs, Templates, Wish};
use crate::panes::cx::Cx;
use crate::panes::ui::{Ask, Check, Confirm, Field, Item, Overlay, Revisions};
use crate::panes::{detail, hints, meant};
use crate::release::access::{Right, Verdict};
use crate::release::attention::Severity;
use crate::release::cost;
use crate::release::object::ObjectId;
use crate::theme::Role;

use super::App;
use super::batch::{Batch, Stands};
use super::event::Effect;
use super::work::Work;

impl App {
    /// An action's key was pressed: makes the plans and shows them, or says why not.
    pub(super) fn act(&mut self, name: &str, now: Timestamp) -> Vec<Effect> {
        let Some(action) = actions::action(name) else { return Vec::new() };
        // From now on the cursor stays with what was meant.
        self.ui.list_mut().is_chosen = true;
        let targets = meant::of_kind(&self.cx(now), &self.ui, action.on, usize::MAX);
        if targets.is_empty() {
            self.say(nothing_for(name), Role::Attention);
            return Vec::new();
        }
        match action.needs {
            Needs::Nothing => self.plan(action, &targets, None, now),
            Needs::Revision => self.choose_revision(action, &targets, now),
            Needs::Amount => self.ask_amount(action, &targets, now),
        }
    }

    /// Opens the line for the amount that an action needs.
    fn ask_amount(&mut self, action: &'static Action, targets: &[ObjectId], now: Timestamp) -> Vec<Effect> {
        let Some(target) = targets.first() else { return Vec::new() };
        // Guards that need no amount refuse at once.
        if let Err(refusal) = self.wish(target, None, now, |wish| action.plan(wish))
            && refusal.reason != actions::TYPE_AMOUNT
        {
            self.say(format!("{}: {}", action.name, refusal.reason), Role::Attention);
            return Vec::new();
        }
        self.ui.overlay = Some(Overlay::Ask(Ask {
            action: action.name,
            target: target.clone(),
            text: String::new(),
            error: None,
            opened: now,
        }));
        Vec::new()
    }

    /// The amount was typed: plans with it, or says what is wrong with it.
    pub(super) fn amount_typed(&mut self, now: Timestamp) -> Vec<Effect> {
        let Some(Overlay::Ask(ask)) = &mut self.ui.overlay else { return Vec::new() };
        let Some(action) = actions::action(ask.action) else { return Vec::new() };
        let amount = match cost::parse_limit(ask.text.trim()) {
            Ok(amount) => amount,
            Err(wrong) => {
                ask.error = Some(wrong);
                return Vec::new();
            }
        };
        let target = ask.target.clone();
        self.ui.overlay = None;
        self.plan_with(action, &[target], None, Some(amount), now)
    }

    /// The Rollout of the selected row, whatever is marked.
    pub(super) fn selected(&self, now: Timestamp) -> Option<ObjectId> {
        meant::selected(&self.cx(now), &self.ui)
    }

    fn choose_revision(&mut self, action: &Action, targets: &[ObjectId], now: Timestamp) -> Vec<Effect> {
        let [target] = targets else {
            self.say(format!("{}: one at a time, each has revisions of its own", action.name), Role::Attention);
            return Vec::new();
        };
        // Guards that need no revision refuse at once.
        if let Err(refusal) = self.wish(target, None, now, |wish| action.plan(wish))
            && refusal.reason != actions::CHOOSE_REVISION
        {
            self.say(format!("{}: {}", action.name, refusal.reason), Role::Attention);
            return Vec::new();
        }
        if let Some(open) = &self.ui.detail
            && let Some(row) = &open.list.cursor
            && let Some(revision) = detail::target(&self.cx(now), &open.rollout, row).revision
        {
            return self.read_templates(target, revision);
        }
        self.ui.overlay = Some(Overlay::Revisions(Revisions { rollout: target.clone(), selected: None, opened: now }));
        match (&self.ui.detail, self.focus_on(target)) {
            (None, Some(focus)) => {
                self.model.forget_focus(&super::of_focus());
                vec![Effect::Focus(Some(focus))]
            }
            _ => Vec::new(),
        }
    }

    /// Has what undo needs read out.
    pub(super) fn read_templates(&mut self, target: &ObjectId, revision: u64) -> Vec<Effect> {
        let Some(rollout) = self.model.rollouts.get(&target.uid) else { return Vec::new() };
        let effects = vec![Effect::ReadTemplates { rollout: Box::new(rollout.clone()), revision }];
        self.say(format!("reading the pod template of revision {revision}"), Role::Hint);
        effects
    }

    /// What undo needs has been read out.
    pub(super) fn templates(
        &mut self,
        target: &ObjectId,
        read: Result<Templates, String>,
        now: Timestamp,
    ) -> Vec<Effect> {
        let Some(action) = actions::action("undo") else { return Vec::new() };
        match read {
            Ok(templates) => self.plan(action, std::slice::from_ref(target), Some(&templates), now),
            Err(reason) => {
                self.say(format!("undo: {reason}"), Role::Critical);
                Vec::new()
            }
        }
    }

    fn plan(
        &mut self,
        action: &Action,
        targets: &[ObjectId],
        templates: Option<&Templates>,
        now: Timestamp,
    ) -> Vec<Effect> {
        self.plan_with(action, targets, templates, None, now)
    }

    fn plan_with(
        &mut self,
        action: &Action,
        targets: &[ObjectId],
        templates: Option<&Templates>,
        amount: Option<Decimal>,
        now: Timestamp,
    ) -> Vec<Effect> {
        let mut plans: Vec<Plan> = Vec::new();
        let mut refused = Vec::new();
        // What was denied once may be granted by now: the dry run asks again.
        let asked_again = |wish: &Wish<'_>| action.plan(&Wish { access: &Access::new(), amount, ..*wish });
        for target in targets {
            match self.wish(target, templates, now, asked_again) {
                // What has to be typed for one says nothing about the others.
                Ok(plan) if targets.len() > 1 && matches!(plan.danger, Danger::Type(_)) => {
                    let doubt = plan.notes.first().cloned().unwrap_or_default();
                    refused.push((target.clone(), Refusal::because(format!("{doubt}, by itself"))));
                }
                Ok(plan) => plans.push(plan),
                Err(refusal) => refused.push((target.clone(), refusal)),
            }
        }
        if let Some(all) = actions::in_one(action, &plans) {
            plans.clear();
            match self.wish(&all, templates, now, asked_again) {
                Ok(plan) => plans.push(plan),
                Err(refusal) => refused.push((all, refusal)),
            }
        }
        for plan in &mut plans {
            plan.deadline = self.settings.verify_timeout.unwrap_or(plan.deadline);
        }
        if plans.is_empty() {
            return self.nothing_planned(action, &refused);
        }
        self.dialog = self.number();
        let dialog = self.dialog;
        let reason_required = plans.iter().any(|plan| self.context(&plan.target.context).reason_required);
        let dangerous = plans.iter().any(|plan| plan.to_type().is_some());
        let field = match (reason_required, dangerous) {
            (true, _) => Field::Reason,
            (false, true) => Field::Name,
            (false, false) => Field::Keys,
        };
        let checks = plans.iter().enumerate();
        let checks =
            checks.map(|(index, plan)| Effect::Check { dialog, index, plan: Box::new(plan.clone()) }).collect();
        let items = plans.into_iter().map(|plan| Item { plan, check: Check::Running }).collect();
        self.ui.overlay = Some(Overlay::Confirm(Box::new(Confirm {
            opened: now,
            items,
            refused,
            typed: String::new(),
            reason: String::new(),
            reason_required,
            field,
            scroll: 0,
            is_legible: false,
        })));
        checks
    }

    /// The API server has answered what it would say to a plan.
    pub(super) fn checked(
        &mut self,
        dialog: u64,
        index: usize,
        check: Check,
        access: Vec<(Right, Verdict)>,
    ) -> Vec<Effect> {
        // What could not be asked may be answerable next time.
        self.access.extend(access.into_iter().filter(|(_, verdict)| !matches!(verdict, Verdict::Unknown(_))));
        if dialog == self.dialog
            && let Some(Overlay::Confirm(confirm)) = &mut self.ui.overlay
            && let Some(item) = confirm.items.get_mut(index)
        {
            // The operator saw it and wanted it: that is part of the story.
            let refused = match &check {
                Check::Refused(why) => {
                    Some(Effect::Refused { plan: Box::new(item.plan.clone()), reason: String::new(), why: why.clone() })
                }
                _ => None,
            };
            item.check = check;
            return refused.into_iter().collect();
        }
        Vec::new()
    }

    /// The dialog was confirmed: sends what the API server would accept and what still holds.
    pub(super) fn confirmed(&mut self, now: Timestamp) -> Vec<Effect> {
        let Some(Overlay::Confirm(confirm)) = &mut self.ui.overlay else { return Vec::new() };
        // Enter in the reason goes on to the name, where one has to be typed.
        if confirm.field == Field::Reason && confirm.wanted_name().is_some_and(|name| name != confirm.typed) {
            confirm.field = Field::Name;
            return Vec::new();
        }
        if let Some(obstacle) = confirm.obstacle() {
            self.say(obstacle, Role::Attention);
            return Vec::new();
        }
        let Some(Overlay::Confirm(confirm)) = self.ui.overlay.take() else { return Vec::new() };
        let reason = confirm.reason.trim().to_owned();
        let mut effects = Vec::new();
        let mut batch = Batch::of(self.dialog, &confirm.items);
        let targets: Vec<ObjectId> = confirm.items.iter().map(|item| item.plan.target.clone()).collect();
        for (index, item) in confirm.items.into_iter().enumerate() {
            if !matches!(item.check, Check::Passed(_)) {
                continue;
            }
            let authority = self.context(&item.plan.target.context).authority;
            if let Err(refusal) = guard::still_holds(&item.plan, &self.model, &authority, now) {
                let why = format!("not sent: {}", refusal.reason);
                self.say(format!("{} {} {why}", item.plan.action, item.plan.target.path()), Role::Attention);
                batch.note(&item.plan.target, Stands::Not(Severity::Attention, why));
                effects.push(Effect::Refused {
                    plan: Box::new(item.plan),
                    reason: reason.clone(),
                    why: refusal.reason,
                });
                continue;
            }
            let work = self.number();
            self.forget_superseded(&item.plan);
            let plan = Box::new(item.plan.clone());
            let needs = self.needs_of(&item.plan.target.uid, now);
            self.works.push(Work { needs, dialog: self.dialog, ..Work::new(work, item.plan, now) });
            effects.push(Effect::Send { work, checked: (self.dialog, index), plan, reason: reason.clone() });
        }
        if effects.iter().any(|effect| matches!(effect, Effect::Send { .. })) {
            // What was left out, the dialog has said.
            self.keep_marks(&targets, now);
        }
        self.began(batch);
        effects
    }

    /// Why the action would be refused for what is selected now; None when it would not.
    pub(super) fn disabled(&self, action: &Action, now: Timestamp) -> Option<String> {
        let targets = meant::of_kind(&self.cx(now), &self.ui, action.on, hints::ASKED);
        let mut first = None;
        for target in &targets {
            let refusal = self.wish(target, None, now, |wish| action.plan(wish)).err()?.reason;
            if [actions::CHOOSE_REVISION, actions::TYPE_AMOUNT].contains(&&*refusal) {
                return None;
            }
            first = first.or(Some(refusal));
        }
        first.or_else(|| Some("nothing is selected".to_owned()))
    }

    /// Actions that would be done to what is selected, were they not known to be denied.
    pub(super) fn denied(&self, now: Timestamp) -> Vec<(&'static str, String)> {
        // Mostly nothing is denied, and no plan need be made to know that.
        if !self.access.values().any(|verdict| matches!(verdict, Verdict::Denied(_))) {
            return Vec::new();
        }
        let targets = meant::rollouts(&self.cx(now), &self.ui, hints::ASKED);
        let of_rollouts = actions::ACTIONS.iter().filter(|action| action.on == Kind::Rollout);
        let denied = of_rollouts.filter_map(|action| {
            let open = |wish: &Wish<'_>| action.plan(&Wish { access: &Access::new(), ..*wish }).is_ok();
            let asked = |target| self.wish(target, None, now, |wish| open(wish).then(|| action.plan(wish).err()));
            // Where it may be done to one of them, its key does something.
            let refusals: Option<Vec<Refusal>> = targets.iter().filter_map(asked).collect();
            Some((action.name, refusals?.into_iter().next()?.reason))
        });
        denied.collect()
    }

    /// Calls `f` with the wish for that target, as things stand.
    fn wish<T>(
        &self,
        target: &ObjectId,
        revision: Option<&Templates>,
        now: Timestamp,
        f: impl FnOnce(&Wish<'_>) -> T,
    ) -> T {
        let shown = self.ui.frozen.as_ref().and_then(|(_, model)| {
            let kinds = [Kind::AnalysisRun, Kind::Rollout, Kind::Preview, Kind::Workflow, Kind::Flag, Kind::Limit];
            kinds.into_iter().find_map(|kind| Seen::of(model, kind, target))
        });
        f(&Wish {
            model: &self.model,
            target,
            now,
            revision,
            amount: None,
            reason: "",
            authority: self.context(&target.context).authority,
            access: &self.access,
            shown: shown.as_ref(),
        })
    }

    /// The circumstances of what is on the screen.
    pub(super) fn cx(&self, now: Timestamp) -> Cx<'_> {
        let many = self.settings.contexts.len() > 1;
        Cx::new(self.shown(), &self.settings.theme, &self.settings.glyphs, now, many).with(&self.ui.at_work)
    }
}

/// What is said to a key that has nothing to act on.
pub(super) fn nothing_for(actions: &str) -> String {
    format!("{actions}: nothing is selected that it could be done to")
}
