//! The last line: a notice, the filter that is being typed, or the keys that do something here.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::keys::{Command, Keymap};
use crate::theme::{Glyph, Role};

use super::brush::{self, Words};
use super::cx::Cx;
use super::hints::{self, Hint};
use super::ui::{Notice, Overlay, Ui};

/// A notice is read in full where it can be, but what it is about must stay in sight.
const MOST: u16 = 4;

/// Rows that the footer needs: one, and more for a notice that is longer.
pub fn height(cx: &Cx, ui: &Ui, area: Rect) -> u16 {
    match &ui.notice {
        // An overlay has the room under it.
        Some(notice) if ui.overlay.is_none() => {
            let lines = notice_lines(cx, notice, area).len();
            u16::try_from(lines).unwrap_or(MOST).clamp(1, (area.height / 6).clamp(1, MOST))
        }
        _ => 1,
    }
}

/// Draws the footer.
pub fn draw(cx: &Cx, ui: &Ui, keymap: &Keymap, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    if let Some(Overlay::Filter { text, error }) = &ui.overlay {
        let hint = "   word  !not  /regex/  -l app=web";
        return input(cx, "/", text, error.as_deref(), hint, area, buf);
    }
    if let Some(Overlay::Ask(ask)) = &ui.overlay {
        let prompt = format!("{} of {}: ", ask.action, ask.target.name);
        return input(cx, &prompt, &ask.text, ask.error.as_deref(), "   an amount like 25 or 25.50", area, buf);
    }
    if let Some(notice) = &ui.notice {
        let mut lines = match area.height {
            1 => vec![notice_words(cx, notice)],
            _ => notice_lines(cx, notice, area),
        };
        let rows = usize::from(area.height);
        if lines.len() > rows {
            lines[rows - 1].push(format!(" {}", cx.glyph(Glyph::Ellipsis)), notice.role);
        }
        return brush::lines(cx, &lines, area, buf);
    }
    if ui.overlay.is_some() {
        // The keys of the panes do not work now; the overlay tells its own.
        return;
    }
    let help =
        keymap.hint(&ui.layers(cx), Command::Help).map(|key| Words::of(key, Role::Key).and(" help ", Role::Hint));
    let x = match &help {
        Some(help) => brush::right(cx, help, area, buf),
        None => area.right(),
    };
    let room = Rect { width: (x - area.x).saturating_sub(1), ..area };
    brush::line(cx, &fitting(&hints::hints(cx, ui, keymap), usize::from(room.width)), None, room, buf);
}

/// As many whole hints as there is room for.
fn fitting(hints: &[Hint], width: usize) -> Words {
    let mut words = Words::new();
    for hint in hints {
        let gap = if words.is_empty() { " " } else { "  " };
        let (key, role) = match hint.command.mutates() {
            _ if hint.is_denied => (Role::Dim, Role::Dim),
            true => (Role::Key, Role::Text),
            false => (Role::Key, Role::Hint),
        };
        let one = Words::of(gap, role).and(hint.key.as_str(), key).and(format!(" {}", hint.words), role);
        if words.width() + one.width() > width {
            break;
        }
        words.append(one);
    }
    words
}

fn notice_lines(cx: &Cx, notice: &Notice, area: Rect) -> Vec<Words> {
    notice_words(cx, notice).wrapped(usize::from(area.width), 3)
}

fn notice_words(cx: &Cx, notice: &Notice) -> Words {
    let sign = match notice.role {
        Role::Ok => cx.glyph(Glyph::Ok),
        Role::Critical | Role::Danger => cx.glyph(Glyph::Critical),
        Role::Attention => cx.glyph(Glyph::Attention),
        Role::Progressing => cx.glyph(Glyph::Progressing),
        Role::Unknown => cx.glyph(Glyph::Unknown),
        _ => cx.glyph(Glyph::Bullet),
    };
    Words::of(format!(" {sign} {}", notice.text), notice.role)
}

/// `/web▌  what is wrong with it`: the end of the text stays in sight.
fn input(cx: &Cx, prompt: &str, text: &str, error: Option<&str>, hint: &str, area: Rect, buf: &mut Buffer) {
    let words = Words::of(prompt, Role::Key).and(text, Role::Text).and(cx.glyph(Glyph::Cursor), Role::Key);
    let x = brush::line(cx, &brush::tail(words, usize::from(area.width)), None, area, buf);
    let rest = Rect { x: x.min(area.right()), width: area.right().saturating_sub(x), ..area };
    let words = match error {
        Some(error) => Words::of(format!("  {} {error}", cx.glyph(Glyph::Critical)), Role::Critical),
        None => Words::of(hint, Role::Hint),
    };
    brush::line(cx, &words, None, rest, buf);
}
