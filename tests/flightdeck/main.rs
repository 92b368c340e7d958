//! The integration tests that need nothing but loopback.

mod commands;
