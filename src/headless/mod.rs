//! From the model to JSON and an exit code.
