//! What each command does to the screen; actions go on to [`super::act`].

use std::sync::Arc;

use crossterm::event::KeyEvent;
use jiff::{SignedDuration, Timestamp};

use crate::actions::Kind;
use crate::keys::command::Command;
use crate::keys::layer;
use crate::panes::list::Motion;
use crate::panes::ui::{Detail, Look, Notice, Overlay};
use crate::panes::{PANES, detail, now};
use crate::release::object::ObjectId;
use crate::sources::Focus;
use crate::theme::Role;

use super::App;
use super::act::nothing_for;
use super::event::Effect;

/// How long a notice stays that no key sends away.
const NOTICE_FOR: SignedDuration = SignedDuration::from_secs(8);

impl App {
    /// A key was pressed.
    pub(super) fn key(&mut self, key: KeyEvent, now: Timestamp) -> Vec<Effect> {
        if self.is_late(key, now) {
            return Vec::new();
        }
        self.ui.notice = None;
        let command = self.settings.keymap.resolve(&self.ui.layers(&self.cx(now)), key);
        self.is_quitting &= command == Some(Command::Quit);
        if self.ui.overlay.is_some() {
            return self.answer(command, key, now);
        }
        match command {
            Some(command) => self.command(command, now),
            None => {
                let actions = self.settings.keymap.actions_of(key);
                if !actions.is_empty() {
                    self.say(nothing_for(&actions.join(" or ")), Role::Attention);
                }
                Vec::new()
            }
        }
    }

    /// Does what a command says, with no overlay open.
    pub(super) fn command(&mut self, command: Command, now: Timestamp) -> Vec<Effect> {
        match command {
            Command::Quit => return self.quit(now),
            Command::Suspend => return vec![Effect::Suspend],
            Command::Redraw => return vec![Effect::Redraw],
            Command::Back => return self.back(now),
            Command::Open => return self.open(now),
            Command::Down => self.go(Motion::Down(1)),
            Command::Up => self.go(Motion::Up(1)),
            Command::Top => self.go(Motion::Top),
            Command::Bottom => self.go(Motion::Bottom),
            Command::HalfPageDown => self.go(Motion::Down(self.page() / 2)),
            Command::HalfPageUp => self.go(Motion::Up(self.page() / 2)),
            Command::PageDown => self.go(Motion::Down(self.page())),
            Command::PageUp => self.go(Motion::Up(self.page())),
            Command::NextPane | Command::Right => return self.focus_pane(self.ui.focus + 1),
            Command::PreviousPane | Command::Left => return self.focus_pane(self.ui.focus + PANES.len() - 1),
            Command::Pane(number) if usize::from(number) <= PANES.len() => {
                return self.focus_pane(usize::from(number) - 1);
            }
            Command::Filter => {
                let text = self.ui.list().filter.as_ref().map(|filter| filter.text.clone()).unwrap_or_default();
                self.ui.overlay = Some(Overlay::Filter { text, error: None });
            }
            Command::Palette => self.open_palette(now),
            Command::Help => self.ui.overlay = Some(Overlay::Help { scroll: 0 }),
            Command::Warnings if self.ui.warnings.is_empty() => {
                self.say("nothing is wrong with the configuration", Role::Hint);
            }
            Command::Warnings => self.ui.overlay = Some(Overlay::Warnings { scroll: 0 }),
            Command::Sort => {
                let columns = PANES[self.ui.focus].columns().len();
                self.ui.list_mut().sort_next(columns);
                self.tell_sort();
            }
            Command::SortReverse => {
                self.ui.list_mut().sort_reverse();
                self.tell_sort();
            }
            Command::Mark => self.ui.list_mut().mark(),
            Command::MarkAll => self.ui.list_mut().mark_all(),
            Command::Freeze => self.freeze(now),
            Command::Refresh => return self.refresh(),
            Command::Zoom => self.ui.zoom = !self.ui.zoom,
            Command::Copy => return self.copy(now),
            Command::Export => return vec![Effect::Export(self.model.timeline.markdown())],
            Command::Act(name) => return self.act(name, now),
            _ => {}
        }
        Vec::new()
    }

    /// Tells what is wrong with the configuration: the first, and where the others are.
    pub fn warn(&mut self, warnings: Vec<String>) {
        let palette = self.settings.keymap.hint(&[layer::GLOBAL], Command::Palette).unwrap_or_default();
        match warnings.as_slice() {
            [] => (),
            [one] => self.say(one.as_str(), Role::Attention),
            [first, ..] => {
                let text = format!("1 of {}: {first}; {palette}warnings shows all", warnings.len());
                self.say(text, Role::Attention);
            }
        }
        self.ui.warnings = warnings;
    }

    fn go(&mut self, motion: Motion) {
        self.ui.list_mut().go(motion);
    }

    fn page(&self) -> usize {
        self.ui.list().height.max(1)
    }

