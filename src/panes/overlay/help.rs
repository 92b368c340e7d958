//! The keys that work where one is, by what they are for, then those that do not; from the keymap, so that it is never
//! wrong.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::actions::ACTIONS;
use crate::keys::{Command, Group, HelpLine, Keymap, layer};
use crate::theme::Role;

use super::super::PANES;
use super::super::brush::{self, Words};
use super::super::cx::Cx;
use super::super::hints;
use super::super::layout::split_top;
use super::super::ui::Ui;

/// What changes a cluster comes first: it is what one looks for at night.
const ORDER: &[Group] = &[Group::Actions, Group::Panes, Group::View, Group::Move, Group::Program, Group::Text];

/// Draws the help for the pane under it.
pub fn draw(cx: &Cx, ui: &Ui, scroll: u16, keymap: &Keymap, area: Rect, buf: &mut Buffer) {
    let place = brush::centred(area, area.width.min(96), area.height);
    let inner = brush::frame(
        cx,
        &Words::of("help: the keys, those that work here first", Role::Title),
        Role::BorderFocused,
        place,
        buf,
    );
    let (body, foot) = split_top(inner, inner.height.saturating_sub(u16::from(inner.height > 4)));
    let lines = lines(cx, ui, keymap, usize::from(body.width));
    super::scrolled(cx, &lines, scroll, Words::new(), body, buf);
    let commands = [(Command::Down, "down"), (Command::Up, "up"), (Command::Back, "back")];
    brush::line(cx, &super::keys_line(keymap, layer::HELP, &commands), None, foot, buf);
}

fn lines(cx: &Cx, ui: &Ui, keymap: &Keymap, width: usize) -> Vec<Words> {
    let actions: Vec<&'static str> = ACTIONS.iter().map(|action| action.name).collect();
    let mut all = keymap.help(&ui.pane_layers(cx), &actions);
    all.retain(|line| !matches!(line.command, Command::Pane(number) if usize::from(number) > PANES.len()));
    let keys = all.iter().map(|line| keys(line).chars().count()).max().unwrap_or(0).min(width / 3).max(4);
    let why_not = |line: &HelpLine| match line.command {
        Command::Act(action) => hints::why_not(cx, ui, action),
        _ => None,
    };
    let all: Vec<(&HelpLine, Option<String>)> = all.iter().map(|line| (line, why_not(line))).collect();
    let mut lines = Vec::new();
    let mut section = |title: &str, is_in: &dyn Fn(&HelpLine, bool) -> bool| {
        let of_section = all.iter().filter(|(line, why_not)| is_in(line, why_not.is_none()));
        let mut of_section = of_section.map(|(line, why_not)| words(line, why_not.as_deref(), keys)).peekable();
        if of_section.peek().is_none() {
            return;
        }
        if !lines.is_empty() {
            lines.push(Words::new());
        }
        lines.push(Words::of(title, Role::Title));
        lines.extend(of_section);
    };
    for group in ORDER {
        section(group.title(), &|line, works| works && line.group == *group);
    }
    // Last, whatever it is for: one asks for what can be done.
    section("Not now", &|_, works| !works);
    lines
}

fn words(line: &HelpLine, why_not: Option<&str>, width: usize) -> Words {
    let mut words = Words::of(format!("  {:<width$}  ", keys(line)), Role::Key);
    words.push(format!("{:<14} ", line.command.name()), Role::Text);
    let help = match line.command {
        Command::Pane(number) => {
            usize::from(number).checked_sub(1).and_then(|index| PANES.get(index)).map(|pane| pane.title())
        }
        _ => None,
    };
    let help = help.unwrap_or(line.command.help());
    match why_not {
        // The reason is what one looks for; the rest one knows.
        Some(why) => words.and(format!("{why}; "), Role::Attention).and(help, Role::Dim),
        None => words.and(help, Role::Hint),
    }
}

fn keys(line: &HelpLine) -> String {
    line.keys.join(" ")
}
