//! Themes as a person meets them: can they be read, told apart, changed, and are faults named.

use std::fs;

use proptest::prelude::*;
use ratatui::style::{Color, Modifier};

use super::*;

fn embedded(name: &str, depth: Depth) -> Theme {
    let (theme, warnings) = Theme::load(&Theme::library(None), name, depth);
    assert_eq!(warnings, [], "{name}");
    theme
}

fn load(text: &str) -> (Theme, Vec<String>) {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("mine.yaml"), text).expect("written");
    let library = Theme::library(Some(dir.path().to_owned()));
    let (theme, warnings) = Theme::load(&library, "mine", Depth::TrueColor);
    let prefix = format!("{}/", dir.path().display());
    (theme, warnings.iter().map(|warning| warning.to_string().replace(&prefix, "")).collect())
}

/// The least contrast of any text role on any ground that it may lie on, with its name.
fn worst(theme: &Theme) -> (f64, String) {
    let ground = |role| theme.style(role).bg.expect("a ground");
    let grounds = [Role::Text, Role::Overlay, Role::Selection].map(ground);
    let text_roles = ROLES.iter().filter(|row| !matches!(row.role, Role::Border | Role::BorderFocused));
    let pairs = text_roles.flat_map(|row| {
        let style = theme.style(row.role);
        let ink = style.fg.or(theme.style(Role::Text).fg).expect("an ink");
        let grounds = style.bg.map_or(grounds.to_vec(), |ground| vec![ground]);
        grounds
            .into_iter()
            .map(move |ground| (contrast(ink, ground).expect("known colours"), format!("{} on {ground:?}", row.name)))
    });
    pairs.min_by(|a, b| a.0.total_cmp(&b.0)).expect("roles")
}

#[test]
fn every_text_can_be_read_on_every_ground() {
    for (name, least) in [("dark", 4.5), ("light", 4.5), ("colour-blind", 4.5), ("high-contrast", 7.0)] {
        for depth in [Depth::TrueColor, Depth::Ansi256] {
            let (contrast, role) = worst(&embedded(name, depth));
            assert!(contrast >= least, "{name} at {depth:?}: {role} has {contrast:.2}");
        }
        let theme = embedded(name, Depth::TrueColor);
        for role in [Role::Border, Role::BorderFocused] {
            let ink = theme.style(role).fg.expect("an ink");
            let contrast = contrast(ink, theme.style(Role::Text).bg.expect("a ground")).expect("known colours");
            assert!(contrast >= 3.0, "{name}: {role:?} has {contrast:.2}");
        }
    }
}

#[test]
fn at_sixteen_colours_no_role_of_any_theme_vanishes() {
    for (name, _) in EMBEDDED {
        let theme = embedded(name, Depth::Ansi16);
        for row in ROLES {
            let style = theme.style(row.role);
            let named = |colour: Option<Color>| !matches!(colour, Some(Color::Rgb(..) | Color::Indexed(_)));
            assert!(named(style.fg) && named(style.bg), "{name}: {}", row.name);
            let ground = style.bg.or(theme.style(Role::Text).bg).expect("a ground");
            let ink = style.fg.or(theme.style(Role::Text).fg).expect("an ink");
            assert!(contrast(ink, ground).is_none_or(|contrast| contrast >= 3.0), "{name}: {}", row.name);
        }
    }
}

#[test]
fn without_colours_there_are_none_and_the_selection_still_shows() {
    for (name, _) in EMBEDDED {
        let theme = embedded(name, Depth::Mono);
        for row in ROLES {
            let style = theme.style(row.role);
            let none = |colour: Option<Color>| colour.is_none_or(|colour| colour == Color::Reset);
            assert!(none(style.fg) && none(style.bg), "{name}: {}", row.name);
        }
        assert!(theme.style(Role::Selection).add_modifier.contains(Modifier::REVERSED));
        assert_ne!(theme.style(Role::Protected), theme.style(Role::Text));
        assert_ne!(theme.style(Role::Critical), theme.style(Role::Ok));
    }
}

/// How a colour looks to who sees no red (protanopia) or no green (deuteranopia), after Viénot, Brettel and Mollon.
fn simulated(colour: Color, matrix: [[f64; 3]; 3]) -> [f64; 3] {
    let linear = colour::rgb(colour).expect("a known colour").map(|channel| (f64::from(channel) / 255.0).powf(2.2));
    matrix.map(|row| row.iter().zip(linear).map(|(a, b)| a * b).sum::<f64>().clamp(0.0, 1.0).powf(1.0 / 2.2))
}

