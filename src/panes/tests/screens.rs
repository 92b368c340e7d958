//! Pictures of every screen at the sizes that matter, and what no picture may show.

use jiff::SignedDuration;

use crate::actions::ACTIONS;
use crate::actions::plan::Refusal;
use crate::panes::filter::Filter;
use crate::panes::ui::{AtWork, Check, Field, Notice, Overlay, Palette, PaletteEntry, Revisions, Ui};
use crate::release::model::Model;
use crate::release::observation::{Change, Failure, FailureKind, Observation, Report, Said};
use crate::theme::{Depth, Glyphs, Role, Theme};

use super::night::*;
use super::picture::*;

macro_rules! picture {
    ($name:expr, $model:expr, $ui:expr, $size:expr) => {
        insta::assert_snapshot!($name, screen($model, $ui, $size))
    };
}

#[test]
fn home() {
    let model = night();
    picture!("home_80x24", &model, &mut ui(), (80, 24));
    picture!("home_120x40", &model, &mut ui(), (120, 40));
    picture!("home_200x60", &model, &mut ui(), (200, 60));
    picture!("home_40x10", &model, &mut ui(), (40, 10));
    picture!("home_10x3", &model, &mut ui(), (10, 3));
}

#[test]
fn detail_of_each_kind() {
    let model = night();
    picture!("detail_paused_80x24", &model, &mut ui_of("checkout"), (80, 24));
    picture!("detail_paused_200x60", &model, &mut ui_of("checkout"), (200, 60));
    picture!("detail_paused_40x10", &model, &mut ui_of("checkout"), (40, 10));
    picture!("detail_aborted_80x24", &model, &mut ui_of("web"), (80, 24));
    picture!("detail_blue_green_80x24", &model, &mut ui_of("payments"), (80, 24));
    picture!("detail_unreadable_80x24", &model, &mut ui_of("legacy"), (80, 24));
}

#[test]
fn zoomed_filtered_marked_and_sorted() {
    let model = night();
    let mut ui = writing();
    (ui.focus, ui.zoom) = (1, true);
    ui.lists[1].filter = Filter::parse("shop").unwrap();
    ui.lists[1].sort = Some((1, true));
    text(&model, &mut ui, (80, 24));
    ui.lists[1].mark();
    ui.lists[1].mark();
    ui.notice = Some(Notice { text: "abort shop/web took effect in 1.8 s".into(), role: Role::Ok, until: None });
    let at_work = |name: &str| AtWork {
        uid: id(name).uid,
        needs: Vec::new(),
        words: "abort: waiting for the effect".to_owned(),
        is_open: true,
    };
    ui.at_work = ["web", "checkout"].map(at_work).into();
    (ui.fault, ui.world) = (Some("403".into()), "demo");
    picture!("zoomed_80x24", &model, &mut ui, (80, 24));
}

#[test]
fn what_a_filter_hides_is_counted() {
    let model = night();
    let mut ui = ui();
    for list in &mut ui.lists[..2] {
        list.filter = Filter::parse("shop/checkout").unwrap();
    }
    (ui.focus, ui.zoom) = (1, true);
    let rollouts = text(&model, &mut ui, (80, 24));
    assert!(rollouts.contains("2 Rollouts 1 of 9  /shop/checkout"), "{rollouts}");
    assert!(rollouts.contains("1 Now /shop/checkout"), "a list that is not on the screen says so too:\n{rollouts}");
    ui.focus = 0;
    let now = text(&model, &mut ui, (80, 24));
    assert!(now.contains("1 of 6  /shop/checkout  ▲ 5 that need a human are hidden"), "{now}");
}

fn failing(kind: FailureKind, message: &str) -> Said {
    Said::Failing(Failure { kind, message: message.into(), retry_in: Some(SignedDuration::from_secs(9)) })
}

/// The night, with the Rollouts source silent since 02:59:35.
fn stale() -> Model {
    let mut model = night();
    for freshness in model.freshness.values_mut() {
        freshness.heard = Some(at(265));
    }
    let said = failing(FailureKind::Unreachable, "GET /apis/argoproj.io: connection refused");
    model.observe(Report { source: source("rollouts"), said }, at(296));
    model
}

