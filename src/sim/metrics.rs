//! What the services of the world measure: error ratio, latency and traffic over time, per revision.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::query::{Query, What};
use super::resources::ROLLOUTS;
use super::store::Store;
use super::value::{hash, int, list, text};

/// The seconds in which a rate query's window lets a change come through by two thirds.
const WINDOW: f64 = 6.0;
/// How many changes of one service are remembered.
const REMEMBERED: usize = 500;

/// All services, by `namespace/name` of their rollout.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    services: BTreeMap<String, Service>,
    /// Whether Prometheus does not answer.
    pub(super) away: bool,
}

/// One service.
#[derive(Clone, Debug, Default)]
struct Service {
    now: Sample,
    history: Vec<(Timestamp, Sample)>,
    /// Whether a query without a revision sees the blend of both revisions by weight, as production does. Otherwise it
    /// sees the newest one, as a test exporter does.
    blended: bool,
}

/// What a service does at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
struct Sample {
    newest: Level,
    stable: Level,
    traffic: f64,
    weight: f64,
    newest_hash: String,
    stable_hash: String,
    newest_serves: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Level {
    error: f64,
    p95: f64,
}

impl Default for Level {
    fn default() -> Self {
        Self { error: 0.004, p95: 0.18 }
    }
}

/// What Prometheus answers to an instant query.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    Vector(Vec<f64>),
    Scalar(f64),
}

impl Metrics {
    /// Sets the error ratio of a rollout's newest revision, and of its stable one where `both`.
    pub(super) fn set_error_rate(&mut self, rollout: &str, rate: f64, both: bool) {
        let now = &mut self.service(rollout).now;
        now.newest.error = rate;
        if both {
            now.stable.error = rate;
        }
    }

    /// The same for the 95th percentile of the latency, in seconds.
    pub(super) fn set_p95(&mut self, rollout: &str, seconds: f64, both: bool) {
        let now = &mut self.service(rollout).now;
        now.newest.p95 = seconds;
        if both {
            now.stable.p95 = seconds;
        }
    }

    /// Sets the requests per second; zero makes every ratio NaN, as no traffic does.
    pub(super) fn set_traffic(&mut self, rollout: &str, per_second: f64) {
        self.service(rollout).now.traffic = per_second;
    }

    /// Makes queries without a revision see the blend of both revisions.
    pub(super) fn blend(&mut self, rollout: &str) {
        self.service(rollout).blended = true;
    }

    /// Every rollout that the controller looks after is measured, as a test exporter does.
    pub(super) fn know(&mut self, rollout: &str) {
        self.service(rollout);
    }

    fn service(&mut self, rollout: &str) -> &mut Service {
        self.services
            .entry(rollout.to_owned())
            .or_insert_with(|| Service { now: Sample { traffic: 80.0, ..Sample::default() }, ..Service::default() })
    }

    /// Looks at the rollouts and remembers what changed since the last look.
    pub(super) fn sample(&mut self, store: &Store, now: Timestamp) {
        for (rollout, service) in &mut self.services {
            let Some((namespace, name)) = rollout.split_once('/') else { continue };
            if let Some(object) = store.get(ROLLOUTS, namespace, name) {
                service.now.follow(object.value());
            }
            if service.history.last().is_none_or(|(_, last)| *last != service.now) {
                service.history.push((now, service.now.clone()));
                if service.history.len() > REMEMBERED {
                    service.history.remove(0);
                }
            }
        }
    }

    /// What a query answers at a time.
    pub(super) fn answer(&self, query: &Query, at: Timestamp) -> Answer {
        match &query.what {
            What::Number(number) => return Answer::Scalar(*number),
            What::Vector(number) => return Answer::Vector(vec![*number]),
            What::Up => return Answer::Vector(vec![1.0]),
            _ => {}
        }
        let value = self.find(query).and_then(|(name, service)| service.value(name, query, at));
        if query.scalar {
            Answer::Scalar(value.unwrap_or(f64::NAN))
        } else {
            Answer::Vector(value.into_iter().collect())
        }
    }

    fn find(&self, query: &Query) -> Option<(&String, &Service)> {
        let Some(service) = query.service.as_deref() else {
            let hash = query.revision.as_deref()?;
            return self
                .services
                .iter()
                .find(|(_, known)| known.now.newest_hash == hash || known.now.stable_hash == hash);
        };
        self.services.iter().find(|(rollout, _)| match (rollout.split_once('/'), query.namespace.as_deref()) {
            (Some((namespace, name)), Some(wanted)) => name == service && namespace == wanted,
            (Some((_, name)), None) => name == service,
            (None, _) => false,
        })
    }
}

