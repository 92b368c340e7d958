//! `argoproj.io/v1alpha1` Rollouts.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::release::observation::Observation;
use crate::release::rollout::{
    BlueGreen, Canary, Condition, PauseCondition, Rollout, RunRef, Status, Strategy, WorkloadRef,
};
use crate::release::text::visible;

use super::wire::{Lenient, Meta, Number, Text, Time, Wire};
use super::{Scope, Selector, Source};

mod steps;

#[cfg(test)]
mod tests;

use steps::{AnalysisWire, StepWire, template_names};

/// The row in SOURCES.
pub static SOURCE: Source = Source {
    name: "rollouts",
    api: "apis/argoproj.io/v1alpha1",
    resource: "rollouts",
    scope: Scope::Always,
    selector: |_| Selector::default(),
    run: |watch| Box::pin(watch.run::<RolloutWire>(Observation::Rollouts)),
};

/// A Rollout on the wire, only the fields that are shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RolloutWire {
    metadata: Meta,
    spec: Lenient<SpecWire>,
    status: Lenient<StatusWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SpecWire {
    replicas: Number,
    paused: Lenient<bool>,
    restart_at: Time,
    workload_ref: Option<WorkloadRefWire>,
    selector: Lenient<SelectorWire>,
    template: Lenient<PodTemplateWire>,
    strategy: Lenient<StrategyWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WorkloadRefWire {
    api_version: Text,
    kind: Text,
    name: Text,
}

/// `metav1.LabelSelector`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SelectorWire {
    match_labels: Lenient<BTreeMap<String, String>>,
}

