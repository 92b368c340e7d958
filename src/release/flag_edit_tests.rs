//! Files as people write them, and as nobody should: the edit is exact or it is refused.

use proptest::prelude::*;

use super::*;

const FLAGS: &str = include_str!("../../fixtures/github/flags.yaml");

/// The edit of a file whose expected result is the same file with `«old|new»` resolved to old and new.
fn check(name: &str, marked: &str) {
    let (before, after) = (resolve(marked, 0), resolve(marked, 1));
    let edit = kill(&before, name).unwrap_or_else(|refusal| panic!("{marked:?}: {refusal}"));
    assert_eq!(edit.after, after, "{marked:?}");
    assert_eq!(edit.changes.len(), marked.matches('«').count(), "{marked:?}");
    let back = restore(&edit.after, name, &edit.changes).unwrap_or_else(|refusal| panic!("{marked:?}: {refusal}"));
    assert_eq!(back.after, before, "{marked:?}");
    assert!(kill(&edit.after, name).unwrap().changes.is_empty(), "{marked:?}");
}

fn resolve(marked: &str, side: usize) -> String {
    let mut text = String::new();
    for (index, part) in marked.split(['«', '»']).enumerate() {
        text.push_str(if index % 2 == 0 { part } else { part.split('|').nth(side).unwrap() });
    }
    text
}

#[test]
fn the_fixture_loses_only_its_values() {
    let edit = kill(FLAGS, "new_checkout").unwrap();
    let expected = FLAGS.replace("default: true", "default: false").replace("100, prod: 12.5", "0, prod: 0");
    assert_eq!(edit.after, expected);
    let paths: Vec<_> = edit.changes.iter().map(|change| (change.path.as_str(), change.from.as_str())).collect();
    assert_eq!(
        paths,
        [
            ("features.new_checkout.default", "true"),
            ("features.new_checkout.rollout.stage", "100"),
            ("features.new_checkout.rollout.prod", "12.5"),
        ]
    );
    assert_eq!(restore(&edit.after, "new_checkout", &edit.changes).unwrap().after, FLAGS);
}

#[test]
fn hostile_files_are_edited_exactly() {
    let files = [
        "features:\n  a:\n    default: «true|false»\n",
        "features:\n  a:\n    default: «true|false»",
        "\u{feff}features:\r\n  a:\r\n    default: «true|false» # why\r\n    rollout:\r\n      prod: «5|0»\r\n",
        "features: {a: {default: «true|false», rollout: {prod: «5|0», stage: «7|0»}}, b: {default: true}}\n",
        "{\"features\":{\"a\":{\"default\":«true|false»,\"rollout\":{\"prod\":«5|0»}}}}",
        "features:\n        'a':\n           \"default\"   :    «true|false»   # odd\n           rollout:\n            prod:   «50|0»\n",
        "features:\n  a: &a\n    default: «true|false»\n    owners: &o [x]\n  b: {owners: *o, default: true}\n",
        "features:\n  a:\n    default: &unused «true|false»\n",
        "on: &on true\nfeatures:\n  a:\n    default: «*on|false»\n  b:\n    default: *on\n",
        "base: &base {default: true, rollout: {prod: 3}}\nfeatures:\n  a:\n    <<: *base\n    default: «true|false»\n    rollout: {prod: «4|0»}\n",
        "features:\n  a:\n    default: «off|false»\n    rollout:\n      prod: 0x0\n      stage: «0x1F|0»\n",
        "features:\n  a:\n    default: «\"true\"|false»\n    rollout: {prod: «'10'|0», stage: «10%|0», dev: «true|0»}\n",
        "features:\n  a:\n    default: !!bool «true|false»\n    rollout: {prod: !!int «5|0»}\n",
        "features:\n  a:\n    default:«| false»\n    rollout:\n      prod:«| 0»   # to be decided\n      stage: «~|0»\n",
        "features:\n  a:\n    default: false\n    rollout:\n      prod: 0.0\n      stage: -0\n",
        "features:\n  a:\n    owners: [x]\n    rollout: {prod: «1e1|0»}\n",
        "a: |\n  features:\n    a: {default: true}\nfeatures:\n  a: {default: «true|false»}\n",
        "%YAML 1.2\n---\nfeatures:\n  a: {default: «true|false»}\n...\n",
        "---\nother: 1\n---\nfeatures:\n  a: {default: «true|false»}\n",
        "features:\n  größe: {default: true}\n  a: {default: «true|false», note: \"ü → é\"}\n",
        "features:\n  ? a\n  : default: «true|false»\n    rollout:\n      ? prod\n      : «5|0»\n",
        "features:\n  b: &b {default: true}\n  c: {<<: *b}\n  a: {default: «true|false»}\n",
        "features:\n  a: {default: «true|false», rollout: }\n",
    ];
    for file in files {
        check("a", file);
    }
}

