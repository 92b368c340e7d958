//! `flightdeck completions` and `flightdeck man`: made from the command line itself.

use std::io;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_mangen::Man;

use super::{fail, print};
use crate::cli::Cli;
use crate::headless::ExitCode as Exit;

/// Prints completions for a shell.
pub fn completions(shell: clap_complete::Shell) -> ExitCode {
    // Into memory first: the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "flightdeck", &mut script);
    print::out(&script, Exit::Ok)
}

/// Prints the man page.
pub fn man() -> ExitCode {
    match manual() {
        Ok(text) => print::out(&text, Exit::Ok),
        Err(error) => fail(3, format_args!("the man page could not be made: {error}")),
    }
}

fn manual() -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    Man::new(Cli::command()).render(&mut text)?;
    Ok(text)
}
