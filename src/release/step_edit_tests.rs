//! Workflows as people write them: the step goes and nothing else does, or it is refused.

use proptest::prelude::*;

use super::*;
use crate::release::tape::Tape;

const VERIFY: &str = "\
on: { release: { types: [published] } }
jobs:
  smoke:
    runs-on: ubuntu-latest
    steps:
    - uses: actions/checkout@v4
    # The test itself.
    - uses: grafana/run-k6-action@v1   # pinned
      with:
        path: load/k6/smoke.js

    # Whatever happens.
    - name: Report
      run: |
        echo \"done\"
";

#[test]
fn only_the_lines_of_the_step_go() {
    let removal = remove(VERIFY, Step::Smoke).unwrap();
    let expected = VERIFY
        .replace("    - uses: grafana/run-k6-action@v1   # pinned\n      with:\n        path: load/k6/smoke.js\n", "");
    assert_eq!(removal.after, expected);
    assert_eq!(removal.what, "step grafana/run-k6-action@v1 of job smoke");
    let is_in = |text: &str| Step::Smoke.is_in(text);
    assert_eq!([is_in(VERIFY), is_in(&removal.after), is_in("a: [")], [Some(true), Some(false), None]);
}

#[test]
fn the_last_step_goes_as_well_and_what_follows_stays() {
    let text = "jobs:\r\n  cost:\r\n    steps:\r\n      - run: plan\r\n      - name: Enforce budget\r\n        run: |\r\n          exit 1\r\n  other:\r\n    steps: [{run: a}]";
    let removal = remove(text, Step::Gate).unwrap();
    assert_eq!(
        removal.after,
        "jobs:\r\n  cost:\r\n    steps:\r\n      - run: plan\r\n  other:\r\n    steps: [{run: a}]"
    );
}

#[test]
fn what_cannot_be_told_is_refused() {
    let said = |text: &str, step| remove(text, step).unwrap_err().to_string();
    assert!(said(VERIFY, Step::Gate).contains("no step of it enforces the budget"));
    assert!(said("jobs: {a: {steps: [{run: x}, {run: k6 run a.js}]}}", Step::Smoke).contains("does not reach"));
    assert!(said("jobs:\n  a:\n    steps:\n    - run: k6 run a.js\n", Step::Smoke).contains("only step"));
    assert!(
        said("jobs:\n  a:\n    steps:\n    - run: k6 run a\n    - run: k6 run b\n", Step::Smoke).contains("several")
    );
    let used = "jobs:\n  a:\n    steps:\n    - id: k\n      run: k6 run a\n    - run: echo ${{ steps.k.outputs.x }}\n";
    assert!(said(used, Step::Smoke).contains("other steps use"));
    let shared = "jobs:\n  a:\n    steps:\n    - run: k6 run a\n      env: &e {A: b}\n    - run: echo\n      env: *e\n";
    assert!(said(shared, Step::Smoke).contains("does not reach"));
    assert!(said("a: [", Step::Smoke).contains("is not YAML"));
}

#[test]
fn comments_of_other_steps_stay() {
    let text = "\
jobs:
  a:
    steps:
    # Installs it.
    - run: apt-get install k6
    # The test.
    - run: k6 run a.js
      # with: { vus: 5 }

    # Not now:
    # - name: Report
      #   run: echo
    - run: echo
";
    let gone = "    - run: k6 run a.js\n      # with: { vus: 5 }\n";
    assert_eq!(remove(text, Step::Smoke).unwrap().after, text.replace(gone, ""));
}

#[test]
fn only_what_tests_or_enforces_is_meant() {
    let is_in = |step: Step, fields: &str| step.is_in(&format!("jobs: {{a: {{steps: [{{{fields}}}]}}}}")) == Some(true);
    for script in [
        "k6 run a.js",
        "docker run --rm -i grafana/k6:0.57 run - < a.js",
        "npm ci && ./k6-v1/k6 --quiet run a.js | tee log",
        "k6 cloud a.js",
        "set -e\\nk6  run a.js",
    ] {
        assert!(is_in(Step::Smoke, &format!("run: \"{script}\"")), "{script}");
    }
    for script in
        ["apt install k6 && npm run x", "# k6 run a.js\\necho", "cat k6-run.log", "run k6.sh", "k6 version; run"]
    {
        assert!(!is_in(Step::Smoke, &format!("run: \"{script}\"")), "{script}");
    }
    assert!(is_in(Step::Smoke, "uses: grafana/k6-action@v0.3.1"));
    assert!(!is_in(Step::Smoke, "uses: grafana/setup-k6-action@v1"));
    for (name, is_gate) in [
        ("Enforce budget", true),
        ("Budget gate", true),
        ("Comment the budget", false),
        ("Upload budget report", false),
        ("Show the budget", false),
    ] {
        assert_eq!(is_in(Step::Gate, &format!("name: {name}, run: x")), is_gate, "{name}");
    }
}

