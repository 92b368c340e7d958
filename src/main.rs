//! Flightdeck's binary: arguments to exit code.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match flightdeck::cli::Cli::try_parse() {
        Ok(cli) => flightdeck::commands::run(cli),
        Err(error) => flightdeck::commands::unparsed(&error),
    }
}
