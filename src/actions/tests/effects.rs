//! When an effect counts as there; that it never does before the write; and what is said when it does not come.

use proptest::prelude::*;

use crate::actions::fixture::*;
use crate::actions::guard::Access;
use crate::actions::plan::{Effect, Progress};
use crate::actions::{ACTIONS, no_effect_cause};
use crate::release::analysis::AnalysisPhase;
use crate::release::model::Model;
use crate::release::rollout::{PauseCondition, Rollout};

/// How the plan of `name` for `before` stands once the Rollout looks like `after`.
fn progress(name: &str, before: Rollout, after: Rollout) -> Progress {
    let plan = plan(name, before).unwrap();
    plan.effect.progress(&model_of(after), &plan.target)
}

fn changed(mut rollout: Rollout, change: impl FnOnce(&mut Rollout)) -> Rollout {
    change(&mut rollout);
    rollout
}

#[test]
fn an_abort_counts_when_the_controller_dates_it() {
    let accepted = changed(paused(), |rollout| rollout.status.abort = true);
    assert_eq!(progress("abort", paused(), accepted), Progress::NotYet);
    assert_eq!(progress("abort", paused(), aborted()), Progress::Done);
    let newer = changed(progressing(), |rollout| rollout.status.current_pod_hash = arc("newer"));
    assert!(matches!(progress("abort", paused(), newer), Progress::Reverted(why) if why.contains("newer")));
}

#[test]
fn a_promotion_counts_when_the_pause_seen_is_gone_and_the_controller_goes_on() {
    let conditions_gone = changed(paused(), |rollout| rollout.status.pause_conditions.clear());
    assert_eq!(progress("promote", paused(), conditions_gone), Progress::NotYet);
    assert_eq!(progress("promote", paused(), progressing()), Progress::Done);
    let next_pause = changed(paused(), |rollout| {
        rollout.status.current_step_index = Some(3);
        rollout.status.pause_conditions[0].start_time = Some(now());
    });
    assert_eq!(progress("promote", paused(), next_pause), Progress::Done);
    assert_eq!(progress("promote", paused(), aborted()), Progress::Reverted("aborted meanwhile".into()));
}

#[test]
fn a_retry_counts_when_the_controller_takes_the_abort_back() {
    let accepted = changed(aborted(), |rollout| rollout.status.abort = false);
    assert_eq!(progress("retry", aborted(), accepted), Progress::NotYet);
    assert_eq!(progress("retry", aborted(), progressing()), Progress::Done);
}

#[test]
fn pausing_counts_when_the_controller_has_observed_it() {
    let accepted = changed(progressing(), |rollout| {
        rollout.spec_paused = true;
        rollout.generation = 8;
    });
    let observed = changed(accepted.clone(), |rollout| rollout.status.observed_generation = Some("8".into()));
    assert_eq!(progress("pause", progressing(), accepted), Progress::NotYet);
    assert_eq!(progress("pause", progressing(), observed), Progress::Done);
}

#[test]
fn the_others_count_by_their_fields() {
    assert_eq!(progress("promote-full", paused(), healthy()), Progress::Done);
    assert_eq!(progress("skip-step", paused(), progressing()), Progress::Done);
    assert_eq!(progress("skip-step", progressing(), paused()), Progress::NotYet);
    let restarted = changed(healthy(), |rollout| rollout.status.restarted_at = Some(now()));
    assert_eq!(progress("restart", healthy(), restarted), Progress::Done);
    let undone = changed(healthy(), |rollout| rollout.status.current_pod_hash = arc("old"));
    assert_eq!(Effect::TemplateIsNot("new".into()).progress(&model_of(undone), &id("web")), Progress::Done);
    let mut model = Model::default();
    see_run(&mut model, run(AnalysisPhase::Running));
    assert_eq!(Effect::RunCompleted.progress(&model, &id("web-new-3")), Progress::NotYet);
    see_run(&mut model, run(AnalysisPhase::Successful));
    assert_eq!(Effect::RunCompleted.progress(&model, &id("web-new-3")), Progress::Done);
}

