//! What GitHub's headers and refusals mean: the budget, how long to wait, and a sentence for every way of saying no.

use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};

use crate::release::denial;
use crate::release::observation::{Failure, FailureKind};
use crate::release::repository::Budget;
use crate::release::text::{visible, visible_up_to};

/// How long to wait where GitHub limits us and does not say for how long: its documentation says a minute.
const UNSAID: SignedDuration = SignedDuration::from_secs(60);
const SHORTEST: SignedDuration = SignedDuration::from_secs(1);
/// No longer than this, whatever it says: the budget comes back every hour.
const LONGEST: SignedDuration = SignedDuration::from_mins(61);

/// Who was asked, for what, and with what in hand.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The host, for sentences.
    pub who: &'a str,
    /// In the operator's words: `pull requests`.
    pub what: &'a str,
    pub repository: &'a str,
    pub has_token: bool,
}

/// A request that brought nothing.
#[derive(Clone, Debug)]
pub enum Miss {
    /// 404 or 410: it is not there, as far as this token can see.
    Absent(Failure),
    /// Nothing must be asked before that time.
    Limited(Failure, Timestamp),
    Failed(Failure),
}

impl From<Miss> for Failure {
    fn from(miss: Miss) -> Self {
        match miss {
            Miss::Absent(failure) | Miss::Limited(failure, _) | Miss::Failed(failure) => failure,
        }
    }
}

impl From<Failure> for Miss {
    fn from(failure: Failure) -> Self {
        Miss::Failed(failure)
    }
}

impl Miss {
    /// What is in the way of this one answer alone; Err: of the whole look at that time.
    pub fn own(self) -> Result<Failure, Miss> {
        match self {
            Miss::Failed(failure) if failure.kind != FailureKind::Unauthorized => Ok(failure),
            miss => Err(miss),
        }
    }
}

/// What the repository itself is called in sentences: the one thing that there is always exactly one of.
pub const REPOSITORY: &str = "repository";

/// The budget in the headers of any answer. Of the core resource only: a search has one of its own.
pub fn budget(headers: &HeaderMap) -> Option<Budget> {
    if text(headers, "x-ratelimit-resource").is_some_and(|resource| resource != "core") {
        return None;
    }
    let number = |name| text(headers, name)?.trim().parse::<u64>().ok();
    Some(Budget {
        limit: number("x-ratelimit-limit")?,
        remaining: number("x-ratelimit-remaining")?,
        resets: number("x-ratelimit-reset").and_then(|at| Timestamp::from_second(i64::try_from(at).ok()?).ok()),
    })
}

/// The page after this one, from `Link: <...>; rel="next"`.
pub fn next_page(headers: &HeaderMap) -> Option<String> {
    let link = text(headers, "link")?;
    link.split(',').find_map(|part| {
        let (target, parameters) = part.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = parameters.split(';').any(|parameter| matches!(parameter.trim(), "rel=\"next\"" | "rel=next"));
        is_next.then(|| target.to_owned())
    })
}

