//! The source against the simulated GitHub over loopback.
