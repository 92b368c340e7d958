//! Plans as Terraform writes them, and as nobody should.

use proptest::prelude::*;

use super::*;

const DRIFTED: &[u8] = include_bytes!("../../fixtures/github/terraform-plan-drift.json");

fn verdict(plan: &str) -> DriftVerdict {
    read(plan.as_bytes(), &[]).map_or(DriftVerdict::Unknown, |drift| drift.verdict)
}

/// A plan with these fields.
fn plan(fields: &str) -> String {
    format!(r#"{{"format_version":"1.2","planned_values":{{}},{fields}}}"#)
}

fn change(address: &str, actions: &str) -> String {
    format!(r#"{{"address":"{address}","mode":"managed","change":{{"actions":{actions}}}}}"#)
}

#[test]
fn a_refresh_only_plan_with_drift() {
    let drift = read(DRIFTED, &[]).unwrap();
    assert_eq!((drift.verdict, drift.exit_code), (DriftVerdict::Drift, 2));
    assert_eq!(drift.drift[0].address, "aws_s3_bucket.logs");
    assert_eq!(drift.moved_only, ["aws_sns_topic.alerts"]);
    let quiet = read(DRIFTED, &["aws_s3_*.logs"]).unwrap();
    assert_eq!((quiet.verdict, quiet.noise.len()), (DriftVerdict::Clean, 1));
}

#[test]
fn a_plan_of_actions_alone_is_pending() {
    let actions = plan(r#""complete":true,"action_invocations":[{"address":"action.restart.web","type":"restart"}]"#);
    assert_eq!(verdict(&actions), DriftVerdict::Pending);
    let drift = read(actions.as_bytes(), &[]).unwrap();
    assert_eq!(drift.exit_code, 2, "there is something to apply");
    assert_eq!(verdict(&plan(r#""complete":true,"action_invocations":[]"#)), DriftVerdict::Clean);
    let deferred = r#""applyable":false,"deferred_action_invocations":[{"reason":"deferred_prereq"}]"#;
    assert_eq!(verdict(&plan(deferred)), DriftVerdict::Pending);
}

#[test]
fn what_the_wrapper_of_the_setup_action_printed_is_named() {
    let printed =
        format!("[command]/opt/terraform-bin show -json p\n{}\n::debug::exitcode: 0\n", plan(r#""errored":false"#));
    assert!(read(printed.as_bytes(), &[]).unwrap_err().contains("terraform_wrapper"));
}

#[test]
fn what_is_forgotten_is_said() {
    let forgotten = plan(&format!(r#""resource_changes":[{}],"applyable":true"#, change("a", r#"["forget"]"#)));
    let drift = read(forgotten.as_bytes(), &[]).unwrap();
    assert_eq!(drift.verdict, DriftVerdict::Pending);
    assert_eq!(drift.why, "0 to add, 0 to change, 0 to destroy, 1 to forget");
}

#[test]
fn drift_that_changes_an_output_says_so() {
    let text = plan(&format!(
        r#""resource_drift":[{}],"output_changes":{{"ip":{{"actions":["update"]}}}},"applyable":true"#,
        change("a", r#"["update"]"#)
    ));
    let drift = read(text.as_bytes(), &[]).unwrap();
    assert_eq!(drift.verdict, DriftVerdict::DriftAndPending);
    assert_eq!(drift.why, "1 changed outside of Terraform; 1 output would change");
}

#[test]
fn counts_are_those_of_the_command_line() {
    let items = [
        change("a", r#"["create"]"#),
        change("b", r#"["update"]"#),
        change("c", r#"["delete"]"#),
        change("d", r#"["delete","create"]"#),
        change("e", r#"["create","delete"]"#),
        change("f", r#"["no-op"]"#),
        change("g", r#"["forget"]"#),
        r#"{"address":"data.h","mode":"data","change":{"actions":["read"]}}"#.to_owned(),
        r#"{"address":"data.i","mode":"data","change":{"actions":["delete"]}}"#.to_owned(),
        r#"{"address":"ephemeral.j","mode":"ephemeral","change":{"actions":["create"]}}"#.to_owned(),
        change("k", r#"["create","forget"]"#),
        change("l", r#"["forget","create"]"#),
    ];
    let text = plan(&format!(r#""resource_changes":[{}],"applyable":true"#, items.join(",")));
    let drift = read(text.as_bytes(), &[]).unwrap();
    assert_eq!((drift.add, drift.change, drift.destroy, drift.replace), (5, 1, 3, 2));
    assert_eq!((drift.verdict, drift.exit_code, drift.changes.len()), (DriftVerdict::Pending, 2, 8));
}

#[test]
fn the_verdict_follows_what_is_there() {
    let update = change("a", r#"["update"]"#);
    let no_op = change("a", r#"["no-op"]"#);
    let moved = r#"{"address":"b","previous_address":"a","change":{"actions":["no-op"]}}"#;
    let of_mode = |mode: &str, actions: &str| {
        format!(r#""resource_changes":[{{"address":"a","mode":"{mode}","change":{{"actions":{actions}}}}}]"#)
    };
    let cases = [
        (format!(r#""resource_changes":[{no_op}],"applyable":false"#), DriftVerdict::Clean),
        (r#""resource_changes":[]"#.to_owned(), DriftVerdict::Clean),
        (format!(r#""resource_changes":[{no_op}],"resource_drift":[{update}],"applyable":false"#), DriftVerdict::Drift),
        (format!(r#""resource_changes":[{update}],"resource_drift":[{update}]"#), DriftVerdict::DriftAndPending),
        (format!(r#""resource_drift":[{moved}],"applyable":true"#), DriftVerdict::Pending),
        (format!(r#""resource_drift":[{moved}],"applyable":false"#), DriftVerdict::Clean),
        (r#""output_changes":{"ip":{"actions":["update"]}},"applyable":true"#.to_owned(), DriftVerdict::Pending),
        (r#""output_changes":{"ip":{"actions":["no-op"]}},"applyable":false"#.to_owned(), DriftVerdict::Clean),
        (format!(r#""resource_changes":[{update}],"errored":true"#), DriftVerdict::Failed),
        (r#""complete":false,"applyable":false"#.to_owned(), DriftVerdict::Pending),
        (r#""applyable":true"#.to_owned(), DriftVerdict::Pending),
        (format!(r#""resource_changes":[{}]"#, change("a", r#"["levitate"]"#)), DriftVerdict::Pending),
        (of_mode("data", r#"["read"]"#), DriftVerdict::Pending),
        (of_mode("data", r#"["levitate"]"#), DriftVerdict::Pending),
        (of_mode("data", r#"["no-op"]"#), DriftVerdict::Clean),
        (of_mode("ephemeral", r#"["open"]"#), DriftVerdict::Clean),
        (of_mode("list", r#"["update"]"#), DriftVerdict::Pending),
        (format!(r#""resource_drift":[{}]"#, change("a", "null")), DriftVerdict::Drift),
        (r#""resource_drift":{"a":1}"#.to_owned(), DriftVerdict::Unknown),
        (r#""errored":"no""#.to_owned(), DriftVerdict::Unknown),
    ];
    for (fields, expected) in cases {
        assert_eq!(verdict(&plan(&fields)), expected, "{fields}");
    }
}

#[test]
fn a_part_that_cannot_be_read_is_never_clean_and_costs_no_other_row() {
    let lists = ["resource_changes", "resource_drift", "action_invocations"].into_iter().chain(DEFERRED);
    for part in lists.clone() {
        let none = read(plan(&format!(r#""{part}":null"#)).as_bytes(), &[]).unwrap();
        assert_eq!(none.verdict, DriftVerdict::Clean, "{part}: a list without items");
    }
    let others = ["output_changes", "errored", "complete", "applyable"].map(|part| (part, "null"));
    let parts = lists.map(|part| (part, "{}")).chain(others);
    for (part, third) in parts {
        for value in [third, "7", "\"none\""] {
            let drift = read(plan(&format!(r#""{part}":{value}"#)).as_bytes(), &[]).unwrap();
            assert_eq!(drift.verdict, DriftVerdict::Unknown, "{part}: {value}");
            assert!(drift.why.ends_with(&format!("not readable: {part}")), "{}", drift.why);
        }
    }
    let update = change("a", r#"["update"]"#);
    let half = plan(&format!(r#""resource_changes":[{update}],"resource_drift":7"#));
    let drift = read(half.as_bytes(), &[]).unwrap();
    assert_eq!((drift.verdict, drift.changes.len()), (DriftVerdict::Pending, 1));
    assert_eq!(drift.why, "0 to add, 1 to change, 0 to destroy; not readable: resource_drift");
}

#[test]
fn an_import_and_a_move_in_an_unknown_form_still_are_something() {
    for item in [
        r#"{"address":"a","change":{"actions":["no-op"],"importing":"i-1"}}"#,
        r#"{"address":"a","previous_address":7,"change":{"actions":["no-op"]}}"#,
    ] {
        assert_eq!(verdict(&plan(&format!(r#""resource_changes":[{item}]"#))), DriftVerdict::Pending, "{item}");
    }
}

#[test]
fn the_exit_code_of_an_older_terraform_is_worked_out() {
    let code = |fields: &str| read(plan(fields).as_bytes(), &[]).unwrap().exit_code;
    let (update, no_op) = (change("a", r#"["update"]"#), change("a", r#"["no-op"]"#));
    assert_eq!(code(&format!(r#""resource_changes":[{update}]"#)), 2);
    assert_eq!(code(&format!(r#""resource_changes":[{no_op}],"resource_drift":[{update}]"#)), 0);
    assert_eq!(code(&format!(r#""resource_drift":[{update}]"#)), 2);
    let moved = r#"{"address":"b","previous_address":"a","change":{"actions":["no-op"]}}"#;
    assert_eq!(code(&format!(r#""resource_drift":[{moved}]"#)), 0, "a refresh-only plan does not apply a move");
    assert_eq!(code(&format!(r#""resource_changes":[{moved}]"#)), 2);
    assert_eq!(code(r#""errored":true"#), 1);
}

#[test]
fn something_else_is_no_plan() {
    let state = r#"{"format_version":"1.0","terraform_version":"1.9.0","values":{"root_module":{}}}"#;
    for text in
        ["", "{}", "[]", r#"{"format_version":"2.0","resource_changes":[]}"#, r#"{"format_version":1.2}"#, state]
    {
        assert_eq!(verdict(text), DriftVerdict::Unknown, "{text}");
    }
    assert!(read(br#"{"format_version":"2.0"}"#, &[]).unwrap_err().contains("format 2.0"));
}

#[test]
fn globs_take_brackets_literally() {
    assert!(matches_glob("module.*.aws_x.y[\"a\"]", "module.web.aws_x.y[\"a\"]"));
    assert!(matches_glob("*", "") && matches_glob("a?c*", "abcdef") && matches_glob("**x", "aax"));
    assert!(!matches_glob("aws_[xy].z", "aws_x.z") && !matches_glob("a", "ab") && !matches_glob("", "a"));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..2000) {
        let _ = read(&bytes, &["*"]);
        let _ = read(&DRIFTED[..cut.min(DRIFTED.len())], &["*"]);
    }

    #[test]
    fn a_wrong_field_never_panics_nor_turns_drift_clean(value in crate::release::json::foreign(), at in 0usize..8) {
        let field = ["resource_changes", "output_changes", "errored", "complete", "applyable", "relevant_attributes",
            "deferred_changes", "timestamp"][at];
        let text = plan(&format!(r#""resource_drift":[{}],"{field}":{value}"#, change("a", r#"["update"]"#)));
        prop_assert_ne!(verdict(&text), DriftVerdict::Clean);
    }

    #[test]
    fn a_glob_is_never_slow_or_wrong_about_itself(address in "[a-z.\\[\\]\"]{0,30}", tail in "[a-z*?]{0,30}") {
        prop_assert!(matches_glob(&address, &address));
        let starred = format!("{}*", address);
        let both = format!("{address}{tail}");
        prop_assert!(matches_glob(&starred, &both));
        let _ = matches_glob(&tail, &address);
    }
}
