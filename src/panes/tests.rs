//! Whole screens, as a person would see them.

use super::fixture::*;

/// For looking at: prints what the environment asks for.
#[test]
#[ignore = "for the eyes"]
fn look() {
    let model = night();
    for (width, height) in [(80, 24), (120, 40), (200, 60), (40, 10), (10, 3)] {
        println!("{}\n{}", text(&model, &mut ui(), (width, height)), "=".repeat(80));
    }
    for (width, height) in [(80, 24), (200, 60), (40, 10)] {
        println!("{}\n{}", text(&model, &mut ui_of("checkout"), (width, height)), "=".repeat(80));
    }
}
