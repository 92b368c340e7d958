//! Each action against hand-made Rollouts: its requests to the letter, and why not.

use serde_json::{Value, json};

use crate::actions::fixture::*;
use crate::actions::guard::Access;
use crate::actions::plan::{Danger, Effect, Plan};
use crate::actions::{Templates, action};
use crate::release::access::Right;
use crate::release::analysis::AnalysisPhase;
use crate::release::model::Model;
use crate::release::rollout::{BlueGreen, RunRef, Strategy, WorkloadRef};

const MAIN: &str = "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web";
const STATUS: &str = "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web/status";

fn test(path: &str, value: impl Into<Value>) -> Value {
    json!({ "op": "test", "path": path, "value": value.into() })
}

fn add(path: &str, value: impl Into<Value>) -> Value {
    json!({ "op": "add", "path": path, "value": value.into() })
}

fn remove(path: &str) -> Value {
    json!({ "op": "remove", "path": path })
}

fn uid() -> Value {
    test("/metadata/uid", "uid-web")
}

fn revision() -> Value {
    test("/status/currentPodHash", "new")
}

fn pause_start() -> Value {
    test("/status/pauseConditions/0/startTime", "2026-08-20T02:00:00Z")
}

/// Asserts the paths and bodies of all requests, and what is the same for all.
fn assert_sends(plan: &Plan, wanted: &[(&str, Value)]) {
    let sent: Vec<(&str, Value)> = plan.requests.iter().map(|it| (it.path.as_str(), it.body.clone())).collect();
    assert_eq!(sent, wanted);
    for request in &plan.requests {
        assert_eq!((request.method, request.content_type), ("PATCH", "application/json-patch+json"));
        assert_eq!(request.path.ends_with("/status"), request.right.as_ref().unwrap().subresource == "status");
    }
}

#[test]
fn abort_tests_the_revision_but_not_the_step() {
    let plan = plan("abort", paused()).unwrap();
    assert_sends(&plan, &[(STATUS, json!([uid(), revision(), add("/status/abort", true)]))]);
    assert_eq!(plan.effect, Effect::Aborted { pod_hash: "new".into() });
    assert_eq!(plan.requests[0].right.as_ref().unwrap().sentence(), "patch rollouts/status in namespace shop");
    assert!(plan.notes[0].contains("undo"), "{:?}", plan.notes);
}

#[test]
fn abort_is_refused_where_there_is_nothing_to_abort() {
    assert_eq!(refusal("abort", aborted()), "already aborted");
    assert_eq!(refusal("abort", healthy()), "already at the stable revision");
    let mut unseen = paused();
    unseen.status.current_pod_hash = None;
    assert_eq!(refusal("abort", unseen), "no revision yet: the controller has not seen this Rollout");
}

#[test]
fn retry_tests_that_it_is_aborted() {
    let plan = plan("retry", aborted()).unwrap();
    let body = json!([
        uid(),
        revision(),
        test("/status/currentStepIndex", 0),
        test("/status/abort", true),
        add("/status/abort", false)
    ]);
    assert_sends(&plan, &[(STATUS, body)]);
    assert_eq!(refusal("retry", paused()), "not aborted");
}

#[test]
fn promote_ends_the_pause_that_was_seen() {
    let plan = plan("promote", paused()).unwrap();
    let body = json!([
        uid(),
        revision(),
        test("/status/currentStepIndex", 1),
        pause_start(),
        remove("/status/pauseConditions")
    ]);
    assert_sends(&plan, &[(STATUS, body)]);
    assert_eq!(refusal("promote", progressing()), "not paused");
    assert!(refusal("promote", aborted()).starts_with("aborted: promote would change nothing"));
}

#[test]
fn promote_of_a_pause_by_hand_changes_the_spec_last() {
    let unpause = json!([uid(), revision(), test("/spec/paused", true), add("/spec/paused", false)]);
    let mut by_hand = progressing();
    by_hand.spec_paused = true;
    assert_sends(&plan("promote", by_hand.clone()).unwrap(), &[(MAIN, unpause.clone())]);
    assert_sends(&plan("resume", by_hand).unwrap(), &[(MAIN, unpause.clone())]);

    let mut both = paused();
    both.spec_paused = true;
    let plan = plan("promote", both).unwrap();
    assert_eq!(plan.requests.len(), 2);
    assert_eq!((plan.requests[0].path.as_str(), plan.requests[1].path.as_str()), (STATUS, MAIN));
    assert_eq!(plan.requests[1].body, unpause);
}

