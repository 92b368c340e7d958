//! What stays at the top of the detail, most important first: phase, why and what comes next, steps, weights, pods.

use crate::release::phase::Phase;
use crate::release::rollout::Rollout;
use crate::theme::{Glyph, Role};

use super::super::brush::Words;
use super::super::cx::Cx;
use super::super::rollouts::{next, short_images};
use super::ladder;

/// Cells of the weight bar.
const BAR: i32 = 25;

/// The lines of the head; where there is no room for all, the last go first.
pub fn lines(cx: &Cx, rollout: &Rollout, width: usize) -> Vec<Words> {
    let mut lines = phase(cx, rollout).wrapped(width, 2);
    lines.truncate(2);
    let mut why = why(cx, rollout).wrapped(width, 6);
    why.truncate(3);
    lines.extend(why);
    // What could be read of an unreadable one would pass for the whole.
    if rollout.fault.is_none() {
        lines.extend(ladder::lines(cx, rollout, width));
        lines.extend(weight(cx, rollout));
        lines.extend(services(cx, rollout));
        lines.push(pods(rollout));
    }
    lines.push(about(cx, rollout));
    lines
}

fn phase(cx: &Cx, rollout: &Rollout) -> Words {
    let reading = rollout.phase();
    let (role, sign) = cx.phase(reading.phase);
    let mut words = Words::of(format!("{sign} {}", reading.phase.word()), role);
    if !reading.message.is_empty() {
        words.push(format!("  {}", reading.message), Role::Text);
    }
    if rollout.status.abort {
        words.push("  aborted", Role::Critical);
        if let Some(at) = rollout.status.aborted_at {
            words.push(format!(" {} ago", cx.age(Some(at))), Role::Critical);
        }
    }
    if rollout.status.promote_full {
        words.push("  promoting in full", Role::Progressing);
    }
    if rollout.is_restarting() {
        words.push("  restarting", Role::Progressing);
    }
    words
}

fn why(cx: &Cx, rollout: &Rollout) -> Words {
    let reading = rollout.phase();
    let next = next(cx, rollout, &reading);
    // The first line has said it already.
    if next.is_empty() || next == reading.message {
        return Words::new();
    }
    let next = match next.strip_prefix(&format!("{}: ", reading.message)) {
        Some(next) if !reading.message.is_empty() => next.to_owned(),
        _ => next,
    };
    let (title, role) = match reading.phase {
        Phase::Degraded => ("why   ", Role::Critical),
        Phase::Unknown => ("why   ", Role::Unknown),
        Phase::Paused => ("next  ", Role::Attention),
        Phase::Progressing | Phase::Healthy => ("next  ", Role::Progressing),
    };
    Words::of(title, Role::Header).and(next, role)
}

/// `weight  set 25 actual 20 ██████▏░░░`: the mark in the bar is what is asked for.
fn weight(cx: &Cx, rollout: &Rollout) -> Option<Words> {
    let set = rollout.set_weight()?;
    let actual = rollout.actual_weight(cx.model.canary_available(rollout))?;
    let full = rollout.canary()?.max_weight.unwrap_or(100).max(1);
    let cells = |weight: i32| (weight.clamp(0, full) * BAR + full / 2) / full;
    let (filled, asked) = (cells(actual.value), cells(set));
    let mut words = Words::of("weight    ", Role::Header);
    for cell in 0..BAR {
        match cell {
            _ if cell < filled => words.push(cx.glyph(Glyph::BarFull), Role::Canary),
            _ if cell + 1 == asked => words.push(cx.glyph(Glyph::Trunk), Role::Progressing),
            _ => words.push(cx.glyph(Glyph::BarEmpty), Role::Dim),
        }
    }
    let about = if actual.exact { "" } else { "about " };
    words.push(format!("  canary {about}{} of {full}", actual.value), Role::Text);
    if set != actual.value {
        words.push(format!(", asked for {set}"), Role::Progressing);
    }
    let by = if rollout.canary()?.traffic_routing { "by traffic routing" } else { "by pods" };
    Some(words.and(format!("  {by}"), Role::Dim))
}

/// `active 5b2d  preview 6f9c`, for blueGreen.
fn services(cx: &Cx, rollout: &Rollout) -> Option<Words> {
    let blue_green = rollout.blue_green()?;
    let hash = |hash: &Option<std::sync::Arc<str>>| hash.as_deref().unwrap_or("none yet").to_owned();
    let status = &rollout.status;
    let mut words = Words::of("traffic   ", Role::Header).and("active ", Role::Active);
    words.push(hash(&status.active_selector), Role::Text);
    if let Some(service) = &blue_green.active_service {
        words.push(format!(" ({service})"), Role::Dim);
    }
    if status.preview_selector.is_some() && status.preview_selector != status.active_selector {
        words.push("   preview ", Role::Preview);
        words.push(hash(&status.preview_selector), Role::Text);
        if let Some(service) = &blue_green.preview_service {
            words.push(format!(" ({service})"), Role::Dim);
        }
    }
    if !blue_green.auto_promotion {
        words.push(format!("   {} promoted by hand", cx.glyph(Glyph::Bullet)), Role::Dim);
    }
    Some(words)
}

fn pods(rollout: &Rollout) -> Words {
    let status = &rollout.status;
    let desired = rollout.desired_replicas();
    let short = |count: i32| if count < desired { Role::Attention } else { Role::Text };
    Words::of("pods      ", Role::Header)
        .and(format!("{desired} desired  {} current  {} updated  ", status.replicas, status.updated), Role::Text)
        .and(format!("{} ready  ", status.ready), short(status.ready))
        .and(format!("{} available", status.available), short(status.available))
}

fn about(cx: &Cx, rollout: &Rollout) -> Words {
    let revision = rollout.revision.map_or("?".to_owned(), |revision| revision.to_string());
    let mut words = Words::of(format!("revision  {revision}  "), Role::Header);
    words.push(short_images(&rollout.images), Role::Text);
    words.push(format!("  {}  age {}", rollout.strategy_word(), cx.age(rollout.created)), Role::Dim);
    if let Some(workload) = &rollout.workload_ref {
        words.push(format!("  template in {} {}", workload.kind, workload.name), Role::Dim);
    }
    if let Some(manager) = &rollout.managed_by {
        words.push(format!("  managed by {manager}"), Role::Attention);
    }
    words
}
