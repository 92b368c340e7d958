//! Which actions apply to a Rollout now, and why the others do not. The one place that decides it: keys, plans and the
//! headless views all ask here.
//!
//! This is about the object alone. Rights, protected contexts and stale sources are asked about elsewhere.

use serde::Serialize;

use super::analysis::AnalysisRun;
use super::model::Model;
use super::replicas::ReplicaSet;
use super::rollout::Rollout;

/// Whether one action applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Availability {
    pub enabled: bool,
    /// Why not, as a sentence for the operator; empty when enabled.
    pub reason: String,
}

/// All actions on one Rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Availabilities {
    pub abort: Availability,
    pub retry: Availability,
    pub resume: Availability,
    pub pause: Availability,
    pub promote: Availability,
    pub promote_full: Availability,
    pub skip_step: Availability,
    pub restart: Availability,
    pub undo: Availability,
    /// Of the AnalysisRuns and no part of the headless contract for a Rollout.
    #[serde(skip)]
    pub terminate: Availability,
}

impl From<Result<(), String>> for Availability {
    fn from(result: Result<(), String>) -> Self {
        let reason = result.err();
        Availability { enabled: reason.is_none(), reason: reason.unwrap_or_default() }
    }
}

/// Every action of a Rollout.
pub fn availability(model: &Model, rollout: &Rollout) -> Availabilities {
    Availabilities {
        abort: abort(rollout).into(),
        retry: retry(rollout).into(),
        resume: resume(rollout).into(),
        pause: pause(rollout).into(),
        promote: promote(rollout).into(),
        promote_full: promote_full(rollout).into(),
        skip_step: skip_step(rollout).into(),
        restart: restart(rollout).into(),
        undo: undo(model, rollout).into(),
        terminate: terminate_any(model, rollout).into(),
    }
}

/// Back to the stable revision.
pub fn abort(rollout: &Rollout) -> Result<(), String> {
    if rollout.status.abort {
        return Err("already aborted".to_owned());
    }
    not_stable(rollout)
}

/// Once more, after an abort.
pub fn retry(rollout: &Rollout) -> Result<(), String> {
    if !rollout.status.abort {
        return Err("not aborted".to_owned());
    }
    not_stable(rollout)
}

/// Ends a pause by hand, and only that: the pause of a step is ended by promote.
pub fn resume(rollout: &Rollout) -> Result<(), String> {
    match (rollout.spec_paused, rollout.status.pause_conditions.first()) {
        (true, _) => Ok(()),
        (false, Some(pause)) => Err(format!("not paused by hand but by {}: promote ends that", pause.reason)),
        (false, None) => Err("not paused".to_owned()),
    }
}

/// Pauses by hand.
pub fn pause(rollout: &Rollout) -> Result<(), String> {
    if rollout.spec_paused { Err("already paused by hand".to_owned()) } else { Ok(()) }
}

/// Ends the pause that is in force, whoever made it.
pub fn promote(rollout: &Rollout) -> Result<(), String> {
    let status = &rollout.status;
    if status.abort && !rollout.spec_paused {
        // The controller takes the patch and does nothing with it.
        return Err("aborted: promote would change nothing, retry or promote-full instead".to_owned());
    }
    if !status.pause_conditions.is_empty() {
        return has_revision(rollout);
    }
    if rollout.spec_paused {
        return Ok(());
    }
    Err(if status.controller_pause {
        "the pause has just been ended, the controller has not gone on yet".to_owned()
    } else {
        "not paused".to_owned()
    })
}

/// To the end at once, past all steps, pauses and analyses. An aborted Rollout can be completed with it too.
pub fn promote_full(rollout: &Rollout) -> Result<(), String> {
    not_stable(rollout)
}

/// Past the current step, whether it runs or pauses.
pub fn skip_step(rollout: &Rollout) -> Result<(), String> {
    let Some(canary) = rollout.canary() else {
        return Err("only a canary has steps".to_owned());
    };
    if canary.steps.is_empty() {
        return Err("this canary has no steps".to_owned());
    }
    if rollout.status.abort {
        return Err("aborted: no step is running".to_owned());
    }
    not_stable(rollout)?;
    if rollout.status.current_step_index.is_some() && rollout.current_step().is_none() {
        return Err("all steps are done".to_owned());
    }
    Ok(())
}

