//! From Prometheus's answer to points, or to the sentence that says why there are none.

use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::release::observation::{Failure, FailureKind, SeriesOutcome};
use crate::release::text::{visible, visible_up_to};
use crate::sources::api;
use crate::sources::wire::Text;

use super::Answer;
use super::address::Service;

/// Points kept of a series: as many as Prometheus would ever send.
const MOST_POINTS: usize = 11_000;
/// Warnings kept of an answer.
const MOST_WARNINGS: usize = 5;

/// An answer, not read yet.
pub struct Raw {
    /// Who answered.
    pub who: String,
    /// Set where it came through the API server, which then may have answered itself.
    pub service: Option<Service>,
    pub status: StatusCode,
    /// The host that a redirect leads to.
    pub location: Option<String>,
    pub body: Bytes,
    /// Whether credentials went along.
    pub sent: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    status: &'a str,
    #[serde(borrow, default)]
    data: Option<Data<'a>>,
    #[serde(default)]
    error_type: Text,
    #[serde(default)]
    error: Text,
    #[serde(default)]
    warnings: Option<Vec<Text>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    result_type: &'a str,
    #[serde(borrow)]
    result: &'a RawValue,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct One<'a> {
    values: Vec<Point>,
    value: Option<Point>,
    #[serde(borrow)]
    histograms: Option<&'a RawValue>,
    #[serde(borrow)]
    histogram: Option<&'a RawValue>,
}

/// `[unix seconds, "value"]`.
#[derive(Deserialize)]
struct Point(f64, Text);

impl Point {
    /// None where the value is no number.
    fn read(&self) -> Option<(f64, f64)> {
        Some((self.0, self.1.0.as_deref()?.parse().ok()?))
    }
}

/// Reads an answer of any status.
pub fn read(raw: &Raw) -> Answer {
    if let Ok(envelope) = serde_json::from_slice::<Envelope<'_>>(&raw.body) {
        match (envelope.status, &envelope.data) {
            ("success", Some(data)) if raw.status.is_success() => return points(raw, data, warnings(&envelope)),
            ("error", _) => return refused(raw, &envelope),
            _ => {}
        }
    }
    Answer::failed(useless(raw))
}

fn warnings(envelope: &Envelope<'_>) -> Vec<Box<str>> {
    envelope.warnings.iter().flatten().filter_map(Text::shown).take(MOST_WARNINGS).collect()
}

fn points(raw: &Raw, data: &Data<'_>, warnings: Vec<Box<str>>) -> Answer {
    let outcome = match data.result_type {
        "matrix" | "vector" => series(data.result),
        "scalar" => scalar(data.result),
        other => Err(format!("the query gives a {}, not numbers over time", visible_up_to(other, 30))),
    };
    let outcome = outcome.unwrap_or_else(|error| SeriesOutcome::Failed(format!("{}: {error}", raw.who)));
    Answer { outcome, warnings, failure: None }
}

fn series(result: &RawValue) -> Result<SeriesOutcome, String> {
    let all: Vec<&RawValue> = serde_json::from_str(result.get()).map_err(unreadable)?;
    let Some(first) = all.first() else {
        return Ok(SeriesOutcome::Empty);
    };
    let first: One<'_> = serde_json::from_str(first.get()).map_err(unreadable)?;
    let points: Option<Vec<(f64, f64)>> = first.values.iter().chain(&first.value).map(Point::read).collect();
    let mut points = points.ok_or("a value of the answer is no number")?;
    points.drain(..points.len().saturating_sub(MOST_POINTS));
    match (points.is_empty(), first.histograms.or(first.histogram)) {
        (true, Some(_)) => Err("the query gives histograms, not numbers".to_owned()),
        (true, None) if all.len() == 1 => Ok(SeriesOutcome::Empty),
        _ if all.len() == 1 => Ok(SeriesOutcome::Points(points)),
        _ => Ok(SeriesOutcome::Many(all.len(), points)),
    }
}

fn scalar(result: &RawValue) -> Result<SeriesOutcome, String> {
    let point: Point = serde_json::from_str(result.get()).map_err(unreadable)?;
    Ok(SeriesOutcome::Points(vec![point.read().ok_or("the value of the answer is no number")?]))
}