#[test]
fn whoever_uses_what_it_puts_out_is_seen() {
    let with = |job: &str| {
        format!(
            "jobs:\n  a:\n    steps:\n    - id: k6-a\n      run: k6 run a\n    - run: echo\n{job}\n  b:\n    steps: [{{id: k6-a, run: x}}, {{run: \"${{{{ steps.k6-a.outcome }}}}\"}}]\n"
        )
    };
    for used in [
        "steps.k6-a.outputs.x",
        "STEPS.K6-A.outcome",
        "steps['k6-a'].outputs.x",
        "steps[ 'k6-a' ]",
        "toJSON(steps.k6-a)",
        "join(steps.*.outcome)",
    ] {
        let text = with(&format!("    outputs: {{ x: \"${{{{ {used} }}}}\" }}"));
        assert!(remove(&text, Step::Smoke).unwrap_err().to_string().contains("other steps use"), "{used}");
    }
    // Another id, a remark, and the step of that id in another job are nobody's use.
    for unused in
        ["    outputs: { x: \"${{ steps.k6-ab.outputs.x }}\" }", "    # steps.k6-a.outputs.x", "    timeout-minutes: 5"]
    {
        assert!(remove(&with(unused), Step::Smoke).is_ok(), "{unused}");
    }
}

const OTHERS: &[&str] = &[
    "- uses: actions/checkout@v4\n",
    "- name: Build # not a remark\n  run: |\n    make\n\n    # in the script\n    k6-report x\n",
    "-   name: \"Wide: apart\"\n    run: >-\n      echo\n      done\n",
    "- {uses: actions/upload-artifact@v4, with: {name: k6, path: \"*.json\"}}\n",
    "- run: 'it''s\n    two lines'\n",
    "- &again\n  run: echo again\n",
    "# - run: k6 run commented-out.js\n- run: \"true\"\n",
    "- run: echo\n  with:\n  - not\n  - a step\n",
];
const OURS: &[&str] = &[
    "- run: k6 run a.js\n",
    "- uses: grafana/k6-action@v0.3.1   # pinned\n  with:\n    filename: a.js\n  env: {\n    A: b\n  }\n",
    "- name: Test\n\n  # The whole journey.\n  run: |\n    set -e\n\n    k6 run a.js\n    # the end\n",
    "- { name: Test, run: k6 run a.js }\n",
    "-   id: k6\n    run: >\n        k6 run\n        a.js\n",
];
const BETWEEN: &[&str] = &["", "", "\n", "# A remark.\n", "#\ttab\n\n", "   \n"];
const BEFORE: &[&str] = &["", "---\n", "# CI\non: push\n", "on: [push]\nenv: &env {A: b}\n"];
const AFTER: &[&str] = &[
    "",
    "{pad}timeout-minutes: 5\n",
    "  other:\n    steps: [{run: echo}]\n",
    "  call:\n    uses: ./.github/workflows/k6.yml\n",
    "# the end\n",
    "    outputs: {x: y}\n",
];

/// A workflow, and what it has to be without its step.
fn write(choices: Vec<u8>) -> (String, String) {
    let tape = &mut Tape::new(choices);
    let pad = tape.pick(&["    ", "      ", "        "]);
    let (mut before, mut after) = (String::new(), String::new());
    let mut add = |text: &str, is_ours: bool| {
        before.push_str(text);
        after.push_str(if is_ours { "" } else { text });
    };
    add(tape.pick(BEFORE), false);
    add("jobs:\n  a:\n    runs-on: x\n    steps:\n", false);
    let (steps, ours) = (2 + tape.number(3), tape.number(4));
    for step in 0..steps {
        for line in [tape.pick(BETWEEN), tape.pick(BETWEEN)] {
            add(&line.replace('#', &format!("{}#", tape.pick(&[pad, "", "  "]))), false);
        }
        let is_ours = step == ours.min(steps - 1);
        let lines = if is_ours { tape.pick(OURS) } else { tape.pick(OTHERS) };
        let lines: Vec<String> = lines.split_inclusive('\n').map(|line| format!("{pad}{line}")).collect();
        // A blank line is blank, whatever is in front of it.
        add(&lines.concat().replace(&format!("{pad}\n"), "\n"), is_ours);
    }
    add(tape.pick(BETWEEN), false);
    let end = tape.pick(AFTER);
    add(&end.replace("{pad}", "    "), false);
    let (newline, is_cut) = (tape.pick(&["\n", "\r\n"]), tape.rarely(3));
    if is_cut && before.ends_with("js\n") && !after.ends_with("js\n") {
        before.pop();
    }
    (before.replace('\n', newline), after.replace('\n', newline))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_lines_of_the_step_go_and_no_others(choices in proptest::collection::vec(any::<u8>(), 0..40)) {
        let (before, after) = write(choices);
        match remove(&before, Step::Smoke) {
            Ok(removal) => prop_assert_eq!(removal.after, after),
            Err(refusal) => prop_assert!(false, "{}\n{}", refusal, before),
        }
    }

    #[test]
    fn no_text_panics(text in "(jobs|steps|a|- |run: k6 run|[\\[\\]{}:&*\\n ]|\\PC){0,40}") {
        let _ = (remove(&text, Step::Smoke), remove(&text, Step::Gate));
    }
}
