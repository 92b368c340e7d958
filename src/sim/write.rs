//! Writing to the API server: create, replace, patch and delete, with the real preconditions and refusals.

use hyper::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::{Call, Reply, Target};
use super::refused::Refused;
use super::resources::NAMESPACES;
use super::state::State;
use super::value::{cut, flag, hash, int, list, put, safe_hash, stamp, text};
use super::{cluster, patch, schema};

/// Answers a write.
pub(super) fn write(
    state: &mut State,
    call: &Call,
    target: &Target,
    warnings: &mut Vec<String>,
) -> Result<Reply, Refused> {
    match (&call.method, target.name.is_empty()) {
        (&Method::POST, true) => create(state, call, target, warnings),
        (&Method::PUT, false) => change(state, call, target, warnings, |_, _| call.object()),
        (&Method::PATCH, false) => {
            change(state, call, target, warnings, |known, target| patch::patched(known, call, target))
        }
        (&Method::DELETE, false) => delete(state, call, target),
        _ => Err(Refused::not_allowed()),
    }
}

fn create(state: &mut State, call: &Call, target: &Target, warnings: &mut Vec<String>) -> Result<Reply, Refused> {
    let resource = target.resource;
    let mut object = call.object()?;
    put(&mut object, &["apiVersion"], resource.api_version());
    put(&mut object, &["kind"], resource.kind);
    if resource.namespaced {
        let named = text(&object, &["metadata", "namespace"]);
        if !named.is_empty() && named != target.namespace {
            return Err(Refused::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        put(&mut object, &["metadata", "namespace"], target.namespace.as_str());
        refuse_bad_namespace(state, target, text(&object, &["metadata", "name"]))?;
    }
    name_it(state, target, &mut object)?;
    let name = text(&object, &["metadata", "name"]).to_owned();
    if state.store.get(resource.full, &target.namespace, &name).is_some() {
        return Err(Refused::exists(resource, &name));
    }
    if resource.plural == "pods"
        && let Some(message) = cluster::refusal(state, &target.namespace, &object["spec"])
    {
        let message = message.split_once("denied the request: ").map_or(message.as_str(), |(_, message)| message);
        return Err(Refused::admission("policy.sigstore.dev", message));
    }
    if resource.status {
        cut(&mut object, &["status"]);
    }
    if resource.full == NAMESPACES {
        put(&mut object, &["spec", "finalizers"], json!(["kubernetes"]));
        put(&mut object, &["status", "phase"], "Active");
    }
    validate(call, target, &mut object, warnings)?;
    schema::check(resource, &name, &object, "")?;
    remember_manager(&mut object, call, target, state.now);
    cut(&mut object, &["metadata", "resourceVersion"]);
    if call.is_dry_run() {
        put(&mut object, &["metadata", "uid"], "00000000-0000-4000-8000-000000000000");
        put(&mut object, &["metadata", "creationTimestamp"], stamp(state.now));
        put(&mut object, &["metadata", "generation"], 1);
        return Ok(Reply::value(201, &object));
    }
    let stored = state.store.put(resource, object, state.now);
    Ok(Reply::Json(201, stored.json.clone()))
}

fn refuse_bad_namespace(state: &State, target: &Target, name: &str) -> Result<(), Refused> {
    let namespaces = super::store::kind(NAMESPACES);
    match state.store.get(NAMESPACES, "", &target.namespace) {
        None => Err(Refused::not_found(namespaces, &target.namespace)),
        Some(namespace) if cluster::is_leaving(namespace.value()) => {
            Err(Refused::namespace_terminating(target.resource, name, &target.namespace))
        }
        Some(_) => Ok(()),
    }
}

fn name_it(state: &State, target: &Target, object: &mut Value) -> Result<(), Refused> {
    if text(object, &["metadata", "name"]).is_empty() {
        let prefix = text(object, &["metadata", "generateName"]).to_owned();
        if prefix.is_empty() {
            return Err(Refused::nameless(target.resource));
        }
        let suffix: String = safe_hash(hash(state.store.version().to_string().as_bytes())).chars().take(5).collect();
        put(object, &["metadata", "name"], format!("{prefix}{suffix}"));
    }
    Ok(())
}

/// Changes a known object: `new` makes the wished object from the known one.
fn change(
    state: &mut State,
    call: &Call,
    target: &Target,
    warnings: &mut Vec<String>,
    new: impl FnOnce(&Value, &Target) -> Result<Value, Refused>,
) -> Result<Reply, Refused> {
    let resource = target.resource;
    let status_only = match target.sub.as_str() {
        "" => false,
        "status" if resource.status => true,
        // A kind without the subresource answers as if the object were missing.
        _ => return Err(Refused::not_found(resource, &target.name)),
    };
    let Some(known) =
        state.store.get(resource.full, &target.namespace, &target.name).map(|object| object.value().clone())
    else {
        if call.content_type.contains("apply-patch") && !status_only {
            return create(state, call, target, warnings);
        }
        return Err(Refused::not_found(resource, &target.name));
    };
    let mut wished = new(&known, target)?;
    preconditions(target, &known, &wished["metadata"], status_only)?;
    put(&mut wished, &["apiVersion"], resource.api_version());
    put(&mut wished, &["kind"], resource.kind);
    put(&mut wished, &["metadata", "name"], target.name.as_str());
    if resource.namespaced {
        put(&mut wished, &["metadata", "namespace"], target.namespace.as_str());
    }
    if status_only {
        // Nothing but the status goes through here.
        let status = wished["status"].clone();
        wished = known.clone();
        put(&mut wished, &["status"], status);
    } else if resource.status {
        match known.get("status") {
            Some(status) => put(&mut wished, &["status"], status.clone()),
            None => {
                cut(&mut wished, &["status"]);
            }
        }
    }
    schema::check(resource, &target.name, &wished, if status_only { "status." } else { "" })?;
    validate(call, target, &mut wished, warnings)?;
    if same_but_managers(&known, &wished) {
        return Ok(Reply::value(200, &known));
    }
    remember_manager(&mut wished, call, target, state.now);
    if call.is_dry_run() {
        return Ok(Reply::value(200, &dry(target, &known, wished, status_only)));
    }
    let gone = cluster::is_leaving(&wished) && list(&wished, &["metadata", "finalizers"]).is_empty();
    let stored = state.store.put(resource, wished, state.now);
    if gone && resource.full != NAMESPACES {
        state.store.remove(resource, &target.namespace, &target.name);
    }
    Ok(Reply::Json(200, stored.json.clone()))
}

/// What a dry run answers: the version stays, the generation shows what it would become.
fn dry(target: &Target, known: &Value, mut wished: Value, status_only: bool) -> Value {
    for key in ["uid", "creationTimestamp", "resourceVersion", "generation"] {
        put(&mut wished, &["metadata", key], known["metadata"][key].clone());
    }
    let differs = wished["spec"] != known["spec"] || (!target.resource.status && wished["status"] != known["status"]);
    if differs && !status_only {
        let generation = int(known, &["metadata", "generation"]).unwrap_or(0);
        put(&mut wished, &["metadata", "generation"], generation.saturating_add(1));
    }
    wished
}

/// A resourceVersion in the request must be the object's own, and a UID too, except in a write to the status, where the
/// real server does not look at it.
fn preconditions(target: &Target, known: &Value, wished: &Value, status_only: bool) -> Result<(), Refused> {
    let (version, uid) = (text(wished, &["resourceVersion"]), text(wished, &["uid"]));
    if !version.is_empty() && version != text(known, &["metadata", "resourceVersion"]) {
        return Err(Refused::modified(target.resource, &target.name));
    }
    if !status_only && !uid.is_empty() && uid != text(known, &["metadata", "uid"]) {
        return Err(Refused::immutable_uid(target.resource, &target.name, uid));
    }
    Ok(())
}

/// Drops fields that the schema does not know, with a warning; under strict validation the write is refused for them.
fn validate(call: &Call, target: &Target, object: &mut Value, warnings: &mut Vec<String>) -> Result<(), Refused> {
    let unknown = schema::prune(target.resource, object);
    match call.parameter("fieldValidation") {
        "Strict" if !unknown.is_empty() => Err(Refused::unknown_fields(object, &unknown, call.method == Method::POST)),
        "Ignore" => Ok(()),
        _ => {
            warnings.extend(unknown.iter().map(|field| format!("unknown field {field:?}")));
            Ok(())
        }
    }
}

fn same_but_managers(known: &Value, wished: &Value) -> bool {
    let bare = |value: &Value| {
        let mut value = value.clone();
        cut(&mut value, &["metadata", "managedFields"]);
        for key in ["resourceVersion", "generation", "uid", "creationTimestamp"] {
            cut(&mut value, &["metadata", key]);
        }
        value
    };
    bare(known) == bare(wished)
}

/// Notes who wrote last, which is how a cockpit finds the GitOps controller that will revert it.
fn remember_manager(object: &mut Value, call: &Call, target: &Target, now: Timestamp) {
    let manager = match call.parameter("fieldManager") {
        "" => "flightdeck-sim-client",
        manager => manager,
    };
    let operation = if call.content_type.contains("apply-patch") { "Apply" } else { "Update" };
    let mut entry = json!({"manager": manager, "operation": operation, "apiVersion": target.resource.api_version(),
        "time": stamp(now), "fieldsType": "FieldsV1",
        "fieldsV1": if target.sub == "status" { json!({"f:status": {}}) } else { json!({"f:spec": {}}) }});
    if !target.sub.is_empty() {
        put(&mut entry, &["subresource"], target.sub.as_str());
    }
    let mut managers = list(object, &["metadata", "managedFields"]).to_vec();
    managers.retain(|known| known["manager"] != entry["manager"] || known["subresource"] != entry["subresource"]);
    managers.push(entry);
    put(object, &["metadata", "managedFields"], managers);
}

/// The options of a deletion without a body.
fn query_options(call: &Call) -> Value {
    let seconds: Option<i64> = call.parameter("gracePeriodSeconds").parse().ok();
    let dry_run: Vec<&str> = Some(call.parameter("dryRun")).filter(|mode| !mode.is_empty()).into_iter().collect();
    json!({"gracePeriodSeconds": seconds, "dryRun": dry_run})
}

fn delete(state: &mut State, call: &Call, target: &Target) -> Result<Reply, Refused> {
    let resource = target.resource;
    if !target.sub.is_empty() {
        return Err(Refused::not_allowed());
    }
    let known = state
        .store
        .get(resource.full, &target.namespace, &target.name)
        .map(|object| object.value().clone())
        .ok_or_else(|| Refused::not_found(resource, &target.name))?;
    // As the real server: with a body, no option of the query counts, a dry run least of all.
    let options = if call.body.is_empty() { query_options(call) } else { call.object()? };
    let is_namespace = resource.full == NAMESPACES;
    let (uid, version) =
        (text(&options, &["preconditions", "uid"]), text(&options, &["preconditions", "resourceVersion"]));
    if !uid.is_empty() && uid != text(&known, &["metadata", "uid"]) {
        let there = text(&known, &["metadata", "uid"]);
        if is_namespace {
            return Err(Refused::other_namespace(resource, &target.name, uid, there));
        }
        return Err(Refused::other_object(resource, &target.name, "UID", uid, there, "deleted and then recreated"));
    }
    let at = text(&known, &["metadata", "resourceVersion"]);
    if !version.is_empty() && version != at {
        return Err(Refused::other_object(resource, &target.name, "ResourceVersion", version, at, "modified"));
    }
    let dry = list(&options, &["dryRun"]).iter().any(|mode| mode == "All");
    let lingers = is_namespace || !list(&known, &["metadata", "finalizers"]).is_empty() || resource.plural == "pods";
    if !lingers {
        if !dry {
            state.store.remove(resource, &target.namespace, &target.name);
        }
        let mut details = json!({"name": target.name, "kind": resource.plural, "uid": known["metadata"]["uid"]});
        if !resource.group.is_empty() {
            put(&mut details, &["group"], resource.group);
        }
        return Ok(Reply::value(
            200,
            &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}),
        ));
    }
    let mut leaving = known.clone();
    if !cluster::is_leaving(&known) {
        put(&mut leaving, &["metadata", "deletionTimestamp"], stamp(state.now));
    }
    if is_namespace {
        put(&mut leaving, &["status", "phase"], "Terminating");
    }
    if dry {
        return Ok(Reply::value(200, &leaving));
    }
    let at_once = int(&options, &["gracePeriodSeconds"]) == Some(0) || flag(&options, &["force"]);
    if resource.plural == "pods" && at_once {
        state.store.remove(resource, &target.namespace, &target.name);
        return Ok(Reply::value(200, &leaving));
    }
    let stored = state.store.put(resource, leaving, state.now);
    Ok(Reply::Json(200, stored.json.clone()))
}
