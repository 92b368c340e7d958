//! The steps of a canary: each an object with one key, read by hand because they are many and flattening is slow.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::release::rollout::Step;
use crate::release::text::visible;

use super::to_i32;
use crate::sources::wire::{Lenient, Number, Text, go_duration};

/// `spec.strategy.canary.steps[]`; the key's name is the step's kind.
#[derive(Debug)]
pub struct StepWire(pub Step);

impl<'de> Deserialize<'de> for StepWire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StepVisitor)
    }
}

struct StepVisitor;

impl<'de> Visitor<'de> for StepVisitor {
    type Value = StepWire;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a step")
    }

    fn visit_unit<E>(self) -> Result<StepWire, E> {
        Ok(StepWire(Step::Other("empty".into())))
    }

    /// The first key that holds something is the step; a key of ours that holds nothing usable is shown by its name.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StepWire, A::Error> {
        let (mut step, mut unused) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            let known = match &*key {
                "setWeight" => map.next_value::<Number>()?.0.map(|weight| Step::SetWeight(to_i32(weight))),
                "pause" => map.next_value::<Option<PauseWire>>()?.map(pause),
                "setCanaryScale" => map.next_value::<Option<IgnoredAny>>()?.map(|_| Step::SetCanaryScale),
                "analysis" => map.next_value::<Option<AnalysisWire>>()?.map(|it| Step::Analysis(template_names(it))),
                "experiment" => {
                    map.next_value::<Option<AnalysisWire>>()?.map(|it| Step::Experiment(template_names(it)))
                }
                _ => map.next_value::<Option<IgnoredAny>>()?.map(|_| Step::Other(visible(&key).into())),
            };
            step = step.or(known);
            unused.get_or_insert_with(|| visible(&key));
        }
        let nothing = || Step::Other(unused.unwrap_or_else(|| "empty".to_owned()).into());
        Ok(StepWire(step.unwrap_or_else(nothing)))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PauseWire {
    duration: Text,
}

/// An analysis step or the background analysis.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AnalysisWire {
    pub templates: Lenient<Vec<NamedWire>>,
    pub starting_step: Number,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NamedWire {
    #[serde(alias = "name")]
    template_name: Text,
}

/// A length that cannot be read is not the wait for a human that no length is.
fn pause(wire: PauseWire) -> Step {
    match wire.duration.shown() {
        None => Step::Pause(None),
        Some(length) => match go_duration(&length) {
            Some(length) => Step::Pause(Some(length)),
            None => Step::Other(format!("pause {length}").into()),
        },
    }
}

/// `templates[].templateName`.
pub fn template_names(analysis: AnalysisWire) -> Vec<Box<str>> {
    analysis.templates.0.iter().map(|template| template.template_name.or_empty()).collect()
}
