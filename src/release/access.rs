//! What the operator may do, as the API server answered a SelfSubjectAccessReview.

use serde::{Deserialize, Serialize};

/// The exact right that a request needs (`authorization.k8s.io/v1` `ResourceAttributes`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Right {
    pub verb: &'static str,
    pub group: &'static str,
    pub resource: &'static str,
    /// Empty for the main resource.
    pub subresource: &'static str,
    pub namespace: String,
}

impl Right {
    /// `patch rollouts/status in shop`, the way RBAC is spoken of.
    pub fn sentence(&self) -> String {
        if self.resource == "namespaces" {
            return format!("{} namespace {}", self.verb, self.namespace);
        }
        let slash = if self.subresource.is_empty() { "" } else { "/" };
        format!("{} {}{slash}{} in namespace {}", self.verb, self.resource, self.subresource, self.namespace)
    }
}

/// The answer. Unknown is never yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    Allowed,
    /// With the API server's reason, often empty.
    Denied(String),
    /// Could not be asked.
    Unknown(String),
}
