//! How a screen reads as text, with its styles in letters beside it.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::actions::guard::{Access, Authority};
use crate::actions::plan::Plan;
use crate::actions::{Templates, Wish, action};
use crate::keys::Keymap;
use crate::panes::cx::Cx;
use crate::panes::screen;
use crate::panes::ui::{Check, Confirm, Context, Detail, Field, Item, Ui};
use crate::release::model::Model;
use crate::release::object::ObjectId;
use crate::theme::{Glyphs, Role, Theme};

use super::night::{at, id, now};

pub fn ui() -> Ui {
    let mut ui = Ui::new(vec![Context {
        name: Arc::from("prod-eu"),
        label: Arc::from("prod-eu"),
        colour: None,
        protected: true,
    }]);
    ui.read_only = Some("READ-ONLY".to_owned());
    ui
}

/// The same where writing is open.
pub fn writing() -> Ui {
    let mut ui = ui();
    ui.read_only = None;
    ui.write_until = Some(at(3600));
    ui
}

/// The plan of that action on that Rollout, in a protected context that is open for writing.
pub fn plan(model: &Model, name: &str, target: &ObjectId, revision: Option<&Templates>) -> Plan {
    let authority = Authority { read_only: false, protected: true, write_until: Some(at(3600)) };
    let access = Access::new();
    let wish =
        Wish { model, target, now: now(), revision, amount: None, reason: "", authority, access: &access, shown: None };
    action(name).unwrap().plan(&wish).unwrap()
}

/// The dialog for those plans, checked.
pub fn dialog(plans: Vec<Plan>, check: Check) -> Confirm {
    Confirm {
        opened: now(),
        items: plans.into_iter().map(|plan| Item { plan, check: check.clone() }).collect(),
        refused: Vec::new(),
        typed: String::new(),
        reason: String::new(),
        reason_required: true,
        field: Field::Keys,
        scroll: 0,
        is_legible: true,
    }
}

/// A screen with the detail of that Rollout open.
pub fn ui_of(rollout: &str) -> Ui {
    let mut ui = ui();
    ui.detail = Some(Detail::new(id(rollout)));
    ui
}

/// The whole screen in cells.
pub fn drawn(model: &Model, ui: &mut Ui, size: (u16, u16), theme: &Theme, glyphs: Glyphs) -> Buffer {
    let area = Rect::new(0, 0, size.0, size.1);
    let mut buf = Buffer::empty(area);
    let cx = Cx::new(model, theme, &glyphs, now(), false);
    screen::settle(&cx, ui, area);
    screen::draw(&cx, ui, &Keymap::default(), area, &mut buf);
    buf
}

/// The whole screen as text.
pub fn text(model: &Model, ui: &mut Ui, size: (u16, u16)) -> String {
    rows(&drawn(model, ui, size, &Theme::default(), Glyphs::Unicode))
}

/// Cells as text.
pub fn rows(buf: &Buffer) -> String {
    let row = |y| (0..buf.area.width).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..buf.area.height).map(row).collect::<Vec<_>>().join("\n")
}

/// The whole screen as text, and beneath it the same in letters for styles: o ok, p progressing, a attention, c critical,
/// u unknown, s stale, h header, d dim, t title, k key, y canary, b border, P protected, R read-only, F filter, . text;
/// capitals for what is selected.
pub fn screen(model: &Model, ui: &mut Ui, size: (u16, u16)) -> String {
    let theme = Theme::default();
    let buf = drawn(model, ui, size, &theme, Glyphs::Unicode);
    let letters = (0..size.1).map(|y| (0..size.0).map(|x| letter(&theme, &buf, x, y)).collect::<String>());
    let letters: Vec<String> = letters.map(|row| row.trim_end_matches(['.', ' ']).to_owned()).collect();
    format!("{}\n{}\n{}", rows(&buf), "-".repeat(usize::from(size.0.min(40))), letters.join("\n"))
}

fn letter(theme: &Theme, buf: &Buffer, x: u16, y: u16) -> char {
    let cell = &buf[(x, y)];
    if cell.symbol() == " " && cell.bg == theme.style(Role::Text).bg.unwrap_or_default() {
        return ' ';
    }
    if "━┃┏┓┗┛─".contains(cell.symbol()) {
        return 'b';
    }
    let roles = [
        (Role::Protected, 'P'),
        (Role::ReadOnly, 'R'),
        (Role::Filter, 'F'),
        (Role::Ok, 'o'),
        (Role::Progressing, 'p'),
        (Role::Attention, 'a'),
        (Role::Critical, 'c'),
        (Role::Unknown, 'u'),
        (Role::Stale, 's'),
        (Role::Header, 'h'),
        (Role::Dim, 'd'),
        (Role::Title, 't'),
        (Role::Key, 'k'),
        (Role::Canary, 'y'),
    ];
    let selected = Some(cell.bg) == theme.style(Role::Selection).bg;
    let is = |role: Role, exactly: bool| {
        let style = theme.style(role);
        let same = style.add_modifier == cell.modifier || !exactly;
        same && style.fg == Some(cell.fg) && style.bg.is_none_or(|bg| bg == cell.bg)
    };
    // The selection is bold, whatever lies on it.
    let found = roles.iter().find(|(role, _)| is(*role, true)).or(roles.iter().find(|(role, _)| is(*role, false)));
    let letter = found.map_or('.', |(_, letter)| *letter);
    if selected { letter.to_ascii_uppercase() } else { letter }
}
