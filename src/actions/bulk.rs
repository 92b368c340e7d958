//! One plan list for many marked rows: what would be done, and beside it what would not and why.

use super::plan::{Plan, Refusal};
use super::{Action, Wish};
use crate::release::object::ObjectId;

/// One confirm for many objects; each plan is still sent, tested and recorded by itself.
#[derive(Clone, Debug, Default)]
pub struct Bulk {
    pub plans: Vec<Plan>,
    pub refusals: Vec<(ObjectId, Refusal)>,
}

/// Plans the same action for every wish, in their order.
pub fn plan_all<'a>(action: &Action, wishes: impl IntoIterator<Item = Wish<'a>>) -> Bulk {
    let mut bulk = Bulk::default();
    for wish in wishes {
        match action.plan(&wish) {
            Ok(plan) => bulk.plans.push(plan),
            Err(refusal) => bulk.refusals.push((wish.target.clone(), refusal)),
        }
    }
    bulk
}
