//! The doors of the simulated GitHub: the API with its faults, budget and ETags, and the store of archives beside it.

use std::sync::Arc;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HOST, HeaderName, HeaderValue, IF_NONE_MATCH, LINK, LOCATION,
    RETRY_AFTER, TRANSFER_ENCODING,
};
use hyper::{Method, Response, StatusCode};
use serde_json::Value;

use super::repo::sha;
use super::{BUDGET, Call, GitHub, Reply};
use crate::sim::call::{pairs, segments};
use crate::sim::fault::Fault;
use crate::sim::world::{Asked, Shared};

/// A request body larger than this is refused.
const LARGEST_BODY: usize = 8 * 1024 * 1024;
/// How long a client is asked to wait.
const WAIT_SECONDS: u64 = 2;

/// Which door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Door {
    Api,
    Store,
}

/// Answers one request at a door, and writes it down.
pub(in crate::sim) async fn respond(
    request: hyper::Request<Incoming>,
    door: Door,
    shared: Arc<Shared>,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let fault = shared.current_fault();
    if let Fault::GithubSlow(by) = fault {
        tokio::time::sleep(by).await;
    }
    let text = |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body = Limited::new(body, LARGEST_BODY).collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let call = Call {
        method: head.method.clone(),
        segments: segments(head.uri.path()),
        query: pairs(head.uri.query().unwrap_or_default()),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        base: format!("http://{}", text(HOST)),
        store: shared.store.get().cloned().unwrap_or_default(),
        now: shared.clock.now(),
    };
    let token = text(AUTHORIZATION).to_owned();
    let known = text(IF_NONE_MATCH).to_owned();
    let is_measured = [CONTENT_LENGTH, TRANSFER_ENCODING].iter().any(|name| head.headers.contains_key(name));
    let response = match door {
        Door::Store => shared.with(|state| store(&state.github, &call, &token)),
        Door::Api if head.method != Method::GET && !is_measured => plain(411, "Length Required"),
        Door::Api => shared.with(|state| api(&mut state.github, &call, fault, &token, &known)),
    };
    let response = match fault {
        Fault::GithubLost if head.method != Method::GET => plain(502, "Bad Gateway"),
        _ => response,
    };
    shared.record_asked(Asked {
        method: head.method.to_string(),
        path: head.uri.path_and_query().map(|path| path.as_str().to_owned()).unwrap_or_default(),
        body: String::from_utf8_lossy(&body).into_owned(),
        status: response.status().as_u16(),
        is_store: door == Door::Store,
        has_token: !token.is_empty(),
    });
    if let (Fault::GithubSlowWrites(by), true) = (fault, head.method != Method::GET) {
        tokio::time::sleep(by).await;
    }
    response
}

/// The store answers whoever has the signature, and as the real one refuses a token that is not its own.
fn store(github: &GitHub, call: &Call, token: &str) -> Response<Full<Bytes>> {
    if !token.is_empty() {
        return plain(400, "InvalidAuthenticationInfo");
    }
    let [owner, name, file] = call.segments.as_slice() else { return plain(404, "BlobNotFound") };
    let id = file.strip_suffix(".zip").unwrap_or_default();
    let artifact = github.repos.get(&format!("{owner}/{name}")).and_then(|repo| repo.artifact(id));
    match artifact {
        Some(artifact) if call.parameter("sig") == "c2VjcmV0" => {
            let mut response = Response::new(Full::new(Bytes::from(artifact.zip())));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
            response
        }
        Some(_) => plain(403, "AuthenticationFailed"),
        None => plain(404, "BlobNotFound"),
    }
}

