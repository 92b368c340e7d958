//! Asking a Prometheus that is reached without the cluster.

use std::path::Path;

use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use prometheus_http_query as prometheus;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use crate::release::observation::{Failure, FailureKind};
use crate::sources::api;

use super::answer::Raw;
use super::{LARGEST_ANSWER, Prometheus, Query, Settings, address, failed, step_seconds};

/// Largest file with a secret or certificates.
const LARGEST_SECRET: usize = 1 << 20;

/// Asks; `is_named` says that the operator chose the address, so that credentials may go there.
pub async fn ask(source: &Prometheus, url: Url, is_named: bool, query: &Query) -> Result<Raw, Failure> {
    let who = address::host(&url);
    let http = client(source, &url).await?;
    let authorization = match is_named {
        true => authorization(&source.settings, http, &url).await?,
        false => None,
    };
    let client = prometheus::Client::from(http.clone(), url.as_str())
        .map_err(|error| failed(format!("{who}: {}", api::chain(&error))))?;
    let mut request = client
        .query_range(&query.query, query.start.as_second(), query.end.as_second(), step_seconds(query) as f64)
        .timeout(i64::try_from(source.timeout().as_millis()).unwrap_or(i64::MAX));
    let sent = authorization.is_some();
    if let Some(value) = authorization {
        request = request.header(http::header::AUTHORIZATION, value);
    }
    let mut response = request.get_raw().await.map_err(|error| unreachable(&who, error))?;
    let status = response.status();
    let location = response.headers().get(http::header::LOCATION).and_then(|value| value.to_str().ok());
    let location = location.and_then(|location| url.join(location).ok()).map(|location| address::host(&location));
    let body = body(&who, &mut response).await?;
    Ok(Raw { who, service: None, status, location, body, sent })
}

async fn body(who: &str, response: &mut reqwest::Response) -> Result<Bytes, Failure> {
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(body.freeze()),
            Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST_ANSWER => body.extend_from_slice(&chunk),
            Ok(Some(_)) => return Err(failed(too_large(who))),
            Err(error) => return Err(api::unreachable(format!("the answer of {who} broke off: {}", cause(&error)))),
        }
    }
}

/// The sentence for an answer beyond the limit.
pub fn too_large(who: &str) -> String {
    format!("the answer of {who} is larger than {} MiB: the query matches too much", LARGEST_ANSWER >> 20)
}

/// The client for that address: with or without TLS, with or without the environment's proxies.
async fn client<'a>(source: &'a Prometheus, url: &Url) -> Result<&'a reqwest::Client, Failure> {
    let (is_https, is_loopback) = (url.scheme() == "https", address::is_loopback(url));
    let cell = &source.clients[usize::from(is_https) * 2 + usize::from(is_loopback)];
    cell.get_or_try_init(|| async {
        // A redirect leads to a login page; credentials must not follow it.
        let mut builder =
            reqwest::Client::builder().timeout(source.timeout()).redirect(reqwest::redirect::Policy::none());
        if is_loopback {
            builder = builder.no_proxy();
        }
        let certificates = match &source.settings.ca_file {
            Some(file) if is_https => Some(certificates(file).await?),
            // Plain HTTP works on a machine without any certificates.
            _ if !is_https => Some(Vec::new()),
            _ => None,
        };
        if let Some(certificates) = certificates {
            builder = builder.tls_certs_only(certificates);
        }
        builder = builder.tls_danger_accept_invalid_certs(source.settings.insecure);
        let built = tokio::task::spawn_blocking(move || builder.build());
        built
            .await
            .map_err(|error| failed(format!("connecting to Prometheus was interrupted: {error}")))?
            .map_err(|error| failed(format!("cannot prepare to ask Prometheus: {}", api::chain(&error.without_url()))))
    })
    .await
}

async fn certificates(file: &Path) -> Result<Vec<reqwest::Certificate>, Failure> {
    let bad = |why: String| failed(format!("the CA file {} {why}", file.display()));
    let pem = read(file).await.map_err(|error| bad(format!("cannot be read: {error}")))?;
    let certificates =
        reqwest::Certificate::from_pem_bundle(&pem).map_err(|_| bad("holds no certificates in PEM".to_owned()))?;
    if certificates.is_empty() {
        return Err(bad("holds no certificates in PEM".to_owned()));
    }
    Ok(certificates)
}

/// The header with the operator's credentials, which never shows itself.
async fn authorization(settings: &Settings, http: &reqwest::Client, url: &Url) -> Result<Option<HeaderValue>, Failure> {
    let value = if let Some(file) = &settings.bearer_token_file {
        let token = secret(file, "token").await?;
        HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
            .map_err(|_| failed(format!("the token file {} holds what is no token", file.display())))?
    } else if let Some(basic) = &settings.basic {
        let password = secret(&basic.password_file, "password").await?;
        // reqwest writes the header; the request itself is never sent.
        let request = http.get(url.clone()).basic_auth(&basic.user, Some(password.expose_secret())).build();
        let header = request.ok().and_then(|mut request| request.headers_mut().remove(http::header::AUTHORIZATION));
        header.ok_or_else(|| failed("the user and password for Prometheus cannot be sent".to_owned()))?
    } else {
        return Ok(None);
    };
    let mut value = value;
    value.set_sensitive(true);
    Ok(Some(value))
}

async fn secret(file: &Path, what: &str) -> Result<SecretString, Failure> {
    let bad = |why: String| failed(format!("the {what} file {} {why}", file.display()));
    let content = read(file).await.map_err(|error| bad(format!("cannot be read: {error}")))?;
    let text = String::from_utf8(content).map_err(|_| bad("is not text".to_owned()))?;
    match text.trim() {
        "" => Err(bad("is empty".to_owned())),
        secret => Ok(SecretString::from(secret)),
    }
}

async fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    use tokio::io::AsyncReadExt;
    let mut content = Vec::new();
    tokio::fs::File::open(file).await?.take(LARGEST_SECRET as u64).read_to_end(&mut content).await?;
    Ok(content)
}

fn unreachable(who: &str, error: prometheus::Error) -> Failure {
    let prometheus::Error::Client(client) = &error else {
        return failed(format!("{who}: {}", api::chain(&error)));
    };
    let Some(error) = client.inner() else {
        return failed(format!("{who}: {}", api::chain(client)));
    };
    let why = cause(error);
    let message = if error.is_timeout() {
        format!("{who} did not answer in time")
    } else if why.contains("certificate") {
        format!("{who} cannot be trusted: {why}: name its certificate authority with ca_file")
    } else if error.is_connect() {
        format!("{who} cannot be reached: {why}")
    } else {
        format!("{who} cannot be asked: {why}")
    };
    Failure { kind: FailureKind::Unreachable, message, retry_in: None }
}

/// What lies at the bottom of reqwest's error; its top holds the whole URL.
fn cause(error: &reqwest::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => api::chain(cause),
        None if error.is_timeout() => "it took too long".to_owned(),
        None => "the connection failed".to_owned(),
    }
}
