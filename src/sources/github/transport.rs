//! What carries octocrab's requests: reqwest, which knows proxies and follows no redirect. Nothing here tries twice.
//!
//! octocrab's own stack repeats writes by default, reads no proxy variables and follows redirects where nobody sees them.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderValue, Request, Response, Uri};
use octocrab::service::middleware::auth_header::AuthHeaderLayer;
use octocrab::service::middleware::base_uri::BaseUriLayer;
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use secrecy::{ExposeSecret, SecretString};
use tower::Service;

use crate::release::observation::{Failure, FailureKind};
use crate::sources::api;

/// What this program calls itself; GitHub refuses who does not say.
const AGENT: &str = concat!("flightdeck/", env!("CARGO_PKG_VERSION"));
/// Largest file with certificates.
const LARGEST_PEM: u64 = 1 << 20;

/// A reqwest client for that server. It holds no token.
pub async fn plain(url: &Uri, ca_file: Option<&Path>, timeout: Duration) -> Result<reqwest::Client, Failure> {
    let mut builder = reqwest::Client::builder()
        .user_agent(AGENT)
        .connect_timeout(timeout)
        .referer(false)
        .redirect(reqwest::redirect::Policy::none());
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    if let Some(file) = ca_file {
        builder = builder.tls_certs_only(certificates(file).await?);
    } else if url.scheme_str() == Some("http") {
        // Plain HTTP works on a machine without any certificates.
        builder = builder.tls_certs_only(Vec::new());
    }
    let built = tokio::task::spawn_blocking(move || builder.build());
    built
        .await
        .map_err(|error| failed(format!("connecting to GitHub was interrupted: {error}")))?
        .map_err(|error| failed(format!("cannot prepare to ask GitHub: {}", api::chain(&error.without_url()))))
}

/// octocrab on that client. The token goes to the base's host and to no other.
pub fn octocrab(client: reqwest::Client, base: &Uri, token: Option<&SecretString>) -> Result<Octocrab, Failure> {
    let header = token.map(|token| {
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
            .map_err(|_| failed("the token for GitHub holds what is no token".to_owned()))?;
        value.set_sensitive(true);
        Ok::<_, Failure>(value)
    });
    let header = header.transpose()?;
    let built = OctocrabBuilder::new_empty()
        .with_service(Carrier(client))
        .with_layer(&BaseUriLayer::new(base.clone()))
        .with_layer(&AuthHeaderLayer::new(header, base.clone(), base.clone()))
        .with_auth(AuthState::None)
        .build();
    match built {
        Ok(octocrab) => Ok(octocrab),
        Err(never) => match never {},
    }
}

/// Whether that address is on this machine.
pub fn is_loopback(url: &Uri) -> bool {
    let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The innermost service of octocrab's stack.
#[derive(Clone)]
struct Carrier(reqwest::Client);

impl Service<Request<OctoBody>> for Carrier {
    type Response = Response<reqwest::Body>;
    type Error = reqwest::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<OctoBody>) -> Self::Future {
        let client = self.0.clone();
        Box::pin(async move {
            let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap))?;
            // A URL in an error would end up in a sentence.
            client.execute(request).await.map(Into::into).map_err(reqwest::Error::without_url)
        })
    }
}

async fn certificates(file: &Path) -> Result<Vec<reqwest::Certificate>, Failure> {
    use tokio::io::AsyncReadExt;
    let bad = |why: String| failed(format!("the CA file {} {why}", file.display()));
    let unread = |error: std::io::Error| bad(format!("cannot be read: {error}"));
    let mut pem = Vec::new();
    let opened = tokio::fs::File::open(file).await.map_err(unread)?;
    opened.take(LARGEST_PEM).read_to_end(&mut pem).await.map_err(unread)?;
    match reqwest::Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(bad("holds no certificates in PEM".to_owned())),
    }
}

fn failed(message: String) -> Failure {
    Failure { kind: FailureKind::Failed, message, retry_in: None }
}
