//! From a plan to the outside and back with an outcome: the only code that changes anything.
//!
//! [`execute`] is the one place that sends a mutating request: tried dry before, recorded before and after.

mod answer;
pub mod audit;
mod event;
mod execute;
pub mod kubernetes;
mod moved;
pub mod outcome;
mod templates;
mod wire;

#[cfg(test)]
mod tests;

pub use execute::{Executed, Order, execute, record_refused, record_verified};
