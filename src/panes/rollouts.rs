//! Rollouts: what is shipping, where it stands, and whether it goes on by itself.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::release::object::{ObjectId, Uid};
use crate::release::phase::{Phase, PhaseReading};
use crate::release::rollout::{Rollout, Strategy};
use crate::theme::Role;

use super::Pane;
use super::cx::Cx;
use super::table::{Cell, Column};

/// The row in PANES.
pub struct Rollouts;

static COLUMNS: &[Column] = &[
    Column::new("NAMESPACE", 9, 24, 2),
    Column::new("NAME", 12, 40, 0),
    Column::new("CONTEXT", 8, 20, 4).context(),
    Column::new("PHASE", 13, 13, 0),
    Column::new("STEP", 5, 5, 1).right(),
    Column::new("SET/ACT", 7, 7, 3).right(),
    Column::new("READY", 5, 9, 7).right(),
    Column::new("REV", 3, 5, 6).right(),
    Column::new("IMAGE", 12, 44, 8),
    Column::new("AGE", 4, 4, 9).right(),
    Column::new("WHY, AND WHAT COMES NEXT", 24, 160, 2),
];

impl Pane for Rollouts {
    fn name(&self) -> &'static str {
        "rollouts"
    }

    fn title(&self) -> &'static str {
        "Rollouts"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["rollouts"]
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn rows(&self, cx: &Cx) -> Vec<Uid> {
        let mut rollouts: Vec<(Phase, &Rollout)> =
            cx.model.rollouts.iter().map(|rollout| (rollout.phase().phase, rollout)).collect();
        // The model has them in the order of their names already, and a stable sort keeps it.
        rollouts.sort_by_key(|(phase, _)| urgency(*phase));
        rollouts.into_iter().map(|(_, rollout)| rollout.id.uid.clone()).collect()
    }

    fn cells(&self, cx: &Cx, row: &Uid) -> Option<Vec<Cell>> {
        let row = Row::of(cx, row)?;
        (0..COLUMNS.len()).map(|column| row.cell(column)).collect()
    }

    fn cell(&self, cx: &Cx, row: &Uid, column: usize) -> Option<Cell> {
        Row::of(cx, row)?.cell(column)
    }

    fn has_text(&self, cx: &Cx, row: &Uid, wish: &dyn Fn(&str) -> bool) -> bool {
        let Some(row) = Row::of(cx, row) else { return false };
        let id = &row.rollout.id;
        // What is a text already is looked at first, and as it is.
        [&*id.namespace, &*id.name, &*id.context].into_iter().any(wish) || wish(&id.path()) || row.has_written(3, wish)
    }

    fn target(&self, cx: &Cx, row: &Uid) -> Option<ObjectId> {
        cx.model.rollouts.get(row).map(|rollout| rollout.id.clone())
    }

    fn labels<'a>(&self, cx: &Cx<'a>, row: &Uid) -> Option<&'a BTreeMap<Box<str>, Box<str>>> {
        cx.model.rollouts.get(row).map(|rollout| &rollout.labels)
    }

    fn empty(&self, _cx: &Cx) -> String {
        "no rollouts in sight; --namespace or --all-namespaces chooses where to look".to_owned()
    }
}

/// A Rollout from which cells are made, each by itself.
struct Row<'a> {
    cx: &'a Cx<'a>,
    rollout: &'a Rollout,
}

/// How a text is shown, and what it is sorted by where the text would sort wrongly.
type Look = (Role, Option<i64>);

