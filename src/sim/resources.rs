//! The kinds that the simulated API server serves: one row each.

/// One served kind.
#[derive(Debug)]
pub(super) struct Resource {
    /// The plural with its group, as Kubernetes names it in messages: `rollouts.argoproj.io`, `pods`.
    pub(super) full: &'static str,
    pub(super) group: &'static str,
    pub(super) version: &'static str,
    pub(super) plural: &'static str,
    pub(super) kind: &'static str,
    pub(super) short: &'static str,
    pub(super) namespaced: bool,
    /// Whether `status` is a subresource, and so apart from the main resource.
    pub(super) status: bool,
    /// Whether it comes from a CustomResourceDefinition: then there is no strategic merge patch.
    pub(super) custom: bool,
}

impl Resource {
    /// `apps/v1`, `v1`.
    pub(super) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `Rollout.argoproj.io`, `Pod`, as validation messages have it.
    pub(super) fn kind_and_group(&self) -> String {
        if self.group.is_empty() { self.kind.to_owned() } else { format!("{}.{}", self.kind, self.group) }
    }
}

pub(super) const NAMESPACES: &str = "namespaces";
pub(super) const PODS: &str = "pods";
pub(super) const SERVICES: &str = "services";
pub(super) const EVENTS: &str = "events";
pub(super) const REPLICASETS: &str = "replicasets.apps";
pub(super) const LEASES: &str = "leases.coordination.k8s.io";
pub(super) const ROLLOUTS: &str = "rollouts.argoproj.io";
pub(super) const ANALYSISRUNS: &str = "analysisruns.argoproj.io";
pub(super) const TEMPLATES: &str = "analysistemplates.argoproj.io";
pub(super) const CLUSTER_TEMPLATES: &str = "clusteranalysistemplates.argoproj.io";

const ARGO: &str = "argoproj.io";

#[rustfmt::skip]
pub(super) static RESOURCES: &[Resource] = &[
    row("namespaces", "", "v1", "namespaces", "Namespace", "ns", false, true, false),
    row("nodes", "", "v1", "nodes", "Node", "no", false, true, false),
    row("pods", "", "v1", "pods", "Pod", "po", true, true, false),
    row("services", "", "v1", "services", "Service", "svc", true, true, false),
    row("events", "", "v1", "events", "Event", "ev", true, false, false),
    row("configmaps", "", "v1", "configmaps", "ConfigMap", "cm", true, false, false),
    row("secrets", "", "v1", "secrets", "Secret", "", true, false, false),
    row("replicasets.apps", "apps", "v1", "replicasets", "ReplicaSet", "rs", true, true, false),
    row("deployments.apps", "apps", "v1", "deployments", "Deployment", "deploy", true, true, false),
    row("jobs.batch", "batch", "v1", "jobs", "Job", "", true, true, false),
    row("leases.coordination.k8s.io", "coordination.k8s.io", "v1", "leases", "Lease", "", true, false, false),
    row("networkpolicies.networking.k8s.io", "networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", "netpol", true, false, false),
    row("horizontalpodautoscalers.autoscaling", "autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa", true, true, false),
    row("poddisruptionbudgets.policy", "policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", "pdb", true, true, false),
    row(ROLLOUTS, ARGO, "v1alpha1", "rollouts", "Rollout", "ro", true, true, true),
    row(ANALYSISRUNS, ARGO, "v1alpha1", "analysisruns", "AnalysisRun", "ar", true, false, true),
    row(TEMPLATES, ARGO, "v1alpha1", "analysistemplates", "AnalysisTemplate", "at", true, false, true),
    row(CLUSTER_TEMPLATES, ARGO, "v1alpha1", "clusteranalysistemplates", "ClusterAnalysisTemplate", "cat", false, false, true),
    row("experiments.argoproj.io", ARGO, "v1alpha1", "experiments", "Experiment", "exp", true, false, true),
];

#[expect(clippy::too_many_arguments, reason = "a table row: the columns are named in the struct")]
const fn row(
    full: &'static str,
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
    short: &'static str,
    namespaced: bool,
    status: bool,
    custom: bool,
) -> Resource {
    Resource { full, group, version, plural, kind, short, namespaced, status, custom }
}

/// The row of a full name that the code itself names.
pub(super) fn named(full: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|resource| resource.full == full)
}

/// The row that a URL names.
pub(super) fn served(group: &str, version: &str, plural: &str) -> Option<&'static Resource> {
    RESOURCES
        .iter()
        .find(|resource| resource.group == group && resource.version == version && resource.plural == plural)
}

/// The row of a manifest.
pub(super) fn of(api_version: &str, kind: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|resource| resource.kind == kind && resource.api_version() == api_version)
}

/// The served groups with their versions, in the table's order, without the core group.
pub(super) fn groups() -> Vec<(&'static str, &'static str)> {
    let mut groups: Vec<(&str, &str)> = Vec::new();
    for resource in RESOURCES.iter().filter(|resource| !resource.group.is_empty()) {
        if !groups.contains(&(resource.group, resource.version)) {
            groups.push((resource.group, resource.version));
        }
    }
    groups
}
