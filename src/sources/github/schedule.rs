//! Decides what is asked next and when: the one place that does.
//!
//! What somebody looks at comes every few seconds, what somebody has just acted on faster still, what runs at the moment
//! in between; what nobody looks at is left in peace. A budget that runs low stretches everything.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::release::observation::{Failure, FailureKind};
use crate::release::repository::{Budget, Topic};

/// Between two looks at what was acted on, and for how long.
const HOT: Duration = Duration::from_secs(3);
const HOT_FOR: Duration = Duration::from_secs(120);
/// At what is on the screen.
const SHOWN: Duration = Duration::from_secs(15);
/// At what is running.
const RUNNING: Duration = Duration::from_secs(20);
/// While nobody has asked for anything for so long, everything takes four times as long.
const IDLE_AFTER: Duration = Duration::from_secs(15 * 60);
/// Between tries that fail: doubled from the first to the last. Whoever waits for GitHub to come back shall not wait for us.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LAST_PAUSE: Duration = Duration::from_secs(60);

/// When each topic is due.
#[derive(Debug)]
pub struct Schedule {
    turns: BTreeMap<Topic, Turn>,
    shown: BTreeSet<Topic>,
    /// When somebody last looked or acted.
    stirred: Instant,
    /// Nothing is asked before that: so GitHub wishes.
    held_until: Instant,
    /// The topic that could not be looked at for want of an answer, when the last look was such a one.
    unanswered: Option<Topic>,
    /// Whether what is in the way is in the way of all.
    is_down: bool,
}

/// What follows from a look that failed.
#[derive(Debug, PartialEq, Eq)]
pub struct Setback {
    /// Until the next try.
    pub wait: Duration,
    /// Whether it holds for all topics.
    pub is_all: bool,
}

#[derive(Debug)]
struct Turn {
    due: Instant,
    looked: Option<Instant>,
    pause: Duration,
    hot_until: Option<Instant>,
    is_running: bool,
    has_failed: bool,
}

impl Schedule {
    /// All of these are due, one after the other.
    pub fn new(topics: &[Topic], now: Instant) -> Self {
        let turn = || Turn {
            due: now,
            looked: None,
            pause: FIRST_PAUSE,
            hot_until: None,
            is_running: false,
            has_failed: false,
        };
        let turns = topics.iter().map(|topic| (*topic, turn())).collect();
        Schedule { turns, shown: BTreeSet::new(), stirred: now, held_until: now, unanswered: None, is_down: false }
    }

    /// The topic that is due first, and when. Of several, the one the others rest on, or the one that is shown.
    pub fn next(&self) -> (Topic, Instant) {
        let first = Topic::ALL.iter().filter_map(|topic| Some((topic, self.turns.get(topic)?)));
        let first = first.min_by_key(|(topic, turn)| {
            let place = Topic::ALL.iter().position(|other| other == *topic);
            let is_basis = **topic == Topic::Pulls && turn.looked.is_none();
            // While all are held, each has its turn: or one that is broken by itself would keep the others from theirs.
            let is_shown = self.shown.contains(topic) && !self.is_down;
            let looked = turn.looked.filter(|_| self.is_down);
            (turn.due, !is_basis && !is_shown, turn.looked.is_some() && !is_shown, looked, place)
        });
        first.map_or((Topic::Pulls, self.stirred), |(topic, turn)| (*topic, turn.due))
    }

    /// Whether every topic was tried once.
    pub fn is_round(&self) -> bool {
        self.turns.values().all(|turn| turn.looked.is_some())
    }

    /// Whether the last look at every topic that was tried failed.
    pub fn is_blind(&self) -> bool {
        let mut tried = self.turns.values().filter(|turn| turn.looked.is_some()).peekable();
        tried.peek().is_some() && tried.all(|turn| turn.has_failed)
    }

    /// These are on the screen now, and no others.
    pub fn show(&mut self, shown: &BTreeSet<Topic>, now: Instant) {
        let new: Vec<Topic> = shown.difference(&self.shown).copied().collect();
        self.shown = shown.clone();
        self.stirred = now;
        for topic in new {
            self.hasten(topic, now, SHOWN);
        }
    }

    /// Somebody does not want to wait for what is shown.
    pub fn again(&mut self, now: Instant) {
        self.stirred = now;
        for topic in self.shown.clone() {
            self.hasten(topic, now, HOT);
        }
    }

