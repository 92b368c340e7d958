//! A repository on GitHub, asked again and again: pull requests, workflow runs, their artifacts, the flags file.
//!
//! One task asks, one request at a time, as GitHub wishes. `schedule` decides what and how often; `eye` knows how a topic
//! is looked at; `client` sends, remembers ETags and counts the budget. No pane asks for anything by itself: what somebody
//! looks at goes through [`Handle`].

mod about;
mod answer;
mod app;
pub mod archive;
mod artifacts;
mod branch;
mod cache;
mod client;
mod contents;
mod costs;
mod eye;
mod ground;
mod look;
mod poll;
mod pulls;
mod schedule;
mod settings;
mod token;
mod transport;

#[cfg(test)]
mod tests;

pub use answer::Miss;
pub use client::Client;
pub use poll::{Handle, open};
pub use settings::{App, Credentials, Extent, Files, Settings, Slug};

/// The kind in [`SourceId`](crate::release::observation::SourceId)s of this source; the context is `owner/name`.
pub const NAME: &str = "github";
