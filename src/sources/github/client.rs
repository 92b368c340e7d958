//! Asks one server: with ETags, within limits of time and size, and with the token for that server alone.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, IF_NONE_MATCH, LOCATION};
use http::request::Builder;
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jiff::Timestamp;
use octocrab::{OctoBody, Octocrab};

use crate::release::observation::{Failure, FailureKind};
use crate::release::repository::Budget;
use crate::release::text::visible_up_to;
use crate::sources::api;

use super::answer::{self, Asked, Miss, failure};
use super::cache::{Cache, Kept};
use super::settings::{Credentials, PUBLIC_API, Settings};
use super::{app, token, transport};

/// Largest JSON answer, and largest archive, that is taken into memory. A page of a hundred pull requests whose texts are as
/// long as GitHub lets them be fits in.
const LARGEST_JSON: usize = 16 << 20;
const LARGEST_ARCHIVE: usize = 32 << 20;
/// Redirects that are followed for one request.
const HOPS: usize = 3;
/// Longest wait for the whole of an archive.
const ARCHIVE_WITHIN: Duration = Duration::from_secs(120);
const JSON: &str = "application/vnd.github+json";

/// A server, and what it has said of itself.
pub struct Client {
    octocrab: Octocrab,
    /// For other hosts: it has no token to lose.
    bare: reqwest::Client,
    base: Uri,
    /// The host, with its port where that is not the usual one: for sentences.
    who: String,
    repository: String,
    has_token: bool,
    /// None: it lasts until GitHub refuses it.
    renew_at: Option<Timestamp>,
    timeout: Duration,
    clock: fn() -> Timestamp,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    cache: Cache,
    budget: Option<Budget>,
    /// Nothing is asked before that time, and why.
    limited: Option<(Timestamp, Failure)>,
}

/// A page.
pub struct Page {
    pub body: Bytes,
    pub next: Option<String>,
}

type Answer = Response<http_body_util::combinators::BoxBody<Bytes, octocrab::Error>>;

impl Client {
    /// Reads the token; nothing is sent yet, but for an app: what it has is a signature, which brings a token for an hour.
    pub async fn connect(settings: &Settings, clock: fn() -> Timestamp) -> Result<Self, Failure> {
        let url = settings.url.trim_end_matches('/');
        let wrong = || failure(FailureKind::Failed, "the address of GitHub's API is no http(s) address");
        let base: Uri = url.parse().map_err(|_| wrong())?;
        if !matches!(base.scheme_str(), Some("http" | "https")) {
            return Err(wrong());
        }
        let host = base.host().map(str::to_owned).ok_or_else(wrong)?;
        let who = base.port_u16().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        let web = if url == PUBLIC_API { "github.com" } else { &host };
        let token = token::read(&settings.credentials, web, clock()).await?;
        if token.is_some() && base.scheme_str() == Some("http") && !transport::is_loopback(&base) {
            let sentence = format!("the token is not sent to {who} in the clear: its address must start with https://");
            return Err(failure(FailureKind::Failed, sentence));
        }
        let plain = transport::plain(&base, settings.ca_file.as_deref(), settings.timeout()).await?;
        let mut client = Client {
            octocrab: transport::octocrab(plain.clone(), &base, token.as_ref())?,
            bare: plain,
            who,
            repository: settings.repository.to_string(),
            has_token: token.is_some(),
            renew_at: None,
            timeout: settings.timeout(),
            clock,
            memory: Mutex::default(),
            base,
        };
        if let Credentials::App(app) = &settings.credentials {
            let loan = app::borrow(app, &settings.repository, &client, clock()).await?;
            client.octocrab = transport::octocrab(client.bare.clone(), &client.base, Some(&loan.token))?;
            client.renew_at = Some(loan.renew_at);
        }
        Ok(client)
    }

    /// Whether the token is about to end: a new client is to be connected.
    pub fn is_worn_out(&self, now: Timestamp) -> bool {
        self.renew_at.is_some_and(|at| at <= now)
    }

