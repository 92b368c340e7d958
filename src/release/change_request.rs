//! Changes of ours that wait in a pull request for somebody to merge it, or were turned down there. Whoever made them, and
//! whether this program was running meanwhile: it is read off the pull requests.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::attention::{Need, Severity};
use super::flag::Flag;
use super::pull::PullRequest;
use super::repository::Repository;
use super::repository_needs::pull_id;
use super::subject;

/// For so long it is told that a change was turned down: whoever did that will mostly have meant it.
const TURNED_DOWN_MATTERS_FOR: SignedDuration = SignedDuration::from_hours(24);

/// What of them needs a human.
pub(super) fn needs(name: &Arc<str>, repository: &Repository, now: Timestamp) -> Vec<Need> {
    let open = repository.open.iter().filter_map(|pull| waiting(name, repository, pull));
    open.chain(turned_down(repository, now).filter_map(|pull| not_merged(name, repository, pull))).collect()
}

/// When one of them is told no more although nothing is observed.
pub(super) fn next_change(repository: &Repository, now: Timestamp) -> Option<Timestamp> {
    turned_down(repository, now).filter_map(told_until).min()
}

/// Those that were turned down lately, and for which there is no other since.
pub fn turned_down(repository: &Repository, now: Timestamp) -> impl Iterator<Item = &PullRequest> {
    let is_recent = move |pull: &&PullRequest| told_until(pull).is_none_or(|until| now < until);
    let others = || repository.open.iter().chain(&repository.merged).chain(&repository.closed);
    let is_last = move |pull: &&PullRequest| {
        let is_later = |other: &PullRequest| other.number > pull.number && topic(other).is_some();
        !others().any(|other| is_later(other) && topic(other) == topic(pull))
    };
    repository.closed.iter().filter(is_recent).filter(is_last)
}

fn waiting(name: &Arc<str>, repository: &Repository, pull: &PullRequest) -> Option<Need> {
    pull.our_branch()?;
    let change = Change::of(repository, pull);
    // Done in another way meanwhile: nobody has to hurry.
    (change.is_there() != Some(true)).then(|| Need {
        object: change.object(name, pull),
        severity: Severity::Attention,
        what: "not merged yet",
        since: pull.pushed_at,
        reason: format!("pull request #{} is open, not in effect before it is merged: {}", pull.number, pull.title),
        answers: &[],
    })
}

fn not_merged(name: &Arc<str>, repository: &Repository, pull: &PullRequest) -> Option<Need> {
    let change = Change::of(repository, pull);
    let effect = match change.is_there() {
        Some(true) => return None,
        Some(false) => ", it is not in effect",
        None => "",
    };
    Some(Need {
        object: change.object(name, pull),
        severity: Severity::Attention,
        what: "not merged",
        since: pull.closed_at,
        reason: format!("pull request #{} was closed without merging{effect}: {}", pull.number, pull.title),
        answers: change.answers(),
    })
}

fn told_until(pull: &PullRequest) -> Option<Timestamp> {
    pull.closed_at?.checked_add(TURNED_DOWN_MATTERS_FOR).ok()
}

/// What its branch is called after, without what tells one edit and one try from another.
fn topic(pull: &PullRequest) -> Option<&str> {
    pull.our_branch()?.rsplitn(3, '-').nth(2)
}

