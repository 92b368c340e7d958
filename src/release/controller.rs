//! Whether the controller of a context is at work: without it releases stand still, whatever one writes.

use jiff::{SignedDuration, Timestamp};

use super::attention::{Need, Severity};
use super::model::{Liveness, Model};
use super::observation::Lease;

/// A leader renews every two seconds, and after fifteen another may take its place; one that has not for this long is not
/// at work. It has to be less than the shortest deadline of an effect, or a dead controller would pass for a living one.
pub const SILENT_AFTER: SignedDuration = SignedDuration::from_secs(20);

/// What a [`Need`] of the controller is called.
pub const SILENT: &str = "controller silent";

/// What its leader Lease says of the controller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Controller<'a> {
    /// It renews its lease.
    AtWork(&'a Lease),
    /// The lease was renewed then, and not since.
    Silent(&'a Lease, Timestamp),
    /// Nobody has ever renewed the lease.
    Vacant(&'a Lease),
    /// There is no lease: the controller is not installed, or runs without leader election.
    NoLease,
    /// The lease cannot be seen.
    Unseen,
}

/// The controller of that context at `now`.
pub fn controller<'a>(model: &'a Model, context: &str, now: Timestamp) -> Controller<'a> {
    let sight = model.source(context, "leases").map(|freshness| freshness.liveness(now));
    if !matches!(sight, Some(Liveness::Live | Liveness::Retrying)) {
        return Controller::Unseen;
    }
    let Some(lease) = lease(model, context) else { return Controller::NoLease };
    match renewed(model, lease) {
        None => Controller::Vacant(lease),
        Some(renewed) if now.duration_since(renewed) > SILENT_AFTER => Controller::Silent(lease, renewed),
        Some(_) => Controller::AtWork(lease),
    }
}

/// What a human has to know of it, one for each context that has Rollouts. That there is no lease is none: a controller
/// may do without.
pub fn needs(model: &Model, now: Timestamp) -> Vec<Need> {
    let mut contexts: Vec<&str> = model.leases.iter().map(|lease| &*lease.id.context).collect();
    contexts.dedup();
    contexts.retain(|context| is_wanted(model, context));
    contexts.into_iter().filter_map(|context| need(model, context, now)).collect()
}

fn need(model: &Model, context: &str, now: Timestamp) -> Option<Need> {
    let (lease, since) = match controller(model, context, now) {
        Controller::Silent(lease, renewed) => (lease, Some(renewed)),
        Controller::Vacant(lease) => (lease, None),
        Controller::AtWork(_) | Controller::NoLease | Controller::Unseen => return None,
    };
    let renewed = match since {
        Some(renewed) => format!("renewed its lease last at {} UTC", renewed.strftime("%H:%M:%S")),
        None => "never renewed its lease".to_owned(),
    };
    let holder = if lease.holder.is_empty() { "it" } else { &lease.holder };
    Some(Need {
        object: lease.id.clone(),
        severity: Severity::Attention,
        what: SILENT,
        since,
        reason: format!("no controller is at work: rollouts do not move; {holder} {renewed}"),
        answers: &[],
    })
}

/// Whether there is anything in that context for a controller to do.
pub fn is_wanted(model: &Model, context: &str) -> bool {
    model.rollouts.iter().any(|rollout| *rollout.id.context == *context)
}

/// When the next controller falls silent, unless it is heard from before.
pub fn next_change(model: &Model, now: Timestamp) -> Option<Timestamp> {
    let silent = |lease| renewed(model, lease)?.checked_add(SILENT_AFTER + SignedDuration::from_millis(1)).ok();
    model.leases.iter().filter_map(silent).filter(|at| *at > now).min()
}

/// The lease of that context that was renewed last: an older one is of an earlier installation.
fn lease<'a>(model: &'a Model, context: &str) -> Option<&'a Lease> {
    model.leases.iter().filter(|lease| *lease.id.context == *context).max_by_key(|lease| renewed(model, lease))
}

