//! What is done to workflows and to the limit: requests, what they rest on, and what refuses them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::shop::*;
use crate::actions::plan::{Danger, Effect};
use crate::release::repository::{Duty, Finding, Topic, WorkflowView};
use crate::release::step_edit::Step;

const WORKFLOWS: &str = "/repos/acme/shop/actions/workflows";

#[test]
fn a_workflow_is_switched_off_and_on_while_it_is_the_other() {
    let mut model = shop();
    let drift = workflow(Duty::Drift);
    let off = plan(&model, "disable-workflow", &drift).unwrap();
    let [request] = off.requests.as_slice() else { panic!("{:?}", off.requests) };
    assert_eq!(
        (request.method, &*request.path, &request.body),
        ("PUT", &*format!("{WORKFLOWS}/infra-drift.yml/disable"), &Value::Null)
    );
    let held = &request.held[0];
    assert_eq!(
        (&*held.path, held.pointer, &held.value),
        (&*format!("{WORKFLOWS}/infra-drift.yml"), "/state", &json!("active"))
    );
    assert_eq!(off.effect, Effect::WorkflowIs("disabled_manually".to_owned()));
    assert_eq!(off.inverse, json!({ "action": "enable-workflow" }));
    assert!(off.notes.iter().any(|note| note.contains("drift is not looked for")), "{:?}", off.notes);
    assert_eq!(refused(&model, "enable-workflow", &drift), "infra-drift.yml is active already");

    learn(&mut model, view(Duty::Drift, "disabled_inactivity"));
    let on = plan(&model, "enable-workflow", &drift).unwrap();
    assert_eq!(on.requests[0].path, format!("{WORKFLOWS}/infra-drift.yml/enable"));
    assert_eq!(on.requests[0].held[0].value, json!("disabled_inactivity"));
    assert_eq!(on.inverse, json!({ "action": "disable-workflow" }));
    assert_eq!(refused(&model, "disable-workflow", &drift), "infra-drift.yml is disabled_inactivity already");
    learn(&mut model, view(Duty::Drift, "odd"));
    assert_eq!(refused(&model, "enable-workflow", &drift), "the state of infra-drift.yml is odd");
    let gone = WorkflowView {
        file: "infra-drift.yml".to_owned(),
        workflow: None,
        runs: Vec::new(),
        jobs: None,
        source: None,
        unread: None,
    };
    learn(&mut model, Finding::Workflow(Duty::Drift, Box::new(gone)));
    assert_eq!(refused(&model, "disable-workflow", &drift), "acme/shop has no workflow infra-drift.yml");
    learn(&mut model, blind(Topic::Drift, "no answer"));
    assert!(refused(&model, "disable-workflow", &drift).starts_with("GitHub cannot be asked about drift"));
}

#[test]
fn a_run_is_begun_on_the_default_branch_of_an_active_workflow() {
    let mut model = shop();
    let drift = workflow(Duty::Drift);
    let run = plan(&model, "run-now", &drift).unwrap();
    let request = &run.requests[0];
    assert_eq!(
        (request.method, &*request.path, &request.body),
        ("POST", &*format!("{WORKFLOWS}/infra-drift.yml/dispatches"), &json!({ "ref": "trunk" }))
    );
    assert_eq!((request.held[0].pointer, &request.held[0].value), ("/state", &json!("active")));
    assert_eq!(run.effect, Effect::RunBegan { duty: Duty::Drift, after: 70 });
    assert_eq!((&*run.changes[0].from, &*run.changes[0].to), ("#7", "a new one on trunk"));
    learn(&mut model, view(Duty::Drift, "disabled_manually"));
    assert_eq!(refused(&model, "run-now", &drift), "infra-drift.yml is disabled_manually: enable it first");

    let mut blank = crate::release::model::Model::default();
    learn(&mut blank, view(Duty::Drift, "active"));
    learn(&mut blank, Finding::Seen(Topic::Drift));
    assert!(refused(&blank, "run-now", &drift).contains("the default branch of acme/shop is not known yet"));
}

#[test]
fn a_step_is_taken_out_by_a_commit_that_leaves_every_other_byte() {
    let mut model = shop();
    let smoke = workflow(Duty::Smoke);
    let plan = plan(&model, "remove-step", &smoke).unwrap();
    let [put] = plan.requests.as_slice() else { panic!("{:?}", plan.requests) };
    let path = "/repos/acme/shop/contents/.github/workflows/verify-release.yml";
    assert_eq!((put.method, &*put.path), ("PUT", path));
    let after = VERIFY.replace("    - run: k6 run a.js # the test\n", "");
    let wanted = json!({ "message": "Take the k6 step out of verify-release.yml", "branch": "main", "sha": BLOB,
        "content": STANDARD.encode(after) });
    assert_eq!(put.body, wanted);
    assert_eq!((&*put.held[0].path, &put.held[0].value), (&*format!("{path}?ref=main"), &json!(BLOB)));
    assert_eq!(plan.effect, Effect::StepGone { duty: Duty::Smoke, step: Step::Smoke });
    assert!(plan.notes.iter().any(|note| note.contains("right to write workflows")), "{:?}", plan.notes);

    assert!(refused(&model, "remove-step", &workflow(Duty::Drift)).contains("has no step"));
    assert_eq!(refused(&model, "remove-step", &workflow(Duty::Plan)), "the file of infra-plan.yml could not be read");
    learn(&mut model, smoke_file("jobs: {}"));
    assert!(refused(&model, "remove-step", &smoke).contains("no step of it runs k6"));
}

#[test]
fn a_limit_that_is_set_is_changed_and_no_other() {
    let mut model = shop();
    let plan = plan_as(&model, "set-limit", &limit(), |wish| wish.amount = Some("30.5".parse().unwrap())).unwrap();
    let request = &plan.requests[0];
    let path = "/repos/acme/shop/actions/variables/INFRACOST_LIMIT";
    assert_eq!((request.method, &*request.path), ("PATCH", path));
    assert_eq!(request.body, json!({ "name": "INFRACOST_LIMIT", "value": "30.5" }));
    assert_eq!((&*request.held[0].path, &request.held[0].value), (path, &json!("25")));
    assert_eq!((&plan.danger, &plan.inverse["amount"]), (&Danger::Plain, &json!("25")));
    let amount = |model: &crate::release::model::Model, amount: &str| {
        let amount = Some(amount.parse().unwrap());
        plan_as(model, "set-limit", &limit(), |wish| wish.amount = amount).map(|_| ()).unwrap_err().reason
    };
    assert_eq!(amount(&model, "25.0"), "the limit is 25.0 already");
    assert_eq!(refused(&model, "set-limit", &limit()), "type the new limit");
    learn(&mut model, Finding::Limit(Some(Err("\"much\" is no amount".to_owned()))));
    assert_eq!(amount(&model, "30"), "\"much\" is no amount");
    learn(&mut model, Finding::Limit(None));
    assert!(amount(&model, "30").contains("INFRACOST_LIMIT is not set, or not to be seen"));
}
