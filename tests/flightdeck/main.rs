//! The integration tests that need nothing but loopback.

#[path = "../contract/mod.rs"]
mod contract;
mod simulated;
