//! Kill and restore: the commit or the pull request to the byte, what refuses them, and the way back.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::shop::*;
use crate::actions::effect::Progress;
use crate::actions::fixture::now;
use crate::actions::guard::{Authority, still_holds};
use crate::actions::plan::{Danger, Effect, Plan};
use crate::actions::seen::Seen;
use crate::actions::{Kind, action, in_one};
use crate::release::attention::Severity;
use crate::release::deed::Deed;
use crate::release::model::Model;
use crate::release::observation::{Observation, Report, Said, SourceId};
use crate::release::repository::{CHECKOUT, Finding, FlagsFile, Topic};
use crate::release::subject;

const PATH: &str = "/repos/acme/shop/contents/feature-flags/flags.yaml";

const NO_FLAG: &str = "there is no flag gone in feature-flags/flags.yaml";

/// What a plan's commit would make of the file.
fn content(plan: &Plan) -> String {
    let put = plan.requests.iter().find(|request| request.method == "PUT").unwrap();
    String::from_utf8(STANDARD.decode(put.body["content"].as_str().unwrap()).unwrap()).unwrap()
}

fn killed() -> String {
    FLAGS.replace("true # on", "false # on").replace("stage: 100, prod: 50", "stage: 0, prod: 0")
}

/// A kill in the journal, as it came out.
fn deed(plan: &Plan, number: u64, outcome: Option<&str>) -> Deed {
    Deed {
        number,
        at: now(),
        who: "ann@bastion".into(),
        context: plan.target.context.clone(),
        action: plan.action.into(),
        kind: plan.kind.into(),
        object: "new_checkout".into(),
        uid: plan.target.uid.clone(),
        reason: "".into(),
        requests: Vec::new(),
        outcome: outcome.map(Into::into),
        effect: None,
        severity: Severity::Ok,
        inverse: Some(plan.inverse.clone()),
    }
}

fn journal(model: &mut Model, deeds: Vec<Deed>) {
    let source = SourceId { context: "".into(), kind: "journal".into() };
    model.observe(Report { source, said: Said::Observed(Observation::Journal(deeds)) }, now());
}

#[test]
fn what_is_read_from_a_checkout_is_changed_in_git() {
    let mut model = shop();
    let checked_out = |file: &mut FlagsFile| (file.file.branch, file.file.sha) = (CHECKOUT.to_owned(), String::new());
    learn(&mut model, flags(FLAGS, checked_out));
    for action in ["kill", "restore"] {
        let refusal = "the flags are read from a local checkout: change them in git";
        assert_eq!(refused(&model, action, &flag()), refusal);
    }
}

#[test]
fn a_kill_is_one_commit_on_the_blob_that_was_seen() {
    let plan = plan_as(&shop(), "kill", &flag(), |wish| wish.reason = "TICKET-1").unwrap();
    let [put] = plan.requests.as_slice() else { panic!("{:?}", plan.requests) };
    let wanted = json!({ "message": "kill: new_checkout (TICKET-1)", "branch": "main", "sha": BLOB,
        "content": STANDARD.encode(killed()) });
    assert_eq!((put.method, &*put.path, &put.body, &put.right), ("PUT", PATH, &wanted, &None));
    let [held] = put.held.as_slice() else { panic!("{:?}", put.held) };
    assert_eq!((&*held.path, held.pointer), (&*format!("{PATH}?ref=main"), "/sha"));
    assert_eq!(held.value, json!(BLOB));
    let changes: Vec<_> = plan.changes.iter().map(|it| format!("{}: {} -> {}", it.field, it.from, it.to)).collect();
    assert_eq!(
        changes,
        [
            "features.new_checkout.rollout.prod: 50 -> 0",
            "features.new_checkout.default: true -> false",
            "features.new_checkout.rollout.stage: 100 -> 0",
            "feature-flags/flags.yaml: blob aaaaaaa -> commit to main",
        ]
    );
    assert_eq!((&plan.danger, plan.kind, &*plan.target.context), (&Danger::Plain, "Flag", "acme/shop"));
    assert!(plan.diff.iter().any(|line| line.starts_with("-    default: true")), "{:?}", plan.diff);
    assert!(plan.notes.iter().any(|note| note.contains("not live before")), "{:?}", plan.notes);
    assert!(matches!(&plan.effect, Effect::FlagsAre(flags) if flags[0].name == "new_checkout"));
}

