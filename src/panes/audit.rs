//! Audit: who did what to which object, why, and whether it took effect, from the journal of this machine.

use crate::release::deed::Deed;
use crate::release::object::{ObjectId, Uid};
use crate::release::text::visible;
use crate::theme::Role;

use super::Pane;
use super::brush::Words;
use super::cx::Cx;
use super::table::{Cell, Column};

/// The row in PANES.
pub struct Audit;

static COLUMNS: &[Column] = &[
    Column::new("TIME UTC", 14, 14, 0),
    Column::new("WHO", 8, 24, 3),
    Column::new("ACTION", 8, 13, 0),
    Column::new("OBJECT", 12, 36, 0),
    Column::new("CONTEXT", 8, 20, 5).context(),
    Column::new("ANSWER", 8, 60, 1),
    Column::new("EFFECT", 12, 80, 1),
    Column::new("REASON", 8, 60, 4),
];

/// What is said of an intent without an outcome.
const NO_ANSWER: &str = "no record of an answer";

impl Pane for Audit {
    fn name(&self) -> &'static str {
        "audit"
    }

    fn title(&self) -> &'static str {
        "Audit"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[]
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn rows(&self, cx: &Cx) -> Vec<Uid> {
        cx.model.deeds.iter().map(|deed| Uid(deed.number.to_string().into())).collect()
    }

    fn cells(&self, cx: &Cx, row: &Uid) -> Option<Vec<Cell>> {
        let deed = deed(cx, row)?;
        let (role, sign) = cx.severity(deed.severity);
        let answer = deed.outcome.as_deref().unwrap_or(NO_ANSWER);
        let effect = deed.effect.as_deref().unwrap_or("-");
        Some(vec![
            Cell::styled(deed.at.strftime("%m-%d %H:%M:%S").to_string(), Role::Dim).ranked(deed.at.as_second()),
            Cell::styled(deed.who.to_string(), Role::Dim),
            Cell::styled(format!("{sign} {}", deed.action), role),
            Cell::new(deed.object.to_string()),
            Cell::styled(deed.context.to_string(), Role::Dim),
            Cell::new(answer),
            Cell::new(effect),
            Cell::styled(deed.reason.to_string(), Role::Dim),
        ])
    }

    fn target(&self, cx: &Cx, row: &Uid) -> Option<ObjectId> {
        cx.model.rollouts.get(&deed(cx, row)?.uid).map(|rollout| rollout.id.clone())
    }

    fn look(&self, cx: &Cx, row: &Uid) -> Option<Vec<Words>> {
        let deed = deed(cx, row)?;
        let (role, sign) = cx.severity(deed.severity);
        let said = |text: &str, nothing: &str| if text.is_empty() { nothing.to_owned() } else { text.to_owned() };
        let mut lines = vec![
            super::field("action", "").and(format!("{sign} {}", deed.action), role),
            super::field("object", format!("{} {}", deed.kind, deed.object).trim_start()),
            super::field("context", &*deed.context),
            super::field("when", deed.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()),
            super::field("who", &*deed.who),
            super::field("reason", said(&deed.reason, "none was given")),
            super::field("answer", said(deed.outcome.as_deref().unwrap_or_default(), NO_ANSWER)),
            super::field("effect", said(deed.effect.as_deref().unwrap_or_default(), "none is recorded")),
        ];
        lines.extend(deed.requests.iter().map(|request| super::field("request", &**request)));
        lines.extend(deed.inverse.iter().map(|inverse| super::field("undone by", visible(&inverse.to_string()))));
        lines.push(super::field("record", format!("{} in the journal", deed.number)));
        Some(lines)
    }

    fn empty(&self, _cx: &Cx) -> String {
        "nothing was done from this machine yet".to_owned()
    }
}

fn deed<'a>(cx: &Cx<'a>, row: &Uid) -> Option<&'a Deed> {
    let number: u64 = row.0.parse().ok()?;
    cx.model.deeds.iter().find(|deed| deed.number == number)
}
