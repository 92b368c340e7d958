//! Feature flags: `feature-flags/flags.yaml` as the operator thinks of it: default, owners, rollout, guardrails.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_saphyr::granit_parser::ScalarStyle;

use super::json;
use super::text::visible;
use super::yaml::{Entry, Kind, NodeId, Yaml};

/// All flags of a file, in file order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flags {
    pub flags: Vec<Flag>,
    /// What is wrong with the file as a whole.
    pub problems: Vec<String>,
    /// Guardrails that the configuration says are met.
    #[serde(default)]
    pub met: Vec<String>,
}

/// `features.<name>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flag {
    pub name: String,
    pub default: Setting<bool>,
    pub owners: Vec<String>,
    /// Environment and percent.
    pub rollout: Vec<(String, Setting<Decimal>)>,
    /// `rollout` is there and is no map of environments: it may turn the flag on anywhere.
    #[serde(default)]
    pub is_rollout_odd: bool,
    /// `guardrails.requires[]`.
    pub requires: Vec<String>,
    /// What could not be read or means something else elsewhere.
    pub problems: Vec<String>,
}

/// A value that somebody wrote by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Setting<T> {
    /// Not there, or null.
    Missing,
    Known(T),
    /// Something else, as it stands there.
    Odd(String),
}

/// Whether a flag acts in an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlagState {
    On,
    Off,
    /// A value that different YAML readers take differently: never shown as off.
    Unknown,
}

impl FlagState {
    /// The word on the screen and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            FlagState::On => "on",
            FlagState::Off => "off",
            FlagState::Unknown => "unknown",
        }
    }
}

/// One guardrail and whether it is met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmet {
    pub requires: String,
    pub why: String,
}

/// Reads the file's text. The error is the reason why there are no flags.
pub fn read(text: &str) -> Result<Flags, String> {
    let yaml = Yaml::parse(text)?;
    let features = feature_entries(&yaml);
    if features.is_empty() && !yaml.documents().iter().any(|root| has_features(&yaml, *root)) {
        return Err("has no `features`".to_owned());
    }
    let mut flags = Flags::default();
    if yaml.documents().len() > 1 {
        flags
            .problems
            .push(format!("{} documents in one file: many readers take only the first", yaml.documents().len()));
    }
    if has_features_twice(&yaml) {
        flags.problems.push("`features` stands there more than once: readers take the last, or none".to_owned());
    }
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in &features {
        *times.entry(&entry.name).or_default() += 1;
    }
    for entry in &features {
        let mut flag = read_flag(&yaml, entry);
        if times.get(entry.name.as_str()).is_some_and(|times| *times > 1) {
            flag.problems.push("this name stands there more than once".to_owned());
        }
        flags.flags.push(flag);
    }
    Ok(flags)
}

impl Flags {
    /// The flag of that name; of duplicates the last.
    pub fn get(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().rev().find(|flag| flag.name == name)
    }

    /// The same, with those guardrails met.
    pub fn with_met(self, met: &[String]) -> Flags {
        Flags { met: met.to_vec(), ..self }
    }
}

impl Flag {
    /// Default OR rollout above 0.
    pub fn state(&self, environment: &str) -> FlagState {
        // An environment that stands there twice acts as either one says.
        let percents = || self.rollout.iter().filter(|(name, _)| name == environment).map(|(_, percent)| percent);
        let acts = |percent: &Setting<Decimal>| matches!(percent, Setting::Known(percent) if *percent > Decimal::ZERO);
        let is_doubtful = self.is_rollout_odd
            || matches!(self.default, Setting::Odd(_))
            || percents().any(|percent| matches!(percent, Setting::Odd(_)));
        match () {
            () if self.default == Setting::Known(true) || percents().any(acts) => FlagState::On,
            () if is_doubtful => FlagState::Unknown,
            () => FlagState::Off,
        }
    }

    /// Each environment of the rollout and whether the flag acts there.
    pub fn states(&self) -> Vec<(&str, FlagState)> {
        self.rollout.iter().map(|(name, _)| (name.as_str(), self.state(name))).collect()
    }

