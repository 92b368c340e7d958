//! Each way a write can end, and that none of them sends it twice.

use std::time::Duration;

use http::Method;
use serde_json::json;

use super::server::{Arrived, Reply, Server, failure, object, permissive};
use crate::actions::fixture::{paused, plan};
use crate::actions::plan::FromTo;
use crate::release::access::Verdict;
use crate::writers::outcome::Outcome;

const PATIENT: Duration = Duration::from_secs(10);

/// Sends the plan of an action on the paused Rollout; asserts that its first request arrived exactly once.
async fn send(action: &str, reply: impl Fn(&Arrived) -> Reply + Send + Sync + 'static) -> Outcome {
    let server = Server::start(permissive(object(1), reply)).await;
    let plan = plan(action, paused()).unwrap();
    let writer = server.writer(PATIENT);
    // A connection that was used before is the one that a client might be tempted to repeat on.
    let _ = writer.may(plan.requests[0].right.as_ref().unwrap(), None).await;
    let outcome = writer.send(&plan).await;
    assert_eq!(server.sent(Method::PATCH).len(), 1, "{:?}", server.all());
    outcome
}

async fn answered(status: u16, message: &'static str) -> Outcome {
    send("abort", move |_| Reply::Json(status, failure(status, message))).await
}

#[tokio::test]
async fn an_accepted_write_keeps_its_warnings() {
    let warnings = &[r#"299 - "first""#, r#"299 kube "second""#];
    let outcome = send("abort", move |_| Reply::Warned(object(1), warnings)).await;
    let wanted =
        Outcome::Applied { warnings: vec!["first".into(), "second".into()], resource_version: Some("42".into()) };
    assert_eq!(outcome, wanted);
    assert_eq!(
        serde_json::to_value(&outcome).unwrap(),
        json!({ "result": "applied", "warnings": ["first", "second"], "resourceVersion": "42" })
    );
}

#[tokio::test]
async fn it_is_sent_as_planned_with_our_name_and_strictly() {
    let server = Server::start(permissive(object(1), |_| Reply::Json(200, object(1)))).await;
    let plan = plan("promote", paused()).unwrap();
    assert!(server.writer(PATIENT).send(&plan).await.is_applied());
    let [sent] = server.sent(Method::PATCH).try_into().unwrap();
    assert_eq!(sent.path, plan.requests[0].path);
    assert_eq!(sent.query, "fieldManager=flightdeck&fieldValidation=Strict");
    assert_eq!((sent.content_type.as_str(), &sent.body), ("application/json-patch+json", &plan.requests[0].body));
}

#[tokio::test]
async fn a_failed_test_says_what_moved() {
    let generic = "the server rejected our request due to an error in our request";
    let server = Server::start(permissive(object(3), move |_| Reply::Json(422, failure(422, generic)))).await;
    let outcome = server.writer(PATIENT).send(&plan("promote", paused()).unwrap()).await;
    assert_eq!(outcome, Outcome::Conflict { reason: "currentStepIndex is 3 now, it was 1".into() });
    assert_eq!(server.sent(Method::PATCH).len(), 1);
}

#[tokio::test]
async fn a_conflict_and_an_invalid_patch_differ() {
    assert!(matches!(answered(409, "the object has been modified").await, Outcome::Conflict { .. }));
    let invalid = answered(422, "Rollout \"web\" is invalid: spec.x: unknown").await;
    assert!(
        matches!(&invalid, Outcome::Failed { status: Some(422), reason } if reason.contains("spec.x")),
        "{invalid:?}"
    );
}

#[tokio::test]
async fn a_denial_names_the_right_or_the_refuser() {
    let rbac = answered(403, "rollouts.argoproj.io \"web\" is forbidden: User \"eve\" cannot patch resource").await;
    assert_eq!(
        rbac.reason(),
        "you may not patch rollouts/status in namespace shop: User \"eve\" cannot patch resource"
    );
    let webhook = answered(403, "admission webhook \"validate.kyverno.svc-fail\" denied the request: no").await;
    assert_eq!(webhook.reason(), "admission webhook \"validate.kyverno.svc-fail\" denied the request: no");
    assert!(matches!(answered(401, "Unauthorized").await, Outcome::Denied { reason } if reason.contains("log in")));
}

#[tokio::test]
async fn nothing_is_ever_repeated() {
    for status in [500, 502, 503, 504] {
        assert!(matches!(answered(status, "later").await, Outcome::Unknown { .. }), "{status}");
    }
    assert!(matches!(answered(429, "later").await, Outcome::Failed { status: Some(429), .. }));
    let webhook = answered(500, "Internal error occurred: failed calling webhook \"x\": timeout").await;
    assert!(matches!(webhook, Outcome::Failed { status: Some(500), .. }));
    assert!(matches!(send("abort", |_| Reply::Drop).await, Outcome::Unknown { .. }));
}

#[tokio::test]
async fn silence_is_unknown_and_nobody_there_is_failed() {
    let server = Server::start(permissive(object(1), |_| Reply::Hang)).await;
    let plan = plan("abort", paused()).unwrap();
    let outcome = server.writer(Duration::from_millis(200)).send(&plan).await;
    assert_eq!(outcome, Outcome::Unknown { reason: "no answer within 0.2 s".into() });
    assert_eq!(server.sent(Method::PATCH).len(), 1);

    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = kube::Config::new(format!("http://{closed}").parse().unwrap());
    let writer = crate::writers::kubernetes::Writer::new("prod", config, PATIENT).unwrap();
    let outcome = writer.send(&plan).await;
    assert!(
        matches!(&outcome, Outcome::Failed { status: None, reason } if reason.starts_with("nothing was sent")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn it_stops_at_the_first_that_fails_and_says_how_far_it_came() {
    let mut rollout = paused();
    rollout.spec_paused = true;
    let plan = plan("promote", rollout).unwrap();
    let script = permissive(object(1), |arrived: &Arrived| match arrived.path.ends_with("/status") {
        true => Reply::Json(200, object(1)),
        false => Reply::Json(403, failure(403, "no")),
    });
    let server = Server::start(script).await;
    let outcome = server.writer(PATIENT).send(&plan).await;
    assert!(matches!(&outcome, Outcome::Denied { reason } if reason.starts_with("1 of 2 requests was applied")));

    let script = permissive(object(1), |_| Reply::Json(403, failure(403, "no")));
    let server = Server::start(script).await;
    assert!(matches!(server.writer(PATIENT).send(&plan).await, Outcome::Denied { .. }));
    assert_eq!(server.sent(Method::PATCH).len(), 1);
}

#[tokio::test]
async fn a_plan_for_another_context_is_not_sent() {
    let server = Server::start(permissive(object(1), |_| Reply::Json(200, object(1)))).await;
    let mut plan = plan("abort", paused()).unwrap();
    plan.target.context = "staging".into();
    assert!(matches!(server.writer(PATIENT).send(&plan).await, Outcome::Failed { status: None, .. }));
    assert!(server.all().is_empty());
}

#[tokio::test]
async fn the_preflight_asks_reads_and_tries_but_changes_nothing() {
    let server = Server::start(permissive(object(1), |_| panic!("sent for good"))).await;
    let plan = plan("abort", paused()).unwrap();
    let preflight = server.writer(PATIENT).preflight(&plan).await;
    assert_eq!(preflight.access, [(plan.requests[0].right.clone().unwrap(), Verdict::Allowed)]);
    assert_eq!(preflight.before["metadata"]["uid"], "uid-web");
    let dry_run = preflight.dry_run[0].as_ref().unwrap();
    assert_eq!(dry_run.warnings, ["this is only a try"]);
    assert_eq!(dry_run.changes, [FromTo::new("status.abort", "none", true)]);
    assert_eq!(preflight.refusal(&plan), None);

    let reviews = server.sent(Method::POST);
    assert_eq!(reviews[0].body["spec"]["resourceAttributes"]["name"], "web");
    let dry: Vec<_> = server.all().into_iter().filter(|it| it.method == Method::PATCH).collect();
    assert_eq!(dry[0].query, "dryRun=All&fieldManager=flightdeck&fieldValidation=Strict");

    let other = crate::actions::fixture::plan("promote", paused()).unwrap();
    assert!(preflight.refusal(&other).is_some());
}

#[tokio::test]
async fn a_preflight_refuses_for_the_server() {
    let server = Server::start(|arrived| match arrived.method {
        Method::GET => Reply::Json(200, object(1)),
        Method::POST => Reply::Json(201, json!({ "status": { "allowed": false, "reason": "no RBAC" } })),
        _ => Reply::Json(403, failure(403, "forbidden")),
    })
    .await;
    let plan = plan("abort", paused()).unwrap();
    let preflight = server.writer(PATIENT).preflight(&plan).await;
    assert_eq!(
        preflight.refusal(&plan).unwrap().reason,
        "not permitted: you may not patch rollouts/status in namespace shop (no RBAC)"
    );
    // The review may be forbidden itself: then the dry run still tells.
    let server = Server::start(|arrived| match arrived.method {
        Method::GET => Reply::Json(200, object(2)),
        Method::POST => Reply::Json(403, failure(403, "no reviews for you")),
        _ => Reply::Json(422, failure(422, "")),
    })
    .await;
    let plan = crate::actions::fixture::plan("promote", paused()).unwrap();
    let preflight = server.writer(PATIENT).preflight(&plan).await;
    assert!(matches!(preflight.access[0].1, Verdict::Unknown(_)));
    assert!(preflight.refusal(&plan).unwrap().reason.contains("currentStepIndex is 2 now"));
}
