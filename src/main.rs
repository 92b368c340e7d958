//! Flightdeck's binary: arguments to exit code.

fn main() {}
