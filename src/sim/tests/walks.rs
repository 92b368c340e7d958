//! The walks of a rollout: what the real controller was seen to do, in played time.

use serde_json::{Value, json};

use super::scene::{Scene, blue_green};
use crate::sim::value::{list, text};

fn steps() -> Value {
    json!([{"setWeight": 10}, {"pause": {}}, {"setWeight": 50}, {"pause": {"duration": "30s"}}])
}

fn paused() -> Scene {
    let mut scene = Scene::canary(steps());
    scene.image("ghcr.io/acme/web:2.0");
    scene.pass(20);
    scene.says("Paused", "CanaryPauseStep");
    scene
}

#[test]
fn a_new_rollout_becomes_healthy() {
    let scene = Scene::canary(steps());
    let status = scene.status();
    assert_eq!(status["stableRS"], status["currentPodHash"]);
    assert_eq!(status["currentStepIndex"], 4);
    assert_eq!(status["observedGeneration"], "1");
    assert_eq!(status["blueGreen"], json!({}));
    assert!(status["canary"]["weights"].is_null());
    assert_eq!(scene.condition("Progressing"), ("True".to_owned(), "NewReplicaSetAvailable".to_owned()));
    assert_eq!(scene.pods().len(), 10);
}

#[test]
fn a_canary_walks_its_steps() {
    let mut scene = Scene::canary(steps());
    scene.image("ghcr.io/acme/web:2.0");
    scene.pass(1);
    scene.says("Progressing", "more replicas need to be updated");
    scene.pass(19);
    scene.says("Paused", "CanaryPauseStep");
    let status = scene.status();
    assert_eq!(status["currentStepIndex"], 1);
    assert_eq!(status["controllerPause"], true);
    assert_eq!(status["pauseConditions"][0]["reason"], "CanaryPauseStep");
    assert_eq!(scene.sets(), [(2, 1), (1, 9)]);
    assert_eq!(scene.condition("Healthy").0, "False");
    assert_eq!(scene.condition("Completed").0, "False");
    assert_eq!(scene.condition("Paused").0, "True");
    assert_eq!(scene.condition("Progressing"), ("Unknown".to_owned(), "RolloutPaused".to_owned()));
    assert_eq!(scene.messages("RolloutStepCompleted"), ["Rollout step 1/4 completed (setWeight: 10)"]);

    // Promoted by hand, the timed pause then ends by itself.
    scene.patch(json!({"status": {"pauseConditions": null}}));
    scene.pass_millis(0);
    assert_eq!(scene.status()["controllerPause"], true, "the pause conditions go first");
    assert_eq!(scene.condition("Progressing").1, "RolloutResumed");
    scene.pass(15);
    assert_eq!(scene.sets(), [(2, 5), (1, 5)]);
    scene.says("Paused", "CanaryPauseStep");
    scene.pass(60);
    scene.says("Healthy", "");
    assert_eq!(scene.sets(), [(2, 10), (1, 0)]);
    assert_eq!(scene.status()["currentStepIndex"], 4);
    for reason in [
        "RolloutUpdated",
        "NewReplicaSetCreated",
        "RolloutPaused",
        "RolloutResumed",
        "ScalingReplicaSet",
        "RolloutCompleted",
    ] {
        assert!(scene.reasons().iter().any(|known| known == reason), "no Event {reason}");
    }
}

#[test]
fn abort_takes_the_canary_back_and_retry_starts_again() {
    let mut scene = paused();
    scene.patch(json!({"status": {"abort": true}}));
    scene.pass(20);
    scene.says("Degraded", "RolloutAborted: Rollout aborted update to revision 2");
    let status = scene.status();
    assert_eq!(status["abort"], true);
    assert!(status["abortedAt"].is_string());
    assert_eq!(status["currentStepIndex"], 0);
    assert!(status["pauseConditions"].is_null());
    assert_eq!(scene.sets(), [(2, 0), (1, 10)]);

    // Promote on an aborted rollout changes nothing.
    scene.patch(json!({"status": {"pauseConditions": null}}));
    scene.pass(10);
    assert_eq!(text(&scene.status(), &["phase"]), "Degraded");

    scene.patch(json!({"status": {"abort": false}}));
    scene.pass(20);
    scene.says("Paused", "CanaryPauseStep");
    let status = scene.status();
    assert_eq!(status["abort"], false, "the explicit false stays in the object");
    assert!(status["abortedAt"].is_null());
    assert_eq!(status["currentStepIndex"], 1);
}

