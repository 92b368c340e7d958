//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::sources::github::Slug;

mod repository;

pub use repository::{Cost, Drift, Flags, K6, OneWorkflow, Previews, RollbackRow, Workflow, WorkflowDuty};

/// Headings of the help.
const WHERE: &str = "Where to look";
const EVERYWHERE: &str = "For every command";
const COCKPIT: &str = "For the cockpit";

/// A terminal release cockpit: what is shipping, is it healthy, and the one key that stops it.
#[derive(Debug, Parser)]
#[command(name = "flightdeck", version, max_term_width = 100, args_conflicts_with_subcommands = false)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    /// Without a command the cockpit opens.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What every command understands.
#[derive(Debug, Args)]
pub struct Common {
    /// A context of the kubeconfig; may be given more than once
    #[arg(help_heading = WHERE, long, global = true, value_name = "NAME")]
    pub context: Vec<String>,
    /// The kubeconfig to use instead of $KUBECONFIG or ~/.kube/config
    #[arg(help_heading = WHERE, long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Only this namespace
    #[arg(help_heading = WHERE, short, long, global = true, value_name = "NS", conflicts_with = "all_namespaces")]
    pub namespace: Option<String>,
    /// All namespaces (the default)
    #[arg(help_heading = WHERE, short = 'A', long, global = true)]
    pub all_namespaces: bool,
    /// Read manifests from this folder instead of an API server
    #[arg(help_heading = WHERE, long, global = true, value_name = "DIR")]
    pub from_dir: Option<PathBuf>,
    /// The repository on GitHub behind the releases
    #[arg(help_heading = WHERE, long, global = true, value_name = "OWNER/NAME", value_parser = Slug::parse)]
    pub repo: Option<Slug>,
    /// Read the feature flags from this file instead of from GitHub
    #[arg(help_heading = WHERE, long, global = true, value_name = "FILE")]
    pub flags: Option<PathBuf>,
    /// Change nothing, whatever is asked for
    #[arg(help_heading = EVERYWHERE, long, global = true)]
    pub read_only: bool,
    /// Open protected contexts for writing, for so long (as configured unless told)
    #[arg(help_heading = EVERYWHERE, long, global = true, value_name = "DURATION", num_args = 0..=1,
          require_equals = true, value_parser = duration)]
    pub write: Option<Option<Duration>>,
    /// The Prometheus to ask instead of the one that each analysis names
    #[arg(help_heading = COCKPIT, long, global = true, value_name = "URL")]
    pub prometheus: Option<String>,
    /// The folder of config.yaml, keymaps and themes (or $FLIGHTDECK_CONFIG_DIR)
    #[arg(help_heading = EVERYWHERE, long, global = true, value_name = "DIR", env = "FLIGHTDECK_CONFIG_DIR",
          hide_env = true)]
    pub config_dir: Option<PathBuf>,
    /// The folder of the audit journal (or $FLIGHTDECK_STATE_DIR)
    #[arg(help_heading = EVERYWHERE, long, global = true, value_name = "DIR", env = "FLIGHTDECK_STATE_DIR",
          hide_env = true)]
    pub state_dir: Option<PathBuf>,
    /// A theme by name: dark, light, high-contrast, colour-blind, 16-colour, mono, or one of your own
    #[arg(help_heading = COCKPIT, long, global = true, value_name = "NAME")]
    pub theme: Option<String>,
    /// A keymap by name: default, vim, k9s, or one of your own
    #[arg(help_heading = COCKPIT, long, global = true, value_name = "NAME")]
    pub keymap: Option<String>,
    /// Draw with ASCII characters only
    #[arg(help_heading = COCKPIT, long, global = true)]
    pub ascii: bool,
    /// table, json or jsonl (one document a line); a table unless told
    #[arg(help_heading = EVERYWHERE, short, long, global = true, value_enum, value_name = "FORMAT",
          hide_possible_values = true)]
    pub output: Option<Output>,
}

