//! Kill and restore: `default` and every `rollout.*` of the flags that are meant, in one commit, and no other byte of the file.

use serde_json::{Map, Value, json};

use super::git::Commit;
use super::plan::{Danger, Effect, FromTo, Plan, Refusal};
use super::{Action, Kind, Needs, RestsOn, Wish};
use crate::release::attention::Severity;
use crate::release::deed::Deed;
use crate::release::flag::{self, Flag};
use crate::release::flag_edit::{self, Change, Edit};
use crate::release::gates::ignored_guardrails;
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
        make(wish, &KILL, |text, name| {
            let edit = flag_edit::kill(text, name).map_err(|refusal| Refusal::because(refusal.to_string()))?;
            if edit.changes.is_empty() {
                return Err(Refusal::because(format!("{} is off already, everywhere", visible(name))));
            }
            Ok(edit)
        })
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
        make(wish, &RESTORE, |text, name| {
            let restored = flag_edit::restore(text, name, &last_kill(wish, name)?);
            let edit = restored.map_err(|refusal| Refusal::because(refusal.to_string()))?;
            if edit.changes.is_empty() {
                return Err(Refusal::because(format!("nothing of {} would change: it is so already", visible(name))));
            }
            Ok(edit)
        })
    },
};

/// The plan of one commit for all flags that are meant; `edit` makes one edit of a text and a flag's name.
fn make(
    wish: &Wish<'_>,
    action: &'static Action,
    edit: impl Fn(&str, &str) -> Result<Edit, Refusal>,
) -> Result<Plan, Refusal> {
    let (file, names) = flags_of(wish)?;
    let mut after = file.file.text.to_string();
    let mut changes: Vec<(&str, Vec<Change>)> = Vec::new();
    for name in names {
        let edit = edit(&after, name)?;
        after = edit.after;
        changes.push((name, edit.changes));
    }
    let names: Vec<&str> = changes.iter().map(|(name, _)| *name).collect();
    let because = if wish.reason.is_empty() { String::new() } else { format!(" ({})", wish.reason) };
    let commit = Commit {
        repository: &wish.target.context,
        file: &file.file,
        after: &after,
        message: format!("{}: {}{because}", action.name, names.join(", ")),
        topic: format!("{}-{}", action.name, names.join("-")),
    };
    let effect = Effect::FlagsAre(wanted(&after, &names)?);
    let mut plan = commit.plan(wish, action, "Flag", effect)?;
    let mut lines: Vec<&Change> = changes.iter().flat_map(|(_, changes)| changes).collect();
    // Of many lines the first are read, and what customers get matters most.
    lines.sort_by_key(|change| !is_production(&change.path));
    let lines = lines.into_iter();
    let lines = lines.map(|change| FromTo::new(visible(&change.path), shown(&change.from), shown(&change.to)));
    plan.changes.splice(0..0, lines);
    let inverse = if action.name == KILL.name { RESTORE.name } else { KILL.name };
    let changes: Map<String, Value> = changes.into_iter().map(|(name, it)| (name.to_owned(), json!(it))).collect();
    plan.inverse = json!({ "action": inverse, "flags": changes });
    plan.notes.push("a commit is not live before what reads the file is deployed or reloads it".to_owned());
    if action.name == RESTORE.name {
        plan.notes.splice(0..0, unguarded(file, &after, &names)?);
    }
    Ok(plan)
}

fn flags_of<'a>(wish: &Wish<'a>) -> Result<(&'a FlagsFile, Vec<&'a str>), Refusal> {
    let repository = wish.repository()?;
    let missing = || match &repository.flags_place {
        Some(place) => Refusal::absent(format!("there is no {place} in {}", wish.target.context)),
        None => Refusal::absent(format!("there is no flags file in {}", wish.target.context)),
    };
    let file = repository.flags.as_ref().ok_or_else(missing)?;
    if file.is_checkout() {
        return Err(Refusal::because("the flags are read from a local checkout: change them in git"));
    }
    let names = subject::flags_of(&wish.target.uid);
    if names.is_empty() {
        return Err(super::guard::gone(wish.target));
    }
    let flags = file.flags.as_ref().map_err(|why| Refusal::because(format!("{} {why}", file.file.path)))?;
    if let Some(name) = names.iter().find(|name| flags.get(name).is_none()) {
        return Err(Refusal::absent(format!("there is no flag {} in {}", visible(name), file.file.path)));
    }
    Ok((file, names))
}

/// What comes back against its guardrails: that may be why it was killed.
fn unguarded(file: &FlagsFile, after: &str, names: &[&str]) -> Result<Vec<String>, Refusal> {
    let met = file.flags.as_ref().map_or(&[][..], |flags| &flags.met);
    let flags = flag::read(after)?.with_met(met);
    let note =
        |name: &&str| Some(format!("{} comes back {}", visible(name), ignored_guardrails(&flags, flags.get(name)?)?));
    Ok(names.iter().filter_map(note).collect())
}

fn is_production(path: &str) -> bool {
    path.rsplit('.').next().is_some_and(|last| matches!(last, "prod" | "production"))
}

fn shown(value: &str) -> String {
    if value.is_empty() { "nothing".to_owned() } else { visible(value) }
}

/// The flags as they have to be read out afterwards.
fn wanted(after: &str, names: &[&str]) -> Result<Vec<Flag>, Refusal> {
    let flags = flag::read(after)?;
    let lost = |name: &&str| Refusal::because(format!("{} would be lost by the edit", visible(name)));
    names.iter().map(|name| flags.get(name).cloned().ok_or_else(|| lost(name))).collect()
}

/// What the last kill of that flag has changed in it, as the journal has it.
fn last_kill(wish: &Wish<'_>, name: &str) -> Result<Vec<Change>, Refusal> {
    let is_of_flag = |deed: &&Deed| {
        deed.context == wish.target.context && subject::flags_of(&deed.uid).contains(&name) && deed.may_have_been_done()
    };
    let mut deeds = wish.model.deeds.iter().filter(is_of_flag).peekable();
    // Sent is not restored: one that was closed in its pull request, or got lost, is tried again.
    let is_restored = |deed: &&&Deed| &*deed.action == RESTORE.name && deed.severity == Severity::Ok;
    if let Some(restored) = deeds.peek().filter(is_restored) {
        let at = restored.at.strftime("%H:%M:%S");
        return Err(Refusal::because(format!("it was restored already, by {} at {at} UTC", restored.who)));
    }
    // Newest first. One that may have been done counts: values of an earlier one would not be what it has changed, and
    // where it was not done after all, the file is not as a kill leaves it, and nothing is put back.
    let last = deeds.find(|deed| &*deed.action == KILL.name);
    let changes = last.and_then(|deed| deed.inverse.as_ref()?.get("flags")?.get(name));
    match changes.map(|changes| serde_json::from_value(changes.clone())) {
        Some(Ok(changes)) => Ok(changes),
        _ => Err(Refusal::because("no kill of it is recorded on this machine: put it back in git")),
    }
}
