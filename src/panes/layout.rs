//! Where everything goes: which tiles are shown, how large, and how many rows each has room for. Pure.

use ratatui::layout::Rect;

use super::PANES;
use super::cx::Cx;
use super::ui::Ui;
use super::{detail, footer};

/// The places of one frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Who, where, how sure.
    pub header: Rect,
    /// The panes that are not on the screen, with their keys; empty when all are.
    pub tabs: Rect,
    pub tiles: Vec<Tile>,
    /// In place of the tiles, when a Rollout is looked into.
    pub detail: Option<detail::Places>,
    /// Notice, hints or the filter line.
    pub footer: Rect,
}

/// The place of one pane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tile {
    /// Index in PANES and in [`Ui::lists`].
    pub pane: usize,
    pub area: Rect,
    /// Rows of its list that are visible.
    pub height: usize,
}

/// One tile of a column for each of these; what does not get one has a tab.
const LEAST: u16 = 8;
/// Rows of a tile that has nothing to list: its rule and a sentence.
const EMPTY: u16 = 3;
/// Wanted heights go up in steps of this, so that a row more or less does not move everything below it.
const STEP: u16 = 3;
/// Narrower than this a table says too little.
const COLUMN: u16 = 96;

/// Places for what `ui` wants to show.
pub fn layout(cx: &Cx, ui: &Ui, area: Rect) -> Layout {
    let mut layout = Layout::default();
    let mut rest = area;
    if area.height >= 3 {
        (layout.header, rest) = split_top(rest, 1);
        let footer = footer::height(cx, ui, area);
        (rest, layout.footer) = split_top(rest, rest.height.saturating_sub(footer));
    }
    if ui.detail.is_some() {
        layout.detail = Some(detail::places(cx, ui, rest));
        return layout;
    }
    let shown = if ui.zoom { vec![ui.focus] } else { shown(cx, ui, rest) };
    if shown.len() < PANES.len() && rest.height >= 12 {
        (layout.tabs, rest) = split_top(rest, 1);
    }
    layout.tiles = tiles(ui, &shown, rest);
    layout
}

/// The panes that fit: the first ones, and the focused one in place of the last when it would not be among them. A pane
/// about a repository that nobody has configured gives its place to the next.
fn shown(cx: &Cx, ui: &Ui, area: Rect) -> Vec<usize> {
    let count = match columns(area) {
        1 => usize::from(area.height / LEAST).max(1),
        columns => 1 + columns * usize::from(area.height / 2 / LEAST).max(1),
    };
    let has_sense = |pane: &usize| {
        let is_known = PANES[*pane].topics().iter().all(|topic| cx.model.repository_of(*topic).is_some());
        is_known || !ui.lists[*pane].order.is_empty()
    };
    let mut shown: Vec<usize> = (0..PANES.len()).filter(has_sense).take(count).collect();
    if !shown.contains(&ui.focus) {
        if shown.len() >= count {
            shown.pop();
        }
        shown.push(ui.focus);
    }
    shown
}

fn columns(area: Rect) -> usize {
    usize::from(area.width / COLUMN).clamp(1, 3)
}

/// Now has the whole width at the top of a wide screen, so that the reasons can be read; the others fill columns below.
fn tiles(ui: &Ui, shown: &[usize], area: Rect) -> Vec<Tile> {
    let columns = columns(area);
    match shown {
        [0, others @ ..] if columns > 1 && !others.is_empty() => {
            let most = area.height / 2;
            let (top, rest) = split_top(area, wanted(ui, 0).clamp(LEAST.min(most), most));
            let mut tiles = vec![tile(0, top)];
            tiles.extend(filled(ui, others, columns.min(others.len()), rest));
            tiles
        }
        _ => filled(ui, shown, columns.min(shown.len()).max(1), area),
    }
}

/// Fills columns from the left. A tile that has little to list leaves its room to the others.
fn filled(ui: &Ui, shown: &[usize], columns: usize, area: Rect) -> Vec<Tile> {
    let mut tiles = Vec::new();
    let mut left = shown;
    let mut x = area.x;
    for column in 0..columns {
        let to_go = (columns - column) as u16;
        let width = (area.right() - x).saturating_sub(to_go - 1) / to_go;
        let (here, others) = left.split_at(left.len() / (columns - column));
        left = others;
        let mut y = area.y;
        for (pane, height) in here.iter().zip(shares(ui, here, area.height)) {
            tiles.push(tile(*pane, Rect { x, y, width, height }));
            y += height;
        }
        x += width + 1;
    }
    tiles
}

fn tile(pane: usize, area: Rect) -> Tile {
    Tile { pane, area, height: list_height(area) }
}

/// The height a pane would like: its rows with rule and titles.
fn wanted(ui: &Ui, pane: usize) -> u16 {
    match u16::try_from(ui.lists[pane].order.len()).unwrap_or(u16::MAX / 2) {
        0 => EMPTY,
        rows => (rows + 2).div_ceil(STEP) * STEP,
    }
}

/// Divides `height` by weight, but gives nobody more than wanted while another has less. What is left over goes to the one
/// that wanted most.
fn shares(ui: &Ui, panes: &[usize], height: u16) -> Vec<u16> {
    let wishes: Vec<u16> = panes.iter().map(|pane| wanted(ui, *pane)).collect();
    let mut shares = vec![0; panes.len()];
    let mut left = height;
    while left > 0 {
        let open = (0..panes.len()).filter(|tile| shares[*tile] < wishes[*tile]);
        let Some(poorest) = open.min_by_key(|tile| shares[*tile] * 60 / weight(panes[*tile])) else { break };
        shares[poorest] += 1;
        left -= 1;
    }
    if let Some(keenest) = (0..panes.len()).rev().max_by_key(|tile| wishes[*tile]) {
        shares[keenest] += left;
    }
    shares
}

/// What needs a human is read first, what ships next; the rest is there when it is asked for.
fn weight(pane: usize) -> u16 {
    match pane {
        0 => 5,
        1 => 4,
        _ => 3,
    }
}

/// What rule and titles leave; both are given up where there is hardly room for a row.
fn list_height(area: Rect) -> usize {
    usize::from(match area.height {
        0 => 0,
        1 => 1,
        2 => 1,
        height => height - 2,
    })
}

/// The upper `height` rows and the rest.
pub fn split_top(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    (Rect { height, ..area }, Rect { y: area.y + height, height: area.height - height, ..area })
}