    /// octocrab as it is set up for that server: no redirects, no second tries. For a writer of its own.
    pub fn octocrab(&self) -> Octocrab {
        self.octocrab.clone()
    }

    /// What is left, as the last answer said.
    pub fn budget(&self) -> Option<Budget> {
        self.memory().budget
    }

    /// One answer, whole. `path` starts with a slash; `what` is for sentences.
    pub async fn get(&self, path: &str, what: &str) -> Result<Bytes, Miss> {
        Ok(self.page(path, what).await?.body)
    }

    /// Page by page, `most` at most. True: there would have been more.
    pub async fn pages(&self, path: &str, what: &str, most: usize) -> Result<(Vec<Bytes>, bool), Miss> {
        let mut bodies = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next.take() {
            if bodies.len() == most {
                return Ok((bodies, true));
            }
            let page = self.page(&path, what).await?;
            bodies.push(page.body);
            next = page.next;
        }
        Ok((bodies, false))
    }

    async fn page(&self, path: &str, what: &str) -> Result<Page, Miss> {
        let mut uri = path.to_owned();
        for _ in 0..=HOPS {
            let kept = self.memory().cache.get(&uri);
            let answer = self.send(Self::question(&uri, kept.as_ref()), OctoBody::empty(), what).await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            match (status, kept) {
                (StatusCode::NOT_MODIFIED, Some(kept)) => return Ok(Page { body: kept.body, next: kept.next }),
                _ if is_redirect(status) => uri = self.own(&headers, status)?.to_string(),
                _ => {
                    let body = self.body(answer, what, LARGEST_JSON, self.timeout).await?;
                    if !status.is_success() {
                        return Err(self.refused(what, status, &headers, &body));
                    }
                    if answer::is_web_page(&body) {
                        return Err(answer::web_page(self.asked(what), status.as_u16()).into());
                    }
                    if body.trim_ascii().is_empty() {
                        let code = status.as_u16();
                        return Err(self
                            .failed(format!("{} answered {code} for {what}, and nothing", self.who))
                            .into());
                    }
                    let next = answer::next_page(&headers).and_then(|next| following(&uri, &next));
                    if let Some(etag) = answer::text(&headers, "etag") {
                        let kept = Kept { etag: etag.to_owned(), body: body.clone(), next: next.clone() };
                        self.memory().cache.put(&uri, kept);
                    }
                    return Ok(Page { body, next });
                }
            }
        }
        Err(self.failed(format!("{} sends us round in circles for {what}", self.who)).into())
    }

    /// An archive. GitHub sends us on to a store of another host, which must not see the token.
    pub async fn download(&self, path: &str, what: &str) -> Result<Bytes, Miss> {
        let mut uri = path.to_owned();
        for _ in 0..=HOPS {
            let answer = self.send(Self::question(&uri, None), OctoBody::empty(), what).await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            if status.is_success() {
                return self.body(answer, what, LARGEST_ARCHIVE, ARCHIVE_WITHIN).await;
            }
            if !is_redirect(status) {
                let body = self.body(answer, what, LARGEST_JSON, self.timeout).await?;
                return Err(self.refused(what, status, &headers, &body));
            }
            let location = self.location(&headers, status)?;
            match self.is_own(&location) {
                Ok(own) => uri = own.to_string(),
                Err(_) => {
                    return tokio::time::timeout(ARCHIVE_WITHIN, self.fetch(location, what))
                        .await
                        .unwrap_or_else(|_| Err(self.late(what, ARCHIVE_WITHIN).into()));
                }
            }
        }
        Err(self.failed(format!("{} sends us round in circles for {what}", self.who)).into())
    }

