//! `flightdeck demo`: the cockpit on a simulated world. The production clients talk to it over loopback.

use std::process::ExitCode;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::cli::{Common, Demo};
use crate::sim::{Doors, Fault, WorldConfig};
use crate::sources::cluster::Address;
use crate::sources::github::{Credentials, Settings, Slug};

use super::cockpit::{self, Cockpit};
use super::serve::serve;
use super::{clock, fail, paths, settle, wait};

/// The context's name on the screen and in the journal.
pub(super) const CONTEXT: &str = "demo";

/// The repository that its story tells of.
const REPOSITORY: &str = "acme/shop";

/// Starts the world and opens the cockpit on it.
pub fn run(common: &Common, demo: &Demo) -> ExitCode {
    wait(async {
        let config = match demo.rollouts {
            Some(rollouts) => WorldConfig { speed: demo.speed, rollouts, ..WorldConfig::empty() },
            None => WorldConfig { speed: demo.speed, ..WorldConfig::default() },
        };
        let doors = match Doors::open().await {
            Ok(doors) => doors,
            Err(error) => return does_not_start(&error),
        };
        // The world of many rollouts has no repository.
        let repository = Slug::parse(REPOSITORY).ok().filter(|_| demo.rollouts.is_none());
        if demo.serve {
            return serve(doors, config, repository).await;
        }
        open(common, doors, config, repository).await
    })
}

async fn open(common: &Common, doors: Doors, config: WorldConfig, repository: Option<Slug>) -> ExitCode {
    let mut settled = settle::settle(common, clock());
    settled.state = paths::demo(settled.state, common.state_dir.as_deref(), std::env::var_os(paths::STATE));
    // Never the operator's own repository, and never the operator's token.
    settled.flags = None;
    settled.github = repository.map(|repository| Settings {
        url: doors.addresses.github_url(),
        credentials: Credentials::None,
        ..Settings::new(repository)
    });
    let (faults, wanted) = mpsc::unbounded_channel();
    let cockpit = Cockpit {
        contexts: vec![(Arc::from(CONTEXT), Address::Plain(doors.addresses.kubernetes_url()))],
        faults: Some(faults),
        fault_names: Fault::ALL.iter().map(|fault| (fault.name().to_owned(), fault.help().to_owned())).collect(),
        world: "DEMO",
    };
    tokio::select! {
        // The first picture waits for no world, as it waits for no cluster.
        biased;
        code = cockpit::open(settled, cockpit) => code,
        error = play(doors, config, wanted) => does_not_start(&error),
    }
}

/// Has the world go on, with the faults that are wanted; ends only when it does not start.
async fn play(doors: Doors, config: WorldConfig, mut wanted: mpsc::UnboundedReceiver<String>) -> anyhow::Error {
    let world = match doors.begin(config).await {
        Ok(world) => world,
        Err(error) => return error,
    };
    while let Some(name) = wanted.recv().await {
        if let Some(fault) = Fault::named(&name) {
            world.fault(fault);
        }
    }
    std::future::pending().await
}

pub(super) fn does_not_start(error: &anyhow::Error) -> ExitCode {
    fail(3, format_args!("the simulated world does not start: {error:#}"))
}
