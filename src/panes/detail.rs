//! The detail of a Rollout.