#[test]
fn promote_of_an_inconclusive_step_goes_to_the_next() {
    let mut rollout = paused();
    rollout.status.step_run = Some(RunRef { name: "web-new-3-1".into(), status: "Inconclusive".into() });
    let plan = plan("promote", rollout).unwrap();
    let body = plan.requests[0].body.as_array().unwrap();
    let wanted =
        [remove("/status/pauseConditions"), add("/status/controllerPause", false), add("/status/currentStepIndex", 2)];
    assert!(body.ends_with(&wanted), "{body:?}");
}

#[test]
fn promote_full_rests_on_the_phase_too_and_asks_for_the_name() {
    let plan = plan("promote-full", progressing()).unwrap();
    let body = json!([
        uid(),
        revision(),
        test("/status/currentStepIndex", 2),
        test("/status/phase", "Progressing"),
        add("/status/promoteFull", true)
    ]);
    assert_sends(&plan, &[(STATUS, body)]);
    assert_eq!(plan.danger, Danger::TypeName);
    assert_eq!(refusal("promote-full", healthy()), "already at the stable revision");
}

#[test]
fn promote_full_also_resumes_and_completes_what_was_aborted() {
    let mut rollout = aborted();
    rollout.spec_paused = true;
    let plan = plan("promote-full", rollout).unwrap();
    assert_eq!(plan.requests.len(), 2);
    assert!(plan.requests[0].body.as_array().unwrap().contains(&test("/status/abort", true)));
    assert!(plan.notes.iter().any(|note| note.contains("aborted")));
}

#[test]
fn skip_step_moves_by_one_and_tests_where_it_was() {
    let plan_of = |rollout| plan("skip-step", rollout);
    let body = json!([
        uid(),
        revision(),
        test("/status/currentStepIndex", 2),
        test("/status/phase", "Progressing"),
        add("/status/currentStepIndex", 3)
    ]);
    assert_sends(&plan_of(progressing()).unwrap(), &[(STATUS, body)]);
    let paused_plan = plan_of(paused()).unwrap();
    let wanted =
        [remove("/status/pauseConditions"), add("/status/controllerPause", false), add("/status/currentStepIndex", 2)];
    assert!(paused_plan.requests[0].body.as_array().unwrap().ends_with(&wanted));

    assert_eq!(refusal("skip-step", healthy()), "already at the stable revision");
    assert!(refusal("skip-step", aborted()).starts_with("aborted"));
    let mut blue_green = paused();
    blue_green.strategy = Strategy::BlueGreen(BlueGreen::default());
    assert_eq!(refusal("skip-step", blue_green), "only a canary has steps");
}

#[test]
fn an_absent_step_index_is_the_first_step_and_is_not_tested() {
    let mut rollout = progressing();
    rollout.status.current_step_index = None;
    let plan = plan("skip-step", rollout).unwrap();
    let body = plan.requests[0].body.as_array().unwrap();
    assert!(!body.iter().any(|operation| operation["op"] == "test" && operation["path"] == "/status/currentStepIndex"));
    assert_eq!(body.last(), Some(&add("/status/currentStepIndex", 1)));
}

#[test]
fn pause_and_resume_are_about_the_spec() {
    let plan = plan("pause", progressing()).unwrap();
    assert_sends(&plan, &[(MAIN, json!([uid(), revision(), add("/spec/paused", true)]))]);
    assert_eq!(plan.requests[0].right.as_ref().unwrap().sentence(), "patch rollouts in namespace shop");
    let mut by_hand = progressing();
    by_hand.spec_paused = true;
    assert_eq!(refusal("pause", by_hand), "already paused by hand");
    assert_eq!(refusal("resume", progressing()), "not paused");
    assert_eq!(refusal("resume", paused()), "not paused by hand but by CanaryPauseStep: promote ends that");
}

#[test]
fn restart_is_later_than_the_one_before_and_tests_it() {
    let plan_of = |rollout| plan("restart", rollout);
    let body = json!([uid(), revision(), add("/spec/restartAt", "2026-08-20T03:00:00Z")]);
    assert_sends(&plan_of(healthy()).unwrap(), &[(MAIN, body)]);
    let mut again = healthy();
    again.restart_at = Some("2026-08-20T03:00:00Z".parse().unwrap());
    let body = json!([
        uid(),
        revision(),
        test("/spec/restartAt", "2026-08-20T03:00:00Z"),
        add("/spec/restartAt", "2026-08-20T03:00:01Z")
    ]);
    assert_sends(&plan_of(again).unwrap(), &[(MAIN, body)]);
}