#[test]
fn what_is_gone_or_put_back_is_reverted() {
    let plan = plan("pause", progressing()).unwrap();
    assert!(matches!(plan.effect.progress(&Model::default(), &plan.target), Progress::Reverted(_)));
    let put_back = |rollout: Rollout| plan.effect.put_back(&model_of(rollout), &plan.target);
    let resumed = progressing();
    assert!(put_back(resumed).is_some());
    // Another version is shipped: the controller has a spec to look at, and the pause still holds.
    let shipped = changed(progressing(), |rollout| {
        rollout.spec_paused = true;
        rollout.generation += 1;
    });
    assert_eq!(put_back(shipped), None);
}

#[test]
fn the_likely_cause_is_named() {
    let mut rollout = paused();
    rollout.managed_by = Some("Flux".into());
    let mut model = model_of(rollout);
    see_lease(&mut model, 400);
    let cause = |model: &Model, seconds| {
        let later = now().checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap();
        no_effect_cause(model, &plan("abort", paused()).unwrap(), later)
    };
    assert_eq!(cause(&model, 0), "the controller's lease is stale: argo-1 renewed it 6 min ago");
    assert!(cause(&model, 20).starts_with("the API server has not been heard from for 20 s"));
    see_lease(&mut model, 2);
    assert_eq!(cause(&model, 0), "Flux manages it and may have put it back");
    see(&mut model, paused());
    assert!(cause(&model, 0).starts_with("the controller's lease is fresh"));
    assert!(cause(&model_of(paused()), 0).contains("cannot be seen"));
}

prop_compose! {
    /// A Rollout in any state, also such as no controller would write.
    fn any_rollout()(
        flags in proptest::array::uniform6(any::<bool>()),
        index in proptest::option::of(-1..6),
        hashes in (0..3usize, 0..3usize),
        pauses in proptest::collection::vec((0..2usize, proptest::option::of(0..100i64)), 0..3),
        times in proptest::array::uniform3(proptest::option::of(1_787_000_000..1_788_000_000i64)),
        generations in (0..3i64, 0..3i64),
    ) -> Rollout {
        let hash = |which: usize| ["new", "old"].get(which).map(|hash| (*hash).into());
        let time = |second: Option<i64>| second.and_then(|second| jiff::Timestamp::from_second(second).ok());
        changed(paused(), |rollout| {
            rollout.spec_paused = flags[0];
            rollout.generation = generations.0;
            rollout.restart_at = time(times[0]);
            let status = &mut rollout.status;
            status.abort = flags[1];
            status.promote_full = flags[2];
            status.controller_pause = flags[3];
            status.phase = flags[4].then(|| "Degraded".into());
            status.current_step_index = index;
            status.current_pod_hash = hash(hashes.0);
            status.stable_hash = hash(hashes.1);
            status.observed_generation = flags[5].then(|| generations.1.to_string().into());
            status.aborted_at = time(times[1]);
            status.restarted_at = time(times[2]);
            status.pause_conditions = pauses
                .iter()
                .map(|(reason, start)| PauseCondition {
                    reason: ["CanaryPauseStep", "InconclusiveAnalysisRun"][*reason].into(),
                    start_time: time(*start),
                })
                .collect();
        })
    }
}

proptest! {
    #[test]
    fn no_effect_is_there_before_the_write(rollout in any_rollout()) {
        let (model, target, access) = (model_of(rollout.clone()), rollout.id.clone(), Access::new());
        for action in ACTIONS {
            if let Ok(plan) = action.plan(&wish(&model, &target, &access)) {
                prop_assert_eq!(plan.effect.progress(&model, &target), Progress::NotYet, "{}", action.name);
            }
        }
    }
}
