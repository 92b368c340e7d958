//! One plan list for many marked rows: what would be done, and beside it what would not and why.
//!
//! Flags of one file are one commit: of several, each would find the file changed by the one before, and on a protected
//! branch each would be a pull request of its own against the others.

use super::plan::{Plan, Refusal};
use super::{Action, Kind, Wish};
use crate::release::object::ObjectId;
use crate::release::subject;

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

/// What these plans of one action are about, where one plan has to do all of it; None where each is sent by itself.
pub fn in_one<'a>(action: &Action, plans: impl IntoIterator<Item = &'a Plan>) -> Option<ObjectId> {
    let targets: Vec<&ObjectId> = plans.into_iter().map(|plan| &plan.target).collect();
    let [first, _, ..] = targets.as_slice() else { return None };
    let is_one_file = action.on == Kind::Flag && targets.iter().all(|target| target.context == first.context);
    let names: Vec<&str> = targets.iter().flat_map(|target| subject::flags_of(&target.uid)).collect();
    is_one_file.then(|| subject::flags(&first.context, &names))
}