    /// Somebody has changed something about it, or will know more about it than we do.
    pub fn act(&mut self, topic: Topic, now: Instant) {
        self.stirred = now;
        if let Some(turn) = self.turns.get_mut(&topic) {
            turn.hot_until = Some(now + HOT_FOR);
        }
        self.hasten(topic, now, Duration::ZERO);
    }

    /// It was looked at.
    pub fn succeed(&mut self, topic: Topic, is_running: bool, budget: Option<Budget>, now: Instant) {
        if let Some(turn) = self.turns.get_mut(&topic) {
            turn.looked = Some(now);
            turn.pause = FIRST_PAUSE;
            turn.is_running = is_running;
            turn.has_failed = false;
        }
        let interval = self.interval(topic, now).mul_f64(stretch(budget));
        if let Some(turn) = self.turns.get_mut(&topic) {
            turn.due = now + interval;
        }
        self.unanswered = None;
        self.come_back(now);
    }

    /// GitHub has answered: what nobody could look at while it was away is looked at now.
    fn come_back(&mut self, now: Instant) {
        if std::mem::take(&mut self.is_down) {
            for turn in self.turns.values_mut().filter(|turn| turn.has_failed) {
                let earliest = turn.looked.map_or(now, |looked| looked + FIRST_PAUSE);
                turn.due = turn.due.min(earliest.max(now));
            }
        }
    }

    /// It could not be looked at. A limit and a token that is not accepted are in the way of all; one that does not answer
    /// may be broken by itself, so that another one is asked at once.
    pub fn fail(&mut self, topic: Topic, failure: &Failure, now: Instant) -> Setback {
        let asked = failure.retry_in.and_then(|wait| Duration::try_from(wait).ok());
        let is_unanswered = failure.kind == FailureKind::Unreachable;
        let is_second = is_unanswered && self.unanswered.is_some_and(|other| other != topic);
        let is_all = asked.is_some()
            || failure.kind == FailureKind::Unauthorized
            || is_unanswered && (is_second || self.is_down || self.turns.len() == 1);
        let Some(turn) = self.turns.get_mut(&topic) else { return Setback { wait: FIRST_PAUSE, is_all } };
        let wait = asked.unwrap_or(match failure.kind {
            FailureKind::Forbidden | FailureKind::NotInstalled => turn.pause.max(Duration::from_secs(60)),
            _ => turn.pause,
        });
        turn.pause = (turn.pause * 2).min(LAST_PAUSE);
        (turn.looked, turn.has_failed) = (Some(now), true);
        // A refusal of its own is an answer, too.
        if !is_all && !is_unanswered {
            self.come_back(now);
        }
        if let Some(turn) = self.turns.get_mut(&topic) {
            turn.due = now + wait;
        }
        if asked.is_some() {
            self.held_until = now + wait;
        }
        (self.is_down, self.unanswered) = (is_all, is_unanswered.then_some(topic));
        if is_all {
            for turn in self.turns.values_mut() {
                (turn.has_failed, turn.due) = (true, turn.due.max(now + wait));
            }
        } else if is_unanswered
            && let Some(other) = self.turns.values_mut().filter(|turn| !turn.has_failed).min_by_key(|turn| turn.due)
        {
            other.due = other.due.min(now);
        }
        Setback { wait, is_all }
    }

    /// Those that were never looked at.
    pub fn unseen(&self) -> BTreeSet<Topic> {
        self.turns.iter().filter(|(_, turn)| turn.looked.is_none()).map(|(topic, _)| *topic).collect()
    }

    /// Moves it forward, unless it was looked at so recently.
    pub fn hasten(&mut self, topic: Topic, now: Instant, unless: Duration) {
        let Some(turn) = self.turns.get_mut(&topic) else { return };
        // A failing server is asked again because somebody presses keys, but not at every press.
        let unless = if turn.has_failed { FIRST_PAUSE } else { unless };
        let earliest = turn.looked.map_or(now, |looked| looked + unless);
        turn.due = turn.due.min(earliest.max(now).max(self.held_until));
    }

