//! Live answers of Prometheus to the queries that AnalysisRuns ask.
//!
//! An address inside the cluster is reached through the API server's service proxy with the operator's own rights; any
//! other is asked directly. What a template says is written by whoever may create one: credentials go only to the
//! address that the operator named.

mod address;
mod answer;
mod direct;
mod poll;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::OnceCell;

use crate::release::object::Uid;
use crate::release::observation::{Failure, FailureKind, Series, SeriesOutcome};

use super::api;
use super::cluster::Cluster;
use address::Route;
use answer::Raw;

pub use poll::{Live, watch_series};

/// The kind in [`SourceId`](crate::release::observation::SourceId)s of this source.
pub const NAME: &str = "prometheus";

/// Largest answer that is taken into memory.
const LARGEST_ANSWER: usize = 16 << 20;

/// How to reach Prometheus, from `--prometheus` and the configuration.
#[derive(Clone, Default)]
pub struct Settings {
    /// Instead of the address in the template.
    pub url: Option<String>,
    /// Read again for every request, since tokens rotate.
    pub bearer_token_file: Option<PathBuf>,
    pub basic: Option<Basic>,
    /// Certificates (PEM) to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Trust any certificate.
    pub insecure: bool,
    /// Longest wait for an answer; 10 s when absent.
    pub timeout: Option<Duration>,
}

/// A user whose password is in a file.
#[derive(Clone, Debug)]
pub struct Basic {
    pub user: String,
    pub password_file: PathBuf,
}

impl fmt::Debug for Settings {
    /// A password may stand in the address.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("url", &self.url.as_deref().map(address::without_secrets))
            .field("bearer_token_file", &self.bearer_token_file)
            .field("basic", &self.basic)
            .field("ca_file", &self.ca_file)
            .field("insecure", &self.insecure)
            .field("timeout", &self.timeout)
            .finish()
    }
}

/// One metric of one AnalysisRun over some time.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub run: Uid,
    pub metric: Box<str>,
    /// With its arguments resolved.
    pub query: String,
    /// The template's own.
    pub address: String,
    pub start: Timestamp,
    pub end: Timestamp,
    pub step: SignedDuration,
}

/// What came of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub outcome: SeriesOutcome,
    /// Why the data is partial, in Prometheus's words.
    pub warnings: Vec<Box<str>>,
    /// The same as a `Failed` outcome where it is Prometheus that cannot be asked, and not the query that is wrong.
    pub failure: Option<Failure>,
}

impl Answer {
    /// For the model, as it came at `at`.
    pub fn into_series(self, query: &Query, at: Timestamp) -> Series {
        let Answer { outcome, warnings, .. } = self;
        Series { run: query.run.clone(), metric: query.metric.clone(), outcome, warnings, at }
    }

    fn failed(failure: Failure) -> Self {
        Answer { outcome: SeriesOutcome::Failed(failure.message.clone()), warnings: Vec::new(), failure: Some(failure) }
    }
}

/// Asks Prometheus.
pub struct Prometheus {
    settings: Settings,
    /// One client per way of connecting, made when it is first needed: reading the system's certificates takes time.
    clients: [OnceCell<reqwest::Client>; 4],
}

impl Prometheus {
    /// Nothing is read or sent yet.
    pub fn new(settings: Settings) -> Self {
        Prometheus { settings, clients: Default::default() }
    }

    /// Asks for the points of a query. Without a cluster an address inside of one cannot be reached.
    pub async fn range(&self, cluster: Option<&Cluster>, query: &Query) -> Answer {
        match self.ask(cluster, query).await {
            Ok(raw) => answer::read(&raw),
            Err(failure) => Answer::failed(failure),
        }
    }

    async fn ask(&self, cluster: Option<&Cluster>, query: &Query) -> Result<Raw, Failure> {
        let named = self.settings.url.as_deref();
        let route = address::route(named.unwrap_or(&query.address)).map_err(|message| match named {
            Some(_) => failed(format!("the address given for Prometheus {message}")),
            None => failed(format!("the template's address of Prometheus {message}: pass --prometheus ADDRESS")),
        })?;
        match route {
            Route::Direct(url) => direct::ask(self, url, named.is_some(), query).await,
            Route::Service(service) => {
                let cluster = cluster.ok_or_else(|| {
                    failed(format!(
                        "{} is reached through a cluster, and there is none: pass --prometheus",
                        service.who()
                    ))
                })?;
                let path = format!("{}?{}", service.path(), self.parameters(query));
                let (status, body) = api::ask(&cluster.client, &path, self.timeout(), LARGEST_ANSWER).await?;
                Ok(Raw { who: service.who(), service: Some(service), status, location: None, body, sent: true })
            }
        }
    }

    fn parameters(&self, query: &Query) -> String {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("query", &query.query)
            .append_pair("start", &query.start.as_second().to_string())
            .append_pair("end", &query.end.as_second().to_string())
            .append_pair("step", &step_seconds(query).to_string())
            .append_pair("timeout", &format!("{}ms", self.timeout().as_millis()))
            .finish()
    }

    fn timeout(&self) -> Duration {
        self.settings.timeout.unwrap_or(Duration::from_secs(10))
    }
}

/// The step in whole seconds, at least one.
fn step_seconds(query: &Query) -> i64 {
    query.step.as_secs().max(1)
}

fn failed(message: String) -> Failure {
    Failure { kind: FailureKind::Failed, message, retry_in: None }
}
