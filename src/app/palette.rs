//! The `:` palette: every command, action, pane and (in the demo) fault, by name, found by fuzzy search.

use crossterm::event::KeyEvent;
use jiff::Timestamp;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::actions::ACTIONS;
use crate::keys::command::{COMMANDS, Command, Group};
use crate::panes::PANES;
use crate::panes::ui::{Overlay, Palette, PaletteEntry};

use super::App;
use super::dialog::edit;
use super::event::Effect;

/// What a fault's entry begins with.
const FAULT: &str = "fault ";

impl App {
    pub(super) fn open_palette(&mut self, now: Timestamp) {
        self.ui.overlay = Some(Overlay::Palette(Palette::default()));
        self.search_palette(now);
    }

    /// Finds the entries for what is typed.
    pub(super) fn search_palette(&mut self, now: Timestamp) {
        let entries = self.palette_entries(now);
        let Some(Overlay::Palette(palette)) = &mut self.ui.overlay else { return };
        palette.selected = 0;
        palette.entries = best(entries, &palette.text);
    }

    pub(super) fn palette_key(&mut self, command: Option<Command>, key: KeyEvent, now: Timestamp) -> Vec<Effect> {
        let Some(Overlay::Palette(palette)) = &mut self.ui.overlay else { return Vec::new() };
        let last = palette.entries.len().saturating_sub(1);
        match command {
            Some(Command::Back) => self.ui.overlay = None,
            Some(Command::Down | Command::NextPane) => palette.selected = (palette.selected + 1).min(last),
            Some(Command::Up | Command::PreviousPane) => palette.selected = palette.selected.saturating_sub(1),
            Some(Command::Confirm) => {
                let chosen = palette.entries.get(palette.selected).map(|entry| entry.name.clone());
                self.ui.overlay = None;
                return chosen.map(|name| self.run(&name, now)).unwrap_or_default();
            }
            command => {
                edit(&mut palette.text, command, key);
                self.search_palette(now);
            }
        }
        Vec::new()
    }

    /// Does what the entry of that name says.
    fn run(&mut self, name: &str, now: Timestamp) -> Vec<Effect> {
        if let Some(fault) = name.strip_prefix(FAULT) {
            return vec![Effect::Fault(fault.to_owned())];
        }
        if let Some(index) = PANES.iter().position(|pane| pane.name() == name) {
            let number = u8::try_from(index + 1).unwrap_or(1);
            return self.command(Command::Pane(number), now);
        }
        let actions: Vec<&'static str> = ACTIONS.iter().map(|action| action.name).collect();
        match Command::named(name, &actions) {
            Some(command) => self.command(command, now),
            None => Vec::new(),
        }
    }

    fn palette_entries(&self, now: Timestamp) -> Vec<PaletteEntry> {
        // The keys are those that work where the palette was called from.
        let layers = self.ui.pane_layers();
        let keys = |command| self.settings.keymap.keys_for(&layers, command).join(" ");
        let actions = ACTIONS.iter().map(|action| PaletteEntry {
            name: action.name.to_owned(),
            help: action.help.to_owned(),
            keys: keys(Command::Act(action.name)),
            disabled: self.disabled(action, now),
        });
        let panes = PANES.iter().enumerate().map(|(index, pane)| PaletteEntry {
            name: pane.name().to_owned(),
            help: format!("go to the pane {}", pane.title()),
            keys: keys(Command::Pane(u8::try_from(index + 1).unwrap_or(u8::MAX))),
            disabled: None,
        });
        let is_useful = |command: Command| {
            !matches!(command, Command::Pane(_)) && !matches!(command.group(), Group::Text | Group::Move)
        };
        let commands = COMMANDS.iter().filter(|row| is_useful(row.command)).map(|row| PaletteEntry {
            name: row.name.to_owned(),
            help: row.help.to_owned(),
            keys: keys(row.command),
            disabled: None,
        });
        let faults = self.settings.faults.iter().map(|(name, help)| PaletteEntry {
            name: format!("{FAULT}{name}"),
            help: help.clone(),
            keys: String::new(),
            disabled: None,
        });
        actions.chain(panes).chain(commands).chain(faults).collect()
    }
}

/// The entries that match, best first; all of them for an empty text.
fn best(entries: Vec<PaletteEntry>, text: &str) -> Vec<PaletteEntry> {
    if text.trim().is_empty() {
        return entries;
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, PaletteEntry)> = entries
        .into_iter()
        .filter_map(|entry| {
            let name = pattern.score(Utf32Str::new(&entry.name, &mut buffer), &mut matcher).map(|score| score * 2);
            let help = pattern.score(Utf32Str::new(&entry.help, &mut buffer), &mut matcher);
            Some((name.max(help)?, entry))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, entry)| entry).collect()
}
