//! Whole screens, as a person would see them.

use crate::actions::ACTIONS;
use crate::release::model::Model;

use super::fixture::*;
use super::ui::{Check, Overlay, Palette, PaletteEntry, Revisions};

fn overlaid(model: &Model, name: &str) -> Overlay {
    let entry = |action: &&crate::actions::Action| PaletteEntry {
        name: action.name.into(),
        help: action.help.into(),
        keys: "X".into(),
        disabled: (action.name == "retry").then(|| "not aborted".to_owned()),
    };
    match name {
        "help" => Overlay::Help { scroll: 0 },
        "palette" => {
            Overlay::Palette(Palette { text: "re".into(), entries: ACTIONS.iter().map(entry).collect(), selected: 4 })
        }
        "revisions" => Overlay::Revisions(Revisions { rollout: id("checkout"), selected: 1, opened: now() }),
        action => {
            Overlay::Confirm(Box::new(dialog(vec![plan(model, action, &id("checkout"), None)], Check::Passed(vec![]))))
        }
    }
}

/// For looking at: prints what the environment asks for.
#[test]
#[ignore = "for the eyes"]
fn look() {
    let model = night();
    for (width, height) in [(80, 24), (120, 40), (200, 60), (40, 10), (10, 3)] {
        println!("{}\n{}", text(&model, &mut ui(), (width, height)), "=".repeat(80));
    }
    let mut ui = writing();
    for overlay in ["abort", "promote", "help", "palette", "revisions"] {
        for (width, height) in [(80, 24), (120, 40), (40, 10), (10, 3)] {
            ui.overlay = Some(overlaid(&model, overlay));
            println!("{}\n{}", text(&model, &mut ui, (width, height)), "=".repeat(80));
        }
    }
    for (width, height) in [(80, 24), (200, 60), (40, 10)] {
        println!("{}\n{}", text(&model, &mut ui_of("checkout"), (width, height)), "=".repeat(80));
    }
}
