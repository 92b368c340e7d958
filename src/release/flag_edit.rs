//! The kill switch as an edit of text: only the bytes of `default` and of each `rollout.*` change, or nothing does.
//!
//! The edit never trusts its own positions. It splices, parses the result again, and compares both trees with aliases
//! and merge keys followed: exactly the named values may differ. Anything else is refused with the path that would move.

use std::collections::BTreeSet;
use std::ops::Range;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_saphyr::granit_parser::ScalarStyle;
use thiserror::Error;

use super::flag::{self, Setting};
use super::text::visible;
use super::yaml::{Entry, Kind, NodeId, Yaml};

/// The file after the edit and what changed in it. Nothing changed where the flag already was as asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    pub after: String,
    pub changes: Vec<Change>,
}

/// One value, as its bytes were and are: raw, so that a restore is exact. The screen makes them visible first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// `features.<name>.default` or `features.<name>.rollout.<environment>`.
    pub path: String,
    pub from: String,
    pub to: String,
}

/// Why the file is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
pub enum Refusal {
    #[error("the file {0}")]
    Unreadable(String),
    #[error("there is no flag {0} in the file")]
    NoSuchFlag(String),
    #[error("{path} stands there more than once: readers differ on which one counts")]
    Duplicate { path: String },
    /// The value is somebody else's too.
    #[error("{path} is shared: it comes from {through}, and a change there would reach further")]
    Shared { path: String, through: &'static str },
    #[error("{path} is {what}: edit it by hand")]
    Unfit { path: String, what: String },
    #[error("the edit would also change {0}")]
    WouldAlsoChange(String),
    #[error("that the edit changes nothing else cannot be told: {0}")]
    Unproved(String),
    /// On restore: somebody has been there since.
    #[error("{path} is {found}, not {expected}: somebody changed it since")]
    MovedOn { path: String, found: String, expected: String },
    /// On restore: somebody has taken the value out since.
    #[error("{0} is not there any more: put it back in git")]
    Gone(String),
    /// On restore: the kill never came into the file, or is out of it again.
    #[error("{0} stands as it was before that kill: it is not merged, or was put back since")]
    AsBefore(String),
}

/// Sets `default: false` and every `rollout.*` to 0. A `default` that is not there stays away: absent is off.
pub fn kill(text: &str, name: &str) -> Result<Edit, Refusal> {
    let yaml = Yaml::parse(text).map_err(Refusal::Unreadable)?;
    let flag = FlagNodes::find(&yaml, name)?;
    let mut wishes = Vec::new();
    if let Some(default) = flag.default()? {
        let is_off = flag::truth(&yaml, default.value) == Setting::Known(false);
        wishes.extend((!is_off).then_some((default, "false")));
    }
    for environment in flag.environments()? {
        let is_zero = flag::percent(&yaml, environment.value) == Setting::Known(Decimal::ZERO);
        wishes.extend((!is_zero).then_some((environment, "0")));
    }
    let mut splices = Vec::new();
    for (target, to) in wishes {
        // `!!bool 0` is no zero to anybody.
        let tag = yaml.node(target.value).tag.as_deref();
        if matches!((tag, to), (Some("!!bool"), "0") | (Some("!!int" | "!!float"), "false")) {
            return Err(target.unfit("tagged as something else"));
        }
        splices.push(target.splice(&yaml, text, to)?);
    }
    apply(text, &yaml, splices)
}

/// Puts back what a kill has changed, byte for byte. `previous` are the changes of that kill.
pub fn restore(text: &str, name: &str, previous: &[Change]) -> Result<Edit, Refusal> {
    let yaml = Yaml::parse(text).map_err(Refusal::Unreadable)?;
    let flag = FlagNodes::find(&yaml, name)?;
    let targets: Vec<Target> = flag.default()?.into_iter().chain(flag.environments()?).collect();
    let mut splices = Vec::new();
    let mut moved = None;
    let mut as_before = 0;
    for change in previous {
        let found = targets.iter().find(|target| target.path() == change.path);
        let target = found.ok_or_else(|| Refusal::Gone(visible(&change.path)))?;
        let mut splice = target.splice(&yaml, text, &change.from)?;
        as_before += usize::from(splice.change.from == change.from);
        if splice.change.from != change.to && moved.is_none() {
            let (found, expected) = (visible(&splice.change.from), visible(&change.to));
            moved = Some(Refusal::MovedOn { path: visible(&change.path), found, expected });
        }
        // A value that was not there at all came with the blank before it.
        if change.from.is_empty() && text[..splice.range.start].ends_with(": ") {
            splice.range.start -= 1;
        }
        splices.push(splice);
    }
    match moved {
        Some(_) if as_before == previous.len() => Err(Refusal::AsBefore(visible(name))),
        Some(moved) => Err(moved),
        None => apply(text, &yaml, splices),
    }
}

/// Splices and proves that nothing else changed.
fn apply(text: &str, before: &Yaml, mut splices: Vec<Splice>) -> Result<Edit, Refusal> {
    splices.sort_by_key(|splice| splice.range.start);
    let mut after = String::with_capacity(text.len());
    let mut copied = 0;
    let mut written = Vec::new();
    for splice in &splices {
        after.push_str(text.get(copied..splice.range.start).ok_or_else(|| overlapping(splice))?);
        after.push_str(&splice.written);
        written.push(after.len() - splice.change.to.len()..after.len());
        copied = splice.range.end;
    }
    after.push_str(text.get(copied..).unwrap_or_default());
    let parsed = Yaml::parse(&after).map_err(Refusal::Unreadable)?;
    // What stands behind a value (an anchor, a tag) must not have grown together with it.
    let values = parsed.ranges();
    let is_value = |range: &Range<usize>| range.is_empty() || values.contains(range);
    if let Some((splice, _)) = splices.iter().zip(&written).find(|(_, range)| !is_value(range)) {
        let what = "written together with something else".to_owned();
        return Err(Refusal::Unfit { path: visible(&splice.change.path), what });
    }
    let moved: BTreeSet<Vec<String>> = before.differences(&parsed).map_err(Refusal::Unproved)?.into_iter().collect();
    let meant: BTreeSet<Vec<String>> = splices.iter().map(|splice| splice.path.clone()).collect();
    if let Some(path) = moved.difference(&meant).next() {
        return Err(Refusal::WouldAlsoChange(visible(&path.join("."))));
    }
    if let Some(path) = meant.difference(&moved).next() {
        let what = "written in a way that an edit does not reach".to_owned();
        return Err(Refusal::Unfit { path: visible(&path.join(".")), what });
    }
    Ok(Edit { after, changes: splices.into_iter().map(|splice| splice.change).collect() })
}

fn overlapping(splice: &Splice) -> Refusal {
    Refusal::Unfit { path: visible(&splice.change.path), what: "written over another value".to_owned() }
}

/// A flag's map in the tree.
struct FlagNodes<'a> {
    yaml: &'a Yaml,
    path: Vec<String>,
    entry: Entry,
}

