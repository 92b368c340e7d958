//! Reading the configuration file. An unknown option or a wrong value is a warning; the option keeps its default.

use crate::yaml::{Node, Value, Warning, Warnings, read_capped};

use super::value::{self, Read};
use super::{Basic, Config, ContextRule, GitHub, GitHubApp, Place, Prometheus};

/// The options, as `section.option`; a test finds each of them in the example.
pub(super) const OPTIONS: &[&str] = &[
    "theme",
    "keymap",
    "glyphs",
    "colour",
    "read_only",
    "namespaces",
    "verify_timeout",
    "contexts",
    "prometheus",
    "github",
    "audit",
];
pub(super) const CONTEXT_OPTIONS: &[&str] = &["protected", "colour", "label", "require_reason", "write_for"];
pub(super) const PROMETHEUS_OPTIONS: &[&str] = &["url", "bearer_token_file", "basic", "ca_file", "timeout", "insecure"];
#[rustfmt::skip]
pub(super) const GITHUB_OPTIONS: &[&str] = &[
    "repository", "url", "token_file", "app", "ca_file", "timeout", "branch", "infra", "flags_checkout",
    "drift_workflow", "plan_workflow", "smoke_workflow", "teardown_workflow", "promote_workflow",
    "drift_artifact", "cost_artifact", "smoke_artifact", "flags", "limit_variable", "limit", "guardrails_met", "drift_noise",
];
pub(super) const APP_OPTIONS: &[&str] = &["id", "key_file"];
pub(super) const BASIC_OPTIONS: &[&str] = &["user", "password_file"];
pub(super) const AUDIT_OPTIONS: &[&str] = &["dir", "require_reason"];

impl Config {
    /// The configuration at that place; what is missing or wrong in it has its default. If the file as a whole cannot be
    /// read, nobody knows what it protects: then everything is read-only.
    pub fn load(place: &Place) -> (Config, Vec<Warning>) {
        let mut warnings = Warnings::default();
        let file = place.file.display().to_string();
        let text = read_capped(&place.file, &mut warnings);
        if text.is_none() && warnings.0.is_empty() && place.must_exist {
            warnings.push(&file, 0, "there is no such file");
        }
        let config = match text {
            Some(text) => Config::read(place, &text, &mut warnings),
            None if warnings.0.is_empty() => Config::default(),
            None => Config::unreadable(&file, &mut warnings),
        };
        (config, warnings.0)
    }

    /// The configuration that this text makes, were it the file at that place.
    pub fn read(place: &Place, text: &str, warnings: &mut Warnings) -> Config {
        let file = place.file.display().to_string();
        let Some(node) = Node::read(&file, text, warnings) else { return Config::unreadable(&file, warnings) };
        let mut config = Config::default();
        Reader { file: &file, place, warnings }.config(node, &mut config);
        config
    }

    fn unreadable(file: &str, warnings: &mut Warnings) -> Config {
        warnings.push(file, 0, "everything is read-only until this file can be read");
        Config { read_only: true, ..Config::default() }
    }
}

struct Reader<'a> {
    file: &'a str,
    place: &'a Place,
    warnings: &'a mut Warnings,
}

