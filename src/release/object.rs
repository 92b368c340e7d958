//! The name tag of a Kubernetes object, as every layer carries it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// `metadata.uid`: what a selection, a mark and a precondition hold on to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Uid(pub Arc<str>);

impl From<&str> for Uid {
    fn from(uid: &str) -> Self {
        Uid(uid.into())
    }
}

/// Which object: the kubeconfig context it was seen in, then `metadata`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectId {
    /// Name of the kubeconfig context.
    pub context: Arc<str>,
    /// Empty for a cluster-scoped object.
    pub namespace: Arc<str>,
    /// `metadata.name`, made safe for the screen at the door.
    pub name: Arc<str>,
    /// `metadata.uid`.
    pub uid: Uid,
}

impl ObjectId {
    /// `namespace/name`, the way operators say it.
    pub fn path(&self) -> String {
        if self.namespace.is_empty() {
            return self.name.to_string();
        }
        format!("{}/{}", self.namespace, self.name)
    }

    /// Whether both live in the same namespace of the same cluster.
    pub fn is_beside(&self, other: &ObjectId) -> bool {
        self.context == other.context && self.namespace == other.namespace
    }
}