#[test]
fn on_a_protected_branch_it_is_a_branch_a_commit_and_a_pull_request() {
    let mut model = shop();
    learn(&mut model, flags(FLAGS, |file| file.file.is_protected = Some(true)));
    let plan = plan(&model, "kill", &flag()).unwrap();
    let [branch, put, pull] = plan.requests.as_slice() else { panic!("{:?}", plan.requests) };
    let side = &*side_branch(&plan);
    assert!(side.starts_with("flightdeck/kill-new_checkout-") && side.ends_with("-202608200300"), "{side}");
    assert_eq!((branch.method, &*branch.path), ("POST", "/repos/acme/shop/git/refs"));
    assert_eq!(branch.body, json!({ "ref": format!("refs/heads/{side}"), "sha": HEAD }));
    assert_eq!(branch.held[0].path, format!("{PATH}?ref=main"), "the first request rests on what was seen");
    assert_eq!((put.method, &*put.path, &put.body["branch"]), ("PUT", PATH, &json!(side)));
    assert_eq!((&put.body["sha"], put.held.len(), pull.held.len()), (&json!(BLOB), 0, 0));
    assert_eq!((pull.method, &*pull.path), ("POST", "/repos/acme/shop/pulls"));
    let body = "Made with Flightdeck. It is not in effect before it is merged.";
    assert_eq!(pull.body, json!({ "title": "kill: new_checkout", "head": side, "base": "main", "body": body }));
    assert!(matches!(&plan.effect, Effect::PullOpened { branch, .. } if branch == side));
    assert_eq!(plan.effect.topic(&plan.target), Some(Topic::Pulls));
    assert!(plan.notes.iter().any(|note| note.starts_with("main is protected: not in effect before")));

    let reason = "because ".repeat(60);
    let wordy = plan_as(&model, "kill", &flag(), |wish| wish.reason = &reason).unwrap();
    let (title, whole) = (wordy.requests[2].body["title"].as_str(), wordy.requests[2].body["body"].as_str());
    assert!(title.is_some_and(|title| title.chars().count() < 256 && title.ends_with('…')), "{title:?}");
    assert!(whole.is_some_and(|whole| whole.contains(&reason)), "{whole:?}");

    learn(&mut model, flags(FLAGS, |file| (file.file.is_protected, file.file.head) = (Some(true), None)));
    assert_eq!(refused(&model, "kill", &flag()), "the head of main is not known yet: try again");
    learn(&mut model, flags(FLAGS, |file| (file.file.is_protected, file.file.head) = (None, None)));
    let doubtful = plan_of(&model);
    assert_eq!((doubtful.requests.len(), doubtful.requests[0].method), (1, "PUT"));
    assert!(doubtful.notes.iter().any(|note| note.contains("whether main is protected cannot be seen")));
}

/// The branch that a plan makes.
fn side_branch(plan: &Plan) -> String {
    plan.requests[0].body["ref"].as_str().unwrap().replacen("refs/heads/", "", 1)
}

