//! Discovery: which groups, versions and kinds there are, in the old form and in the aggregated one.

use hyper::body::Bytes;
use serde_json::{Value, json};

use super::call::{Call, Reply};
use super::refused::Refused;
use super::resources::{RESOURCES, Resource, groups};

const VERSION: &str = "v1.36.3+sim";
/// The content type by which a client knows the aggregated form.
pub(super) const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const VERBS: [&str; 7] = ["create", "delete", "get", "list", "patch", "update", "watch"];

/// Answers a path that is about the server itself; `None` when it is about objects.
pub(super) fn answer(call: &Call) -> Option<Result<Reply, Refused>> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let aggregated = call.accept.contains("v=v2;as=APIGroupDiscoveryList");
    let value = match segments.as_slice() {
        ["healthz" | "livez" | "readyz", ..] => return Some(Ok(Reply::Text("ok"))),
        ["version"] => {
            json!({"major": "1", "minor": "36", "gitVersion": VERSION, "gitCommit": "", "gitTreeState": "clean",
            "buildDate": "2026-01-01T00:00:00Z", "goVersion": "go1.26", "compiler": "gc", "platform": "linux/amd64"})
        }
        ["api"] if aggregated => return Some(Ok(group_list(&[("", "v1")]))),
        ["apis"] if aggregated => return Some(Ok(group_list(&groups()))),
        ["api"] => json!({"kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}]}),
        ["apis"] => {
            let groups: Vec<Value> = groups().into_iter().map(|(group, version)| api_group(group, version)).collect();
            json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        }
        ["apis", group] => match groups().into_iter().find(|(known, _)| known == group) {
            Some((group, version)) => {
                let mut found = api_group(group, version);
                super::value::put(&mut found, &["kind"], "APIGroup");
                super::value::put(&mut found, &["apiVersion"], "v1");
                found
            }
            None => return Some(Err(Refused::no_path())),
        },
        ["api", version] => return Some(resource_list("", version)),
        ["apis", group, version] => return Some(resource_list(group, version)),
        _ => return None,
    };
    Some(Ok(Reply::value(200, &value)))
}

fn api_group(group: &str, version: &str) -> Value {
    let version = json!({"groupVersion": format!("{group}/{version}"), "version": version});
    json!({"name": group, "versions": [version.clone()], "preferredVersion": version})
}

fn resource_list(group: &str, version: &str) -> Result<Reply, Refused> {
    let mut found = Vec::new();
    for resource in RESOURCES.iter().filter(|resource| resource.group == group && resource.version == version) {
        let mut entry = json!({"name": resource.plural, "singularName": resource.kind.to_lowercase(),
            "namespaced": resource.namespaced, "kind": resource.kind, "verbs": VERBS});
        if !resource.short.is_empty() {
            super::value::put(&mut entry, &["shortNames"], json!([resource.short]));
        }
        found.push(entry);
        if resource.status {
            found.push(json!({"name": format!("{}/status", resource.plural), "singularName": "",
                "namespaced": resource.namespaced, "kind": resource.kind, "verbs": ["get", "patch", "update"]}));
        }
    }
    if found.is_empty() {
        return Err(Refused::no_path());
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let list =
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": found});
    Ok(Reply::value(200, &list))
}

fn group_list(groups: &[(&str, &str)]) -> Reply {
    let items: Vec<Value> = groups
        .iter()
        .map(|(group, version)| {
            let resources: Vec<Value> = RESOURCES
                .iter()
                .filter(|resource| resource.group == *group && resource.version == *version)
                .map(aggregated)
                .collect();
            json!({"metadata": {"name": group, "creationTimestamp": null},
                "versions": [{"version": version, "freshness": "Current", "resources": resources}]})
        })
        .collect();
    let list = json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items});
    Reply::Discovery(Bytes::from(list.to_string()))
}

fn aggregated(resource: &Resource) -> Value {
    let kind = json!({"group": resource.group, "version": resource.version, "kind": resource.kind});
    let subresources = if resource.status {
        json!([{"subresource": "status", "responseKind": kind, "verbs": ["get", "patch", "update"]}])
    } else {
        json!([])
    };
    json!({"resource": resource.plural, "responseKind": kind,
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.kind.to_lowercase(),
        "shortNames": if resource.short.is_empty() { json!([]) } else { json!([resource.short]) },
        "verbs": VERBS, "subresources": subresources})
}
