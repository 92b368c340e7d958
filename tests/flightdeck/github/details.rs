//! What is looked up beside the main thing: never there at its cost.

use flightdeck::release::gate::GateVerdict;
use flightdeck::release::repository::{Duty, Finding, Topic};

use super::{Watched, settings, world};

/// A repository with that in it.
fn story(rest: &str) -> String {
    format!("name: details\ngithub:\n  repository: acme/shop\n{rest}")
}

const DRIFTED: &str = r#"
  files:
    infra/prod/main.tf: |
      resource "aws_x" "twice" {}
      resource "aws_x" "once" {}
    infra/stage/main.tf: 'resource "aws_x" "twice" {}'
    infra/notes.txt: 'resource "aws_x" "nowhere" {}'
  commits:
  - { path: infra/prod/main.tf, message: Once, author: ada, at: "@-2d" }
  workflows:
  - file: infra-drift.yml
    name: infra-drift
    runs:
    - event: schedule
      conclusion: success
      created: "@-5h"
      artifacts:
      - name: drift-plan
        file: plan.json
        content:
          format_version: "1.2"
          applyable: true
          resource_drift:
          - { address: "aws_x.once[0]", mode: managed, change: { actions: [update] } }
          - { address: aws_x.twice, mode: managed, change: { actions: [update] } }
          - { address: aws_x.nowhere, mode: managed, change: { actions: [update] } }
          - { address: module.m.aws_x.once, mode: managed, change: { actions: [update] } }
"#;

#[tokio::test]
async fn nobody_is_blamed_for_what_two_files_declare() {
    let world = world(&[&story(DRIFTED)]).await;
    let mut watched = Watched::start(settings(&world.github_url(), None));
    watched.until_found(|finding| *finding == Finding::Seen(Topic::Drift)).await;
    let blame = &watched.repository().blame;
    assert_eq!(blame.keys().collect::<Vec<_>>(), ["aws_x.once[0]"]);
    assert_eq!(blame["aws_x.once[0]"].commit.message, "Once");
    let blobs = |world: &flightdeck::sim::World| world.asked().iter().filter(|it| it.path.contains("/blobs/")).count();
    let so_far = blobs(&world);
    watched.handle.acted(Topic::Drift);
    watched.until_found(|finding| *finding == Finding::Seen(Topic::Drift)).await;
    assert_eq!(blobs(&world), so_far, "a blob never changes");
}

/// Newest first: green without a plan, green with a plan that failed, green on another branch, and red for what it found.
const PLANNED: &str = r#"
  workflows:
  - file: infra-drift.yml
    name: infra-drift
    runs:
    - { event: schedule, conclusion: success, created: "@-1h" }
    - event: schedule
      conclusion: success
      created: "@-25h"
      artifacts:
      - { name: drift-plan, file: plan.json, content: { format_version: "1.2", errored: true } }
    - event: workflow_dispatch
      conclusion: success
      branch: try-it
      created: "@-30h"
      artifacts:
      - { name: drift-plan, file: plan.json, content: { format_version: "1.2", resource_changes: [] } }
    - event: workflow_dispatch
      conclusion: failure
      created: "@-40h"
      artifacts:
      - name: drift-plan
        file: plan.json
        content: { format_version: "1.2", resource_drift: [ { address: aws_x.once, change: { actions: [update] } } ] }
"#;

#[tokio::test]
async fn the_last_good_plan_is_one_that_came_to_its_end_not_a_green_run() {
    let world = world(&[&story(PLANNED)]).await;
    let mut watched = Watched::start(settings(&world.github_url(), None));
    watched.until_found(|finding| *finding == Finding::Seen(Topic::Drift)).await;
    let repository = watched.repository();
    let runs = &repository.workflow(Duty::Drift).expect("a workflow").runs;
    let red = runs.iter().find(|run| !run.is_green()).expect("a red run");
    assert!(red.created.is_some());
    assert_eq!(repository.good_plan, red.created);
    let artifacts =
        |world: &flightdeck::sim::World| world.asked().iter().filter(|it| it.path.contains("artifacts")).count();
    let so_far = artifacts(&world);
    watched.handle.acted(Topic::Drift);
    watched.until_found(|finding| *finding == Finding::Seen(Topic::Drift)).await;
    assert_eq!(artifacts(&world), so_far, "a completed run's artifacts never change");
}

const SMOKED: &str = r#"
  workflows:
  - file: verify-release.yml
    name: verify-release
    runs:
    - event: release
      conclusion: failure
      created: "@-1h"
      jobs:
      - id: 601
        name: smoke
        status: completed
        conclusion: failure
        steps: []
        annotations:
        - { annotation_level: failure, message: Process completed with exit code 1. }
        - { annotation_level: failure, message: Process completed with exit code 99. }
      artifacts:
      - name: k6-summary
        file: k6-summary.json
        content:
          version: "1.0"
          config: {}
          metadata: {}
          results: { checks: { results: [ { name: status is 200, passes: 297, fails: 3 } ] } }
"#;

#[tokio::test]
async fn a_summary_without_thresholds_is_judged_by_the_exit_code() {
    let world = world(&[&story(SMOKED)]).await;
    let mut watched = Watched::start(settings(&world.github_url(), None));
    watched.until_found(|finding| *finding == Finding::Seen(Topic::Smoke)).await;
    let shop = watched.repository();
    assert_eq!(shop.smoke_exit, Some(99));
    let (verdict, why) = shop.judge_smoke().unwrap();
    assert_eq!((verdict, why.contains("thresholds were breached")), (GateVerdict::Fail, true), "{why}");
    assert!(shop.workflow(Duty::Smoke).unwrap().source.is_none(), "there is no such file, and the run is seen");
}

#[tokio::test]
async fn a_ruleset_protects_a_branch_that_is_not_protected() {
    let rest = "  rules: [pull_request]\n  files: { feature-flags/flags.yaml: 'features: {}' }\n";
    let world = world(&[&story(rest)]).await;
    let mut watched = Watched::start(settings(&world.github_url(), None));
    watched.until_found(|finding| *finding == Finding::Seen(Topic::Flags)).await;
    assert_eq!(watched.repository().flags.as_ref().unwrap().file.is_protected, Some(true));
}
