//! The keys of a row in Now that is about GitHub or a preview, and what a key says that has nothing to act on.

use super::shop::shop;
use super::*;
use crate::actions::ACTIONS;
use crate::keys::Names;
use crate::panes::PANES;
use crate::panes::ui::Overlay;
use crate::release::sample_shop::see_previews;

/// The keymap as it is shipped, with the layers of the panes.
fn with_keys(mut stage: Stage) -> Stage {
    let panes: Vec<&str> = PANES.iter().map(|pane| pane.name()).collect();
    let actions: Vec<&'static str> = ACTIONS.iter().map(|action| action.name).collect();
    let names = Names { panes: &panes, actions: &actions };
    let (keymap, warnings) = Keymap::load(&Keymap::library(None), "default", &names);
    assert!(warnings.is_empty(), "{warnings:?}");
    stage.app.settings.keymap = keymap;
    stage
}

/// The shop with previews, with the keys in Now.
fn now() -> Stage {
    let mut stage = with_keys(shop());
    see_previews(&mut stage.app.model, "prod", stage.now);
    stage.press("1");
    stage
}

/// Puts the cursor of Now on the row about that object.
fn go(stage: &mut Stage, about: &str) {
    stage.press("1 g");
    for _ in 0..40 {
        stage.text();
        let cursor = stage.app.ui.lists[0].cursor.clone().expect("a row");
        if cursor.0.starts_with(&format!("{about}\u{1f}")) {
            return;
        }
        stage.press("j");
    }
    panic!("{about}:\n{}", stage.text());
}

fn foot(stage: &mut Stage) -> String {
    stage.text().lines().last().unwrap_or_default().to_owned()
}

/// The action that the screen asks for a word about.
fn asked(stage: &mut Stage) -> Option<(&'static str, String)> {
    stage.text();
    match &stage.app.ui.overlay {
        Some(Overlay::Confirm(confirm)) => {
            confirm.items.first().map(|item| (item.plan.action, item.plan.target.name.to_string()))
        }
        Some(Overlay::Ask(ask)) => Some((ask.action, ask.target.name.to_string())),
        _ => None,
    }
}

#[test]
fn the_keys_of_a_row_are_those_of_what_it_is_about() {
    let mut stage = now();
    for (about, key, action, target) in [
        ("uid-pr-407", "D", "teardown", "pr-407"),
        ("workflow/drift", "M", "run-now", "infra-drift.yml"),
        ("workflow/drift", "Z", "disable-workflow", "infra-drift.yml"),
        ("pull/428", "M", "set-limit", "INFRACOST_LIMIT"),
        ("flag/reranker", "D", "kill", "reranker"),
        ("workflow/smoke", "M", "run-now", "verify-release.yml"),
    ] {
        go(&mut stage, about);
        let hint = format!("{key} {action}");
        assert!(foot(&mut stage).contains(&hint), "{about}, {hint}: {}", foot(&mut stage));
        stage.press(key);
        assert_eq!(asked(&mut stage), Some((action, target.to_owned())), "{about}: {}", stage.notice());
        stage.later(400);
        stage.press("esc");
        stage.later(400);
    }
}

#[test]
fn what_is_off_can_be_brought_back_though_its_pane_has_no_row() {
    let mut stage = now();
    let repository = crate::release::sample_shop::REPOSITORY;
    let model = std::sync::Arc::make_mut(stage.app.model.repositories.get_mut(repository).unwrap());
    model.plan = None;
    let off = crate::release::sample_shop::workflow(
        crate::release::repository::Duty::Drift,
        "infra-drift.yml",
        "disabled_manually",
        Vec::new(),
    );
    crate::release::sample_shop::learn(&mut stage.app.model, off, stage.now);
    go(&mut stage, "workflow/drift");
    assert!(foot(&mut stage).contains("B enable-workflow"), "{}", foot(&mut stage));
    stage.press("B");
    assert_eq!(asked(&mut stage), Some(("enable-workflow", "infra-drift.yml".to_owned())));
}

#[test]
fn one_key_never_means_two_things_for_marked_rows() {
    let mut stage = now();
    go(&mut stage, "uid-pr-407");
    stage.press("space");
    go(&mut stage, "flag/reranker");
    stage.press("space");
    assert!(!foot(&mut stage).contains("D "), "{}", foot(&mut stage));
    stage.press("D");
    assert_eq!(stage.notice(), "teardown or kill: nothing is selected that it could be done to");
    assert_eq!(asked(&mut stage), None);
}

