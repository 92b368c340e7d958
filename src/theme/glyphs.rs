//! The signs on the screen, in Unicode and in ASCII. State is never colour alone: each has a sign as well.

use ratatui::symbols::border;

/// Which characters the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Glyphs {
    Unicode,
    Ascii,
}

/// A sign. Each takes one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Glyph {
    Ok,
    Progressing,
    Attention,
    Critical,
    Unknown,
    Stale,
    /// A pause, of a rollout or of the screen.
    Paused,
    /// A row that is marked.
    Mark,
    /// The cursor before the selected row.
    Cursor,
    /// A step or row that is still to come.
    Pending,
    /// The step that runs.
    Current,
    Up,
    Down,
    Left,
    Right,
    /// Text was cut here.
    Ellipsis,
    /// The done part of a bar.
    BarFull,
    /// The part of a bar that is to come.
    BarEmpty,
    /// The line that values must not cross.
    Threshold,
    /// A branch of a tree with one more below it.
    Branch,
    /// The last branch of a tree.
    LastBranch,
    /// A tree goes on below.
    Trunk,
    Bullet,
    /// A protected context.
    Protected,
    /// Nothing can be changed.
    ReadOnly,
}

/// One sign in both sets.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub glyph: Glyph,
    pub unicode: &'static str,
    pub ascii: &'static str,
}

const fn row(glyph: Glyph, unicode: &'static str, ascii: &'static str) -> Row {
    Row { glyph, unicode, ascii }
}

/// The table of signs, in the order of [`Glyph`]. None is an emoji in any terminal: those are two cells wide in some.
pub static GLYPHS: &[Row] = &[
    row(Glyph::Ok, "✓", "+"),
    row(Glyph::Progressing, "◐", "~"),
    row(Glyph::Attention, "▲", "!"),
    row(Glyph::Critical, "✗", "X"),
    row(Glyph::Unknown, "?", "?"),
    row(Glyph::Stale, "◌", "z"),
    row(Glyph::Paused, "‖", "="),
    row(Glyph::Mark, "●", "*"),
    row(Glyph::Cursor, "▌", ">"),
    row(Glyph::Pending, "○", "o"),
    row(Glyph::Current, "►", ">"),
    row(Glyph::Up, "↑", "^"),
    row(Glyph::Down, "↓", "v"),
    row(Glyph::Left, "←", "<"),
    row(Glyph::Right, "→", ">"),
    row(Glyph::Ellipsis, "…", "~"),
    row(Glyph::BarFull, "█", "#"),
    row(Glyph::BarEmpty, "░", "."),
    row(Glyph::Threshold, "─", "-"),
    row(Glyph::Branch, "├", "|"),
    row(Glyph::LastBranch, "└", "`"),
    row(Glyph::Trunk, "│", "|"),
    row(Glyph::Bullet, "•", "-"),
    row(Glyph::Protected, "■", "#"),
    row(Glyph::ReadOnly, "⊘", "%"),
];

const UNICODE_RAMP: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const ASCII_RAMP: [&str; 8] = ["_", ".", ",", "-", "=", "+", "*", "#"];

const ASCII_BORDER: border::Set<'static> = ascii_border("|", "-", "+");
const ASCII_BORDER_FOCUSED: border::Set<'static> = ascii_border("#", "=", "#");

const fn ascii_border(vertical: &'static str, horizontal: &'static str, corner: &'static str) -> border::Set<'static> {
    border::Set {
        top_left: corner,
        top_right: corner,
        bottom_left: corner,
        bottom_right: corner,
        vertical_left: vertical,
        vertical_right: vertical,
        horizontal_top: horizontal,
        horizontal_bottom: horizontal,
    }
}

impl Glyphs {
    /// `unicode` or `ascii`.
    pub fn named(name: &str) -> Option<Glyphs> {
        match name {
            "unicode" => Some(Glyphs::Unicode),
            "ascii" => Some(Glyphs::Ascii),
            _ => None,
        }
    }

    /// What is forced, or else what the environment can show.
    pub fn of_env(forced: Option<Glyphs>) -> Glyphs {
        forced.unwrap_or_else(|| Glyphs::decide(|name| std::env::var(name).ok()))
    }

    /// Unicode if the locale says UTF-8, and never on a dumb terminal or in the console of Linux, whose font has few signs.
    fn decide(env: impl Fn(&str) -> Option<String>) -> Glyphs {
        let term = env("TERM").unwrap_or_default();
        if term == "dumb" || term == "linux" || term.starts_with("vt") {
            return Glyphs::Ascii;
        }
        let set = |name: &&str| env(name).filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(set).unwrap_or_default().to_ascii_lowercase();
        if locale.contains("utf-8") || locale.contains("utf8") { Glyphs::Unicode } else { Glyphs::Ascii }
    }

    /// The sign, one cell wide.
    pub fn of(self, glyph: Glyph) -> &'static str {
        let row = &GLYPHS[glyph as usize];
        match self {
            Glyphs::Unicode => row.unicode,
            Glyphs::Ascii => row.ascii,
        }
    }

    /// Eight heights of a sparkline, lowest first.
    pub fn ramp(self) -> &'static [&'static str; 8] {
        match self {
            Glyphs::Unicode => &UNICODE_RAMP,
            Glyphs::Ascii => &ASCII_RAMP,
        }
    }

    /// The frame of a pane. The focused one differs without colour, too.
    pub fn border(self, focused: bool) -> border::Set<'static> {
        match (self, focused) {
            (Glyphs::Unicode, false) => border::PLAIN,
            (Glyphs::Unicode, true) => border::THICK,
            (Glyphs::Ascii, false) => ASCII_BORDER,
            (Glyphs::Ascii, true) => ASCII_BORDER_FOCUSED,
        }
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;

    #[test]
    fn every_sign_is_one_cell_and_the_table_in_order() {
        for (at, row) in GLYPHS.iter().enumerate() {
            assert_eq!(row.glyph as usize, at);
            assert_eq!((row.unicode.width(), row.ascii.width()), (1, 1), "{:?}", row.glyph);
            assert!(row.ascii.is_ascii());
        }
        assert_eq!(GLYPHS.len(), Glyph::ReadOnly as usize + 1);
        assert!(ASCII_RAMP.iter().all(|level| level.is_ascii() && level.len() == 1));
    }

    #[test]
    fn each_severity_has_a_sign_of_its_own() {
        use Glyph::*;
        for set in [Glyphs::Unicode, Glyphs::Ascii] {
            let mut signs = [Ok, Progressing, Attention, Critical, Unknown, Stale, Paused].map(|glyph| set.of(glyph));
            signs.sort_unstable();
            assert!(signs.windows(2).all(|pair| pair[0] != pair[1]), "{signs:?}");
        }
    }

    #[test]
    fn the_locale_decides() {
        let of = |env: &[(&str, &str)]| {
            Glyphs::decide(|name| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(of(&[("LANG", "en_US.UTF-8"), ("TERM", "xterm")]), Glyphs::Unicode);
        assert_eq!(of(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")]), Glyphs::Ascii);
        assert_eq!(of(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8")]), Glyphs::Unicode);
        assert_eq!(of(&[("LANG", "en_US.UTF-8"), ("TERM", "dumb")]), Glyphs::Ascii);
        assert_eq!(of(&[]), Glyphs::Ascii);
    }
}
