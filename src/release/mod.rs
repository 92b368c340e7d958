//! What we know: pure data about releases and what follows from it. No async, no I/O, no clock, no Kubernetes, no screen.

pub mod access;
pub mod analysis;
pub mod attention;
pub mod availability;
pub mod condition;
pub mod cost;
mod cost_legacy;
pub mod drift;
pub mod duration;
pub mod gate;
pub mod json;
pub mod lint;
pub mod model;
pub mod object;
pub mod observation;
pub mod phase;
pub mod plan_change;
pub mod reading;
pub mod replicas;
pub mod rollout;
#[cfg(test)]
pub mod sample;
pub mod smoke;
pub mod text;
pub mod threshold;
pub mod timeline;
pub mod tree;
pub mod verdict;
pub mod weight;
pub mod why;
