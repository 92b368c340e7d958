//! Colours by role, from theme files: a palette, typed roles and `inherits`; and the signs that go with them.

mod colour;
mod depth;
mod glyphs;
mod role;
mod style;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use ratatui::style::{Color, Style};

use crate::yaml::{Entry, Library, Part, Value, Warning, Warnings};

pub use colour::{contrast, readable_on};
pub use depth::Depth;
pub use glyphs::{GLYPHS, Glyph, Glyphs};
pub use role::{ROLES, Role};
use style::Palette;

/// The themes that the program brings along. Every other one stands on the first.
pub static EMBEDDED: &[(&str, &str)] = &[
    ("dark", include_str!("../../themes/dark.yaml")),
    ("light", include_str!("../../themes/light.yaml")),
    ("high-contrast", include_str!("../../themes/high-contrast.yaml")),
    ("colour-blind", include_str!("../../themes/colour-blind.yaml")),
    ("16-colour", include_str!("../../themes/16-colour.yaml")),
    ("mono", include_str!("../../themes/mono.yaml")),
];

/// The name that stands for the best one that the terminal can show.
pub const AUTO: &str = "auto";

/// A style for each role, with no more colours than the terminal has.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    styles: Vec<Style>,
    depth: Depth,
}

impl Theme {
    /// The theme of that name with all that it inherits. Without colours there is only one: `mono`.
    pub fn load(library: &Library, name: &str, depth: Depth) -> (Theme, Vec<Warning>) {
        let mut warnings = Warnings::default();
        let name = match (depth, name) {
            (Depth::Mono, _) => "mono",
            (Depth::Ansi16, AUTO) => "16-colour",
            (_, AUTO) => "dark",
            (_, name) => name,
        };
        let theme = Theme::from_parts(library.chain(name, &mut warnings), depth, &mut warnings);
        (theme, warnings.0)
    }

    /// The library of themes, with the user's directory of them if there is one.
    pub fn library(dir: Option<PathBuf>) -> Library {
        Library { what: "theme", embedded: EMBEDDED, dir }
    }

    /// The embedded theme for that depth.
    pub fn built_in(depth: Depth) -> Theme {
        Theme::load(&Theme::library(None), AUTO, depth).0
    }

    /// How that role looks. To be patched over what lies under it: few roles have a ground of their own, `text` has one.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// A badge in the colour that a configuration names: a role, or a colour.
    pub fn badge(&self, name: &str) -> Option<Style> {
        if let Some(role) = Role::named(name) {
            return Some(self.style(role));
        }
        let ground = style::colour(name, &Palette::new()).ok()?;
        let badge = match (self.depth, ground) {
            (Depth::Mono, _) | (_, Color::Reset) => Style::new().reversed().bold(),
            (_, ground) => Style::new().fg(readable_on(ground)).bg(ground).bold(),
        };
        Some(colour::downgrade(badge, self.depth))
    }

    /// Whether [`Theme::badge`] knows that name.
    pub fn knows_badge(name: &str) -> bool {
        Role::named(name).is_some() || style::colour(name, &Palette::new()).is_ok()
    }

    fn from_parts(parts: Vec<Part>, depth: Depth, warnings: &mut Warnings) -> Theme {
        let mut palette = Palette::new();
        let mut roles: Vec<(String, Entry)> = Vec::new();
        for Part { file, entries } in parts {
            for entry in entries {
                let (line, key) = (entry.line, entry.key);
                let inner = |warnings: &mut Warnings| entry.node.entries(&file, &format!("`{key}`"), warnings);
                match key.as_str() {
                    "palette" => read_palette(&file, inner(warnings), &mut palette, warnings),
                    "roles" => roles.extend(inner(warnings).into_iter().map(|entry| (file.clone(), entry))),
                    _ => warnings.push(&file, line, format!("there is no `{key}`; known: inherits, palette, roles")),
                }
            }
        }
        // Roles come after all palettes, so that a file which changes but a colour changes all that is made of it.
        let mut styles = vec![Style::default(); ROLES.len()];
        for (file, entry) in roles {
            match read_role(&entry, &palette) {
                Ok((role, style)) => styles[role as usize] = colour::downgrade(style, depth),
                Err(message) => warnings.push(&file, entry.line, message),
            }
        }
        Theme { styles, depth }
    }
}

/// The embedded theme for many colours.
impl Default for Theme {
    fn default() -> Theme {
        Theme::built_in(Depth::TrueColor)
    }
}

fn read_palette(file: &str, entries: Vec<Entry>, palette: &mut Palette, warnings: &mut Warnings) {
    for Entry { key, line, node } in entries {
        let read = match &node.value {
            _ if !style::is_free(&key) => Err(format!("`{key}` has a meaning of its own and cannot name a colour")),
            Value::Text(name) => style::colour(name.trim(), &Palette::new()),
            Value::Number(number) => style::colour(&number.to_string(), &Palette::new()),
            Value::Null => Err(format!("`{key}` has no colour; `#rrggbb` must be quoted, else it is a comment")),
            other => Err(format!("`{key}` must be a colour, got {}", other.kind())),
        };
        match read {
            Ok(colour) => palette.push((key, colour)),
            Err(message) => warnings.push(file, line, message),
        }
    }
}

fn read_role(entry: &Entry, palette: &Palette) -> Result<(Role, Style), String> {
    let key = &entry.key;
    let role = Role::named(key).ok_or_else(|| format!("there is no role `{key}`"))?;
    let style = match &entry.node.value {
        Value::Text(text) => style::parse(text, palette)?,
        Value::Number(number) => style::parse(&number.to_string(), palette)?,
        Value::Null => Style::default(),
        other => return Err(format!("`{key}` must be a style like `ink on ground bold`, got {}", other.kind())),
    };
    Ok((role, style))
}
