//! Settles what the command line, the environment and the configuration say together.

use jiff::{SignedDuration, Timestamp};

use crate::actions::ACTIONS;
use crate::actions::guard::Authority;
use crate::app::ContextSettings;
use crate::cli::Common;
use crate::keys::{Keymap, Names};
use crate::panes::PANES;
use crate::sources::prometheus;
use crate::theme::{self, Depth, Glyphs, Theme};
use crate::writers::audit::Who;

use super::paths;

/// What holds for this run.
pub struct Settled {
    pub keymap: Keymap,
    pub theme: Theme,
    pub glyphs: Glyphs,
    pub namespace: Option<String>,
    pub prometheus: prometheus::Settings,
    /// What is settled for the context of that name.
    pub context: Box<dyn Fn(&str) -> ContextSettings>,
    /// What is wrong with the configuration: said on the screen, never fatal.
    pub complaints: Vec<String>,
}

/// Reads the configuration; what the command line says goes before it.
pub fn settle(common: &Common, now: Timestamp) -> Settled {
    let folder = paths::config(common);
    let panes: Vec<&str> = PANES.iter().map(|pane| pane.name()).chain([crate::panes::detail::LAYER]).collect();
    let actions: Vec<&'static str> = ACTIONS.iter().map(|action| action.name).collect();
    let names = Names { panes: &panes, actions: &actions };
    let keymaps = Keymap::library(folder.as_ref().map(|folder| folder.join("keymaps")));
    let (keymap, mut warnings) = Keymap::load(&keymaps, common.keymap.as_deref().unwrap_or("default"), &names);
    let themes = Theme::library(folder.as_ref().map(|folder| folder.join("themes")));
    let depth = Depth::of_stdout(None);
    let (theme, more) = Theme::load(&themes, common.theme.as_deref().unwrap_or(theme::AUTO), depth);
    warnings.extend(more);
    let glyphs = Glyphs::of_env(common.ascii.then_some(Glyphs::Ascii));
    let read_only = common.read_only;
    let write_until = common.write.and_then(|window| now.checked_add(SignedDuration::try_from(window).ok()?).ok());
    Settled {
        keymap,
        theme,
        glyphs,
        namespace: None,
        prometheus: prometheus::Settings { url: common.prometheus.clone(), ..Default::default() },
        context: Box::new(move |name| ContextSettings {
            name: name.into(),
            authority: Authority { read_only, protected: name.contains("prod"), write_until },
            reason_required: false,
        }),
        complaints: warnings.iter().map(ToString::to_string).collect(),
    }
}

/// Who is at the keyboard, for the audit.
pub fn who() -> Who {
    let user = std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).or_else(|_| std::env::var("LOGNAME"));
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Who { user: user.unwrap_or_else(|_| "unknown".to_owned()), host, pid: std::process::id() }
}
