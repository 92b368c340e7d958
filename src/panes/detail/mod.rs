//! The detail of one Rollout: a head that stays, and under it rows that one can move through.

mod analysis;
mod events;
mod head;
mod ladder;
mod rows;
mod side;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::release::model::Liveness;
use crate::release::object::{ObjectId, Uid};
use crate::release::rollout::Rollout;
use crate::theme::{Glyph, Role};

use super::brush::{self, Words};
use super::cx::Cx;
use super::layout::split_top;
use super::ui::{Detail, Ui};
use super::{freshness, tile};

pub use rows::{Row, rows, tag_role};

/// The layer of the keymap that lies over the global one here.
pub const LAYER: &str = "detail";

/// From this width on charts and events stand beside the rows.
const WIDE: u16 = 140;
/// What the rows rest on.
const SOURCES: &[&str] = &["rollouts", "replicasets", "pods", "analysisruns"];

/// Where the parts of the detail go.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Places {
    /// The rule with the name.
    pub title: Rect,
    /// What stays: phase, why, steps, weights, pods.
    pub head: Rect,
    /// The rule between head and rows.
    pub rule: Rect,
    pub list: Rect,
    /// Charts and events, where the screen is wide; else they are among the rows.
    pub side: Option<Rect>,
}

/// Which object a row speaks of.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// What most actions act on, whatever the row.
    pub rollout: ObjectId,
    /// For `terminate`.
    pub run: Option<ObjectId>,
    /// For `undo`.
    pub revision: Option<u64>,
    /// What `copy` copies.
    pub name: String,
}

/// Places for head, list and side in `area`.
pub fn places(cx: &Cx, ui: &Ui, area: Rect) -> Places {
    let (title, rest) = split_top(area, u16::from(area.height >= 4));
    let (rest, side) = match area.width {
        WIDE.. => {
            let (left, right) = split_left(rest, area.width * 11 / 20);
            (left, Some(tile::inset(right, 2)))
        }
        _ => (rest, None),
    };
    let lines = ui
        .detail
        .as_ref()
        .and_then(|detail| known(cx, detail))
        .map_or(0, |rollout| head::lines(cx, rollout, usize::from(rest.width.saturating_sub(2))).len());
    let (head, rest) = split_top(rest, (lines as u16).min(rest.height.div_ceil(2)));
    let (rule, list) = split_top(rest, u16::from(rest.height >= 7));
    Places { title, head, rule, list, side }
}

/// What the row with that key speaks of.
pub fn target(cx: &Cx, rollout: &ObjectId, key: &Uid) -> Target {
    let rows = cx.model.rollouts.get(&rollout.uid).map(|rollout| rows(cx, rollout, false)).unwrap_or_default();
    match rows.into_iter().find(|row| row.key == *key) {
        Some(row) => Target { rollout: rollout.clone(), run: row.run, revision: row.revision, name: row.name },
        None => Target { rollout: rollout.clone(), run: None, revision: None, name: rollout.path() },
    }
}

/// Brings the list in line with the model; remembers the Rollout as last seen.
pub fn settle(cx: &Cx, ui: &mut Ui, places: &Places) {
    let Some(detail) = &mut ui.detail else { return };
    if let Some(rollout) = cx.model.rollouts.get(&detail.rollout.uid)
        && detail.last.as_deref() != Some(rollout)
    {
        detail.last = Some(Box::new(rollout.clone()));
    }
    let rows = match &detail.last {
        Some(rollout) => rows(cx, rollout, places.side.is_some()),
        None => Vec::new(),
    };
    detail.list.total = rows.len();
    detail.list.settle_order(rows.into_iter().map(|row| row.key).collect(), usize::from(places.list.height));
}

