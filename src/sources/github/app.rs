//! The token of a GitHub App's installation: made out for an hour against a signature with the app's own key.
//!
//! <https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app>

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::release::json::Json;
use crate::release::observation::{Failure, FailureKind};

use super::answer::{Miss, failure};
use super::client::Client;
use super::settings::{App, Slug};
use super::token;

/// So far may the clock here be ahead of GitHub's.
const EARLIER: SignedDuration = SignedDuration::from_secs(60);
/// GitHub accepts ten minutes at most, by its own clock.
const SIGNED_FOR: SignedDuration = SignedDuration::from_mins(9);
/// A token is replaced that long before it ends: a look at many pages must not outlive it.
const BEFORE_END: SignedDuration = SignedDuration::from_mins(5);
/// What GitHub documents, where an answer does not say when the token ends.
const LASTS: SignedDuration = SignedDuration::from_hours(1);

/// A token, and when to ask for the next one.
pub struct Loan {
    pub token: SecretString,
    pub renew_at: Timestamp,
}

/// What the app signs to be known.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    iat: i64,
    exp: i64,
}

/// The signature that says who asks: a JSON Web Token, good for a few minutes.
pub async fn sign(app: &App, now: Timestamp) -> Result<SecretString, Failure> {
    let key = key(&app.key_file).await?;
    let second = |by: SignedDuration| now.as_second().saturating_add(by.as_secs());
    let claims = Claims { iss: &app.id, iat: second(-EARLIER), exp: second(SIGNED_FOR) };
    let signed = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key);
    signed.map(SecretString::from).map_err(|_| unusable(&app.key_file, "cannot sign: it must be the app's private key"))
}

/// Asks, as the app, for a token that is good for that repository and no other.
pub async fn borrow(app: &App, repository: &Slug, client: &Client, now: Timestamp) -> Result<Loan, Failure> {
    let said = |miss| explained(app, repository, miss);
    let path = format!("{}/installation", repository.path());
    let installation = client.get(&path, "installation of the app").await.map_err(said)?;
    let installation = Json::parse(&installation).map_err(|_| odd("the installation"))?;
    if installation.get("suspended_at").is_present() {
        let sentence = format!("the installation of the app {} on {repository} is suspended: resume it", app.id);
        return Err(failure(FailureKind::Forbidden, sentence));
    }
    let id = installation.get("id").count().ok_or_else(|| odd("the installation"))?;
    let only = serde_json::json!({ "repositories": [repository.name] });
    let path = format!("/app/installations/{id}/access_tokens");
    let answer = client.ask(&path, &only, "token for the app").await.map_err(said)?;
    let answer = Json::parse(&answer).map_err(|_| odd("the token"))?;
    let token = token::of(answer.get("token").text()).ok_or_else(|| odd("the token"))?;
    let ends = answer.get("expires_at").text().and_then(|at| at.parse::<Timestamp>().ok());
    let ends = ends.or_else(|| now.checked_add(LASTS).ok()).unwrap_or(now);
    Ok(Loan { token, renew_at: ends.checked_sub(BEFORE_END).unwrap_or(ends) })
}

async fn key(file: &Path) -> Result<EncodingKey, Failure> {
    if file.as_os_str().is_empty() {
        let sentence = "github.app is not whole: it needs `id` and `key_file`; no other login is taken in its place";
        return Err(failure(FailureKind::Failed, sentence));
    }
    let pem = token::text(file).await.map_err(|error| unusable(file, &format!("cannot be read: {error}")))?;
    // The reason might quote what is in the file.
    EncodingKey::from_rsa_pem(pem.expose_secret().as_bytes())
        .map_err(|_| unusable(file, "holds no RSA private key in PEM, as GitHub hands it out"))
}

/// What a refusal means for somebody who has set up an app.
fn explained(app: &App, repository: &Slug, miss: Miss) -> Failure {
    let id = &app.id;
    match miss {
        Miss::Absent(_) => failure(
            FailureKind::Forbidden,
            format!("the app {id} is not installed on {repository} (404): install it there, or mend github.app.id"),
        ),
        Miss::Failed(refused) if refused.kind == FailureKind::Unauthorized => failure(
            FailureKind::Unauthorized,
            format!("GitHub does not accept the signature of the app {id} (401): check github.app and this clock"),
        ),
        other => other.into(),
    }
}

fn unusable(file: &Path, why: &str) -> Failure {
    failure(FailureKind::Failed, format!("the app's key {} {why}", file.display()))
}

fn odd(what: &str) -> Failure {
    failure(FailureKind::Failed, format!("GitHub's answer about {what} of the app is not as documented"))
}
