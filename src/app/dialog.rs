//! Keys while an overlay is open, and the text that is typed into it.

use crossterm::event::KeyEvent;
use jiff::Timestamp;

use crate::keys::chord::Chord;
use crate::keys::command::Command;
use crate::panes::filter::Filter;
use crate::panes::ui::{Confirm, DIALOG_DEAF_FOR, Field, Overlay};
use crate::theme::Role;

use super::App;
use super::event::Effect;

/// A dialog that was confirmed or cancelled, and the key that did it.
pub(super) struct Answered {
    layers: Vec<&'static str>,
    key: Option<Chord>,
    at: Timestamp,
}

impl App {
    /// A key, with an overlay open: where it answers a dialog, that is kept in mind.
    pub(super) fn answer(&mut self, command: Option<Command>, key: KeyEvent, now: Timestamp) -> Vec<Effect> {
        let is_dialog = self.opened().is_some();
        let layers = self.ui.layers(&self.cx(now));
        let effects = self.overlay_key(command, key, now);
        if is_dialog && self.ui.overlay.is_none() {
            self.answered = Some(Answered { layers, key: Chord::of(key), at: now });
        }
        effects
    }

    /// Whether the key answers a dialog that has been answered: it is held, or was pressed twice. As long as it comes
    /// again and again, it is held.
    pub(super) fn is_late(&mut self, key: KeyEvent, now: Timestamp) -> bool {
        let keymap = &self.settings.keymap;
        let (Some(answered), Some(chord), None) = (&mut self.answered, Chord::of(key), &self.ui.overlay) else {
            return false;
        };
        let answers = answered.key == Some(chord) || keymap.command(&answered.layers, chord) == Some(Command::Confirm);
        // The program can be left at any time.
        let is_always = keymap.command(&[], chord).is_some();
        let is_late = answers && !is_always && now.duration_since(answered.at) < DIALOG_DEAF_FOR;
        match is_late {
            true => answered.at = now,
            false => self.answered = None,
        }
        is_late
    }

    fn overlay_key(&mut self, command: Option<Command>, key: KeyEvent, now: Timestamp) -> Vec<Effect> {
        match command {
            Some(Command::Quit) => return self.quit(now),
            Some(Command::Suspend) => return vec![Effect::Suspend],
            Some(Command::Redraw) => return vec![Effect::Redraw],
            _ => {}
        }
        if self.is_deaf(now) {
            return Vec::new();
        }
        match &mut self.ui.overlay {
            Some(Overlay::Confirm(_)) => self.confirm_key(command, key, now),
            Some(Overlay::Help { scroll } | Overlay::Warnings { scroll }) => {
                match command {
                    Some(Command::Back | Command::Help) => self.ui.overlay = None,
                    Some(command) => *scroll = scrolled(*scroll, command),
                    None => {}
                }
                Vec::new()
            }
            Some(Overlay::Look(look)) => {
                match command {
                    Some(Command::Back | Command::Help) => self.ui.overlay = None,
                    Some(command) => look.scroll = scrolled(look.scroll, command),
                    None => {}
                }
                Vec::new()
            }
            Some(Overlay::Palette(_)) => self.palette_key(command, key, now),
            Some(Overlay::Filter { .. }) => {
                self.filter_key(command, key);
                Vec::new()
            }
            Some(Overlay::Revisions(_)) => self.revisions_key(command),
            Some(Overlay::Ask(_)) => self.ask_key(command, key, now),
            None => Vec::new(),
        }
    }

    /// Whether a dialog has opened so recently that the key was meant for what was there before.
    fn is_deaf(&self, now: Timestamp) -> bool {
        self.opened().is_some_and(|opened| now.duration_since(opened) < DIALOG_DEAF_FOR)
    }

    /// When the dialog has opened that is open.
    fn opened(&self) -> Option<Timestamp> {
        match &self.ui.overlay {
            Some(Overlay::Confirm(confirm)) => Some(confirm.opened),
            Some(Overlay::Revisions(revisions)) => Some(revisions.opened),
            Some(Overlay::Ask(ask)) => Some(ask.opened),
            _ => None,
        }
    }

    /// Text was pasted: it goes into the field that takes text, and is never taken for keys.
    pub(super) fn paste(&mut self, text: &str, now: Timestamp) -> Vec<Effect> {
        if self.is_deaf(now) {
            return Vec::new();
        }
        let text: String = text.chars().filter(|character| !character.is_control()).take(500).collect();
        match &mut self.ui.overlay {
            Some(Overlay::Filter { text: field, .. }) => field.push_str(&text),
            Some(Overlay::Palette(palette)) => palette.text.push_str(&text),
            Some(Overlay::Confirm(confirm)) if confirm.field == Field::Reason => confirm.reason.push_str(&text),
            // A name that can be pasted was not read.
            Some(Overlay::Confirm(confirm)) if confirm.field == Field::Name => {
                self.say("nothing was pasted: the name has to be typed", Role::Attention);
            }
            _ => {}
        }
        if matches!(self.ui.overlay, Some(Overlay::Palette(_))) {
            self.search_palette(now);
        }
        Vec::new()
    }