    fn interval(&self, topic: Topic, now: Instant) -> Duration {
        let Some(turn) = self.turns.get(&topic) else { return SHOWN };
        let quiet = match topic {
            Topic::Pulls | Topic::Previews | Topic::Flags => Duration::from_secs(60),
            Topic::Drift | Topic::Cost | Topic::Smoke => Duration::from_secs(120),
        };
        if turn.hot_until.is_some_and(|until| now < until) {
            HOT
        } else if self.shown.contains(&topic) {
            SHOWN
        } else if now.duration_since(self.stirred) > IDLE_AFTER {
            quiet * 4
        } else if turn.is_running {
            RUNNING
        } else {
            quiet
        }
    }
}

/// By how much a budget that runs low slows everything down.
fn stretch(budget: Option<Budget>) -> f64 {
    let Some(budget) = budget.filter(|budget| budget.limit > 0) else { return 1.0 };
    match budget.remaining.saturating_mul(100) / budget.limit {
        0..5 => 20.0,
        5..15 => 6.0,
        15..35 => 2.0,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn looked_at_once(now: Instant) -> Schedule {
        let mut schedule = Schedule::new(&Topic::ALL, now);
        for _ in Topic::ALL {
            let (topic, due) = schedule.next();
            assert!(due <= now);
            schedule.succeed(topic, false, None, now);
        }
        assert!(schedule.is_round() && !schedule.is_blind());
        schedule
    }

    fn due_in(schedule: &Schedule, topic: Topic, now: Instant) -> u64 {
        schedule.turns[&topic].due.saturating_duration_since(now).as_secs()
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn failure(kind: FailureKind, retry: Option<i64>) -> Failure {
        Failure { kind, message: String::new(), retry_in: retry.map(SignedDuration::from_secs) }
    }

    #[test]
    fn pulls_come_first_and_then_each_once() {
        let now = Instant::now();
        assert_eq!(Schedule::new(&Topic::ALL, now).next(), (Topic::Pulls, now));
        let schedule = looked_at_once(now);
        assert_eq!(due_in(&schedule, Topic::Pulls, now), 60);
        assert_eq!(due_in(&schedule, Topic::Drift, now), 120);
    }

    #[test]
    fn what_somebody_waits_for_comes_before_what_nobody_looks_at() {
        let now = Instant::now();
        let mut schedule = Schedule::new(&Topic::ALL, now);
        schedule.show(&[Topic::Cost].into(), now);
        assert_eq!(schedule.next().0, Topic::Pulls, "the others rest on it");
        schedule.succeed(Topic::Pulls, false, None, now);
        assert_eq!(schedule.next().0, Topic::Cost);
    }

    #[test]
    fn faster_when_shown_fastest_after_an_action_slower_when_idle() {
        let now = Instant::now();
        let mut schedule = looked_at_once(now);
        let later = now + seconds(30);
        schedule.show(&[Topic::Drift].into(), later);
        assert_eq!(schedule.next(), (Topic::Drift, later), "at once, since it is older than what is shown may be");
        schedule.succeed(Topic::Drift, false, None, later);
        assert_eq!(due_in(&schedule, Topic::Drift, later), 15);
        schedule.show(&BTreeSet::new(), later);
        schedule.show(&[Topic::Drift].into(), later);
        assert_eq!(due_in(&schedule, Topic::Drift, later), 15, "flicking through panes asks for nothing new");
        schedule.again(later);
        assert_eq!(
            (due_in(&schedule, Topic::Drift, later), due_in(&schedule, Topic::Cost, later)),
            (3, 90),
            "not at every press"
        );
        schedule.succeed(Topic::Drift, false, None, later);
        schedule.act(Topic::Flags, later);
        assert_eq!(schedule.next(), (Topic::Flags, later));
        schedule.succeed(Topic::Flags, false, None, later);
        assert_eq!(due_in(&schedule, Topic::Flags, later), 3);
        let cool = later + HOT_FOR;
        schedule.succeed(Topic::Flags, false, None, cool);
        assert_eq!(due_in(&schedule, Topic::Flags, cool), 60);
        schedule.succeed(Topic::Smoke, true, None, cool);
        assert_eq!(due_in(&schedule, Topic::Smoke, cool), 20);
        let night = cool + seconds(3600);
        schedule.succeed(Topic::Smoke, false, None, night);
        assert_eq!(due_in(&schedule, Topic::Smoke, night), 480);
    }

    #[test]
    fn a_limit_holds_for_all_and_a_missing_right_for_one() {
        let now = Instant::now();
        let mut schedule = looked_at_once(now);
        let alone = |wait| Setback { wait: seconds(wait), is_all: false };
        assert_eq!(schedule.fail(Topic::Cost, &failure(FailureKind::Forbidden, None), now), alone(60));
        assert_eq!(due_in(&schedule, Topic::Flags, now), 60);
        assert!(!schedule.is_blind());
        let all = Setback { wait: seconds(300), is_all: true };
        assert_eq!(schedule.fail(Topic::Pulls, &failure(FailureKind::Failed, Some(300)), now), all);
        assert!(Topic::ALL.iter().all(|topic| due_in(&schedule, *topic, now) >= 300));
        schedule.act(Topic::Cost, now + seconds(60));
        assert_eq!(due_in(&schedule, Topic::Cost, now), 300, "GitHub wishes not to be asked");
        let mut alone = Schedule::new(&[Topic::Pulls], now);
        for expected in [5, 10, 20, 40, 60, 60] {
            let setback = Setback { wait: seconds(expected), is_all: true };
            assert_eq!(alone.fail(Topic::Pulls, &failure(FailureKind::Unreachable, None), now), setback);
        }
        assert!(alone.is_blind() && alone.is_round());
    }

    fn unanswered(schedule: &mut Schedule, topic: Topic, now: Instant) -> bool {
        schedule.fail(topic, &failure(FailureKind::Unreachable, None), now).is_all
    }

    #[test]
    fn one_that_is_broken_by_itself_is_in_nobodys_way() {
        let start = Instant::now();
        let mut schedule = looked_at_once(start);
        schedule.show(&[Topic::Drift].into(), start);
        let mut asked: BTreeMap<Topic, u32> = BTreeMap::new();
        let mut now = start;
        // Pulls and what is shown are broken, for ten minutes.
        while now < start + seconds(600) {
            let (topic, due) = schedule.next();
            now = now.max(due) + seconds(1);
            *asked.entry(topic).or_default() += 1;
            match topic {
                Topic::Pulls | Topic::Drift => _ = unanswered(&mut schedule, topic, now),
                _ => schedule.succeed(topic, false, None, now),
            }
        }
        for topic in Topic::ALL {
            let times = asked.get(&topic).copied().unwrap_or_default();
            assert!((4..=60).contains(&times), "{topic:?}: {times} times in ten minutes: {asked:?}");
        }
        assert!(!schedule.is_blind());
    }

    #[test]
    fn who_does_not_answer_twice_is_away_and_what_is_back_is_looked_at_at_once() {
        let now = Instant::now();
        let mut schedule = looked_at_once(now);
        assert!(!unanswered(&mut schedule, Topic::Flags, now), "that one alone, as far as is known");
        let (other, due) = schedule.next();
        assert!(other != Topic::Flags && due == now, "so another one is asked at once");
        assert!(unanswered(&mut schedule, other, now) && schedule.is_blind());
        assert!(due_in(&schedule, Topic::Cost, now) >= 5);
        schedule.act(Topic::Flags, now);
        assert_eq!(due_in(&schedule, Topic::Flags, now), 5, "not at every press");
        let later = now + seconds(5);
        schedule.succeed(Topic::Flags, false, None, later);
        assert_eq!([other, Topic::Cost].map(|topic| due_in(&schedule, topic, later)), [0, 0], "it is back");
        assert_eq!(due_in(&schedule, Topic::Flags, later), 3, "and was acted on");
        assert!(!unanswered(&mut schedule, Topic::Flags, later) && unanswered(&mut schedule, other, later));
        let refused = failure(FailureKind::Forbidden, None);
        assert!(!schedule.fail(Topic::Cost, &refused, later).is_all, "it is back, and refuses one");
        assert_eq!([Topic::Flags, other, Topic::Cost].map(|topic| due_in(&schedule, topic, later)), [5, 5, 60]);
        assert_eq!(due_in(&schedule, Topic::Smoke, later), 0, "that one was only held");
    }

    #[test]
    fn a_low_budget_slows_everything_down() {
        let budget = |remaining| Some(Budget { limit: 5000, remaining, resets: None });
        assert_eq!([4000, 1500, 600, 10].map(|left| stretch(budget(left)) as u64), [1, 2, 6, 20]);
        assert_eq!(stretch(Some(Budget { limit: 0, remaining: 0, resets: None })) as u64, 1);
    }
}