#[test]
fn a_key_that_has_nothing_to_act_on_says_so() {
    let mut stage = now();
    for (keys, said) in [("2 D", "teardown or kill"), ("4 P", "promote"), ("8 M", "run-now or set-limit")] {
        stage.press(keys);
        assert_eq!(stage.notice(), format!("{said}: nothing is selected that it could be done to"), "{keys}");
    }
    stage.press("x");
    assert_eq!(stage.notice(), "", "no action has that key");
    // A key that is held is not pressed again.
    let mut held = named("D");
    held.kind = crossterm::event::KeyEventKind::Repeat;
    stage.app.update(Event::Key(held), stage.now);
    assert_eq!(stage.notice(), "");
}

#[test]
fn help_says_that_nothing_may_be_changed() {
    let mut stage = now();
    let read_only = Authority { read_only: true, ..Authority::default() };
    stage.size = (140, 60);
    stage.app.settings.contexts[0].authority = read_only;
    stage.app.settings.repository.as_mut().unwrap().authority = read_only;
    for (pane, hidden) in [("6", ["kill", "run-now"]), ("5", ["set-limit", "remove-step"])] {
        stage.press(pane);
        assert!(!hidden.iter().any(|name| foot(&mut stage).contains(name)), "{}", foot(&mut stage));
        stage.press("? G");
        let help = stage.text();
        for name in hidden {
            let line = help.lines().find(|line| line.contains(&format!(" {name} "))).expect(name);
            assert!(line.contains("read-only: this session may not change anything"), "{line}");
        }
        stage.press("esc");
    }
}

#[test]
fn help_and_footer_go_by_what_may_be_changed_where_the_row_is() {
    let mut stage = now();
    // Every cluster is closed, the repository is not.
    stage.app.settings.contexts[0].authority = Authority { protected: true, ..Authority::default() };
    go(&mut stage, "flag/reranker");
    assert!(foot(&mut stage).contains("D kill"), "{}", foot(&mut stage));
    go(&mut stage, "uid-pr-407");
    assert!(!foot(&mut stage).contains("D teardown"), "{}", foot(&mut stage));
    stage.press("D");
    assert!(stage.notice().contains("read-only: context prod is protected"), "{}", stage.notice());
}

#[test]
fn the_footer_tells_what_can_be_done_to_the_marked_rows() {
    let mut stage = with_keys(shop());
    stage.press("space space j");
    let off = foot(&mut stage);
    assert!(off.contains("D kill"), "the cursor is on one that is off already: {off}");
    stage.press("esc");
    assert!(!foot(&mut stage).contains("D kill"), "{}", foot(&mut stage));
    let mut stage = Stage::with(vec![sample::paused("cart"), sample::rollout("web")]);
    stage.press("2 space");
    let here = stage.app.selected(stage.now).map(|target| target.name);
    assert!(foot(&mut stage).contains("P promote"), "{here:?}: {}", foot(&mut stage));
}

#[test]
fn enter_leads_to_the_pane_of_the_row_and_esc_back() {
    let mut stage = now();
    go(&mut stage, "flag/reranker");
    stage.press("enter");
    assert_eq!(stage.app.ui.focus, 5);
    stage.press("space esc");
    assert_eq!(stage.app.ui.focus, 5, "the marks go first");
    stage.press("esc");
    assert_eq!(stage.app.ui.focus, 0);
    stage.press("enter 4 esc");
    assert_eq!(stage.app.ui.focus, 3, "whoever went on by themselves stays");
}

#[test]
fn a_confirm_key_that_is_held_does_nothing_more() {
    let mut stage = Stage::with(vec![sample::paused("web")]);
    super::acting::accepted(&mut stage, "P");
    let told = stage.notice().to_owned();
    assert!(told.contains("waiting for the effect"), "{told}");
    for _ in 0..20 {
        stage.later(250);
        let effects = stage.press("y");
        assert!(effects.is_empty() && stage.notice() == told, "{effects:?}: {}", stage.notice());
    }
    // Any other key is meant for what is there now, and so is this one later.
    stage.press("j");
    assert_eq!(stage.notice(), "");
    assert!(matches!(stage.press("y").as_slice(), [Effect::Copy(_)]));
}

#[test]
fn a_key_that_cancels_is_not_taken_for_another() {
    let mut stage = Stage::with(vec![sample::paused("web")]);
    for (key, again) in [("q", "q"), ("n", "y"), ("esc", "esc")] {
        stage.press("P");
        stage.later(400);
        stage.press(key);
        assert_eq!(stage.notice(), "nothing was changed", "{key}");
        stage.later(100);
        let effects = stage.press(again);
        assert!(effects.is_empty() && stage.notice() == "nothing was changed", "{again}: {effects:?}");
        stage.later(300);
        assert!(!stage.app.is_late(named(again), stage.now), "{again} is heard after a while");
    }
}