    /// From another host, with nothing in hand.
    async fn fetch(&self, mut location: String, what: &str) -> Result<Bytes, Miss> {
        for _ in 0..HOPS {
            let url = reqwest::Url::parse(&location).map_err(|_| self.failed(format!("{what}: a broken redirect")))?;
            let port = url.port().map_or(String::new(), |port| format!(":{port}"));
            let host = format!("{}{port}", visible_up_to(url.host_str().unwrap_or("nowhere"), 100));
            let is_open = url.scheme() == "http" && self.base.scheme_str() == Some("http");
            if url.scheme() != "https" && !is_open {
                return Err(self.failed(format!("{what}: the redirect to {host} is not encrypted")).into());
            }
            let sent = self.bare.get(url.clone()).send().await;
            let mut answer = sent.map_err(|error| self.unreachable(&host, &error.without_url()))?;
            let status = answer.status();
            if status.is_redirection() {
                let next = answer::text(answer.headers(), "location").and_then(|next| url.join(next).ok());
                location = next.ok_or_else(|| self.failed(format!("{what}: a broken redirect of {host}")))?.into();
                continue;
            }
            if !status.is_success() {
                let sentence = format!("{host} does not hand out {what} ({})", status.as_u16());
                let failure = self.failed(sentence);
                let is_gone = matches!(status.as_u16(), 404 | 410);
                return Err(if is_gone { Miss::Absent(failure) } else { Miss::Failed(failure) });
            }
            let mut body = bytes::BytesMut::new();
            loop {
                match answer.chunk().await {
                    Ok(None) => return Ok(body.freeze()),
                    Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST_ARCHIVE => body.extend_from_slice(&chunk),
                    Ok(Some(_)) => return Err(self.too_large(what, LARGEST_ARCHIVE).into()),
                    Err(error) => return Err(self.unreachable(&host, &error.without_url()).into()),
                }
            }
        }
        Err(self.failed(format!("{what}: sent round in circles")).into())
    }

    /// Asks for a token: the one question that is a POST. It changes nothing that anybody sees; all that does is a writer's.
    pub(super) async fn ask(&self, path: &str, body: &serde_json::Value, what: &str) -> Result<Bytes, Miss> {
        let answer = self.send(Request::post(path), OctoBody::from(body.to_string()), what).await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = self.body(answer, what, LARGEST_JSON, self.timeout).await?;
        if status.is_success() { Ok(body) } else { Err(self.refused(what, status, &headers, &body)) }
    }

    fn question(uri: &str, kept: Option<&Kept>) -> Builder {
        let question = Request::get(uri);
        match kept {
            Some(kept) => question.header(IF_NONE_MATCH, &kept.etag),
            None => question,
        }
    }

    async fn send(&self, request: Builder, body: OctoBody, what: &str) -> Result<Answer, Miss> {
        let now = (self.clock)();
        if let Some((until, failure)) = self.memory().limited.clone().filter(|(until, _)| *until > now) {
            return Err(Miss::Limited(Failure { retry_in: Some(until.duration_since(now)), ..failure }, until));
        }
        let request = request
            .header(ACCEPT, JSON)
            .header("x-github-api-version", "2022-11-28")
            .body(body)
            .map_err(|_| self.failed(format!("{what} cannot be asked for: a name does not fit into an address")))?;
        let answer = tokio::time::timeout(self.timeout, self.octocrab.execute(request))
            .await
            .map_err(|_| self.late(what, self.timeout))?
            .map_err(|error| self.unreachable(&self.who, &error))?;
        if let Some(budget) = answer::budget(answer.headers()) {
            self.memory().budget = Some(budget);
        }
        Ok(answer)
    }

    async fn body(&self, answer: Answer, what: &str, most: usize, within: Duration) -> Result<Bytes, Miss> {
        let body = tokio::time::timeout(within, Limited::new(answer.into_body(), most).collect());
        match body.await.map_err(|_| self.late(what, within))? {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(self.too_large(what, most).into()),
            Err(error) => Err(self.unreachable(&self.who, error.as_ref()).into()),
        }
    }

