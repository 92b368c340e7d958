//! What the stories tell arrives in the model, costs nothing the second time, and goes on after a fault.

use flightdeck::release::drift::DriftVerdict;
use flightdeck::release::drift_watch::{self, DriftState};
use flightdeck::release::flag::FlagState;
use flightdeck::release::gate::GateVerdict;
use flightdeck::release::model::Liveness;
use flightdeck::release::observation::{FailureKind, Said};
use flightdeck::release::pull::PullLookup;
use flightdeck::release::repository::{Duty, Finding, Topic};
use flightdeck::sim::Fault;
use flightdeck::sources::github::NAME;

use super::{STORY, Watched, settings, world};
use crate::world::deck::now;

#[tokio::test]
async fn every_story_arrives_and_the_second_look_costs_nothing() {
    let world = world(&[STORY]).await;
    let dir = tempfile::tempdir().unwrap();
    let token = dir.path().join("token");
    std::fs::write(&token, "ghp_secret\n").unwrap();
    let mut watched = Watched::start(settings(&world.github_url(), Some(&token)));
    watched.handle.previews([431, 412, 407, 398, 999].into());
    watched.until(|said| matches!(said, Said::Loaded)).await;
    watched.until(|said| matches!(said, Said::Resting(_))).await;

    let shop = watched.repository();
    assert_eq!(shop.open.len(), 4);
    assert_eq!(shop.about.as_ref().unwrap().default_branch, "main");
    let state = |number| match shop.pull(number) {
        PullLookup::Found(pull) => pull.state.word().to_owned(),
        other => format!("{other:?}"),
    };
    assert_eq!([431, 412, 407].map(state), ["open", "merged", "closed"]);
    assert_eq!(shop.pull(999), PullLookup::NotFound);
    let merged: Vec<u64> = shop.merged_since_release().unwrap().iter().map(|pull| pull.number).collect();
    assert_eq!(merged, [412, 419]);

    let drift = shop.workflow(Duty::Drift).unwrap();
    let plan = shop.plan.as_ref().unwrap().content.clone();
    let (state, why) = drift_watch::state(drift.workflow.as_ref(), &drift.runs, plan.as_ref(), now());
    assert_eq!(state, DriftState::Found(DriftVerdict::DriftAndPending), "{why}");
    assert_eq!(drift.jobs.as_ref().unwrap().jobs[0].name, "plan");

    let blame = |address| shop.blame.get(address).map(|blame| (&*blame.file, blame.commit.author.as_deref().unwrap()));
    assert_eq!(blame("aws_s3_bucket.logs"), Some(("infra/storage.tf", "grace")));
    assert_eq!(blame("aws_security_group.orders"), Some(("infra/main.tf", "linus")));

    let limit = shop.limit.clone().unwrap().unwrap();
    let verdict = |number| {
        let report = shop.cost(number)?.report.clone()?;
        Some(report.content?.ok()?.judge(limit).verdict)
    };
    assert_eq!(verdict(428), Some(GateVerdict::Fail), "over the limit of {limit}");
    assert_eq!(verdict(425), Some(GateVerdict::Unknown), "no baseline");
    assert_eq!(verdict(419), Some(GateVerdict::Pass));
    assert_eq!((verdict(431), shop.cost(431).unwrap().report.is_none()), (None, true), "its run is not done");

    let smoke = shop.smoke.clone().unwrap().content.unwrap().unwrap();
    assert!(smoke.judge(None).1.contains("green with zero thresholds"));
    let flags = shop.flags.as_ref().unwrap();
    assert_eq!(flags.flags.as_ref().unwrap().get("new_checkout").unwrap().state("prod"), FlagState::On);
    assert!(flags.file.text.contains("# all of it, for the sale"));
    let gate = shop.workflow(Duty::Plan).unwrap().source.as_ref().unwrap();
    assert!(gate.text.contains("- name: Enforce budget") && gate.path == ".github/workflows/infra-plan.yml");
    assert_eq!((&gate.head, gate.is_protected, &*gate.branch), (&flags.file.head, Some(false), "main"));
    assert!(flags.file.head.is_some() && shop.workflow(Duty::Drift).unwrap().source.is_none());
    assert_eq!(shop.open[0].head_ref.as_deref(), Some("larger-orders-db"));
    assert_eq!(shop.history[0].message, "new_checkout to everybody, for the sale");
    assert!(shop.workflow(Duty::Teardown).unwrap().workflow.is_some());

    let fresh = watched.model.source("acme/shop", NAME).unwrap();
    assert_eq!(fresh.liveness(now()), Liveness::Live);
    let later = now() + jiff::SignedDuration::from_secs(30);
    assert_eq!(fresh.liveness(later), Liveness::Live, "it has said that it would be silent");

    let asked = world.asked();
    assert!(asked.iter().filter(|asked| !asked.is_store).all(|asked| asked.has_token));
    let store: Vec<_> = asked.iter().filter(|asked| asked.is_store).collect();
    assert_eq!((store.len(), store.iter().all(|asked| !asked.has_token && asked.status == 200)), (5, true));

    let (left, so_far) = (shop.budget.unwrap().remaining, asked.len());
    watched.handle.acted(Topic::Drift);
    watched.until_found(|finding| *finding == Finding::Seen(Topic::Drift)).await;
    let again = &world.asked()[so_far..];
    assert!(!again.is_empty() && again.iter().all(|asked| asked.status == 304), "{again:?}");
    assert_eq!(watched.repository().budget.unwrap().remaining, left);
}

