//! Kill and restore: the flag's `default` and every `rollout.*` in the flags file, and no other byte of it.

use serde_json::{Value, json};

use super::git::Commit;
use super::plan::{Danger, Effect, FromTo, Plan, Refusal};
use super::{Action, Kind, Needs, RestsOn, Wish};
use crate::release::deed::Deed;
use crate::release::flag::{self, Flag};
use crate::release::flag_edit::{self, Change, Edit};
use crate::release::repository::FlagsFile;
use crate::release::subject;
use crate::release::text::visible;

pub(super) static KILL: Action = Action {
    name: "kill",
    help: "kill switch: default false and every rollout 0",
    on: Kind::Flag,
    needs: Needs::Nothing,
    rests_on: RestsOn::Step,
    stops: true,
    danger: Danger::Plain,
    make: |wish| {
        let (file, name) = flag_of(wish)?;
        let edit = flag_edit::kill(&file.file.text, name).map_err(|refusal| Refusal::because(refusal.to_string()))?;
        if edit.changes.is_empty() {
            return Err(Refusal::because(format!("{} is off already, everywhere", visible(name))));
        }
        make(wish, &KILL, file, name, edit)
    },
};

pub(super) static RESTORE: Action = Action {
    name: "restore",
    help: "put back what a kill from here has changed",
    on: Kind::Flag,
    needs: Needs::Nothing,
    rests_on: RestsOn::Step,
    stops: false,
    danger: Danger::Plain,
    make: |wish| {
        let (file, name) = flag_of(wish)?;
        let previous = last_kill(wish)?;
        let restored = flag_edit::restore(&file.file.text, name, &previous);
        let edit = restored.map_err(|refusal| Refusal::because(refusal.to_string()))?;
        make(wish, &RESTORE, file, name, edit)
    },
};

fn flag_of<'a>(wish: &Wish<'a>) -> Result<(&'a FlagsFile, &'a str), Refusal> {
    let repository = wish.repository()?;
    let missing = || Refusal::because(format!("there is no flags file in {}", wish.target.context));
    let file = repository.flags.as_ref().ok_or_else(missing)?;
    if file.is_checkout() {
        return Err(Refusal::because("the flags are read from a local checkout: change them in git"));
    }
    let name = subject::flag_of(wish.target).ok_or_else(|| super::guard::gone(wish.target))?;
    let flags = file.flags.as_ref().map_err(|why| Refusal::because(format!("{} {why}", file.file.path)))?;
    if flags.get(name).is_none() {
        return Err(Refusal::because(format!("there is no flag {} in {}", visible(name), file.file.path)));
    }
    Ok((file, name))
}

fn make(wish: &Wish<'_>, action: &'static Action, file: &FlagsFile, name: &str, edit: Edit) -> Result<Plan, Refusal> {
    if edit.changes.is_empty() {
        return Err(Refusal::because(format!("nothing of {} would change: it is so already", visible(name))));
    }
    let because = if wish.reason.is_empty() { String::new() } else { format!(" ({})", wish.reason) };
    let commit = Commit {
        repository: &wish.target.context,
        file: &file.file,
        after: &edit.after,
        message: format!("{}: {name}{because}", action.name),
        topic: format!("{}-{name}", action.name),
    };
    let wanted = wanted(&edit, name)?;
    let mut plan = commit.plan(wish, action, "Flag", Effect::FlagIs(Box::new(wanted)))?;
    let lines =
        edit.changes.iter().map(|change| FromTo::new(visible(&change.path), shown(&change.from), shown(&change.to)));
    plan.changes.splice(0..0, lines);
    let inverse = if action.name == KILL.name { RESTORE.name } else { KILL.name };
    plan.inverse = json!({ "action": inverse, "changes": edit.changes });
    plan.notes.push("a commit is not live before what reads the file is deployed or reloads it".to_owned());
    Ok(plan)
}

fn shown(value: &str) -> String {
    if value.is_empty() { "nothing".to_owned() } else { visible(value) }
}

/// The flag as it has to be read out afterwards.
fn wanted(edit: &Edit, name: &str) -> Result<Flag, Refusal> {
    let flags = flag::read(&edit.after)?;
    flags.get(name).cloned().ok_or_else(|| Refusal::because(format!("{name} would be lost by the edit")))
}

/// What the last kill of that flag has changed, as the journal has it.
fn last_kill(wish: &Wish<'_>) -> Result<Vec<Change>, Refusal> {
    let is_kill =
        |deed: &&Deed| deed.uid == wish.target.uid && deed.context == wish.target.context && &*deed.action == KILL.name;
    let is_of_flag = |deed: &&Deed| deed.uid == wish.target.uid && deed.context == wish.target.context;
    let newest = wish.model.deeds.iter().filter(is_of_flag).find(|deed| deed.may_have_been_done());
    if let Some(restored) = newest.filter(|deed| &*deed.action == RESTORE.name) {
        let at = restored.at.strftime("%H:%M:%S");
        return Err(Refusal::because(format!("it was restored already, by {} at {at} UTC", restored.who)));
    }
    // Newest first. One that may have been done counts: values of an earlier one would not be what it has changed, and
    // where it was not done after all, the file is not as a kill leaves it, and nothing is put back.
    let last = wish.model.deeds.iter().filter(is_kill).find(|deed| deed.may_have_been_done());
    let inverse = last.and_then(|deed| deed.inverse.as_ref());
    let changes = inverse.map(|inverse: &Value| serde_json::from_value(inverse["changes"].clone()));
    match changes {
        Some(Ok(changes)) => Ok(changes),
        _ => Err(Refusal::because("no kill of it is recorded on this machine: put it back in git")),
    }
}
