//! What an answer of GitHub means for the operator: an [`Outcome`] with a sentence.

use super::Answer;
use crate::actions::plan::{Held, Request};
use crate::release::denial;
use crate::release::text::visible_up_to;
use crate::writers::outcome::Outcome;

/// What the answer says about that request.
pub(super) fn outcome(request: &Request, answer: &Answer) -> Outcome {
    let said = said(answer);
    let failed = |reason: String| Outcome::Failed { status: Some(answer.status), reason };
    let is_pull_only = PULL_ONLY.iter().any(|word| said.contains(word));
    match answer.status {
        200..=299 if answer.odd.is_some_and(|odd| odd != NOTHING) || is_silent_about_a_thing(request, answer) => {
            let odd = answer.odd.unwrap_or(NOTHING);
            let reason =
                format!("the answer ({}) is {odd}, where GitHub answers with JSON: did it arrive?", answer.status);
            Outcome::Unknown { reason }
        }
        200..=299 => {
            let commit = answer.body.pointer("/commit/sha").and_then(|sha| sha.as_str());
            // The sha of a file that is not there any more holds nothing back.
            let is_anew = answer.status == 201 && request.method == "PUT";
            let warning = "somebody had deleted the file in the moment before: it is there again";
            let warnings = is_anew.then(|| warning.to_owned()).into_iter().collect();
            Outcome::Applied { warnings, resource_version: commit.map(|sha| visible_up_to(sha, 64)) }
        }
        300..=399 => failed("the repository has moved: set github.repository to its new name".to_owned()),
        401 => Outcome::Denied { reason: "GitHub does not accept the token (401): renew it".to_owned() },
        403 | 429 if is_limit(answer, &said) => failed(format!("GitHub asks us to slow down and did nothing: {said}")),
        403 => Outcome::Denied { reason: forbidden(request, answer, &said) },
        // The file was read a moment ago: it is the write that is hidden.
        404 if request.path.contains("/contents/.github/workflows/") && !said.starts_with("Branch ") => {
            Outcome::Denied {
                reason: "the token lacks the scope workflow (Workflows: write), or the file is gone by now (404)"
                    .to_owned(),
            }
        }
        404 => {
            let has_scopes = answer.headers.contains_key("x-oauth-scopes");
            let lacks = denial::lacks(header(answer)).filter(|_| has_scopes);
            let lacks = lacks.map(|lacks| format!(": it would need {lacks}")).unwrap_or_default();
            failed(format!("there is no such thing, or the token may not change it (404){lacks}"))
        }
        409 if said.contains("does not match") => {
            Outcome::Conflict { reason: "somebody changed the file meanwhile: look again".to_owned() }
        }
        409 if said.contains("expected to be at") || said.contains("but expected") => {
            Outcome::Conflict { reason: "somebody committed to the branch in the same moment: look again".to_owned() }
        }
        409 | 422 if is_pull_only && request.method == "PUT" => {
            failed(format!("the branch takes changes through pull requests only: {said}"))
        }
        409 => Outcome::Conflict { reason: said },
        422 if said.contains("already exists") => Outcome::Conflict { reason: done_before(request, &said) },
        422 => failed(format!("GitHub finds it invalid (422): {said}")),
        500.. => Outcome::Unknown { reason: format!("GitHub answered {} ({said})", answer.status) },
        status => failed(format!("GitHub answered {status}: {said}")),
    }
}

/// What GitHub says of a branch that takes no commits of its own, by rulesets and by protections of the older kind.
const PULL_ONLY: [&str; 4] = ["rule violations", "protected branch", "pull request", "Could not update file"];

const NOTHING: &str = "empty";

/// What a whole body is that is no JSON object.
pub(super) fn odd(body: &[u8]) -> &'static str {
    match body.trim_ascii() {
        [] => NOTHING,
        [b'<', ..] => "a web page",
        _ => "no JSON object",
    }
}

/// Switches and variables are changed without a word; a file, a branch and a pull request are shown as they are then.
fn is_silent_about_a_thing(request: &Request, answer: &Answer) -> bool {
    let is_shown = ["/contents/", "/git/refs", "/pulls"].iter().any(|part| request.path.contains(part));
    answer.odd == Some(NOTHING) && is_shown
}

/// The branch of an edit is called after it and the minute: one that is there has been made for the very same just now.
fn done_before(request: &Request, said: &str) -> String {
    let field = |name: &str| request.body[name].as_str().map(|text| visible_up_to(text, 200));
    match (field("ref"), field("head")) {
        (Some(branch), _) => {
            let branch = branch.trim_start_matches("refs/heads/");
            format!(
                "the same was begun within this minute: branch {branch} is there. Look for its pull request; where there is \
                 none, try again in a minute"
            )
        }
        (_, Some(head)) => format!("a pull request from {head} is open already"),
        _ => format!("it was done before: {said}"),
    }
}

