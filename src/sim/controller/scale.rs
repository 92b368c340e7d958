//! How many Pods each ReplicaSet of a canary gets.

use jiff::SignedDuration;
use serde_json::Value;

use super::sets::{available, created, hash, wanted};
use super::{Pass, SCALE_DOWN_AT};
use crate::sim::value::{after, cut, duration_text, flag, int, pods, put, stamp, text, time};

/// Counts for the newest and the stable set.
type Counts = (i64, i64);

impl Pass<'_> {
    /// Scales stable, newest and others, in this order, one of them per look. Returns whether something moved.
    pub(super) fn scale_canary(&mut self) -> bool {
        if self.halts() {
            return false;
        }
        self.lift_deadlines();
        let (newest, stable) = self.canary_counts();
        if let Some(set) = self.distinct_stable().cloned()
            && self.scale(&set, stable)
        {
            return true;
        }
        if let Some(set) = self.newest_set().cloned() {
            let newest = if self.keeps_canary_after_abort() { self.aborted_canary_count(&set) } else { newest };
            if self.scale(&set, newest) {
                return true;
            }
        }
        self.scale_down_others()
    }

    /// Whether newest and stable have what the current step asks for.
    pub(super) fn is_at_counts(&self) -> bool {
        let (newest, stable) = self.canary_counts();
        let newest_there = self.newest_set().is_some_and(|set| newest == wanted(set) && newest == available(set));
        let stable_there = self.stable_set().is_some_and(|set| stable == wanted(set) && stable == created(set));
        let others_gone = self.is_routed() || self.other_sets().iter().all(|set| available(set) == 0);
        newest_there && stable_there && others_gone
    }

    /// The weight that the steps ask for so far.
    pub(super) fn set_weight(&self) -> i64 {
        if flag(&self.rollout, &["status", "abort"]) {
            return 0;
        }
        match self.step_index() {
            Some(index) if index < self.steps().len() => self.weight_at(index as i64),
            _ => 100,
        }
    }

    /// The last weight that a step up to this one sets.
    pub(super) fn weight_at(&self, index: i64) -> i64 {
        let so_far = self.steps().iter().take(index.saturating_add(1).max(0) as usize);
        so_far.rev().find_map(|step| int(step, &["setWeight"])).unwrap_or(0).clamp(0, 100)
    }

    fn canary_counts(&self) -> Counts {
        if self.is_routed() { self.routed_counts() } else { self.basic_counts() }
    }

    fn goes_all_the_way(&self) -> bool {
        self.promotes_fully() || self.stable_hash().is_empty() || self.is_fully_promoted()
    }

    fn routed_counts(&self) -> Counts {
        let all = self.replicas();
        let weight = if self.goes_all_the_way() { 100 } else { self.set_weight() };
        let by_weight = |weight: i64| (all * weight + 99) / 100;
        let newest = match self.canary_scale().filter(|_| !self.goes_all_the_way()) {
            Some(scale) => pods(scale, &["replicas"])
                .or_else(|| pods(scale, &["weight"]).map(by_weight))
                .unwrap_or_else(|| by_weight(weight)),
            None => by_weight(weight),
        };
        (newest, all)
    }

    /// The last `setCanaryScale` so far, which only counts with a traffic router.
    fn canary_scale(&self) -> Option<&Value> {
        if flag(&self.rollout, &["status", "abort"]) {
            return None;
        }
        let index = self.step_index()?;
        self.steps().iter().take(index.saturating_add(1)).rev().find_map(|step| step.get("setCanaryScale"))
    }

    fn basic_counts(&self) -> Counts {
        let all = self.replicas();
        let (surge, unavailable) = (self.max_surge(), self.max_unavailable());
        let (newest, stable) = (self.newest_set(), self.distinct_stable());
        let weight = if self.goes_all_the_way() { 100 } else { self.set_weight() };
        let (mut want_newest, mut want_stable) = split(all, weight, surge);
        if stable.is_none() {
            (want_newest, want_stable) = (all, 0);
        }
        let (mut newest_count, mut stable_count) = (newest.map_or(0, wanted), stable.map_or(0, wanted));
        let others: i64 = self.other_sets().iter().map(wanted).sum();
        let mut up = all + surge - (others + newest_count + stable_count);
        if stable_count < want_stable && up > 0 {
            let step = up.min(want_stable - stable_count);
            stable_count += step;
            up -= step;
        }
        if newest_count < want_newest && up > 0 {
            newest_count += up.min(want_newest - newest_count);
        }
        if others > 0 {
            return (newest_count, stable_count);
        }
        let least = all - unavailable;
        let grows = newest.is_none_or(|set| want_newest >= wanted(set));
        let counted = |set: Option<&Value>, even_unavailable: bool| {
            set.map_or(0, |set| if even_unavailable { wanted(set) } else { available(set).min(wanted(set)) })
        };
        let down = counted(newest, !grows) + counted(stable, grows) - least;
        if down <= 0 {
            return (newest_count, stable_count);
        }
        let shrink = |set: Option<&Value>, want: i64, count: i64| match set {
            Some(set) if wanted(set) > want => want.max(wanted(set) - down),
            _ => count,
        };
        if grows {
            stable_count = shrink(stable, want_stable, stable_count);
        } else {
            newest_count = shrink(newest, want_newest, newest_count);
        }
        (newest_count, stable_count)
    }

    pub(super) fn max_surge(&self) -> i64 {
        share(self.strategy(&["maxSurge"]), "25%", self.replicas(), true)
    }

    pub(super) fn max_unavailable(&self) -> i64 {
        let unavailable = share(self.strategy(&["maxUnavailable"]), "25%", self.replicas(), false);
        // Both zero would stand still for ever.
        if unavailable == 0 && self.max_surge() == 0 { 1 } else { unavailable.min(self.replicas()) }
    }

    fn scale_down_others(&mut self) -> bool {
        let total: i64 = self.sets.iter().map(available).sum();
        let mut down = total - (self.replicas() - self.max_unavailable());
        let mut moved = false;
        for set in self.other_sets().into_iter().filter(|set| wanted(set) > 0) {
            if down <= 0 {
                break;
            }
            let to = if !self.is_routed() {
                (wanted(&set) - down).max(0)
            } else if self.is_fully_promoted() || !text(&set, &["metadata", "annotations", SCALE_DOWN_AT]).is_empty() {
                self.delayed_count(&set, "scaleDownDelaySeconds")
            } else {
                0
            };
            down -= wanted(&set) - to;
            moved |= self.scale(&set, to);
        }
        moved
    }

    /// Keeps a set as it is until its deadline, which is set at the first call, then gives zero.
    pub(super) fn delayed_count(&mut self, set: &Value, setting: &str) -> i64 {
        let Some(deadline) = time(set, &["metadata", "annotations", SCALE_DOWN_AT]) else {
            let delay = SignedDuration::from_secs(int(self.strategy(&[setting]), &[]).unwrap_or(30).max(0));
            let deadline = after(self.state.now, delay);
            let mut set = set.clone();
            put(&mut set, &["metadata", "annotations", SCALE_DOWN_AT], stamp(deadline));
            self.write_set(set.clone());
            self.wake.at(Some(deadline));
            return wanted(&set);
        };
        if deadline > self.state.now {
            self.wake.at(Some(deadline));
            return wanted(set);
        }
        0
    }

    /// With a traffic router or blueGreen an aborted canary stays up for a while.
    pub(super) fn keeps_canary_after_abort(&self) -> bool {
        let explicit_zero = int(self.strategy(&["abortScaleDownDelaySeconds"]), &[]) == Some(0);
        self.is_aborted()
            && self.distinct_stable().is_some()
            && (self.is_routed() || self.is_blue_green())
            && !explicit_zero
    }

    pub(super) fn aborted_canary_count(&mut self, set: &Value) -> i64 {
        let set = self.set(hash(set)).unwrap_or(set).clone();
        if wanted(&set) == 0 { 0 } else { self.delayed_count(&set, "abortScaleDownDelaySeconds") }
    }

    /// Sets that are wanted again lose their deadline.
    pub(super) fn lift_deadlines(&mut self) {
        let keep_newest = self.keeps_canary_after_abort();
        let wanted_again: Vec<Value> = [self.newest_set().filter(|_| !keep_newest), self.distinct_stable()]
            .into_iter()
            .flatten()
            .filter(|set| !text(set, &["metadata", "annotations", SCALE_DOWN_AT]).is_empty())
            .cloned()
            .collect();
        for mut set in wanted_again {
            cut(&mut set, &["metadata", "annotations", SCALE_DOWN_AT]);
            self.write_set(set);
        }
    }
}

