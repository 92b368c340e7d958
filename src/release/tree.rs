//! The tree under a Rollout: revisions, ReplicaSets with pods, Experiments, AnalysisRuns with Jobs.
