//! The one that writes to a Kubernetes API server: asks first, tries it dry, then sends exactly once.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{join, join_all};
use http::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::{outcome, silent};
use super::moved::{differences, moved};
use super::outcome::Outcome;
use super::wire::{Answer, Silence, Wire};
use crate::actions::plan::{FromTo, Plan, Refusal, Request};
use crate::release::access::{Right, Verdict};

/// Who owns the fields that we set, in `metadata.managedFields`.
const FIELD_MANAGER: &str = "fieldManager=flightdeck";

/// The writer of one context.
#[derive(Clone)]
pub struct Writer {
    pub(super) wire: Wire,
    context: Arc<str>,
}

/// What the API server said before anything was sent for good. Only [`Writer::preflight`] makes one.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preflight {
    /// One answer per request of the plan, in order.
    pub access: Vec<(Right, Verdict)>,
    /// One per request, in order: what the server would make of it, or how it refuses.
    pub dry_run: Vec<Result<DryRun, Outcome>>,
    /// The object as it was read out, for the audit; Null when it could not be read.
    #[serde(skip)]
    pub before: Value,
    /// What it was made for: a preflight of one plan is no leave for another.
    #[serde(skip)]
    requests: Vec<Request>,
}

/// What the server would do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DryRun {
    /// The API server's `Warning` headers.
    pub warnings: Vec<String>,
    /// Field by field, from the object as it is to what it would be.
    pub changes: Vec<FromTo>,
}

impl Preflight {
    /// What the API server warns of, over all requests.
    pub fn warnings(&self) -> Vec<String> {
        let tried = self.dry_run.iter().filter_map(|tried| tried.as_ref().ok());
        tried.flat_map(|dry_run| dry_run.warnings.iter().cloned()).collect()
    }

    /// Why that plan must not be sent; None when nothing stands against it.
    pub fn refusal(&self, plan: &Plan) -> Option<Refusal> {
        if self.requests != plan.requests {
            return Some(Refusal::because("another plan was tried than the one to be sent: plan again"));
        }
        let denied = self.access.iter().find_map(|(right, verdict)| match verdict {
            Verdict::Denied(why) => {
                let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
                Some(format!("not permitted: you may not {}{why}", right.sentence()))
            }
            _ => None,
        });
        let refused = || self.dry_run.iter().find_map(|tried| tried.as_ref().err().map(Outcome::sentence));
        denied.or_else(refused).map(Refusal::because)
    }
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
        let asked = join_all(plan.requests.iter().map(|request| async {
            (request.right.clone(), self.may(&request.right, Some(holder_name(&request.path))).await)
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
        match self.submit(request, "").await {
            Ok(answer) => outcome(request, &answer, &self.what_moved(request, &answer).await),
            Err(silence) => silent(silence),
        }
    }

    async fn try_dry(&self, request: &Request, before: &Value) -> Result<DryRun, Outcome> {
        match self.submit(request, "dryRun=All&").await {
            Ok(answer) if answer.is_success() => {
                // A body that broke off shows nothing; that the server would take it is known all the same.
                let after = if answer.body.is_object() { &answer.body } else { before };
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

    async fn submit(&self, request: &Request, dry_run: &str) -> Result<Answer, Silence> {
        let unsent = |_| Silence { may_have_arrived: false, reason: format!("{} is no HTTP method", request.method) };
        let method = Method::from_bytes(request.method.as_bytes()).map_err(unsent)?;
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
