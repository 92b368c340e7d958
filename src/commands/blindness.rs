//! Why nothing is known of a cluster, in one sentence with what to do about it.

use crate::release::model::Freshness;
use crate::release::observation::{Failure, FailureKind, SourceId};

use super::observe::FIRST_PICTURE;

/// What is said of a server that says nothing. `at` is ` at ADDRESS` where that is known.
pub fn silence(context: &str, at: &str, kind: &str) -> String {
    let within = FIRST_PICTURE.as_secs();
    format!(
        "context {context}: the API server{at} has not answered about {kind} within {within} s: is the address in the kubeconfig \
         right, does it need a VPN or proxy? try again"
    )
}

/// What one context says, and what to do about it.
pub fn sentence(source: &SourceId, at: &str, freshness: &Freshness) -> String {
    let SourceId { context, kind } = source;
    let Some((_, Failure { kind: failure, message, .. })) = &freshness.failing else {
        return silence(context, at, kind);
    };
    match failure {
        FailureKind::Unreachable => format!(
            "context {context}: the API server{at} cannot be reached: {message}; is it up, is the address in the kubeconfig \
             right, does it need a VPN or proxy?"
        ),
        FailureKind::Unauthorized => format!("context {context}: {message}"),
        FailureKind::Forbidden if &**kind == "namespaces" => {
            format!("context {context}: {message}: ask for the right to list {kind}, which no namespace stands in for")
        }
        FailureKind::Forbidden => {
            format!("context {context}: {message}: ask for the right to list {kind}, or name a namespace with -n NS")
        }
        FailureKind::NotInstalled => {
            format!("context {context}: {kind} are not served: Argo Rollouts is not installed there")
        }
        FailureKind::Failed => format!("context {context}: {message}"),
    }
}