/// When it was renewed: as we saw it, where we did. Its own time is of the controller's clock, which may go wrong.
fn renewed(model: &Model, lease: &Lease) -> Option<Timestamp> {
    model.renewals.get(&lease.id.uid).copied().or(lease.renewed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::attention;
    use crate::release::observation::{Change, Failure, FailureKind, Observation, Report, Said, SourceId};
    use crate::release::sample::{self, at};

    fn lease_of(renewed: Option<i64>) -> Lease {
        Lease { id: sample::id("lock"), holder: "argo-1".into(), renewed: renewed.map(at) }
    }

    fn see(model: &mut Model, said: Said, second: i64) {
        let source = SourceId { context: "prod".into(), kind: "leases".into() };
        model.observe(Report { source, said }, at(second));
    }

    fn renew(model: &mut Model, renewed: i64, second: i64) {
        see(model, Said::Observed(Observation::Leases(Change::Applied(lease_of(Some(renewed))))), second);
    }

    /// A Rollout, and a lease that was last renewed at that second.
    fn model(renewed: Option<i64>) -> Model {
        let mut model = sample::model_of(&sample::rollout("web"), vec![]);
        see(&mut model, Said::Observed(Observation::Leases(Change::Reset(vec![lease_of(renewed)]))), 0);
        see(&mut model, Said::Loaded, 0);
        model
    }

    #[test]
    fn it_falls_silent_by_itself_and_that_needs_a_human() {
        let mut model = model(Some(0));
        see(&mut model, Said::Alive, 10);
        assert!(matches!(controller(&model, "prod", at(20)), Controller::AtWork(_)));
        assert!(needs(&model, at(20)).is_empty());
        let change = attention::next_change(&model, at(15)).unwrap();
        assert!(change > at(20) && change < at(21), "{change}");
        assert!(matches!(controller(&model, "prod", change), Controller::Silent(_, since) if since == at(0)));
        let needs = attention::needs(&model, change);
        assert_eq!((needs.len(), needs[0].what, needs[0].since), (1, SILENT, Some(at(0))));
        assert!(needs[0].reason.starts_with("no controller is at work"), "{}", needs[0].reason);
        renew(&mut model, 21, 21);
        assert!(attention::needs(&model, at(22)).is_empty());
    }

    #[test]
    fn where_the_clocks_differ_what_we_saw_counts() {
        let mut model = model(Some(-100));
        assert!(matches!(controller(&model, "prod", at(1)), Controller::Silent(..)), "nothing better is known yet");
        renew(&mut model, -98, 2);
        assert!(matches!(controller(&model, "prod", at(12)), Controller::AtWork(_)));
        renew(&mut model, 9_000, 12);
        see(&mut model, Said::Alive, 30);
        assert!(matches!(controller(&model, "prod", at(33)), Controller::Silent(..)));
    }

    #[test]
    fn each_kind_of_nothing_has_its_own_word() {
        assert_eq!(controller(&Model::default(), "prod", at(0)), Controller::Unseen);
        assert!(matches!(controller(&model(None), "prod", at(0)), Controller::Vacant(_)));
        let mut model = model(Some(0));
        assert_eq!(controller(&model, "prod", at(60)), Controller::Unseen, "nothing was heard from the source either");
        assert!(needs(&model, at(60)).is_empty());
        see(&mut model, Said::Observed(Observation::Leases(Change::Reset(vec![]))), 1);
        assert_eq!(controller(&model, "prod", at(2)), Controller::NoLease);
        let kind = FailureKind::Forbidden;
        see(&mut model, Said::Failing(Failure { kind, message: "no".to_owned(), retry_in: None }), 3);
        assert_eq!(controller(&model, "prod", at(4)), Controller::Unseen);
    }

    #[test]
    fn without_rollouts_nobody_misses_it() {
        let mut model = Model::default();
        see(&mut model, Said::Observed(Observation::Leases(Change::Reset(vec![lease_of(Some(-60))]))), 0);
        see(&mut model, Said::Loaded, 0);
        assert!(needs(&model, at(1)).is_empty());
    }
}
