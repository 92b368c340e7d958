//! When an effect on GitHub or on a preview counts as there, as halfway, and as put back.

use jiff::SignedDuration;

use super::shop::*;
use crate::actions::fixture::now;
use crate::actions::no_effect_cause;
use crate::actions::plan::{Effect, Plan, Progress};
use crate::release::model::Model;
use crate::release::object::ObjectId;
use crate::release::observation::{Failure, FailureKind, Report, Said, SourceId};
use crate::release::preview::NamespaceCondition;
use crate::release::pull::PullLookup;
use crate::release::repository::{Duty, Finding, Topic, WorkflowView};
use crate::release::workflow::read_runs;

fn progress(plan: &Plan, model: &Model) -> Progress {
    plan.effect.progress(model, &plan.target)
}

fn put_back(plan: &Plan, model: &Model) -> bool {
    plan.effect.put_back(model, &plan.target).is_some()
}

fn planned(name: &str, target: &ObjectId) -> Plan {
    plan_as(&shop(), name, target, |wish| wish.amount = Some("30".parse().unwrap())).unwrap()
}

const KILLED: &str = "features: { new_checkout: { default: false, rollout: { stage: 0, prod: 0 } } }";

#[test]
fn a_flag_is_off_when_it_reads_so_whoever_owns_it() {
    let plan = planned("kill", &flag());
    let mut model = shop();
    assert_eq!((progress(&plan, &model), put_back(&plan, &model)), (Progress::NotYet, true));
    learn(&mut model, flags(KILLED, |_| ()));
    assert_eq!((progress(&plan, &model), put_back(&plan, &model)), (Progress::Done, false));
    learn(&mut model, flags(&KILLED.replace("prod: 0", "prod: 5"), |_| ()));
    assert!(put_back(&plan, &model));
    // What cannot be read says neither.
    for text in ["features: [", "features: {}"] {
        learn(&mut model, flags(text, |_| ()));
        assert_eq!((progress(&plan, &model), put_back(&plan, &model)), (Progress::NotYet, false));
    }
    learn(&mut model, Finding::Flags(None));
    assert_eq!((progress(&plan, &model), put_back(&plan, &model)), (Progress::NotYet, false));
}

