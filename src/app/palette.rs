//! The `:` palette: every command, action, pane and (in the demo) fault, by name, found by fuzzy search.

use crossterm::event::KeyEvent;
use jiff::Timestamp;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::actions::{self, ACTIONS};
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
        (palette.entries, palette.selected) = best(entries, &palette.text);
    }

    pub(super) fn palette_key(&mut self, command: Option<Command>, key: KeyEvent, now: Timestamp) -> Vec<Effect> {
        let Some(Overlay::Palette(palette)) = &mut self.ui.overlay else { return Vec::new() };
        let last = palette.entries.len().saturating_sub(1);
        match command {
            Some(Command::Back) => self.ui.overlay = None,
            Some(Command::Down | Command::NextPane) => {
                palette.selected = Some(palette.selected.map_or(0, |selected| selected + 1).min(last));
            }
            Some(Command::Up | Command::PreviousPane) => {
                palette.selected = Some(palette.selected.unwrap_or(0).saturating_sub(1));
            }
            Some(Command::Confirm) => {
                let Some(chosen) = palette.chosen().map(|entry| entry.name.clone()) else { return Vec::new() };
                self.ui.overlay = None;
                return self.run(&chosen, now);
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
        let layers = self.ui.pane_layers(&self.cx(now));
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

/// How well an entry matches what is typed, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    Name,
    Prefix,
    WordPrefix,
    Substring,
    /// By its name letter by letter, or by its help: nobody has typed that name. What changes nothing comes first.
    Guess {
        mutates: bool,
    },
}

/// The entries that match, best first, and the one that `enter` would do. None where nothing is typed, or where it would
/// change a cluster by a guess.
fn best(entries: Vec<PaletteEntry>, text: &str) -> (Vec<PaletteEntry>, Option<usize>) {
    if text.trim().is_empty() {
        return (entries, None);
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut matching: Vec<(Match, u32, PaletteEntry)> = entries
        .into_iter()
        .filter_map(|entry| {
            let name = pattern.score(Utf32Str::new(&entry.name, &mut buffer), &mut matcher).map(|score| score * 2);
            let help = pattern.score(Utf32Str::new(&entry.help, &mut buffer), &mut matcher);
            let by_name = by_name(&entry.name, text);
            let score = name.max(help).or(by_name.map(|_| 0))?;
            Some((by_name.unwrap_or(Match::Guess { mutates: is_action(&entry) }), score, entry))
        })
        .collect();
    matching.sort_by_key(|(how, score, _)| (*how, std::cmp::Reverse(*score)));
    let first = matching.first().map(|(how, _, _)| *how);
    let selected = first.filter(|how| *how != Match::Guess { mutates: true }).map(|_| 0);
    (matching.into_iter().map(|(_, _, entry)| entry).collect(), selected)
}

/// How a name matches what is typed, where one can see that it does.
fn by_name(name: &str, text: &str) -> Option<Match> {
    let (name, text) = (name.to_lowercase(), text.trim().to_lowercase());
    if name == text {
        return Some(Match::Name);
    }
    if name.starts_with(&text) {
        return Some(Match::Prefix);
    }
    if name.split(['-', ' ']).any(|word| word.starts_with(&text)) {
        return Some(Match::WordPrefix);
    }
    name.contains(&text).then_some(Match::Substring)
}

fn is_action(entry: &PaletteEntry) -> bool {
    actions::action(&entry.name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, help: &str) -> PaletteEntry {
        PaletteEntry { name: name.to_owned(), help: help.to_owned(), keys: String::new(), disabled: None }
    }

    /// The names that match, and the one that `enter` would do.
    fn found(text: &str) -> (Vec<String>, Option<String>) {
        let actions = ACTIONS.iter().map(|action| entry(action.name, action.help));
        let commands = COMMANDS.iter().map(|row| entry(row.name, row.help));
        let (entries, selected) = best(actions.chain(commands).collect(), text);
        let names: Vec<String> = entries.into_iter().map(|entry| entry.name).collect();
        let selected = selected.map(|index| names[index].clone());
        (names, selected)
    }

    #[test]
    fn names_come_before_guesses() {
        assert_eq!(found("sort").0[..2], ["sort", "sort-reverse"]);
        assert_eq!(found("re").1.as_deref(), Some("retry"));
        assert_eq!(found("Full").1.as_deref(), Some("promote-full"), "a word of its name");
        assert_eq!(found("abort").1.as_deref(), Some("abort"));
        assert_eq!(found("elp").1.as_deref(), Some("help"));
    }

    #[test]
    fn enter_never_guesses_what_changes_a_cluster() {
        for text in ["", " ", "theme", "pods", "prm", "tbo", "all of them", "release", "back", "e", "the"] {
            let (names, selected) = found(text);
            let Some(selected) = selected else { continue };
            let by_name = by_name(&selected, text).is_some();
            assert!(by_name || actions::action(&selected).is_none(), "{text:?} does {selected}, of {names:?}");
        }
        assert_eq!(found("").1, None);
        assert_eq!(found("theme").1.filter(|name| actions::action(name).is_some()), None);
    }
}
