//! The commands on what lives on GitHub, and on previews.

use std::process::ExitCode;

use jiff::Timestamp;

use crate::cli::{Common, Flags, How, Previews, RollbackRow, Workflow, WorkflowDuty};
use crate::headless::flags::flags_get;
use crate::headless::sight::Sight;
use crate::headless::{self, Answer, ExitCode as Exit};
use crate::release::model::Model;
use crate::release::preview::{self, PreviewNamespace};
use crate::release::topic::{Duty, Topic};

use super::act::{self, Wanted};
use super::observe::Observer;
use super::settle::settle;
use super::{clock, misused, on_runtime, read};

/// `flightdeck flags`.
pub fn flags(common: &Common, flags: &Flags) -> ExitCode {
    match flags {
        Flags::Get { names, file: Some(file) } => read::run(common, file, |bytes| match std::str::from_utf8(bytes) {
            Ok(text) => flags_get(text, names),
            Err(_) => Answer::failed(format!("{} is not UTF-8", file.display()), Exit::Unknown),
        }),
        Flags::Get { names, file: None } => on_runtime(common, get(common, names)),
        Flags::Kill(act) => act::run(common, Wanted::new("kill", &act.names, &act.how)),
        Flags::Restore(act) => act::run(common, Wanted::new("restore", &act.names, &act.how)),
    }
}

/// `flightdeck previews`.
pub fn previews(common: &Common, previews: &Previews) -> ExitCode {
    match previews {
        Previews::List => on_runtime(common, list(common)),
        Previews::Teardown { act, typed } => {
            // People say the number; the namespace's name has it after `pr-`.
            let is_number = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
            let full = |name: &String| if is_number(name) { format!("pr-{name}") } else { name.clone() };
            let names: Vec<String> = act.names.iter().map(full).collect();
            let wanted = Wanted::new("teardown", &names, &act.how);
            act::run(common, Wanted { typed: typed.as_deref(), ..wanted })
        }
    }
}

/// What was seen of these topics, and nothing where one of them never was.
pub fn live(common: &Common, topics: &[Topic], view: fn(&Model, Timestamp) -> Answer) -> ExitCode {
    on_runtime(common, async {
        let (observer, complaints) = look(common, topics).await?;
        Ok(complained(view(&observer.model, clock()), complaints))
    })
}

async fn look(common: &Common, topics: &[Topic]) -> Result<(Observer, Vec<String>), Answer> {
    let settled = settle(common, clock());
    let mut observer = Observer::without_clusters();
    match (settled.flags, settled.github) {
        (Some(checkout), _) if topics == [Topic::Flags] => observer.check_out(&checkout).await,
        (_, Some(github)) => observer.look(github, topics).await,
        (_, None) => return Err(act::usage(act::NO_REPOSITORY)),
    }
    match topics.iter().find_map(|topic| observer.blind_to(*topic)) {
        Some(blind) => Err(blind),
        None => Ok((observer, settled.complaints)),
    }
}

async fn get(common: &Common, names: &[String]) -> Result<Answer, Answer> {
    let (observer, complaints) = look(common, &[Topic::Flags]).await?;
    let known = observer.model.repository_of(Topic::Flags);
    let Some(file) = known.and_then(|(_, repository)| repository.flags.as_ref()) else {
        let place = known.map(|(name, repository)| format!("{} in {name}", repository.without_flags()));
        return Err(Answer::failed(place.unwrap_or_default(), Exit::Unknown));
    };
    let mut answer = flags_get(&file.file.text, names);
    // Seen at first and not any more: what was read may be out of date.
    let sight = Sight::of_topic(&observer.model, Topic::Flags);
    answer.exit = if answer.exit == Exit::Ok { sight.exit } else { answer.exit };
    answer.diagnostics.extend(sight.errors);
    Ok(complained(answer, complaints))
}

async fn list(common: &Common) -> Result<Answer, Answer> {
    let wanted = common.namespace.as_deref();
    if let Some(other) = wanted.filter(|name| preview::number(name).is_none()) {
        return Err(act::usage(&format!("namespace {other} is no preview: those are called pr-<number>")));
    }
    let settled = settle(common, clock());
    let mut observer = Observer::first_picture(common, &["namespaces"]).await?;
    if let Some(blind) = observer.blind("namespaces") {
        return Err(blind);
    }
    if let Some(github) = settled.github {
        observer.look(github, &[Topic::Previews]).await;
    }
    let is_wanted = |namespace: &PreviewNamespace| wanted.is_none_or(|wanted| *namespace.id.name == *wanted);
    let answer = headless::previews::previews(&observer.model, is_wanted, clock());
    Ok(complained(observer.qualify(answer), settled.complaints))
}

fn complained(mut answer: Answer, complaints: Vec<String>) -> Answer {
    answer.diagnostics.extend(complaints);
    answer
}

/// `flightdeck workflow`.
pub fn workflow(common: &Common, workflow: &Workflow) -> ExitCode {
    let (action, one) = match workflow {
        Workflow::Run(one) => ("run-now", one),
        Workflow::Disable(one) => ("disable-workflow", one),
        Workflow::Enable(one) => ("enable-workflow", one),
    };
    let duty = match one.duty {
        WorkflowDuty::Drift => Duty::Drift,
        WorkflowDuty::Plan => Duty::Plan,
        WorkflowDuty::Smoke => Duty::Smoke,
        WorkflowDuty::Teardown => Duty::Teardown,
        WorkflowDuty::Promote => Duty::Promote,
    };
    act::run(common, Wanted { duty: Some(duty), ..Wanted::new(action, &[], &one.how) })
}

/// `flightdeck rollback`.
pub fn rollback(common: &Common, row: RollbackRow, names: &[String], how: &How) -> ExitCode {
    let (action, duty) = match row {
        RollbackRow::Flags if names.is_empty() => {
            return misused(common, "PR22 is rolled back flag by flag: name the flags to kill");
        }
        RollbackRow::Flags => return act::run(common, Wanted::new("kill", names, how)),
        _ if !names.is_empty() => return misused(common, "only PR22 takes names: those of flags"),
        RollbackRow::Smoke => ("remove-step", Duty::Smoke),
        RollbackRow::Cost => ("remove-step", Duty::Plan),
        RollbackRow::Drift => ("disable-workflow", Duty::Drift),
        RollbackRow::Previews => ("disable-workflow", Duty::Teardown),
    };
    act::run(common, Wanted { duty: Some(duty), ..Wanted::new(action, &[], how) })
}