/// What a pull request of ours is about, as far as its title still says so.
enum Change<'a> {
    Kill(Vec<&'a Flag>),
    Restore(Vec<&'a Flag>),
    Other,
}

impl<'a> Change<'a> {
    fn of(repository: &'a Repository, pull: &PullRequest) -> Change<'a> {
        let file = repository.flags.as_ref().and_then(|file| file.flags.as_ref().ok());
        let named = |names: &str| {
            let names = names.split_once(" (").map_or(names, |(names, _reason)| names);
            names.split(", ").map(|name| file?.get(name)).collect::<Option<Vec<_>>>()
        };
        match pull.title.split_once(": ") {
            Some(("kill", names)) => named(names).map_or(Change::Other, Change::Kill),
            Some(("restore", names)) => named(names).map_or(Change::Other, Change::Restore),
            _ => Change::Other,
        }
    }

    /// Whether it is so by now; None where the file does not say.
    fn is_there(&self) -> Option<bool> {
        match self {
            Change::Kill(flags) => Some(flags.iter().all(|flag| flag.is_off())),
            Change::Restore(_) | Change::Other => None,
        }
    }

    fn object(&self, name: &Arc<str>, pull: &PullRequest) -> super::object::ObjectId {
        match self {
            Change::Kill(flags) | Change::Restore(flags) => match flags.first() {
                Some(flag) => subject::flag(name, &flag.name),
                None => pull_id(name, pull.number),
            },
            Change::Other => pull_id(name, pull.number),
        }
    }

    fn answers(&self) -> &'static [&'static str] {
        match self {
            Change::Kill(_) => &["kill"],
            Change::Restore(_) => &["restore"],
            Change::Other => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::sample_shop::{ago, flags};

    const ON: &str = "features: { a: { default: true }, b: { rollout: { prod: 0 } } }";
    const OFF: &str = "features: { a: { default: false }, b: { rollout: { prod: 0 } } }";

    fn now() -> Timestamp {
        crate::release::sample::at(0)
    }

    /// A pull request of ours, closed so many hours ago or open.
    fn ours(number: u64, title: &str, branch: &str, closed: Option<i64>) -> PullRequest {
        let state = match closed {
            Some(hours) => format!(r#""state":"closed","closed_at":"{}""#, ago(now(), hours)),
            None => r#""state":"open""#.to_owned(),
        };
        let json = format!(r#"{{"number":{number},"title":"{title}","head":{{"ref":"{branch}"}},{state}}}"#);
        PullRequest::read(json.as_bytes()).unwrap()
    }

    fn told(text: &str, open: Vec<PullRequest>, closed: Vec<PullRequest>) -> Vec<String> {
        let repository = Repository { open, closed, flags: Some(flags(text)), ..Repository::default() };
        let needs = needs(&"acme/shop".into(), &repository, now());
        needs.iter().map(|need| format!("{} {}: {}", need.what, need.object.name, need.reason)).collect()
    }

    #[test]
    fn what_waits_is_told_until_it_is_so() {
        let open = || {
            vec![
                ours(1, "kill: b, a (it loops)", "flightdeck/kill-b-a-abc1234-202608200300", None),
                ours(2, "A banner", "banner", None),
                ours(3, "Take the k6 step out", "flightdeck/without-k6-step-abc1234-202608200300", None),
            ]
        };
        let waits = "is open, not in effect before it is merged";
        let kill = format!("not merged yet b: pull request #1 {waits}: kill: b, a (it loops)");
        let step = format!("not merged yet #3: pull request #3 {waits}: Take the k6 step out");
        assert_eq!(told(ON, open(), vec![]), [kill, step.clone()]);
        assert_eq!(told(OFF, open(), vec![]), [step]);
        let unread = told("features: [", open(), vec![]);
        assert!(unread[0].starts_with("not merged yet #1: "), "what cannot be read says nothing: {unread:?}");
    }

    #[test]
    fn what_was_turned_down_is_told_for_a_day_or_until_it_is_tried_again() {
        let closed = |hours| ours(4, "kill: a", "flightdeck/kill-a-abc1234-202608200300", Some(hours));
        let wanted = "not merged a: pull request #4 was closed without merging, it is not in effect: kill: a";
        assert_eq!(told(ON, vec![], vec![closed(1)]), [wanted]);
        assert!(told(ON, vec![], vec![closed(24)]).is_empty());
        assert!(told(OFF, vec![], vec![closed(1)]).is_empty(), "it is off all the same");
        let again = ours(5, "kill: a", "flightdeck/kill-a-fff1234-202608200400", None);
        let open = told(ON, vec![again], vec![closed(1)]);
        assert!(open.len() == 1 && open[0].starts_with("not merged yet a: pull request #5"), "{open:?}");
        let other = ours(5, "kill: b", "flightdeck/kill-b-fff1234-202608200400", Some(1));
        assert_eq!(told(ON, vec![], vec![other, closed(1)]), [wanted], "another one's is another");
        let step = ours(6, "Take it out", "flightdeck/without-k6-step-abc1234-202608200300", Some(1));
        assert_eq!(
            told(ON, vec![], vec![step]),
            ["not merged #6: pull request #6 was closed without merging: Take it out"]
        );
        let repository = Repository { closed: vec![closed(1)], ..Repository::default() };
        assert_eq!(next_change(&repository, now()), Some(ago(now(), -23)));
    }
}
