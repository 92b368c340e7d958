//! Holds what `rollout get` calls enabled against what the actions really plan, over every combination that matters.

use crate::actions::guard::{Access, Authority};
use crate::actions::{Wish, action};
use crate::release::availability::availability;
use crate::release::rollout::{Canary, PauseCondition, Rollout, Strategy};
use crate::release::sample::{self, at};

const ACTIONS: [(&str, &str); 8] = [
    ("abort", "abort"),
    ("retry", "retry"),
    ("resume", "resume"),
    ("pause", "pause"),
    ("promote", "promote"),
    ("promote-full", "promoteFull"),
    ("skip-step", "skipStep"),
    ("restart", "restart"),
];

#[test]
fn what_is_called_enabled_is_what_can_be_planned() {
    for number in 0..3 * 3 * 4 * 32 {
        let rollout = combination(number);
        let model = sample::model_of(&rollout, vec![]);
        let said = serde_json::to_value(availability(&model, &rollout)).unwrap();
        for (name, field) in ACTIONS {
            let wish = Wish {
                model: &model,
                target: &rollout.id,
                now: at(1),
                revision: None,
                amount: None,
                reason: "",
                authority: Authority::default(),
                access: &Access::default(),
                shown: None,
            };
            let planned = action(name).unwrap().plan(&wish);
            let is_enabled = said[field]["enabled"].as_bool().unwrap();
            assert_eq!(planned.is_ok(), is_enabled, "{name} {rollout:?}: {}, {planned:?}", said[field]);
        }
    }
}

/// The combination of that number: strategy, hashes, step and five flags.
fn combination(mut number: usize) -> Rollout {
    let mut digit = |base: usize| {
        let digit = number % base;
        number /= base;
        digit
    };
    let mut rollout = match digit(3) {
        0 => sample::paused("web"),
        1 => sample::blue_green("web"),
        _ => Rollout { strategy: Strategy::Canary(Canary::default()), ..sample::paused("web") },
    };
    let status = &mut rollout.status;
    (status.stable_hash, status.current_pod_hash) = match digit(3) {
        0 => (Some("old".into()), Some("new".into())),
        1 => (Some("new".into()), Some("new".into())),
        _ => (None, None),
    };
    status.current_step_index = [None, Some(0), Some(1), Some(4)][digit(4)];
    status.abort = digit(2) == 1;
    status.controller_pause = digit(2) == 1;
    status.promote_full = digit(2) == 1;
    let pause = PauseCondition { reason: "CanaryPauseStep".into(), start_time: Some(at(0)) };
    status.pause_conditions = if digit(2) == 1 { vec![pause] } else { Vec::new() };
    rollout.spec_paused = digit(2) == 1;
    rollout
}