impl<'a> Row<'a> {
    fn of(cx: &'a Cx, row: &Uid) -> Option<Row<'a>> {
        Some(Row { cx, rollout: cx.model.rollouts.get(row)? })
    }

    fn cell(&self, column: usize) -> Option<Cell> {
        let mut text = String::new();
        let (role, rank) = self.write(column, &mut text)?;
        Some(Cell { text, role, rank })
    }

    /// Whether the path or a text is as wished, from that column on. All are written into the same room: a filter asks for ten
    /// thousand rows, and would spend most of its time on making room.
    fn has_written(&self, first: usize, wish: &dyn Fn(&str) -> bool) -> bool {
        let id = &self.rollout.id;
        let mut text = String::with_capacity(64);
        let _ = write!(text, "{}/{}", id.namespace, id.name);
        wish(&text)
            || (first..COLUMNS.len()).any(|column| {
                text.clear();
                self.write(column, &mut text).is_some() && wish(&text)
            })
    }

    fn write(&self, column: usize, text: &mut String) -> Option<Look> {
        let Row { cx, rollout } = self;
        Some(match column {
            0 => plain(text, &rollout.id.namespace, Role::Dim),
            1 => plain(text, &rollout.id.name, if rollout.fault.is_some() { Role::Unknown } else { Role::Text }),
            2 => plain(text, &rollout.id.context, Role::Dim),
            3 => phase(cx, rollout.phase().phase, text),
            4 => step(rollout, text),
            5 => weight(cx, rollout, text),
            6 => ready(rollout, text),
            7 => revision(rollout, text),
            8 => {
                push_images(text, &rollout.images);
                (Role::Text, None)
            }
            9 => {
                let rank = rollout.created.map_or(i64::MAX, |created| -created.as_second());
                ranked(text, &cx.age(rollout.created), Role::Dim, rank)
            }
            10 => plain(text, &next(cx, rollout, &rollout.phase()), Role::Text),
            _ => return None,
        })
    }
}

fn plain(text: &mut String, words: &str, role: Role) -> Look {
    text.push_str(words);
    (role, None)
}

fn ranked(text: &mut String, words: &str, role: Role, rank: i64) -> Look {
    text.push_str(words);
    (role, Some(rank))
}

/// What an operator wants to see first.
fn urgency(phase: Phase) -> i64 {
    match phase {
        Phase::Degraded => 0,
        Phase::Unknown => 1,
        Phase::Paused => 2,
        Phase::Progressing => 3,
        Phase::Healthy => 4,
    }
}

/// What could be read of an unreadable object would pass for the whole.
fn unreadable(text: &mut String) -> Look {
    ranked(text, "?", Role::Unknown, -2)
}

fn none(text: &mut String) -> Look {
    ranked(text, "-", Role::Dim, -1)
}

fn phase(cx: &Cx, phase: Phase, text: &mut String) -> Look {
    let (role, sign) = cx.phase(phase);
    let _ = write!(text, "{sign} {}", phase.word());
    (role, Some(urgency(phase)))
}

fn step(rollout: &Rollout, text: &mut String) -> Look {
    if rollout.fault.is_some() {
        return unreadable(text);
    }
    let Some((done, count)) = rollout.step_progress() else { return none(text) };
    let _ = write!(text, "{done}/{count}");
    (Role::Text, Some((done * 1000 / count.max(1)) as i64))
}

/// `20/18`: what the steps ask for and what is. `~` where the pods' own counts cannot tell exactly.
fn weight(cx: &Cx, rollout: &Rollout, text: &mut String) -> Look {
    if rollout.fault.is_some() {
        return unreadable(text);
    }
    let (Some(set), Some(actual)) = (rollout.set_weight(), rollout.actual_weight(cx.model.canary_available(rollout)))
    else {
        return none(text);
    };
    let about = if actual.exact { "" } else { "~" };
    let _ = write!(text, "{set}/{about}{}", actual.value);
    let role = if set == actual.value { Role::Text } else { Role::Progressing };
    (role, Some(i64::from(actual.value)))
}

fn ready(rollout: &Rollout, text: &mut String) -> Look {
    if rollout.fault.is_some() {
        return unreadable(text);
    }
    let (ready, desired) = (rollout.status.ready, rollout.desired_replicas());
    let _ = write!(text, "{ready}/{desired}");
    (if ready < desired { Role::Attention } else { Role::Text }, Some(i64::from(ready)))
}

fn revision(rollout: &Rollout, text: &mut String) -> Look {
    let Some(revision) = rollout.revision else { return ranked(text, "?", Role::Dim, -1) };
    let _ = write!(text, "{revision}");
    (Role::Dim, Some(revision as i64))
}

/// Images in short, one after another.
pub fn short_images<'i>(images: impl IntoIterator<Item = &'i Box<str>>) -> String {
    let mut words = String::new();
    push_images(&mut words, images);
    words
}

fn push_images<'i>(words: &mut String, images: impl IntoIterator<Item = &'i Box<str>>) {
    for image in images {
        if !words.is_empty() {
            words.push(' ');
        }
        push_short(words, image);
    }
}

/// `ghcr.io/shop/web:1.2.3` is `web:1.2.3`; a digest is cut to twelve digits.
fn push_short(words: &mut String, image: &str) {
    let last = image.rsplit('/').next().unwrap_or(image);
    match last.split_once("@sha256:") {
        Some((name, digest)) => {
            words.push_str(name);
            words.push('@');
            words.extend(digest.chars().take(12));
        }
        None => words.push_str(last),
    }
}

/// Why it stands where it stands, and when it goes on by itself.
pub fn next(cx: &Cx, rollout: &Rollout, reading: &PhaseReading) -> String {
    if let Some(fault) = &rollout.fault {
        return format!("unreadable: {fault}");
    }
    if rollout.spec_paused {
        return "paused by hand: spec.paused is set".to_owned();
    }
    if let Some(end) = rollout.pause_ends() {
        return match cx.countdown(end) {
            Some(left) => format!("goes on in {left}"),
            None => "the pause is over; the controller has not gone on yet".to_owned(),
        };
    }
    let PhaseReading { phase, message, .. } = reading;
    if matches!(phase, Phase::Degraded | Phase::Progressing)
        && let Some(why) = crate::release::why::why(cx.model, rollout)
    {
        return why;
    }
    if *phase == Phase::Paused && !rollout.status.pause_conditions.is_empty() {
        let since = cx.age(rollout.paused_since());
        return format!("{message}: waiting for you since {since}");
    }
    if message.is_empty() && matches!(rollout.strategy, Strategy::Unknown) {
        return "no strategy in the spec".to_owned();
    }
    message.to_string()
}
