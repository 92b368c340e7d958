//! Tests of the simulated world: controllers in played time, the API over real HTTP.

mod analysis;
mod api;
mod demo;
mod github;
mod hostile;
mod http;
mod language;
mod scene;
mod walks;
mod watches;
