//! Rollouts: what is shipping, where it stands, and whether it goes on by itself.

use std::collections::BTreeMap;

use crate::release::object::{ObjectId, Uid};
use crate::release::phase::Phase;
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
        let rollout = cx.model.rollouts.get(row)?;
        let reading = rollout.phase();
        let (role, sign) = cx.phase(reading.phase);
        let name_role = if rollout.fault.is_some() { Role::Unknown } else { Role::Text };
        Some(vec![
            Cell::styled(rollout.id.namespace.to_string(), Role::Dim),
            Cell::styled(rollout.id.name.to_string(), name_role),
            Cell::styled(rollout.id.context.to_string(), Role::Dim),
            Cell::styled(format!("{sign} {}", reading.phase.word()), role).ranked(urgency(reading.phase)),
            step_cell(rollout),
            weight_cell(cx, rollout),
            ready_cell(rollout),
            Cell::styled(rollout.revision.map_or("?".to_owned(), |revision| revision.to_string()), Role::Dim)
                .ranked(rollout.revision.map_or(-1, |revision| revision as i64)),
            Cell::new(rollout.images.iter().map(|image| short_image(image)).collect::<Vec<_>>().join(" ")),
            Cell::styled(cx.age(rollout.created), Role::Dim)
                .ranked(rollout.created.map_or(i64::MAX, |created| -created.as_second())),
            Cell::new(next(cx, rollout, &reading.message)),
        ])
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
fn unreadable() -> Cell {
    Cell::styled("?", Role::Unknown).ranked(-2)
}

fn step_cell(rollout: &Rollout) -> Cell {
    if rollout.fault.is_some() {
        return unreadable();
    }
    match rollout.step_progress() {
        Some((done, count)) => Cell::new(format!("{done}/{count}")).ranked((done * 1000 / count.max(1)) as i64),
        None => Cell::styled("-", Role::Dim).ranked(-1),
    }
}

/// `20/18`: what the steps ask for and what is. `~` where the pods' own counts cannot tell exactly.
pub fn weight_cell(cx: &Cx, rollout: &Rollout) -> Cell {
    if rollout.fault.is_some() {
        return unreadable();
    }
    let (Some(set), Some(actual)) = (rollout.set_weight(), rollout.actual_weight(cx.model.canary_available(rollout)))
    else {
        return Cell::styled("-", Role::Dim).ranked(-1);
    };
    let about = if actual.exact { "" } else { "~" };
    let role = if set == actual.value { Role::Text } else { Role::Progressing };
    Cell::styled(format!("{set}/{about}{}", actual.value), role).ranked(i64::from(actual.value))
}

fn ready_cell(rollout: &Rollout) -> Cell {
    if rollout.fault.is_some() {
        return unreadable();
    }
    let desired = rollout.desired_replicas();
    let role = if rollout.status.ready < desired { Role::Attention } else { Role::Text };
    Cell::styled(format!("{}/{desired}", rollout.status.ready), role).ranked(i64::from(rollout.status.ready))
}

/// `ghcr.io/shop/web:1.2.3` is `web:1.2.3`; a digest is cut to twelve digits.
pub fn short_image(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or(image);
    match last.split_once("@sha256:") {
        Some((name, digest)) => format!("{name}@{}", digest.chars().take(12).collect::<String>()),
        None => last.to_owned(),
    }
}

/// Why it stands where it stands, and when it goes on by itself.
pub fn next(cx: &Cx, rollout: &Rollout, message: &str) -> String {
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
    let phase = rollout.phase().phase;
    if matches!(phase, Phase::Degraded | Phase::Progressing)
        && let Some(why) = crate::release::why::why(cx.model, rollout)
    {
        return why;
    }
    if phase == Phase::Paused && !rollout.status.pause_conditions.is_empty() {
        let since = cx.age(rollout.paused_since());
        return format!("{message}: waiting for you since {since}");
    }
    if message.is_empty() && matches!(rollout.strategy, Strategy::Unknown) {
        return "no strategy in the spec".to_owned();
    }
    message.to_owned()
}