/// Replaces all pods, one after another.
pub fn restart(_rollout: &Rollout) -> Result<(), String> {
    Ok(())
}

/// To the pod template of any other revision that is still there.
pub fn undo(model: &Model, rollout: &Rollout) -> Result<(), String> {
    let sets = known_sets(model, rollout)?;
    match sets.iter().any(|set| is_other(rollout, set)) {
        true => Ok(()),
        false => Err("there is no other revision".to_owned()),
    }
}

/// To the pod template of that revision.
pub fn undo_to(model: &Model, rollout: &Rollout, revision: u64) -> Result<(), String> {
    let sets = known_sets(model, rollout)?;
    match sets.iter().find(|set| set.revision == Some(revision)) {
        Some(set) if is_other(rollout, set) => Ok(()),
        Some(_) => Err(format!("already at revision {revision}")),
        None => Err(format!("revision {revision} is gone: its ReplicaSet no longer exists")),
    }
}

/// Ends one AnalysisRun.
pub fn terminate(run: &AnalysisRun) -> Result<(), String> {
    if run.phase.is_completed() {
        return Err(format!("already ended: {}", run.phase.word()));
    }
    if run.terminate { Err("already being terminated".to_owned()) } else { Ok(()) }
}

fn terminate_any(model: &Model, rollout: &Rollout) -> Result<(), String> {
    let runs = model.runs_of(rollout);
    match runs.iter().any(|run| terminate(run).is_ok()) {
        true => Ok(()),
        false => Err("no analysis is running".to_owned()),
    }
}

/// Absent is as good as empty: the controller compares the two as strings.
fn not_stable(rollout: &Rollout) -> Result<(), String> {
    has_revision(rollout)?;
    match rollout.is_fully_promoted() {
        true => Err("already at the stable revision".to_owned()),
        false => Ok(()),
    }
}

/// A plan tests the revision that the operator saw: without one there is nothing to hold on to.
fn has_revision(rollout: &Rollout) -> Result<(), String> {
    match rollout.status.current_pod_hash.as_deref() {
        Some(hash) if !hash.is_empty() => Ok(()),
        _ => Err("no revision yet: the controller has not seen this Rollout".to_owned()),
    }
}

/// ReplicaSets are watched for the focused Rollout only: none at all means that they were not read, for it has been there
/// since its first revision.
fn known_sets<'a>(model: &'a Model, rollout: &Rollout) -> Result<Vec<&'a ReplicaSet>, String> {
    let sets = model.replica_sets_of(rollout);
    if sets.is_empty() { Err("its revisions have not been read yet".to_owned()) } else { Ok(sets) }
}

