//! Flightdeck's binary: arguments to exit code.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    flightdeck::commands::run(flightdeck::cli::Cli::parse())
}
