//! Intent before, outcome after, in the one place that sends.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use serde_json::json;

use super::server::{Reply, Server, failure, object, permissive};
use super::{journal, who};
use crate::actions::fixture::{now, paused, plan};
use crate::actions::plan::Progress;
use crate::writers::audit::{Journal, Kind, Verified, read, verify};
use crate::writers::outcome::Outcome;
use crate::writers::{Order, execute, record_verified};

const PATIENT: Duration = Duration::from_secs(10);

fn clock() -> Timestamp {
    now()
}

#[tokio::test]
async fn an_action_leaves_intent_outcome_and_verification() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    // When the write arrives, its intent must be on the disk already.
    let script = permissive(object(1), move |_| {
        assert_eq!(read(&path).unwrap().len(), 1);
        Reply::Json(200, object(1))
    });
    let server = Server::start(script).await;
    let (writer, journal, plan) = (server.writer(PATIENT), journal(directory.path()), plan("abort", paused()).unwrap());
    let preflight = writer.preflight(&plan).await;
    let order = Order { plan: &plan, preflight: &preflight, reason: "INC-42" };
    let executed = execute(order, &journal, &writer.clone().into(), clock).await.unwrap();
    assert!(executed.outcome.is_applied());
    assert_eq!(executed.notes, Vec::<String>::new());
    record_verified(&journal, &plan, &executed, &Progress::Done, "", now(), 1_800).await.unwrap();

    let [verified, outcome, intent] = read(directory.path()).unwrap().try_into().unwrap();
    assert_eq!((intent.entry.kind, intent.seq), (Kind::Intent, 1));
    assert_eq!(intent.entry.reason, "INC-42");
    assert_eq!(intent.entry.requests[0]["body"], plan.requests[0].body);
    let before = intent.entry.before.unwrap();
    assert_eq!(before["status"]["currentPodHash"], "new");
    assert!(before["metadata"].get("managedFields").is_none());
    assert_eq!((outcome.entry.kind, outcome.entry.intent), (Kind::Outcome, Some(1)));
    assert_eq!(outcome.entry.result.unwrap()["result"], "applied");
    assert_eq!(verified.entry.result.unwrap(), json!({ "effect": "done", "cause": "" }));
    assert_eq!(verify(directory.path()).unwrap(), Verified::Whole { records: 3, torn: 0 });

    let event = server.sent(Method::POST).pop().unwrap();
    assert_eq!(event.path, "/api/v1/namespaces/shop/events");
    assert_eq!(event.body["reason"], "FlightdeckAbort");
    assert_eq!(event.body["message"], "abort by ann@bastion, applied: INC-42");
    assert_eq!(event.body["involvedObject"]["uid"], "uid-web");
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_done() {
    let server = Server::start(permissive(object(1), |_| panic!("sent without a record"))).await;
    let plan = plan("abort", paused()).unwrap();
    let writer = server.writer(PATIENT);
    let preflight = writer.preflight(&plan).await;
    let directory = tempfile::tempdir().unwrap();
    // A file where the directory should be: root may write anywhere, so permissions alone would not stop a test.
    let file = directory.path().join("state");
    std::fs::write(&file, "").unwrap();
    let order = Order { plan: &plan, preflight: &preflight, reason: "" };
    let refusal = execute(order, &Journal::new(&file, who()), &writer.clone().into(), clock).await.unwrap_err();
    assert!(refusal.reason.starts_with("not recorded, so not done: "), "{}", refusal.reason);
}

#[tokio::test]
async fn what_the_dry_run_refuses_is_neither_sent_nor_recorded() {
    let server = Server::start(|arrived| match arrived.method {
        Method::GET => Reply::Json(200, object(1)),
        Method::POST => Reply::Json(201, json!({ "status": { "allowed": true } })),
        _ => Reply::Json(403, failure(403, "admission webhook \"x\" denied the request: no")),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let (writer, plan) = (server.writer(PATIENT), plan("abort", paused()).unwrap());
    let preflight = writer.preflight(&plan).await;
    let order = Order { plan: &plan, preflight: &preflight, reason: "" };
    let refusal = execute(order, &journal(directory.path()), &writer.clone().into(), clock).await.unwrap_err();
    assert_eq!(refusal.reason, "denied: admission webhook \"x\" denied the request: no");
    assert!(server.sent(Method::PATCH).is_empty());
    assert!(read(directory.path()).unwrap().is_empty());
}

#[tokio::test]
async fn an_unknown_outcome_and_a_forbidden_event_are_told() {
    let server = Server::start(|arrived| match arrived.method {
        Method::POST if arrived.path.ends_with("/events") => Reply::Json(403, failure(403, "no events")),
        Method::PATCH if !arrived.query.contains("dryRun") => Reply::Drop,
        _ => permissive(object(1), |_| Reply::Hang)(arrived),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let (writer, plan) = (server.writer(PATIENT), plan("abort", paused()).unwrap());
    let preflight = writer.preflight(&plan).await;
    let order = Order { plan: &plan, preflight: &preflight, reason: "" };
    let executed = execute(order, &journal(directory.path()), &writer.clone().into(), clock).await.unwrap();
    assert!(matches!(executed.outcome, Outcome::Unknown { .. }));
    assert_eq!(executed.notes, ["no Event was left on it: 403 no events"]);
    assert_eq!(read(directory.path()).unwrap()[0].entry.result.as_ref().unwrap()["result"], "unknown");
    let mode = std::fs::metadata(directory.path().join("audit.jsonl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
