//! GitHub's source against the simulated GitHub, over loopback.

mod details;
mod faults;
mod stories;
mod writing;

use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc;

use flightdeck::release::model::Model;
use flightdeck::release::observation::{Observation, Report, Said};
use flightdeck::release::repository::{Finding, Repository};
use flightdeck::sim::{World, WorldConfig};
use flightdeck::sources::github::{Credentials, Handle, NAME, Settings, Slug, open};

use crate::world::deck::now;

const STORY: &str = include_str!("../../fixtures/demo/github.yaml");

/// A world with a cluster and these stories.
async fn world(stories: &[&str]) -> World {
    let mut config = WorldConfig::empty();
    config.stories.extend(stories.iter().map(|story| (*story).to_owned()));
    World::start(config).await.unwrap()
}

/// The story's repository at that address, with the token in that file.
fn settings(url: &str, token: Option<&Path>) -> Settings {
    Settings {
        url: url.to_owned(),
        credentials: token.map_or(Credentials::None, |file| Credentials::File(file.to_owned())),
        timeout: Some(Duration::from_millis(1500)),
        ..Settings::new(Slug::parse("acme/shop").unwrap())
    }
}

/// A source at work, and what a model makes of it.
struct Watched {
    handle: Handle,
    model: Model,
    reports: mpsc::Receiver<Report>,
}

impl Watched {
    fn start(settings: Settings) -> Self {
        let (sender, reports) = mpsc::channel(100);
        let (handle, task) = open(settings, sender, now);
        tokio::spawn(task);
        Watched { handle, model: Model::default(), reports }
    }

    /// Takes in what comes until something is said.
    async fn until(&mut self, is_it: impl Fn(&Said) -> bool) -> Said {
        let wait = async {
            loop {
                let report = self.reports.recv().await.expect("the source is at work");
                assert_eq!((&*report.source.context, &*report.source.kind), ("acme/shop", NAME));
                let said = report.said.clone();
                self.model.observe(report, now());
                if is_it(&said) {
                    return said;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wait).await.expect("it is said in time")
    }

    async fn until_found(&mut self, is_it: impl Fn(&Finding) -> bool) {
        self.until(|said| matches!(said, Said::Partial(Observation::Repository(finding)) if is_it(finding))).await;
    }

    fn repository(&self) -> &Repository {
        self.model.repository().expect("a repository").1
    }
}
