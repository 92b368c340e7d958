//! The simulated API server: who asks, may they, and which part answers.

use hyper::Method;
use serde_json::Value;

use super::call::{Call, Reply, Target, target};
use super::fault::Fault;
use super::refused::Refused;
use super::resources::SERVICES;
use super::state::State;
use super::{access, discovery, prometheus, read, write};

/// A reply with the `Warning:` texts that go with it.
pub(super) type Answer = (Result<Reply, Refused>, Vec<String>);

/// Answers one request.
pub(super) fn answer(state: &mut State, call: &Call, fault: Fault) -> Answer {
    if call.method == Method::GET
        && let Some(reply) = discovery::answer(call)
    {
        return (reply, Vec::new());
    }
    let body = if call.method == Method::POST { call.object().unwrap_or(Value::Null) } else { Value::Null };
    if let Some(review) = access::review(&call.segments, call.user, fault, &body) {
        return (Ok(Reply::value(201, &review)), Vec::new());
    }
    if let Some(reply) = proxy(state, call, fault) {
        return (reply, Vec::new());
    }
    let target = match target(&call.segments) {
        Ok(target) => target,
        Err(refused) => return (Err(refused), Vec::new()),
    };
    if let Err(refused) = permit(call, &target, fault) {
        return (Err(refused), Vec::new());
    }
    if call.method == Method::GET {
        return (read::read(&state.store, call, &target), Vec::new());
    }
    if fault == Fault::Conflict {
        return (Err(Refused::modified(target.resource, &target.name)), Vec::new());
    }
    let mut warnings = warnings(state, &target);
    (write::write(state, call, &target, &mut warnings), warnings)
}

fn permit(call: &Call, target: &Target, fault: Fault) -> Result<(), Refused> {
    let verb = match call.method {
        Method::GET if call.is_set("watch") => "watch",
        Method::GET if target.name.is_empty() => "list",
        Method::GET => "get",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if target.name.is_empty() => "deletecollection",
        Method::DELETE => "delete",
        _ => return Err(Refused::not_allowed()),
    };
    let resource = match target.sub.as_str() {
        "" => target.resource.plural.to_owned(),
        sub => format!("{}/{sub}", target.resource.plural),
    };
    if call.user.may(fault, verb, target.resource.group, &resource) {
        return Ok(());
    }
    let user = call.user.name();
    Err(Refused::forbidden(user, verb, target.resource.group, &resource, &target.namespace, &target.name))
}

fn warnings(state: &State, target: &Target) -> Vec<String> {
    state
        .warnings
        .iter()
        .filter(|warning| warning.namespace == target.namespace && warning.resource == target.resource.plural)
        .map(|warning| warning.text.clone())
        .collect()
}

/// The service proxy, behind which only Prometheus stands.
fn proxy(state: &State, call: &Call, fault: Fault) -> Option<Result<Reply, Refused>> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let ["api", "v1", "namespaces", namespace, "services", service, "proxy", rest @ ..] = segments.as_slice() else {
        return None;
    };
    // `[scheme:]name[:port]`
    let parts: Vec<&str> = service.split(':').collect();
    let name = match parts.as_slice() {
        ["http" | "https", name, ..] | [name, ..] => *name,
        [] => "",
    };
    let verb = if call.method == Method::GET { "get" } else { "create" };
    if !call.user.may(fault, verb, "", "services/proxy") {
        return Some(Err(Refused::forbidden(call.user.name(), verb, "", "services/proxy", namespace, service)));
    }
    if state.store.get(SERVICES, namespace, name).is_none() {
        return Some(Err(Refused::not_found(super::store::kind(SERVICES), name)));
    }
    if !name.contains("prometheus") || fault == Fault::NoMetrics {
        return Some(Err(Refused::unavailable(format!("no endpoints available for service {service:?}"))));
    }
    Some(Ok(prometheus::answer(state, &rest.join("/"), &prometheus::parameters(call))))
}
