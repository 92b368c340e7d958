//! Flightdeck, a terminal release cockpit.
//!
//! Two walks explain the whole crate.
//!
//! **A Rollout changes.** A watch line comes in through [`sources`], where the Kubernetes type ends. The report goes
//! through a bounded channel to [`app`], which hands it to [`release::model::Model::observe`]. The next frame slot draws
//! what [`panes`] make of the model, and only changed cells go to the [`terminal`].
//!
//! **The operator presses a key.** [`keys`] turns it into a command, the focused pane names the target, and an action of
//! [`actions`] answers with a plan or a refusal. The confirm overlay shows that plan. [`writers`] record the intent,
//! send the request once with its precondition, and record the outcome. The screen changes only when walk one reports it.

pub mod actions;
pub mod app;
pub mod cli;
pub mod commands;
pub mod config;
pub mod headless;
pub mod keys;
pub mod panes;
pub mod release;
pub mod sim;
pub mod sources;
pub mod terminal;
pub mod theme;
pub mod writers;
pub mod yaml;
