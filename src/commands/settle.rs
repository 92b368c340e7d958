//! Settles what the command line, the environment and the configuration say together.

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::actions::ACTIONS;
use crate::actions::guard::Authority;
use crate::app::ContextSettings;
use crate::cli::Common;
use crate::config::{Config, GitHub, Place};
use crate::keys::{Keymap, Names};
use crate::panes::PANES;
use crate::release::repository::Topic;
use crate::sources::checkout::Checkout;
use crate::sources::{github, prometheus};
use crate::theme::{Glyphs, Theme};
use crate::writers::audit::Who;

use super::paths;

/// What holds for this run.
pub struct Settled {
    pub keymap: Keymap,
    pub theme: Theme,
    pub glyphs: Glyphs,
    /// None: all namespaces.
    pub namespace: Option<String>,
    pub prometheus: prometheus::Settings,
    /// None: no repository is configured.
    pub github: Option<github::Settings>,
    /// A flags file on this machine: then nobody looks at the repository's.
    pub flags: Option<Checkout>,
    /// The folder of the audit journal and of exports.
    pub state: PathBuf,
    /// How long an effect may take; None: as long as its action says.
    pub verify_timeout: Option<SignedDuration>,
    /// What is wrong with the configuration: said on the screen, never fatal.
    pub complaints: Vec<String>,
    config: Config,
    /// `--write`, with its length where one was given.
    write: Option<Option<Duration>>,
    now: Timestamp,
}

/// Reads the configuration; what the command line says goes before it.
pub fn settle(common: &Common, now: Timestamp) -> Settled {
    let place = match &common.config_dir {
        Some(dir) => Place::of_dir(dir),
        None => Place::find(None),
    };
    let (mut config, mut warnings) = Config::load(&place);
    config.read_only |= common.read_only;
    config.theme = common.theme.clone().unwrap_or(config.theme);
    config.keymap = common.keymap.clone().unwrap_or(config.keymap);
    config.github.repository = common.repo.as_ref().map(ToString::to_string).or(config.github.repository);
    config.github.flags_checkout = common.flags.clone().or(config.github.flags_checkout);
    config.prometheus.url = common.prometheus.clone().or(config.prometheus.url);
    if common.ascii {
        config.glyphs = Some(Glyphs::Ascii);
    }
    let panes: Vec<&str> = PANES.iter().map(|pane| pane.name()).chain([crate::panes::detail::LAYER]).collect();
    let actions: Vec<&'static str> = ACTIONS.iter().map(|action| action.name).collect();
    let (keymap, more) = config.keymap(&place, &Names { panes: &panes, actions: &actions });
    warnings.extend(more);
    let (theme, more) = config.theme(&place, config.depth());
    warnings.extend(more);
    let namespace = (common.namespace.clone()).or_else(|| {
        config.namespaces.first().cloned().filter(|_| !common.all_namespaces && config.namespaces.len() == 1)
    });
    Settled {
        keymap,
        theme,
        glyphs: config.glyphs(),
        namespace,
        prometheus: prometheus_settings(&config),
        github: github_settings(&config),
        flags: checkout(&config),
        state: common.state_dir.clone().or_else(|| config.audit.dir.clone()).unwrap_or_else(|| paths::state(common)),
        verify_timeout: config.verify_timeout,
        complaints: warnings.iter().map(ToString::to_string).collect(),
        write: common.write,
        now,
        config,
    }
}

impl Settled {
    /// What is settled for the context of that name.
    pub fn context(&self, name: &str) -> ContextSettings {
        let context = self.config.context(name);
        let window = match self.write {
            // A bare --write stays open for as long as the configuration says.
            Some(None) => Some(context.write_for),
            Some(Some(window)) => SignedDuration::try_from(window).ok(),
            None => None,
        };
        ContextSettings {
            name: name.into(),
            authority: Authority {
                read_only: self.config.read_only,
                protected: context.protected,
                write_until: window.and_then(|window| self.now.checked_add(window).ok()),
            },
            reason_required: context.require_reason || self.config.audit.require_reason,
            label: context.label,
            colour: context.colour,
        }
    }
}

