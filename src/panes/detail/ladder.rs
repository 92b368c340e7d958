//! The steps of a canary on as few lines as they take: done, running and to come.

use crate::release::duration::human;
use crate::release::phase::Phase;
use crate::release::rollout::{Rollout, Step};
use crate::theme::{Glyph, Role};

use super::super::brush::Words;
use super::super::cx::Cx;

/// Lines that the ladder may take; done steps are counted instead of named where it would take more.
const LINES: usize = 2;

/// The ladder in lines of `width`; empty for what has no steps.
pub fn lines(cx: &Cx, rollout: &Rollout, width: usize) -> Vec<Words> {
    let Some((done, count)) = rollout.step_progress() else { return Vec::new() };
    let phase = rollout.phase().phase;
    let rungs: Vec<Words> =
        rollout.steps().iter().enumerate().map(|(index, step)| rung(cx, rollout, phase, index, done, step)).collect();
    let title = format!("step {done}/{count}  ");
    let whole = wrapped(&title, &rungs, width);
    if whole.len() <= LINES || done == 0 {
        return whole;
    }
    let rest = std::iter::once(Words::of(format!("{} {done} done", cx.glyph(Glyph::Ok)), Role::Dim));
    wrapped(&title, &rest.chain(rungs.into_iter().skip(done)).collect::<Vec<_>>(), width)
}

fn rung(cx: &Cx, rollout: &Rollout, phase: Phase, index: usize, done: usize, step: &Step) -> Words {
    let (glyph, role) = match index {
        _ if rollout.status.abort => (Glyph::Pending, Role::Dim),
        _ if index < done => (Glyph::Ok, Role::Dim),
        _ if index == done => (Glyph::Current, cx.phase(phase).0),
        _ => (Glyph::Pending, Role::Dim),
    };
    let is_current = index == done && !rollout.status.abort;
    let role_of_text = if index > done && !rollout.status.abort { Role::Text } else { role };
    Words::of(cx.glyph(glyph), role).and(if is_current { " " } else { "" }, role).and(words(step), role_of_text)
}

/// A step in a word or two.
pub fn words(step: &Step) -> String {
    match step {
        Step::SetWeight(weight) => format!("{weight}%"),
        Step::Pause(None) => "pause".to_owned(),
        Step::Pause(Some(length)) => format!("pause {}", human(*length)),
        Step::SetCanaryScale => "scale".to_owned(),
        Step::Analysis(templates) => named("analysis", templates),
        Step::Experiment(templates) => named("experiment", templates),
        Step::Other(key) => key.to_string(),
    }
}

fn named(kind: &str, names: &[Box<str>]) -> String {
    match names.first() {
        Some(name) if names.len() == 1 => format!("{kind} {name}"),
        Some(name) => format!("{kind} {name}+{}", names.len() - 1),
        None => kind.to_owned(),
    }
}

/// A rung is never broken.
fn wrapped(title: &str, rungs: &[Words], width: usize) -> Vec<Words> {
    let mut lines = vec![Words::of(title, Role::Header)];
    let indent = if width > 40 { title.len() } else { 2 };
    let mut used = title.len();
    for rung in rungs {
        if used + rung.width() > width && used > indent {
            lines.push(Words::of(" ".repeat(indent), Role::Text));
            used = indent;
        }
        used += rung.width() + 2;
        if let Some(line) = lines.last_mut() {
            line.append(rung.clone());
            line.push("  ", Role::Text);
        }
    }
    lines
}
