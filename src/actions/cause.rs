//! The likely cause when a write was accepted and nothing followed.

use jiff::{SignedDuration, Timestamp};

use crate::release::model::{Liveness, Model};
use crate::release::object::ObjectId;
use crate::release::observation::Lease;

/// A leader renews every two seconds, and after fifteen another may take its place; one that has not for this long is not
/// at work. It has to be less than the shortest deadline of an effect, or a dead controller would pass for a living one.
const LEASE_STALE_AFTER: SignedDuration = SignedDuration::from_secs(20);

/// Why nothing followed, most likely first: we do not see, nobody acts, somebody puts it back.
pub fn no_effect_cause(model: &Model, target: &ObjectId, now: Timestamp) -> String {
    let freshness = model.source(&target.context, "rollouts");
    if freshness.is_none_or(|freshness| freshness.liveness(now) != Liveness::Live) {
        let heard = freshness.and_then(|freshness| freshness.heard);
        return match heard {
            Some(heard) => format!(
                "the API server has not been heard from for {}: the effect may be there, unseen",
                seconds(now.duration_since(heard))
            ),
            None => "the API server cannot be watched: the effect may be there, unseen".to_owned(),
        };
    }
    let lease = controller_lease(model, target);
    if let Some(lease) = lease {
        match lease.renewed {
            Some(renewed) if now.duration_since(renewed) > LEASE_STALE_AFTER => {
                let since = seconds(now.duration_since(renewed));
                return format!("the controller's lease is stale: {} renewed it {since} ago", lease.holder);
            }
            Some(_) => (),
            None => return "the controller's lease has no holder: no controller is at work".to_owned(),
        }
    }
    let rollout = model.rollouts.get(&target.uid);
    if let Some(manager) = rollout.and_then(|rollout| rollout.managed_by.as_deref()) {
        return format!("{manager} manages it and may have put it back");
    }
    match (lease, model.source(&target.context, "leases").map(|freshness| freshness.liveness(now))) {
        (Some(_), _) => "the controller's lease is fresh: it is at work, its log says why it does not act".to_owned(),
        (None, Some(Liveness::Live)) => {
            "there is no lease of the controller: it is not running, or runs without leader election".to_owned()
        }
        (None, _) => "the controller's lease cannot be seen: it may not be running".to_owned(),
    }
}

/// The lease of the target's context that was renewed last: an older one is of an earlier installation.
fn controller_lease<'a>(model: &'a Model, target: &ObjectId) -> Option<&'a Lease> {
    model.leases.iter().filter(|lease| lease.id.context == target.context).max_by_key(|lease| lease.renewed)
}

fn seconds(span: SignedDuration) -> String {
    match span.as_secs() {
        seconds if seconds < 120 => format!("{seconds} s"),
        seconds if seconds < 7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}
