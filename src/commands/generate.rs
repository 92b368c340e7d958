//! `flightdeck completions` and `flightdeck man`: made from the command line itself.

use std::io;
use std::process::ExitCode;

use clap::CommandFactory;

use crate::cli::Cli;

/// Prints completions for a shell.
pub fn completions(shell: clap_complete::Shell) -> ExitCode {
    clap_complete::generate(shell, &mut Cli::command(), "flightdeck", &mut io::stdout());
    ExitCode::SUCCESS
}

/// Prints the man page.
pub fn man() -> ExitCode {
    match clap_mangen::Man::new(Cli::command()).render(&mut io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => super::fail(3, format_args!("the man page could not be written: {error}")),
    }
}