fn unreadable(error: serde_json::Error) -> String {
    format!("the answer cannot be read: {}", visible_up_to(&error.to_string(), 200))
}

/// Prometheus's own error: it is there, but this query has no answer.
fn refused(raw: &Raw, envelope: &Envelope<'_>) -> Answer {
    let kind = envelope.error_type.or_empty();
    let error = visible_up_to(envelope.error.0.as_deref().unwrap_or_default(), 300);
    let what = match &*kind {
        "bad_data" => "the query is not valid".to_owned(),
        "timeout" => "the query took too long".to_owned(),
        "canceled" => "the query was canceled".to_owned(),
        "execution" => "the query could not be executed".to_owned(),
        "unavailable" => format!("{} is not available", raw.who),
        "internal" => format!("{} has an internal fault", raw.who),
        _ => format!("{} answered {} {kind}", raw.who, raw.status.as_u16()),
    };
    let sentence = format!("{what}: {error}");
    match &*kind {
        "bad_data" | "timeout" | "canceled" | "execution" => {
            Answer { outcome: SeriesOutcome::Failed(sentence), warnings: warnings(envelope), failure: None }
        }
        _ => Answer::failed(failure(FailureKind::Failed, sentence)),
    }
}

/// The sentence for what is no answer of Prometheus.
fn useless(raw: &Raw) -> Failure {
    let said: api::Status = serde_json::from_slice(&raw.body).unwrap_or_default();
    if let (Some(service), true) = (&raw.service, said.kind == "Status") {
        return proxied(service, raw.status, &visible_up_to(&said.message, 300));
    }
    let who = &raw.who;
    let code = raw.status.as_u16();
    let text = || visible_up_to(String::from_utf8_lossy(&raw.body[..raw.body.len().min(1000)]).trim(), 200);
    let is_page = raw.body.trim_ascii_start().starts_with(b"<");
    match code {
        200..=299 if is_page => failure(
            FailureKind::Failed,
            format!("{who} answers with a web page, not with data: a login page, or not the address of Prometheus?"),
        ),
        200..=299 => failure(FailureKind::Failed, format!("{who} does not answer as Prometheus does: {}", text())),
        300..=399 => {
            let to = raw.location.as_deref().unwrap_or("another address");
            let sentence = format!("{who} sends us on to {to} ({code}): a login page, or a new address to name?");
            failure(FailureKind::Failed, sentence)
        }
        401 if raw.sent => {
            failure(FailureKind::Unauthorized, format!("{who} does not accept the credentials (401): renew them"))
        }
        401 => failure(
            FailureKind::Unauthorized,
            format!("{who} wants credentials (401): they are only sent to an address named with --prometheus"),
        ),
        403 => failure(FailureKind::Forbidden, format!("{who} does not allow this query (403)")),
        404 => failure(
            FailureKind::Failed,
            format!("{who} has no Prometheus API there (404): is a path missing in the address?"),
        ),
        414 | 431 => failure(FailureKind::Failed, format!("the query is too long for {who} ({code})")),
        429 => failure(FailureKind::Failed, format!("{who} asks us to slow down (429)")),
        502..=504 => failure(FailureKind::Unreachable, format!("{who} is not ready ({code})")),
        _ if is_page => failure(FailureKind::Failed, format!("{who} answered {code} with a web page")),
        _ => failure(FailureKind::Failed, format!("{who} answered {code}: {}", text())),
    }
}

/// The API server's own refusal to pass the query on.
fn proxied(service: &Service, status: StatusCode, message: &str) -> Failure {
    let who = service.who();
    match status.as_u16() {
        401 => failure(
            FailureKind::Unauthorized,
            "the API server does not accept these credentials (401): log in again".to_owned(),
        ),
        403 => failure(
            FailureKind::Forbidden,
            format!(
                "you may not reach {who} through the API server (403): ask for get on services/proxy, or pass \
                 --prometheus ADDRESS. {message}"
            ),
        ),
        404 => failure(FailureKind::Failed, format!("there is no {who} (404): {message}")),
        502..=504 => failure(FailureKind::Unreachable, format!("{who} does not answer: {message}")),
        code => failure(FailureKind::Failed, format!("the API server answered {code} for {who}: {message}")),
    }
}

fn failure(kind: FailureKind, message: String) -> Failure {
    Failure { kind, message: visible(&message), retry_in: None }
}