/// The sentence for an answer that is no success.
pub fn refused(asked: Asked, status: StatusCode, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Miss {
    let Asked { who, what, repository, has_token } = asked;
    let code = status.as_u16();
    let said = said(body);
    if matches!(code, 403 | 429)
        && let Some(wait) = limit(code, headers, &said, now)
    {
        return limited(asked, code, headers, wait, now);
    }
    if code < 500 && is_web_page(body) {
        // Whoever stands in between has answered: GitHub itself has said nothing, not even that there is none.
        return Miss::Failed(web_page(asked, code));
    }
    let absent = |sentence: String| Miss::Absent(failure(FailureKind::NotInstalled, sentence));
    let (kind, sentence) = match code {
        401 if has_token => (FailureKind::Unauthorized, format!("{who} does not accept the token (401): renew it")),
        401 => (FailureKind::Unauthorized, format!("{who} wants a token (401): {TOKENS}")),
        403 => (FailureKind::Forbidden, forbidden(asked, headers, body, &said)),
        404 => return absent(absence(asked, headers)),
        410 => {
            return absent(format!(
                "{repository}: {what} gone for good (410): past the retention time, or switched off"
            ));
        }
        409 if said.contains("empty") => {
            (FailureKind::Failed, format!("{repository} is empty (409): no {what} before its first commit"))
        }
        409 => (FailureKind::Failed, format!("{repository}: {what} in conflict (409){}", after(": ", &said))),
        422 => {
            let names = "are the names under `github:` in the configuration right?";
            let said = after(": ", &said);
            (FailureKind::Failed, format!("{who} does not accept the question for {what} (422){said}; {names}"))
        }
        451 => {
            let reason = denial::blocked(body).unwrap_or_default();
            (FailureKind::Forbidden, format!("{repository} is withheld for legal reasons (451{reason}): ask its owner"))
        }
        500..=599 => {
            let help = if who == GITHUB { "githubstatus.com may say more" } else { "ask who runs it" };
            (FailureKind::Unreachable, format!("{who} has a fault of its own ({code}){}; {help}", after(": ", &said)))
        }
        _ => (FailureKind::Failed, format!("{who} answered {code} for {what}{}", after(": ", &said))),
    };
    let wait = retry_after(headers, now).filter(|_| status.is_server_error()).map(|wait| wait.clamp(SHORTEST, LONGEST));
    Miss::Failed(Failure { retry_in: wait, ..failure(kind, sentence) })
}

const GITHUB: &str = "api.github.com";
const TOKENS: &str = "set GITHUB_TOKEN, run `gh auth login`, or name a file with github.token_file";

/// A failure with its sentence made safe.
pub fn failure(kind: FailureKind, sentence: impl AsRef<str>) -> Failure {
    Failure { kind, message: visible(sentence.as_ref()), retry_in: None }
}

/// No API answers with one, but a proxy that wants a login does, and the web site beside the API.
pub fn is_web_page(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}

/// The sentence for it.
pub fn web_page(Asked { who, what, .. }: Asked, code: u16) -> Failure {
    let code = if code == 200 { String::new() } else { format!(" ({code})") };
    failure(
        FailureKind::Failed,
        format!(
            "{who} answered with a web page for {what}{code}: is github.url the address of an API (a GitHub Enterprise \
             Server's ends in /api/v3), or does a proxy in between want a login?"
        ),
    )
}

/// How long a limit lasts; None where this is a 403 of another kind.
fn limit(code: u16, headers: &HeaderMap, said: &str, now: Timestamp) -> Option<SignedDuration> {
    let asked = retry_after(headers, now);
    let budget = budget(headers).filter(|budget| budget.remaining == 0);
    let until_reset = || Some(budget?.resets?.duration_since(date(headers).unwrap_or(now)));
    let is_limit = code == 429 || asked.is_some() || budget.is_some() || is_said_to_be_limit(said);
    let wait = asked.or_else(until_reset).unwrap_or(UNSAID);
    is_limit.then(|| wait.clamp(SHORTEST, LONGEST))
}

/// `Retry-After` in either of its forms: seconds, or the time to wait for by the clock of whoever says so.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let asked = text(headers, "retry-after")?.trim();
    let seconds = asked.parse().ok().map(SignedDuration::from_secs);
    seconds.or_else(|| Some(time(asked)?.duration_since(date(headers).unwrap_or(now))))
}

/// What the clock over there says: it may not be ours, and what it is compared with is its own.
fn date(headers: &HeaderMap) -> Option<Timestamp> {
    time(text(headers, "date")?)
}

/// `Tue, 10 Oct 2017 16:00:00 GMT`.
fn time(text: &str) -> Option<Timestamp> {
    Some(jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp())
}

/// What GitHub calls its limits; older servers say "abuse detection".
fn is_said_to_be_limit(said: &str) -> bool {
    let said = said.to_lowercase();
    said.contains("rate limit") || said.contains("abuse detection")
}

fn limited(asked: Asked, code: u16, headers: &HeaderMap, wait: SignedDuration, now: Timestamp) -> Miss {
    let who = asked.who;
    let until = now.checked_add(wait).unwrap_or(now);
    let at = until.strftime("%H:%M:%S");
    let used_up = budget(headers).filter(|budget| budget.remaining == 0 && !headers.contains_key("retry-after"));
    let sentence = match used_up {
        Some(Budget { limit, .. }) => {
            let more = if asked.has_token { String::new() } else { format!("; a token gives more: {TOKENS}") };
            format!("all {limit} requests of this hour are used up ({code}): {who} answers again at {at} UTC{more}")
        }
        None => format!("{who} asks us to slow down ({code}, secondary rate limit): not before {at} UTC"),
    };
    let failure = Failure { retry_in: Some(wait), ..failure(FailureKind::Failed, sentence) };
    Miss::Limited(failure, until)
}

