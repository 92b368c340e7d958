//! One line on why a Rollout is where it is: the metric that failed it, or the admission that refuses its pods.

use jiff::Timestamp;

use super::analysis::{AnalysisPhase, AnalysisRun, MetricResult};
use super::model::Model;
use super::observation::ObjectEvent;
use super::rollout::Rollout;

/// The reason for a Degraded or aborted Rollout, from the best witness there is. None when there is only its own message.
pub fn why(model: &Model, rollout: &Rollout) -> Option<String> {
    if let Some(sentence) = failed_metric(model, rollout) {
        return Some(sentence);
    }
    if let Some(refusal) = refusal_of(model, rollout) {
        return Some(format!("pods refused: {}", refuser(&refusal.message)));
    }
    model
        .replica_sets_of(rollout)
        .into_iter()
        .find(|set| set.pod_hash == rollout.status.current_pod_hash)
        .and_then(|set| set.failure.as_deref())
        .map(|failure| format!("pods refused: {}", refuser(failure)))
}

/// The sentence for the metric that ended the newest run of the current revision badly.
fn failed_metric(model: &Model, rollout: &Rollout) -> Option<String> {
    let run = model.runs_of(rollout).into_iter().find(|run| {
        run.pod_hash.as_deref() == rollout.status.current_pod_hash.as_deref()
            && matches!(run.phase, AnalysisPhase::Failed | AnalysisPhase::Error | AnalysisPhase::Inconclusive)
    })?;
    let result = run.results.iter().filter(|result| !result.dry_run).max_by_key(|result| result.phase)?;
    Some(metric_sentence(run, result))
}

/// `error-rate 0.1653 against result[0] < 0.05, failed 2 > 1, at 03:12:05`.
pub fn metric_sentence(run: &AnalysisRun, result: &MetricResult) -> String {
    let bad = result.measurements.iter().rev().find(|measurement| measurement.phase == result.phase);
    let mut sentence = result.name.to_string();
    if let Some(bad) = bad {
        if bad.value.is_empty() {
            sentence += &format!(": {}", bad.message);
        } else {
            sentence += &format!(" {}", super::verdict::value_words(&bad.value));
        }
    }
    if let Some(metric) = run.metric(&result.name) {
        match (&metric.success_condition, &metric.failure_condition) {
            (Some(condition), _) => sentence += &format!(", wanted {condition}"),
            (None, Some(condition)) => sentence += &format!(", fails on {condition}"),
            (None, None) => (),
        }
    }
    if !result.message.is_empty() {
        sentence += &format!(" ({})", result.message);
    }
    if let Some(at) = bad.and_then(|bad| bad.finished_at) {
        sentence += &format!(" at {} UTC", at.strftime("%H:%M:%S"));
    }
    sentence
}

/// The newest refusal of a pod of the Rollout's current ReplicaSet.
pub fn refusal_of<'a>(model: &'a Model, rollout: &'a Rollout) -> Option<&'a ObjectEvent> {
    refusals_of(model, rollout)?.max_by_key(|event| event.at)
}

/// Since when pods of the Rollout's current ReplicaSet are refused: each try is refused anew.
pub fn refused_since(model: &Model, rollout: &Rollout) -> Option<Timestamp> {
    refusals_of(model, rollout)?.filter_map(|event| event.first.or(event.at)).min()
}

fn refusals_of<'a>(model: &'a Model, rollout: &'a Rollout) -> Option<impl Iterator<Item = &'a ObjectEvent>> {
    let hash = rollout.status.current_pod_hash.as_deref()?;
    // The ReplicaSet's name is the Rollout's and the hash; its own UID is not known without watching every ReplicaSet.
    let is_of_set = move |object: &str| {
        object.strip_prefix(&*rollout.id.name).and_then(|rest| rest.strip_prefix('-')).is_some_and(|rest| rest == hash)
    };
    Some(model.refusals.iter().filter(move |event| is_of_set(&event.object) && event.id.is_beside(&rollout.id)))
}

/// Who refused and what it said, from the API server's message; the whole message when it has no known shape.
pub fn refuser(message: &str) -> String {
    let message = message.split_once(" is forbidden: ").map_or(message, |(_, rest)| rest);
    message.strip_prefix("Error creating: ").unwrap_or(message).to_owned()
}
