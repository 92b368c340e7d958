//! A simulated world behind real HTTP on loopback: a Kubernetes API server with the Argo Rollouts controller, and
//! Prometheus and GitHub, all scripted by stories.
//!
//! The production clients talk to it, so it speaks the real protocols: paging, watches with bookmarks, 410, 409, 422,
//! dry runs, preconditions, access reviews. The contract tests run the same functions against it and against a real
//! server, so that it cannot lie.
//!
//! From the outside in: [`World`] is what a test or the demo holds; `http` takes connections; `api` says who may do what
//! and hands on to `read`, `write`, `watch`; `store` has the objects; `state` moves time on for `story`, `cluster` and
//! `controller`; `github` is a server of its own. A further one (a registry) is one more `Side` in `http` and one more
//! address in [`World`].

mod access;
mod api;
mod call;
mod clock;
mod cluster;
mod condition;
mod controller;
mod demo;
mod discovery;
mod doors;
mod fault;
mod github;
mod http;
mod metrics;
mod patch;
mod prometheus;
mod query;
mod read;
mod refused;
mod resources;
mod schema;
mod seed;
mod selector;
mod state;
mod store;
mod story;
#[cfg(test)]
mod tests;
mod value;
mod watch;
mod world;
mod write;

pub use doors::{Addresses, Doors};
pub use fault::Fault;
pub use world::{Asked, Request, World, WorldConfig};

use world::Shared;