impl Reader<'_> {
    fn config(&mut self, node: Node, config: &mut Config) {
        self.section(node, "the configuration", OPTIONS, |reader, option, node| {
            match option {
                "theme" => config.theme = value::text(&node)?,
                "keymap" => config.keymap = value::text(&node)?,
                "glyphs" => config.glyphs = value::glyphs(&node)?,
                "colour" => config.colour = value::depth(&node)?,
                "read_only" => value::protection(&node, |read_only| config.read_only = read_only)?,
                "namespaces" => config.namespaces = value::namespaces(&node)?,
                "verify_timeout" => config.verify_timeout = Some(value::duration(&node)?),
                "contexts" => reader.contexts(node, &mut config.contexts),
                "prometheus" => reader.prometheus(node, &mut config.prometheus),
                "github" => reader.github(node, &mut config.github),
                _ => reader.section(node, "audit", AUDIT_OPTIONS, |reader, option, node| {
                    match option {
                        "dir" => config.audit.dir = Some(reader.place.path(&value::text(&node)?)),
                        _ => config.audit.require_reason = value::boolean(&node)?,
                    }
                    Ok(())
                }),
            }
            Ok(())
        });
    }

    fn contexts(&mut self, node: Node, rules: &mut Vec<ContextRule>) {
        for entry in node.entries(self.file, "contexts", self.warnings) {
            // A rule for a pattern that has one already says more about it; otherwise nobody could unprotect `*prod*`.
            let at = rules.iter().position(|rule| rule.pattern == entry.key).unwrap_or_else(|| {
                rules.push(ContextRule { pattern: entry.key.clone(), ..ContextRule::default() });
                rules.len() - 1
            });
            let Some(rule) = rules.get_mut(at) else { continue };
            self.section(entry.node, &format!("contexts.{}", entry.key), CONTEXT_OPTIONS, |_, option, node| {
                match option {
                    "protected" => value::protection(&node, |protected| rule.protected = Some(protected))?,
                    "colour" => rule.colour = Some(value::badge(&node)?),
                    "label" => rule.label = Some(value::text(&node)?),
                    "require_reason" => rule.require_reason = Some(value::boolean(&node)?),
                    _ => rule.write_for = Some(value::duration(&node)?),
                }
                Ok(())
            });
        }
    }

    fn prometheus(&mut self, node: Node, prometheus: &mut Prometheus) {
        let line = node.line;
        self.section(node, "prometheus", PROMETHEUS_OPTIONS, |reader, option, node| {
            let path = |reader: &Self, node: &Node| Ok::<_, String>(Some(reader.place.path(&value::text(node)?)));
            match option {
                "url" => prometheus.url = Some(value::url(&node)?),
                "bearer_token_file" => prometheus.bearer_token_file = path(reader, &node)?,
                "basic" => prometheus.basic = reader.basic(node)?,
                "ca_file" => prometheus.ca_file = path(reader, &node)?,
                "timeout" => prometheus.timeout = value::duration(&node)?,
                _ => prometheus.insecure = value::boolean(&node)?,
            }
            Ok(())
        });
        if prometheus.bearer_token_file.is_some() && prometheus.basic.take().is_some() {
            self.warnings.push(self.file, line, "prometheus has both a bearer token and `basic`; the token counts");
        }
    }

    fn github(&mut self, node: Node, github: &mut GitHub) {
        let line = node.line;
        self.section(node, "github", GITHUB_OPTIONS, |reader, option, node| {
            let path = |node: &Node| Ok::<_, String>(Some(reader.place.path(&value::text(node)?)));
            match option {
                "repository" => github.repository = Some(value::repository(&node)?),
                "url" => github.url = Some(value::url(&node)?),
                "token_file" => github.token_file = path(&node)?,
                "app" => github.app = reader.app(node),
                "ca_file" => github.ca_file = path(&node)?,
                "flags_checkout" => github.flags_checkout = path(&node)?,
                "timeout" => github.timeout = value::duration(&node)?,
                "branch" => github.branch = Some(value::text(&node)?),
                "limit" => github.limit = Some(value::amount(&node)?),
                "guardrails_met" => github.guardrails_met = value::texts(&node)?,
                "drift_noise" => github.drift_noise = value::texts(&node)?,
                name => *github.name(name) = value::text(&node)?,
            }
            Ok(())
        });
        if github.app.is_some() && github.token_file.take().is_some() {
            self.warnings.push(self.file, line, "github has both an app and `token_file`; the app counts");
        }
    }

    fn app(&mut self, node: Node) -> Option<GitHubApp> {
        let line = node.line;
        let (mut id, mut key_file) = (None, None);
        self.section(node, "github.app", APP_OPTIONS, |reader, option, node| {
            match option {
                "id" => id = Some(value::text(&node)?),
                _ => key_file = Some(reader.place.path(&value::text(&node)?)),
            }
            Ok(())
        });
        // Whoever has begun to name an app does not want another login to be used in its place: without its key nothing is.
        let is_whole = id.is_some() && key_file.is_some();
        if !is_whole {
            self.warnings.push(self.file, line, "`app` needs `id` and `key_file`; GitHub is not asked without them");
        }
        Some(GitHubApp { id: id.unwrap_or_default(), key_file: key_file.unwrap_or_default() })
    }

    fn basic(&mut self, node: Node) -> Read<Option<Basic>> {
        let (mut user, mut password_file) = (None, None);
        self.section(node, "prometheus.basic", BASIC_OPTIONS, |reader, option, node| {
            match option {
                "user" => user = Some(value::text(&node)?),
                _ => password_file = Some(reader.place.path(&value::text(&node)?)),
            }
            Ok(())
        });
        let basic = user.zip(password_file).map(|(user, password_file)| Basic { user, password_file });
        basic.map(Some).ok_or_else(|| "needs `user` and `password_file`".to_owned())
    }

    /// Gives each known option of a section to `set`; `null` leaves the default.
    fn section(
        &mut self,
        node: Node,
        what: &str,
        known: &[&str],
        mut set: impl FnMut(&mut Self, &str, Node) -> Read<()>,
    ) {
        for entry in node.entries(self.file, what, self.warnings) {
            let (option, line) = (entry.key, entry.line);
            if !known.contains(&option.as_str()) {
                let message = format!("there is no option `{option}` in {what}; known: {}", known.join(", "));
                self.warnings.push(self.file, line, message);
            } else if entry.node.value != Value::Null
                && let Err(wrong) = set(self, &option, entry.node)
            {
                self.warnings.push(self.file, line, format!("`{option}` {wrong}"));
            }
        }
    }
}
