//! The integration tests that need nothing but loopback.

mod commands;
#[path = "../contract/mod.rs"]
mod contract;
mod driver;
mod layers;
mod pty;
mod simulated;
mod world;
