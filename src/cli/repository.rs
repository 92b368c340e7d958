//! The commands on what lives in the repository: gates, flags, previews, workflows.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use rust_decimal::Decimal;

use super::{Act, How, Report};
use crate::release::cost::{DEFAULT_LIMIT, parse_limit};

/// `flightdeck cost`.
#[derive(Debug, Subcommand)]
pub enum Cost {
    /// Open pull requests, and those merged since the last release, against the budget
    List,
    /// Whether an Infracost report stays within the budget
    Read {
        #[command(flatten)]
        report: Report,
        /// The most that a month may cost more than before
        #[arg(long, value_name = "AMOUNT", default_value_t = DEFAULT_LIMIT, value_parser = parse_limit)]
        limit: Decimal,
    },
    /// Raise or lower the limit: the repository variable that the gate compares with
    Limit {
        /// What a month may cost more than before
        #[arg(value_name = "AMOUNT", value_parser = parse_limit)]
        amount: Decimal,
        #[command(flatten)]
        how: How,
    },
}

/// `flightdeck flags`.
#[derive(Debug, Subcommand)]
pub enum Flags {
    /// What is on, where, and whether its guardrails hold
    Get {
        /// Flags by name; all of them when absent
        names: Vec<String>,
        /// A flags file instead of the repository's, or - for standard input
        #[arg(short, long = "filename", value_name = "FILE|-")]
        file: Option<PathBuf>,
    },
    /// Turn a flag off everywhere: default false and every rollout 0
    Kill(Act),
    /// Put back what a kill from this machine has changed
    Restore(Act),
}

/// `flightdeck previews`.
#[derive(Debug, Subcommand)]
pub enum Previews {
    /// All of them, with what became of their pull requests
    List,
    /// Delete the namespace of a preview with everything in it
    Teardown {
        #[command(flatten)]
        act: Act,
        /// The pull request's number, where it is still open or not known to be closed
        #[arg(long = "type", value_name = "NUMBER")]
        typed: Option<String>,
    },
}

/// `flightdeck workflow`.
#[derive(Debug, Subcommand)]
pub enum Workflow {
    /// Start it now
    Run(OneWorkflow),
    /// Stop it from running
    Disable(OneWorkflow),
    /// Let it run again
    Enable(OneWorkflow),
}

/// One of the configured workflows.
#[derive(Debug, Args)]
pub struct OneWorkflow {
    /// What it is there for
    #[arg(value_enum)]
    pub duty: WorkflowDuty,
    #[command(flatten)]
    pub how: How,
}

/// The workflows that Flightdeck knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WorkflowDuty {
    Drift,
    Plan,
    Smoke,
    Teardown,
    Promote,
}

/// Rows of the pack that live on GitHub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RollbackRow {
    /// Take the k6 step out of the release's verification
    #[value(name = "PR18")]
    Smoke,
    /// Take the budget's gate out of the plan's workflow
    #[value(name = "PR19")]
    Cost,
    /// Disable the scheduled drift check
    #[value(name = "PR20")]
    Drift,
    /// Disable the teardown of previews
    #[value(name = "PR21")]
    Previews,
    /// Kill flags
    #[value(name = "PR22")]
    Flags,
}

/// `flightdeck drift`.
#[derive(Debug, Subcommand)]
pub enum Drift {
    /// What the last scheduled run has found
    Get,
    /// What `terraform show -json` says has drifted, and what is pending
    Read(Report),
}

/// `flightdeck k6`.
#[derive(Debug, Subcommand)]
pub enum K6 {
    /// What the last run has come to
    Get,
    /// Whether a summary (any of k6's three dialects) passes its thresholds
    Read {
        #[command(flatten)]
        report: Report,
        /// What k6 itself ended with, where that is known
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        exit_code: Option<i32>,
    },
}