/// Why a fact could not be read again.
pub(super) fn unread(held: &Held, answer: &Answer) -> Outcome {
    let said = said(answer);
    let what = &held.what;
    match answer.status {
        404 => Outcome::Conflict { reason: format!("{what} is not there any more, or may not be read (404)") },
        401 => Outcome::Denied { reason: "GitHub does not accept the token (401): renew it".to_owned() },
        status => {
            let why = hindrance(answer, &said).filter(|_| status == 403).map(|why| format!(" ({why})"));
            let why = why.unwrap_or_default();
            let reason = format!("{what} could not be read again, so nothing was sent: {status} {said}{why}");
            Outcome::Failed { status: Some(status), reason }
        }
    }
}

/// What is in the way: something before all of the repository, or what the token lacks, by name where GitHub says it.
fn forbidden(request: &Request, answer: &Answer, said: &str) -> String {
    if let Some(barrier) = denial::barrier(answer.body.to_string().as_bytes(), said, header(answer)) {
        return barrier;
    }
    let lacks = denial::lacks(header(answer)).map(|lacks| format!(": it needs {lacks}")).unwrap_or_default();
    format!("the token may not {} {} (403){lacks}. {said}", request.method, request.path)
}

/// The same of a question.
fn hindrance(answer: &Answer, said: &str) -> Option<String> {
    let barrier = denial::barrier(answer.body.to_string().as_bytes(), said, header(answer));
    barrier.or_else(|| Some(format!("the token needs {}", denial::lacks(header(answer))?)))
}

fn header(answer: &Answer) -> impl Fn(&str) -> Option<String> + '_ {
    |name| answer.headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn is_limit(answer: &Answer, said: &str) -> bool {
    let is_spent = answer.headers.get("x-ratelimit-remaining").is_some_and(|left| left == "0");
    answer.status == 429 || is_spent || answer.headers.contains_key("retry-after") || said.contains("rate limit")
}

/// GitHub's own words on one line, with the first of its details.
fn said(answer: &Answer) -> String {
    denial::said(answer.body.to_string().as_bytes()).unwrap_or_else(|| "without saying why".to_owned())
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use serde_json::json;

    use super::*;

    fn said_of(status: u16, headers: &[(&'static str, &str)], message: &str) -> String {
        let request = Request {
            method: "PUT",
            path: "/repos/acme/shop/contents/.github/workflows/x.yml".into(),
            content_type: "application/json",
            body: json!({}),
            right: None,
            held: Vec::new(),
        };
        let headers = headers.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
        let answer = Answer { status, headers: headers.collect(), body: json!({ "message": message }), odd: None };
        format!("{} {}", outcome(&request, &answer).word(), outcome(&request, &answer).reason())
    }

    #[test]
    fn a_file_that_comes_into_being_was_gone() {
        let request = |method, path: &str| Request {
            method,
            path: path.into(),
            content_type: "application/json",
            body: json!({}),
            right: None,
            held: Vec::new(),
        };
        let sentence = |method, path: &str, status| {
            let answer = Answer { status, headers: HeaderMap::new(), body: json!({ "sha": "x" }), odd: None };
            outcome(&request(method, path), &answer).sentence()
        };
        let file = "/repos/acme/shop/contents/feature-flags/flags.yaml";
        assert_eq!(
            (&*sentence("PUT", file, 200), &*sentence("POST", "/repos/acme/shop/git/refs", 201)),
            ("accepted", "accepted")
        );
        assert!(sentence("PUT", file, 201).contains("somebody had deleted the file in the moment before"));
    }

    #[test]
    fn each_answer_has_its_sentence() {
        type Case<'a> = (u16, &'a [(&'static str, &'a str)], &'a str, &'a str);
        let cases: &[Case<'_>] = &[
            (200, &[], "", "applied"),
            (301, &[], "Moved", "failed the repository has moved"),
            (401, &[], "Bad credentials", "denied GitHub does not accept the token"),
            (403, &[("x-accepted-github-permissions", "contents=write")], "no", "denied the token may not PUT"),
            (403, &[("x-ratelimit-remaining", "0")], "API rate limit exceeded", "failed GitHub asks us to slow down"),
            (
                403,
                &[("x-oauth-scopes", "gist"), ("x-accepted-oauth-scopes", "repo")],
                "no",
                "denied the token may not PUT",
            ),
            (
                403,
                &[],
                "`acme` has an IP allow list enabled",
                "denied the organisation lets nobody in from this address",
            ),
            (404, &[], "Not Found", "denied the token lacks the scope workflow"),
            (404, &[], "Branch main not found", "failed there is no such thing"),
            (409, &[], "x.yml does not match abc", "conflict somebody changed the file"),
            (
                409,
                &[],
                "Repository rule violations found\n\nChanges must be made through a pull request.",
                "failed the branch takes",
            ),
            (
                409,
                &[],
                "Could not update file: 2 of 2 required status checks are expected.",
                "failed the branch takes changes through pull requests only",
            ),
            (409, &[], "refs/heads/main expected to be at 0c0ffee", "conflict somebody committed to the branch"),
            (422, &[], "Reference already exists", "conflict it was done before"),
            (422, &[], "Validation Failed", "failed GitHub finds it invalid"),
            (429, &[], "slow", "failed GitHub asks us to slow down"),
            (502, &[], "", "unknown GitHub answered 502"),
        ];
        for (status, headers, message, expected) in cases {
            let is = said_of(*status, headers, message);
            assert!(is.starts_with(expected), "{status}: {is}");
        }
    }
}
