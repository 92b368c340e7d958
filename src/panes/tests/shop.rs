//! The panes about the repository and the previews, with everything to see, with nothing, and while GitHub does not answer.

use crate::actions::fixture;
use crate::actions::{Wish, action};
use crate::panes::ui::{Ask, Check, Field, Look, Overlay, Ui};
use crate::panes::{PANES, index_of};
use crate::release::model::Model;
use crate::release::object::{ObjectId, Uid};
use crate::release::observation::{Failure, FailureKind, Report, Said, SourceId};
use crate::release::repository::{Duty, Finding, Topic};
use crate::release::sample_shop::{self, *};
use crate::release::subject;

use super::night::{at, night, now};
use super::picture::*;

macro_rules! picture {
    ($name:expr, $model:expr, $ui:expr, $size:expr) => {
        insta::assert_snapshot!($name, screen($model, $ui, $size))
    };
}

const ABOUT_THE_REPOSITORY: [&str; 5] = ["previews", "drift", "cost", "flags", "smoke"];

/// The night, and a repository with all that can be found in it.
fn shop() -> Model {
    let mut model = night();
    see_shop(&mut model, "prod-eu", now());
    model
}

fn knowing(findings: Vec<Finding>) -> Model {
    let mut model = shop();
    findings.into_iter().for_each(|finding| learn(&mut model, finding, now()));
    model
}

/// The screen with that pane alone.
fn zoomed(pane: &str) -> Ui {
    let mut ui = writing();
    (ui.focus, ui.zoom) = (index_of(pane).unwrap(), true);
    ui
}

/// Title and first row of that pane at 80 columns.
fn head(model: &Model, pane: &str, lines: usize) -> String {
    let text = text(model, &mut zoomed(pane), (80, 24));
    text.lines().skip(2).take(lines).map(|line| format!("{line}\n")).collect()
}

/// The letters of the roles on the screen with that pane alone, without the header.
fn letters(model: &Model, ui: &mut Ui, size: (u16, u16)) -> String {
    let picture = screen(model, ui, size);
    let letters = picture.split_once("\n----").unwrap().1;
    letters.lines().skip(2).take(usize::from(size.1) - 4).map(|line| format!("{line}\n")).collect()
}

#[test]
fn home_with_a_repository() {
    picture!("shop_home_80x24", &shop(), &mut ui(), (80, 24));
    picture!("shop_home_200x60", &shop(), &mut ui(), (200, 60));
    picture!("shop_home_40x10", &shop(), &mut ui(), (40, 10));
}

#[test]
fn each_pane_alone() {
    for pane in ABOUT_THE_REPOSITORY {
        picture!(format!("shop_{pane}_80x24"), &shop(), &mut zoomed(pane), (80, 24));
        picture!(format!("shop_{pane}_200x60"), &shop(), &mut zoomed(pane), (200, 60));
    }
}

#[test]
fn a_row_in_full() {
    let rows = [
        ("previews", "uid-pr-412"),
        ("drift", "drift/aws_s3_bucket.logs"),
        ("cost", "pull/428"),
        ("cost", "cost/merged"),
        ("flags", "flag/batch_import"),
        ("smoke", "smoke/run"),
    ];
    for (pane, row) in rows {
        let mut ui = zoomed(pane);
        let look = Look { pane: ui.focus, row: Uid::from(row), scroll: 0 };
        ui.overlay = Some(Overlay::Look(look));
        let name = if row == "cost/merged" { "merged" } else { pane };
        picture!(format!("look_{name}_80x24"), &shop(), &mut ui, (80, 24));
    }
    let mut ui = zoomed("flags");
    ui.overlay = Some(Overlay::Look(Look { pane: ui.focus, row: Uid::from("flag/gone"), scroll: 0 }));
    assert!(text(&shop(), &mut ui, (80, 24)).contains("it is gone"));
}

#[test]
fn every_row_can_be_read_in_full_and_its_cells_fill_the_columns() {
    let model = shop();
    let theme = crate::theme::Theme::default();
    let cx = crate::panes::cx::Cx::new(&model, &theme, &crate::theme::Glyphs::Unicode, now(), false);
    for pane in ABOUT_THE_REPOSITORY.map(|name| PANES[index_of(name).unwrap()]) {
        let rows = pane.rows(&cx);
        assert!(rows.len() >= 2, "{}", pane.name());
        for row in rows {
            let cells = pane.cells(&cx, &row).unwrap_or_else(|| panic!("{} {row:?}", pane.name()));
            assert_eq!(cells.len(), pane.columns().len(), "{} {row:?}", pane.name());
            assert!(pane.look(&cx, &row).is_some_and(|lines| !lines.is_empty()), "{} {row:?}", pane.name());
        }
        for row in ["", "/", "pull/x", "pull/99", "drift/none", "noise/", "smoke/99", "smoke/-1", "flag/", "nothing"] {
            assert!(pane.cells(&cx, &Uid::from(row)).is_none(), "{} {row}", pane.name());
            assert!(pane.look(&cx, &Uid::from(row)).is_none(), "{} {row}", pane.name());
        }
    }
}

