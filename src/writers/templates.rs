//! Reads out what undo needs: the pod template as it is wanted now, and the one of the revision to go back to.

use serde_json::Value;

use super::kubernetes::Writer;
use super::wire::escape;
use crate::actions::Templates;
use crate::release::access::Right;
use crate::release::rollout::Rollout;

/// The label by which the controller tells its ReplicaSets apart; it is not part of what a human wrote.
const HASH_LABEL: &str = "rollouts-pod-template-hash";
const REVISION: &str = "rollout.argoproj.io/revision";

/// Where a kind of object keeps its pod template: group version path, group, resource, pointer.
type Home = (&'static str, &'static str, &'static str, &'static str);

impl Writer {
    /// The templates for going back to `revision`, or to the one before the current when None.
    pub async fn read_templates(&self, rollout: &Rollout, revision: Option<u64>) -> Result<Templates, String> {
        let (home, name) = holder(rollout)?;
        let (prefix, group, resource, pointer) = home;
        let namespace = &*rollout.id.namespace;
        let holder_path = format!("{prefix}/namespaces/{}/{resource}/{}", segment(namespace)?, segment(name)?);
        let holder = self.read(&holder_path).await?;
        let uid = holder["metadata"]["uid"].as_str().unwrap_or_default();
        if rollout.workload_ref.is_none() && *uid != *rollout.id.uid.0 {
            return Err(format!("{} is another object of the same name by now", rollout.id.path()));
        }
        let current = holder.pointer(pointer).ok_or(format!("{holder_path} has no pod template"))?.clone();
        let sets = self.replica_sets(rollout).await?;
        let (revision, set) = wanted(&sets, rollout, revision)?;
        Ok(Templates {
            revision,
            replica_set: set["metadata"]["name"].as_str().unwrap_or_default().to_owned(),
            holder_uid: uid.to_owned(),
            pointer,
            holder_right: Right { verb: "patch", group, resource, subresource: "", namespace: namespace.to_owned() },
            running: running(&sets, rollout).map(template_of),
            wanted: template_of(set),
            current,
            holder_path,
        })
    }

    /// The Rollout's ReplicaSets in full.
    async fn replica_sets(&self, rollout: &Rollout) -> Result<Vec<Value>, String> {
        let path = format!("/apis/apps/v1/namespaces/{}/replicasets", segment(&rollout.id.namespace)?);
        let selector = escape(&rollout.selector);
        let (mut sets, mut next) = (Vec::new(), String::new());
        loop {
            let page = format!("{path}?limit=250&labelSelector={selector}&continue={}", escape(&next));
            let mut list = self.read(&page).await?;
            if let Some(items) = list["items"].as_array_mut() {
                sets.extend(items.drain(..).filter(|set| is_owned(set, rollout)));
            }
            match list["metadata"]["continue"].as_str() {
                // A server that gives the same token twice would be read for ever.
                Some(token) if !token.is_empty() && token != next => next = token.to_owned(),
                _ => return Ok(sets),
            }
        }
    }
}

/// What holds the template: the Rollout itself, or what its workloadRef names.
fn holder(rollout: &Rollout) -> Result<(Home, &str), String> {
    let Some(workload) = &rollout.workload_ref else {
        return Ok((("/apis/argoproj.io/v1alpha1", "argoproj.io", "rollouts", "/spec/template"), &rollout.id.name));
    };
    let home = match &*workload.kind {
        "Deployment" => ("/apis/apps/v1", "apps", "deployments", "/spec/template"),
        "ReplicaSet" => ("/apis/apps/v1", "apps", "replicasets", "/spec/template"),
        "PodTemplate" => ("/api/v1", "", "podtemplates", "/template"),
        other => return Err(format!("the template lives in a {other}, which cannot be changed from here")),
    };
    Ok((home, &workload.name))
}

fn is_owned(set: &Value, rollout: &Rollout) -> bool {
    let owners = set["metadata"]["ownerReferences"].as_array().map(Vec::as_slice).unwrap_or_default();
    owners.iter().any(|owner| owner["uid"].as_str() == Some(&rollout.id.uid.0))
}

fn revision_of(set: &Value) -> Option<u64> {
    set["metadata"]["annotations"][REVISION].as_str()?.parse().ok()
}

fn wanted<'a>(sets: &'a [Value], rollout: &Rollout, revision: Option<u64>) -> Result<(u64, &'a Value), String> {
    let mut known: Vec<(u64, &Value)> = sets.iter().filter_map(|set| Some((revision_of(set)?, set))).collect();
    known.sort_by_key(|(revision, _)| *revision);
    let found = match revision {
        Some(revision) => known.iter().find(|(known, _)| *known == revision),
        None => known.iter().rev().find(|(known, _)| rollout.revision.is_none_or(|current| *known < current)),
    };
    found.copied().ok_or_else(|| {
        let all: Vec<String> = known.iter().map(|(revision, _)| revision.to_string()).collect();
        match revision {
            Some(revision) => format!("there is no ReplicaSet of revision {revision}; there are {}", all.join(", ")),
            None => "there is no earlier revision".to_owned(),
        }
    })
}

fn running<'a>(sets: &'a [Value], rollout: &Rollout) -> Option<&'a Value> {
    let hash = rollout.status.current_pod_hash.as_deref()?;
    sets.iter().find(|set| set["metadata"]["labels"][HASH_LABEL].as_str() == Some(hash))
}

/// The template as a human would have written it.
fn template_of(set: &Value) -> Value {
    let mut template = set["spec"]["template"].clone();
    if let Some(metadata) = template["metadata"].as_object_mut() {
        if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
            labels.remove(HASH_LABEL);
        }
        // Typed objects are served with a null that a custom resource does not have.
        if metadata.get("creationTimestamp").is_some_and(Value::is_null) {
            metadata.remove("creationTimestamp");
        }
    }
    template
}

/// Names come from outside: one that is no DNS name could point a path at another object.
fn segment(name: &str) -> Result<&str, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    match !name.is_empty() && !name.starts_with('.') && name.bytes().all(plain) {
        true => Ok(name),
        false => Err(format!("{name:?} is no name of a Kubernetes object")),
    }
}
