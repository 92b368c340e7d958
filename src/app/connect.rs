//! Connections to clusters and to GitHub: tried until they come about, each failure told.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use crate::release::observation::{Failure, Report, Said, SourceId};
use crate::sources::api::{ANSWER_WITHIN, unreachable};
use crate::sources::cluster::{self, Address, Cluster};
use crate::sources::github;
use crate::sources::{SOURCES, Scope};
use crate::writers::{self, Writer, kubernetes};

/// Pauses between tries to connect: doubled from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LAST_PAUSE: Duration = Duration::from_secs(10);

/// Connects for reading, telling every source's failure until it succeeds; None when nobody listens any more.
pub(super) async fn connected(
    context: &Arc<str>,
    address: &Address,
    reports: &mpsc::Sender<Report>,
) -> Option<Cluster> {
    let mut pause = FIRST_PAUSE;
    loop {
        let failure = match cluster::connect(context, address).await {
            Ok(cluster) => return Some(cluster),
            Err(failure) => failure,
        };
        for source in SOURCES.iter().filter(|source| source.scope != Scope::Focus) {
            let source = SourceId { context: context.clone(), kind: source.name.into() };
            let mut failure = failure.clone();
            failure.retry_in = SignedDuration::try_from(pause).ok();
            reports.send(Report { source, said: Said::Failing(failure) }).await.ok()?;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

/// Connects for writing. What keeps it from that also keeps the sources from reading, and they say so.
pub(super) async fn patient_writer(context: &Arc<str>, address: &Address) -> kubernetes::Writer {
    loop {
        match connect_writer(context, address).await {
            Ok(writer) => return writer,
            Err(_) => tokio::time::sleep(LAST_PAUSE).await,
        }
    }
}

/// Connects for writing: a client of its own, which never repeats a request.
pub(crate) async fn connect_writer(context: &Arc<str>, address: &Address) -> Result<kubernetes::Writer, Failure> {
    let config = cluster::client_config(context, address).await?;
    let name = context.clone();
    let runtime = tokio::runtime::Handle::current();
    // kube reads files and runs exec plugins in there.
    tokio::task::spawn_blocking(move || {
        let _guard = runtime.enter();
        kubernetes::Writer::new(&name, config, ANSWER_WITHIN)
    })
    .await
    .map_err(|error| unreachable(error.to_string()))?
    .map_err(unreachable)
}

/// A writer with the token as it is now.
pub(crate) async fn github_writer(settings: &github::Settings, clock: fn() -> Timestamp) -> Result<Writer, String> {
    let client = github::Client::connect(settings, clock).await.map_err(|failure| failure.message)?;
    let repository = settings.repository.to_string();
    Ok(writers::github::Writer::new(client.octocrab(), repository, settings.timeout()).into())
}