fn prometheus_settings(config: &Config) -> prometheus::Settings {
    let from = &config.prometheus;
    prometheus::Settings {
        url: from.url.clone(),
        bearer_token_file: from.bearer_token_file.clone(),
        basic: from
            .basic
            .as_ref()
            .map(|basic| prometheus::Basic { user: basic.user.clone(), password_file: basic.password_file.clone() }),
        ca_file: from.ca_file.clone(),
        insecure: from.insecure,
        timeout: from.timeout.try_into().ok(),
    }
}

fn checkout(config: &Config) -> Option<Checkout> {
    let from = &config.github;
    Some(Checkout {
        file: from.flags_checkout.clone()?,
        repository: from.repository.as_deref().unwrap_or_default().into(),
        met: from.guardrails_met.clone(),
    })
}

fn github_settings(config: &Config) -> Option<github::Settings> {
    let from = &config.github;
    // The configuration has refused what is no name of a repository, in words and with its line.
    let repository = github::Slug::parse(from.repository.as_deref()?).ok()?;
    let files = github::Files {
        drift_workflow: from.drift_workflow.clone(),
        plan_workflow: from.plan_workflow.clone(),
        smoke_workflow: from.smoke_workflow.clone(),
        teardown_workflow: from.teardown_workflow.clone(),
        promote_workflow: from.promote_workflow.clone(),
        drift_artifact: from.drift_artifact.clone(),
        cost_artifact: from.cost_artifact.clone(),
        smoke_artifact: from.smoke_artifact.clone(),
        flags: from.flags.clone(),
        limit_variable: from.limit_variable.clone(),
        infra: from.infra.clone(),
    };
    let defaults = github::Settings::new(repository);
    let is_elsewhere = |topic: &Topic| *topic == Topic::Flags && from.flags_checkout.is_some();
    Some(github::Settings {
        url: from.url.clone().unwrap_or(defaults.url),
        credentials: github_credentials(from),
        branch: from.branch.clone(),
        files,
        topics: defaults.topics.into_iter().filter(|topic| !is_elsewhere(topic)).collect(),
        extent: defaults.extent,
        noise: from.drift_noise.clone(),
        guardrails_met: from.guardrails_met.clone(),
        limit: from.limit,
        ca_file: from.ca_file.clone(),
        timeout: from.timeout.try_into().ok(),
        repository: defaults.repository,
    })
}

fn github_credentials(from: &GitHub) -> github::Credentials {
    match (&from.app, &from.token_file) {
        (Some(app), _) => github::Credentials::App(github::App { id: app.id.clone(), key_file: app.key_file.clone() }),
        (None, Some(file)) => github::Credentials::File(file.clone()),
        (None, None) => github::Credentials::Environment,
    }
}

/// Who is at the keyboard, for the audit.
pub fn who() -> Who {
    let said = |name: &str| std::env::var(name).ok().filter(|user| !user.is_empty());
    let user = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(said).unwrap_or_else(|| {
        // A service or a container may say nothing; the system knows all the same.
        let known = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        user_of(&known, rustix::process::getuid().as_raw())
    });
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Who { user, host, pid: std::process::id() }
}

/// The name of a user in the text of `/etc/passwd`; `uid:1000` for one who has none.
fn user_of(passwd: &str, uid: u32) -> String {
    let name = |line: &str| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(uid) && !name.is_empty()).then(|| name.to_owned())
    };
    passwd.lines().find_map(name).unwrap_or_else(|| format!("uid:{uid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_known_by_number() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n# a comment\nbroken:x\nann:x:1000:1000::/home/ann:/bin/sh\n";
        assert_eq!(user_of(passwd, 1000), "ann");
        assert_eq!(user_of(passwd, 0), "root");
        assert_eq!(user_of(passwd, 7), "uid:7");
        assert_eq!(user_of("", 0), "uid:0");
    }
}