/// A 404: it is not there, or whoever asks may not see it. A token with scopes is told which one it lacks.
fn absence(asked: Asked, headers: &HeaderMap) -> String {
    let Asked { what, repository, has_token, .. } = asked;
    let has_scopes = headers.contains_key("x-oauth-scopes");
    let lacks = denial::lacks(|name| owned(headers, name)).filter(|_| has_scopes);
    let lacks = lacks.map(|lacks| format!(": it would need {lacks}")).unwrap_or_default();
    match (what == REPOSITORY, has_token) {
        (true, true) => format!("no repository {repository}, or the token may not see it (404){lacks}"),
        (true, false) => format!("no repository {repository}, or it cannot be seen without a token (404): {TOKENS}"),
        (false, true) => format!("{repository}: no {what}, or the token may not see them (404){lacks}"),
        (false, false) => format!("{repository}: no {what} that can be seen without a token (404): {TOKENS}"),
    }
}

/// What is in the way: something before all of the repository, or what the token lacks, by name where GitHub says it.
fn forbidden(asked: Asked, headers: &HeaderMap, body: &[u8], said: &str) -> String {
    let Asked { what, repository, has_token, .. } = asked;
    if let Some(barrier) = denial::barrier(body, said, |name| owned(headers, name)) {
        return barrier;
    }
    if said.contains("too large") {
        // Older servers refuse a file of more than a megabyte like that.
        return format!("{what} of {repository} cannot be had (403): {said}");
    }
    let said = after(". ", said);
    let lacks = denial::lacks(|name| owned(headers, name)).map(|lacks| format!(": it needs {lacks}"));
    let lacks = lacks.unwrap_or_default();
    let what = if what == REPOSITORY { repository.to_owned() } else { format!("{what} of {repository}") };
    match has_token {
        true => format!("the token may not read {what} (403){lacks}{said}"),
        false => format!("{what} cannot be read without a token (403){lacks}: {TOKENS}{said}"),
    }
}

/// GitHub's own words; where somebody else has answered, what they have said.
fn said(body: &[u8]) -> String {
    denial::said(body).unwrap_or_else(|| match is_web_page(body) {
        true => "a web page in place of an answer".to_owned(),
        false => visible_up_to(String::from_utf8_lossy(&body[..body.len().min(1000)]).trim(), 200),
    })
}

/// Something said, behind what leads to it; nothing where nothing is.
fn after(lead: &str, said: &str) -> String {
    if said.is_empty() { String::new() } else { format!("{lead}{said}") }
}

fn owned(headers: &HeaderMap, name: &str) -> Option<String> {
    text(headers, name).map(str::to_owned)
}

