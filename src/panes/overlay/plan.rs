//! A plan in lines: exactly what would be changed, sent and noted. Nothing is left out; what is long is wrapped.

use serde_json::Value;

use crate::actions::plan::{Plan, Request};
use crate::theme::{Glyph, Role};

use super::super::brush::Words;
use super::super::cx::Cx;
use super::super::ui::{Check, Confirm, Item};

/// Cells before the text of a line with a title.
const INDENT: usize = 10;

/// The whole dialog's middle part in lines of `width`.
pub fn lines(cx: &Cx, dialog: &Confirm, width: usize) -> Vec<Words> {
    let mut lines = Vec::new();
    let many = dialog.items.len() + dialog.refused.len() > 1;
    if many {
        lines.extend(summary(cx, dialog, width));
    }
    for item in &dialog.items {
        if many {
            lines.push(Words::new());
            lines.push(Words::of(format!("{} {}", item.plan.kind, item.plan.target.path()), Role::Title));
        }
        lines.extend(item_lines(cx, item, width));
    }
    if !many {
        lines.extend(refused(cx, dialog, width));
    }
    lines
}

/// One line for each object of a bulk action, then what is refused beside.
fn summary(cx: &Cx, dialog: &Confirm, width: usize) -> Vec<Words> {
    let mut lines = Vec::new();
    for item in &dialog.items {
        let mut words = Words::of(format!("{} ", cx.glyph(Glyph::Bullet)), Role::Text);
        words.push(item.plan.target.path(), Role::Title);
        if let Some(change) = item.plan.changes.first() {
            words.push(format!("  {} {} ", change.field, change.from), Role::Text);
            words.push(format!("{} {}  ", cx.glyph(Glyph::Right), change.to), Role::Title);
            match item.plan.changes.len() - 1 {
                0 => (),
                more => words.push(format!("and {more} more  "), Role::Dim),
            }
        }
        let is_tried = item.plan.requests.iter().any(|request| request.right.is_some());
        words.append(check(cx, &item.check, is_tried));
        lines.extend(words.wrapped(width, 2));
    }
    lines.extend(refused(cx, dialog, width));
    lines
}

fn refused(cx: &Cx, dialog: &Confirm, width: usize) -> Vec<Words> {
    let line = |(target, refusal): &(crate::release::object::ObjectId, crate::actions::plan::Refusal)| {
        Words::of(format!("{} ", cx.glyph(Glyph::ReadOnly)), Role::Attention)
            .and(target.path(), Role::Text)
            .and(format!("  left out: {}", refusal.reason), Role::Attention)
            .wrapped(width, 2)
    };
    dialog.refused.iter().flat_map(line).collect()
}

fn item_lines(cx: &Cx, item: &Item, width: usize) -> Vec<Words> {
    let plan = &item.plan;
    let mut lines = changes(cx, plan, width);
    for note in &plan.notes {
        let sign = cx.glyph(Glyph::Attention);
        lines.extend(titled("note", Words::of(format!("{sign} {note}"), Role::Attention), width));
    }
    // Only Kubernetes tries things dry; from GitHub it is read again.
    let is_tried = plan.requests.iter().any(|request| request.right.is_some());
    let title = if is_tried { "dry run" } else { "re-read" };
    lines.extend(titled(title, check(cx, &item.check, is_tried), width));
    for (number, request) in plan.requests.iter().enumerate() {
        let title = if number == 0 { "sends" } else { "then" };
        lines.extend(request_lines(title, request, width));
    }
    if !plan.diff.is_empty() {
        let what = if is_tried { "the pod template changes like this:" } else { "the file changes like this:" };
        lines.extend(titled(if is_tried { "template" } else { "file" }, Words::of(what, Role::Dim), width));
        lines.extend(plan.diff.iter().flat_map(|line| diff_line(line).wrapped(width, 4)));
    }
    lines
}

fn changes(cx: &Cx, plan: &Plan, width: usize) -> Vec<Words> {
    let mut lines = Vec::new();
    for (number, change) in plan.changes.iter().enumerate() {
        let words = Words::of(format!("{}  ", change.field), Role::Text)
            .and(format!("{} ", change.from), Role::DiffDel)
            .and(format!("{} ", cx.glyph(Glyph::Right)), Role::Text)
            .and(change.to.as_str(), Role::DiffAdd);
        lines.extend(titled(if number == 0 { "changes" } else { "" }, words, width));
    }
    lines
}

fn request_lines(title: &str, request: &Request, width: usize) -> Vec<Words> {
    let head = Words::of(format!("{} ", request.method), Role::Title).and(request.path.as_str(), Role::Text);
    let mut lines = titled(title, head, width);
    lines.extend(titled("", Words::of(request.content_type, Role::Dim), width));
    for part in body(&request.body) {
        lines.extend(titled("", Words::of(part, Role::Text), width));
    }
    lines
}

/// The body as it is sent; of a JSON patch each operation on a line of its own.
fn body(body: &Value) -> Vec<String> {
    let Value::Array(operations) = body else { return vec![in_short(body)] };
    let last = operations.len().saturating_sub(1);
    let part = |(index, operation): (usize, &Value)| {
        let open = if index == 0 { "[" } else { "" };
        let close = if index == last { "]" } else { "," };
        format!("{open}{operation}{close}")
    };
    operations.iter().enumerate().map(part).collect()
}

/// A file's content is told by its size: the difference is shown below.
fn in_short(body: &Value) -> String {
    let mut body = body.clone();
    if let Some(content) = body.get_mut("content")
        && let Some(bytes) = content.as_str().map(str::len)
    {
        *content = format!("({bytes} bytes of base64: the file as shown below)").into();
    }
    if body.is_null() { "without a body".to_owned() } else { body.to_string() }
}

/// What the other side said when it was asked first.
pub fn check(cx: &Cx, check: &Check, is_tried: bool) -> Words {
    let (asking, passed) = match is_tried {
        true => ("asking the API server", "the API server would accept it"),
        false => ("asking GitHub", "it is still as shown; GitHub cannot try it dry"),
    };
    match check {
        Check::Running => Words::of(format!("{} {asking}", cx.glyph(Glyph::Progressing)), Role::Progressing),
        Check::Passed(warnings) if warnings.is_empty() => {
            Words::of(format!("{} {passed}", cx.glyph(Glyph::Ok)), Role::Ok)
        }
        Check::Passed(warnings) => {
            let sign = cx.glyph(Glyph::Attention);
            Words::of(format!("{sign} accepted with a warning: {}", warnings.join("; ")), Role::Attention)
        }
        Check::Refused(why) => Words::of(format!("{} refused: {why}", cx.glyph(Glyph::Critical)), Role::Critical),
        Check::Unknown(why) => {
            Words::of(format!("{} could not be asked: {why}", cx.glyph(Glyph::Unknown)), Role::Unknown)
        }
    }
}

fn diff_line(line: &str) -> Words {
    let role = match line.as_bytes().first() {
        Some(b'+') => Role::DiffAdd,
        Some(b'-') => Role::DiffDel,
        Some(b'@') => Role::Dim,
        _ => Role::Text,
    };
    Words::of(format!("  {line}"), role)
}

/// `sends     PATCH /apis/...`, wrapped under itself.
fn titled(title: &str, words: Words, width: usize) -> Vec<Words> {
    let mut line = Words::of(format!("{title:<INDENT$}"), Role::Header);
    line.append(words);
    line.wrapped(width, INDENT)
}