#[test]
fn only_a_run_that_has_had_the_commit_has_deployed_it() {
    let promoted = |branch: &str, hours| {
        let ran = run(now(), 90, "workflow_dispatch", "\"success\"", hours);
        let ran = crate::release::workflow::Run { head_branch: Some(branch.to_owned()), ..ran };
        workflow(Duty::Promote, "flags-promote.yml", "active", vec![ran])
    };
    let undated = Finding::History(vec![crate::release::commit::Commit {
        sha: "c0ffee1".to_owned(),
        author: None,
        at: None,
        message: "new_checkout".to_owned(),
        url: None,
    }]);
    let has_it = |findings: Vec<Finding>| {
        let mut ui = zoomed("flags");
        ui.overlay = Some(Overlay::Look(Look { pane: ui.focus, row: Uid::from("flag/reranker"), scroll: 0 }));
        let model = knowing(findings);
        let deployed = text(&model, &mut ui, (80, 24)).contains("a promote run has succeeded since");
        let headline = text(&model, &mut zoomed("flags"), (120, 40));
        assert_eq!(headline.contains("no promotion seen"), !deployed, "the headline says it, too:\n{headline}");
        deployed
    };
    assert!(has_it(vec![promoted("main", 0)]), "the commit is an hour old");
    assert!(!has_it(vec![promoted("main", 2)]));
    assert!(!has_it(vec![promoted("side", 0)]));
    assert!(!has_it(vec![promoted("main", 0), undated]), "of a commit without a date nobody knows");
}

#[test]
fn what_previews_reserve_grows_old_by_itself_and_keeps_no_dead_watch_alive() {
    let said = |kind: &str, said| Report { source: SourceId { context: "prod-eu".into(), kind: kind.into() }, said };
    let theme = crate::theme::Theme::default();
    let row = Uid::from("uid-pr-431");
    let look = |model: &Model, now| -> (String, crate::theme::Role) {
        let cx = crate::panes::cx::Cx::new(model, &theme, &crate::theme::Glyphs::Unicode, now, false);
        let pane = PANES[index_of("previews").unwrap()];
        let border = crate::panes::freshness::of_pane(&cx, pane.sources()).text();
        (border, pane.cells(&cx, &row).unwrap()[4].role)
    };
    let later = now() + jiff::SignedDuration::from_mins(3);
    let mut model = shop();
    model.observe(said("namespaces", Said::Alive), later);
    let (border, cpu) = look(&model, later);
    assert_eq!((&*border, cpu), ("", crate::theme::Role::Stale), "the watch lives, the answers about pods do not");
    let mut model = shop();
    model.observe(said("preview-requests", Said::Alive), later);
    let (border, cpu) = look(&model, later);
    assert!(border.contains("STALE 3m"), "{border}");
    assert_eq!(cpu, crate::theme::Role::Text);
}

