//! The recent Events of a Rollout and of what belongs to it, newest first.

use crate::release::observation::ObjectEvent;
use crate::release::rollout::Rollout;
use crate::theme::{Glyph, Role};

use super::super::brush::Words;
use super::super::cx::Cx;
use super::rows::Row;

/// Events shown; the API server forgets them after an hour anyway.
const SHOWN: usize = 30;

/// The events, newest first.
pub fn recent<'a>(cx: &Cx<'a>, rollout: &Rollout) -> Vec<&'a ObjectEvent> {
    let sets: Vec<&str> = cx.model.replica_sets_of(rollout).iter().map(|set| &*set.id.name).collect();
    // ReplicaSets carry the Rollout's name and a hash; their pods and AnalysisRuns theirs and a suffix.
    let belongs = |event: &&ObjectEvent| {
        let object = &*event.object;
        let of_set =
            |set: &&str| object.strip_prefix(*set).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
        event.id.is_beside(&rollout.id)
            && (event.object_uid.as_ref() == Some(&rollout.id.uid)
                || object == &*rollout.id.name
                || sets.iter().any(of_set))
    };
    let mut events: Vec<&ObjectEvent> = cx.model.events.iter().filter(belongs).collect();
    events.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.name.cmp(&b.id.name)));
    events.truncate(SHOWN);
    events
}

/// A title and a row for each.
pub fn rows(cx: &Cx, rollout: &Rollout, rows: &mut Vec<Row>) {
    let events = recent(cx, rollout);
    if events.is_empty() {
        return;
    }
    rows.push(Row::new("events", "events", None, Words::of("events", Role::Header)));
    for event in events {
        let mut line = Words::of("  ", Role::Text);
        line.append(words(cx, event));
        rows.push(Row::new(&*event.id.uid.0, &*event.message, None, line));
    }
}

/// `2m ▲ BackOff  Pod web-7d84-x  message (3 times)`.
pub fn words(cx: &Cx, event: &ObjectEvent) -> Words {
    let (sign, role) = match event.warning {
        true => (cx.glyph(Glyph::Attention), Role::Attention),
        false => (cx.glyph(Glyph::Bullet), Role::Dim),
    };
    let mut words = Words::of(format!("{:>4} ", cx.age(event.at)), Role::Dim);
    words.push(format!("{sign} {}", event.reason), role);
    if &*event.kind != "Rollout" {
        words.push(format!("  {} {}", event.kind, event.object), Role::Dim);
    }
    words.push(format!("  {}", event.message), Role::Text);
    if event.count > 1 {
        words.push(format!("  {} times", event.count), Role::Dim);
    }
    words
}
