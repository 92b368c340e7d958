//! Whatever comes in and however small the terminal is: nothing panics, nothing is drawn outside, nothing is obeyed.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::keys::Keymap;
use crate::panes::cx::Cx;
use crate::panes::layout::layout;
use crate::panes::ui::{Check, Notice, Overlay, Palette, PaletteEntry, Revisions, Ui};
use crate::panes::{PANES, screen};
use crate::release::model::Model;
use crate::release::object::{ObjectId, Uid};
use crate::release::observation::{Change, Failure, FailureKind, Observation, Report, Said};
use crate::release::text::visible;
use crate::theme::{Glyphs, Role, Theme};

use super::night::*;
use super::picture::*;

/// Objects whose every text is `text`, straight past the door where sources clean it.
fn hostile(text: &str) -> (Model, ObjectId) {
    let mut rollout = waiting("x");
    rollout.id =
        ObjectId { context: "prod-eu".into(), namespace: text.into(), name: text.into(), uid: Uid("u".into()) };
    rollout.status.message = Some(text.into());
    rollout.status.pause_conditions[0].reason = text.into();
    rollout.images = vec![text.into()];
    rollout.managed_by = Some(text.into());
    let mut run = run(&rollout, "run");
    run.id = ObjectId { uid: Uid("r".into()), ..rollout.id.clone() };
    run.message = text.into();
    run.metrics[0].name = text.into();
    run.metrics[0].success_condition = Some(text.into());
    run.results[0].name = text.into();
    run.results[0].measurements[0].value = text.into();
    let mut set = replica_set(&rollout, "6f9c", 14, 1, 1);
    set.failure = Some(text.into());
    let mut pod = pod(&set, 0, text, crate::release::replicas::PodHealth::Failing);
    pod.id.name = text.into();
    let mut event = event(&rollout, 0, 0, true, text, text);
    event.message = text.into();
    let id = rollout.id.clone();
    let mut model = observed(
        vec![
            ("rollouts", Observation::Rollouts(Change::Reset(vec![rollout]))),
            ("analysisruns", Observation::AnalysisRuns(Change::Reset(vec![run]))),
            ("replicasets", Observation::ReplicaSets(Change::Reset(vec![set]))),
            ("pods", Observation::Pods(Change::Reset(vec![pod]))),
            ("events", Observation::Events(Change::Reset(vec![event]))),
        ],
        at(295),
    );
    let failure = Failure { kind: FailureKind::Failed, message: text.into(), retry_in: None };
    model.observe(Report { source: source("refusals"), said: Said::Failing(failure) }, at(296));
    (model, id)
}

/// The screens that a text can get on.
fn screens(text: &str, target: &ObjectId, model: &Model) -> Vec<Ui> {
    let mut uis = vec![ui(), writing()];
    uis[1].notice = Some(Notice { text: text.into(), role: Role::Critical, until: None });
    let mut detail = ui();
    detail.detail = Some(crate::panes::ui::Detail::new(target.clone()));
    uis.push(detail);
    let entry = PaletteEntry { name: text.into(), help: text.into(), keys: text.into(), disabled: Some(text.into()) };
    let mut plan = plan(&night(), "abort", &id("checkout"), None);
    plan.target = target.clone();
    plan.diff = vec![text.into()];
    plan.notes = vec![text.into()];
    plan.changes[0].to = text.into();
    let mut confirm = dialog(vec![plan], Check::Refused(text.into()));
    (confirm.reason, confirm.typed) = (text.into(), text.into());
    for overlay in [
        Overlay::Palette(Palette { text: text.into(), entries: vec![entry], selected: Some(0) }),
        Overlay::Filter { text: text.into(), error: Some(text.into()) },
        Overlay::Confirm(Box::new(confirm)),
        Overlay::Help { scroll: 3 },
        Overlay::Warnings { scroll: 1 },
        Overlay::Revisions(Revisions { rollout: target.clone(), selected: None, opened: now() }),
    ] {
        let mut over = ui();
        over.overlay = Some(overlay);
        over.warnings = vec![text.into(); 3];
        uis.push(over);
    }
    assert!(!model.rollouts.is_empty());
    uis
}

/// Draws into the middle of a larger buffer and looks at every cell of it.
fn check(model: &Model, ui: &mut Ui, keymap: &Keymap, size: (u16, u16)) -> Result<(), TestCaseError> {
    let area = Rect::new(3, 2, size.0, size.1);
    let whole = Rect::new(0, 0, size.0 + 6, size.1 + 4);
    let mut buf = Buffer::filled(whole, ratatui::buffer::Cell::new("~"));
    let (theme, glyphs) = (Theme::default(), Glyphs::Unicode);
    let cx = Cx::new(model, &theme, &glyphs, now(), true);
    screen::settle(&cx, ui, area);
    screen::draw(&cx, ui, keymap, area, &mut buf);
    for position in whole.positions() {
        let symbol = buf[position].symbol();
        if !area.contains(position) {
            prop_assert_eq!(symbol, "~", "outside, at {}", position);
        }
        prop_assert_eq!(visible(symbol), symbol, "at {}", position);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_at_any_size_is_harmless(text in "\\PC{0,40}|[\\x00-\\x1f\\x7f-\\x9f\\u{200b}-\\u{202e} a漢é]{0,60}", size in (0u16..60, 0u16..30)) {
        let (model, id) = hostile(&text);
        let keymap = Keymap::default();
        for mut ui in screens(&text, &id, &model) {
            check(&model, &mut ui, &keymap, size)?;
        }
    }

    #[test]
    fn tiles_lie_side_by_side_in_their_area(size in (0u16..400, 0u16..100), focus in 0..PANES.len(), zoom: bool) {
        let (model, theme) = (Model::default(), Theme::default());
        let cx = Cx::new(&model, &theme, &Glyphs::Unicode, now(), false);
        let mut ui = ui();
        (ui.focus, ui.zoom) = (focus, zoom);
        let area = Rect::new(1, 1, size.0, size.1);
        let layout = layout(&cx, &ui, area);
        let places: Vec<Rect> = layout.tiles.iter().map(|tile| tile.area).chain([layout.header, layout.footer, layout.tabs]).filter(|place| !place.is_empty()).collect();
        for (index, place) in places.iter().enumerate() {
            prop_assert_eq!(place.intersection(area), *place);
            prop_assert!(places[..index].iter().all(|other| other.intersection(*place).is_empty()), "{:?}", places);
        }
        prop_assert!(layout.tiles.iter().any(|tile| tile.pane == focus));
    }
}

#[test]
fn every_screen_fits_every_small_terminal() {
    let (model, keymap) = (night(), Keymap::default());
    for width in [1, 2, 9, 10, 19, 20, 40, 79] {
        for height in [1, 2, 3, 4, 5, 9, 24] {
            for mut ui in screens("a name", &id("checkout"), &model) {
                check(&model, &mut ui, &keymap, (width, height)).unwrap();
            }
        }
    }
}
