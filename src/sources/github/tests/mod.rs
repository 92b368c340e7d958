//! The source over loopback: against the simulated GitHub, and against a server that says what a test wants.

mod client;
mod stories;

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::*;
use crate::release::model::Model;
use crate::release::observation::{Report, Said};
use crate::release::repository::{Finding, Repository};
use crate::sim::{World, WorldConfig};

pub(super) const STORY: &str = include_str!("../../../../fixtures/demo/github.yaml");

#[expect(clippy::disallowed_methods, reason = "limits end in real time")]
pub(super) fn clock() -> Timestamp {
    Timestamp::now()
}

/// A world with a cluster and these stories.
pub(super) async fn world(stories: &[&str]) -> World {
    let mut config = WorldConfig::empty();
    config.stories.extend(stories.iter().map(|story| (*story).to_owned()));
    World::start(config).await.unwrap()
}

/// The story's repository at that address, with the token in that file.
pub(super) fn settings(url: &str, token: Option<&Path>) -> Settings {
    Settings {
        url: url.to_owned(),
        credentials: token.map_or(Credentials::None, |file| Credentials::File(file.to_owned())),
        timeout: Some(Duration::from_millis(1500)),
        ..Settings::new(Slug::parse("acme/shop").unwrap())
    }
}

/// A source at work, and what a model makes of it.
pub(super) struct Watched {
    pub(super) handle: Handle,
    pub(super) model: Model,
    reports: mpsc::Receiver<Report>,
}

impl Watched {
    pub(super) fn start(settings: Settings) -> Self {
        let (sender, reports) = mpsc::channel(100);
        let (handle, task) = open(settings, sender, clock);
        tokio::spawn(task);
        Watched { handle, model: Model::default(), reports }
    }

    /// Takes in what comes until something is said.
    pub(super) async fn until(&mut self, is_it: impl Fn(&Said) -> bool) -> Said {
        let wait = async {
            loop {
                let report = self.reports.recv().await.expect("the source is at work");
                assert_eq!((&*report.source.context, &*report.source.kind), ("acme/shop", NAME));
                let said = report.said.clone();
                self.model.observe(report, clock());
                if is_it(&said) {
                    return said;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wait).await.expect("it is said in time")
    }

    pub(super) async fn until_found(&mut self, is_it: impl Fn(&Finding) -> bool) {
        use crate::release::observation::Observation;
        self.until(|said| matches!(said, Said::Partial(Observation::Repository(finding)) if is_it(finding))).await;
    }

    pub(super) fn repository(&self) -> &Repository {
        self.model.repository().expect("a repository").1
    }
}