#[test]
fn it_says_each_thing_on_its_way_to_healthy() {
    let mut scene = paused();
    scene.patch(json!({"spec": {"strategy": {"canary": {"maxSurge": 1, "maxUnavailable": 0}}}, "status": {"pauseConditions": null}}));
    let mut said: Vec<String> = Vec::new();
    for _ in 0..1200 {
        scene.pass_millis(100);
        let status = scene.status();
        let words = format!("{} {}", text(&status, &["phase"]), text(&status, &["message"]));
        if said.last() != Some(&words) {
            said.push(words);
        }
    }
    let expected = [
        "Progressing more replicas need to be updated",
        "Paused CanaryPauseStep",
        "Progressing more replicas need to be updated",
        "Progressing old replicas are pending termination",
        "Healthy ",
    ];
    let mut rest = said.iter();
    for words in expected {
        assert!(rest.any(|said| said == words), "{words:?} is not where it should be in {said:#?}");
    }
}

#[test]
fn promote_full_skips_everything() {
    let mut scene = paused();
    scene.patch(json!({"status": {"promoteFull": true}}));
    scene.pass(40);
    scene.says("Healthy", "");
    let status = scene.status();
    assert_eq!(status["currentStepIndex"], 4);
    assert_eq!(status["stableRS"], status["currentPodHash"]);
    assert!(status["promoteFull"].is_null() && status["controllerPause"].is_null());
    assert_eq!(scene.sets(), [(2, 10), (1, 0)]);
}

#[test]
fn promote_full_completes_an_aborted_rollout() {
    let mut scene = paused();
    scene.patch(json!({"status": {"abort": true}}));
    scene.pass(20);
    scene.patch(json!({"status": {"promoteFull": true}}));
    scene.pass(40);
    scene.says("Healthy", "");
    assert!(scene.status()["abort"].is_null());
}

#[test]
fn skipping_a_step_while_it_runs_moves_the_index() {
    let mut scene =
        Scene::canary(json!([{"setWeight": 10}, {"pause": {"duration": "1h"}}, {"setWeight": 20}, {"pause": {}}]));
    scene.image("ghcr.io/acme/web:notready");
    scene.pass(10);
    assert_eq!(scene.status()["currentStepIndex"], 0);
    scene.patch(json!({"status": {"pauseConditions": null, "currentStepIndex": 1}}));
    scene.pass(5);
    assert_eq!(scene.status()["currentStepIndex"], 1);
    scene.says("Paused", "CanaryPauseStep");
}

#[test]
fn undo_to_stable_goes_straight_to_the_end() {
    let mut scene = paused();
    scene.image("ghcr.io/acme/web:1.0");
    scene.pass(30);
    scene.says("Healthy", "");
    assert_eq!(scene.sets(), [(3, 10), (2, 0)], "the old ReplicaSet is used again under a new revision");
    assert!(scene.reasons().contains(&"SkipSteps".to_owned()));
}

#[test]
fn undo_to_an_older_revision_runs_the_steps_again() {
    let mut scene = paused();
    scene.patch(json!({"status": {"promoteFull": true}}));
    scene.pass(40);
    scene.image("ghcr.io/acme/web:1.0");
    scene.pass(20);
    scene.says("Paused", "CanaryPauseStep");
    assert_eq!(scene.sets(), [(3, 1), (2, 9)]);
}

