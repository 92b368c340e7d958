//! Tests of the phase, held against what Argo computes.

use super::*;
use crate::release::rollout::{Condition, PauseCondition, Status, WorkloadRef};
use crate::release::sample::{self, at};

/// Phase, message and source of an edited Rollout, in one line.
fn reading(mut rollout: Rollout, edit: impl Fn(&mut Rollout)) -> String {
    edit(&mut rollout);
    let reading = rollout.phase();
    let source = if reading.source == PhaseSource::Observed { "" } else { "~" };
    format!("{source}{} {}", reading.phase.word(), reading.message).trim_end().to_owned()
}

/// A Healthy canary of a controller that writes no phase.
fn old() -> Rollout {
    let mut rollout = sample::rollout("web");
    rollout.status.phase = None;
    rollout
}

fn old_blue_green() -> Rollout {
    let mut rollout = sample::blue_green("web");
    rollout.status.phase = None;
    rollout
}

fn condition(kind: &str, reason: &str) -> Condition {
    Condition {
        kind: kind.into(),
        status: "False".into(),
        reason: reason.into(),
        message: "because".into(),
        last_transition: None,
    }
}

fn pause(reason: &str) -> PauseCondition {
    PauseCondition { reason: reason.into(), start_time: None }
}

#[test]
fn what_stands_before_the_controllers_word() {
    let of = |edit: fn(&mut Rollout)| reading(sample::rollout("web"), edit);
    let unseen = "~Progressing waiting for rollout spec update to be observed";
    assert_eq!(of(|_| ()), "Healthy");
    assert_eq!(of(|r| r.generation = 6), unseen);
    assert_eq!(of(|r| r.generation = 4), "Healthy", "larger is a numeric hash");
    assert_eq!(of(|r| r.status.observed_generation = Some("5f7c".into())), "Healthy");
    assert_eq!(of(|r| r.status.observed_generation = Some("".into())), "Healthy");
    assert_eq!(of(|r| r.status.observed_generation = None), "Healthy");
    assert_eq!(of(|r| r.status.controller_pause = true), "~Progressing waiting for rollout to unpause");
    let paused = |r: &mut Rollout| {
        r.status.controller_pause = true;
        r.status.pause_conditions.push(pause("CanaryPauseStep"));
    };
    assert_eq!(reading(sample::rollout("web"), paused), "Healthy", "the phase is trusted");
    assert_eq!(of(|r| r.fault = Some("spec: no object".into())), "~Unknown unreadable: spec: no object");
}

#[test]
fn a_workload_that_was_not_looked_at_yet() {
    let of = |asked: Option<&str>, seen: Option<&str>| {
        reading(sample::rollout("web"), |rollout| {
            rollout.workload_ref =
                Some(WorkloadRef { api_version: "apps/v1".into(), kind: "Deployment".into(), name: "web".into() });
            rollout.workload_generation = asked.map(Into::into);
            rollout.status.workload_observed_generation = seen.map(Into::into);
        })
    };
    let unseen = "~Progressing waiting for rollout spec update to be observed for the reference workload";
    assert_eq!(of(Some("2"), Some("1")), unseen);
    assert_eq!(of(Some("1"), Some("2")), unseen);
    assert_eq!(of(Some("2"), Some("2")), "Healthy");
    assert_eq!(of(Some("2"), None), "Healthy");
    assert_eq!(of(Some("x"), Some("2")), "Healthy");
    assert_eq!(of(None, Some("2")), "Healthy");
}

#[test]
fn the_controllers_word_is_taken_as_it_is() {
    let of = |phase: &str, message: Option<&str>| {
        reading(sample::rollout("web"), |rollout| {
            rollout.status.phase = Some(phase.into());
            rollout.status.message = message.map(Into::into);
            rollout.spec_paused = true;
        })
    };
    assert_eq!(of("Paused", Some("CanaryPauseStep")), "Paused CanaryPauseStep");
    assert_eq!(of("Degraded", Some("RolloutAborted: x")), "Degraded RolloutAborted: x");
    assert_eq!(of("Progressing", None), "Progressing");
    assert_eq!(of("Sideways", Some("x")), "Unknown unknown phase Sideways: x");
}

#[test]
fn a_bad_condition_beats_any_pause_and_the_first_one_counts() {
    let of = |conditions: &[Condition]| {
        reading(old(), |rollout| {
            rollout.status.conditions = conditions.to_vec();
            rollout.spec_paused = true;
            rollout.status.pause_conditions.push(pause("CanaryPauseStep"));
        })
    };
    let invalid = condition("InvalidSpec", "InvalidSpec");
    let aborted = condition("Progressing", "RolloutAborted");
    let deadline = condition("Progressing", "ProgressDeadlineExceeded");
    let fine = condition("Available", "AvailableReason");
    assert_eq!(of(&[fine.clone(), invalid.clone(), aborted.clone()]), "~Degraded InvalidSpec: because");
    assert_eq!(of(&[aborted, invalid]), "~Degraded RolloutAborted: because");
    assert_eq!(of(&[deadline]), "~Degraded ProgressDeadlineExceeded: because");
    assert_eq!(of(&[fine]), "~Paused manually paused");
}