#[test]
fn what_would_change_another_flag_is_refused_with_the_reason() {
    let cases = [
        ("features:\n  a: &a {default: true}\n  b: *a\n", "would also change features.b.default"),
        ("features:\n  a: &a {default: true}\n  b: {<<: *a}\n", "would also change features.b.default"),
        ("features:\n  a:\n    default: &on true\n  b:\n    default: *on\n", "would also change features.b.default"),
        ("features:\n  b: &b {default: true}\n  a: *b\n", "comes from an alias"),
        ("features:\n  b: {rollout: &r {prod: 5}}\n  a: {default: true, rollout: *r}\n", "comes from an alias"),
        ("base: &base {default: true}\nfeatures:\n  a: {<<: *base}\n", "comes from a merge key"),
        ("r: &r {prod: 5}\nfeatures:\n  a: {rollout: {<<: *r, stage: 1}}\n", "comes from a merge key"),
        ("features: &f\n  a: {default: true}\ncopy: *f\n", "would also change copy.a.default"),
        ("features:\n  a: {default: true}\n  a: {default: true}\n", "more than once"),
        ("features:\n  a: {default: true, default: true}\n", "more than once"),
        ("features:\n  a: {default: true}\nfeatures:\n  b: {default: true}\n", "more than once"),
        ("f: &f {a: {default: true}}\nfeatures: *f\n", "would also change f.a.default"),
        ("x: &x {features: {a: {default: true}}}\n<<: *x\n", "would also change x.features.a.default"),
        ("features:\n  a: {rollout: {prod: 1, prod: 2}}\n", "more than once"),
        ("features:\n  a: {default: true}\n---\nfeatures:\n  a: {default: true}\n", "more than once"),
        ("features:\n  a:\n    default: |\n      true\n", "a block of text"),
        ("features:\n  a:\n    default: !!str true\n", "tagged"),
        ("features:\n  a: {default: !!int 1}\n", "tagged"),
        ("features:\n  a: {rollout: {prod: !!bool 5}}\n", "tagged"),
        ("features:\n  a:\n    default: [true]\n", "a list"),
        ("features:\n  a:\n    rollout: {prod: {percent: 5}}\n", "a map"),
        ("features:\n  a:\n    rollout: 50\n", "no map"),
        ("features:\n  a: true\n", "no map"),
        ("features:\n  a:\n", "features.a is empty"),
        ("features:\n  a:\n    default: \"tr\\\n      ue\"\n", "several lines"),
        ("features:\n  a: {default}\n", "empty"),
        ("features:\n  a:\n    default: &on\n    owners: [x]\n", "written together with something else"),
        ("features:\n  a: {rollout: {prod: !!int }}\n", "written together with something else"),
        ("features:\n  a: &a\n    default: true\n    self: *a\n", "cannot be told"),
        ("features:\n  b: {default: true}\n", "no flag a"),
        ("features:\n  a: {default: *nobody}\n", "is not YAML"),
        ("features: [\n", "is not YAML"),
        ("", "no flag a"),
    ];
    for (file, reason) in cases {
        let refusal = kill(file, "a").map(|edit| edit.after).expect_err(file).to_string();
        assert!(refusal.contains(reason), "{file:?}: {refusal}");
    }
}

