//! The one that writes to GitHub: reads again what the plan rests on, then sends exactly once.
//!
//! GitHub has no dry run, and no precondition but the sha of a file. So everything a request rests on is read again
//! in the preflight and once more right before it is sent; the moment between is as short as it can be.

mod answer;

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Method};
use http_body_util::{BodyExt, Limited};
use octocrab::{OctoBody, Octocrab};
use serde_json::Value;

use super::answer::silent;
use super::outcome::Outcome;
use super::preflight::{DryRun, Preflight};
use super::wire::{Silence, chain};
use crate::actions::plan::{Held, Plan, Request};
use crate::release::json::decimal;
use crate::release::text::visible_up_to;
use answer::{outcome, unread};

/// A larger answer is not read.
const LARGEST_ANSWER: usize = 8 << 20;

/// The writer of one repository.
#[derive(Clone)]
pub struct Writer {
    octocrab: Octocrab,
    /// `owner/name`: what a plan's context has to be.
    repository: String,
    timeout: Duration,
}

/// What GitHub said.
struct Answer {
    status: u16,
    headers: HeaderMap,
    /// Null when the body was no JSON.
    body: Value,
    /// What came in place of a JSON object, where all of it came: somebody else may have answered in GitHub's place.
    odd: Option<&'static str>,
}

impl Writer {
    /// A writer over octocrab as the source has set it up: it follows no redirect and never repeats a request.
    pub fn new(octocrab: Octocrab, repository: impl Into<String>, timeout: Duration) -> Writer {
        Writer { octocrab, repository: repository.into(), timeout }
    }

    /// Reads again what every request rests on.
    pub async fn preflight(&self, plan: &Plan) -> Preflight {
        let mut before = Value::Null;
        let mut dry_run = Vec::new();
        for request in &plan.requests {
            let mut tried = Ok(DryRun { warnings: Vec::new(), changes: Vec::new() });
            for held in &request.held {
                match self.still_holds(held).await {
                    Ok(object) if before.is_null() => before = object,
                    Ok(_) => {}
                    Err(outcome) => tried = Err(outcome),
                }
            }
            dry_run.push(tried);
        }
        Preflight { access: Vec::new(), dry_run, before, requests: plan.requests.clone() }
    }

    /// Sends every request once, in order, and stops at the first that is not applied.
    pub(super) async fn send(&self, plan: &Plan) -> Outcome {
        if *plan.target.context != *self.repository {
            let reason = format!("the plan is for {}, this is {}", plan.target.context, self.repository);
            return Outcome::Failed { status: None, reason };
        }
        let mut last = Outcome::Applied { warnings: Vec::new(), resource_version: None };
        for (applied, request) in plan.requests.iter().enumerate() {
            last = self.send_one(request).await;
            if !last.is_applied() {
                let left = left_behind(plan, applied, &last);
                let last = last.after(applied, plan.requests.len());
                return last.saying(|reason| {
                    left.map_or(reason.to_owned(), |left| format!("{}. {left}", reason.trim_end_matches('.')))
                });
            }
        }
        last
    }

    async fn send_one(&self, request: &Request) -> Outcome {
        for held in &request.held {
            if let Err(outcome) = self.still_holds(held).await {
                return outcome;
            }
        }
        match self.call(request.method, &request.path, &request.body).await {
            Ok(answer) => outcome(request, &answer),
            Err(silence) => silent(silence),
        }
    }

