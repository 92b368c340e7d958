//! `argoproj.io/v1alpha1` AnalysisRuns.

use std::fmt;
use std::sync::Arc;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::release::analysis::{AnalysisPhase, AnalysisRun, Measurement, Metric, MetricResult, Provider};
use crate::release::observation::Observation;
use crate::release::text::visible;

use super::wire::{Lenient, Meta, Number, Text, Time, Wire, go_duration};
use super::{Scope, Selector, Source};

/// The row in SOURCES.
pub static SOURCE: Source = Source {
    name: "analysisruns",
    api: "apis/argoproj.io/v1alpha1",
    resource: "analysisruns",
    scope: Scope::Always,
    selector: |_| Selector::default(),
    run: |watch| Box::pin(watch.run::<AnalysisRunWire>(Observation::AnalysisRuns)),
};

/// Measurements kept per metric; the controller itself keeps ten.
const MEASUREMENTS_KEPT: usize = 60;

/// An AnalysisRun on the wire, only the fields that are shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AnalysisRunWire {
    metadata: Meta,
    spec: Lenient<SpecWire>,
    status: Lenient<StatusWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SpecWire {
    metrics: Lenient<Vec<MetricWire>>,
    terminate: Lenient<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MetricWire {
    name: Text,
    interval: Text,
    initial_delay: Text,
    count: Option<Text>,
    failure_limit: Option<Text>,
    inconclusive_limit: Option<Text>,
    consecutive_error_limit: Option<Text>,
    consecutive_success_limit: Option<Text>,
    success_condition: Text,
    failure_condition: Text,
    provider: Lenient<ProviderWire>,
}

/// An object with one key; its name is the provider's. Of Prometheus more is read.
#[derive(Debug)]
struct ProviderWire(Provider);

impl Default for ProviderWire {
    fn default() -> Self {
        ProviderWire(Provider::Other("none".into()))
    }
}

impl<'de> Deserialize<'de> for ProviderWire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ProviderVisitor)
    }
}

struct ProviderVisitor;

impl<'de> Visitor<'de> for ProviderVisitor {
    type Value = ProviderWire;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a provider")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ProviderWire, A::Error> {
        let mut provider = None;
        while let Some(key) = map.next_key::<String>()? {
            let known = match &*key {
                "prometheus" => map.next_value::<Option<PrometheusWire>>()?.map(|wire| Provider::Prometheus {
                    address: wire.address.or_empty(),
                    query: wire.query.or_empty(),
                }),
                _ => map.next_value::<Option<IgnoredAny>>()?.map(|_| Provider::Other(visible(&key).into())),
            };
            provider = provider.or(known);
        }
        Ok(provider.map(ProviderWire).unwrap_or_default())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PrometheusWire {
    address: Text,
    query: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StatusWire {
    phase: Text,
    message: Text,
    started_at: Time,
    metric_results: Lenient<Vec<MetricResultWire>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MetricResultWire {
    name: Text,
    phase: Text,
    message: Text,
    count: Number,
    successful: Number,
    failed: Number,
    inconclusive: Number,
    error: Number,
    consecutive_error: Number,
    consecutive_success: Number,
    dry_run: Lenient<bool>,
    metadata: Lenient<MetricMetadataWire>,
    measurements: Lenient<Vec<MeasurementWire>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MetricMetadataWire {
    #[serde(rename = "ResolvedPrometheusQuery")]
    query: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MeasurementWire {
    phase: Text,
    value: Text,
    message: Text,
    started_at: Time,
    finished_at: Time,
}

impl Wire for AnalysisRunWire {
    type Domain = AnalysisRun;

    fn convert(self, context: &Arc<str>) -> AnalysisRun {
        let AnalysisRunWire { metadata, spec: Lenient(spec), status: Lenient(status) } = self;
        AnalysisRun {
            id: metadata.id(context),
            created: metadata.creation_timestamp.0,
            owner: metadata.owner(),
            pod_hash: metadata.label("rollouts-pod-template-hash").map(Into::into),
            kind: metadata.label("rollout-type").map(Into::into),
            step_index: metadata.label("step-index").and_then(|index| index.parse().ok()),
            revision: metadata.annotations.0.revision.0.and_then(|revision| u64::try_from(revision).ok()),
            terminate: spec.terminate.0,
            metrics: spec.metrics.0.into_iter().map(metric).collect(),
            phase: phase(&status.phase),
            message: status.message.or_empty(),
            started_at: status.started_at.0,
            results: status.metric_results.0.into_iter().map(result).collect(),
            fault: None,
        }
    }

    fn broken(meta: Meta, fault: String, context: &Arc<str>) -> Option<AnalysisRun> {
        let mut run = AnalysisRunWire { metadata: meta, ..Default::default() }.convert(context);
        run.fault = Some(fault.into());
        Some(run)
    }
}

fn phase(word: &Text) -> AnalysisPhase {
    AnalysisPhase::from_word(word.0.as_deref().unwrap_or_default())
}

/// An absent limit has its default; one that holds no number (an argument that nobody resolved) is unknown.
fn limit(text: &Option<Text>, default: i64) -> Option<i64> {
    match text.as_ref().and_then(|text| text.0.as_deref()) {
        None => Some(default),
        Some(text) => text.trim().parse().ok(),
    }
}

fn metric(wire: MetricWire) -> Metric {
    let duration = |text: &Text| text.0.as_deref().and_then(go_duration);
    Metric {
        name: wire.name.or_empty(),
        interval: duration(&wire.interval),
        initial_delay: duration(&wire.initial_delay),
        count: wire.count.as_ref().and_then(|count| count.0.as_deref()?.trim().parse().ok()),
        failure_limit: limit(&wire.failure_limit, 0),
        inconclusive_limit: limit(&wire.inconclusive_limit, 0),
        consecutive_error_limit: limit(&wire.consecutive_error_limit, 4),
        consecutive_success_limit: limit(&wire.consecutive_success_limit, 0),
        success_condition: wire.success_condition.shown(),
        failure_condition: wire.failure_condition.shown(),
        provider: wire.provider.0.0,
    }
}

fn result(wire: MetricResultWire) -> MetricResult {
    let count = |number: Number| number.0.unwrap_or(0);
    let measurements = wire.measurements.0;
    let skipped = measurements.len().saturating_sub(MEASUREMENTS_KEPT);
    MetricResult {
        name: wire.name.or_empty(),
        phase: phase(&wire.phase),
        message: wire.message.or_empty(),
        count: count(wire.count),
        successful: count(wire.successful),
        failed: count(wire.failed),
        inconclusive: count(wire.inconclusive),
        error: count(wire.error),
        consecutive_error: count(wire.consecutive_error),
        consecutive_success: count(wire.consecutive_success),
        dry_run: wire.dry_run.0,
        resolved_query: wire.metadata.0.query.shown(),
        measurements: measurements.into_iter().skip(skipped).map(measurement).collect(),
    }
}

fn measurement(wire: MeasurementWire) -> Measurement {
    Measurement {
        phase: phase(&wire.phase),
        value: wire.value.or_empty(),
        message: wire.message.or_empty(),
        started_at: wire.started_at.0,
        finished_at: wire.finished_at.0,
    }
}
