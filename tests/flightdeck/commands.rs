//! The binary without a screen: arguments in, one document and an exit code out, against the simulated world.

mod bench;
mod blind;
mod configured;
mod flags;
mod front;
mod gates;
mod lost;
mod manifests;
mod previews;
mod refused;
mod serving;
mod signals;
mod unseen;
mod verbs;
mod views;
mod watching;
mod workflows;
