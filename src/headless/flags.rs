//! `flightdeck flags get [NAME...]`: the flags file as one JSON document and an exit code.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use super::table::Table;
use super::{Answer, ExitCode};
use crate::release::flag::{self, Flag, FlagState, Flags, Setting, Unmet};
use crate::release::gates;
use crate::release::text::visible;

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

/// Reads the file's text; `names` pick flags, all of them where there is none.
///
/// A flag that is on in production although its guardrails do not hold is a negative verdict. What cannot be told (a file
/// that is none, a flag that is not there, a value that readers take differently) is unknown.
pub fn flags_get(text: &str, names: &[String]) -> Answer {
    let flags = match flag::read(text) {
        Ok(flags) => flags,
        Err(reason) => {
            let problems = vec![format!("the file {reason}")];
            return answer(FlagsView { items: Vec::new(), problems }, ExitCode::Unknown);
        }
    };
    let is_wanted = |flag: &&Flag| names.is_empty() || names.contains(&flag.name);
    let items: Vec<FlagView> = flags.flags.iter().filter(is_wanted).map(|flag| FlagView::new(flag, &flags)).collect();
    let mut problems = flags.problems.clone();
    let missing = names.iter().filter(|name| flags.get(name).is_none());
    problems.extend(missing.map(|name| format!("there is no flag {name} in the file")));
    let unguarded = gates::unguarded(&flags);
    let is_unguarded = |item: &FlagView| unguarded.iter().any(|(name, _)| *name == item.name);
    let is_unclear = |item: &FlagView| {
        !item.problems.is_empty() || item.effective.values().any(|state| *state == FlagState::Unknown)
    };
    let exit = match () {
        () if items.iter().any(is_unguarded) => ExitCode::Negative,
        () if !problems.is_empty() || items.iter().any(is_unclear) => ExitCode::Unknown,
        () => ExitCode::Ok,
    };
    answer(FlagsView { items, problems }, exit)
}

fn answer(view: FlagsView, exit: ExitCode) -> Answer {
    let mut table = Table::new(["NAME", "DEFAULT", "EFFECTIVE", "OWNERS", "UNMET"]);
    for item in &view.items {
        let states = item.effective.iter().map(|(environment, state)| format!("{environment} {}", state.word()));
        let unmet: BTreeSet<&str> = item.guardrails.unmet.values().flatten().map(|unmet| &*unmet.requires).collect();
        table.row([
            item.name.clone(),
            match &item.default {
                Setting::Missing => String::new(),
                Setting::Known(value) => value.to_string(),
                Setting::Odd(text) => text.clone(),
            },
            states.collect::<Vec<_>>().join(", "),
            item.owners.join(", "),
            unmet.into_iter().collect::<Vec<_>>().join(", "),
        ]);
    }
    let of_flags = |item: &FlagView| item.problems.iter().map(|problem| format!("{}: {problem}", item.name)).collect();
    let said: Vec<String> = view.items.iter().flat_map(|item| -> Vec<String> { of_flags(item) }).collect();
    let said = view.problems.iter().cloned().chain(said).map(|problem| visible(&problem)).collect();
    Answer { diagnostics: said, ..Answer::new(&view, table.or("no flags"), exit) }
}

impl FlagView {
    fn new(flag: &Flag, flags: &Flags) -> Self {
        let states = flag.states();
        // A flag without a rollout is judged where it acts: everywhere by its default.
        let environments: Vec<&str> = states.iter().map(|(environment, _)| *environment).collect();
        let environments = if environments.is_empty() { vec!["default"] } else { environments };
        let effective = environments.iter().map(|name| ((*name).to_owned(), flag.state(name))).collect();
        let unmet = environments.iter().map(|name| ((*name).to_owned(), flag.unmet(flags, name))).collect();
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

    fn get(text: &str, names: &[&str]) -> Answer {
        flags_get(text, &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn one_flag_and_all() {
        let one = get(FLAGS, &["graph_reranker_v2"]);
        let item = &one.json["items"][0];
        assert_eq!((one.json["items"].as_array().unwrap().len(), one.exit), (1, ExitCode::Ok));
        assert_eq!(item["rollout"], serde_json::json!({"stage": 10, "prod": 0}));
        assert_eq!(item["effective"], serde_json::json!({"stage": "on", "prod": "off"}));
        assert_eq!(get(FLAGS, &[]).json["items"].as_array().unwrap().len(), 3);
        assert!(one.table.contains("prod off, stage on"), "{}", one.table);
    }

    #[test]
    fn an_unmet_guardrail_is_named_and_bad_only_where_the_flag_is_on() {
        let text = |default| format!("features: {{ a: {{ default: {default}, guardrails: {{ requires: [gate] }} }} }}");
        let on = get(&text("true"), &[]);
        assert_eq!(on.json["items"][0]["guardrails"]["unmet"]["default"][0]["requires"], "gate");
        assert_eq!((on.exit, get(&text("false"), &[]).exit), (ExitCode::Negative, ExitCode::Ok));
    }

    #[test]
    fn what_cannot_be_told_is_unknown() {
        for (text, names) in
            [(FLAGS, &["nobody"][..]), ("- 1", &[]), ("{", &[]), ("features: { a: { default: yes } }", &[])]
        {
            let answer = get(text, names);
            assert_eq!(answer.exit, ExitCode::Unknown, "{text} {names:?}");
            assert_eq!(answer.diagnostics.len(), 1, "{:?}", answer.diagnostics);
        }
        let one_of_two = get(FLAGS, &["nobody", "graph_reranker_v2"]);
        assert_eq!(
            (one_of_two.exit, &one_of_two.json["items"][0]["name"]),
            (ExitCode::Unknown, &"graph_reranker_v2".into())
        );
    }
}
