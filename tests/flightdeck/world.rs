//! The whole app on the simulated world, without a terminal: what goes wrong outside, what keys do, what is refused.

mod acting;
pub mod deck;
mod faults;
mod looking;
mod merging;
mod refusing;
mod shop;
mod shop_faults;