    /// The object that the fact stands in, or how it differs.
    async fn still_holds(&self, held: &Held) -> Result<Value, Outcome> {
        let answer = self.call("GET", &held.path, &Value::Null).await.map_err(|silence| Outcome::Failed {
            status: None,
            reason: format!("{} could not be read again, so nothing was sent: {}", held.what, silence.reason),
        })?;
        if !(200..300).contains(&answer.status) {
            return Err(unread(held, &answer));
        }
        if let Some(odd) = answer.odd {
            let reason = format!("{} could not be read again, so nothing was sent: the answer is {odd}", held.what);
            return Err(Outcome::Failed { status: Some(answer.status), reason });
        }
        let is = answer.body.pointer(held.pointer).cloned().unwrap_or(Value::Null);
        let trimmed = |value: &Value| value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
        // An amount was seen as an amount: `025` is 25.
        let amount = |value: &Value| decimal(&trimmed(value)).filter(|_| held.pointer == "/value");
        if trimmed(&is) == trimmed(&held.value) || amount(&is).is_some_and(|is| Some(is) == amount(&held.value)) {
            return Ok(answer.body);
        }
        if held.pointer == "/sha" {
            return Err(Outcome::Conflict {
                reason: format!("{} was changed since it was read: look again", held.what),
            });
        }
        let (is, was) = (visible_up_to(&trimmed(&is), 100), visible_up_to(&trimmed(&held.value), 100));
        Err(Outcome::Conflict { reason: format!("{} is {is} now, it was {was}", held.what) })
    }

    async fn call(&self, method: &'static str, path: &str, body: &Value) -> Result<Answer, Silence> {
        let unsent = |reason: String| Silence { may_have_arrived: false, reason };
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| unsent(format!("{method} is no method")))?;
        let is_question = method == Method::GET;
        let mut request = http::Request::builder()
            .method(method)
            .uri(path)
            .header(ACCEPT, "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28")
            .header(CONTENT_TYPE, "application/json");
        if body.is_null() && !is_question {
            // Nobody below says so of a body that is not there, and GitHub asks for it: 411.
            request = request.header(CONTENT_LENGTH, 0);
        }
        let bytes = if body.is_null() { OctoBody::empty() } else { OctoBody::from(body.to_string()) };
        let request = request.body(bytes).map_err(|error| unsent(format!("no request: {error}")))?;
        match tokio::time::timeout(self.timeout, self.exchange(request)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(silence)) => Err(Silence { may_have_arrived: silence.may_have_arrived && !is_question, ..silence }),
            Err(_) => {
                let reason = format!("no answer within {} s", self.timeout.as_secs_f32());
                Err(Silence { may_have_arrived: !is_question, reason })
            }
        }
    }

    async fn exchange(&self, request: http::Request<OctoBody>) -> Result<Answer, Silence> {
        let response = self
            .octocrab
            .execute(request)
            .await
            .map_err(|error| Silence { may_have_arrived: !is_unsent(&error), reason: chain(&error) })?;
        let (head, body) = response.into_parts();
        let body: Result<Bytes, _> = Limited::new(body, LARGEST_ANSWER).collect().await.map(|body| body.to_bytes());
        // The status has come: what it says is done even when its body broke off.
        let whole = body.ok();
        let body = whole.as_ref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or(Value::Null);
        let odd = whole.filter(|_| !body.is_object()).map(|bytes| answer::odd(&bytes));
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body, odd })
    }
}

/// What a pull request that did not come about has left in the repository: nobody here takes it away again.
fn left_behind(plan: &Plan, applied: usize, outcome: &Outcome) -> Option<String> {
    let branch = plan.requests.first()?.body["ref"].as_str()?.strip_prefix("refs/heads/")?;
    let is_unknown = matches!(outcome, Outcome::Unknown { .. });
    let what = match (applied, is_unknown) {
        (0, false) => return None,
        (0, true) => "may have been made, without a commit on it",
        (1, false) => "is left behind, without a commit on it: delete it",
        (1, true) => "is left behind, perhaps with the commit on it, and without a pull request",
        (_, false) => "is left behind with the commit on it: open its pull request by hand, or delete it",
        (_, true) => "has the commit on it: look for its pull request",
    };
    Some(format!("Branch {branch} {what}"))
}

/// Whether the connection never came about.
fn is_unsent(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(inner) = cause {
        if inner.downcast_ref::<reqwest::Error>().is_some_and(|error| error.is_connect() || error.is_builder()) {
            return true;
        }
        cause = inner.source();
    }
    false
}
