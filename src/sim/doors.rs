//! Where a world listens. Its doors are open before it has begun: who comes early waits, and is not turned away.

use std::net::SocketAddr;

use anyhow::Context;
use tokio::net::TcpListener;

use super::github::Door;
use super::http::Side;
use super::world::{World, WorldConfig};

/// Free ports of the loopback interface, taken for a world to come.
#[derive(Debug)]
pub struct Doors {
    pub addresses: Addresses,
    pub(super) listeners: Vec<(Side, TcpListener)>,
}

/// Where a world's servers are.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    kubernetes: SocketAddr,
    prometheus: SocketAddr,
    github: SocketAddr,
    pub(super) store: SocketAddr,
}

impl Doors {
    /// Takes the ports; that is done at once.
    pub async fn open() -> anyhow::Result<Self> {
        let mut listeners = Vec::new();
        let mut open = async |side| -> anyhow::Result<SocketAddr> {
            let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port on 127.0.0.1")?;
            let address = listener.local_addr()?;
            listeners.push((side, listener));
            Ok(address)
        };
        let addresses = Addresses {
            kubernetes: open(Side::Kubernetes).await?,
            prometheus: open(Side::Prometheus).await?,
            github: open(Side::GitHub(Door::Api)).await?,
            store: open(Side::GitHub(Door::Store)).await?,
        };
        Ok(Self { addresses, listeners })
    }

    /// Begins the world behind them.
    pub async fn begin(self, config: WorldConfig) -> anyhow::Result<World> {
        World::begin(self, config).await
    }
}

impl Addresses {
    /// Where the Kubernetes API is.
    pub fn kubernetes_url(&self) -> String {
        format!("http://{}", self.kubernetes)
    }

    /// Where Prometheus is.
    pub fn prometheus_url(&self) -> String {
        format!("http://{}", self.prometheus)
    }

    /// Where the API of GitHub is.
    pub fn github_url(&self) -> String {
        format!("http://{}", self.github)
    }
}