    /// Whether it is off everywhere, the default included.
    pub fn is_off(&self) -> bool {
        self.state("") == FlagState::Off && self.states().iter().all(|(_, state)| *state == FlagState::Off)
    }

    /// Guardrails that do not hold in that environment: neither met nor a flag of this file that is on.
    pub fn unmet(&self, flags: &Flags, environment: &str) -> Vec<Unmet> {
        let required = self.requires.iter().filter(|name| !flags.met.contains(name));
        required.filter_map(|name| unmet(name, flags, environment)).collect()
    }
}

/// Why a requirement does not hold; None where it is a flag that is on.
fn unmet(name: &str, flags: &Flags, environment: &str) -> Option<Unmet> {
    let why = match flags.get(name).map(|flag| flag.state(environment)) {
        Some(FlagState::On) => return None,
        Some(FlagState::Off) => format!("the flag is off in {environment}"),
        Some(FlagState::Unknown) => format!("the flag's state in {environment} is unknown"),
        None => "nothing says that it is met".to_owned(),
    };
    Some(Unmet { requires: name.to_owned(), why })
}

/// The entries of every document's `features`.
pub(super) fn feature_entries(yaml: &Yaml) -> Vec<Entry> {
    let roots = yaml.documents().iter();
    let features = roots.flat_map(|root| yaml.entries(*root)).filter(|entry| entry.name == "features");
    features.flat_map(|entry| yaml.entries(entry.value)).collect()
}

/// Whether a document has `features` more than once: which one counts, readers disagree.
pub(super) fn has_features_twice(yaml: &Yaml) -> bool {
    let count = |root: &NodeId| yaml.entries(*root).iter().filter(|entry| entry.name == "features").count();
    yaml.documents().iter().any(|root| count(root) > 1)
}

fn has_features(yaml: &Yaml, root: NodeId) -> bool {
    yaml.entries(root).iter().any(|entry| entry.name == "features")
}

fn read_flag(yaml: &Yaml, entry: &Entry) -> Flag {
    let fields = yaml.entries(entry.value);
    let field = |name: &str| fields.iter().rev().find(|field| field.name == name).map(|field| field.value);
    let mut problems = Vec::new();
    let is_map = matches!(yaml.node(yaml.resolved(entry.value)).kind, Kind::Map(_));
    let is_odd = |id| !matches!(yaml.node(yaml.resolved(id)).kind, Kind::Map(_)) && !is_null(yaml, id);
    let mut defaults: Vec<_> = fields.iter().filter(|field| field.name == "default").collect();
    defaults.dedup_by_key(|field| truth(yaml, field.value));
    let default = match field("default") {
        Some(_) if defaults.len() > 1 => Setting::Odd("more than one value".to_owned()),
        Some(id) => truth(yaml, id),
        // `new_checkout: true` may well be meant as on.
        None if is_odd(entry.value) => Setting::Odd(shown(yaml, entry.value)),
        None => Setting::Missing,
    };
    match &default {
        _ if !is_map => problems.push("is no map".to_owned()),
        Setting::Odd(text) => problems.push(format!("default is {text}: readers differ on whether that is on")),
        _ => {}
    }
    let environments = field("rollout").map(|id| yaml.entries(id)).unwrap_or_default();
    let rollout: Vec<_> = environments.iter().map(|entry| (visible(&entry.name), percent(yaml, entry.value))).collect();
    let is_rollout_odd = field("rollout").is_some_and(is_odd);
    if is_rollout_odd {
        problems.push("rollout is no map of environments".to_owned());
    }
    for name in
        doubled(&fields).into_iter().chain(doubled(&environments).into_iter().map(|name| format!("rollout.{name}")))
    {
        problems.push(format!("{name} stands there more than once: readers differ on which one counts"));
    }
    for (environment, percent) in &rollout {
        if let Setting::Odd(text) = percent {
            problems.push(format!("rollout.{environment} is {text}, no percentage"));
        }
    }
    if field("guardrails").is_some_and(is_odd) {
        problems.push("guardrails is no map with requires".to_owned());
    }
    let requires = field("guardrails").map(|id| yaml.entries(id)).unwrap_or_default();
    let requires = requires.iter().rev().find(|entry| entry.name == "requires").map(|entry| entry.value);
    Flag {
        name: visible(&entry.name),
        default,
        owners: field("owners").map(|id| words(yaml, id)).unwrap_or_default(),
        rollout,
        is_rollout_odd,
        requires: requires.map(|id| words(yaml, id)).unwrap_or_default(),
        problems,
    }
}

