//! The configuration file over its defaults, and the user's keymap and theme beside it. No fault in them is fatal.

mod context;
mod github;
mod glob;
mod place;
mod read;
#[cfg(test)]
mod tests;
mod value;

use std::path::PathBuf;

use jiff::SignedDuration;

use crate::keys::{Keymap, Names};
use crate::theme::{self, Depth, Glyphs, Theme};
use crate::yaml::Warning;

pub use context::{Context, ContextRule};
pub use github::{GitHub, GitHubApp};
pub use place::{DIR_VARIABLE, Place};

/// The file that shows every option at its default, for `flightdeck config` and for the documentation.
pub const EXAMPLE: &str = include_str!("../../assets/config.yaml");

/// How long a protected context stays open for writing unless its rule says otherwise.
const WRITE_FOR: SignedDuration = SignedDuration::from_mins(15);

/// What the user has configured. Flags of the command line go over it, field by field.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Name of a theme, or `auto`: the best one that the terminal can show.
    pub theme: String,
    /// Name of a keymap.
    pub keymap: String,
    /// Forced, or as the terminal can.
    pub glyphs: Option<Glyphs>,
    /// Forced, or as the terminal can.
    pub colour: Option<Depth>,
    /// Nothing is changed anywhere.
    pub read_only: bool,
    /// What is watched at the start; none means all.
    pub namespaces: Vec<String>,
    /// How long the effect of an action may take; without it, as long as the action itself says.
    pub verify_timeout: Option<SignedDuration>,
    /// In the order of the file; see [`Config::context`].
    pub contexts: Vec<ContextRule>,
    pub prometheus: Prometheus,
    pub github: GitHub,
    pub audit: Audit,
}

/// Where metrics come from, if it is not where the analysis template says. Secrets stay in their files.
#[derive(Clone, Debug, PartialEq)]
pub struct Prometheus {
    pub url: Option<String>,
    pub bearer_token_file: Option<PathBuf>,
    pub basic: Option<Basic>,
    /// PEM of the authority that its certificate must come from.
    pub ca_file: Option<PathBuf>,
    pub timeout: SignedDuration,
    /// Its certificate is not checked.
    pub insecure: bool,
}

/// Basic authentication.
#[derive(Clone, Debug, PartialEq)]
pub struct Basic {
    pub user: String,
    pub password_file: PathBuf,
}

/// The journal of actions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Audit {
    /// Without it, the state directory of the platform.
    pub dir: Option<PathBuf>,
    /// Every action needs a reason.
    pub require_reason: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            theme: theme::AUTO.to_owned(),
            keymap: "default".to_owned(),
            glyphs: None,
            colour: None,
            read_only: false,
            namespaces: Vec::new(),
            verify_timeout: None,
            contexts: vec![ContextRule::production()],
            prometheus: Prometheus::default(),
            github: GitHub::default(),
            audit: Audit::default(),
        }
    }
}

impl Default for Prometheus {
    fn default() -> Prometheus {
        Prometheus {
            url: None,
            bearer_token_file: None,
            basic: None,
            ca_file: None,
            timeout: SignedDuration::from_secs(10),
            insecure: false,
        }
    }
}

impl Config {
    /// What is known about a context: all rules that match its name, the later over the earlier, and one that names it
    /// exactly over all patterns.
    pub fn context(&self, name: &str) -> Context {
        context::resolve(&self.contexts, name, self.audit.require_reason)
    }

    /// The colour depth: as configured, or as the terminal can.
    pub fn depth(&self) -> Depth {
        Depth::of_stdout(self.colour)
    }

    /// The signs: as configured, or as the terminal can.
    pub fn glyphs(&self) -> Glyphs {
        Glyphs::of_env(self.glyphs)
    }

    /// The chosen theme. Only this one is parsed: YAML is slow.
    pub fn theme(&self, place: &Place, depth: Depth) -> (Theme, Vec<Warning>) {
        Theme::load(&Theme::library(Some(place.dir.join("themes"))), &self.theme, depth)
    }

    /// The chosen keymap. Only this one is parsed.
    pub fn keymap(&self, place: &Place, names: &Names<'_>) -> (Keymap, Vec<Warning>) {
        Keymap::load(&Keymap::library(Some(place.dir.join("keymaps"))), &self.keymap, names)
    }
}
