//! Manifests from files instead of an API, for `--from-dir` and `-f`.
