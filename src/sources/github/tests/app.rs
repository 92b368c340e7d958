//! The login of a GitHub App: what it signs, what it borrows, and what is said when it may not.

use std::collections::BTreeSet;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::*;
use crate::release::observation::{FailureKind, Report};
use crate::release::repository::Topic;
use crate::sources::double::Seen;

/// An app with a key of its own, in a file as long as the folder lives.
struct Bench {
    settings: Settings,
    key: KeyPair,
    _dir: tempfile::TempDir,
}

impl Bench {
    fn new(url: &str) -> Bench {
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let key_file = dir.path().join("app.pem");
        // PKCS#8 is a frame of 26 bytes around PKCS#1, which is what GitHub hands out.
        let der = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&key).unwrap();
        std::fs::write(&key_file, pem("RSA PRIVATE KEY", &der.as_ref()[26..])).unwrap();
        let app = App { id: "Iv23abc".to_owned(), key_file };
        let settings = Settings { credentials: Credentials::App(app), ..settings(url, None) };
        Bench { settings, key, _dir: dir }
    }

    /// What that header says, if this app has signed it.
    fn claims(&self, seen: &Seen) -> Value {
        let signed = seen.headers[AUTHORIZATION].to_str().unwrap().strip_prefix("Bearer ").unwrap().to_owned();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        let key = DecodingKey::from_rsa_der(self.key.public_key().as_ref());
        jsonwebtoken::decode::<Value>(&signed, &key, &validation).unwrap().claims
    }

    async fn refused(&self) -> Failure {
        Client::connect(&self.settings, clock).await.err().unwrap()
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

/// GitHub as an app sees it; each token ends at that time.
fn github(ends: &'static str) -> Double {
    Double::new(move |number, seen| match seen.path.as_str() {
        "/repos/acme/shop/installation" => Reply::ok(json!({"id": 7, "suspended_at": null}).to_string()),
        "/app/installations/7/access_tokens" => {
            Reply::new(201, json!({"token": format!("ghs_{number}"), "expires_at": ends}).to_string())
        }
        _ => Reply::ok("[]"),
    })
}

#[tokio::test]
async fn an_app_signs_for_minutes_and_borrows_for_an_hour() {
    let github = github("1970-01-01T01:00:00Z");
    let bench = Bench::new(&github.serve().await);
    let client = Client::connect(&bench.settings, clock).await.unwrap();
    client.get("/x", "x").await.unwrap();
    let seen = github.seen();
    let claims = json!({"iss": "Iv23abc", "iat": -60, "exp": 540});
    assert_eq!((bench.claims(&seen[0]), bench.claims(&seen[1])), (claims.clone(), claims));
    assert_eq!(seen[2].headers[AUTHORIZATION], "Bearer ghs_1");
    assert_eq!(seen.len(), 3);
    let minute = |minute: i64| Timestamp::from_second(minute * 60).unwrap();
    assert!(!client.is_worn_out(minute(54)) && client.is_worn_out(minute(55)));
}

#[tokio::test]
async fn a_token_that_is_about_to_end_is_replaced() {
    let github = github("1970-01-01T00:04:00Z");
    let bench = Bench::new(&github.serve().await);
    let (sender, mut reports) = mpsc::channel::<Report>(100);
    let settings = Settings { topics: vec![Topic::Flags], ..bench.settings.clone() };
    let (handle, task) = open(settings, sender, clock);
    tokio::spawn(task);
    let tokens = || -> BTreeSet<String> {
        let seen = github.seen();
        let of = |seen: &Seen| seen.headers[AUTHORIZATION].to_str().unwrap().to_owned();
        seen.iter().map(of).filter(|token| token.contains("ghs_")).collect()
    };
    while tokens().len() < 2 {
        handle.acted(Topic::Flags);
        reports.recv().await.unwrap();
    }
}

#[tokio::test]
async fn what_keeps_an_app_out_is_said() {
    let found = |body: Value| Reply::ok(body.to_string());
    let absent = Double::new(|_, _| Reply::new(404, r#"{"message":"Not Found"}"#));
    let unknown = Double::new(|_, _| Reply::new(401, r#"{"message":"A JSON web token could not be decoded"}"#));
    let suspended = Double::new(move |_, _| found(json!({"id": 7, "suspended_at": "2026-01-01T00:00:00Z"})));
    let odd = Double::new(move |_, _| found(json!({"id": "seven"})));
    let unloved = Double::new(move |number, _| match number {
        0 => found(json!({"id": 7})),
        _ => Reply::new(422, r#"{"message":"There is at least one repository that does not exist"}"#),
    });
    for (github, kind, sentence) in [
        (absent, FailureKind::Forbidden, "the app Iv23abc is not installed on acme/shop (404)"),
        (unknown, FailureKind::Unauthorized, "does not accept the signature of the app Iv23abc (401)"),
        (suspended, FailureKind::Forbidden, "is suspended"),
        (odd, FailureKind::Failed, "not as documented"),
        (unloved, FailureKind::Failed, "There is at least one repository"),
    ] {
        let failure = Bench::new(&github.serve().await).refused().await;
        assert!(failure.kind == kind && failure.message.contains(sentence), "{failure:?}");
    }
}

#[tokio::test]
async fn a_key_that_is_none_is_named_and_not_shown() {
    let bench = Bench::new("http://127.0.0.1:1");
    let Credentials::App(app) = &bench.settings.credentials else { unreachable!() };
    let file = app.key_file.clone();
    let public = pem("RSA PUBLIC KEY", bench.key.public_key().as_ref());
    for text in ["secret", &pem("PUBLIC KEY", b"secret"), &pem("RSA PRIVATE KEY", b"secret"), &public] {
        std::fs::write(&file, text).unwrap();
        let failure = bench.refused().await;
        assert!(failure.message.contains("app.pem") && !failure.message.contains("secret"), "{failure:?}");
    }
    std::fs::remove_file(&file).unwrap();
    assert!(bench.refused().await.message.contains("cannot be read"));
    let half = App { id: "42".to_owned(), key_file: "".into() };
    let settings = Settings { credentials: Credentials::App(half), ..bench.settings };
    let failure = Client::connect(&settings, clock).await.err().unwrap();
    assert!(failure.message.contains("no other login"), "{failure:?}");
}