#[tokio::test]
async fn a_fault_is_said_and_ends() {
    let world = world(&[STORY]).await;
    let mut watched = Watched::start(settings(&world.github_url(), None));
    watched.until(|said| matches!(said, Said::Loaded)).await;
    world.fault(Fault::GithubTooMany);
    watched.handle.acted(Topic::Flags);
    watched.until_found(|finding| matches!(finding, Finding::Blind(..))).await;
    let (_, failure) = watched.repository().sight(Topic::Flags).failing.unwrap();
    assert!(failure.message.contains("slow down (429") && failure.retry_in.unwrap().as_secs() <= 2, "{failure:?}");
    assert!(watched.repository().flags.is_some(), "what was known stays");
    world.fault(Fault::None);
    watched.until_found(|finding| *finding == Finding::Seen(Topic::Flags)).await;
    assert_eq!(watched.repository().sight(Topic::Flags).failing, None);
}

#[tokio::test]
async fn a_repository_that_nobody_may_see_is_no_empty_one() {
    let world = world(&[STORY]).await;
    world.fault(Fault::GithubForbidden);
    let mut watched = Watched::start(settings(&world.github_url(), None));
    watched.handle.previews([412].into());
    let Said::Failing(failure) = watched.until(|said| matches!(said, Said::Failing(_))).await else { unreachable!() };
    assert_eq!(failure.kind, FailureKind::Forbidden);
    assert!(failure.message.contains("the permission metadata=read"), "{}", failure.message);
    assert!(matches!(watched.repository().pull(412), PullLookup::Unknown(_)));
}

#[tokio::test]
async fn many_pull_requests_come_page_by_page() {
    let pulls: String = (1..=230)
        .map(|number| format!("  - {{ number: {number}, title: x, user: ada, branch: b{number}, created: '@-{number}m', updated: '@-1m' }}\n"))
        .collect();
    let story = format!("name: many\ngithub:\n  repository: acme/shop\n  pulls:\n{pulls}");
    let world = world(&[&story]).await;
    let mut watched = Watched::start(settings(&world.github_url(), None));
    watched.until_found(|finding| *finding == Finding::Seen(Topic::Pulls)).await;
    let shop = watched.repository();
    assert_eq!((shop.open.len(), shop.is_cut, &shop.release), (230, false, &None));
    watched.until_found(|finding| *finding == Finding::Seen(Topic::Flags)).await;
    assert_eq!(watched.repository().flags, None, "there is no such file, and that is known");
    assert!(watched.repository().workflow(Duty::Promote).unwrap().workflow.is_none());
}
