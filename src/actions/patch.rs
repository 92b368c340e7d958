//! JSON patches that first test what the operator saw, and the plans around them.
//!
//! A `test` on a path that is absent fails, so only what was there is tested. What was absent (`abort: false` may be
//! absent or false) is covered by what moves together with it: an abort takes the pause away and resets the step.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Wish;
use super::plan::{Danger, Effect, FromTo, Plan, Refusal, Request};
use super::seen::Seen;
use crate::release::access::Right;
use crate::release::object::ObjectId;
use crate::release::rollout::Rollout;

/// The media type of RFC 6902.
pub(super) const JSON_PATCH: &str = "application/json-patch+json";

/// How long the controller may take for what it does at its next reconciliation.
pub(super) const SOON: SignedDuration = SignedDuration::from_secs(30);

/// Which part of the object a request changes: the API server silently drops a status that is sent to the main resource.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Spec,
    Status,
}

pub(super) fn test(pointer: &str, value: impl Into<Value>) -> Value {
    json!({ "op": "test", "path": pointer, "value": value.into() })
}

/// `add` replaces what is there and needs nothing to be there.
pub(super) fn add(pointer: &str, value: impl Into<Value>) -> Value {
    json!({ "op": "add", "path": pointer, "value": value.into() })
}

/// `remove` fails when there is nothing to remove: it is a test by itself.
pub(super) fn remove(pointer: &str) -> Value {
    json!({ "op": "remove", "path": pointer })
}

/// Tests that it is this object and this revision.
pub(super) fn same_revision(rollout: &Rollout) -> Vec<Value> {
    let mut tests = vec![test("/metadata/uid", &*rollout.id.uid.0)];
    tests.extend(rollout.status.current_pod_hash.as_deref().map(|hash| test("/status/currentPodHash", hash)));
    tests
}

/// Tests that it also stands where it was seen: step, abort, pause.
pub(super) fn same_step(rollout: &Rollout) -> Vec<Value> {
    let status = &rollout.status;
    let mut tests = same_revision(rollout);
    tests.extend(status.current_step_index.map(|index| test("/status/currentStepIndex", index)));
    if status.abort {
        tests.push(test("/status/abort", true));
    }
    let since = status.pause_conditions.first().and_then(|pause| pause.start_time);
    tests.extend(since.map(|start| test("/status/pauseConditions/0/startTime", start.to_string())));
    tests
}

/// Tests that the controller's phase is the one seen: the only field that surely differs after an abort at step 0.
pub(super) fn same_phase(rollout: &Rollout) -> Option<Value> {
    let phase = rollout.status.phase.as_deref()?;
    matches!(phase, "Healthy" | "Progressing" | "Paused" | "Degraded").then(|| test("/status/phase", phase))
}

/// A patch of the Rollout or its status.
pub(super) fn rollout_patch(target: &ObjectId, part: Part, operations: Vec<Value>) -> Result<Request, Refusal> {
    argo_patch(target, "rollouts", part, operations)
}

/// A patch of an object of `argoproj.io/v1alpha1`.
pub(super) fn argo_patch(
    target: &ObjectId,
    resource: &'static str,
    part: Part,
    operations: Vec<Value>,
) -> Result<Request, Refusal> {
    let subresource = if part == Part::Status { "status" } else { "" };
    let slash = if part == Part::Status { "/" } else { "" };
    let (namespace, name) = (path_segment(&target.namespace)?, path_segment(&target.name)?);
    Ok(Request {
        method: "PATCH",
        path: format!("/apis/argoproj.io/v1alpha1/namespaces/{namespace}/{resource}/{name}{slash}{subresource}"),
        content_type: JSON_PATCH,
        body: Value::Array(operations),
        right: Some(Right {
            verb: "patch",
            group: "argoproj.io",
            resource,
            subresource,
            namespace: target.namespace.to_string(),
        }),
        held: Vec::new(),
    })
}

/// Names come from outside: one that is no DNS name could point a path at another object.
fn path_segment(name: &str) -> Result<&str, Refusal> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if name.is_empty() || name.starts_with('.') || !name.bytes().all(plain) {
        return Err(Refusal::because(format!("{name:?} is no name of a Kubernetes object")));
    }
    Ok(name)
}

/// A plan for the wish's Rollout; care and GitOps note are added by [`super::Action::plan`].
pub(super) fn rollout_plan(
    wish: &Wish<'_>,
    action: &'static str,
    rollout: &Rollout,
    requests: Vec<Request>,
    changes: Vec<FromTo>,
    effect: Effect,
) -> Plan {
    Plan {
        action,
        kind: "Rollout",
        target: wish.target.clone(),
        changes,
        requests,
        notes: Vec::new(),
        danger: Danger::Plain,
        effect,
        deadline: SOON,
        diff: Vec::new(),
        seen: Seen::of_rollout(rollout),
        inverse: Value::Null,
    }
}

/// The revision that an action is about; a Rollout without one was never seen by a controller.
pub(super) fn pod_hash(rollout: &Rollout) -> Result<String, Refusal> {
    match rollout.status.current_pod_hash.as_deref() {
        Some(hash) if !hash.is_empty() => Ok(hash.to_owned()),
        _ => Err(Refusal::because("no revision yet: the controller has not seen this Rollout")),
    }
}

/// How long replacing every pod may take.
pub(super) fn fleet_time(rollout: &Rollout) -> SignedDuration {
    let pods = i64::from(rollout.desired_replicas().max(0));
    SignedDuration::from_secs((120 + 10 * pods).min(1_800))
}

/// `3/5: pause`, the way the step ladder says it, for a step index.
pub(super) fn step_words(rollout: &Rollout, index: i32) -> String {
    let count = rollout.steps().len();
    if usize::try_from(index).is_ok_and(|index| index >= count) {
        return format!("{count}/{count}, all done");
    }
    format!("{index}/{count}")
}