#[test]
fn a_pause_by_hand_holds_everything_until_resumed() {
    let mut scene = Scene::canary(steps());
    scene.patch(json!({"spec": {"paused": true}}));
    scene.pass(5);
    scene.says("Paused", "manually paused");
    scene.image("ghcr.io/acme/web:2.0");
    scene.pass(20);
    scene.says("Paused", "manually paused");
    assert_eq!(scene.sets(), [(2, 0), (1, 10)]);
    scene.patch(json!({"spec": {"paused": false}}));
    scene.pass(20);
    scene.says("Paused", "CanaryPauseStep");
}

#[test]
fn restart_replaces_every_pod() {
    let mut scene = Scene::canary(steps());
    let before: Vec<Value> = scene.pods().iter().map(|pod| pod["metadata"]["uid"].clone()).collect();
    let at = scene.0.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    scene.patch(json!({"spec": {"restartAt": at}}));
    scene.pass(1);
    scene.says("Progressing", "rollout is restarting");
    scene.pass(60);
    scene.says("Healthy", "");
    assert_eq!(scene.status()["restartedAt"], at);
    assert!(scene.pods().iter().all(|pod| !before.contains(&pod["metadata"]["uid"])));
    assert_eq!(scene.pods().len(), 10);
}

#[test]
fn without_progress_the_deadline_degrades_but_does_not_abort() {
    let mut scene = Scene::canary(steps());
    scene.patch(json!({"spec": {"progressDeadlineSeconds": 60}}));
    scene.image("ghcr.io/acme/web:crash");
    scene.pass(200);
    let status = scene.status();
    assert_eq!(text(&status, &["phase"]), "Degraded");
    let message = text(&status, &["message"]);
    assert!(message.starts_with("ProgressDeadlineExceeded: ReplicaSet \"web-"), "{message}");
    assert!(status["abort"].is_null());
    let crashing = scene
        .pods()
        .iter()
        .any(|pod| pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "CrashLoopBackOff");
    assert!(crashing);
}

#[test]
fn weights_follow_the_steps_where_traffic_is_routed() {
    let mut scene = Scene::new();
    let mut rollout = super::scene::canary(steps());
    json_patch::merge(
        &mut rollout,
        &json!({"spec": {"strategy": {"canary": {"canaryService": "web-canary", "stableService": "web-stable",
            "trafficRouting": {"nginx": {"stableIngress": "web"}}}}}}),
    );
    scene.add(rollout);
    scene.pass(30);
    scene.says("Healthy", "");
    scene.image("ghcr.io/acme/web:2.0");
    scene.pass(20);
    scene.says("Paused", "CanaryPauseStep");
    let weights = scene.status()["canary"]["weights"].clone();
    assert_eq!((&weights["canary"]["weight"], &weights["stable"]["weight"]), (&json!(10), &json!(90)));
    assert_eq!(weights["canary"]["serviceName"], "web-canary");
    assert_eq!(scene.sets(), [(2, 1), (1, 10)], "the stable revision keeps all its Pods");
    scene.patch(json!({"status": {"abort": true}}));
    scene.pass(10);
    assert_eq!(scene.status()["canary"]["weights"]["canary"]["weight"], 0);
    assert_eq!(scene.sets(), [(2, 1), (1, 10)], "the canary stays for 30 s");
    scene.pass(60);
    assert_eq!(scene.sets(), [(2, 0), (1, 10)]);
}

#[test]
fn blue_green_waits_for_promotion_and_switches() {
    let mut scene = Scene::new();
    let strategy =
        json!({"activeService": "web-active", "previewService": "web-preview", "autoPromotionEnabled": false});
    blue_green(strategy).into_iter().for_each(|object| scene.add(object));
    scene.pass(30);
    scene.says("Healthy", "");
    let first = scene.status()["currentPodHash"].clone();
    scene.image("ghcr.io/acme/web:2.0");
    scene.pass(20);
    scene.says("Paused", "BlueGreenPause");
    let status = scene.status();
    assert_eq!(status["blueGreen"]["activeSelector"], first);
    assert_eq!(status["blueGreen"]["previewSelector"], status["currentPodHash"]);
    scene.patch(json!({"status": {"pauseConditions": null}}));
    scene.pass(10);
    scene.says("Healthy", "");
    assert_eq!(scene.status()["blueGreen"]["activeSelector"], scene.status()["currentPodHash"]);
    assert_eq!(scene.sets(), [(2, 3), (1, 3)], "the old stack stays for a while");
    scene.pass(60);
    assert_eq!(scene.sets(), [(2, 3), (1, 0)]);
}

