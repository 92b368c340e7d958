//! One key press with its modifiers, as keymap files write it: `ctrl-c`, `shift-tab`, `G`, `space`, `f1`.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key press. The same press is always the same chord, however a terminal reports it: `G` may come as `g` with shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// In the order in which they are printed.
const MODIFIERS: &[(&str, KeyModifiers)] = &[
    ("ctrl", KeyModifiers::CONTROL),
    ("alt", KeyModifiers::ALT),
    ("shift", KeyModifiers::SHIFT),
    ("super", KeyModifiers::SUPER),
    ("hyper", KeyModifiers::HYPER),
    ("meta", KeyModifiers::META),
];

/// Keys with a name. The first name of a key is the one that is printed.
const NAMED: &[(&str, KeyCode)] = &[
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("return", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("escape", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("del", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pageup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("pagedown", KeyCode::PageDown),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
];

/// The highest function key that terminals report.
const LAST_F: u8 = 24;

impl Chord {
    /// The chord of a press; `None` for a lone modifier, a media key and the like.
    pub fn of(event: KeyEvent) -> Option<Chord> {
        Chord::new(event.code, event.modifiers)
    }

    /// The character that this press types into a line of text, if it types one.
    pub fn typed(event: KeyEvent) -> Option<char> {
        let chord = Chord::of(event)?;
        chord.types()
    }

    pub(super) fn types(self) -> Option<char> {
        match self.code {
            KeyCode::Char(typed) if self.modifiers.is_empty() => Some(typed),
            _ => None,
        }
    }

    fn new(code: KeyCode, mut modifiers: KeyModifiers) -> Option<Chord> {
        let code = match code {
            KeyCode::BackTab => {
                modifiers |= KeyModifiers::SHIFT;
                KeyCode::Tab
            }
            // With ctrl, terminals without an extended protocol know no case: ctrl-C is ctrl-c unless shift is named.
            KeyCode::Char(typed) if modifiers.contains(KeyModifiers::CONTROL) => {
                KeyCode::Char(single(typed.to_lowercase()).unwrap_or(typed))
            }
            KeyCode::Char(typed) => {
                let shifted = modifiers.contains(KeyModifiers::SHIFT);
                modifiers -= KeyModifiers::SHIFT;
                KeyCode::Char(if shifted { single(typed.to_uppercase()).unwrap_or(typed) } else { typed })
            }
            other => other,
        };
        let known = match code {
            KeyCode::Char(typed) => !typed.is_control(),
            KeyCode::F(number) => (1..=LAST_F).contains(&number),
            other => NAMED.iter().any(|(_, code)| *code == other),
        };
        known.then_some(Chord { code, modifiers })
    }
}

/// The one character of a case mapping, unless it maps to several.
fn single(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    let first = mapped.next()?;
    mapped.next().is_none().then_some(first)
}

/// What stands in a keymap is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no key; keys are written like `a`, `G`, `?`, `ctrl-c`, `shift-tab`, `space`, `enter`, `pgdn`, `f1`")]
pub struct NoChord(String);

impl FromStr for Chord {
    type Err = NoChord;

    fn from_str(text: &str) -> Result<Chord, NoChord> {
        let mut rest = text;
        let mut modifiers = KeyModifiers::NONE;
        while let Some((name, tail)) = rest.split_once('-').filter(|(_, tail)| !tail.is_empty()) {
            let Some(modifier) = modifier(name) else { break };
            modifiers |= modifier;
            rest = tail;
        }
        let code = code(rest).ok_or_else(|| NoChord(text.to_owned()))?;
        Chord::new(code, modifiers).ok_or_else(|| NoChord(text.to_owned()))
    }
}

fn modifier(name: &str) -> Option<KeyModifiers> {
    MODIFIERS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, modifier)| *modifier)
}

fn code(name: &str) -> Option<KeyCode> {
    if let Some(typed) = single(name.chars()) {
        return Some(KeyCode::Char(typed));
    }
    if let Some((_, code)) = NAMED.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return Some(*code);
    }
    name.strip_prefix(['f', 'F'])?.parse().ok().map(KeyCode::F)
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, modifier) in MODIFIERS {
            if self.modifiers.contains(*modifier) {
                write!(f, "{name}-")?;
            }
        }
        match (NAMED.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(typed)) => write!(f, "{typed}"),
            (None, KeyCode::F(number)) => write!(f, "f{number}"),
            // `new` lets nothing else in.
            (None, _) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chord(text: &str) -> Chord {
        text.parse().expect("a chord")
    }

    fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Option<Chord> {
        Chord::of(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn however_a_terminal_reports_a_press_it_is_one_chord() {
        let (shift, ctrl) = (KeyModifiers::SHIFT, KeyModifiers::CONTROL);
        for (code, modifiers, text) in [
            (KeyCode::Char('G'), KeyModifiers::NONE, "G"),
            (KeyCode::Char('G'), shift, "G"),
            (KeyCode::Char('g'), shift, "shift-g"),
            (KeyCode::Char('?'), shift, "?"),
            (KeyCode::BackTab, shift, "shift-tab"),
            (KeyCode::BackTab, KeyModifiers::NONE, "shift-tab"),
            (KeyCode::Char('C'), ctrl, "Ctrl-C"),
            (KeyCode::Char('c'), ctrl | shift, "ctrl-shift-c"),
            (KeyCode::Char('-'), ctrl, "ctrl--"),
            (KeyCode::Char('-'), KeyModifiers::NONE, "-"),
            (KeyCode::PageDown, KeyModifiers::NONE, "pgdn"),
            (KeyCode::F(1), KeyModifiers::ALT, "alt-F1"),
        ] {
            assert_eq!(pressed(code, modifiers), Some(chord(text)), "{text}");
        }
        assert_ne!(chord("ctrl-shift-c"), chord("ctrl-c"));
        assert_eq!(pressed(KeyCode::CapsLock, KeyModifiers::NONE), None);
    }

    #[test]
    fn what_is_no_key_says_how_keys_are_written() {
        for text in ["", "ctrl-", "hello", "ctrl-hello", "f0", "f99", "g g", "\u{7}", "ctrl"] {
            let error = text.parse::<Chord>().expect_err(text).to_string();
            assert!(error.starts_with(&format!("`{text}` is no key")), "{error}");
        }
    }

    #[test]
    fn only_a_bare_character_types() {
        let typed = |text: &str| chord(text).types();
        assert_eq!((typed("A"), typed("space"), typed("é")), (Some('A'), Some(' '), Some('é')));
        assert_eq!((typed("ctrl-a"), typed("alt-a"), typed("enter")), (None, None, None));
    }

    fn any_chord() -> impl Strategy<Value = Chord> {
        let named = (0..NAMED.len()).prop_map(|at| NAMED[at].1);
        let code = prop_oneof![
            any::<char>().prop_map(KeyCode::Char),
            "[ -~]".prop_map(|text| KeyCode::Char(text.chars().next().unwrap_or('a'))),
            (1..=LAST_F).prop_map(KeyCode::F),
            named,
            Just(KeyCode::BackTab),
        ];
        (code, any::<u8>())
            .prop_filter_map("a chord", |(code, bits)| Chord::new(code, KeyModifiers::from_bits_truncate(bits)))
    }

    proptest! {
        #[test]
        fn a_printed_chord_reads_back(chord in any_chord()) {
            prop_assert_eq!(chord.to_string().parse::<Chord>(), Ok(chord));
        }

        #[test]
        fn no_text_is_too_odd_for_a_chord(text in any::<String>()) {
            let _ = text.parse::<Chord>();
        }
    }
}
