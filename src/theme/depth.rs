//! How many colours the terminal shows.

use supports_color::Stream;

/// Colour depth, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// No colour at all: bold, dim, underline and reverse only.
    Mono,
    /// The sixteen named colours.
    Ansi16,
    /// The 256 of xterm.
    Ansi256,
    /// 24 bit.
    TrueColor,
}

/// Terminals that show 24 bit, by the start of `TERM`: over SSH they cannot say it in COLORTERM.
const TRUE_COLOR_TERMS: &[&str] = &["xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour", "rio"];

/// Terminals without colour, or without anything.
const MONO_TERMS: &[&str] = &["dumb", "vt52", "vt100", "vt102", "vt220", "vt320", "unknown"];

impl Depth {
    /// `mono`, `16`, `256` or `truecolor`.
    pub fn named(name: &str) -> Option<Depth> {
        match name {
            "mono" => Some(Depth::Mono),
            "16" => Some(Depth::Ansi16),
            "256" => Some(Depth::Ansi256),
            "truecolor" => Some(Depth::TrueColor),
            _ => None,
        }
    }

    /// What is forced, or else what the environment and standard output say.
    ///
    /// Where this is more than [`Depth::Mono`] although NO_COLOR is set (it was forced), crossterm has to be told too
    /// (`force_color_output`): by itself it drops colours then, and with them bold and reverse.
    pub fn of_stdout(forced: Option<Depth>) -> Depth {
        let terminal = match supports_color::on(Stream::Stdout) {
            None => Depth::Mono,
            Some(level) if level.has_16m => Depth::TrueColor,
            Some(level) if level.has_256 => Depth::Ansi256,
            Some(_) => Depth::Ansi16,
        };
        Depth::decide(forced, |name| std::env::var(name).ok(), terminal)
    }

    fn decide(forced: Option<Depth>, env: impl Fn(&str) -> Option<String>, terminal: Depth) -> Depth {
        let term = env("TERM").unwrap_or_default();
        let no_color = env("NO_COLOR").is_some_and(|value| !value.is_empty());
        if let Some(forced) = forced {
            return forced;
        }
        if no_color || terminal == Depth::Mono || MONO_TERMS.contains(&term.as_str()) {
            return Depth::Mono;
        }
        // GNU screen garbles 24 bit, and COLORTERM is inherited from the terminal outside; tmux translates.
        if term.starts_with("screen") && env("TMUX").is_none() {
            return terminal.min(Depth::Ansi256);
        }
        let says_so = env("COLORTERM").is_some_and(|value| value == "truecolor" || value == "24bit");
        if says_so || TRUE_COLOR_TERMS.iter().any(|known| term.starts_with(known)) {
            return Depth::TrueColor;
        }
        terminal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(env: &[(&str, &str)], terminal: Depth) -> Depth {
        let get = |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Depth::decide(None, get, terminal)
    }

    #[test]
    fn the_environment_decides_unless_it_is_forced() {
        use Depth::*;
        assert_eq!(depth(&[("TERM", "xterm-256color")], Ansi256), Ansi256);
        assert_eq!(depth(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], Ansi256), TrueColor);
        assert_eq!(depth(&[("TERM", "xterm-kitty")], Ansi16), TrueColor);
        assert_eq!(depth(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], Ansi256), Mono);
        assert_eq!(depth(&[("TERM", "xterm-256color"), ("NO_COLOR", "0")], Ansi256), Mono);
        assert_eq!(depth(&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Ansi256), Ansi256);
        assert_eq!(depth(&[("TERM", "dumb")], Ansi16), Mono);
        assert_eq!(depth(&[("TERM", "vt100")], Ansi16), Mono);
        assert_eq!(depth(&[("TERM", "screen"), ("COLORTERM", "truecolor")], TrueColor), Ansi256);
        assert_eq!(depth(&[("TERM", "screen"), ("COLORTERM", "truecolor"), ("TMUX", "x")], TrueColor), TrueColor);
        assert_eq!(Depth::decide(Some(TrueColor), |_| Some("dumb".into()), Mono), TrueColor);
    }
}
