//! From the outside to observations: one file per thing watched, one row each in [`SOURCES`].
//!
//! Foreign types stop in these files: what goes on is `release` data, safe for the screen.

pub mod api;
pub mod checkout;
pub mod cluster;
pub mod files;
pub mod github;
pub mod prometheus;
pub mod watch;
pub mod wire;

pub mod analysis_runs;
pub mod events;
pub mod experiments;
pub mod jobs;
pub mod leases;
pub mod namespaces;
pub mod pods;
pub mod preview_requests;
pub mod replica_sets;
pub mod rollouts;

#[cfg(test)]
mod double;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::release::object::ObjectId;
use crate::release::observation::Report;
use cluster::Cluster;

/// A kind of object to list and watch.
pub struct Source {
    /// The name in freshness lines and recordings, such as `rollouts`.
    pub name: &'static str,
    /// `apis/GROUP/VERSION` or `api/v1`.
    pub api: &'static str,
    /// Plural of the kind, as in the path.
    pub resource: &'static str,
    pub scope: Scope,
    /// `labelSelector` and `fieldSelector`, for the server to filter by.
    pub selector: fn(Option<&Focus>) -> Selector,
    /// Runs until it is dropped.
    pub run: fn(watch::Watch) -> Running,
}

/// A source at work.
pub type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Which objects of its kind a source watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of them, in all chosen namespaces, all the time.
    Always,
    /// One object of a known namespace, wherever the operator looks; all the time.
    Fixed(&'static str),
    /// Those of a kind without namespaces, whichever namespaces are chosen; all the time.
    Cluster,
    /// Only those of the Rollout in focus.
    Focus,
}

/// The Rollout that the operator looks into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Focus {
    pub rollout: ObjectId,
    /// `spec.selector` as a label selector.
    pub selector: String,
}

/// What the server filters by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    pub label: Option<String>,
    pub field: Option<String>,
}

/// The table. A new thing watched is a new file and a row here.
pub static SOURCES: &[&Source] = &[
    &rollouts::SOURCE,
    &analysis_runs::SOURCE,
    &events::REFUSALS,
    &leases::SOURCE,
    &namespaces::SOURCE,
    &replica_sets::SOURCE,
    &pods::SOURCE,
    &experiments::SOURCE,
    &jobs::SOURCE,
    &events::SOURCE,
];

/// Names of the sources that follow the focus.
pub fn focus_sources() -> Vec<&'static str> {
    SOURCES.iter().filter(|source| source.scope == Scope::Focus).map(|source| source.name).collect()
}

/// Watches all that is always watched in one cluster, until the set is dropped.
pub fn watch_always(cluster: &Cluster, namespace: Option<&str>, reports: &mpsc::Sender<Report>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for source in SOURCES {
        let namespace = match source.scope {
            Scope::Always => namespace,
            Scope::Cluster => None,
            Scope::Fixed(namespace) => Some(namespace),
            Scope::Focus => continue,
        };
        tasks.spawn((source.run)(watch::Watch::new(source, cluster, namespace, None, reports)));
    }
    tasks
}

/// Watches what belongs to the focused Rollout, until the set is dropped.
pub fn watch_focus(cluster: &Cluster, focus: &Focus, reports: &mpsc::Sender<Report>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for source in SOURCES.iter().filter(|source| source.scope == Scope::Focus) {
        let namespace: Arc<str> = focus.rollout.namespace.clone();
        tasks.spawn((source.run)(watch::Watch::new(source, cluster, Some(&namespace), Some(focus), reports)));
    }
    tasks
}
