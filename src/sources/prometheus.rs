//! Live range queries against the Prometheus that an AnalysisRun asked.