fn api(github: &mut GitHub, call: &Call, fault: Fault, token: &str, known: &str) -> Response<Full<Bytes>> {
    let is_expired = fault == Fault::GithubUnauthorized || token == "Bearer expired";
    let is_viewer = token == "Bearer viewer" && call.method != Method::GET;
    let is_workflow = call.method == Method::PUT && call.segments.iter().any(|part| part == ".github");
    let reply = if is_expired {
        Reply::refused(401, "Bad credentials")
    } else if is_for_app(call) != token.starts_with("Bearer eyJ") {
        Reply::refused(401, "A JSON web token could not be decoded")
    } else if fault == Fault::GithubTooMany {
        Reply::refused(429, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
    } else if fault == Fault::GithubForbidden || is_viewer || is_workflow && token == "Bearer contents-only" {
        Reply::refused(403, "Resource not accessible by personal access token")
    } else if is_workflow && token == "Bearer no-workflows" {
        // A classic token without the scope is told that there is no such file, as of old.
        Reply::not_found()
    } else {
        // A write is counted before it happens, a question when it is known whether it was a new one.
        github.answer(call)
    };
    let body = match &reply.body {
        Value::Null => Bytes::new(),
        body => Bytes::from(body.to_string()),
    };
    let etag = format!("W/\"{}\"", sha(&body));
    let is_old = call.method == Method::GET && reply.code == 200 && etag == known;
    if !is_old && !github.count(call.now) {
        let message = "API rate limit exceeded for user ID 1.";
        return with_budget(response(&Reply::refused(403, message), None), github);
    }
    let mut answer = if is_old {
        let mut answer = Response::new(Full::default());
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        answer
    } else {
        response(&reply, Some(body))
    };
    if call.method == Method::GET && reply.code == 200 {
        put(&mut answer, ETAG, &etag);
    }
    if reply.code == 429 {
        put(&mut answer, RETRY_AFTER, &WAIT_SECONDS.to_string());
    }
    if reply.code == 403 {
        let needed = permission(call);
        put(&mut answer, HeaderName::from_static("x-accepted-github-permissions"), needed);
    }
    with_budget(answer, github)
}

/// Whether an app signs for it; everything else takes no signature.
fn is_for_app(call: &Call) -> bool {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    matches!(segments.as_slice(), ["repos", _, _, "installation"] | ["app", ..])
}

/// What a token needs for that path, as GitHub names it.
fn permission(call: &Call) -> &'static str {
    let rest: Vec<&str> = call.segments.iter().skip(3).map(String::as_str).collect();
    let writes = call.method != Method::GET;
    match (rest.as_slice(), writes) {
        (["actions", "variables", ..], false) => "actions_variables=read",
        (["actions", "variables", ..], true) => "actions_variables=write",
        (["actions", ..], false) => "actions=read",
        (["actions", ..], true) => "actions=write",
        (["pulls", ..], false) => "pull_requests=read",
        (["pulls", ..], true) => "pull_requests=write",
        (["contents", ".github", "workflows", ..], true) => "contents=write; contents=write,workflows=write",
        (["contents" | "git" | "commits" | "releases", ..], true) => "contents=write",
        (["contents" | "git" | "commits" | "releases" | "branches", ..], false) => "contents=read",
        (["check-runs", ..], _) => "checks=read",
        _ => "metadata=read",
    }
}

fn response(reply: &Reply, body: Option<Bytes>) -> Response<Full<Bytes>> {
    let body = body.unwrap_or_else(|| Bytes::from(reply.body.to_string()));
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = StatusCode::from_u16(reply.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    if let Some(link) = &reply.link {
        put(&mut response, LINK, link);
    }
    if let Some(location) = &reply.location {
        put(&mut response, LOCATION, location);
    }
    response
}

fn with_budget(mut response: Response<Full<Bytes>>, github: &GitHub) -> Response<Full<Bytes>> {
    let resets = github.resets.map_or(0, |resets| resets.as_second());
    for (name, value) in [
        ("x-ratelimit-limit", BUDGET.to_string()),
        ("x-ratelimit-remaining", BUDGET.saturating_sub(github.used).to_string()),
        ("x-ratelimit-used", github.used.min(BUDGET).to_string()),
        ("x-ratelimit-reset", resets.to_string()),
        ("x-ratelimit-resource", "core".to_owned()),
    ] {
        put(&mut response, HeaderName::from_static(name), &value);
    }
    response
}

fn put(response: &mut Response<Full<Bytes>>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn plain(code: u16, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}