#[test]
fn each_kind_of_blindness_of_github_has_its_own_words() {
    let blinded = |mut model: Model, kind, message: &str| {
        for topic in Topic::ALL {
            learn(&mut model, sample_shop::blind(topic, kind, message), now());
        }
        model
    };
    let never = |kind, message: &str| {
        let mut model = night();
        model.repositories.entry(REPOSITORY.into()).or_default();
        blinded(model, kind, message)
    };
    let expired = "GitHub does not accept the token (401): renew it";
    let lacking = "the token may not read variables (403): it needs the permission variables=read";
    let mut asked = night();
    asked.repositories.entry(REPOSITORY.into()).or_default();
    let heads = [
        ("not configured", head(&night(), "cost", 2)),
        ("never asked", head(&asked, "cost", 2)),
        ("401, without data", head(&never(FailureKind::Unauthorized, expired), "drift", 2)),
        ("403, without data", head(&never(FailureKind::Forbidden, lacking), "cost", 3)),
        ("down, without data", head(&never(FailureKind::Unreachable, "GitHub cannot be reached"), "flags", 2)),
        ("401, with data", head(&blinded(shop(), FailureKind::Unauthorized, expired), "flags", 3)),
    ];
    insta::assert_snapshot!("github_words", heads.map(|(when, head)| format!("{when}:\n{head}")).concat());
    for (word, kind, message) in [
        ("unauthorized", FailureKind::Unauthorized, expired),
        ("forbidden", FailureKind::Forbidden, lacking),
        ("down", FailureKind::Unreachable, "GitHub cannot be reached: connection refused"),
    ] {
        let mut model = shop();
        for freshness in model.repositories.values_mut() {
            let sights = &mut std::sync::Arc::make_mut(freshness).sights;
            sights.values_mut().for_each(|sight| sight.seen = Some(at(-300)));
        }
        let model = blinded(model, kind, message);
        picture!(format!("github_{word}_80x24"), &model, &mut zoomed("cost"), (80, 24));
        let mut ui = zoomed("cost");
        ui.overlay = Some(Overlay::Look(Look { pane: ui.focus, row: Uid::from("pull/428"), scroll: 0 }));
        let text = text(&model, &mut ui, (120, 40));
        assert!(text.contains(message), "the look has all of it:\n{text}");
    }
    picture!("github_never_seen_80x24", &never(FailureKind::Unreachable, "no answer"), &mut zoomed("smoke"), (80, 24));
}

#[test]
fn the_cost_pane_says_whose_limit_holds() {
    let headline = |limit, otherwise: Option<u8>| {
        let name = "INFRACOST_LIMIT".to_owned();
        let otherwise = otherwise.map(Into::into);
        let model = knowing(vec![Finding::Limit(limit), Finding::LimitVariable { name, otherwise }]);
        text(&model, &mut zoomed("cost"), (200, 60))
    };
    let unread = || Some(Err("the token may not read variables".to_owned()));
    for (limit, otherwise, words) in [
        (Some(Ok(25.into())), Some(40), "limit 25  1 over it"),
        (unread(), Some(40), "the limit is unknown: the token may not read variables"),
        (None, Some(40), "limit 40: the configuration's, no variable can be seen"),
        (None, None, "limit 50: the default, no variable can be seen"),
        (unread(), None, "the limit is unknown: the token may not read variables"),
    ] {
        let text = headline(limit, otherwise);
        assert!(text.contains(words), "{words}:\n{text}");
    }
}

#[test]
fn what_one_look_finds_out_about_github_itself_holds_for_every_pane() {
    let mut model = shop();
    let message = "GitHub does not accept the token (401): renew it".to_owned();
    let said = Said::Failing(Failure { kind: FailureKind::Unauthorized, message, retry_in: None });
    let source = SourceId { context: REPOSITORY.into(), kind: "github".into() };
    model.observe(Report { source, said }, now());
    let header = |size| text(&model, &mut writing(), size).lines().next().unwrap_or_default().to_owned();
    assert!(header((80, 24)).contains("✓ LIVE  ✗ github UNAUTHORIZED"), "{}", header((80, 24)));
    let narrow = header((40, 10));
    assert!(narrow.contains("PROTECTED") && !narrow.contains("github"), "{narrow}");
    for pane in ABOUT_THE_REPOSITORY {
        let text = head(&model, pane, 1);
        assert!(text.contains("✗ UNAUTHORIZED GitHub does not accept the token"), "{text}");
        assert!(!letters(&model, &mut zoomed(pane), (80, 24)).contains(['o', 'O']), "{pane}");
    }
    learn(&mut model, Finding::Seen(Topic::Cost), now());
    assert!(!head(&model, "flags", 1).contains("UNAUTHORIZED"), "heard from again");
}

