//! A simulated world for a test that is not async.

use flightdeck::sim::{World, WorldConfig};

/// A simulated world with threads of its own, for a test that is not async.
pub struct Cluster {
    pub world: World,
    // Dropped after the world whose tasks it runs.
    _runtime: tokio::runtime::Runtime,
}

impl Cluster {
    /// Begins a world.
    pub fn start(config: WorldConfig) -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().expect("a runtime");
        let world = runtime.block_on(World::start(config)).expect("a world");
        Cluster { world, _runtime: runtime }
    }
}