#[test]
fn bombs_and_rings_are_refused_in_no_time() {
    let mut bomb = "l0: &l0 [x, x]\n".to_owned();
    for level in 1..40 {
        bomb.push_str(&format!("l{level}: &l{level} [*l{0}, *l{0}, *l{0}]\n", level - 1));
    }
    assert!(kill(&format!("{bomb}features:\n  a: {{default: true}}\n"), "a").is_err());
    let mut merges = "m0: &m0 {x: 1}\n".to_owned();
    for level in 1..60 {
        merges.push_str(&format!("m{level}: &m{level} {{<<: [*m{0}, *m{0}, *m{0}]}}\n", level - 1));
    }
    let _ = kill(&format!("{merges}features:\n  a: {{<<: *m59, default: true}}\n"), "a");
    let often = format!("m: &m {{x: 1}}\nn: &n {{<<: [{}]}}\n", "*m, ".repeat(2000));
    let often = format!("{often}o: [{}]\nfeatures:\n  a: {{default: true}}\n", "*n, ".repeat(100_000));
    assert!(kill(&often, "a").unwrap_err().to_string().contains("too much of it"));
    let _ = kill("features: &f\n  a: {default: true, again: *f}\n", "a");
    let _ = kill("features:\n  a: &a {<<: *a, default: true}\n", "a");
    assert!(kill(&"[".repeat(100_000), "a").is_err());
    assert!(kill(&" ".repeat(5 << 20), "a").unwrap_err().to_string().contains("larger than 4 MiB"));
    let wordy = format!("features:\n  a: {{default: true}}\n{}", "# why\n".repeat(200_000));
    assert_eq!(kill(&wordy, "a").unwrap().after, wordy.replacen("true", "false", 1));
}

#[test]
fn a_restore_of_what_moved_on_is_refused() {
    let edit = kill("features:\n  a: {default: true, rollout: {prod: 5}}\n", "a").unwrap();
    // What others have committed since is none of its business.
    let others = format!("# theirs\n{}  b: {{default: true}}\n", edit.after);
    let back = "# theirs\nfeatures:\n  a: {default: true, rollout: {prod: 5}}\n  b: {default: true}\n";
    assert_eq!(restore(&others, "a", &edit.changes).unwrap().after, back);
    let again = restore(back, "a", &edit.changes).unwrap_err().to_string();
    assert_eq!(again, "a stands as it was before that kill: it is not merged, or was put back since");
    let moved = edit.after.replace("prod: 0", "prod: 1");
    let refusal = restore(&moved, "a", &edit.changes).unwrap_err().to_string();
    assert!(refusal.contains("is 1, not 0"), "{refusal}");
    let forged =
        [Change { path: "features.a.default".into(), from: "true}, b: {default: true".into(), to: "false".into() }];
    assert!(restore(&edit.after, "a", &forged).is_err());
    let elsewhere = [Change { path: "features.b.default".into(), from: "true".into(), to: "false".into() }];
    assert!(restore(&edit.after, "a", &elsewhere).is_err());
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,60}", yaml in "[a:{}\\[\\]&*<|>!'\"#,?\\n -]{0,60}") {
        let _ = kill(&text, "a");
        let _ = kill(&yaml, "a");
        let file = format!("features:\n  a: {{default: true}}\n  b: {yaml}\n");
        if let Ok(edit) = kill(&file, "a") {
            prop_assert_eq!(edit.after, file.replacen("true", "false", 1));
        }
    }

    #[test]
    fn a_cut_file_is_edited_exactly_or_refused(cut in 0usize..600) {
        let Some(text) = FLAGS.get(..cut.min(FLAGS.len())) else { return Ok(()) };
        if let Ok(edit) = kill(text, "new_checkout") {
            prop_assert_eq!(restore(&edit.after, "new_checkout", &edit.changes).unwrap().after, text);
        }
    }
}
