//! The commands that change what lives on GitHub, and the teardown of previews.

use std::process::ExitCode;

use crate::cli::{Common, Flags, How, Previews, RollbackRow, Workflow, WorkflowDuty};
use crate::release::repository::Duty;

use super::act::{self, Wanted};
use super::fail;

/// `flightdeck flags`.
pub fn flags(common: &Common, flags: &Flags) -> ExitCode {
    match flags {
        Flags::Kill(act) => act::run(common, Wanted::new("kill", &act.names, &act.how)),
        Flags::Restore(act) => act::run(common, Wanted::new("restore", &act.names, &act.how)),
    }
}

/// `flightdeck previews`.
pub fn previews(common: &Common, previews: &Previews) -> ExitCode {
    match previews {
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
            return fail(2, "PR22 is rolled back flag by flag: name the flags to kill");
        }
        RollbackRow::Flags => return act::run(common, Wanted::new("kill", names, how)),
        _ if !names.is_empty() => return fail(2, "only PR22 takes names: those of flags"),
        RollbackRow::Smoke => ("remove-step", Duty::Smoke),
        RollbackRow::Cost => ("remove-step", Duty::Plan),
        RollbackRow::Drift => ("disable-workflow", Duty::Drift),
        RollbackRow::Previews => ("disable-workflow", Duty::Teardown),
    };
    act::run(common, Wanted { duty: Some(duty), ..Wanted::new(action, &[], how) })
}
