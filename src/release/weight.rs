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
