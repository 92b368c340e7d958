//! The integration tests that need nothing but loopback.

mod commands;
#[path = "../contract/mod.rs"]
mod contract;
#[path = "../driver/mod.rs"]
mod driver;
mod github;
mod layers;
mod pty;
mod simulated;
mod world;
