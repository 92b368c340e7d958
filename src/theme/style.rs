//! How theme files write a style: `ink on ground bold`.

use ratatui::style::{Color, Modifier, Style};

/// The colours that a theme names itself, the latest last.
pub(super) type Palette = Vec<(String, Color)>;

const MODIFIERS: &[(&str, Modifier)] = &[
    ("bold", Modifier::BOLD),
    ("faint", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
    ("strike", Modifier::CROSSED_OUT),
];

/// A style: a colour, `on` a colour, and modifiers, all of them optional.
pub(super) fn parse(text: &str, palette: &Palette) -> Result<Style, String> {
    let mut style = Style::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        if let Some((_, modifier)) = MODIFIERS.iter().find(|(name, _)| *name == word) {
            style = style.add_modifier(*modifier);
        } else if word == "on" {
            let name = words.next().ok_or("a colour must follow `on`")?;
            style = style.bg(colour(name, palette)?);
        } else if style.fg.is_none() {
            style = style.fg(colour(word, palette)?);
        } else {
            return Err(format!("`{word}` is a second colour; the ground comes after `on`"));
        }
    }
    Ok(style)
}

/// A colour: a name of the palette, `#rrggbb`, one of the sixteen names, a number of the 256, or `default`.
pub(super) fn colour(name: &str, palette: &Palette) -> Result<Color, String> {
    if let Some((_, colour)) = palette.iter().rev().find(|(known, _)| known == name) {
        return Ok(*colour);
    }
    if name == "default" {
        return Ok(Color::Reset);
    }
    name.parse().map_err(|_| {
        format!("`{name}` is no colour: neither of the palette, nor `#rrggbb`, a name such as `light-red`, 0-255 or `default`")
    })
}

/// Whether a palette may use that name: the words of the style language are taken.
pub(super) fn is_free(name: &str) -> bool {
    name != "on"
        && name != "default"
        && !name.contains(char::is_whitespace)
        && MODIFIERS.iter().all(|(word, _)| *word != name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_is_ink_on_ground_with_modifiers() {
        let palette = vec![("sea".to_owned(), Color::Rgb(0, 0, 1)), ("sea".to_owned(), Color::Rgb(0, 0, 2))];
        let sea = Color::Rgb(0, 0, 2);
        assert_eq!(parse("sea on #0a0B0c bold", &palette), Ok(Style::new().fg(sea).bg(Color::Rgb(10, 11, 12)).bold()));
        assert_eq!(parse("reverse", &palette), Ok(Style::new().reversed()));
        assert_eq!(parse("on 236", &palette), Ok(Style::new().bg(Color::Indexed(236))));
        assert_eq!(parse("default", &palette), Ok(Style::new().fg(Color::Reset)));
        for wrong in ["sea red", "on", "se", "#12345", "#é12345", "bold on reddish"] {
            assert!(parse(wrong, &palette).is_err(), "{wrong}");
        }
    }
}