fn is_other(rollout: &Rollout, set: &ReplicaSet) -> bool {
    set.revision.is_some() && set.pod_hash != rollout.status.current_pod_hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::analysis::AnalysisPhase;
    use crate::release::observation::{Change, Observation};
    use crate::release::rollout::{Canary, PauseCondition, Status, Strategy};
    use crate::release::sample;

    /// The actions that apply, by their names in JSON.
    fn enabled(rollout: &Rollout) -> String {
        let sets = vec![sample::replica_set(rollout, "old", 2, 9), sample::replica_set(rollout, "new", 3, 1)];
        let all = serde_json::to_value(availability(&sample::model_of(rollout, sets), rollout)).unwrap();
        let object = all.as_object().unwrap();
        for one in object.values() {
            assert_eq!(one["enabled"].as_bool().unwrap(), one["reason"].as_str().unwrap().is_empty(), "{all}");
        }
        let names = object.iter().filter(|(_, one)| one["enabled"] == true).map(|(name, _)| name.as_str());
        let mut names: Vec<_> = names.filter(|name| !["restart", "undo"].contains(name)).collect();
        assert_eq!(
            object.len() - names.len() >= 2,
            all["restart"]["enabled"] == true && all["undo"]["enabled"] == true
        );
        names.sort_unstable();
        names.join(" ")
    }

    #[test]
    fn what_applies_when() {
        let edited = |mut rollout: Rollout, edit: fn(&mut Rollout)| {
            edit(&mut rollout);
            enabled(&rollout)
        };
        assert_eq!(enabled(&sample::rollout("web")), "pause");
        assert_eq!(enabled(&sample::paused("web")), "abort pause promote promoteFull skipStep");
        assert_eq!(enabled(&sample::aborted("web")), "pause promoteFull retry");
        assert_eq!(enabled(&sample::blue_green("web")), "pause");
        let pending = |rollout: &mut Rollout| {
            rollout.status.stable_hash = Some("old".into());
            rollout.status.pause_conditions =
                vec![PauseCondition { reason: "BlueGreenPause".into(), start_time: None }];
        };
        assert_eq!(edited(sample::blue_green("web"), pending), "abort pause promote promoteFull");
        let by_hand = |rollout: &mut Rollout| rollout.spec_paused = true;
        assert_eq!(edited(sample::rollout("web"), by_hand), "promote resume");
        assert_eq!(edited(sample::paused("web"), by_hand), "abort promote promoteFull resume skipStep");
        assert_eq!(edited(sample::aborted("web"), by_hand), "promote promoteFull resume retry");
        let running = |rollout: &mut Rollout| {
            rollout.status.pause_conditions.clear();
            rollout.status.controller_pause = false;
        };
        assert_eq!(edited(sample::paused("web"), running), "abort pause promoteFull skipStep");
        let at_the_end = |rollout: &mut Rollout| {
            rollout.status.pause_conditions.clear();
            rollout.status.current_step_index = Some(4);
        };
        assert_eq!(edited(sample::paused("web"), at_the_end), "abort pause promoteFull");
        let without_steps = |rollout: &mut Rollout| rollout.strategy = Strategy::Canary(Canary::default());
        assert_eq!(edited(sample::paused("web"), without_steps), "abort pause promote promoteFull");
        let new = |rollout: &mut Rollout| rollout.status = Status::default();
        assert_eq!(edited(sample::rollout("web"), new), "pause");
    }

    #[test]
    fn each_refusal_is_said_in_words() {
        let (healthy, paused, aborted) = (sample::rollout("web"), sample::paused("web"), sample::aborted("web"));
        let mut unpausing = sample::paused("web");
        unpausing.status.pause_conditions.clear();
        for (refusal, words) in [
            (abort(&healthy), "already at the stable revision"),
            (abort(&aborted), "already aborted"),
            (retry(&paused), "not aborted"),
            (resume(&healthy), "not paused"),
            (resume(&paused), "not paused by hand but by CanaryPauseStep: promote ends that"),
            (promote(&healthy), "not paused"),
            (promote(&aborted), "aborted: promote would change nothing, retry or promote-full instead"),
            (promote(&unpausing), "the pause has just been ended, the controller has not gone on yet"),
            (promote_full(&healthy), "already at the stable revision"),
            (skip_step(&sample::blue_green("web")), "only a canary has steps"),
            (skip_step(&aborted), "aborted: no step is running"),
            (undo(&Model::default(), &healthy), "its revisions have not been read yet"),
        ] {
            assert_eq!(refusal.unwrap_err(), words);
        }
    }

    #[test]
    fn undo_wants_a_revision_that_is_still_there() {
        let rollout = sample::rollout("web");
        let new = sample::replica_set(&rollout, "new", 3, 10);
        let model = sample::model_of(&rollout, vec![new.clone()]);
        assert_eq!(undo(&model, &rollout).unwrap_err(), "there is no other revision");
        let model = sample::model_of(&rollout, vec![new, sample::replica_set(&rollout, "old", 2, 0)]);
        assert_eq!(undo_to(&model, &rollout, 2), Ok(()));
        assert_eq!(undo_to(&model, &rollout, 3).unwrap_err(), "already at revision 3");
        assert_eq!(undo_to(&model, &rollout, 1).unwrap_err(), "revision 1 is gone: its ReplicaSet no longer exists");
    }

    #[test]
    fn only_a_running_analysis_can_be_terminated() {
        let rollout = sample::paused("web");
        let mut run = sample::run(&rollout, "web-new-3", &[]);
        let model = sample::model(vec![("analysisruns", Observation::AnalysisRuns(Change::Reset(vec![run.clone()])))]);
        assert!(availability(&model, &rollout).terminate.enabled);
        assert_eq!(availability(&Model::default(), &rollout).terminate.reason, "no analysis is running");
        assert_eq!(terminate(&run), Ok(()));
        run.terminate = true;
        assert_eq!(terminate(&run).unwrap_err(), "already being terminated");
        run.phase = AnalysisPhase::Successful;
        assert_eq!(terminate(&run).unwrap_err(), "already ended: Successful");
    }
}