/// `v1` PodTemplateSpec, as far as its images.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PodTemplateWire {
    spec: Lenient<PodSpecWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PodSpecWire {
    containers: Lenient<Vec<ContainerWire>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ContainerWire {
    image: Text,
}

impl PodTemplateWire {
    /// The containers' images.
    pub fn images(&self) -> Vec<Box<str>> {
        self.spec.0.containers.0.iter().map(|container| container.image.or_empty()).collect()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StrategyWire {
    canary: Option<CanaryWire>,
    blue_green: Option<BlueGreenWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CanaryWire {
    steps: Lenient<Vec<StepWire>>,
    traffic_routing: Option<TrafficRoutingWire>,
    analysis: Option<AnalysisWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TrafficRoutingWire {
    max_traffic_weight: Number,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct BlueGreenWire {
    active_service: Text,
    preview_service: Text,
    auto_promotion_enabled: Option<bool>,
    auto_promotion_seconds: Number,
    post_promotion_analysis: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StatusWire {
    phase: Text,
    message: Text,
    observed_generation: Text,
    workload_observed_generation: Text,
    current_pod_hash: Text,
    #[serde(rename = "stableRS")]
    stable_rs: Text,
    current_step_index: Number,
    abort: Lenient<bool>,
    aborted_at: Time,
    promote_full: Lenient<bool>,
    controller_pause: Lenient<bool>,
    pause_conditions: Lenient<Vec<PauseConditionWire>>,
    conditions: Lenient<Vec<ConditionWire>>,
    restarted_at: Time,
    replicas: Number,
    updated_replicas: Number,
    ready_replicas: Number,
    available_replicas: Number,
    canary: Lenient<CanaryStatusWire>,
    blue_green: Lenient<BlueGreenStatusWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PauseConditionWire {
    reason: Text,
    start_time: Time,
}

/// `status.conditions[]`, the same shape in many kinds.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConditionWire {
    pub r#type: Text,
    pub status: Text,
    pub reason: Text,
    pub message: Text,
    pub last_transition_time: Time,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CanaryStatusWire {
    weights: Option<WeightsWire>,
    #[serde(rename = "stableRS")]
    stable_rs: Text,
    stable_ping_pong: Text,
    current_background_analysis_run_status: Option<RunRefWire>,
    current_step_analysis_run_status: Option<RunRefWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WeightsWire {
    canary: Lenient<WeightWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WeightWire {
    weight: Number,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct BlueGreenStatusWire {
    active_selector: Text,
    preview_selector: Text,
    pre_promotion_analysis_run_status: Option<RunRefWire>,
    post_promotion_analysis_run_status: Option<RunRefWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RunRefWire {
    name: Text,
    status: Text,
}

impl Wire for RolloutWire {
    type Domain = Rollout;

    fn convert(self, context: &Arc<str>) -> Rollout {
        let RolloutWire { metadata, spec: Lenient(spec), status: Lenient(status) } = self;
        Rollout {
            id: metadata.id(context),
            resource_version: metadata.resource_version.or_empty(),
            generation: metadata.generation.0.unwrap_or(0),
            created: metadata.creation_timestamp.0,
            managed_by: metadata.managed_by(),
            revision: metadata.annotations.0.revision.0.and_then(|revision| u64::try_from(revision).ok()),
            workload_generation: metadata.annotations.0.workload_generation.shown(),
            labels: metadata.labels.0.iter().map(|(key, value)| (visible(key).into(), visible(value).into())).collect(),
            desired: spec.replicas.0.map(to_i32),
            spec_paused: spec.paused.0,
            restart_at: spec.restart_at.0,
            workload_ref: spec.workload_ref.map(|workload| WorkloadRef {
                api_version: workload.api_version.or_empty(),
                kind: workload.kind.or_empty(),
                name: workload.name.or_empty(),
            }),
            images: spec.template.0.images(),
            selector: label_selector(&spec.selector.0.match_labels.0),
            strategy: strategy(spec.strategy.0),
            status: convert_status(status),
            fault: None,
        }
    }

    fn broken(meta: Meta, fault: String, context: &Arc<str>) -> Option<Rollout> {
        let mut rollout = RolloutWire { metadata: meta, ..Default::default() }.convert(context);
        rollout.fault = Some(fault.into());
        Some(rollout)
    }
}

fn label_selector(labels: &BTreeMap<String, String>) -> Box<str> {
    let terms: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    visible(&terms.join(",")).into()
}

fn strategy(wire: StrategyWire) -> Strategy {
    if let Some(canary) = wire.canary {
        return Strategy::Canary(Canary {
            steps: canary.steps.0.into_iter().map(|StepWire(step)| step).collect(),
            max_weight: canary.traffic_routing.as_ref().and_then(|routing| routing.max_traffic_weight.0).map(to_i32),
            traffic_routing: canary.traffic_routing.is_some(),
            analysis_starting_step: canary.analysis.as_ref().and_then(|analysis| analysis.starting_step.0).map(to_i32),
            analysis_templates: canary.analysis.map(template_names).unwrap_or_default(),
        });
    }
    match wire.blue_green {
        Some(blue_green) => Strategy::BlueGreen(BlueGreen {
            active_service: blue_green.active_service.shown(),
            preview_service: blue_green.preview_service.shown(),
            auto_promotion: blue_green.auto_promotion_enabled.unwrap_or(true),
            auto_promotion_seconds: blue_green.auto_promotion_seconds.0,
            post_promotion_analysis: blue_green.post_promotion_analysis.is_some(),
        }),
        None => Strategy::Unknown,
    }
}

fn convert_status(wire: StatusWire) -> Status {
    let canary = wire.canary.0;
    let blue_green = wire.blue_green.0;
    let count = |number: Number| to_i32(number.0.unwrap_or(0));
    let hash = |text: &Text| text.shown().map(Into::into);
    Status {
        phase: wire.phase.shown(),
        message: wire.message.shown(),
        observed_generation: wire.observed_generation.shown(),
        workload_observed_generation: wire.workload_observed_generation.shown(),
        current_pod_hash: hash(&wire.current_pod_hash),
        stable_hash: hash(&wire.stable_rs).or_else(|| hash(&canary.stable_rs)),
        current_step_index: wire.current_step_index.0.map(to_i32),
        abort: wire.abort.0,
        aborted_at: wire.aborted_at.0,
        promote_full: wire.promote_full.0,
        controller_pause: wire.controller_pause.0,
        pause_conditions: (wire.pause_conditions.0.iter())
            .map(|pause| PauseCondition { reason: pause.reason.or_empty(), start_time: pause.start_time.0 })
            .collect(),
        conditions: wire.conditions.0.iter().map(condition).collect(),
        restarted_at: wire.restarted_at.0,
        replicas: count(wire.replicas),
        updated: count(wire.updated_replicas),
        ready: count(wire.ready_replicas),
        available: count(wire.available_replicas),
        stable_ping_pong: canary.stable_ping_pong.shown(),
        canary_weight: canary.weights.and_then(|weights| weights.canary.0.weight.0).map(to_i32),
        background_run: canary.current_background_analysis_run_status.map(run_ref),
        step_run: canary.current_step_analysis_run_status.map(run_ref),
        pre_promotion_run: blue_green.pre_promotion_analysis_run_status.map(run_ref),
        post_promotion_run: blue_green.post_promotion_analysis_run_status.map(run_ref),
        active_selector: hash(&blue_green.active_selector),
        preview_selector: hash(&blue_green.preview_selector),
    }
}

fn condition(wire: &ConditionWire) -> Condition {
    Condition {
        kind: wire.r#type.or_empty(),
        status: wire.status.or_empty(),
        reason: wire.reason.or_empty(),
        message: wire.message.or_empty(),
        last_transition: wire.last_transition_time.0,
    }
}

fn run_ref(wire: RunRefWire) -> RunRef {
    RunRef { name: wire.name.or_empty(), status: wire.status.or_empty() }
}

/// Counts and weights fit 32 bits; what does not is cut to the nearest that does.
pub(super) fn to_i32(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(if number < 0 { i32::MIN } else { i32::MAX })
}