#[test]
fn what_is_not_known_of_the_repository_is_never_ok() {
    let is_ok = |model: &Model, pane: &str| letters(model, &mut zoomed(pane), (200, 60)).contains(['o', 'O']);
    for (pane, ok) in [("previews", true), ("cost", true), ("flags", false), ("drift", false), ("smoke", false)] {
        assert_eq!(is_ok(&shop(), pane), ok, "{pane}");
    }
    let mut asked = night();
    asked.repositories.entry(REPOSITORY.into()).or_default();
    let strange = knowing(vec![
        workflow(Duty::Drift, "infra-drift.yml", "a_new_word", vec![run(now(), 50, "schedule", "\"a_new_word\"", 5)]),
        workflow(Duty::Smoke, "verify-release.yml", "a_new_word", vec![run(now(), 70, "x", "\"a_new_word\"", 5)]),
        Finding::Plan(None),
        Finding::Smoke(from_run(70, summary("", 0, 0))),
        Finding::Costs(vec![]),
        Finding::Flags(Some(Box::new(flags("features: {a: {default: maybe, guardrails: {requires: [b]}}}")))),
        Finding::Limit(Some(Err("holds no amount".to_owned()))),
    ]);
    let good = || {
        let clean =
            br#"{"format_version":"1.2","resource_drift":[],"resource_changes":[],"applyable":false,"errored":false}"#;
        knowing(vec![
            Finding::Plan(from_run(50, crate::release::drift::read(clean, &[]).unwrap())),
            Finding::Smoke(from_run(70, summary(r#""p(95)<500":false"#, 300, 0))),
            Finding::Flags(Some(Box::new(flags(
                "features: {a: {default: true, guardrails: {requires: [b]}}, b: {default: true}}",
            )))),
        ])
    };
    for pane in ABOUT_THE_REPOSITORY {
        assert!(is_ok(&good(), pane), "{pane}:\n{}", text(&good(), &mut zoomed(pane), (200, 60)));
        assert!(!is_ok(&asked, pane) && !is_ok(&night(), pane), "{pane}");
        assert!(
            pane == "previews" || !is_ok(&strange, pane),
            "{pane}:\n{}",
            text(&strange, &mut zoomed(pane), (200, 60))
        );
        let mut blind = good();
        for topic in Topic::ALL {
            learn(&mut blind, sample_shop::blind(topic, FailureKind::Failed, "no answer"), now());
        }
        assert!(!is_ok(&blind, pane), "{pane}:\n{}", screen(&blind, &mut zoomed(pane), (120, 24)));
    }
}

#[test]
fn a_name_that_stands_twice_is_one_row() {
    let twice = flags("features:\n  a: {default: true}\n  a: {default: false}\n---\nfeatures: {}\n");
    let model = knowing(vec![Finding::Flags(Some(Box::new(twice)))]);
    let text = text(&model, &mut zoomed("flags"), (120, 24));
    assert_eq!(text.matches(" a ").count(), 1, "{text}");
    assert!(text.contains("many readers take only the first"), "{text}");
}

#[test]
fn an_empty_repository_says_what_is_not_there() {
    let model = knowing(vec![
        Finding::Pulls { open: vec![], merged: vec![], closed: Vec::new(), is_cut: false },
        Finding::Release(None),
        Finding::Flags(None),
        workflow(Duty::Smoke, "verify-release.yml", "active", vec![]),
        workflow(Duty::Drift, "infra-drift.yml", "active", vec![]),
        Finding::Plan(None),
        Finding::GoodPlan(None),
    ]);
    let heads = ABOUT_THE_REPOSITORY.map(|pane| head(&model, pane, 2));
    insta::assert_snapshot!("shop_empty", heads.concat());
}

fn wished(model: &Model, name: &str, target: &ObjectId) -> crate::actions::plan::Plan {
    let access = Default::default();
    let amount = Some("30".parse().unwrap());
    action(name).unwrap().plan(&Wish { now: now(), amount, ..fixture::wish(model, target, &access) }).unwrap()
}

#[test]
fn dialogs_about_the_repository() {
    let model = shop();
    let flag = subject::flag(&REPOSITORY.into(), "reranker");
    let mut ui = zoomed("flags");
    let kill = dialog(vec![wished(&model, "kill", &flag)], Check::Passed(vec![]));
    ui.overlay = Some(Overlay::Confirm(Box::new(kill)));
    picture!("confirm_kill_80x24", &model, &mut ui, (80, 24));
    for number in [407, 431] {
        let preview = preview(now(), "prod-eu", number).id;
        let mut teardown = dialog(vec![wished(&model, "teardown", &preview)], Check::Passed(vec![]));
        (teardown.field, teardown.reason_required) = (Field::Name, false);
        let mut ui = zoomed("previews");
        ui.overlay = Some(Overlay::Confirm(Box::new(teardown)));
        picture!(format!("confirm_teardown_{number}_80x24"), &model, &mut ui, (80, 24));
    }
    let limit = subject::limit(&REPOSITORY.into(), "INFRACOST_LIMIT");
    let mut ui = zoomed("cost");
    let (text, error) = ("3o".to_owned(), Some("\"3o\" is no amount: write it like 25 or 25.50".to_owned()));
    ui.overlay = Some(Overlay::Ask(Ask { action: "set-limit", target: limit, text, error, opened: now() }));
    picture!("ask_limit_80x24", &model, &mut ui, (80, 24));
}
