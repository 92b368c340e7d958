//! The one that writes to a Kubernetes API server: asks first, tries it dry, then sends exactly once.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{join, join_all};
use http::Method;
use serde_json::{Value, json};

use super::answer::{outcome, silent};
use super::moved::{differences, moved};
use super::outcome::Outcome;
use super::preflight::{DryRun, Preflight};
use super::wire::{Answer, Silence, Wire};
use crate::actions::plan::{Plan, Request};
use crate::release::access::{Right, Verdict};

/// Who owns the fields that we set, in `metadata.managedFields`.
const FIELD_MANAGER: &str = "fieldManager=flightdeck";
const DELETE: &str = "DELETE";

/// The writer of one context.
#[derive(Clone)]
pub struct Writer {
    pub(super) wire: Wire,
    context: Arc<str>,
}

impl Writer {
    /// A writer over its own client, which never repeats a request. Must be made inside the runtime.
    pub fn new(context: &str, config: kube::Config, timeout: Duration) -> Result<Writer, String> {
        Ok(Writer { wire: Wire::new(config, timeout)?, context: context.into() })
    }

    /// The context that it writes to.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// Asks whether it is permitted, reads the object out, and has the server try every request without doing it.
    pub async fn preflight(&self, plan: &Plan) -> Preflight {
        let rights =
            plan.requests.iter().filter_map(|request| Some((request.right.clone()?, holder_name(&request.path))));
        let asked = join_all(rights.map(|(right, name)| async move {
            let verdict = self.may(&right, Some(name)).await;
            (right, verdict)
        }));
        let read = async {
            match plan.requests.first() {
                Some(request) => self.read(object_path(&request.path)).await.unwrap_or(Value::Null),
                None => Value::Null,
            }
        };
        // At the same time: over a slow line each answer is a wait with a dialog open.
        let (access, before) = join(asked, read).await;
        let dry_run = join_all(plan.requests.iter().map(|request| self.try_dry(request, &before))).await;
        Preflight { access, dry_run, before, requests: plan.requests.clone() }
    }

    /// The API server's answer on one right; a name narrows the question, as RBAC may grant single objects.
    pub async fn may(&self, right: &Right, name: Option<&str>) -> Verdict {
        let mut attributes = json!({
            "verb": right.verb,
            "group": right.group,
            "resource": right.resource,
            "subresource": right.subresource,
            "namespace": right.namespace,
        });
        if let Some(name) = name {
            attributes["name"] = name.into();
        }
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": attributes },
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        match self.wire.call(Method::POST, path, Some(("application/json", &review))).await {
            Ok(answer) if answer.is_success() => match answer.body["status"]["allowed"].as_bool() {
                Some(true) => Verdict::Allowed,
                Some(false) => Verdict::Denied(super::wire::plain(&answer.body["status"]["reason"])),
                None => Verdict::Unknown("the access review has no answer in it".to_owned()),
            },
            Ok(answer) => {
                Verdict::Unknown(format!("the access review answered {}: {}", answer.status, answer.message()))
            }
            Err(silence) => Verdict::Unknown(silence.reason),
        }
    }

    /// Sends every request once, in order, and stops at the first that is not applied.
    ///
    /// Not to be called directly: [`super::execute`] records it.
    pub(super) async fn send(&self, plan: &Plan) -> Outcome {
        if *plan.target.context != *self.context {
            let reason = format!("the plan is for context {}, this is {}", plan.target.context, self.context);
            return Outcome::Failed { status: None, reason };
        }
        let mut all_warnings = Vec::new();
        let mut version = None;
        for (applied, request) in plan.requests.iter().enumerate() {
            match self.send_one(request).await {
                Outcome::Applied { warnings, resource_version } => {
                    all_warnings.extend(warnings);
                    version = resource_version;
                }
                other => return other.after(applied, plan.requests.len()),
            }
        }
        Outcome::Applied { warnings: all_warnings, resource_version: version }
    }

    async fn send_one(&self, request: &Request) -> Outcome {
        match self.submit(request, false).await {
            Ok(answer) => outcome(request, &answer, &self.what_moved(request, &answer).await),
            Err(silence) => silent(silence),
        }
    }

    async fn try_dry(&self, request: &Request, before: &Value) -> Result<DryRun, Outcome> {
        match self.submit(request, true).await {
            Ok(answer) if answer.is_success() => {
                // A body that broke off shows nothing; that the server would take it is known all the same.
                let is_after = answer.body.is_object() && request.method != DELETE;
                let after = if is_after { &answer.body } else { before };
                Ok(DryRun { changes: differences(before, after), warnings: answer.warnings })
            }
            Ok(answer) => Err(outcome(request, &answer, &self.what_moved(request, &answer).await)),
            // A dry run changes nothing, so its silence leaves nothing open.
            Err(silence) => {
                let reason = format!("the dry run got no answer: {}", silence.reason);
                Err(Outcome::Failed { status: None, reason })
            }
        }
    }

    async fn submit(&self, request: &Request, is_dry: bool) -> Result<Answer, Silence> {
        let unsent = |_| Silence { may_have_arrived: false, reason: format!("{} is no HTTP method", request.method) };
        let method = Method::from_bytes(request.method.as_bytes()).map_err(unsent)?;
        if method == Method::DELETE {
            // With a body the API server reads no option from the query: a dry run in there would delete for good.
            let mut options = request.body.clone();
            if is_dry {
                options["dryRun"] = json!(["All"]);
            }
            return self.wire.call(method, &request.path, Some((request.content_type, &options))).await;
        }
        let dry_run = if is_dry { "dryRun=All&" } else { "" };
        let path = format!("{}?{dry_run}{FIELD_MANAGER}&fieldValidation=Strict", request.path);
        self.wire.call(method, &path, Some((request.content_type, &request.body))).await
    }

    /// On a failed precondition, what no longer holds. The answer itself does not say it.
    async fn what_moved(&self, request: &Request, answer: &Answer) -> Vec<String> {
        if !matches!(answer.status, 409 | 422) {
            return Vec::new();
        }
        match self.read(object_path(&request.path)).await {
            Ok(object) => moved(&request.body, &object),
            Err(_) => Vec::new(),
        }
    }

    /// The object at that path.
    pub(super) async fn read(&self, path: &str) -> Result<Value, String> {
        match self.wire.call(Method::GET, path, None).await {
            Ok(answer) if answer.is_success() && answer.body.is_object() => Ok(answer.body),
            Ok(answer) => {
                Err(format!("reading {path}: the API server answered {} {}", answer.status, answer.message()))
            }
            Err(silence) => Err(format!("reading {path}: {}", silence.reason)),
        }
    }
}

/// The name of the object that is changed: for undo it may be another than the target.
fn holder_name(path: &str) -> &str {
    object_path(path).rsplit('/').next().unwrap_or_default()
}

/// The object behind its subresource.
fn object_path(path: &str) -> &str {
    path.strip_suffix("/status").unwrap_or(path)
}
