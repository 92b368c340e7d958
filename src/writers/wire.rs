//! One raw HTTP exchange with the API server: sent at most once, never waited for without end, with its warnings.
//!
//! kube's typed calls drop the `Warning` headers, and its default stack repeats a PATCH on 429, 503 and 504.

use std::time::Duration;

use http::{Method, Request, header};
use http_body_util::{BodyExt, Limited};
use kube::client::Body;
use serde_json::Value;

use crate::release::text::visible_up_to;

/// A larger answer is not read: one object is far smaller, and a list is paged.
const LARGEST_ANSWER: usize = 32 << 20;

/// Longest text of the API server that is passed on.
const LONGEST_TEXT: usize = 1_000;

/// A client that sends once, and how long it waits.
#[derive(Clone)]
pub(super) struct Wire {
    client: kube::Client,
    timeout: Duration,
}

/// What the API server said.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: u16,
    /// Texts of the `Warning` headers.
    pub warnings: Vec<String>,
    /// Null when the body was no JSON.
    pub body: Value,
}

/// That it said nothing.
#[derive(Debug)]
pub(super) struct Silence {
    /// Whether the request may have reached the server.
    pub may_have_arrived: bool,
    pub reason: String,
}

impl Wire {
    /// Over a configuration whose own retries are switched off here, so that no caller can forget it.
    pub fn new(mut config: kube::Config, timeout: Duration) -> Result<Wire, String> {
        config.default_retry = false;
        let client = kube::Client::try_from(config).map_err(|error| format!("no client: {}", chain(&error)))?;
        Ok(Wire { client, timeout })
    }

    /// Sends it and waits for the whole answer.
    pub async fn call(&self, method: Method, path: &str, body: Option<(&str, &Value)>) -> Result<Answer, Silence> {
        let unsent = |reason: String| Silence { may_have_arrived: false, reason };
        let mut request = Request::builder().method(method).uri(path).header(header::ACCEPT, "application/json");
        let bytes = match body {
            Some((content_type, body)) => {
                request = request.header(header::CONTENT_TYPE, content_type);
                body.to_string().into_bytes()
            }
            None => Vec::new(),
        };
        let request = request.body(Body::from(bytes)).map_err(|error| unsent(format!("no request: {error}")))?;
        match tokio::time::timeout(self.timeout, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => {
                let reason = format!("no answer within {} s", self.timeout.as_secs_f32());
                Err(Silence { may_have_arrived: true, reason })
            }
        }
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Answer, Silence> {
        let response = self.client.send(request).await.map_err(silence)?;
        let status = response.status().as_u16();
        let warnings = response.headers().get_all(header::WARNING).iter().filter_map(warning_text).collect();
        let body = Limited::new(response.into_body(), LARGEST_ANSWER).collect().await;
        let body = match body {
            Ok(body) => serde_json::from_slice(&body.to_bytes()).unwrap_or(Value::Null),
            // The status has come: a 200 is done even when its body broke off.
            Err(_) => Value::Null,
        };
        Ok(Answer { status, warnings, body })
    }
}

impl Answer {
    /// `message` of a `v1` Status, safe for the screen.
    pub fn message(&self) -> String {
        plain(&self.body["message"])
    }

    /// `metadata.resourceVersion`.
    pub fn resource_version(&self) -> Option<String> {
        self.body["metadata"]["resourceVersion"].as_str().map(|version| visible_up_to(version, 100))
    }

    /// Whether the API server did it.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why there is no answer, and whether that leaves open what became of the request.
fn silence(error: kube::Error) -> Silence {
    let mut unsent = matches!(error, kube::Error::Auth(_) | kube::Error::BuildRequest(_) | kube::Error::HttpError(_));
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(inner) = cause {
        // The type comes from kube's own stack, which always has the legacy client's feature on.
        if let Some(inner) = inner.downcast_ref::<hyper_util::client::legacy::Error>() {
            unsent |= inner.is_connect();
        }
        cause = inner.source();
    }
    Silence { may_have_arrived: !unsent, reason: chain(&error) }
}

/// An error with its causes, each said once.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = inner.source();
    }
    visible_up_to(&text, LONGEST_TEXT)
}

/// The text of `299 - "spec.x is deprecated"`.
fn warning_text(header: &http::HeaderValue) -> Option<String> {
    let whole = String::from_utf8_lossy(header.as_bytes());
    let Some((_, quoted)) = whole.split_once('"') else {
        return Some(visible_up_to(&whole, LONGEST_TEXT)).filter(|text| !text.is_empty());
    };
    let mut text = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => text.extend(characters.next()),
            _ => text.push(character),
        }
    }
    Some(visible_up_to(&text, LONGEST_TEXT))
}

/// A text field of an answer, safe for the screen; empty when it is none.
pub(super) fn plain(field: &Value) -> String {
    visible_up_to(field.as_str().unwrap_or_default(), LONGEST_TEXT)
}

/// A query value with everything escaped that is not unreserved.
pub(super) fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            _ => escaped += &format!("%{byte:02X}"),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_its_quoted_text() {
        let text = |header: &'static str| warning_text(&http::HeaderValue::from_static(header)).unwrap();
        assert_eq!(text(r#"299 - "use \"v2\" now""#), r#"use "v2" now"#);
        assert_eq!(text("299 - nothing quoted"), "299 - nothing quoted");
    }

    #[test]
    fn a_query_value_is_escaped() {
        assert_eq!(escape("app=web,tier in (a)"), "app%3Dweb%2Ctier%20in%20%28a%29");
    }
}
