//! A simulated GitHub: repositories as stories tell them, behind the real paths, headers and refusals.
//!
//! `serve` is the door (faults, budget, ETags); `read` and `write` are what it answers; `repo` is what there is; `script`
//! is how a story says so.

mod read;
mod repo;
mod script;
mod serve;
mod write;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

pub(super) use serve::{Door, respond};

use repo::Repo;

/// Requests an hour.
const BUDGET: u64 = 5000;

/// Everything on the simulated GitHub.
#[derive(Debug, Default)]
pub(super) struct GitHub {
    /// By `owner/name`.
    pub(super) repos: BTreeMap<String, Repo>,
    /// Requests of this hour, and when the next one begins.
    used: u64,
    resets: Option<Timestamp>,
    /// Given to runs, artifacts and pull requests that come into being.
    last_id: u64,
}

/// One request, taken apart.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: hyper::Method,
    pub(super) segments: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Value,
    /// `http://HOST:PORT`, as the client called it.
    pub(super) base: String,
    /// Where archives are stored: another host.
    pub(super) store: String,
    pub(super) now: Timestamp,
}

/// What is answered.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) code: u16,
    /// Null: no body.
    pub(super) body: Value,
    pub(super) link: Option<String>,
    pub(super) location: Option<String>,
}

impl Reply {
    fn of(code: u16, body: Value) -> Self {
        Reply { code, body, link: None, location: None }
    }

    fn ok(body: Value) -> Self {
        Self::of(200, body)
    }

    fn empty() -> Self {
        Self::of(204, Value::Null)
    }

    fn refused(code: u16, message: &str) -> Self {
        Self::of(
            code,
            json!({"message": message, "documentation_url": "https://docs.github.com/rest", "status": code.to_string()}),
        )
    }

    fn not_found() -> Self {
        Self::refused(404, "Not Found")
    }

    /// GitHub's shape for a field that does not fit.
    fn invalid(resource: &str, message: &str) -> Self {
        let errors = json!([{"resource": resource, "code": "custom", "message": message}]);
        Self::of(422, json!({"message": "Validation Failed", "errors": errors, "status": "422"}))
    }
}

impl Call {
    fn parameter(&self, name: &str) -> &str {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }
}

impl GitHub {
    /// Answers a request that may be answered.
    pub(super) fn answer(&mut self, call: &Call) -> Reply {
        let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
        let segments = match segments.as_slice() {
            // GitHub Enterprise Server has its API in there.
            ["api", "v3", rest @ ..] => rest,
            rest => rest,
        };
        if let ["app", "installations", _, "access_tokens"] = segments {
            let ends = call.now.checked_add(jiff::SignedDuration::from_hours(1)).unwrap_or(call.now);
            return Reply::of(201, json!({"token": "ghs_simulated", "expires_at": ends.to_string()}));
        }
        let ["repos", owner, name, rest @ ..] = segments else { return Reply::not_found() };
        let next_id = self.last_id + 1;
        let Some(repo) = self.repos.get_mut(&format!("{owner}/{name}")) else { return Reply::not_found() };
        repo.settle(call.now);
        if call.method == hyper::Method::GET {
            return read::read(repo, call, rest);
        }
        self.last_id = next_id;
        write::write(repo, call, rest, next_id)
    }

    /// Counts a request; false when there is none left.
    fn count(&mut self, now: Timestamp) -> bool {
        self.renew(now);
        self.used += 1;
        self.used <= BUDGET
    }

    fn renew(&mut self, now: Timestamp) {
        if self.resets.is_none_or(|resets| now >= resets) {
            self.used = 0;
            self.resets = now.checked_add(jiff::SignedDuration::from_hours(1)).ok();
        }
    }

    /// Leaves so many requests for this hour.
    pub(super) fn leave(&mut self, remaining: u64, now: Timestamp) {
        self.renew(now);
        self.used = BUDGET.saturating_sub(remaining);
    }
}
