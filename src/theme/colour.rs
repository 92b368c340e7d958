//! Single colours: their red, green and blue, how well they can be read on each other, and fewer of them.

use ratatui::style::{Color, Style};

use super::depth::Depth;

/// xterm's first sixteen. Terminals may show others; these decide only which one is nearest.
const ANSI: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

/// The six steps of xterm's colour cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Its red, green and blue; the terminal's own foreground and background have none that we could know.
pub fn rgb(colour: Color) -> Option<[u8; 3]> {
    match colour {
        Color::Reset => None,
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(index) => Some(indexed(index)),
        named => ANSI.iter().find(|(known, _)| *known == named).map(|(_, rgb)| *rgb),
    }
}

fn indexed(index: u8) -> [u8; 3] {
    match index {
        0..=15 => ANSI[usize::from(index)].1,
        16..=231 => {
            let at = usize::from(index - 16);
            [CUBE[at / 36], CUBE[at / 6 % 6], CUBE[at % 6]]
        }
        232..=255 => [8 + 10 * (index - 232); 3],
    }
}

/// The contrast of two colours after WCAG 2: 1 to 21. `None` where one is the terminal's own.
pub fn contrast(one: Color, other: Color) -> Option<f64> {
    let (a, b) = (luminance(rgb(one)?), luminance(rgb(other)?));
    Some((a.max(b) + 0.05) / (a.min(b) + 0.05))
}

fn luminance([r, g, b]: [u8; 3]) -> f64 {
    let linear = |channel: u8| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

/// Black or white, whichever reads better on that ground.
pub fn readable_on(ground: Color) -> Color {
    let against = |ink| contrast(ink, ground).unwrap_or(1.0);
    if against(Color::Black) >= against(Color::White) { Color::Black } else { Color::White }
}

/// The style with no more colours than the terminal has. Where ink and ground run together by that, the ink gives way.
pub fn downgrade(style: Style, depth: Depth) -> Style {
    let fg = style.fg.map(|colour| nearest(colour, depth));
    let bg = style.bg.map(|colour| nearest(colour, depth));
    let readable = |(fg, bg)| contrast(fg, bg).is_none_or(|contrast| contrast >= 3.0);
    let fg = match fg.zip(bg) {
        Some((fg, bg)) if fg != bg && !readable((fg, bg)) || fg == bg && rgb(bg).is_some() => Some(readable_on(bg)),
        _ => fg,
    };
    Style { fg, bg, ..style }
}

fn nearest(colour: Color, depth: Depth) -> Color {
    match (depth, colour) {
        (Depth::Mono, _) => Color::Reset,
        (Depth::TrueColor, _) | (_, Color::Reset) => colour,
        (Depth::Ansi256, Color::Rgb(r, g, b)) => Color::Indexed(nearest_index([r, g, b])),
        (Depth::Ansi256, _) => colour,
        (Depth::Ansi16, Color::Rgb(..) | Color::Indexed(_)) => {
            let Some(rgb) = rgb(colour) else { return colour };
            ANSI.iter().min_by_key(|(_, known)| distance(rgb, *known)).map_or(colour, |(named, _)| *named)
        }
        (Depth::Ansi16, named) => named,
    }
}

/// Of the cube and the greys only: the first sixteen are whatever the user made of them.
fn nearest_index(rgb: [u8; 3]) -> u8 {
    (16..=255).min_by_key(|index| distance(rgb, indexed(*index))).unwrap_or(16)
}

/// The "redmean" distance: near enough to the eye, in whole numbers.
fn distance(one: [u8; 3], other: [u8; 3]) -> i64 {
    let [r, g, b] = [0, 1, 2].map(|at| i64::from(one[at]) - i64::from(other[at]));
    let red = (i64::from(one[0]) + i64::from(other[0])) / 2;
    (((512 + red) * r * r) >> 8) + 4 * g * g + (((767 - red) * b * b) >> 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_the_standard() {
        let near = |one, other, expected: f64| (contrast(one, other).unwrap_or(0.0) - expected).abs() < 0.01;
        assert!(near(Color::Rgb(0, 0, 0), Color::Rgb(255, 255, 255), 21.0));
        assert!(near(Color::Rgb(0x77, 0x77, 0x77), Color::Rgb(255, 255, 255), 4.48));
        assert_eq!(contrast(Color::Reset, Color::Black), None);
    }

    #[test]
    fn fewer_colours_are_the_nearest_ones() {
        for (from, depth, to) in [
            (Color::Rgb(95, 135, 255), Depth::Ansi256, Color::Indexed(69)),
            (Color::Rgb(8, 8, 8), Depth::Ansi256, Color::Indexed(232)),
            (Color::Rgb(250, 5, 5), Depth::Ansi16, Color::LightRed),
            (Color::Indexed(46), Depth::Ansi16, Color::LightGreen),
            (Color::Green, Depth::Ansi256, Color::Green),
            (Color::Rgb(1, 2, 3), Depth::TrueColor, Color::Rgb(1, 2, 3)),
            (Color::Rgb(1, 2, 3), Depth::Mono, Color::Reset),
            (Color::Reset, Depth::Ansi16, Color::Reset),
        ] {
            assert_eq!(nearest(from, depth), to, "{from:?} {depth:?}");
        }
    }

    #[test]
    fn every_colour_of_the_cube_is_nearest_to_itself() {
        for index in 16..=255u8 {
            let [r, g, b] = indexed(index);
            assert_eq!(indexed(nearest_index([r, g, b])), [r, g, b]);
        }
    }

    #[test]
    fn ink_never_vanishes_in_its_ground() {
        let faint = Style::new().fg(Color::Rgb(40, 40, 40)).bg(Color::Rgb(10, 10, 10));
        assert_eq!(downgrade(faint, Depth::Ansi16), Style::new().fg(Color::White).bg(Color::Black));
    }
}
