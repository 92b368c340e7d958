//! The tests against a real control plane. They want the folder of a running bed in `FLIGHTDECK_BED`;
//! `tests/cluster/run.sh` starts one, runs them one after another, and takes it down.

mod away;
mod bed;
mod canary;
#[path = "../contract/mod.rs"]
mod contract;
#[path = "../driver/mod.rs"]
mod driver;
mod endings;
mod held;
mod journal;
mod keys;
mod people;
mod previews;
mod stage;
