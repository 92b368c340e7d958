//! `flightdeck completions` and `flightdeck man`: made from the command line itself.

use std::io;
use std::process::ExitCode;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

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

/// Prints the man page, with one for each command after it.
pub fn man() -> ExitCode {
    match manual() {
        Ok(text) => print::out(&text, Exit::Ok),
        Err(error) => fail(3, format_args!("the man page could not be made: {error}")),
    }
}

fn manual() -> io::Result<Vec<u8>> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut text = Vec::new();
    Man::new(command.clone()).render(&mut text)?;
    let mut exit = Roff::new();
    exit.control("SH", ["EXIT STATUS"]);
    for code in Exit::ALL {
        exit.control("TP", []).text([bold(code.code().to_string())]).text([roman(code.meaning())]);
    }
    exit.to_writer(&mut text)?;
    pages(&command, &mut text)?;
    Ok(text)
}

/// A page for each command under this one. What every command understands stands on the first page alone.
fn pages(command: &Command, text: &mut Vec<u8>) -> io::Result<()> {
    for command in command.get_subcommands() {
        let own = command.clone().mut_args(|arg| if arg.is_global_set() { arg.hide(true) } else { arg });
        Man::new(own).source(concat!("flightdeck ", env!("CARGO_PKG_VERSION"))).render(text)?;
        pages(command, text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_has_every_command_its_options_and_the_exit_codes() {
        let text = String::from_utf8(manual().unwrap()).unwrap();
        let pages: Vec<&str> = text.split(".TH ").skip(1).collect();
        assert!(pages[0].contains("EXIT STATUS") && pages[0].contains("kubeconfig"), "{}", pages[0]);
        let promote = pages.iter().find(|page| page.starts_with("flightdeck-rollout-promote ")).unwrap();
        assert!(promote.contains("full") && promote.contains("reason") && !promote.contains("kubeconfig"), "{promote}");
        let codes = Exit::ALL.map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3, 4, 5]);
    }
}
