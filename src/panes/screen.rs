//! The whole screen.