/// Names that stand in a map more than once, each as often as it is one too many.
fn doubled(entries: &[Entry]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    entries.iter().filter(|entry| !seen.insert(&*entry.name)).map(|entry| visible(&entry.name)).collect()
}

/// A list of words, or one word alone.
fn words(yaml: &Yaml, id: NodeId) -> Vec<String> {
    let word = |id: NodeId| match &yaml.node(yaml.resolved(id)).kind {
        Kind::Scalar { text, .. } => visible(text),
        _ => "(not a word)".to_owned(),
    };
    match &yaml.node(yaml.resolved(id)).kind {
        Kind::List(items) => items.iter().map(|item| word(*item)).collect(),
        _ if is_null(yaml, id) => Vec::new(),
        _ => vec![word(id)],
    }
}

/// A boolean in the core schema of YAML 1.2. `yes`, `on` and quoted text are odd: readers differ on them.
pub(super) fn truth(yaml: &Yaml, id: NodeId) -> Setting<bool> {
    match bare(yaml, id, "!!bool") {
        _ if is_null(yaml, id) => Setting::Missing,
        Some("true" | "True" | "TRUE") => Setting::Known(true),
        Some("false" | "False" | "FALSE") => Setting::Known(false),
        _ => Setting::Odd(shown(yaml, id)),
    }
}

/// A percentage as a number of the core schema.
pub(super) fn percent(yaml: &Yaml, id: NodeId) -> Setting<Decimal> {
    if is_null(yaml, id) {
        return Setting::Missing;
    }
    let text = bare(yaml, id, "!!int").or_else(|| bare(yaml, id, "!!float"));
    text.and_then(number).map_or_else(|| Setting::Odd(shown(yaml, id)), Setting::Known)
}

/// `~`, `null`, or nothing at all.
pub(super) fn is_null(yaml: &Yaml, id: NodeId) -> bool {
    matches!(bare(yaml, id, "!!null"), Some("" | "~" | "null" | "Null" | "NULL"))
}

/// The text of a plain scalar without a tag, or with that one. A tagged scalar may be quoted.
fn bare<'a>(yaml: &'a Yaml, id: NodeId, tag: &str) -> Option<&'a str> {
    let node = yaml.node(yaml.resolved(id));
    let Kind::Scalar { text, style } = &node.kind else { return None };
    match &node.tag {
        None => (*style == ScalarStyle::Plain).then_some(text),
        Some(written) => (written == tag).then_some(text),
    }
}

/// A number in the spellings of YAML 1.2. `010` is left out: it is 8 to some readers and 10 to others.
fn number(text: &str) -> Option<Decimal> {
    let radix = |digits: &str, radix| i64::from_str_radix(digits, radix).ok().map(Decimal::from);
    if let Some(digits) = text.strip_prefix("0x") {
        return digits.starts_with(|first: char| first.is_ascii_hexdigit()).then(|| radix(digits, 16))?;
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return digits.starts_with(|first: char| first.is_digit(8)).then(|| radix(digits, 8))?;
    }
    let digits = text.trim_start_matches(['+', '-']);
    let is_ambiguous = digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if is_number && !is_ambiguous { json::decimal(text) } else { None }
}

/// A value as the screen shows it: quoted where it is quoted.
pub(super) fn shown(yaml: &Yaml, id: NodeId) -> String {
    match &yaml.node(yaml.resolved(id)).kind {
        Kind::Scalar { text, style: ScalarStyle::Plain } => visible(text),
        Kind::Scalar { text, .. } => format!("\"{}\"", visible(text)),
        Kind::List(_) => "a list".to_owned(),
        Kind::Map(_) => "a map".to_owned(),
        Kind::Alias(_) => "an alias".to_owned(),
    }
}

#[cfg(test)]
#[path = "flag_tests.rs"]
mod tests;
