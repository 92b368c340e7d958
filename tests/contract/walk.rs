//! One canary, walked through with the production actions and writers; the same words in every world.

use flightdeck::release::access::Verdict;
use flightdeck::writers::audit::{self, Verified};
use flightdeck::writers::outcome::Outcome;
use serde_json::json;

use super::api::{Api, JSON, User};
use super::cockpit::Cockpit;
use super::objects::{canary, set_image};

const FIRST: &str = "Paused CanaryPauseStep; step 1/4, revision 2";
const SECOND: &str = "Paused CanaryPauseStep; step 3/4, revision 2";
const ABORTED: &str = "Degraded RolloutAborted: Rollout aborted update to revision 2; step 0/4, revision 2";
const BACK: &str = "Healthy; step 4/4, revision 3";

pub async fn a_canary_is_walked_through(api: &Api) {
    let mut cockpit = Cockpit::open(api, User::Operator);
    cockpit.loaded().await;
    api.create(&api.rollouts(), canary("web", "1.0.0")).await;
    cockpit.stands("web", "Healthy; step 4/4, revision 1").await;
    refused(&cockpit, "promote").await;
    refused(&cockpit, "abort").await;
    refused(&cockpit, "retry").await;

    api.patch(&api.rollout("web"), JSON, set_image("web", "2.0.0")).await.done();
    cockpit.stands("web", FIRST).await;
    refused(&cockpit, "retry").await;
    refused(&cockpit, "resume").await;

    // A plan for this pause is of no use in the next one.
    let stale = cockpit.plan("promote", "web", None).await.expect("a plan");
    let preflight = cockpit.writer.preflight(&stale).await;
    assert!(preflight.access.iter().all(|(_, verdict)| *verdict == Verdict::Allowed), "{:?}", preflight.access);
    let changes = &preflight.dry_run[0].as_ref().expect("a dry run").changes;
    // The controller may still be writing conditions, which then show as well.
    let pause = changes.iter().find(|change| change.field == "status.pauseConditions").expect("the pause");
    assert_eq!(pause.to, "none");
    assert!(changes.iter().all(|change| change.field.starts_with("status.")), "{changes:?}");

    cockpit.act("promote", "web", None).await;
    cockpit.stands("web", SECOND).await;
    let executed = cockpit.execute(&stale, &preflight).await.expect("sent");
    let Outcome::Conflict { reason } = executed.outcome else { panic!("{executed:?}") };
    assert!(reason.starts_with("currentStepIndex is 3 now, it was 1"), "{reason}");

    cockpit.act("pause", "web", None).await;
    cockpit.stands("web", "Paused manually paused; step 3/4, revision 2").await;
    cockpit.act("resume", "web", None).await;
    cockpit.stands("web", SECOND).await;

    cockpit.act("abort", "web", None).await;
    cockpit.stands("web", ABORTED).await;
    refused(&cockpit, "promote").await;
    cockpit.act("retry", "web", None).await;
    cockpit.stands("web", FIRST).await;
    cockpit.act("skip-step", "web", None).await;
    cockpit.stands("web", SECOND).await;
    cockpit.act("undo", "web", Some(1)).await;
    cockpit.stands("web", BACK).await;
    cockpit.act("restart", "web", None).await;

    api.patch(&api.rollout("web"), JSON, set_image("web", "3.0.0")).await.done();
    cockpit.stands("web", "Paused CanaryPauseStep; step 1/4, revision 4").await;
    cockpit.act("promote-full", "web", None).await;
    cockpit.stands("web", "Healthy; step 4/4, revision 4").await;

    journal_is_whole(&cockpit);
    events_were_left(api).await;
}

/// That the action does not apply as things stand, and says why.
async fn refused(cockpit: &Cockpit, action: &str) {
    let refusal = cockpit.plan(action, "web", None).await.expect_err(action);
    assert!(!refusal.reason.is_empty());
}

/// Nine actions with three records each, and the one that came too late with two.
fn journal_is_whole(cockpit: &Cockpit) {
    let records = audit::read(cockpit.directory()).expect("a journal");
    assert_eq!(records.len(), 9 * 3 + 2);
    assert_eq!(audit::verify(cockpit.directory()).expect("a journal"), Verified::Whole { records: 29, torn: 0 });
}

async fn events_were_left(api: &Api) {
    let list = api.get(&format!("{}?fieldSelector=source%3Dflightdeck", api.path("v1/events"))).await.done();
    let mut reasons: Vec<&str> =
        list["items"].as_array().expect("items").iter().filter_map(|event| event["reason"].as_str()).collect();
    reasons.sort_unstable();
    let wanted = ["Abort", "Pause", "Promote", "PromoteFull", "Restart", "Resume", "Retry", "SkipStep", "Undo"];
    assert_eq!(reasons, wanted.map(|word| format!("Flightdeck{word}")));
    assert_eq!(list["items"][0]["involvedObject"]["kind"], json!("Rollout"));
}