#[test]
fn terminate_tests_that_the_run_still_runs() {
    let mut model = Model::default();
    see_run(&mut model, run(AnalysisPhase::Running));
    let target = id("web-new-3");
    let plan = action("terminate").unwrap().plan(&wish(&model, &target, &Access::new())).unwrap();
    let path = "/apis/argoproj.io/v1alpha1/namespaces/shop/analysisruns/web-new-3";
    let body =
        json!([test("/metadata/uid", "uid-web-new-3"), test("/status/phase", "Running"), add("/spec/terminate", true)]);
    assert_sends(&plan, &[(path, body)]);

    see_run(&mut model, run(AnalysisPhase::Failed));
    let refusal = action("terminate").unwrap().plan(&wish(&model, &target, &Access::new())).unwrap_err();
    assert_eq!(refusal.reason, "already ended: Failed");
}

fn templates(revision: u64) -> Templates {
    let template = |image: &str| json!({ "spec": { "containers": [{ "name": "web", "image": image }] } });
    Templates {
        revision,
        replica_set: "web-old".into(),
        holder_path: MAIN.into(),
        holder_uid: "uid-web".into(),
        pointer: "/spec/template",
        holder_right: Right {
            verb: "patch",
            group: "argoproj.io",
            resource: "rollouts",
            subresource: "",
            namespace: "shop".into(),
        },
        current: template("shop/web:3"),
        running: None,
        wanted: template("shop/web:2"),
    }
}

#[test]
fn undo_replaces_the_template_that_was_shown() {
    let (model, target, access, templates) = (model_of(progressing()), id("web"), Access::new(), templates(2));
    let mut undo_wish = wish(&model, &target, &access);
    let undo = action("undo").unwrap();
    assert_eq!(undo.plan(&undo_wish).unwrap_err().reason, "choose a revision to go back to");
    undo_wish.revision = Some(&templates);
    let plan = undo.plan(&undo_wish).unwrap();
    let body = json!([
        uid(),
        revision(),
        test("/spec/template", templates.current.clone()),
        { "op": "replace", "path": "/spec/template", "value": templates.wanted }
    ]);
    assert_sends(&plan, &[(MAIN, body)]);
    assert_eq!(plan.danger, Danger::TypeName);
    assert!(plan.diff.contains(&"-  - image: shop/web:3".to_owned()), "{:?}", plan.diff);
    assert!(plan.diff.contains(&"+  - image: shop/web:2".to_owned()), "{:?}", plan.diff);
    assert!(plan.notes.iter().any(|note| note.contains("without steps")), "{:?}", plan.notes);
}

#[test]
fn undo_of_a_referenced_workload_changes_that_object() {
    let mut rollout = progressing();
    rollout.workload_ref =
        Some(WorkloadRef { api_version: "apps/v1".into(), kind: "Deployment".into(), name: "web".into() });
    let (model, target, access, mut templates) = (model_of(rollout), id("web"), Access::new(), templates(1));
    templates.holder_path = "/apis/apps/v1/namespaces/shop/deployments/web".into();
    templates.holder_uid = "uid-deployment".into();
    let plan = action("undo")
        .unwrap()
        .plan(&crate::actions::Wish { revision: Some(&templates), ..wish(&model, &target, &access) });
    let plan = plan.unwrap();
    assert_eq!(plan.requests[0].path, templates.holder_path);
    assert_eq!(plan.requests[0].body[0], test("/metadata/uid", "uid-deployment"));
    assert_eq!(plan.requests[0].body[1]["path"], "/spec/template");
}

#[test]
fn undo_to_what_is_already_there_is_refused() {
    let (model, target, access, mut templates) = (model_of(progressing()), id("web"), Access::new(), templates(2));
    templates.wanted = templates.current.clone();
    let wish = crate::actions::Wish { revision: Some(&templates), ..wish(&model, &target, &access) };
    let refusal = action("undo").unwrap().plan(&wish).unwrap_err();
    assert_eq!(refusal.reason, "revision 2 has the template that is already wanted");
}

#[test]
fn a_name_that_is_no_name_reaches_no_path() {
    let mut rollout = paused();
    rollout.id.name = "../secrets/x".into();
    assert!(refusal("abort", rollout).contains("no name of a Kubernetes object"));
}
