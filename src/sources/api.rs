//! Reading requests to a Kubernetes API server, with a limit on time and size and an error in the operator's words.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jiff::SignedDuration;
use kube::client::Body;
use serde::Deserialize;

use crate::release::observation::{Failure, FailureKind};
use crate::release::text::visible_up_to;

/// Longest wait for the headers of any answer.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Longest wait for the whole of a page.
const BODY_WITHIN: Duration = Duration::from_secs(60);
/// Largest page that is taken into memory.
const LARGEST_PAGE: usize = 256 << 20;
/// Largest error text that is read.
const LARGEST_ERROR: usize = 64 << 10;

/// Why a request failed.
#[derive(Debug)]
pub enum Error {
    /// 410: the version is too old, list again.
    Gone,
    Failed(Failure),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Gone => failed(FailureKind::Failed, "the API server forgot the version that we hold (410)"),
            Error::Failed(failure) => failure,
        }
    }
}

fn request(path: &str) -> Result<Request<Body>, Failure> {
    Request::get(path)
        .header(http::header::ACCEPT, "application/json")
        .body(Body::empty())
        .map_err(|error| failed(FailureKind::Failed, format!("cannot ask for {}: {error}", visible_up_to(path, 200))))
}

/// Sends a GET and returns the body, once the status says that there is one.
pub async fn open(client: &kube::Client, path: &str) -> Result<Body, Error> {
    let request = request(path).map_err(Error::Failed)?;
    let answer = tokio::time::timeout(ANSWER_WITHIN, client.send(request))
        .await
        .map_err(|_| Error::Failed(unreachable(format!("no answer within {} s", ANSWER_WITHIN.as_secs()))))?
        .map_err(|error| Error::Failed(explain(&error)))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer.into_body());
    }
    let retry_after = answer
        .headers()
        .get(http::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(SignedDuration::from_secs);
    let text = Limited::new(answer.into_body(), LARGEST_ERROR).collect();
    let text = match tokio::time::timeout(ANSWER_WITHIN, text).await {
        Ok(Ok(text)) => text.to_bytes(),
        _ => Bytes::new(),
    };
    Err(refused(status, &text, retry_after))
}

/// Sends a GET and returns the whole body.
pub async fn get(client: &kube::Client, path: &str) -> Result<Bytes, Error> {
    let body = open(client, path).await?;
    match tokio::time::timeout(BODY_WITHIN, Limited::new(body, LARGEST_PAGE).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) => {
            let why = chain(error.as_ref());
            Err(Error::Failed(unreachable(format!("the answer broke off: {why}"))))
        }
        Err(_) => Err(Error::Failed(unreachable("the answer did not end within 60 s"))),
    }
}

/// Sends a GET and returns the body whatever the status, within limits of the caller's: for what is proxied.
pub async fn ask(
    client: &kube::Client,
    path: &str,
    within: Duration,
    largest: usize,
) -> Result<(StatusCode, Bytes), Failure> {
    let request = request(path)?;
    let answer = async {
        let answer = client.send(request).await.map_err(|error| explain(&error))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), largest).collect().await.map_err(|error| match error
            .downcast_ref::<LengthLimitError>(
        ) {
            Some(_) => failed(FailureKind::Failed, format!("the answer is larger than {} MiB", largest >> 20)),
            None => unreachable(format!("the answer broke off: {}", chain(error.as_ref()))),
        })?;
        Ok((status, body.to_bytes()))
    };
    tokio::time::timeout(within, answer)
        .await
        .map_err(|_| unreachable(format!("no answer within {} s", within.as_secs_f32())))?
}

/// `meta/v1` Status, as far as it is read.
#[derive(Debug, Default, Deserialize)]
pub struct Status {
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub code: u16,
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    pub message: String,
}