    fn confirm_key(&mut self, command: Option<Command>, key: KeyEvent, now: Timestamp) -> Vec<Effect> {
        let Some(Overlay::Confirm(confirm)) = &mut self.ui.overlay else { return Vec::new() };
        match command {
            Some(Command::Back) => {
                self.ui.overlay = None;
                self.say("nothing was changed", Role::Hint);
            }
            Some(Command::Confirm) => return self.confirmed(now),
            Some(Command::NextPane) => confirm.field = confirm.next_field(),
            Some(Command::PreviousPane) => confirm.field = confirm.next_field(),
            // Also while one types: what is to be confirmed must be readable to its end.
            Some(command) if confirm.field == Field::Keys || is_vertical(command) => {
                confirm.scroll = scrolled(confirm.scroll, command);
            }
            command => {
                if let Some(field) = confirm.text() {
                    edit(field, command, key);
                }
            }
        }
        Vec::new()
    }

    fn filter_key(&mut self, command: Option<Command>, key: KeyEvent) {
        let Some(Overlay::Filter { text, error }) = &mut self.ui.overlay else { return };
        match command {
            Some(Command::Back) => self.ui.overlay = None,
            Some(Command::Confirm) => match Filter::parse(text) {
                Ok(filter) => {
                    self.ui.overlay = None;
                    self.ui.list_mut().filter = filter;
                }
                Err(wrong) => *error = Some(wrong),
            },
            command => {
                edit(text, command, key);
                // The list follows while one types; a pattern that is not finished yet is no fault yet.
                *error = None;
                if let Ok(filter) = Filter::parse(text) {
                    self.ui.list_mut().filter = filter;
                }
            }
        }
    }

    fn ask_key(&mut self, command: Option<Command>, key: KeyEvent, now: Timestamp) -> Vec<Effect> {
        let Some(Overlay::Ask(ask)) = &mut self.ui.overlay else { return Vec::new() };
        match command {
            Some(Command::Back) => {
                self.ui.overlay = None;
                self.say("nothing was changed", Role::Hint);
            }
            Some(Command::Confirm) => return self.amount_typed(now),
            command => {
                edit(&mut ask.text, command, key);
                ask.error = None;
            }
        }
        Vec::new()
    }

    fn revisions_key(&mut self, command: Option<Command>) -> Vec<Effect> {
        let Some(Overlay::Revisions(open)) = &mut self.ui.overlay else { return Vec::new() };
        let Some(rollout) = self.model.rollouts.get(&open.rollout.uid) else {
            self.ui.overlay = None;
            return Vec::new();
        };
        let sets = self.model.replica_sets_of(rollout);
        let last = sets.len().saturating_sub(1);
        let index = open.index(&sets);
        let uid = |index: usize| sets.get(index).map(|set| set.id.uid.clone());
        match command {
            Some(Command::Down) => open.selected = uid(index.map_or(0, |index| index + 1).min(last)),
            Some(Command::Up) => open.selected = uid(index.unwrap_or(0).saturating_sub(1)),
            Some(Command::Top) => open.selected = uid(0),
            Some(Command::Bottom) => open.selected = uid(last),
            Some(Command::Back) => {
                self.ui.overlay = None;
                if self.ui.detail.is_none() {
                    self.model.forget_focus(&super::of_focus());
                    return vec![Effect::Focus(None)];
                }
            }
            Some(Command::Confirm | Command::Open) => {
                let Some(revision) = index.and_then(|index| sets.get(index)?.revision) else { return Vec::new() };
                let target = open.rollout.clone();
                self.ui.overlay = None;
                return self.read_templates(&target, revision);
            }
            _ => {}
        }
        Vec::new()
    }
}

impl Confirm {
    /// The field that the keys go to next.
    fn next_field(&self) -> Field {
        let named = self.wanted_name().is_some();
        match self.field {
            Field::Keys => Field::Reason,
            Field::Reason if named => Field::Name,
            Field::Reason => Field::Keys,
            // With a name to type there is no bare confirm key to come back to.
            Field::Name => Field::Reason,
        }
    }

    fn text(&mut self) -> Option<&mut String> {
        match self.field {
            Field::Keys => None,
            Field::Reason => Some(&mut self.reason),
            Field::Name => Some(&mut self.typed),
        }
    }
}

/// Whether it moves a line of text nowhere, and what is above it up or down.
fn is_vertical(command: Command) -> bool {
    matches!(command, Command::Down | Command::Up | Command::PageDown | Command::PageUp)
}

/// Where a scrolled text stands after a command.
fn scrolled(scroll: u16, command: Command) -> u16 {
    match command {
        Command::Down => scroll.saturating_add(1),
        Command::Up => scroll.saturating_sub(1),
        Command::HalfPageDown | Command::PageDown => scroll.saturating_add(10),
        Command::HalfPageUp | Command::PageUp => scroll.saturating_sub(10),
        Command::Top => 0,
        // As far as there is something: where that is, the drawing knows.
        Command::Bottom => u16::MAX,
        _ => scroll,
    }
}

/// Edits a line of text at its end.
pub(super) fn edit(text: &mut String, command: Option<Command>, key: KeyEvent) {
    match command {
        Some(Command::Erase) => {
            text.pop();
        }
        Some(Command::EraseWord) => {
            let kept = text.trim_end();
            let end = kept.rfind(char::is_whitespace).map_or(0, |space| space + 1);
            text.truncate(end);
        }
        Some(Command::EraseLine) => text.clear(),
        Some(_) => {}
        None => {
            if let Some(character) = Chord::typed(key)
                && text.len() < 500
            {
                text.push(character);
            }
        }
    }
}