#[test]
fn good_and_bad_differ_for_those_who_see_no_red_or_no_green() {
    let protan = [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]];
    let deutan = [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]];
    let theme = embedded("colour-blind", Depth::TrueColor);
    let states = [Role::Ok, Role::Attention, Role::Critical, Role::Unknown];
    for matrix in [protan, deutan] {
        for (at, one) in states.iter().enumerate() {
            for other in &states[at + 1..] {
                let [a, b] = [one, other].map(|role| simulated(theme.style(*role).fg.expect("an ink"), matrix));
                let apart = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                assert!(apart > 0.2, "{one:?} and {other:?}: {apart:.2}");
            }
        }
    }
}

#[test]
fn the_first_theme_has_every_role_and_auto_fits_the_terminal() {
    for row in ROLES {
        assert_ne!(embedded("dark", Depth::TrueColor).style(row.role), Style::default(), "{}", row.name);
    }
    assert_eq!(Theme::built_in(Depth::Ansi16), embedded("16-colour", Depth::Ansi16));
    assert_eq!(Theme::built_in(Depth::Ansi256), embedded("dark", Depth::Ansi256));
    assert_eq!(Theme::built_in(Depth::Mono), embedded("mono", Depth::Mono));
}

#[test]
fn one_colour_or_one_role_can_be_changed() {
    let (theme, warnings) =
        load("inherits: light\npalette: { green: '#004d00' }\nroles:\n  key: red on default underline\n");
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(theme.style(Role::Stable).fg, Some(Color::Rgb(0, 0x4d, 0)));
    assert_eq!(theme.style(Role::Key).bg, Some(Color::Reset));
    assert_eq!(theme.style(Role::Text), embedded("light", Depth::TrueColor).style(Role::Text));
}

#[test]
fn faults_have_their_line_and_the_rest_loads() {
    let (theme, warnings) = load(
        "colors: {}\npalette:\n  green: #00ff00\n  bold: red\n  sea: [1]\nroles:\n  ok: gren\n  txt: red\n  key: {fg: red}\n  dim: 250\n",
    );
    let starts = [
        "mine.yaml:1: there is no `colors`",
        "mine.yaml:3: `green` has no colour; `#rrggbb` must be quoted",
        "mine.yaml:4: `bold` has a meaning",
        "mine.yaml:5: `sea` must be a colour, got a list",
        "mine.yaml:7: `gren` is no colour",
        "mine.yaml:8: there is no role `txt`",
        "mine.yaml:9: `key` must be a style",
    ];
    assert_eq!(warnings.len(), starts.len(), "{warnings:#?}");
    for start in starts {
        assert!(warnings.iter().any(|warning| warning.starts_with(start)), "{start}\n{warnings:#?}");
    }
    assert_eq!(theme.style(Role::Dim).fg, Some(Color::Indexed(250)));
    assert_eq!(theme.style(Role::Ok), embedded("dark", Depth::TrueColor).style(Role::Ok));
}

#[test]
fn a_badge_is_a_role_or_a_colour_that_can_be_read() {
    let theme = Theme::default();
    assert_eq!(theme.badge("protected"), Some(theme.style(Role::Protected)));
    let style = theme.badge("#101010").expect("a colour");
    assert_eq!((style.fg, style.bg), (Some(Color::White), Some(Color::Rgb(0x10, 0x10, 0x10))));
    assert_eq!(theme.badge("nonsense"), None);
    let mono = Theme::built_in(Depth::Mono).badge("red").expect("a colour");
    assert!(mono.add_modifier.contains(Modifier::REVERSED));
}

proptest! {
    #[test]
    fn no_file_is_too_odd_for_a_theme(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("mine.yaml"), bytes).expect("written");
        let (theme, _) = Theme::load(&Theme::library(Some(dir.path().to_owned())), "mine", Depth::TrueColor);
        prop_assert_eq!(theme.style(Role::Text), Theme::default().style(Role::Text));
    }

    #[test]
    fn no_style_is_too_odd(text in any::<String>()) {
        let _ = style::parse(&text, &Palette::new());
    }
}