impl Sample {
    /// Takes over from the rollout which revision serves how much.
    fn follow(&mut self, rollout: &Value) {
        let (current, stable) = (text(rollout, &["status", "currentPodHash"]), text(rollout, &["status", "stableRS"]));
        if stable != self.stable_hash && !self.stable_hash.is_empty() {
            // Promoted: what the newest revision did is now what everybody gets.
            self.stable = self.newest;
        } else if current == stable && self.newest_hash != current {
            // Taken back to the stable revision: the bad one is gone.
            self.newest = self.stable;
        }
        self.stable_hash = stable.to_owned();
        self.newest_hash = current.to_owned();
        let count = |field: &str| int(rollout, &["status", field]).unwrap_or(0) as f64;
        self.weight = match int(rollout, &["status", "canary", "weights", "canary", "weight"]) {
            _ if current == stable => 1.0,
            Some(weight) => weight as f64 / 100.0,
            None if list(rollout, &["spec", "strategy", "canary", "steps"]).is_empty() => 0.0,
            None => (count("updatedReplicas") / count("replicas").max(1.0)).min(1.0),
        };
        self.newest_serves = count("updatedReplicas") > 0.0 || current == stable;
    }

    fn level(&self, blended: bool, query: &Query) -> Option<Level> {
        match query.revision.as_deref() {
            Some(hash) if hash == self.newest_hash => self.newest_serves.then_some(self.newest),
            Some(hash) if hash == self.stable_hash => Some(self.stable),
            Some(_) => None,
            None if blended => Some(Level {
                error: self.weight * self.newest.error + (1.0 - self.weight) * self.stable.error,
                p95: self.weight * self.newest.p95 + (1.0 - self.weight) * self.stable.p95,
            }),
            None => Some(self.newest),
        }
    }
}

impl Service {
    fn value(&self, name: &str, query: &Query, at: Timestamp) -> Option<f64> {
        let known = self.history.partition_point(|(since, _)| *since <= at);
        let past = self.history.get(..known)?;
        let (_, sample) = past.last()?;
        sample.level(self.blended, query)?;
        let noise = 1.0 + 0.05 * wave(name, at);
        let share = match query.revision.as_deref() {
            Some(hash) if hash == sample.stable_hash && hash != sample.newest_hash => 1.0 - sample.weight,
            Some(_) => sample.weight,
            None => 1.0,
        };
        let traffic = sample.traffic * share * noise;
        let error = || (self.smooth(past, query, at, |level| level.error) * noise).clamp(0.0, 1.0);
        Some(match query.what {
            What::ErrorRatio | What::SuccessRatio | What::Quantile(_) if sample.traffic <= 0.0 => f64::NAN,
            What::ErrorRatio => round(error()),
            What::SuccessRatio => round(1.0 - error()),
            What::Errors => round(traffic * error()),
            What::Quantile(quantile) => {
                let scale = if quantile > 0.95 {
                    1.7
                } else if quantile < 0.9 {
                    0.4
                } else {
                    1.0
                };
                round(self.smooth(past, query, at, |level| level.p95) * scale * noise)
            }
            _ => round(traffic),
        })
    }

    /// The level after all changes so far, each coming through slowly as it does in a rate over a window.
    fn smooth(&self, past: &[(Timestamp, Sample)], query: &Query, at: Timestamp, pick: impl Fn(Level) -> f64) -> f64 {
        let mut value: Option<f64> = None;
        let ends = past.iter().skip(1).map(|(since, _)| *since).chain([at]);
        for ((since, sample), end) in past.iter().zip(ends) {
            let Some(target) = sample.level(self.blended, query).map(&pick) else {
                // What does not serve leaves nothing behind in the window.
                value = None;
                continue;
            };
            let from = value.unwrap_or(target);
            let passed = since.duration_until(end).as_secs_f64().max(0.0);
            value = Some(target + (from - target) * (-passed / WINDOW).exp());
        }
        value.unwrap_or(f64::NAN)
    }
}

/// A gentle wave between -1 and 1 that is the same in every run of the same second.
fn wave(name: &str, at: Timestamp) -> f64 {
    let second = at.as_second();
    let point = |second: i64| f64::from(hash(format!("{name}{second}").as_bytes()) % 1000) / 500.0 - 1.0;
    let part = SignedDuration::from_millis(i64::from(at.subsec_millisecond())).as_secs_f64();
    (point(second) * (1.0 - part) + point(second + 1) * part) * 0.7 + (second as f64 / 47.0).sin() * 0.3
}

/// Enough digits for a reader, and no more.
fn round(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