#[test]
fn blue_green_abort_stays_with_the_active_revision() {
    let mut scene = Scene::new();
    let strategy =
        json!({"activeService": "web-active", "previewService": "web-preview", "autoPromotionEnabled": false});
    blue_green(strategy).into_iter().for_each(|object| scene.add(object));
    scene.pass(30);
    scene.image("ghcr.io/acme/web:2.0");
    scene.pass(20);
    scene.patch(json!({"status": {"abort": true}}));
    scene.pass(60);
    scene.says("Degraded", "RolloutAborted: Rollout aborted update to revision 2");
    assert_eq!(scene.status()["blueGreen"]["activeSelector"], scene.status()["stableRS"]);
    assert_eq!(scene.sets(), [(2, 0), (1, 3)]);
}

#[test]
fn a_blue_green_without_its_service_is_an_invalid_spec() {
    let mut scene = Scene::new();
    let objects = blue_green(json!({"activeService": "nowhere"}));
    objects.into_iter().for_each(|object| scene.add(object));
    scene.pass(5);
    let status = scene.status();
    assert_eq!(text(&status, &["phase"]), "Degraded");
    assert!(text(&status, &["message"]).starts_with("InvalidSpec: "));
}

#[test]
fn an_unsigned_image_is_refused_at_the_pods() {
    let mut scene = Scene::canary(steps());
    scene.add(json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "shop", "labels": {"policy.sigstore.dev/include": "true"}}}));
    scene.0.unsigned.push("ghcr.io/acme/web:unsigned".to_owned());
    scene.image("ghcr.io/acme/web:unsigned");
    scene.pass(30);
    scene.says("Progressing", "more replicas need to be updated");
    assert_eq!(scene.condition("ReplicaFailure"), ("True".to_owned(), "FailedCreate".to_owned()));
    let messages = scene.messages("FailedCreate");
    assert!(messages[0].starts_with("Error creating: admission webhook \"policy.sigstore.dev\" denied the request: validation failed: failed policy:"), "{messages:?}");
}

#[test]
fn the_lease_is_renewed_unless_the_controller_is_away() {
    let mut scene = paused();
    let renewed = |scene: &Scene| {
        let lease = scene.0.store.get("leases.coordination.k8s.io", "argo-rollouts", "argo-rollouts-controller-lock");
        lease.unwrap().value()["spec"]["renewTime"].clone()
    };
    let before = renewed(&scene);
    scene.pass(5);
    assert_ne!(renewed(&scene), before);
    scene.0.controller_away = true;
    let before = renewed(&scene);
    scene.patch(json!({"status": {"abort": true}}));
    scene.pass(10);
    assert_eq!(renewed(&scene), before);
    assert!(scene.status()["abortedAt"].is_null(), "nothing takes effect without a controller");
    scene.0.controller_away = false;
    scene.pass(5);
    assert!(scene.status()["abortedAt"].is_string());
}

#[test]
fn deleting_a_rollout_takes_everything_with_it() {
    let mut scene = paused();
    scene.0.store.remove(crate::sim::store::kind("rollouts.argoproj.io"), "shop", "web");
    scene.pass(5);
    assert!(scene.sets().is_empty());
    assert!(scene.pods().is_empty());
}

#[test]
fn pods_carry_digest_node_and_owner() {
    let scene = Scene::canary(steps());
    let pod = scene.pods().remove(0);
    assert!(text(&pod["status"]["containerStatuses"][0], &["imageID"]).starts_with("ghcr.io/acme/web@sha256:"));
    assert!(text(&pod, &["spec", "nodeName"]).starts_with("node-"));
    assert_eq!(list(&pod, &["metadata", "ownerReferences"]).len(), 1);
}
