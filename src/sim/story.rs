//! Stories: YAML scripts that put objects into the world and say what happens to them, and when.

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::Fault;
use super::resources::{self, NAMESPACES, ROLLOUTS};
use super::state::State;
use super::store::kind as store_kind;
use super::value::{after, cut, duration_text, list, put, stamp, text};

/// A script as it stands in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Script {
    name: String,
    /// One line for a reader of the file.
    #[serde(default, rename = "about")]
    _about: String,
    /// How long before the start the objects came into being, like `-3d`.
    #[serde(default)]
    since: Option<String>,
    /// Images that the signature policy refuses.
    #[serde(default)]
    unsigned: Vec<String>,
    /// Images whose containers crash.
    #[serde(default)]
    broken: Vec<String>,
    #[serde(default)]
    warnings: Vec<Warning>,
    #[serde(default)]
    metrics: Vec<Levels>,
    /// Everything at or after zero happens again after this long.
    #[serde(default, rename = "loop")]
    again: Option<String>,
    /// A repository; see `sim/github/script.rs`.
    #[serde(default)]
    github: Option<Value>,
    #[serde(default)]
    objects: Vec<Value>,
    #[serde(default)]
    timeline: Vec<Step>,
}

/// A `Warning:` header that writes to a resource in a namespace get.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Warning {
    pub(super) namespace: String,
    pub(super) resource: String,
    pub(super) text: String,
}

/// How a service does from the start.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Levels {
    rollout: String,
    error_rate: Option<f64>,
    p95: Option<f64>,
    traffic: Option<f64>,
    #[serde(default)]
    blended: bool,
}

/// What happens at one time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Step {
    at: String,
    /// The rollout that the step is about, as `namespace/name`.
    #[serde(default)]
    rollout: String,
    /// Sets the image of the first container; `{n}` is the number of the round.
    image: Option<String>,
    error_rate: Option<f64>,
    p95: Option<f64>,
    traffic: Option<f64>,
    /// A merge patch of the rollout, and one of its status.
    patch: Option<Value>,
    status: Option<Value>,
    /// An object that comes, or changes.
    apply: Option<Value>,
    fault: Option<String>,
}

/// A story that is being played.
#[derive(Clone, Debug)]
pub(super) struct Story {
    steps: Vec<(SignedDuration, Step)>,
    again: Option<SignedDuration>,
    /// Where the current round began, which step comes next, and how many rounds there were.
    start: Timestamp,
    next: usize,
    round: u32,
}

impl Story {
    /// When the next step is due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.steps.get(self.next).map(|(at, _)| after(self.start, *at))
    }
}

/// Reads scripts and plays their past, so that the world is already alive at `now`.
pub(super) fn begin(state: &mut State, scripts: &[String], now: Timestamp) -> anyhow::Result<()> {
    let mut scripts: Vec<(Timestamp, Script)> =
        scripts.iter().map(|text| read(text, now)).collect::<anyhow::Result<_>>()?;
    scripts.sort_by_key(|(since, _)| *since);
    if let Some((first, _)) = scripts.first() {
        state.rewind(*first);
    }
    for (since, script) in scripts {
        state.fast_forward(since.max(state.now));
        enter(state, script, now)?;
    }
    state.fast_forward(now);
    Ok(())
}

/// Does what is due.
pub(super) fn play(state: &mut State) {
    for index in 0..state.stories.len() {
        while let Some((step, round)) = due(state, index) {
            perform(state, &step, round);
        }
    }
}

fn read(text: &str, now: Timestamp) -> anyhow::Result<(Timestamp, Script)> {
    let script: Script = serde_yaml::from_str(text).context("a story is not what a story looks like")?;
    let since = match &script.since {
        None => SignedDuration::from_hours(-72),
        Some(text) => {
            duration_text(text).with_context(|| format!("story {}: since: {text:?} is no duration", script.name))?
        }
    };
    Ok((after(now, since), script))
}

fn enter(state: &mut State, script: Script, now: Timestamp) -> anyhow::Result<()> {
    let name = &script.name;
    state.unsigned.extend(script.unsigned);
    state.broken.extend(script.broken);
    state.warnings.extend(script.warnings);
    for levels in &script.metrics {
        let rollout = levels.rollout.as_str();
        state.metrics.set_traffic(rollout, levels.traffic.unwrap_or(80.0));
        levels.error_rate.into_iter().for_each(|rate| state.metrics.set_error_rate(rollout, rate, true));
        levels.p95.into_iter().for_each(|p95| state.metrics.set_p95(rollout, p95, true));
        if levels.blended {
            state.metrics.blend(rollout);
        }
    }
    for mut object in script.objects {
        resolve_times(&mut object, now);
        apply(state, object).with_context(|| format!("story {name}"))?;
    }
    if let Some(mut github) = script.github {
        resolve_times(&mut github, now);
        state.github.enter(github).with_context(|| format!("story {name}"))?;
    }
    let mut steps = Vec::new();
    for step in script.timeline {
        let at = duration_text(&step.at).with_context(|| format!("story {name}: at: {:?} is no duration", step.at))?;
        if let Some(fault) = step.fault.as_deref().filter(|fault| Fault::named(fault).is_none()) {
            anyhow::bail!("story {name}: there is no fault {fault:?}");
        }
        steps.push((at, step));
    }
    steps.sort_by_key(|(at, _)| *at);
    let again = script.again.as_deref().and_then(duration_text).filter(|again| again.is_positive());
    state.stories.push(Story { steps, again, start: now, next: 0, round: 1 });
    Ok(())
}

