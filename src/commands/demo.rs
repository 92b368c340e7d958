//! `flightdeck demo`: the cockpit on a simulated world. The production clients talk to it over loopback.

use std::process::ExitCode;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::cli::{Common, Demo};
use crate::sim::{Fault, World, WorldConfig};
use crate::sources::cluster::Address;
use crate::sources::github::{Credentials, Settings, Slug};

use super::cockpit::{self, Cockpit};
use super::settle;
use super::{clock, fail, wait};

/// The context's name on the screen and in the journal.
const CONTEXT: &str = "demo";

/// The repository that its story tells of.
const REPOSITORY: &str = "acme/shop";

/// Starts the world and opens the cockpit on it.
pub fn run(common: &Common, demo: &Demo) -> ExitCode {
    wait(async {
        let config = match demo.rollouts {
            Some(_) => WorldConfig { speed: demo.speed, ..WorldConfig::empty() },
            None => WorldConfig { speed: demo.speed, ..WorldConfig::default() },
        };
        let world = match World::start(config).await {
            Ok(world) => world,
            Err(error) => return fail(3, format_args!("the simulated world does not start: {error:#}")),
        };
        if let Some(count) = demo.rollouts {
            world.seed_rollouts(count);
        }
        if demo.serve {
            return serve(world).await;
        }
        // The world of many rollouts has no repository.
        let repository = Slug::parse(REPOSITORY).ok().filter(|_| demo.rollouts.is_none());
        open(common, world, repository).await
    })
}

async fn open(common: &Common, world: World, repository: Option<Slug>) -> ExitCode {
    let mut settled = settle::settle(common, clock());
    // Never the operator's own repository, and never the operator's token.
    settled.flags = None;
    settled.github = repository.map(|repository| Settings {
        url: world.github_url(),
        credentials: Credentials::None,
        ..Settings::new(repository)
    });
    let (faults, mut wanted) = mpsc::unbounded_channel::<String>();
    let cockpit = Cockpit {
        contexts: vec![(Arc::from(CONTEXT), Address::Plain(world.kubernetes_url()))],
        faults: Some(faults),
        fault_names: Fault::ALL.iter().map(|fault| (fault.name().to_owned(), fault.help().to_owned())).collect(),
        world: "DEMO",
    };
    let player = tokio::spawn(async move {
        while let Some(name) = wanted.recv().await {
            if let Some(fault) = Fault::named(&name) {
                world.fault(fault);
            }
        }
    });
    let code = cockpit::open(settled, cockpit).await;
    player.abort();
    code
}

/// Serves the world to other programs until interrupted.
async fn serve(world: World) -> ExitCode {
    let (kubernetes, prometheus, github) = (world.kubernetes_url(), world.prometheus_url(), world.github_url());
    println!("kubernetes {kubernetes}\nprometheus {prometheus}\ngithub {github}");
    let _ = tokio::signal::ctrl_c().await;
    ExitCode::SUCCESS
}