/// A header as text.
pub fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'_> =
        Asked { who: "api.github.com", what: "workflow runs", repository: "acme/shop", has_token: true };

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    fn say(code: u16, pairs: &[(&'static str, &str)], body: &str) -> Miss {
        let now = Timestamp::from_second(1000).unwrap();
        refused(ASKED, StatusCode::from_u16(code).unwrap(), &headers(pairs), body.as_bytes(), now)
    }

    #[test]
    fn each_refusal_has_its_sentence() {
        let message = r#"{"message":"Resource not accessible by integration","documentation_url":"x"}"#;
        type Case<'a> = (u16, &'a [(&'a str, &'a str)], &'a str, &'a str);
        let cases: &[Case<'_>] = &[
            (401, &[], "{}", "does not accept the token (401): renew it"),
            (403, &[("x-accepted-github-permissions", "actions=read")], message, "needs the permission actions=read"),
            (403, &[("x-accepted-oauth-scopes", "repo")], message, "needs the scope repo. Resource not accessible"),
            (
                403,
                &[("x-github-sso", "required; url=https://x/sso")],
                message,
                "single sign-on (403): authorise it at https://x/sso",
            ),
            (403, &[], r#"{"message":"The blob is too large to fetch"}"#, "cannot be had (403): The blob is too large"),
            (404, &[], "", "acme/shop: no workflow runs, or the token may not see them (404)"),
            (
                409,
                &[],
                r#"{"message":"Git Repository is empty."}"#,
                "is empty (409): no workflow runs before its first commit",
            ),
            (409, &[], r#"{"message":"odd"}"#, "in conflict (409): odd"),
            (410, &[], "", "past the retention time"),
            (422, &[], r#"{"message":"Validation Failed"}"#, "(422): Validation Failed"),
            (
                422,
                &[],
                r#"{"message":"Validation Failed","errors":[{"resource":"Ref","field":"ref","code":"invalid"},"too long",{}]}"#,
                "(422): Validation Failed: ref invalid; too long",
            ),
            (502, &[], "<html>", "a fault of its own (502): a web page in place of an answer"),
            (404, &[], " <html>", "a web page for workflow runs (404): is github.url the address of an API"),
            (
                404,
                &[("x-oauth-scopes", "gist"), ("x-accepted-oauth-scopes", "repo")],
                "",
                "it would need the scope repo, and has gist",
            ),
            (
                451,
                &[],
                r#"{"message":"Repository access blocked","block":{"reason":"dmca"}}"#,
                "legal reasons (451, dmca)",
            ),
            (418, &[], "\u{1b}[2J", "answered 418 for workflow runs: ␛[2J"),
        ];
        let mut sentences = std::collections::BTreeSet::new();
        for (code, pairs, body, sentence) in cases {
            let failure: Failure = say(*code, pairs, body).into();
            assert!(failure.message.contains(sentence), "{}", failure.message);
            assert!(sentences.insert(failure.message.clone()), "said before: {}", failure.message);
        }
        let anonymous = Asked { has_token: false, ..ASKED };
        let failure: Failure =
            refused(anonymous, StatusCode::UNAUTHORIZED, &HeaderMap::new(), b"", Timestamp::UNIX_EPOCH).into();
        assert!(failure.message.contains("set GITHUB_TOKEN"), "{}", failure.message);
    }

    #[test]
    fn limits_say_for_how_long() {
        let spent = [("x-ratelimit-limit", "5000"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1090")];
        let secondary = r#"{"message":"You have exceeded a secondary rate limit."}"#;
        let wait = |miss| match miss {
            Miss::Limited(failure, until) => (failure.retry_in.unwrap().as_secs(), until.as_second(), failure.message),
            other => panic!("{other:?}"),
        };
        let (seconds, until, message) = wait(say(403, &spent, ""));
        assert_eq!((seconds, until), (90, 1090));
        assert!(message.contains("all 5000 requests") && message.ends_with("again at 00:18:10 UTC"), "{message}");
        let (seconds, _, message) = wait(say(429, &[("retry-after", "7")], secondary));
        assert!(seconds == 7 && message.contains("slow down (429"), "{message}");
        assert_eq!(wait(say(403, &[], secondary)).0, 60);
        let older = r#"{"message":"You have triggered an abuse detection mechanism."}"#;
        assert_eq!(wait(say(403, &[], older)).0, 60);
        assert_eq!(wait(say(429, &[("retry-after", "999999999")], "")).0, LONGEST.as_secs());
        // The clock over there is three minutes behind; only it knows how long that is.
        let theirs = ("date", "Thu, 01 Jan 1970 00:13:40 GMT");
        assert_eq!(wait(say(429, &[("retry-after", "Thu, 01 Jan 1970 00:13:48 GMT"), theirs], secondary)).0, 8);
        assert_eq!(wait(say(403, &[spent[0], spent[1], ("x-ratelimit-reset", "860"), theirs], "")).0, 40);
        assert_eq!(wait(say(429, &[("retry-after", "Thu, 01 Jan 1970 00:17:00 GMT")], "")).0, 20);
        assert_eq!(wait(say(429, &[("retry-after", "soon")], "")).0, UNSAID.as_secs());
    }

    #[test]
    fn the_next_page_is_found_among_the_links() {
        let link =
            "<https://x/?page=1>; rel=\"prev\", <https://x/?page=3>; rel=\"next\", <https://x/?page=9>; rel=\"last\"";
        assert_eq!(next_page(&headers(&[("link", link)])).as_deref(), Some("https://x/?page=3"));
        assert_eq!(next_page(&headers(&[("link", "rubbish, <, >")])), None);
    }

    proptest::proptest! {
        #[test]
        fn no_header_and_no_body_panics(value in "[ -~]{0,40}", body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60), code in 300u16..600) {
            let names = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after", "link", "x-github-sso"];
            let pairs: Vec<_> = names.into_iter().map(|name| (name, value.as_str())).collect();
            let headers = headers(&pairs);
            let _ = (next_page(&headers), budget(&headers));
            let _ = refused(ASKED, StatusCode::from_u16(code).unwrap(), &headers, &body, Timestamp::UNIX_EPOCH);
        }
    }
}