#[test]
fn each_kind_of_blindness_has_its_own_words() {
    let mut ui = ui();
    picture!("blind_stale_80x24", &stale(), &mut ui, (80, 24));
    let first = |said: Said| {
        let mut model = Model::default();
        for kind in ["rollouts", "analysisruns", "refusals"] {
            model.observe(Report { source: source(kind), said: said.clone() }, at(298));
        }
        model
    };
    let rollouts = |model: &Model| {
        let mut ui = super::picture::ui();
        ui.focus = 1;
        let text = text(model, &mut ui, (80, 24));
        text.lines().skip_while(|line| !line.starts_with("━►2 Rollouts")).take(2).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(rollouts(&Model::default()), @r#"
    ━►2 Rollouts 0 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ loading ━
      loading: nothing has answered yet
    "#);
    insta::assert_snapshot!(rollouts(&first(Said::Observed(Observation::Rollouts(Change::Reset(vec![]))))), @r#"
    ━►2 Rollouts 0 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ loading rollouts ━
      loading rollouts
    "#);
    insta::assert_snapshot!(rollouts(&first(Said::Loaded)), @r#"
    ━►2 Rollouts 0 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
      no rollouts in sight; --namespace or --all-namespaces chooses where to look
    "#);
    insta::assert_snapshot!(rollouts(&first(failing(FailureKind::Forbidden, "rollouts is forbidden"))), @r#"
    ━►2 Rollouts 0 ━━━ ✗ FORBIDDEN rollouts: rollouts is forbidden; next try in 7s ━
      ✗ FORBIDDEN rollouts: rollouts is forbidden; next try in 7s
    "#);
    insta::assert_snapshot!(rollouts(&first(failing(FailureKind::Unauthorized, "the token has expired"))), @r#"
    ━►2 Rollouts 0 ━ ✗ UNAUTHORIZED rollouts: the token has expired; next try in 7…━
      ✗ UNAUTHORIZED rollouts: the token has expired; next try in 7s
    "#);
    insta::assert_snapshot!(rollouts(&first(failing(FailureKind::NotInstalled, "no such group"))), @r#"
    ━►2 Rollouts 0 ━━━━━━━━━ not installed rollouts: no such group; next try in 7s ━
      not installed: context prod-eu has no rollouts
    "#);
    insta::assert_snapshot!(rollouts(&first(failing(FailureKind::Unreachable, "connection refused"))), @r#"
    ━►2 Rollouts 0 ━━━━━━ ◌ NO ANSWER rollouts: connection refused; next try in 7s ━
      ◌ NO ANSWER rollouts: connection refused; next try in 7s
    "#);
}

#[test]
fn what_is_not_known_is_never_ok() {
    let theme = Theme::default();
    let is_ok = |model: &Model, ui: &mut Ui| {
        let picture = screen(model, ui, (200, 60));
        picture.split_once("\n----").is_some_and(|(_, letters)| letters.contains(['o', 'O']))
    };
    assert!(is_ok(&night(), &mut ui()), "the letter of the role is seen at all");
    assert_ne!(theme.style(Role::Ok).fg, theme.style(Role::Unknown).fg);
    for pane in [0, 1] {
        let mut zoomed = ui();
        (zoomed.focus, zoomed.zoom) = (pane, true);
        assert!(!is_ok(&stale(), &mut zoomed));
        assert!(!is_ok(&Model::default(), &mut zoomed));
    }
    for rollout in ["checkout", "web", "payments", "legacy"] {
        assert!(!is_ok(&stale(), &mut ui_of(rollout)), "{rollout}");
    }
}

#[test]
fn a_deleted_rollout_stays_as_it_was_last_seen() {
    let mut model = night();
    let mut ui = ui_of("checkout");
    text(&model, &mut ui, (80, 24));
    let said = Said::Observed(Observation::Rollouts(Change::Deleted(id("checkout").uid)));
    model.observe(Report { source: source("rollouts"), said }, now());
    picture!("detail_deleted_80x24", &model, &mut ui, (80, 24));
}

#[test]
fn a_frozen_screen_says_so_and_does_not_tick() {
    let model = night();
    let mut ui = ui();
    ui.frozen = Some((at(296), model.clone().into()));
    let header = text(&model, &mut ui, (80, 24)).lines().next().unwrap().to_owned();
    assert!(header.contains("FROZEN since 03:04:56 UTC"), "{header}");
    let theme = Theme::default();
    let cx = crate::panes::cx::Cx::new(&model, &theme, &Glyphs::Unicode, now(), false);
    let area = ratatui::layout::Rect::new(0, 0, 80, 24);
    let mut buf = ratatui::buffer::Buffer::empty(area);
    crate::panes::screen::draw(&cx, &ui, &Default::default(), area, &mut buf);
    assert_eq!(cx.wake(), None);
}

#[test]
fn dialogs() {
    let model = night();
    let mut ui = writing();
    let one = dialog(vec![plan(&model, "abort", &id("checkout"), None)], Check::Running);
    ui.overlay = Some(Overlay::Confirm(Box::new(one)));
    picture!("confirm_abort_80x24", &model, &mut ui, (80, 24));
    picture!("confirm_abort_40x10", &model, &mut ui, (40, 10));
    picture!("confirm_abort_10x3", &model, &mut ui, (10, 3));

    let mut ready = dialog(vec![plan(&model, "promote", &id("checkout"), None)], Check::Passed(vec![]));
    (ready.reason, ready.typed, ready.field) = ("INC-42".into(), "checkout".into(), Field::Name);
    ui.overlay = Some(Overlay::Confirm(Box::new(ready)));
    picture!("confirm_promote_80x24", &model, &mut ui, (80, 24));

    let plans = ["checkout", "payments"].map(|name| plan(&model, "abort", &id(name), None));
    let mut bulk = dialog(plans.into(), Check::Passed(vec![]));
    bulk.items[1].check = Check::Refused("admission webhook said no".into());
    bulk.refused.push((id("web"), Refusal::because("already aborted")));
    ui.overlay = Some(Overlay::Confirm(Box::new(bulk)));
    picture!("confirm_bulk_120x40", &model, &mut ui, (120, 40));
}

#[test]
fn an_undo_shows_the_difference() {
    let model = night();
    let mut undo = plan(&model, "restart", &id("checkout"), None);
    (undo.action, undo.changes) = ("undo", Vec::new());
    undo.diff = ["@@ -1,4 +1,4 @@", " containers:", "- image: web:2", "+ image: web:1"].map(str::to_owned).into();
    let mut ui = writing();
    let mut dialog = dialog(vec![undo], Check::Passed(vec!["unknown field \"spec.foo\"".into()]));
    dialog.scroll = u16::MAX;
    ui.overlay = Some(Overlay::Confirm(Box::new(dialog)));
    picture!("confirm_undo_80x24", &model, &mut ui, (80, 24));
}

#[test]
fn overlays() {
    let model = night();
    let mut ui = writing();
    ui.lists[0].cursor = None;
    ui.overlay = Some(Overlay::Help { scroll: 0 });
    picture!("help_80x24", &model, &mut ui, (80, 24));
    let entry = |action: &&crate::actions::Action| PaletteEntry {
        name: action.name.into(),
        help: action.help.into(),
        keys: "X".into(),
        disabled: (action.name == "retry").then(|| "not aborted".to_owned()),
    };
    let entries: Vec<PaletteEntry> = ACTIONS.iter().map(entry).collect();
    ui.overlay = Some(Overlay::Palette(Palette { text: "re".into(), entries, selected: Some(4) }));
    picture!("palette_80x24", &model, &mut ui, (80, 24));
    ui.overlay = Some(Overlay::Revisions(Revisions { rollout: id("checkout"), selected: None, opened: now() }));
    picture!("revisions_80x24", &model, &mut ui, (80, 24));
    ui.overlay = Some(Overlay::Filter { text: "/(".into(), error: Some("not a regular expression".into()) });
    let last = text(&model, &mut ui, (80, 24)).lines().last().unwrap().to_owned();
    assert_eq!(last, "//(▌  ✗ not a regular expression");
}

#[test]
fn without_colour_and_without_unicode_it_says_the_same() {
    let model = observed(
        vec![
            (
                "rollouts",
                Observation::Rollouts(Change::Reset(vec![waiting("checkout"), aborted("web"), healthy("cart")])),
            ),
            ("analysisruns", Observation::AnalysisRuns(Change::Reset(Vec::new()))),
            ("refusals", Observation::Refusals(Change::Reset(Vec::new()))),
        ],
        at(295),
    );
    let mono = Theme::built_in(Depth::Mono);
    let buf = drawn(&model, &mut ui(), (80, 24), &mono, Glyphs::Ascii);
    insta::assert_snapshot!("ascii_80x24", rows(&buf));
    assert!(rows(&buf).is_ascii());
    let selected = (0..buf.area.height).find(|y| buf[(0, *y)].symbol() == ">" && buf[(1, *y)].symbol() == " ").unwrap();
    assert!(buf[(4, selected)].modifier.contains(ratatui::style::Modifier::REVERSED));
    let text = rows(&drawn(&model, &mut ui_of("checkout"), (200, 60), &mono, Glyphs::Ascii));
    assert!(text.is_ascii(), "{text}");
}
