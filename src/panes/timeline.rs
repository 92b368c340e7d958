//! Timeline: what happened since the start, from all sources and all actions, newest first.

use crate::release::object::{ObjectId, Uid};
use crate::release::timeline::Entry;
use crate::theme::Role;

use super::Pane;
use super::brush::Words;
use super::cx::Cx;
use super::table::{Cell, Column};

/// The row in PANES.
pub struct Timeline;

static COLUMNS: &[Column] = &[
    Column::new("TIME UTC", 8, 8, 0),
    Column::new("FROM", 8, 14, 2),
    Column::new("OBJECT", 12, 36, 1),
    Column::new("CONTEXT", 8, 20, 3).context(),
    Column::new("HAPPENED", 20, 300, 0),
];

impl Pane for Timeline {
    fn name(&self) -> &'static str {
        "timeline"
    }

    fn title(&self) -> &'static str {
        "Timeline"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[]
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn rows(&self, cx: &Cx) -> Vec<Uid> {
        cx.model.timeline.newest().map(|entry| Uid(entry.number.to_string().into())).collect()
    }

    fn cells(&self, cx: &Cx, row: &Uid) -> Option<Vec<Cell>> {
        let entry = entry(cx, row)?;
        let (role, sign) = cx.severity(entry.severity);
        let (path, context) = match &entry.object {
            Some(object) => (object.path(), object.context.to_string()),
            None => Default::default(),
        };
        Some(vec![
            Cell::styled(entry.at.strftime("%H:%M:%S").to_string(), Role::Dim).ranked(entry.at.as_second()),
            Cell::styled(entry.from.to_string(), Role::Dim),
            Cell::new(path),
            Cell::styled(context, Role::Dim),
            Cell::styled(format!("{sign} {}", entry.text), role),
        ])
    }

    fn target(&self, cx: &Cx, row: &Uid) -> Option<ObjectId> {
        let uid = &entry(cx, row)?.object.as_ref()?.uid;
        cx.model.rollouts.get(uid).map(|rollout| rollout.id.clone())
    }

    fn look(&self, cx: &Cx, row: &Uid) -> Option<Vec<Words>> {
        // Of a Rollout, `enter` opens that.
        let entry = entry(cx, row).filter(|_| self.target(cx, row).is_none())?;
        let (role, sign) = cx.severity(entry.severity);
        let mut lines = vec![
            super::field("happened", "").and(format!("{sign} {}", entry.text), role),
            super::field("when", entry.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()),
            super::field("from", &*entry.from),
        ];
        if let Some(object) = &entry.object {
            lines.extend([super::field("object", object.path()), super::field("context", &*object.context)]);
        }
        Some(lines)
    }

    fn empty(&self, _cx: &Cx) -> String {
        "nothing has happened since the start".to_owned()
    }
}

fn entry<'a>(cx: &Cx<'a>, row: &Uid) -> Option<&'a Entry> {
    cx.model.timeline.get(row.0.parse().ok()?)
}
