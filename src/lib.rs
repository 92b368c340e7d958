//! Flightdeck, a terminal release cockpit.

pub mod sim;