/// A value to be written.
struct Target {
    path: Vec<String>,
    key: NodeId,
    value: NodeId,
}

/// Bytes to be replaced.
struct Splice {
    path: Vec<String>,
    range: Range<usize>,
    /// What is written there: the new value, with a blank before it where there was none.
    written: String,
    change: Change,
}

impl<'a> FlagNodes<'a> {
    /// The one map of that flag, or why there is none.
    fn find(yaml: &'a Yaml, name: &str) -> Result<Self, Refusal> {
        let entries = flag::feature_entries(yaml);
        let mut named = entries.into_iter().filter(|entry| entry.name == name);
        let entry = named.next().ok_or_else(|| Refusal::NoSuchFlag(visible(name)))?;
        let path = vec!["features".to_owned(), name.to_owned()];
        if named.next().is_some() {
            return Err(Refusal::Duplicate { path: visible(&path.join(".")) });
        }
        if flag::has_features_twice(yaml) {
            return Err(Refusal::Duplicate { path: "features".to_owned() });
        }
        if entry.merged {
            return Err(Refusal::Shared { path: visible(&path.join(".")), through: "a merge key" });
        }
        let flag = FlagNodes { yaml, path, entry };
        flag.check_map(flag.entry.value, &flag.path)?;
        Ok(flag)
    }

    /// `default`, where it is there.
    fn default(&self) -> Result<Option<Target>, Refusal> {
        let path = self.child(&self.path, "default");
        let field = self.field("default", &path)?;
        let merged = field.as_ref().is_some_and(|field| field.merged);
        // A merged default that is off already needs no edit; any other stands in somebody else's map.
        let needs_none = |field: &Entry| flag::truth(self.yaml, field.value) == Setting::Known(false);
        match field {
            Some(field) if merged && needs_none(&field) => Ok(None),
            Some(_) if merged => Err(Refusal::Shared { path: visible(&path.join(".")), through: "a merge key" }),
            field => Ok(field.map(|field| Target { path, key: field.key, value: field.value })),
        }
    }

    /// Each environment of `rollout`.
    fn environments(&self) -> Result<Vec<Target>, Refusal> {
        let path = self.child(&self.path, "rollout");
        let Some(rollout) = self.field("rollout", &path)? else { return Ok(Vec::new()) };
        if flag::is_null(self.yaml, rollout.value) {
            return Ok(Vec::new());
        }
        self.check_map(rollout.value, &path)?;
        let entries = self.yaml.entries(rollout.value);
        let is_zero = |entry: &Entry| flag::percent(self.yaml, entry.value) == Setting::Known(Decimal::ZERO);
        let mut targets: Vec<Target> = Vec::new();
        let mut taken = BTreeSet::new();
        for entry in entries {
            let path = self.child(&path, &entry.name);
            if !taken.insert(entry.name.clone()) {
                return Err(Refusal::Duplicate { path: visible(&path.join(".")) });
            }
            let merged = entry.merged || rollout.merged;
            if merged && !is_zero(&entry) {
                return Err(Refusal::Shared { path: visible(&path.join(".")), through: "a merge key" });
            }
            if !merged {
                targets.push(Target { path, key: entry.key, value: entry.value });
            }
        }
        Ok(targets)
    }