/// How a command prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Aligned columns.
    Table,
    /// One JSON document.
    Json,
    /// One JSON document a line, as things happen.
    Jsonl,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the cockpit on a simulated world: no cluster needed
    Demo(Demo),
    /// What is known of every row, and what needs a human
    Status,
    /// Rollouts: look at them and act on them
    #[command(subcommand)]
    Rollout(Rollout),
    /// AnalysisRuns and their templates
    #[command(subcommand)]
    Analysis(Analysis),
    /// Every change as it is seen, until interrupted
    Watch,
    /// The record of everything that was done
    #[command(subcommand)]
    Audit(Audit),
    /// Cost reports of pull requests
    #[command(subcommand)]
    Cost(Cost),
    /// Terraform plans of the scheduled drift run
    #[command(subcommand)]
    Drift(Drift),
    /// Summaries of the k6 smoke test
    #[command(subcommand)]
    K6(K6),
    /// Feature flags and their kill switch
    #[command(subcommand)]
    Flags(Flags),
    /// Preview namespaces `pr-<number>`
    #[command(subcommand)]
    Previews(Previews),
    /// The repository's workflows
    #[command(subcommand)]
    Workflow(Workflow),
    /// Take a row of the pack back
    Rollback {
        /// The row: PR18, PR19, PR20, PR21 or PR22
        #[arg(value_enum, ignore_case = true)]
        row: RollbackRow,
        /// For PR22: the flags to kill
        names: Vec<String>,
        #[command(flatten)]
        how: How,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man,
}

/// `flightdeck demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// How fast time goes in the simulated world
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR")]
    pub speed: f64,
    /// Only serve the world, and print its addresses and what a shell needs for them; no cockpit
    #[arg(long)]
    pub serve: bool,
    /// Seed so many rollouts instead of the stories
    #[arg(long, value_name = "N")]
    pub rollouts: Option<usize>,
}

/// `flightdeck rollout`.
#[derive(Debug, Subcommand)]
pub enum Rollout {
    /// All rollouts
    List,
    /// One rollout with everything under it
    Get(Named),
    /// Go on after a pause
    Promote {
        #[command(flatten)]
        act: Act,
        /// Skip all remaining steps, pauses and analyses
        #[arg(long, conflicts_with = "skip_step")]
        full: bool,
        /// Skip the step that runs now
        #[arg(long)]
        skip_step: bool,
    },
    /// Stop the release and send all traffic to the stable revision
    Abort(Act),
    /// Start an aborted release again
    Retry(Act),
    /// Pause by hand (spec.paused)
    Pause(Act),
    /// Take a pause by hand back
    Resume(Act),
    /// Go back to the pod template of an earlier revision
    Undo {
        #[command(flatten)]
        act: Act,
        /// The revision to go back to; the one before the current when absent
        #[arg(long, value_name = "N")]
        to_revision: Option<u64>,
    },
    /// Restart all pods
    Restart(Act),
    /// Faults of Rollouts in manifests
    Lint(Files),
}

/// `flightdeck analysis`.
#[derive(Debug, Subcommand)]
pub enum Analysis {
    /// How a run stands against its limits
    Eval {
        /// A manifest with an AnalysisRun, or - for standard input
        #[arg(long, value_name = "FILE")]
        run: PathBuf,
    },
    /// Faults of AnalysisTemplates in manifests
    Lint(Files),
    /// End a run now
    Terminate(Act),
}

/// `flightdeck audit`.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Whether the journal is whole: finds an edit or a cut
    Verify,
    /// The records, newest first
    List,
}

/// What another tool printed.
#[derive(Debug, Args)]
pub struct Report {
    /// The file, or - for standard input
    pub file: PathBuf,
}

/// One object by name.
#[derive(Debug, Args)]
pub struct Named {
    /// Its name
    pub name: String,
}

/// Manifests.
#[derive(Debug, Args)]
pub struct Files {
    /// A file, a folder, or - for standard input; may be given more than once
    #[arg(short, long = "filename", required = true, value_name = "FILE|DIR|-")]
    pub file: Vec<PathBuf>,
}

/// What is to be changed, and how.
#[derive(Debug, Args)]
pub struct Act {
    /// Names; all get the same action
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
    #[command(flatten)]
    pub how: How,
}

/// What every writing command understands.
#[derive(Debug, Args)]
pub struct How {
    /// Do it without asking
    #[arg(short, long)]
    pub yes: bool,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub reason: String,
    /// Ask what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How long the effect may take, like 4s; each action has its own limit otherwise
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub verify_timeout: Option<Duration>,
}

fn duration(text: &str) -> Result<Duration, String> {
    crate::sources::wire::go_duration(text)
        .filter(|duration| duration.is_positive())
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| format!("{text} is no duration like 4s or 15m"))
}
