//! The contract, held against the simulated world.

use std::sync::Arc;

use flightdeck::sim::{Fault, World, WorldConfig};

use crate::contract::api::{Api, User};
use crate::contract::contract_tests;

async fn start(name: &str) -> Api {
    let world = Arc::new(World::start(WorldConfig::empty()).await.expect("a world"));
    let url: http::Uri = world.kubernetes_url().parse().expect("an address");
    let forgetful = Arc::clone(&world);
    let api = Api {
        namespace: name.replace('_', "-"),
        config: Box::new(move |user| {
            let mut config = kube::Config::new(url.clone());
            config.auth_info.token = Some(format!("{user:?}").to_lowercase().into()).filter(|_| user != User::Admin);
            config
        }),
        forget: Box::new(move || {
            forgetful.fault(Fault::Gone);
            forgetful.fault(Fault::None);
            Box::pin(std::future::ready(()))
        }),
        keep: Box::new(world),
    };
    api.open().await
}

contract_tests!(start);
