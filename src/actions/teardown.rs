//! Teardown: the namespace of a preview is deleted, that very one and no successor of its name.

use jiff::SignedDuration;
use serde_json::json;

use super::plan::{Danger, Effect, FromTo, Plan, Refusal, Request};
use super::seen::Seen;
use super::{Action, Kind, Needs, RestsOn, Wish};
use crate::release::access::Right;
use crate::release::model::Model;
use crate::release::preview::{may_tear_down, number};
use crate::release::repository::Topic;

pub(super) static TEARDOWN: Action = Action {
    name: "teardown",
    help: "delete the namespace of a preview with everything in it",
    on: Kind::Preview,
    needs: Needs::Nothing,
    rests_on: RestsOn::Step,
    stops: false,
    danger: Danger::TypeName,
    make,
};

/// Deleting everything in a namespace takes its time; what finalizers hold takes for ever.
const GONE_WITHIN: SignedDuration = SignedDuration::from_mins(3);

fn make(wish: &Wish<'_>) -> Result<Plan, Refusal> {
    let namespace = wish.preview()?;
    let (name, uid) = (&*namespace.id.name, &*namespace.id.uid.0);
    let pull = wish.model.preview_pull(namespace);
    let doubt = may_tear_down(namespace, &pull, &wish.model.preview_rules())?.or_else(|| outdated(wish.model));
    let number = number(name).ok_or_else(|| super::guard::gone(wish.target))?;
    let request = Request {
        method: "DELETE",
        path: format!("/api/v1/namespaces/{name}"),
        content_type: "application/json",
        body: json!({
            "apiVersion": "v1", "kind": "DeleteOptions",
            "preconditions": { "uid": uid }, "propagationPolicy": "Background",
        }),
        right: Some(Right {
            verb: "delete",
            group: "",
            resource: "namespaces",
            subresource: "",
            // The API server asks about a namespace in itself.
            namespace: name.to_owned(),
        }),
        held: Vec::new(),
    };
    let mut notes =
        vec!["everything in it goes: workloads, volumes' claims, secrets; nothing brings it back".to_owned()];
    let mut danger = TEARDOWN.danger.clone();
    if let Some(doubt) = doubt {
        notes.insert(0, format!("pull request {number} {doubt}: type {number} to do it anyway"));
        danger = Danger::Type(number.to_string());
    }
    Ok(Plan {
        action: TEARDOWN.name,
        kind: "Namespace",
        target: wish.target.clone(),
        changes: vec![FromTo::new("namespace", "there", "gone")],
        requests: vec![request],
        notes,
        danger,
        effect: Effect::NamespaceGone,
        deadline: GONE_WITHIN,
        diff: Vec::new(),
        seen: Seen::of(wish.model, Kind::Preview, wish.target).unwrap_or_default(),
        inverse: serde_json::Value::Null,
    })
}

/// A pull request that was closed when GitHub was last seen may be open again.
fn outdated(model: &Model) -> Option<String> {
    let (_, repository) = model.repository()?;
    let (_, failure) = repository.sight(Topic::Previews).failing?;
    Some(format!("was closed when it was last seen, and GitHub cannot be asked now ({})", failure.message))
}
