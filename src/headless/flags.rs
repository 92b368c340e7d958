//! `flightdeck flags get [NAME]`: the flags file as one JSON document and an exit code.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::release::flag::{self, Flag, FlagState, Flags, Setting, Unmet};

/// `{items, problems}`, as all lists.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlagsView {
    pub items: Vec<FlagView>,
    /// What is wrong with the file as a whole.
    pub problems: Vec<String>,
}

/// One flag.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlagView {
    pub name: String,
    /// `true`, `false`, null where it is missing, or the text of what is neither.
    #[serde(serialize_with = "default_value")]
    pub default: Setting<bool>,
    pub owners: Vec<String>,
    /// Environment to percent.
    #[serde(serialize_with = "rollout_values")]
    pub rollout: Vec<(String, Setting<Decimal>)>,
    pub guardrails: Guardrails,
    /// Environment to `on`, `off` or `unknown`.
    pub effective: BTreeMap<String, FlagState>,
    pub problems: Vec<String>,
}

/// What a flag requires and what of it does not hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Guardrails {
    pub requires: Vec<String>,
    /// Environment to the requirements that do not hold there.
    pub unmet: BTreeMap<String, Vec<Unmet>>,
}

/// Reads the file; `name` picks one flag, `met` are guardrails that are known to hold.
///
/// The number is the exit code: 3 where the file cannot be read or has no such flag.
pub fn flags_get(text: &str, name: Option<&str>, met: &[&str]) -> (FlagsView, u8) {
    let flags = match flag::read(text) {
        Ok(flags) => flags,
        Err(reason) => return (FlagsView { items: Vec::new(), problems: vec![format!("the file {reason}")] }, 3),
    };
    let wanted = flags.flags.iter().filter(|flag| name.is_none_or(|name| flag.name == name));
    let items: Vec<FlagView> = wanted.map(|flag| FlagView::new(flag, &flags, met)).collect();
    let mut problems = flags.problems.clone();
    if let Some(name) = name.filter(|_| items.is_empty()) {
        problems.push(format!("there is no flag {name} in the file"));
        return (FlagsView { items, problems }, 3);
    }
    (FlagsView { items, problems }, 0)
}

impl FlagView {
    fn new(flag: &Flag, flags: &Flags, met: &[&str]) -> Self {
        let states = flag.states();
        // A flag without a rollout is judged where it acts: everywhere by its default.
        let environments: Vec<&str> = states.iter().map(|(environment, _)| *environment).collect();
        let environments = if environments.is_empty() { vec!["default"] } else { environments };
        let effective = environments.iter().map(|name| ((*name).to_owned(), flag.state(name))).collect();
        let unmet = environments.iter().map(|name| ((*name).to_owned(), flag.unmet(flags, name, met))).collect();
        FlagView {
            name: flag.name.clone(),
            default: flag.default.clone(),
            owners: flag.owners.clone(),
            rollout: flag.rollout.clone(),
            guardrails: Guardrails { requires: flag.requires.clone(), unmet },
            effective,
            problems: flag.problems.clone(),
        }
    }
}

fn default_value<S: Serializer>(setting: &Setting<bool>, serializer: S) -> Result<S::Ok, S::Error> {
    match setting {
        Setting::Missing => serializer.serialize_none(),
        Setting::Known(value) => serializer.serialize_bool(*value),
        Setting::Odd(text) => serializer.serialize_str(text),
    }
}

/// A whole percentage is a number, as in the file; a fraction is a string, so that it stays a decimal.
fn rollout_values<S: Serializer>(rollout: &[(String, Setting<Decimal>)], serializer: S) -> Result<S::Ok, S::Error> {
    let value = |setting: &Setting<Decimal>| match setting {
        Setting::Missing => serde_json::Value::Null,
        Setting::Odd(text) => serde_json::Value::from(text.clone()),
        Setting::Known(percent) => match i64::try_from(*percent) {
            Ok(whole) if percent.fract().is_zero() => serde_json::Value::from(whole),
            _ => serde_json::Value::from(percent.to_string()),
        },
    };
    serializer.collect_map(rollout.iter().map(|(environment, percent)| (environment, value(percent))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAGS: &str = include_str!("../../fixtures/github/flags.yaml");

    #[test]
    fn one_flag_and_all() {
        let (view, exit_code) = flags_get(FLAGS, Some("graph_reranker_v2"), &[]);
        let json = serde_json::to_value(&view).unwrap();
        assert_eq!((view.items.len(), exit_code), (1, 0));
        assert_eq!(json["items"][0]["rollout"], serde_json::json!({"stage": 10, "prod": 0}));
        assert_eq!(json["items"][0]["effective"], serde_json::json!({"stage": "on", "prod": "off"}));
        assert_eq!(flags_get(FLAGS, None, &[]).0.items.len(), 3);
    }

    #[test]
    fn an_unmet_guardrail_is_named() {
        let unmet = |met: &[&str]| {
            let (view, _) = flags_get(FLAGS, Some("experimental_batch_import"), met);
            serde_json::to_value(&view).unwrap()["items"][0]["guardrails"]["unmet"]["default"].clone()
        };
        assert_eq!(unmet(&[])[0]["requires"], "db_migration_2025_09_gate");
        assert_eq!(unmet(&["db_migration_2025_09_gate"]), serde_json::json!([]));
    }

    #[test]
    fn no_such_flag_and_no_such_file_are_unknown() {
        assert_eq!(flags_get(FLAGS, Some("nobody"), &[]).1, 3);
        assert_eq!(flags_get("- 1", None, &[]).1, 3);
        assert_eq!(flags_get("{", None, &[]).1, 3);
    }
}