fn refused(status: StatusCode, text: &[u8], retry_after: Option<SignedDuration>) -> Error {
    let said: Status = serde_json::from_slice(text).unwrap_or_default();
    let message = match said.message.is_empty() {
        true => visible_up_to(&String::from_utf8_lossy(text), 200),
        false => visible_up_to(&said.message, 500),
    };
    failure_of(status.as_u16(), &message, retry_after)
}

/// The failure for an HTTP status, or the code of a Status object.
pub fn failure_of(code: u16, message: &str, retry_after: Option<SignedDuration>) -> Error {
    let (kind, sentence) = match code {
        410 => return Error::Gone,
        401 => (
            FailureKind::Unauthorized,
            format!("the API server does not accept these credentials (401): log in again. {message}"),
        ),
        403 => (FailureKind::Forbidden, format!("{message} (403)")),
        404 => (FailureKind::NotInstalled, "not installed in this cluster (404)".to_owned()),
        429 => (FailureKind::Failed, format!("the API server asks us to slow down (429): {message}")),
        _ => (FailureKind::Failed, format!("the API server answered {code}: {message}")),
    };
    Error::Failed(Failure { kind, message: sentence, retry_in: retry_after })
}

/// A failure without an answer.
pub fn unreachable(message: impl Into<String>) -> Failure {
    failed(FailureKind::Unreachable, message)
}

fn failed(kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure { kind, message: message.into(), retry_in: None }
}

/// kube's error in the operator's words. Never its body: that may hold secrets.
pub fn explain(error: &kube::Error) -> Failure {
    use kube::Error as E;
    match error {
        E::Api(status) => match failure_of(status.code, &visible_up_to(&status.message, 500), None) {
            Error::Failed(failure) => failure,
            Error::Gone => Error::Gone.into(),
        },
        E::Auth(error) => {
            failed(FailureKind::Unauthorized, format!("cannot get credentials: {}", no_credentials(error)))
        }
        E::Service(error) => unreachable(chain(error.as_ref())),
        E::HyperError(error) => unreachable(chain(error)),
        other => failed(FailureKind::Failed, chain(other)),
    }
}

/// Why a credential plugin gave none. kube's own sentence holds the plugin's environment and all that it printed, so a
/// token may stand in it; only what it said on its error output is for the operator.
fn no_credentials(error: &kube::client::AuthError) -> String {
    use kube::client::AuthError as E;
    match error {
        E::AuthExecRun { out, .. } => {
            let said = String::from_utf8_lossy(&out.stderr[..out.stderr.len().min(4096)]).trim().to_owned();
            let said = visible_up_to(&said, 300);
            format!("the kubeconfig's credential plugin failed ({}): log in again. {said}", out.status)
        }
        E::AuthExecStart(error) => {
            format!("the kubeconfig's credential plugin cannot be started ({error}): is it installed, and in PATH?")
        }
        E::AuthExecParse(_) => "the kubeconfig's credential plugin printed what is no ExecCredential".to_owned(),
        error => format!("{}: run the kubeconfig's login command", chain(error)),
    }
}

/// What one error says; rustls's lecture on an unclean end in the operator's words.
fn said(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    match text.find("peer closed connection without sending TLS close_notify") {
        Some(at) => format!("{}the API server closed the connection", &text[..at]),
        None => text,
    }
}

/// An error with its causes, each said once.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = said(error);
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = said(error);
        if !text.contains(&said) {
            text += &format!(": {said}");
        }
        cause = error.source();
    }
    visible_up_to(&text, 500)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Wrapped(&'static str, #[source] std::io::Error);

    #[test]
    fn an_unclean_end_is_told_in_the_operators_words() {
        let lecture = "peer closed connection without sending TLS close_notify: https://docs.rs/rustls/latest/x";
        let broken = |outer| chain(&Wrapped(outer, std::io::Error::other(lecture)));
        assert_eq!(broken("client error"), "client error: the API server closed the connection");
        assert_eq!(broken(lecture), "the API server closed the connection");
        assert_eq!(chain(&std::io::Error::other("refused")), "refused");
    }
}