/// Draws title, head, rows and side.
pub fn draw(cx: &Cx, ui: &Ui, places: &Places, buf: &mut Buffer) {
    let Some(detail) = &ui.detail else { return };
    title(cx, detail, places.title, buf);
    let Some(rollout) = known(cx, detail) else { return unseen(cx, detail, places.list, buf) };
    let is_faded = |sources: &[&str]| is_gone(cx, detail) || is_doubtful(cx, detail, sources);
    let fade = |faded: bool, words: Words| if faded { words.all(Role::Stale) } else { words };
    let (faded_head, faded_rows) = (is_faded(&["rollouts"]), is_faded(SOURCES));
    let width = usize::from(places.head.width.saturating_sub(2));
    let head: Vec<Words> = head::lines(cx, rollout, width).into_iter().map(|words| fade(faded_head, words)).collect();
    brush::lines(cx, &head, tile::inset(places.head, 1), buf);
    brush::rule(cx, false, places.rule, buf);
    let rows = rows(cx, rollout, places.side.is_some());
    rule(cx, detail, places.rule, buf);
    if rows.is_empty() {
        let words = match freshness::is_missing(cx, SOURCES, &detail.rollout.context) {
            true => Words::of("loading what belongs to it", Role::Unknown),
            false => Words::of("it has no ReplicaSets, no AnalysisRuns and no recent events", Role::Dim),
        };
        brush::line(cx, &words, None, tile::inset(places.list, tile::GUTTER), buf);
    }
    let visible = rows.iter().enumerate().skip(detail.list.offset);
    for ((index, row), area) in visible.zip(places.list.intersection(buf.area).rows()) {
        let selected = index == detail.list.index;
        let base = selected.then(|| cx.style(Role::Selection));
        if let Some(base) = base {
            buf.set_style(area, base);
        }
        tile::gutter(cx, selected, detail.list.marks.contains(&row.key), area, buf);
        brush::line(cx, &fade(faded_rows, row.words.clone()), base, tile::inset(area, tile::GUTTER), buf);
    }
    if let Some(area) = places.side {
        let row = rows.get(detail.list.index);
        side::draw(
            cx,
            rollout,
            row.and_then(|row| row.run.as_ref()),
            is_faded(&["rollouts", "analysisruns"]),
            area,
            buf,
        );
    }
}

/// The Rollout, or what was last known of it.
fn known<'a>(cx: &Cx<'a>, detail: &'a Detail) -> Option<&'a Rollout> {
    cx.model.rollouts.get(&detail.rollout.uid).or(detail.last.as_deref())
}

fn is_gone(cx: &Cx, detail: &Detail) -> bool {
    cx.model.rollouts.get(&detail.rollout.uid).is_none()
}

fn is_doubtful(cx: &Cx, detail: &Detail, sources: &[&str]) -> bool {
    freshness::worst_in(cx, sources, &detail.rollout.context)
        .is_some_and(|standing| freshness::is_doubtful(standing.liveness))
}

fn title(cx: &Cx, detail: &Detail, area: Rect, buf: &mut Buffer) {
    brush::rule(cx, true, area, buf);
    let words = Words::of(cx.glyph(Glyph::Current), Role::BorderFocused)
        .and(detail.rollout.path(), Role::Title)
        .and(format!(" in {} ", detail.rollout.context), Role::Dim);
    let end = brush::line(cx, &words, None, tile::inset(area, 1), buf);
    let state = if is_gone(cx, detail) && detail.last.is_some() {
        let words = format!(" {} DELETED: this is how it was last seen ", cx.glyph(Glyph::Critical));
        Words::of(words, Role::Critical)
    } else {
        padded(freshness::of_pane(cx, &["rollouts"]))
    };
    let left = area.right().saturating_sub(end + 2);
    if !state.is_empty() {
        brush::right(cx, &state, Rect { x: end + 1, width: left, ..area }, buf);
    }
}

/// The rule over the rows says where one is in them, and which of their sources cannot be believed.
fn rule(cx: &Cx, detail: &Detail, area: Rect, buf: &mut Buffer) {
    let list = &detail.list;
    let mut state = match freshness::worst_in(cx, SOURCES, &detail.rollout.context) {
        Some(standing) if standing.liveness != Liveness::Live => freshness::words(cx, &standing),
        _ if freshness::is_missing(cx, SOURCES, &detail.rollout.context) => {
            Words::of("loading what belongs to it", Role::Unknown)
        }
        _ => Words::new(),
    };
    if state.is_empty() && list.order.len() > list.height {
        state = Words::of(format!("{}/{}", list.index + 1, list.order.len()), Role::Dim);
    }
    if !state.is_empty() {
        brush::right(cx, &padded(state), area, buf);
    }
}

fn padded(words: Words) -> Words {
    if words.is_empty() {
        return words;
    }
    let mut padded = Words::of(" ", Role::Text);
    padded.append(words);
    padded.and(" ", Role::Text)
}

/// What is said of a Rollout that was never seen.
fn unseen(cx: &Cx, detail: &Detail, area: Rect, buf: &mut Buffer) {
    let words = match freshness::worst_in(cx, &["rollouts"], &detail.rollout.context) {
        Some(standing) if standing.liveness != Liveness::Live => freshness::words(cx, &standing),
        Some(_) => Words::of("there is no such Rollout", Role::Unknown),
        None => Words::of("loading: nothing has answered yet", Role::Unknown),
    };
    brush::lines(cx, &words.wrapped(usize::from(area.width.saturating_sub(2)), 2), tile::inset(area, 2), buf);
}

fn split_left(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    (Rect { width, ..area }, Rect { x: area.x + width, width: area.width - width, ..area })
}