    fn refused(&self, what: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Miss {
        let miss = answer::refused(self.asked(what), status, headers, body, (self.clock)());
        if let Miss::Limited(failure, until) = &miss {
            self.memory().limited = Some((*until, failure.clone()));
        }
        miss
    }

    fn asked<'a>(&'a self, what: &'a str) -> Asked<'a> {
        Asked { who: &self.who, what, repository: &self.repository, has_token: self.has_token }
    }

    fn location(&self, headers: &HeaderMap, status: StatusCode) -> Result<String, Failure> {
        let location = answer::text(headers, LOCATION.as_str());
        let code = status.as_u16();
        location.map(str::to_owned).ok_or_else(|| self.failed(format!("{} redirects to nowhere ({code})", self.who)))
    }

    /// The target of a redirect within the server: a renamed repository.
    fn own(&self, headers: &HeaderMap, status: StatusCode) -> Result<Uri, Failure> {
        let location = self.location(headers, status)?;
        self.is_own(&location)
    }

    /// That address, if it is of this very server: scheme, host and port. The token may go there.
    fn is_own(&self, location: &str) -> Result<Uri, Failure> {
        let uri: Option<Uri> = location.parse().ok();
        let is_own = |uri: &Uri| {
            uri.authority().is_none() && location.starts_with('/')
                || (uri.scheme() == self.base.scheme() && uri.authority() == self.base.authority())
        };
        let host = || uri.as_ref().and_then(Uri::host).map_or("another address", |host| host).to_owned();
        uri.clone().filter(is_own).ok_or_else(|| {
            let sentence = format!("{} sends us on to {}, which does not get the token", self.who, host());
            self.failed(sentence)
        })
    }

    fn failed(&self, sentence: String) -> Failure {
        failure(FailureKind::Failed, sentence)
    }

    fn late(&self, what: &str, within: Duration) -> Failure {
        let more = if within == self.timeout { ": github.timeout gives it longer" } else { "" };
        let sentence = format!("{} did not answer for {what} within {} s{more}", self.who, within.as_secs_f32());
        failure(FailureKind::Unreachable, sentence)
    }

    fn too_large(&self, what: &str, most: usize) -> Failure {
        self.failed(format!("{what}: larger than {} MiB", most >> 20))
    }

    fn unreachable(&self, host: &str, error: &(dyn std::error::Error + 'static)) -> Failure {
        // At the bottom stands what happened; further up each layer only says that something did.
        let mut cause = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let why = api::chain(cause);
        let hint = if host == self.who { hint(&why) } else { "" };
        failure(FailureKind::Unreachable, format!("{host} cannot be reached: {why}{hint}"))
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether it sends us elsewhere. A 304 that answers no question does not.
fn is_redirect(status: StatusCode) -> bool {
    status.is_redirection() && status != StatusCode::NOT_MODIFIED
}

/// The page that a link names, asked of the place that this page is from: only the query tells one page from another. A proxy
/// in between leaves links to a host that it hides, and the token goes to none but ours.
fn following(uri: &str, next: &str) -> Option<String> {
    let (_, query) = next.split_once('?')?;
    let place = uri.split_once('?').map_or(uri, |(place, _)| place);
    Some(format!("{place}?{query}"))
}

/// What may be done about a server that cannot be reached, by the words of those who tried.
fn hint(why: &str) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| why.contains(word));
    match () {
        () if says(&["certificate"]) => ". Where your own CA has signed it, name that in github.ca_file",
        () if says(&["corrupt message"]) => ". It speaks no TLS there: is github.url right?",
        () if says(&["lookup", "refused", "unreachable"]) => {
            ". Is github.url right, and is there a way (network, proxy)?"
        }
        () => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_be_reached_has_a_way_out() {
        for (why, words) in [
            ("invalid peer certificate: UnknownIssuer", "github.ca_file"),
            ("received corrupt message of type InvalidContentType", "no TLS"),
            ("failed to lookup address information: Name or service not known", "is there a way"),
            ("Connection refused (os error 111)", "is there a way"),
            ("connection closed before message completed", ""),
        ] {
            assert!(hint(why).contains(words) && hint(why).is_empty() == words.is_empty(), "{why}");
        }
    }
}