#[test]
fn a_second_try_has_a_branch_of_its_own_and_an_open_one_is_enough() {
    let mut model = shop();
    let protected = |file: &mut FlagsFile| file.file.is_protected = Some(true);
    learn(&mut model, flags(FLAGS, protected));
    let target = flag();
    let after = |model: &Model, seconds: i64| {
        let later = now() + jiff::SignedDuration::from_secs(seconds);
        plan_as(model, "kill", &target, |wish| wish.now = later).map_err(|refusal| refusal.reason)
    };
    let first = after(&model, 0).unwrap();
    assert_eq!(side_branch(&first), side_branch(&after(&model, 59).unwrap()), "pressed twice, it finds itself");
    let second = after(&model, 60).unwrap();
    assert_ne!(side_branch(&first), side_branch(&second), "what the first has left is in nobody's way");
    assert!(second.notes.iter().any(|note| note.contains("an earlier try has left")), "{:?}", second.notes);
    assert!(!second.notes.iter().any(|note| note.contains("can be seen")), "{:?}", second.notes);

    let open = |branch: &str| {
        let one = pull(&format!(r#""state":"open","head":{{"ref":"{branch}","sha":"{HEAD}"}}"#));
        Finding::Pulls { open: vec![one], merged: Vec::new(), closed: Vec::new(), is_cut: false }
    };
    learn(&mut model, open(&side_branch(&first)));
    let wanted =
        "pull request #407 asks for the same already: have it merged, or close it and try again once that is seen";
    assert_eq!(after(&model, 600).unwrap_err(), wanted);
    // The same flag in another file is another edit.
    learn(&mut model, flags(&format!("{FLAGS} # more"), protected));
    assert!(after(&model, 600).is_ok());
    learn(&mut model, blind(Topic::Pulls, "no"));
    let doubtful = after(&model, 600).unwrap();
    assert!(doubtful.notes.iter().any(|note| note.starts_with("not all open pull requests can be seen")));
}

fn plan_of(model: &Model) -> Plan {
    plan(model, "kill", &flag()).unwrap()
}

#[test]
fn what_comes_back_against_its_guardrails_is_said() {
    let on = "features:\n  b: {default: true, guardrails: {requires: [review]}}\n";
    let b = subject::flag(&"acme/shop".into(), "b");
    let mut model = shop();
    learn(&mut model, flags(on, |_| ()));
    let kill = plan(&model, "kill", &b).unwrap();
    learn(&mut model, flags(&on.replace("true", "false"), |_| ()));
    journal(&mut model, vec![deed(&kill, 1, Some("applied"))]);
    let note = "b comes back on in every environment, requires review: nothing says that it is met";
    assert_eq!(plan(&model, "restore", &b).unwrap().notes[0], note);
    assert!(!kill.notes.iter().any(|note| note.contains("comes back")));
}

#[test]
fn what_stands_against_it_is_said() {
    let mut model = Model::default();
    assert_eq!(refused(&model, "kill", &flag()), "acme/shop has not been read yet");
    learn(&mut model, about(|_| ()));
    assert_eq!(refused(&model, "kill", &flag()), "GitHub has not answered about flags yet");

    let said = |finding: Finding| {
        let mut model = shop();
        learn(&mut model, finding);
        refused(&model, "kill", &flag())
    };
    assert_eq!(said(Finding::Flags(None)), "there is no flags file in acme/shop");
    assert_eq!(said(about(|about| about.archived = true)), "acme/shop is archived: nothing can be changed in it");
    assert_eq!(
        said(about(|about| about.may_push = Some(false))),
        "not permitted: the token may not write to acme/shop"
    );
    assert_eq!(
        said(blind(Topic::Flags, "api.github.com cannot be reached")),
        "GitHub cannot be asked about flags: not acting on what may be out of date (api.github.com cannot be reached)"
    );
    assert!(said(flags("features: [", |_| ())).starts_with("feature-flags/flags.yaml "));
    assert_eq!(said(flags("features: {}", |_| ())), "there is no flag new_checkout in feature-flags/flags.yaml");
    assert_eq!(said(flags(&killed(), |_| ())), "new_checkout is off already, everywhere");
    // What another pane cannot see is in nobody's way.
    let mut model = shop();
    learn(&mut model, blind(Topic::Cost, "no"));
    learn(&mut model, blind(Topic::Pulls, "no"));
    assert!(plan(&model, "kill", &flag()).is_ok());
}

#[test]
fn a_frozen_screen_that_moved_on_is_no_ground() {
    let shown = Seen::of(&shop(), Kind::Flag, &flag()).unwrap();
    let mut model = shop();
    learn(&mut model, flags(FLAGS, |file| file.file.sha = "fffffff0".repeat(5)));
    let target = flag();
    let refusal = plan_as(&model, "kill", &target, |wish| wish.shown = Some(&shown)).unwrap_err().reason;
    assert_eq!(refusal, "moved on since it was shown: the flags file is fffffff now, it was aaaaaaa; look again");
    let planned = plan_of(&shop());
    let open = Authority::default();
    assert_eq!(still_holds(&planned, &shop(), &open, now()), Ok(()));
    assert!(still_holds(&planned, &model, &open, now()).unwrap_err().reason.contains("the flags file"));
}

#[test]
fn a_restore_puts_back_every_byte() {
    let kill = plan_of(&shop());
    assert_eq!(content(&kill), killed());
    assert_eq!(kill.inverse["action"], "restore");
    let mut model = shop();
    learn(&mut model, flags(&killed(), |_| ()));
    assert!(refused(&model, "restore", &flag()).contains("no kill of it is recorded"));
    // It comes back out of the journal as JSON.
    let mut recorded = deed(&kill, 1, Some("applied"));
    recorded.inverse = serde_json::from_str(&kill.inverse.to_string()).unwrap();
    journal(&mut model, vec![recorded]);
    let restore = plan(&model, "restore", &flag()).unwrap();
    assert_eq!(content(&restore), FLAGS);
    assert_eq!((&restore.inverse["action"], &restore.danger), (&json!("kill"), &Danger::Plain));
    assert_eq!(restore.requests[0].body["message"], "restore: new_checkout");
}

#[test]
fn what_others_do_to_its_environments_is_told_from_what_it_does() {
    let (kill, mut model) = (plan_of(&shop()), shop());
    let mut stands = |plan: &Plan, rollout: &str| {
        learn(&mut model, flags(&killed().replace("stage: 0, prod: 0", rollout), |_| ()));
        (plan.effect.progress(&model, &plan.target), plan.effect.put_back(&model, &plan.target).is_some())
    };
    let (there, undone) = ((Progress::Done, false), (Progress::NotYet, true));
    assert_eq!(stands(&kill, "stage: 0, prod: 0, canary: 0"), there);
    assert_eq!(stands(&kill, "prod: 0"), there);
    assert_eq!(stands(&kill, "stage: 0, prod: 0, canary: 5"), undone);
    assert_eq!(stands(&kill, "stage: 0, prod: 1"), undone);
    let mut killed_model = shop();
    learn(&mut killed_model, flags(&killed(), |_| ()));
    journal(&mut killed_model, vec![deed(&kill, 1, Some("applied"))]);
    let restore = plan(&killed_model, "restore", &flag()).unwrap();
    let mut restored = |rollout: &str| {
        learn(&mut killed_model, flags(&FLAGS.replace("stage: 100, prod: 50", rollout), |_| ()));
        restore.effect.progress(&killed_model, &restore.target)
    };
    assert_eq!(restored("stage: 100, prod: 50, canary: 5"), Progress::Done);
    assert_eq!(restored("stage: 100"), Progress::NotYet, "production is not back");
}

const TWO: &str = "features:\n  a: { default: true } # one\n  b: { rollout: { prod: 7 } }\n  c: { default: true }\n";

fn two_killed() -> String {
    TWO.replace("true } # one", "false } # one").replace('7', "0")
}

#[test]
fn flags_of_one_file_are_one_commit_and_each_is_put_back_by_itself() {
    let mut model = shop();
    learn(&mut model, flags(TWO, |_| ()));
    let of = |name: &str| subject::flag(&REPOSITORY.into(), name);
    let kill_action = action("kill").unwrap();
    let by_itself = ["a", "b"].map(|name| plan(&model, "kill", &of(name)).unwrap());
    assert_eq!(in_one(kill_action, &by_itself[..1]), None, "one is as it is");
    let both = in_one(kill_action, &by_itself).unwrap();
    let kill = plan(&model, "kill", &both).unwrap();
    assert_eq!((kill.requests.len(), content(&kill)), (1, two_killed()));
    assert_eq!((&*kill.target.name, &kill.requests[0].body["message"]), ("a, b", &json!("kill: a, b")));
    let changes: Vec<_> = kill.changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(changes, ["features.b.rollout.prod", "features.a.default", "feature-flags/flags.yaml"]);
    assert_eq!(still_holds(&kill, &model, &Authority::default(), now()), Ok(()));
    assert_eq!(refused(&model, "kill", &subject::flags(&REPOSITORY.into(), &["a", "gone"])), NO_FLAG);

    assert_eq!(kill.effect.progress(&model, &kill.target), Progress::NotYet);
    learn(&mut model, flags(&two_killed().replace("prod: 0", "prod: 1"), |_| ()));
    assert_eq!(kill.effect.progress(&model, &kill.target), Progress::NotYet, "one of the two is not enough");
    assert_eq!(kill.effect.put_back(&model, &kill.target).as_deref(), Some("it was committed and put back"));
    learn(&mut model, flags(&two_killed(), |_| ()));
    assert_eq!(kill.effect.progress(&model, &kill.target), Progress::Done);
    assert_eq!(kill.effect.put_back(&model, &kill.target), None);

    journal(&mut model, vec![deed(&kill, 1, Some("applied"))]);
    assert!(refused(&model, "restore", &of("c")).starts_with("no kill of it is recorded"));
    let restore = plan(&model, "restore", &of("b")).unwrap();
    assert_eq!(content(&restore), two_killed().replace("prod: 0", "prod: 7"));
    assert_eq!(content(&plan(&model, "restore", &both).unwrap()), TWO);
    journal(&mut model, vec![deed(&restore, 2, Some("applied")), deed(&kill, 1, Some("applied"))]);
    assert!(refused(&model, "restore", &of("b")).starts_with("it was restored already"));
    assert!(plan(&model, "restore", &of("a")).is_ok());
    // One that was sent and not seen is none: closed in its pull request, or lost on its way.
    for severity in [Severity::Attention, Severity::Unknown] {
        let sent = Deed { severity, ..deed(&restore, 2, Some("applied")) };
        journal(&mut model, vec![sent, deed(&kill, 1, Some("applied"))]);
        assert!(plan(&model, "restore", &of("b")).is_ok());
    }
    learn(&mut model, flags(TWO, |_| ()));
    let before = "b stands as it was before that kill: it is not merged, or was put back since";
    assert_eq!(refused(&model, "restore", &of("b")), before);
}

#[test]
fn only_the_last_kill_is_put_back_and_only_where_it_still_stands() {
    let kill = plan_of(&shop());
    let mut model = shop();
    learn(&mut model, flags(&killed(), |_| ()));
    let restored = |model: &mut Model, deeds: Vec<Deed>| {
        journal(model, deeds);
        plan(model, "restore", &flag()).map(|plan| content(&plan)).map_err(|refusal| refusal.reason)
    };
    let mut older = deed(&kill, 1, Some("applied"));
    older.inverse = Some(json!({ "flags": { "new_checkout": [
        { "path": "features.new_checkout.rollout.prod", "from": "99", "to": "0" }
    ] } }));
    // The later one may have been done, whatever became of its answer.
    for outcome in [Some("applied"), Some("unknown: no answer"), None] {
        assert_eq!(restored(&mut model, vec![deed(&kill, 2, outcome), older.clone()]), Ok(FLAGS.to_owned()));
    }
    // One that was refused has changed nothing.
    for outcome in ["conflict: moved", "denied: no", "failed: 1 of 3 requests was applied"] {
        let restored = restored(&mut model, vec![deed(&kill, 2, Some(outcome)), older.clone()]).unwrap();
        assert!(restored.contains("prod: 99"), "{restored}");
    }
    let mut elsewhere = deed(&kill, 2, Some("applied"));
    elsewhere.context = "acme/other".into();
    assert!(restored(&mut model, vec![elsewhere]).unwrap_err().contains("no kill of it is recorded"));

    learn(&mut model, flags(&killed().replace("prod: 0", "prod: 7"), |_| ()));
    let moved = restored(&mut model, vec![deed(&kill, 1, Some("applied"))]).unwrap_err();
    assert_eq!(moved, "features.new_checkout.rollout.prod is 7, not 0: somebody changed it since");
    learn(&mut model, flags(&killed().replace(", prod: 0", ""), |_| ()));
    let gone = restored(&mut model, vec![deed(&kill, 1, Some("applied"))]).unwrap_err();
    assert_eq!(gone, "features.new_checkout.rollout.prod is not there any more: put it back in git");
    let mut odd = deed(&kill, 1, Some("applied"));
    odd.inverse = Some(Value::from("edited by hand"));
    assert!(restored(&mut model, vec![odd]).unwrap_err().contains("no kill of it is recorded"));
}