#[test]
fn each_computed_branch_of_a_canary_in_order() {
    // Each row undoes what the row before says, so that the order shows.
    let mut rollout = old();
    let status = &mut rollout.status;
    rollout.spec_paused = true;
    status.pause_conditions.extend([pause("CanaryPauseStep"), pause("InconclusiveAnalysisRun")]);
    rollout.restart_at = Some(at(10));
    status.restarted_at = Some(at(5));
    rollout.desired = None;
    status.updated = 0;
    status.available = 0;
    status.replicas = 2;
    status.stable_hash = Some("old".into());
    let mut seen = Vec::new();
    let steps: [fn(&mut Rollout); 8] = [
        |_| (),
        |r| r.spec_paused = false,
        |r| r.status.pause_conditions.clear(),
        |r| r.status.restarted_at = r.restart_at,
        |r| r.status.updated = 1,
        |r| r.status.available = 1,
        |r| r.status.replicas = 1,
        |r| r.status.stable_hash = Some("new".into()),
    ];
    for step in steps {
        step(&mut rollout);
        seen.push(reading(rollout.clone(), |_| ()));
    }
    assert_eq!(
        seen,
        [
            "~Paused manually paused",
            "~Paused CanaryPauseStep",
            "~Progressing rollout is restarting",
            "~Progressing more replicas need to be updated",
            "~Progressing updated replicas are still becoming available",
            "~Progressing old replicas are pending termination",
            "~Progressing waiting for all steps to complete",
            "~Healthy",
        ]
    );
}

#[test]
fn a_canary_with_a_traffic_router_keeps_its_old_replicas() {
    let of = |stable: Option<&str>| {
        reading(old(), |rollout| {
            if let Strategy::Canary(canary) = &mut rollout.strategy {
                canary.traffic_routing = true;
            }
            rollout.status.replicas = 20;
            rollout.status.stable_hash = stable.map(Into::into);
        })
    };
    assert_eq!(of(Some("new")), "~Healthy");
    assert_eq!(of(None), "~Progressing waiting for all steps to complete");
}

#[test]
fn a_restart_is_pending_until_the_controller_copied_its_time() {
    let of = |asked: Option<i64>, done: Option<i64>| {
        reading(old(), |rollout| {
            rollout.restart_at = asked.map(at);
            rollout.status.restarted_at = done.map(at);
        })
    };
    assert_eq!(of(None, None), "~Healthy");
    assert_eq!(of(None, Some(5)), "~Healthy");
    assert_eq!(of(Some(5), Some(5)), "~Healthy");
    for (asked, done) in [(Some(5), None), (Some(6), Some(5)), (Some(4), Some(5))] {
        assert_eq!(of(asked, done), "~Progressing rollout is restarting");
    }
}

#[test]
fn each_computed_branch_of_a_blue_green() {
    let of = |edit: fn(&mut Status), analysis: bool| {
        reading(old_blue_green(), |rollout| {
            rollout.status.replicas = 20;
            if let Strategy::BlueGreen(blue_green) = &mut rollout.strategy {
                blue_green.post_promotion_analysis = analysis;
            }
            edit(&mut rollout.status);
        })
    };
    let unpromoted = |status: &mut Status| status.stable_hash = Some("old".into());
    let running = |status: &mut Status| {
        status.stable_hash = Some("old".into());
        status.post_promotion_run = Some(RunRef { name: "run".into(), status: "Running".into() });
    };
    let done = |status: &mut Status| {
        status.stable_hash = Some("old".into());
        status.post_promotion_run = Some(RunRef { name: "run".into(), status: "Successful".into() });
    };
    let analysis = "~Progressing waiting for analysis to complete";
    let verification = "~Progressing waiting for post-promotion verification to complete";
    assert_eq!(of(|_| (), false), "~Healthy");
    assert_eq!(of(|status| status.active_selector = None, false), "~Progressing active service cutover pending");
    assert_eq!(
        of(|status| status.active_selector = Some("old".into()), false),
        "~Progressing active service cutover pending"
    );
    assert_eq!(of(unpromoted, false), verification);
    assert_eq!(of(unpromoted, true), analysis);
    assert_eq!(of(running, true), analysis);
    assert_eq!(of(done, true), verification);
    assert_eq!(of(|status| status.stable_hash = None, true), "~Healthy", "very old: the stable hash is kept nowhere");
}

#[test]
fn no_strategy_is_never_healthy() {
    assert_eq!(reading(old(), |rollout| rollout.strategy = Strategy::Unknown), "~Unknown no strategy");
}
