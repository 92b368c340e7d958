//! From cells that differ to the bytes that show them: nothing is said again that the terminal knows already.

use std::io::{self, Write};

use crossterm::cursor::MoveTo;
use crossterm::queue;
use crossterm::style::{Attribute, Print, SetAttribute, SetBackgroundColor, SetForegroundColor};
use ratatui::buffer::Cell;
use ratatui::prelude::IntoCrossterm;
use ratatui::style::{Color, Modifier};

/// What can be switched on, and what switches it off again: bold and faint are gone together.
const SWITCHES: &[(Modifier, Attribute, Attribute)] = &[
    (Modifier::BOLD, Attribute::Bold, Attribute::NormalIntensity),
    (Modifier::DIM, Attribute::Dim, Attribute::NormalIntensity),
    (Modifier::ITALIC, Attribute::Italic, Attribute::NoItalic),
    (Modifier::UNDERLINED, Attribute::Underlined, Attribute::NoUnderline),
    (Modifier::REVERSED, Attribute::Reverse, Attribute::NoReverse),
    (Modifier::CROSSED_OUT, Attribute::CrossedOut, Attribute::NotCrossedOut),
];
/// What can be seen of a cell without ink.
const SEEN_ON_BLANK: Modifier = Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);

/// How the terminal would show the next letter.
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

/// Shows these cells and leaves the pen as it was. ratatui's own backend says both colours whenever one changes, and
/// gives each blank its ink: over a slow line that is a third of a picture.
pub(super) fn paint(out: &mut impl Write, cells: &[(u16, u16, &Cell)]) -> io::Result<()> {
    let mut pen = Pen { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };
    let mut next = None;
    for (x, y, cell) in cells {
        if next != Some((*x, *y)) {
            queue!(out, MoveTo(*x, *y))?;
        }
        next = Some((x + 1, *y));
        pen.take(out, cell)?;
        queue!(out, Print(cell.symbol()))?;
    }
    queue!(out, SetAttribute(Attribute::Reset))
}

impl Pen {
    /// Changes what must be another for that cell.
    fn take(&mut self, out: &mut impl Write, cell: &Cell) -> io::Result<()> {
        if cell.bg != self.bg {
            queue!(out, SetBackgroundColor(cell.bg.into_crossterm()))?;
            self.bg = cell.bg;
        }
        if cell.symbol() == " " && !(self.modifier | cell.modifier).intersects(SEEN_ON_BLANK) {
            return Ok(());
        }
        if cell.fg != self.fg {
            queue!(out, SetForegroundColor(cell.fg.into_crossterm()))?;
            self.fg = cell.fg;
        }
        self.switch(out, cell.modifier)
    }

    fn switch(&mut self, out: &mut impl Write, wanted: Modifier) -> io::Result<()> {
        for (modifier, _, off) in SWITCHES {
            if self.modifier.contains(*modifier) && !wanted.contains(*modifier) {
                queue!(out, SetAttribute(*off))?;
                let gone = SWITCHES.iter().filter(|(_, _, other)| other == off).map(|(modifier, ..)| *modifier);
                self.modifier -= gone.collect::<Modifier>();
            }
        }
        for (modifier, on, _) in SWITCHES {
            if wanted.contains(*modifier) && !self.modifier.contains(*modifier) {
                queue!(out, SetAttribute(*on))?;
            }
        }
        self.modifier = wanted;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    const AREA: Rect = Rect { x: 0, y: 0, width: 6, height: 2 };

    fn painted(cells: &[(u16, u16, &Cell)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        paint(&mut bytes, cells).unwrap();
        bytes
    }

    /// All that a terminal shows of a picture: of a blank its ground, and what can be seen without ink.
    fn shown(bytes: &[u8]) -> Vec<String> {
        let mut terminal = vt100::Parser::new(AREA.height, AREA.width, 0);
        terminal.process(bytes);
        let cell = |index: u16| {
            let cell = terminal.screen().cell(index / AREA.width, index % AREA.width).unwrap();
            let is_blank = cell.contents().trim().is_empty();
            let has_ink = !is_blank || cell.underline() || cell.inverse();
            let ink = has_ink.then(|| (cell.fgcolor(), cell.underline(), cell.inverse()));
            let letter = (!is_blank).then(|| (cell.contents(), cell.bold(), cell.dim(), cell.italic()));
            format!("{letter:?} {ink:?} {:?}", cell.bgcolor())
        };
        (0..AREA.width * AREA.height).map(cell).collect()
    }

    fn symbol() -> impl Strategy<Value = &'static str> {
        prop_oneof![Just(" "), Just("x"), Just("界")]
    }

    fn style() -> impl Strategy<Value = Style> {
        let colour = || prop_oneof![Just(Color::Reset), Just(Color::Indexed(1)), Just(Color::Rgb(1, 2, 3))];
        (colour(), colour(), 0..64_u8).prop_map(|(fg, bg, switches)| {
            let on = SWITCHES.iter().enumerate().filter(|(bit, _)| switches & (1 << bit) != 0);
            let mut modifier = on.map(|(_, (modifier, ..))| *modifier).collect::<Modifier>();
            // The terminal of this test is either of them.
            if modifier.contains(Modifier::BOLD) {
                modifier.remove(Modifier::DIM);
            }
            Style::new().fg(fg).bg(bg).add_modifier(modifier)
        })
    }

    proptest! {
        #[test]
        fn it_shows_what_each_cell_by_itself_would(cells in prop::collection::vec((symbol(), style()), 12)) {
            let mut buffer = Buffer::empty(AREA);
            for (index, (symbol, style)) in (0_u16..).zip(&cells) {
                buffer.set_string(index % AREA.width, index / AREA.width, symbol, *style);
            }
            let blank = Buffer::empty(AREA);
            let changes = blank.diff(&buffer);
            let each: Vec<u8> = changes.iter().flat_map(|change| painted(&[*change])).collect();
            prop_assert_eq!(shown(&painted(&changes)), shown(&each));
        }
    }

    #[test]
    fn nothing_is_said_twice() {
        let mut buffer = Buffer::empty(AREA);
        buffer.set_string(0, 0, "ab", Style::new().fg(Color::Indexed(1)).bg(Color::Indexed(2)));
        buffer.set_string(2, 0, " ", Style::new().fg(Color::Indexed(3)).bg(Color::Indexed(2)));
        buffer.set_string(3, 0, "c", Style::new().fg(Color::Indexed(1)).bg(Color::Indexed(2)));
        let blank = Buffer::empty(AREA);
        let bytes = painted(&blank.diff(&buffer));
        assert_eq!(bytes.escape_ascii().to_string(), r"\x1b[1;1H\x1b[48;5;2m\x1b[38;5;1mab c\x1b[0m");
    }
}