    fn tell_sort(&mut self) {
        let words = match self.ui.list().sort {
            None => "sorted by what matters most".to_owned(),
            Some((column, reverse)) => {
                let title = PANES[self.ui.focus].columns().get(column).map_or("?", |column| column.title);
                format!("sorted by {}{}", title.to_lowercase(), if reverse { ", reversed" } else { "" })
            }
        };
        self.say(words, Role::Hint);
    }

    fn focus_pane(&mut self, index: usize) -> Vec<Effect> {
        self.ui.focus = index % PANES.len();
        self.ui.came_from = None;
        self.leave_detail()
    }

    /// One level back: detail, marks, filter, the pane that led here, zoom; never out of the program.
    fn back(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.ui.detail.is_some() {
            return self.leave_detail();
        }
        if self.ui.frozen.is_some() {
            self.freeze(now);
            return Vec::new();
        }
        let list = self.ui.list_mut();
        if !list.marks.is_empty() {
            list.marks.clear();
        } else if list.filter.is_some() {
            list.filter = None;
        } else if let Some(pane) = self.ui.came_from {
            return self.focus_pane(pane);
        } else if self.ui.zoom {
            self.ui.zoom = false;
        }
        Vec::new()
    }

    fn leave_detail(&mut self) -> Vec<Effect> {
        if self.ui.detail.take().is_none() {
            return Vec::new();
        }
        self.model.forget_focus(&super::of_focus());
        vec![Effect::Focus(None)]
    }

    fn open(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.ui.detail.is_some() {
            return Vec::new();
        }
        let pane = self.ui.focus;
        let Some(row) = self.ui.list().cursor.clone() else { return Vec::new() };
        if PANES[pane].look(&self.cx(now), &row).is_some() {
            self.ui.overlay = Some(Overlay::Look(Look { pane, row, scroll: 0 }));
            return Vec::new();
        }
        if let Some(target) = self.selected(now) {
            return self.look_into(target);
        }
        if let Some((pane, row)) = now::elsewhere(&self.cx(now), &row).filter(|_| PANES[pane].name() == "now") {
            let from = self.ui.focus;
            let effects = self.focus_pane(pane);
            self.ui.came_from = Some(from);
            let list = &mut self.ui.lists[pane];
            (list.cursor, list.is_chosen) = (row, true);
            // What a filter hides cannot be selected, and what is marked would be meant instead.
            list.filter = None;
            list.marks.clear();
            return effects;
        }
        Vec::new()
    }

    /// Opens the detail of a Rollout and watches what belongs to it.
    pub(super) fn look_into(&mut self, target: ObjectId) -> Vec<Effect> {
        let Some(focus) = self.focus_on(&target) else { return Vec::new() };
        self.model.forget_focus(&super::of_focus());
        self.ui.detail = Some(Detail::new(target));
        vec![Effect::Focus(Some(focus))]
    }

    /// What has to be watched for that Rollout.
    pub(super) fn focus_on(&self, target: &ObjectId) -> Option<Focus> {
        let rollout = self.model.rollouts.get(&target.uid)?;
        Some(Focus { rollout: target.clone(), selector: rollout.selector.to_string() })
    }

    /// What is watched comes by itself; what is asked for in turns is asked for now.
    fn refresh(&mut self) -> Vec<Effect> {
        if self.settings.repository.is_none() || self.on_screen.is_empty() {
            self.say("nothing here is asked for in turns: it is watched, and comes by itself", Role::Hint);
            return Vec::new();
        }
        self.say("GitHub is asked again, as soon as it allows that", Role::Hint);
        vec![Effect::Again]
    }

    fn freeze(&mut self, now: Timestamp) {
        self.ui.frozen = match self.ui.frozen.take() {
            Some(_) => None,
            None => Some((now, Arc::new(self.model.clone()))),
        };
    }

    /// The preview or the flag of the selected row.
    fn named(&self, now: Timestamp) -> Option<ObjectId> {
        let (cx, row) = (self.cx(now), self.ui.list().cursor.as_ref()?);
        [Kind::Preview, Kind::Flag].iter().find_map(|kind| PANES[self.ui.focus].subject(&cx, Some(row), *kind))
    }

    fn copy(&mut self, now: Timestamp) -> Vec<Effect> {
        let text = match (&self.ui.detail, &self.ui.list().cursor) {
            (Some(open), Some(row)) => Some(detail::target(&self.cx(now), &open.rollout, row).name),
            _ => self.selected(now).or_else(|| self.named(now)).map(|object| object.path()),
        };
        let Some(text) = text else {
            self.say("nothing is selected that has a name to copy", Role::Hint);
            return Vec::new();
        };
        self.ui.notice =
            Some(Notice { text: format!("copied {text}"), role: Role::Hint, until: now.checked_add(NOTICE_FOR).ok() });
        vec![Effect::Copy(text)]
    }
}
