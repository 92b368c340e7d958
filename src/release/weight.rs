//! How much traffic the canary should have and how much it has, as `kubectl argo rollouts get` shows it.

use super::rollout::{Rollout, Step};

/// The canary's actual share, in percent (or in parts of `maxTrafficWeight`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActualWeight {
    pub value: i32,
    /// False where the share is worked out from counts that do not say which pods are available.
    pub exact: bool,
}

impl Rollout {
    /// SetWeight: percent that the steps ask for now. None for a strategy without weights.
    pub fn set_weight(&self) -> Option<i32> {
        let canary = self.canary()?;
        if self.status.abort {
            return Some(0);
        }
        let full = canary.max_weight.unwrap_or(100);
        let Some(index) = self.running_step_index() else {
            return Some(full);
        };
        let reached = canary.steps[..=index].iter().rev().find_map(|step| match step {
            Step::SetWeight(weight) => Some(*weight),
            _ => None,
        });
        Some(reached.unwrap_or(0))
    }

    /// ActualWeight: with a traffic router its own word, otherwise the canary's share of the available pods.
    ///
    /// `canary_available` is the canary ReplicaSet's `status.availableReplicas` where it is known.
    pub fn actual_weight(&self, canary_available: Option<i32>) -> Option<ActualWeight> {
        let canary = self.canary()?;
        let full = canary.max_weight.unwrap_or(100);
        let exact = |value| Some(ActualWeight { value, exact: true });
        let status = &self.status;
        if self.running_step_index().is_none() {
            return exact(full);
        }
        if status.available <= 0 {
            return exact(0);
        }
        if canary.traffic_routing {
            return status.canary_weight.or(self.set_weight()).and_then(exact);
        }
        if self.is_fully_promoted() {
            return exact(0);
        }
        if let Some(available) = canary_available {
            return exact(available.saturating_mul(full) / status.available);
        }
        // The Rollout counts updated pods and available pods but not those that are both: known only when all are available.
        let canary_pods = status.updated.min(status.available);
        Some(ActualWeight {
            value: canary_pods.saturating_mul(full) / status.available,
            exact: status.available == status.replicas,
        })
    }

    /// `(k, n)`: steps done and steps in all. None without steps.
    pub fn step_progress(&self) -> Option<(usize, usize)> {
        let count = self.steps().len();
        if count == 0 {
            return None;
        }
        let done = self.status.current_step_index.and_then(|index| usize::try_from(index).ok()).unwrap_or(0);
        Some((done.min(count), count))
    }