/// Puts an object into the world as it is, status included; of a `List`, every item.
pub(super) fn apply(state: &mut State, object: Value) -> anyhow::Result<()> {
    if text(&object, &["kind"]) == "List" {
        return list(&object, &["items"]).iter().try_for_each(|item| apply(state, item.clone()));
    }
    let (api_version, kind) = (text(&object, &["apiVersion"]), text(&object, &["kind"]));
    let resource = resources::of(api_version, kind).with_context(|| format!("{api_version} {kind} is not served"))?;
    let mut object = object;
    if resource.namespaced && text(&object, &["metadata", "namespace"]).is_empty() {
        put(&mut object, &["metadata", "namespace"], "default");
    }
    let namespace = text(&object, &["metadata", "namespace"]).to_owned();
    if resource.namespaced && state.store.get(NAMESPACES, "", &namespace).is_none() {
        let object = json!({"metadata": {"name": namespace, "labels": {"kubernetes.io/metadata.name": namespace}},
            "status": {"phase": "Active"}});
        state.store.put(store_kind(NAMESPACES), object, state.now);
    }
    state.store.put(resource, object, state.now);
    Ok(())
}

fn due(state: &mut State, index: usize) -> Option<(Step, u32)> {
    let now = state.now;
    let story = state.stories.get_mut(index)?;
    let (at, step) = story.steps.get(story.next)?.clone();
    if after(story.start, at) > now {
        return None;
    }
    let round = story.round;
    story.next += 1;
    if story.next == story.steps.len()
        && let Some(again) = story.again
    {
        story.start = after(story.start, again);
        story.round += 1;
        // What lies before zero is the past, and happens once.
        story.next = story.steps.iter().position(|(at, _)| !at.is_negative()).unwrap_or(story.steps.len());
    }
    Some((step, round))
}

fn perform(state: &mut State, step: &Step, round: u32) {
    let rollout = step.rollout.as_str();
    step.error_rate.into_iter().for_each(|rate| state.metrics.set_error_rate(rollout, rate, false));
    step.p95.into_iter().for_each(|p95| state.metrics.set_p95(rollout, p95, false));
    step.traffic.into_iter().for_each(|traffic| state.metrics.set_traffic(rollout, traffic));
    if let Some(image) = &step.image {
        set_image(state, rollout, &image.replace("{n}", &round.to_string()));
    }
    if let Some(patch) = &step.patch {
        edit(state, rollout, |value| json_patch::merge(value, patch));
    }
    if let Some(patch) = &step.status {
        edit(state, rollout, |value| {
            let mut status = value["status"].clone();
            json_patch::merge(&mut status, patch);
            put(value, &["status"], status);
        });
    }
    if let Some(object) = step.apply.clone() {
        // A kind that is not served was refused when the story was read with its objects; a step's is only skipped.
        if let Err(error) = apply(state, object) {
            tracing::warn!("a story's step does nothing: {error:#}");
        }
    }
    state.wished = step.fault.as_deref().and_then(Fault::named).or(state.wished);
}

fn set_image(state: &mut State, rollout: &str, image: &str) {
    edit(state, rollout, |value| {
        let mut containers = list(value, &["spec", "template", "spec", "containers"]).to_vec();
        if let Some(first) = containers.first_mut() {
            put(first, &["image"], image);
        }
        put(value, &["spec", "template", "spec", "containers"], containers);
    });
}

fn edit(state: &mut State, rollout: &str, change: impl FnOnce(&mut Value)) {
    let Some((namespace, name)) = rollout.split_once('/') else { return };
    let Some(mut value) = state.store.get(ROLLOUTS, namespace, name).map(|object| object.value().clone()) else {
        return;
    };
    change(&mut value);
    cut(&mut value, &["metadata", "resourceVersion"]);
    state.store.put(store_kind(ROLLOUTS), value, state.now);
}

/// Replaces strings like `@-20m` by the time that they mean.
fn resolve_times(value: &mut Value, now: Timestamp) {
    match value {
        Value::String(text) => {
            if let Some(offset) = text.strip_prefix('@').and_then(duration_text) {
                *text = stamp(after(now, offset));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| resolve_times(item, now)),
        Value::Object(map) => map.values_mut().for_each(|item| resolve_times(item, now)),
        _ => {}
    }
}
