//! What the command line can ask for, one file each. The only place that knows all the others.

pub mod act;
pub mod analysis;
pub mod ask;
pub mod audit;
mod blindness;
pub mod carry_out;
pub mod cockpit;
pub mod demo;
pub mod draft;
pub mod find;
pub mod generate;
mod github;
pub mod lint;
pub mod observe;
pub mod paths;
pub mod print;
pub mod read;
pub mod rollout;
mod serve;
pub mod settle;
pub mod status;
pub mod watch;

use std::process::ExitCode;

use crate::cli::{Cli, Command, Common};
use crate::headless::{Answer, ExitCode as Exit};

/// Does what was asked for.
pub fn run(cli: Cli) -> ExitCode {
    match &cli.command {
        None => cockpit::run(&cli.common),
        Some(Command::Demo(demo)) => demo::run(&cli.common, demo),
        Some(Command::Completions { shell }) => generate::completions(*shell),
        Some(Command::Man) => generate::man(),
        Some(Command::Status) => status::run(&cli.common),
        Some(Command::Rollout(rollout)) => rollout::run(&cli.common, rollout),
        Some(Command::Analysis(analysis)) => analysis::run(&cli.common, analysis),
        Some(Command::Watch) => watch::run(&cli.common),
        Some(Command::Audit(audit)) => audit::run(&cli.common, audit),
        Some(Command::Cost(cost)) => read::cost(&cli.common, cost),
        Some(Command::Drift(drift)) => read::drift(&cli.common, drift),
        Some(Command::K6(k6)) => read::k6(&cli.common, k6),
        Some(Command::Flags(flags)) => github::flags(&cli.common, flags),
        Some(Command::Previews(previews)) => github::previews(&cli.common, previews),
        Some(Command::Workflow(workflow)) => github::workflow(&cli.common, workflow),
        Some(Command::Rollback { row, names, how }) => github::rollback(&cli.common, *row, names, how),
    }
}

/// Runs a command to its answer and prints that.
fn on_runtime(common: &Common, command: impl Future<Output = Result<Answer, Answer>>) -> ExitCode {
    wait(async { print::print(&command.await.unwrap_or_else(|failed| failed), common) })
}

/// The same for arguments that do not fit together.
fn misused(common: &Common, message: &str) -> ExitCode {
    print::print(&Answer::failed(message.to_owned(), Exit::Usage), common)
}

/// What clap has to say, in the wished form: a document where one was asked for.
pub fn unparsed(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    if !error.use_stderr() {
        return print::ended(printed, Exit::Ok).into();
    }
    if print::is_json_wished(std::env::args_os().skip(1)) {
        let message = error.render().to_string();
        let first = message.lines().next().unwrap_or_default().trim_start_matches("error: ");
        return print::print_json(&Answer::failed(first.to_owned(), Exit::Usage));
    }
    Exit::Usage.into()
}

/// Says why nothing was done, and returns the code for it.
pub(crate) fn fail(code: u8, message: impl std::fmt::Display) -> ExitCode {
    print::complain(&message.to_string());
    ExitCode::from(code)
}

/// Waits for a command on a runtime of its own: this thread for the loop, two for the sources.
fn wait(command: impl Future<Output = ExitCode>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(3, format_args!("cannot start: {error}")),
    };
    let code = runtime.block_on(command);
    // A credential plugin that hangs must not hold up the end.
    runtime.shutdown_background();
    code
}

/// The time, where the outside meets it.
#[allow(clippy::disallowed_methods, reason = "this is the rim")]
pub(crate) fn clock() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