/// Splits the Pods by weight as closely as whole Pods can, with one extra Pod where surge allows it.
fn split(all: i64, weight: i64, surge: i64) -> Counts {
    if all == 0 {
        return (0, 0);
    }
    let exact = all * weight;
    let (ceiling, floor) = ((exact + 99) / 100, exact / 100);
    let zero_allowed = weight == 100 || weight == 0 || (all == 1 && surge == 0);
    let tied = |total: i64| (total * weight) % 100 == 50;
    let mut options = Vec::new();
    if ceiling < all || zero_allowed {
        options.push((ceiling, all));
    }
    if !tied(all) && (floor != 0 || zero_allowed) {
        options.push((floor, all));
    }
    if surge > 0 {
        options.push((ceiling, all + 1));
        if !tied(all + 1) && (floor != 0 || zero_allowed) {
            options.push((floor, all + 1));
        }
    }
    let distance = |(canary, total): (i64, i64)| ((canary * 100) as f64 / total as f64 - weight as f64).abs();
    // The first of the closest ones, as the real controller takes.
    let best = options.into_iter().reduce(|best, next| if distance(next) < distance(best) { next } else { best });
    best.map_or((0, all), |(canary, total)| (canary, total - canary))
}

/// An int-or-percent of the replicas.
fn share(value: &Value, default: &str, of: i64, up: bool) -> i64 {
    let text = match value {
        Value::Number(number) => return number.as_i64().unwrap_or(0).clamp(0, 1000),
        Value::String(text) => text.as_str(),
        _ => default,
    };
    match text.strip_suffix('%').and_then(|percent| percent.trim().parse::<i64>().ok()) {
        Some(percent) => (of * percent.clamp(0, 1000) + if up { 99 } else { 0 }) / 100,
        None => duration_text(text).map_or(0, |number| number.as_secs().clamp(0, 1000)),
    }
}
