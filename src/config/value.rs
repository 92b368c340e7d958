//! From YAML values to the types of the configuration; an `Err` says what would be right.

use http::Uri;
use jiff::SignedDuration;
use rust_decimal::Decimal;

use crate::theme::{Depth, Glyphs, Theme};
use crate::yaml::{Node, Value, disturbs};

/// Either a value or what is wrong with it, without the name of the option.
pub(super) type Read<T> = Result<T, String>;

/// Words that stand for "as the terminal can".
const AUTO: &str = "auto";

pub(super) fn text(node: &Node) -> Read<String> {
    match &node.value {
        // Labels and names go to the screen.
        Value::Text(text) if text.trim().contains(disturbs) => Err("must not hold invisible characters".to_owned()),
        Value::Text(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        // `16` is a number in YAML and a name here.
        Value::Number(number) => Ok(number.to_string()),
        Value::Text(_) => Err("must not be empty".to_owned()),
        other => Err(format!("must be text, got {}", other.kind())),
    }
}

pub(super) fn boolean(node: &Node) -> Read<bool> {
    match &node.value {
        Value::Bool(value) => Ok(*value),
        // The spellings of older YAML: who writes `read_only: yes` must not get the contrary.
        Value::Text(text) if ["yes", "on"].contains(&text.to_ascii_lowercase().as_str()) => Ok(true),
        Value::Text(text) if ["no", "off"].contains(&text.to_ascii_lowercase().as_str()) => Ok(false),
        other => Err(format!("must be true or false, got {}", other.kind())),
    }
}

/// As [`boolean`], for what protects: whoever wrote something that cannot be understood did want protection.
pub(super) fn protection(node: &Node, set: impl FnOnce(bool)) -> Read<()> {
    let read = boolean(node);
    set(*read.as_ref().unwrap_or(&true));
    read.map(|_| ()).map_err(|wrong| format!("{wrong}; taken as true"))
}

/// Longer than nothing, and at most a day.
pub(super) fn duration(node: &Node) -> Read<SignedDuration> {
    let Value::Text(text) = &node.value else {
        return Err(format!("must be a time with its unit, like `30s` or `15m`, got {}", node.value.kind()));
    };
    let duration: SignedDuration =
        text.trim().parse().map_err(|_| format!("`{text}` is no time; write it like `30s`, `15m` or `1h30m`"))?;
    let allowed = SignedDuration::from_millis(1)..=SignedDuration::from_hours(24);
    if allowed.contains(&duration) { Ok(duration) } else { Err(format!("`{text}` is not between 1ms and 24h")) }
}

/// Money, not negative. A number is taken as it is written, up to the 15 digits that YAML's numbers keep.
pub(super) fn amount(node: &Node) -> Read<Decimal> {
    let text = text(node)?;
    let amount = text.parse().ok().filter(|amount: &Decimal| !amount.is_sign_negative());
    amount.ok_or_else(|| format!("`{text}` is no amount; write it like `25` or `25.50`"))
}

/// One namespace, or a list of them.
pub(super) fn namespaces(node: &Node) -> Read<Vec<String>> {
    match &node.value {
        Value::List(list) => list.iter().map(namespace).collect(),
        _ => Ok(vec![namespace(node)?]),
    }
}

fn namespace(node: &Node) -> Read<String> {
    let name = text(node)?;
    let inner = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let valid = inner && name.len() <= 63 && !name.starts_with('-') && !name.ends_with('-');
    if valid { Ok(name) } else { Err(format!("`{name}` is no name of a namespace")) }
}

/// `owner/name` of a repository.
pub(super) fn repository(node: &Node) -> Read<String> {
    let name = text(node)?;
    let is_plain = |part: &str| {
        let inner = part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        inner && (1..=100).contains(&part.len()) && part.chars().any(|c| c != '.')
    };
    match name.split_once('/') {
        Some((owner, repository)) if is_plain(owner) && is_plain(repository) => Ok(name),
        _ => Err(format!("`{name}` is no repository; write it like `owner/name`")),
    }
}

/// One text, or a list of them.
pub(super) fn texts(node: &Node) -> Read<Vec<String>> {
    match &node.value {
        Value::List(list) => list.iter().map(text).collect(),
        _ => Ok(vec![text(node)?]),
    }
}

pub(super) fn depth(node: &Node) -> Read<Option<Depth>> {
    one_of(node, Depth::named, "auto, mono, 16, 256, truecolor")
}

pub(super) fn glyphs(node: &Node) -> Read<Option<Glyphs>> {
    one_of(node, Glyphs::named, "auto, unicode, ascii")
}

fn one_of<T>(node: &Node, named: impl Fn(&str) -> Option<T>, known: &str) -> Read<Option<T>> {
    let name = text(node)?;
    if name == AUTO {
        return Ok(None);
    }
    named(&name).map(Some).ok_or_else(|| format!("`{name}` is not one of {known}"))
}

/// A role, or a colour of its own: names of a palette belong to one theme, and the theme may change.
pub(super) fn badge(node: &Node) -> Read<String> {
    let name = text(node)?;
    if Theme::knows_badge(&name) {
        return Ok(name);
    }
    Err(format!("`{name}` is neither a role of the theme nor a colour like `light-red`, `208` or a quoted `#rrggbb`"))
}

/// The address of a server. It is not repeated in the message: it might hold a password.
pub(super) fn url(node: &Node) -> Read<String> {
    let url = text(node)?;
    let uri: Uri = url.parse().map_err(|_| "is no address like `https://prometheus.example:9090`".to_owned())?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
        return Err("must start with http:// or https:// and name a host".to_owned());
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("must not hold a user or password; `basic` names a file for it".to_owned());
    }
    Ok(url)
}
