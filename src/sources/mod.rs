//! From the outside to observations: one file per thing watched, one row each in SOURCES.
