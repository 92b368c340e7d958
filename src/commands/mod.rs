//! What the command line can ask for, one file each. The only place that knows all the others.

pub mod cockpit;
pub mod demo;
pub mod generate;
pub mod paths;
pub mod settle;

use std::process::ExitCode;

use crate::cli::{Cli, Command};

/// Does what was asked for.
pub fn run(cli: Cli) -> ExitCode {
    match &cli.command {
        None => cockpit::run(&cli.common),
        Some(Command::Demo(demo)) => demo::run(&cli.common, demo),
        Some(Command::Completions { shell }) => generate::completions(*shell),
        Some(Command::Man) => generate::man(),
        _ => ExitCode::from(2),
    }
}

/// Says why nothing was done, and returns the code for it.
pub(crate) fn fail(code: u8, message: impl std::fmt::Display) -> ExitCode {
    eprintln!("flightdeck: {message}");
    ExitCode::from(code)
}

/// The runtime that everything waits on: one thread for the loop, two for the sources.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// The time, where the outside meets it.
#[allow(clippy::disallowed_methods, reason = "this is the rim")]
pub(crate) fn clock() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
