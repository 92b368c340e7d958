//! Flags as people write them, and what they then do.

use proptest::prelude::*;

use super::*;

fn only(fields: &str) -> Flag {
    read(&format!("features:\n  a: {fields}\n")).unwrap().flags.remove(0)
}

#[test]
fn the_fixture() {
    let flags = read(include_str!("../../fixtures/github/flags.yaml")).unwrap();
    let names: Vec<_> = flags.flags.iter().map(|flag| flag.name.as_str()).collect();
    assert_eq!(names, ["graph_reranker_v2", "experimental_batch_import", "new_checkout"]);
    let flag = flags.get("new_checkout").unwrap();
    assert_eq!(
        (flag.default.clone(), flag.owners.as_slice()),
        (Setting::Known(true), &["shop".into(), "payments".into()][..])
    );
    assert_eq!(flag.rollout[1], ("prod".to_owned(), Setting::Known("12.5".parse().unwrap())));
    assert_eq!(flags.get("graph_reranker_v2").unwrap().states(), [("stage", FlagState::On), ("prod", FlagState::Off)]);
    assert!(flags.problems.is_empty() && flags.flags.iter().all(|flag| flag.problems.is_empty()));
}

#[test]
fn a_flag_is_on_by_default_or_by_rollout_and_never_off_in_doubt() {
    let cases = [
        ("{default: true, rollout: {prod: 0}}", FlagState::On),
        ("{default: false, rollout: {prod: 1}}", FlagState::On),
        ("{default: false, rollout: {prod: 0.001}}", FlagState::On),
        ("{default: false, rollout: {prod: 0}}", FlagState::Off),
        ("{default: false, rollout: {prod: 0x0}}", FlagState::Off),
        ("{}", FlagState::Off),
        ("{default: off}", FlagState::Unknown),
        ("{default: 'false'}", FlagState::Unknown),
        ("{default: off, rollout: {prod: 5}}", FlagState::On),
        ("{default: false, rollout: {prod: '0'}}", FlagState::Unknown),
        ("{default: false, rollout: {prod: 010}}", FlagState::Unknown),
        ("{default: false, rollout: {prod: [1]}}", FlagState::Unknown),
        ("{default: ~, rollout: ~}", FlagState::Off),
        ("{default: !!bool 'true'}", FlagState::On),
        ("{default: !custom true}", FlagState::Unknown),
        ("{default: true, default: false}", FlagState::Unknown),
        ("{default: false, default: false}", FlagState::Off),
        ("{rollout: {prod: 5, prod: 0}}", FlagState::On),
        ("{rollout: {prod: 0, prod: x, prod: 0}}", FlagState::Unknown),
        ("true", FlagState::Unknown),
        ("[true]", FlagState::Unknown),
        ("~", FlagState::Off),
        ("{default: false, rollout: 50}", FlagState::Unknown),
        ("{rollout: [prod]}", FlagState::Unknown),
        ("{default: true, rollout: 50}", FlagState::On),
        ("{default: false, rollout: {}}", FlagState::Off),
    ];
    for (fields, expected) in cases {
        assert_eq!(only(fields).state("prod"), expected, "{fields}");
    }
}

#[test]
fn what_is_odd_is_a_problem_and_not_a_failure() {
    assert!(only("{default: yes}").problems[0].contains("yes"));
    assert!(only("{rollout: 50}").problems[0].contains("no map"));
    assert!(only("true").problems[0].contains("no map"));
    assert!(only("{default: false, default: false}").problems[0].contains("default stands there more than once"));
    assert!(only("{rollout: {a: 0, a: 0}}").problems[0].contains("rollout.a stands there more than once"));
    assert!(only("{guardrails: [tests]}").problems[0].contains("guardrails is no map"));
    assert!(only("{guardrails: ~, rollout: {}}").problems.is_empty());
    assert_eq!(only("{owners: search}").owners, ["search"]);
    assert_eq!(only("{owners: [{team: x}]}").owners, ["(not a word)"]);
    let twice = read("features:\n  a: {default: false}\n  a: {default: true}\n").unwrap();
    assert!(twice.flags[0].problems[0].contains("more than once"));
    assert_eq!(twice.get("a").unwrap().state("prod"), FlagState::On);
    assert_eq!(read("features:\n").unwrap().flags, []);
    assert_eq!(only("{note: \"\\e[2J\", owners: [\"\\e[2J\"]}").owners, ["␛[2J"]);
}

#[test]
fn aliases_and_merge_keys_are_followed() {
    let flags = read("base: &b {default: true}\nfeatures:\n  a: {<<: *b}\n  c: {<<: *b, default: false}\n").unwrap();
    let states: Vec<_> = flags.flags.iter().map(|flag| flag.state("prod")).collect();
    assert_eq!(states, [FlagState::On, FlagState::Off]);
}

#[test]
fn a_requirement_may_be_another_flag() {
    let flags =
        read("features:\n  a: {guardrails: {requires: [b, gate]}}\n  b: {rollout: {stage: 5, prod: 0}}\n").unwrap();
    let unmet = |environment: &str| -> Vec<String> {
        flags.flags[0].unmet(&flags, environment).into_iter().map(|unmet| unmet.requires).collect()
    };
    assert_eq!(unmet("stage"), ["gate"]);
    assert_eq!(unmet("prod"), ["b", "gate"]);
    let met = flags.clone().with_met(&["gate".to_owned()]);
    assert!(met.flags[0].unmet(&met, "stage").is_empty());
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,80}", yaml in "[a:{}\\[\\]&*<|>!'\"#,?\\n -]{0,60}") {
        let _ = read(&text);
        let _ = read(&format!("features:\n  a: {yaml}\n"));
        let _ = read(&format!("features:\n  a: {{default: {yaml}, rollout: {yaml}, guardrails: {yaml}}}\n"));
    }
}
