//! Tests of what a rollout looks like as JSON.

use serde_json::json;

use super::*;
use crate::headless::Format;
use crate::release::observation::{Change, Observation};
use crate::release::rollout::{Status, Strategy};
use crate::release::sample::{self, at};

fn world(rollout: &Rollout) -> Model {
    let old = sample::replica_set(rollout, "old", 2, 9);
    let new = sample::replica_set(rollout, "new", 3, 1);
    let pod = sample::pod(&new, "web-new-a");
    let mut model = sample::model_of(rollout, vec![old, new]);
    model.observe(
        crate::release::observation::Report {
            source: crate::release::observation::SourceId { context: "prod".into(), kind: "pods".into() },
            said: crate::release::observation::Said::Observed(Observation::Pods(Change::Reset(vec![pod]))),
        },
        at(0),
    );
    model
}

#[test]
fn get_spells_every_field_as_agreed() {
    let rollout = sample::paused("web");
    let answer = get(&world(&rollout), &rollout, at(10));
    let enabled = json!({"enabled": true, "reason": ""});
    let disabled = |reason: &str| json!({"enabled": false, "reason": reason});
    assert_eq!(
        answer.json,
        json!({
            "name": "web", "namespace": "shop", "strategy": "Canary",
            "phase": "Paused", "message": "CanaryPauseStep", "phaseSource": "observed",
            "step": "1/4", "stepIndex": 1, "stepCount": 4, "setWeight": 10, "actualWeight": 10,
            "replicas": {"desired": 10, "current": 10, "updated": 1, "ready": 10, "available": 10},
            "images": [{"image": "web:2", "tags": ["stable"]}, {"image": "web:3", "tags": ["canary"]}],
            "revisions": [
                {
                    "revision": 3,
                    "replicaSets": [{
                        "name": "web-new", "status": "Healthy", "tags": ["canary"], "delay": null,
                        "pods": [{"name": "web-new-a", "status": "Running", "ready": "1/1", "restarts": 0}],
                    }],
                    "experiments": [], "analysisRuns": [],
                },
                {
                    "revision": 2,
                    "replicaSets": [
                        {"name": "web-old", "status": "Healthy", "tags": ["stable"], "delay": null, "pods": []},
                    ],
                    "experiments": [], "analysisRuns": [],
                },
            ],
            "actions": {
                "abort": enabled, "retry": disabled("not aborted"),
                "resume": disabled("not paused by hand but by CanaryPauseStep: promote ends that"),
                "pause": enabled, "promote": enabled, "promoteFull": enabled, "skipStep": enabled,
                "restart": enabled, "undo": enabled,
            },
        })
    );
    assert_eq!(answer.exit, ExitCode::Ok);
}

#[test]
fn get_as_a_table() {
    let rollout = sample::paused("web");
    let text = get(&world(&rollout), &rollout, at(10)).text(Format::Table);
    assert_eq!(
        text,
        "\
Name:          web
Namespace:     shop
Phase:         Paused
Message:       CanaryPauseStep
Strategy:      Canary
Step:          1/4
SetWeight:     10
ActualWeight:  10
Images:        web:2 (stable), web:3 (canary)
Replicas:      10 desired, 10 current, 1 updated, 10 ready, 10 available

NAME           KIND        STATUS   INFO
revision 3     -           -        -
  web-new      ReplicaSet  Healthy  canary
    web-new-a  Pod         Running  ready:1/1
revision 2     -           -        -
  web-old      ReplicaSet  Healthy  stable

ACTION        ENABLED  REASON
promote       yes      -
promote-full  yes      -
skip-step     yes      -
abort         yes      -
retry         no       not aborted
pause         yes      -
resume        no       not paused by hand but by CanaryPauseStep: promote ends that
undo          yes      -
restart       yes      -
"
    );
}

#[test]
fn what_does_not_apply_is_null() {
    let head = |rollout: &Rollout| get(&sample::model_of(rollout, vec![]), rollout, at(0)).json;
    let blue_green = head(&sample::blue_green("web"));
    for field in ["step", "stepIndex", "stepCount", "setWeight", "actualWeight"] {
        assert!(blue_green[field].is_null(), "{field}");
    }
    let mut new = sample::rollout("web");
    new.status = Status::default();
    let new = head(&new);
    assert_eq!((&new["step"], &new["stepCount"], &new["phaseSource"]), (&json!(null), &json!(4), &json!("computed")));
    let mut guessed = sample::paused("web");
    guessed.status.available = 8;
    assert_eq!(head(&guessed)["actualWeight"], json!(null), "a script must not act on a guess");
    guessed.strategy = Strategy::Unknown;
    assert_eq!(head(&guessed)["strategy"], json!("unknown"));
}

#[test]
fn an_object_that_cannot_be_read_is_unknown() {
    let mut rollout = sample::rollout("web");
    rollout.fault = Some("spec: no object".into());
    let answer = get(&sample::model_of(&rollout, vec![]), &rollout, at(0));
    assert_eq!((answer.exit, &answer.json["phase"]), (ExitCode::Unknown, &json!("Unknown")));
}

#[test]
fn list_is_ordered_and_says_what_it_could_not_see() {
    let rollouts = vec![sample::paused("web"), sample::blue_green("api")];
    let model = sample::model(vec![("rollouts", Observation::Rollouts(Change::Reset(rollouts)))]);
    let answer = list(&model, |_| true, at(5));
    assert_eq!(answer.exit, ExitCode::Ok);
    assert_eq!(
        answer.json["items"][1],
        json!({
            "context": "prod", "revision": 3, "name": "web", "namespace": "shop", "strategy": "Canary",
            "phase": "Paused", "message": "CanaryPauseStep", "phaseSource": "observed",
            "step": "1/4", "stepIndex": 1, "stepCount": 4, "setWeight": 10, "actualWeight": 10,
            "replicas": {"desired": 10, "current": 10, "updated": 1, "ready": 10, "available": 10},
        })
    );
    assert_eq!(
        answer.text(Format::Table),
        "\
NAMESPACE  NAME  STRATEGY   PHASE    STEP  SET  ACTUAL  READY  DESIRED  UPDATED  AVAILABLE  MESSAGE
shop       api   BlueGreen  Healthy  -     -    -       10     10       10       10         -
shop       web   Canary     Paused   1/4   10   10      10     10       1        10         CanaryPauseStep
"
    );
    let stale = list(&model, |_| true, at(60));
    assert_eq!((stale.exit, stale.diagnostics.len()), (ExitCode::Unknown, 1));
    assert_eq!(list(&model, |rollout| &*rollout.id.namespace == "x", at(5)).text(Format::Table), "no Rollouts\n");
}
