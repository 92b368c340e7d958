//! A simulated world behind real HTTP on loopback.
