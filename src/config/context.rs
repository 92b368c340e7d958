//! Rules about contexts by name or pattern: which are protected, and how they look.

use jiff::SignedDuration;

use super::{WRITE_FOR, glob};

/// What the configuration says about the contexts that a pattern matches. What it leaves open, other rules may say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContextRule {
    /// A name, or a pattern with `*` and `?`.
    pub pattern: String,
    pub protected: Option<bool>,
    /// A role of the theme, or a colour.
    pub colour: Option<String>,
    /// Shown instead of the name.
    pub label: Option<String>,
    pub require_reason: Option<bool>,
    pub write_for: Option<SignedDuration>,
}

/// What holds for one context.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    /// Read-only unless it is opened, and then for [`Context::write_for`] only.
    pub protected: bool,
    /// A role of the theme, or a colour; see `Theme::badge`.
    pub colour: Option<String>,
    /// What to show for its name.
    pub label: String,
    /// An action here needs a reason.
    pub require_reason: bool,
    pub write_for: SignedDuration,
}

impl ContextRule {
    /// The rule that is there without any configuration: what sounds like production is protected.
    pub(super) fn production() -> ContextRule {
        ContextRule {
            pattern: "*prod*".to_owned(),
            protected: Some(true),
            colour: Some("protected".to_owned()),
            write_for: Some(WRITE_FOR),
            ..ContextRule::default()
        }
    }
}

pub(super) fn resolve(rules: &[ContextRule], name: &str, require_reason: bool) -> Context {
    let mut context =
        Context { protected: false, colour: None, label: name.to_owned(), require_reason, write_for: WRITE_FOR };
    let patterns = rules.iter().filter(|rule| glob::is_pattern(&rule.pattern) && glob::matches(&rule.pattern, name));
    let exact = rules.iter().filter(|rule| rule.pattern == name && !glob::is_pattern(&rule.pattern));
    for rule in patterns.chain(exact) {
        context.protected = rule.protected.unwrap_or(context.protected);
        context.colour = rule.colour.clone().or(context.colour);
        context.label = rule.label.clone().unwrap_or(context.label);
        context.require_reason = rule.require_reason.unwrap_or(context.require_reason);
        context.write_for = rule.write_for.unwrap_or(context.write_for);
    }
    // The colour of production says one thing only: not on what is not protected, and never missing on what is.
    if context.protected {
        context.colour = context.colour.or_else(|| Some("protected".to_owned()));
    } else if context.colour.as_deref() == Some("protected") {
        context.colour = None;
    }
    context
}