#[test]
fn a_pull_request_is_halfway() {
    let mut model = shop();
    learn(&mut model, flags(FLAGS, |file| file.file.is_protected = Some(true)));
    let plan = plan(&model, "kill", &flag()).unwrap();
    assert_eq!(progress(&plan, &model), Progress::NotYet);
    let open = |branch: &str| {
        let one = pull(&format!(r#""state":"open","head":{{"ref":"{branch}","sha":"{HEAD}"}}"#));
        Finding::Pulls { open: vec![one], merged: Vec::new(), closed: Vec::new(), is_cut: false }
    };
    learn(&mut model, open("somebody-elses"));
    assert_eq!(progress(&plan, &model), Progress::NotYet);
    let Effect::PullOpened { branch, .. } = &plan.effect else { panic!("{:?}", plan.effect) };
    learn(&mut model, open(branch));
    let wanted = "pull request #407 is open: not in effect before it is merged";
    assert_eq!(progress(&plan, &model), Progress::Halfway(wanted.to_owned()));
    let ended = |fields: &str| pull(&format!(r#""state":"closed",{fields}"head":{{"ref":"{branch}"}}"#));
    let merged = vec![ended(r#""merged_at":"2026-08-20T03:05:00Z","#)];
    learn(&mut model, Finding::Pulls { open: Vec::new(), merged, closed: Vec::new(), is_cut: false });
    let wanted = "pull request #407 is merged, and the file does not show it yet";
    assert_eq!(progress(&plan, &model), Progress::Halfway(wanted.to_owned()));
    let killed = FLAGS.replace("true # on", "false # on").replace("stage: 100, prod: 50", "stage: 0, prod: 0");
    let mut in_effect = model.clone();
    learn(&mut in_effect, flags(&killed, |_| ()));
    assert_eq!((progress(&plan, &in_effect), put_back(&plan, &in_effect)), (Progress::Done, false));
    learn(&mut in_effect, flags(FLAGS, |_| ()));
    assert!(put_back(&plan, &in_effect));
    let closed = vec![ended("")];
    learn(&mut model, Finding::Pulls { open: Vec::new(), merged: Vec::new(), closed, is_cut: false });
    let wanted = "pull request #407 was closed without merging: it is not in effect";
    assert_eq!(progress(&plan, &model), Progress::Reverted(wanted.to_owned()));
    learn(&mut model, blind(Topic::Pulls, "no answer"));
    let cause = no_effect_cause(&model, &plan, now());
    assert_eq!(cause, "GitHub cannot be seen, the effect may be there: no answer");
}

#[test]
fn a_switch_a_limit_and_a_step_are_looked_at_where_they_stand() {
    let mut model = shop();
    let off = planned("disable-workflow", &workflow(Duty::Drift));
    assert_eq!(progress(&off, &model), Progress::NotYet);
    learn(&mut model, view(Duty::Drift, "disabled_manually"));
    assert_eq!((progress(&off, &model), put_back(&off, &model)), (Progress::Done, false));
    learn(&mut model, view(Duty::Drift, "active"));
    assert!(put_back(&off, &model));
    assert!(!put_back(&off, &Model::default()), "what is not seen was not put back");

    let raised = planned("set-limit", &limit());
    assert_eq!(progress(&raised, &model), Progress::NotYet);
    learn(&mut model, Finding::Limit(Some(Ok("30.00".parse().unwrap()))));
    assert_eq!((progress(&raised, &model), put_back(&raised, &model)), (Progress::Done, false));
    learn(&mut model, Finding::Limit(Some(Err("may not be read".to_owned()))));
    assert_eq!((progress(&raised, &model), put_back(&raised, &model)), (Progress::NotYet, false));

    let without = planned("remove-step", &workflow(Duty::Smoke));
    assert_eq!(progress(&without, &model), Progress::NotYet);
    learn(&mut model, smoke_file("jobs: {smoke: {steps: [{run: echo}]}}\n# another hand"));
    assert_eq!((progress(&without, &model), put_back(&without, &model)), (Progress::Done, false));
    learn(&mut model, smoke_file(VERIFY));
    assert!(put_back(&without, &model));
}

#[test]
fn a_run_began_when_a_later_one_was_dispatched() {
    let plan = planned("run-now", &workflow(Duty::Drift));
    let runs = |runs: &str| {
        let runs = read_runs(format!(r#"{{"workflow_runs":[{runs}]}}"#).as_bytes()).unwrap();
        let Finding::Workflow(duty, view) = view(Duty::Drift, "active") else { panic!("a workflow") };
        let mut model = shop();
        learn(&mut model, Finding::Workflow(duty, Box::new(WorkflowView { runs, ..*view })));
        progress(&plan, &model)
    };
    assert_eq!(runs(r#"{"id":70,"event":"workflow_dispatch","status":"queued"}"#), Progress::NotYet);
    assert_eq!(runs(r#"{"id":71,"event":"schedule","status":"queued"}"#), Progress::NotYet);
    assert_eq!(runs(r#"{"id":71,"event":"workflow_dispatch","status":"queued"}"#), Progress::Done);
}

#[test]
fn a_namespace_is_gone_when_it_is_seen_to_be() {
    let mut model = shop();
    namespaces(&mut model, vec![namespace()]);
    lookup(&mut model, PullLookup::NotFound);
    let plan = plan(&model, "teardown", &preview()).unwrap();
    assert_eq!(progress(&plan, &model), Progress::NotYet);
    assert_eq!(no_effect_cause(&model, &plan, now()), "its deletion has not begun");
    assert_eq!(progress(&plan, &Model::default()), Progress::NotYet, "what is not watched is not gone");

    let mut held = namespace();
    held.deleted_at = Some(now());
    held.conditions = vec![NamespaceCondition {
        kind: "NamespaceFinalizersRemaining".into(),
        holds: true,
        reason: "SomeFinalizersRemain".into(),
        message: "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"
            .into(),
    }];
    namespaces(&mut model, vec![held]);
    let cause = no_effect_cause(&model, &plan, now());
    assert_eq!(cause, "it is being deleted and held: finalizer example.com/hold on 1");

    // A source that fails keeps what it knew, and its silence takes nothing away.
    let source = SourceId { context: "prod".into(), kind: "namespaces".into() };
    let failure = Failure { kind: FailureKind::Unreachable, message: "no route".into(), retry_in: None };
    model.observe(Report { source, said: Said::Failing(failure) }, now());
    assert_eq!(progress(&plan, &model), Progress::NotYet);
    let late = now().checked_add(SignedDuration::from_secs(60)).unwrap();
    let cause = no_effect_cause(&model, &plan, late);
    assert!(cause.starts_with("namespaces of context prod cannot be seen, it may be gone: no route"), "{cause}");

    let mut successor = namespace();
    successor.id.uid = "uid-of-another".into();
    namespaces(&mut model, vec![successor]);
    assert_eq!(progress(&plan, &model), Progress::Done);
}
