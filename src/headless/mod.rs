//! From the model to JSON and an exit code.

pub mod cost;
pub mod drift;
pub mod flags;
pub mod k6;
