//! What stands before every action, and what a confirmed plan is held against.

use jiff::SignedDuration;

use crate::actions::fixture::*;
use crate::actions::guard::{Access, Authority, still_holds};
use crate::actions::plan::Danger;
use crate::actions::seen::Seen;
use crate::actions::{Wish, action, plan_all};
use crate::release::access::Verdict;
use crate::release::model::Model;

fn refused(wish: &Wish<'_>, name: &str) -> String {
    action(name).unwrap().plan(wish).expect_err("a refusal").reason
}

#[test]
fn read_only_beats_everything() {
    let (model, target, access) = (model_of(paused()), id("web"), Access::new());
    let authority = Authority { read_only: true, write_until: Some(now()), protected: false };
    let wish = Wish { authority, ..wish(&model, &target, &access) };
    assert_eq!(refused(&wish, "abort"), "read-only: this session may not change anything");
}

#[test]
fn a_protected_context_is_open_for_a_limited_time() {
    let (model, target, access) = (model_of(paused()), id("web"), Access::new());
    let protected = |write_until| Wish {
        authority: Authority { protected: true, write_until, read_only: false },
        ..wish(&model, &target, &access)
    };
    assert!(refused(&protected(None), "abort").contains("context prod is protected"));
    assert_eq!(
        refused(&protected(Some(now())), "abort"),
        "read-only: the time for writing to context prod ended at 03:00:00 UTC"
    );
    let open = protected(now().checked_add(SignedDuration::from_secs(60)).ok());
    assert_eq!(action("abort").unwrap().plan(&open).unwrap().danger, Danger::Plain);
    assert_eq!(action("promote").unwrap().plan(&open).unwrap().danger, Danger::TypeName);
}

#[test]
fn nothing_is_done_on_what_may_be_out_of_date() {
    let (model, target, access) = (model_of(paused()), id("web"), Access::new());
    let late = now().checked_add(SignedDuration::from_secs(40)).unwrap();
    let wish_late = Wish { now: late, ..wish(&model, &target, &access) };
    assert_eq!(
        refused(&wish_late, "abort"),
        "context prod was last heard from 40 s ago: not acting on what may be out of date"
    );
    let blank = Model::default();
    assert_eq!(refused(&wish(&blank, &target, &access), "abort"), "rollouts of context prod have not been read yet");
}

#[test]
fn what_is_gone_or_unreadable_is_left_alone() {
    let (access, target) = (Access::new(), id("web"));
    let mut model = model_of(paused());
    forget(&mut model);
    assert_eq!(refused(&wish(&model, &target, &access), "abort"), "shop/web is gone");
    let mut unreadable = paused();
    unreadable.fault = Some("spec.strategy is a list".into());
    assert_eq!(refusal("abort", unreadable), "shop/web cannot be read: spec.strategy is a list");
}

#[test]
fn what_moved_on_since_it_was_shown_is_refused() {
    let (model, target, access) = (model_of(progressing()), id("web"), Access::new());
    let shown = Seen::of_rollout(&paused());
    let wish = Wish { shown: Some(&shown), ..wish(&model, &target, &access) };
    assert_eq!(
        refused(&wish, "skip-step"),
        "moved on since it was shown: it is at step 2 now, it was at 1; look again"
    );
    // The emergency brake holds on to the revision only.
    assert!(action("abort").unwrap().plan(&wish).is_ok());
    let another = Seen { pod_hash: Some("older".into()), ..shown.clone() };
    let wish = Wish { shown: Some(&another), ..wish };
    assert_eq!(
        refused(&wish, "abort"),
        "moved on since it was shown: the revision is now new, it was older; look again"
    );
}

#[test]
fn a_known_denial_is_a_refusal_with_its_right() {
    let (model, target, mut access) = (model_of(paused()), id("web"), Access::new());
    let right = plan("abort", paused()).unwrap().requests[0].right.clone().unwrap();
    access.insert(right.clone(), Verdict::Unknown("timed out".into()));
    assert!(action("abort").unwrap().plan(&wish(&model, &target, &access)).is_ok());
    access.insert(right, Verdict::Denied(String::new()));
    assert_eq!(
        refused(&wish(&model, &target, &access), "abort"),
        "not permitted: you may not patch rollouts/status in namespace shop"
    );
    assert!(action("pause").unwrap().plan(&wish(&model, &target, &access)).is_ok());
}

#[test]
fn git_reverts_a_spec_but_no_status() {
    let mut rollout = paused();
    rollout.managed_by = Some("Argo CD".into());
    let says = |name: &str| plan(name, rollout.clone()).unwrap().notes.iter().any(|note| note.contains("Argo CD"));
    assert!(says("pause"));
    assert!(!says("abort"));
}

#[test]
fn a_plan_is_checked_again_when_it_is_confirmed() {
    let plan = plan("promote", paused()).unwrap();
    let open = Authority::default();
    assert_eq!(still_holds(&plan, &model_of(paused()), &open, now()), Ok(()));
    let refusal = still_holds(&plan, &model_of(aborted()), &open, now()).unwrap_err();
    assert!(refusal.reason.contains("aborted meanwhile"), "{}", refusal.reason);
    let closed = Authority { read_only: true, ..open };
    assert!(still_holds(&plan, &model_of(paused()), &closed, now()).is_err());
}

#[test]
fn bulk_keeps_refusals_beside_the_plans() {
    let mut model = model_of(paused());
    let mut other = healthy();
    other.id = id("api");
    see(&mut model, other);
    let (access, targets) = (Access::new(), [id("web"), id("api")]);
    let bulk = plan_all(action("abort").unwrap(), targets.iter().map(|target| wish(&model, target, &access)));
    assert_eq!(bulk.plans.len(), 1);
    assert_eq!(bulk.refusals[0].0, id("api"));
}