    /// The one field of that name.
    fn field(&self, name: &str, path: &[String]) -> Result<Option<Entry>, Refusal> {
        let entries = self.yaml.entries(self.entry.value);
        let mut fields = entries.into_iter().filter(|field| field.name == name);
        let field = fields.next();
        match fields.next() {
            Some(_) => Err(Refusal::Duplicate { path: visible(&path.join(".")) }),
            None => Ok(field),
        }
    }

    /// Only a map that stands here itself may be edited.
    fn check_map(&self, id: NodeId, path: &[String]) -> Result<(), Refusal> {
        let path = visible(&path.join("."));
        if self.yaml.is_alias(id) {
            return Err(Refusal::Shared { path, through: "an alias" });
        }
        match self.yaml.node(id).kind {
            Kind::Map(_) => Ok(()),
            _ if flag::is_null(self.yaml, id) => Err(Refusal::Unfit { path, what: "empty".to_owned() }),
            _ => Err(Refusal::Unfit { path, what: format!("{}, no map", flag::shown(self.yaml, id)) }),
        }
    }

    fn child(&self, path: &[String], name: &str) -> Vec<String> {
        path.iter().cloned().chain([name.to_owned()]).collect()
    }
}

impl Target {
    fn path(&self) -> String {
        self.path.join(".")
    }

    fn unfit(&self, what: &str) -> Refusal {
        Refusal::Unfit { path: visible(&self.path()), what: what.to_owned() }
    }

    /// Which bytes to replace by `to`, checked against the text itself.
    fn splice(&self, yaml: &Yaml, text: &str, to: &str) -> Result<Splice, Refusal> {
        let unfit = |what: &str| self.unfit(what);
        let node = yaml.node(self.value);
        if node.tag.as_deref().is_some_and(|tag| !matches!(tag, "!!bool" | "!!int" | "!!float")) {
            return Err(unfit("tagged as something else"));
        }
        let (range, from) = match &node.kind {
            Kind::Scalar { text: value, style } => {
                let from = text.get(node.range.clone()).ok_or_else(|| unfit("at a position that cannot be told"))?;
                check_spelling(from, value, *style).map_err(unfit)?;
                (node.range.clone(), from)
            }
            Kind::Alias(_) => {
                let from = text.get(node.range.clone()).unwrap_or_default();
                let is_alias = from.starts_with('*') && !from.contains(char::is_whitespace);
                (node.range.clone(), is_alias.then_some(from).ok_or_else(|| unfit("an alias that cannot be placed"))?)
            }
            Kind::List(_) => return Err(unfit("a list")),
            Kind::Map(_) => return Err(unfit("a map")),
        };
        let change = Change { path: self.path(), from: from.to_owned(), to: to.to_owned() };
        let mut splice = Splice { path: self.path.clone(), range, written: to.to_owned(), change };
        if from.is_empty() && !to.is_empty() {
            let after_colon = after_colon(yaml, text, self.key).ok_or_else(|| unfit("empty"))?;
            splice.range = after_colon..after_colon;
            splice.written = format!(" {to}");
        }
        Ok(splice)
    }
}

/// Whether the bytes are the value and nothing but the value, on one line.
fn check_spelling(written: &str, value: &str, style: ScalarStyle) -> Result<(), &'static str> {
    let quoted = |quote: char| written.len() >= 2 && written.starts_with(quote) && written.ends_with(quote);
    match style {
        ScalarStyle::Literal | ScalarStyle::Folded => Err("a block of text"),
        _ if written.contains(['\n', '\r']) => Err("written over several lines"),
        ScalarStyle::Plain if written == value => Ok(()),
        ScalarStyle::SingleQuoted if quoted('\'') => Ok(()),
        ScalarStyle::DoubleQuoted if quoted('"') => Ok(()),
        _ => Err("at a position that cannot be told"),
    }
}

/// Where the value of a key begins that has none: right after its colon.
fn after_colon(yaml: &Yaml, text: &str, key: NodeId) -> Option<usize> {
    let end = yaml.node(key).range.end;
    let blanks = text.get(end..)?;
    let colon = blanks.trim_start_matches([' ', '\t']);
    colon.starts_with(':').then(|| end + blanks.len() - colon.len() + 1)
}

#[cfg(test)]
#[path = "flag_edit_properties.rs"]
mod properties;
#[cfg(test)]
#[path = "flag_edit_tests.rs"]
mod tests;