    /// The step the controller is at: the first when the status names none yet, None when all are done or there are none.
    fn running_step_index(&self) -> Option<usize> {
        let index = usize::try_from(self.status.current_step_index.unwrap_or(0)).unwrap_or(0);
        (index < self.steps().len()).then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::rollout::{Canary, Strategy};
    use crate::release::sample;

    /// `setWeight/actualWeight` of an edited paused canary, `~` before an inexact one; `canary` pods of it are available.
    fn weights(canary: Option<i32>, edit: impl Fn(&mut Rollout)) -> String {
        let mut rollout = sample::paused("web");
        edit(&mut rollout);
        let part = |weight: Option<i32>| weight.map_or("-".to_owned(), |weight| weight.to_string());
        let actual = rollout.actual_weight(canary);
        let sign = if actual.is_some_and(|actual| !actual.exact) { "~" } else { "" };
        format!("{}/{sign}{}", part(rollout.set_weight()), part(actual.map(|actual| actual.value)))
    }

    fn routed(rollout: &mut Rollout, max_weight: Option<i32>) {
        if let Strategy::Canary(canary) = &mut rollout.strategy {
            canary.traffic_routing = true;
            canary.max_weight = max_weight;
        }
    }

    #[test]
    fn set_weight_is_the_last_one_reached() {
        let at = |index: Option<i32>| {
            weights(Some(1), |rollout| {
                rollout.status.current_step_index = index;
                rollout.status.available = 10;
            })
        };
        assert_eq!(at(None), "10/10", "no index yet: the first step");
        assert_eq!(at(Some(0)), "10/10");
        assert_eq!(at(Some(1)), "10/10");
        assert_eq!(at(Some(2)), "50/10");
        assert_eq!(at(Some(3)), "50/10");
        assert_eq!(at(Some(4)), "100/100", "steps are exhausted");
        assert_eq!(at(Some(99)), "100/100");
        assert_eq!(at(Some(-1)), "10/10");
    }

    #[test]
    fn set_weight_before_the_first_is_0_and_without_steps_all() {
        let steps = |steps: Vec<Step>| {
            weights(Some(1), |rollout| {
                rollout.status.current_step_index = Some(0);
                rollout.strategy = Strategy::Canary(Canary { steps: steps.clone(), ..Canary::default() });
            })
        };
        assert_eq!(steps(vec![Step::Pause(None), Step::SetWeight(30)]), "0/10");
        assert_eq!(steps(vec![]), "100/100");
    }

    #[test]
    fn aborted_wants_nothing_and_still_has_what_it_has() {
        assert_eq!(weights(Some(1), |rollout| rollout.status.abort = true), "0/10");
        let done = |rollout: &mut Rollout| {
            rollout.status.abort = true;
            rollout.status.current_step_index = Some(4);
        };
        assert_eq!(weights(Some(1), done), "0/100", "as the reference client shows it");
    }

    #[test]
    fn without_a_router_the_actual_weight_is_the_share_of_available_pods() {
        assert_eq!(weights(Some(1), |_| ()), "10/10");
        assert_eq!(weights(Some(1), |rollout| rollout.status.available = 3), "10/33", "cut, not rounded");
        assert_eq!(weights(Some(0), |_| ()), "10/0");
        assert_eq!(weights(Some(1), |rollout| rollout.status.available = 0), "10/0");
        assert_eq!(weights(Some(3), |rollout| rollout.status.stable_hash = Some("new".into())), "10/0", "no canary");
        assert_eq!(weights(Some(i32::MAX), |_| ()), format!("10/{}", i32::MAX / 10), "no overflow");
    }

    #[test]
    fn without_the_canarys_replica_set_the_share_is_a_guess_unless_all_are_available() {
        assert_eq!(weights(None, |_| ()), "10/10");
        assert_eq!(weights(None, |rollout| rollout.status.available = 8), "10/~12");
    }

    #[test]
    fn with_a_router_its_own_word_counts() {
        let of = |weight: Option<i32>, max: Option<i32>| {
            weights(Some(9), |rollout| {
                routed(rollout, max);
                rollout.status.canary_weight = weight;
            })
        };
        assert_eq!(of(Some(7), None), "10/7");
        assert_eq!(of(None, None), "10/10", "not said: what was asked for");
        assert_eq!(of(Some(70), Some(1000)), "10/70");
        let end = |rollout: &mut Rollout| {
            routed(rollout, Some(1000));
            rollout.status.current_step_index = Some(4);
        };
        assert_eq!(weights(None, end), "1000/1000");
        let down = |rollout: &mut Rollout| {
            routed(rollout, None);
            rollout.status.canary_weight = Some(7);
            rollout.status.available = 0;
        };
        assert_eq!(weights(None, down), "10/0");
    }

    #[test]
    fn a_blue_green_has_no_weights_and_no_steps() {
        let rollout = sample::blue_green("web");
        assert_eq!((rollout.set_weight(), rollout.actual_weight(Some(1)), rollout.step_progress()), (None, None, None));
    }

    #[test]
    fn steps_are_counted_no_further_than_there_are() {
        let progress = |index: Option<i32>| {
            let mut rollout = sample::paused("web");
            rollout.status.current_step_index = index;
            rollout.step_progress()
        };
        assert_eq!(progress(None), Some((0, 4)));
        assert_eq!(progress(Some(1)), Some((1, 4)));
        assert_eq!(progress(Some(9)), Some((4, 4)));
        assert_eq!(progress(Some(-3)), Some((0, 4)));
    }
}
