//! The writer against the simulated GitHub: sent once, on what was seen, and each refusal in its words.

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use flightdeck::actions::guard::{Access, Authority};
use flightdeck::actions::plan::{Plan, Progress, Refusal};
use flightdeck::actions::{Wish, action};
use flightdeck::release::object::ObjectId;
use flightdeck::release::repository::{Duty, Finding, Topic};
use flightdeck::release::subject;
use flightdeck::sim::{Asked, Fault, World};
use flightdeck::sources::github::Client;
use flightdeck::writers::audit::{self, Journal, Who};
use flightdeck::writers::outcome::Outcome;
use flightdeck::writers::{Executed, Order, Writer, execute, github};

use super::{STORY, Watched, settings, world};
use crate::world::deck::now;

const FLAGS: &str = "/repos/acme/shop/contents/feature-flags/flags.yaml";

/// A world, the source at work on it, and a journal.
struct Desk {
    world: World,
    watched: Watched,
    home: tempfile::TempDir,
    url: String,
}

impl Desk {
    async fn new(story: &str) -> Desk {
        Desk::at(story, "").await
    }

    /// GitHub's API below that path of its host.
    async fn at(story: &str, path: &str) -> Desk {
        let world = world(&[story]).await;
        let home = tempfile::tempdir().unwrap();
        let url = format!("{}{path}", world.github_url());
        let watched = Watched::start(settings(&url, Some(&token(&home, "reader"))));
        let mut desk = Desk { world, watched, home, url };
        for topic in [Topic::Pulls, Topic::Flags, Topic::Drift, Topic::Smoke, Topic::Cost] {
            if desk.watched.model.repository().is_none_or(|(_, shop)| shop.sight(topic).seen.is_none()) {
                desk.watched.until_found(|finding| *finding == Finding::Seen(topic)).await;
            }
        }
        desk
    }

    fn plan(&self, name: &str, target: &ObjectId) -> Plan {
        self.try_plan(name, target, now()).unwrap()
    }

    fn try_plan(&self, name: &str, target: &ObjectId, now: Timestamp) -> Result<Plan, Refusal> {
        let access = Access::new();
        let wish = Wish {
            model: &self.watched.model,
            target,
            now,
            revision: None,
            amount: Some("30".parse().unwrap()),
            reason: "",
            authority: Authority::default(),
            access: &access,
            shown: None,
        };
        action(name).unwrap().plan(&wish)
    }

    fn kill(&self) -> Plan {
        self.plan("kill", &subject::flag(&"acme/shop".into(), "new_checkout"))
    }

    fn workflow(&self, name: &str, duty: Duty, file: &str) -> Plan {
        self.plan(name, &subject::workflow(&"acme/shop".into(), duty, file))
    }

    async fn writer(&self, token_of: &str, timeout: Duration) -> Writer {
        let client = Client::connect(&settings(&self.url, Some(&token(&self.home, token_of))), now).await.unwrap();
        github::Writer::new(client.octocrab(), "acme/shop", timeout).into()
    }

    /// Everything but the confirmation. `between` happens after the preflight.
    async fn does_as(&self, token_of: &str, plan: &Plan, timeout: Duration, between: impl FnOnce(&World)) -> Executed {
        let writer = self.writer(token_of, timeout).await;
        let preflight = writer.preflight(plan).await;
        assert_eq!(preflight.refusal(plan), None);
        between(&self.world);
        let order = Order { plan, preflight: &preflight, reason: "why" };
        execute(order, &self.journal(), &writer, now).await.unwrap()
    }

    async fn does(&self, plan: &Plan, between: impl FnOnce(&World)) -> Outcome {
        self.does_as("operator", plan, Duration::from_secs(5), between).await.outcome
    }

    fn journal(&self) -> Journal {
        let who = Who { user: "ann".into(), host: "bastion".into(), pid: 7 };
        Journal::new(self.home.path().join("state"), who)
    }

    fn records(&self) -> String {
        std::fs::read_to_string(self.home.path().join("state").join(audit::FILE)).unwrap()
    }

    /// What was asked to be changed.
    fn writes(&self) -> Vec<Asked> {
        self.world.asked().into_iter().filter(|asked| asked.method != "GET").collect()
    }

    /// Waits for the effect of a plan.
    async fn effect(&mut self, plan: &Plan) -> Progress {
        let topic = plan.effect.topic(&plan.target).unwrap();
        loop {
            self.watched.handle.acted(topic);
            self.watched.until_found(|finding| *finding == Finding::Seen(topic)).await;
            match plan.effect.progress(&self.watched.model, &plan.target) {
                Progress::NotYet => {}
                progress => return progress,
            }
        }
    }
}

/// When a branch of a second try is called otherwise.
fn later() -> Timestamp {
    now() + SignedDuration::from_mins(1)
}

fn token(home: &tempfile::TempDir, of: &str) -> PathBuf {
    let path = home.path().join(of);
    std::fs::write(&path, of).unwrap();
    path
}

/// Somebody else commits to the flags file.
async fn commits(world: &World) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}{FLAGS}", world.github_url());
    let file: serde_json::Value =
        serde_json::from_str(&client.get(&url).send().await.unwrap().text().await.unwrap()).unwrap();
    let body = serde_json::json!({ "message": "mine", "sha": file["sha"], "content": "ZmVhdHVyZXM6IHt9Cg==" });
    assert!(client.put(&url).body(body.to_string()).send().await.unwrap().status().is_success());
}

#[tokio::test]
async fn a_kill_is_sent_once_on_what_was_read_again_and_takes_effect() {
    let mut desk = Desk::new(STORY).await;
    let plan = desk.kill();
    let before = desk.world.asked().len();
    let outcome = desk.does(&plan, |_| ()).await;
    assert!(outcome.is_applied(), "{outcome:?}");
    let asked: Vec<_> =
        desk.world.asked().into_iter().skip(before).filter(|it| it.path.contains("flags.yaml")).collect();
    let words: Vec<_> = asked.iter().map(|it| (it.method.as_str(), it.path.as_str())).collect();
    let read = format!("{FLAGS}?ref=main");
    assert_eq!(words, [("GET", read.as_str()), ("GET", read.as_str()), ("PUT", FLAGS)]);
    assert!(asked.iter().all(|it| it.has_token));
    assert_eq!(desk.effect(&plan).await, Progress::Done);
    let records = desk.records();
    assert_eq!(records.lines().count(), 2);
    assert!(
        !records.contains("Bearer") && !records.contains("operator") && !records.contains("token=QUJDRA"),
        "{records}"
    );
    assert!(records.contains(r#""inverse":{"action":"restore""#), "{records}");
}

#[tokio::test]
async fn a_base_with_a_path_is_written_below_it() {
    let desk = Desk::at(STORY, "/api/v3").await;
    assert!(desk.does(&desk.kill(), |_| ()).await.is_applied());
    assert_eq!(desk.writes()[0].path, format!("/api/v3{FLAGS}"));
}

#[tokio::test]
async fn what_somebody_changed_meanwhile_is_a_conflict() {
    let desk = Desk::new(STORY).await;
    let plan = desk.kill();
    let writer = desk.writer("operator", Duration::from_secs(5)).await;
    let preflight = writer.preflight(&plan).await;
    commits(&desk.world).await;
    let order = Order { plan: &plan, preflight: &preflight, reason: "" };
    let outcome = execute(order, &desk.journal(), &writer, now).await.unwrap().outcome;
    let moved = "feature-flags/flags.yaml was changed since it was read: look again";
    assert_eq!(outcome, Outcome::Conflict { reason: moved.into() });
    assert_eq!(desk.writes().len(), 1, "only the other one's");
    // The preflight of a second try says it before anything is recorded.
    let again = writer.preflight(&plan).await;
    assert_eq!(again.refusal(&plan).unwrap().reason, format!("moved on: {moved}"));
    // GitHub itself holds the sha against it, in the moment that is left.
    let mut blind = plan.clone();
    blind.requests[0].held.clear();
    let outcome = desk.does(&blind, |_| ()).await;
    assert_eq!(outcome, Outcome::Conflict { reason: "somebody changed the file meanwhile: look again".into() });
}

#[tokio::test]
async fn the_state_of_a_workflow_and_a_limit_are_read_again() {
    let desk = Desk::new(STORY).await;
    let off = desk.workflow("disable-workflow", Duty::Drift, "infra-drift.yml");
    let limit = desk.plan("set-limit", &subject::limit(&"acme/shop".into(), "INFRACOST_LIMIT"));
    let run = desk.workflow("run-now", Duty::Drift, "infra-drift.yml");
    assert!(desk.does(&off, |_| ()).await.is_applied());
    assert!(desk.does(&limit, |_| ()).await.is_applied());
    for (plan, reason) in [
        (&off, "the state of infra-drift.yml is disabled_manually now, it was active"),
        (&run, "the state of infra-drift.yml is disabled_manually now, it was active"),
        (&limit, "INFRACOST_LIMIT is 30 now, it was 25"),
    ] {
        let writer = desk.writer("operator", Duration::from_secs(5)).await;
        assert_eq!(writer.preflight(plan).await.refusal(plan).unwrap().reason, format!("moved on: {reason}"));
    }
    assert_eq!(desk.writes().len(), 2);
}

#[tokio::test]
async fn a_protected_branch_takes_a_pull_request_and_a_second_press_finds_it() {
    for protection in ["  protected: true\n", "  rules: [pull_request]\n"] {
        let story = STORY.replace("  repository: acme/shop\n", &format!("  repository: acme/shop\n{protection}"));
        let mut desk = Desk::new(&story).await;
        let plan = desk.kill();
        assert!(desk.does(&plan, |_| ()).await.is_applied());
        let words: Vec<_> = desk.writes().iter().map(|it| format!("{} {} {}", it.method, it.path, it.status)).collect();
        let wanted =
            ["POST /repos/acme/shop/git/refs 201", &format!("PUT {FLAGS} 200"), "POST /repos/acme/shop/pulls 201"];
        assert_eq!(words, wanted);
        let Progress::Halfway(what) = desk.effect(&plan).await else { panic!("not halfway") };
        assert_eq!(what, "pull request #432 is open: not in effect before it is merged");
        let shop = desk.watched.repository();
        assert_eq!(shop.open.iter().filter(|pull| pull.title.starts_with("kill: new_checkout")).count(), 1);

        let again = desk.does(&plan, |_| ()).await;
        let reason = again.reason();
        let begun = "the same was begun within this minute";
        assert!(matches!(again, Outcome::Conflict { .. }) && reason.contains(begun), "{reason}");
        assert_eq!(desk.writes().len(), 4);
        let flag = subject::flag(&"acme/shop".into(), "new_checkout");
        let refusal = desk.try_plan("kill", &flag, later()).unwrap_err().reason;
        assert!(refusal.starts_with("pull request #432 asks for the same already"), "{refusal}");
    }
}

#[tokio::test]
async fn a_protection_that_nobody_saw_refuses_with_its_reason() {
    let story = STORY.replace("  repository: acme/shop\n", "  repository: acme/shop\n  protected: true\n");
    let desk = Desk::new(&story).await;
    let mut plan = desk.kill();
    plan.requests.remove(0);
    plan.requests.remove(1);
    plan.requests[0].body["branch"] = "main".into();
    let outcome = desk.does(&plan, |_| ()).await;
    let Outcome::Failed { status: Some(409), reason } = &outcome else { panic!("{outcome:?}") };
    assert!(reason.starts_with("the branch takes changes through pull requests only"), "{reason}");
}

#[tokio::test]
async fn who_may_not_is_told_what_is_missing() {
    let desk = Desk::new(STORY).await;
    let patient = Duration::from_secs(5);
    let (kill, smoke) = (desk.kill(), desk.workflow("remove-step", Duty::Smoke, "verify-release.yml"));
    let denied = desk.does_as("viewer", &kill, patient, |_| ()).await.outcome;
    let Outcome::Denied { reason } = &denied else { panic!("{denied:?}") };
    assert!(
        reason.starts_with(&format!("the token may not PUT {FLAGS} (403): it needs the permission contents=write")),
        "{reason}"
    );
    let scope = desk.does_as("contents-only", &smoke, patient, |_| ()).await.outcome;
    let Outcome::Denied { reason } = &scope else { panic!("{scope:?}") };
    assert!(reason.contains("workflows=write"), "{reason}");
    let hidden = desk.does_as("no-workflows", &smoke, patient, |_| ()).await.outcome;
    let Outcome::Denied { reason } = &hidden else { panic!("{hidden:?}") };
    assert!(reason.contains("the token lacks the scope workflow"), "{reason}");
    let expired = desk.writer("expired", patient).await.preflight(&kill).await.refusal(&kill).unwrap().reason;
    assert_eq!(expired, "denied: GitHub does not accept the token (401): renew it");
    assert!(desk.does(&smoke, |_| ()).await.is_applied());
}

#[tokio::test]
async fn what_cannot_be_read_again_is_not_sent() {
    let desk = Desk::new(STORY).await;
    let plan = desk.kill();
    for (fault, sentence) in [
        (Fault::GithubTooMany, "could not be read again, so nothing was sent: 429"),
        (Fault::GithubForbidden, "could not be read again, so nothing was sent: 403"),
        (Fault::GithubDown, "could not be read again, so nothing was sent: "),
        (Fault::GithubSlow(Duration::from_secs(5)), "could not be read again, so nothing was sent: no answer within"),
    ] {
        let outcome =
            desk.does_as("operator", &plan, Duration::from_millis(700), |world| world.fault(fault)).await.outcome;
        desk.world.fault(Fault::None);
        assert!(matches!(outcome, Outcome::Failed { .. }), "{}: {outcome:?}", fault.name());
        assert!(outcome.reason().contains(sentence), "{}: {outcome:?}", fault.name());
    }
    assert_eq!(desk.writes(), []);
}

#[tokio::test]
async fn an_answer_that_is_lost_leaves_it_unknown_and_sends_nothing_twice() {
    for fault in [Fault::GithubLost, Fault::GithubSlowWrites(Duration::from_secs(20))] {
        let mut desk = Desk::new(STORY).await;
        let plan = desk.kill();
        let timeout = Duration::from_millis(700);
        let outcome = desk.does_as("operator", &plan, timeout, |world| world.fault(fault)).await.outcome;
        desk.world.fault(Fault::None);
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{}: {outcome:?}", fault.name());
        assert_eq!(desk.writes().len(), 1, "{}", fault.name());
        // It was done all the same, and that is seen.
        assert_eq!(desk.effect(&plan).await, Progress::Done);
    }
}

#[tokio::test]
async fn half_of_a_pull_request_says_how_far_it_came() {
    let story = STORY.replace("  repository: acme/shop\n", "  repository: acme/shop\n  protected: true\n");
    let mut desk = Desk::new(&story).await;
    let plan = desk.workflow("remove-step", Duty::Smoke, "verify-release.yml");
    let outcome = desk.does_as("contents-only", &plan, Duration::from_secs(5), |_| ()).await.outcome;
    assert!(outcome.reason().starts_with("1 of 3 requests was applied, then: the token may not PUT"), "{outcome:?}");
    let branch = plan.requests[1].body["branch"].as_str().unwrap();
    let left = format!(". Branch {branch} is left behind, without a commit on it: delete it");
    assert!(outcome.reason().ends_with(&left), "{outcome:?}");
    assert_eq!(desk.writes().len(), 2);
    let again = desk.does(&plan, |_| ()).await;
    assert!(again.reason().contains("branch flightdeck/without-k6-step-"), "{again:?}");
    // What was left behind holds up nobody.
    let smoke = subject::workflow(&"acme/shop".into(), Duty::Smoke, "verify-release.yml");
    let later = desk.try_plan("remove-step", &smoke, later()).unwrap();
    assert!(desk.does(&later, |_| ()).await.is_applied());
    let Progress::Halfway(what) = desk.effect(&later).await else { panic!("not halfway") };
    assert!(what.starts_with("pull request #432 is open"), "{what}");

    let mut baseless = desk.kill();
    baseless.requests[2].body["base"] = "nowhere".into();
    let outcome = desk.does(&baseless, |_| ()).await;
    let reason = outcome.reason();
    assert!(reason.starts_with("2 of 3 requests were applied, then: GitHub finds it invalid (422)"), "{reason}");
    let branch = baseless.requests[1].body["branch"].as_str().unwrap();
    let left = "is left behind with the commit on it: open its pull request by hand, or delete it";
    assert!(reason.ends_with(&format!(". Branch {branch} {left}")), "{reason}");
}

#[tokio::test]
async fn a_branch_of_which_nobody_knows_is_named() {
    let story = STORY.replace("  repository: acme/shop\n", "  repository: acme/shop\n  protected: true\n");
    let mut desk = Desk::new(&story).await;
    let plan = desk.kill();
    let outcome = desk.does(&plan, |world| world.fault(Fault::GithubLost)).await;
    desk.world.fault(Fault::None);
    let branch = plan.requests[1].body["branch"].as_str().unwrap();
    let left = format!("Branch {branch} may have been made, without a commit on it");
    assert!(matches!(&outcome, Outcome::Unknown { reason } if reason.ends_with(&left)), "{outcome:?}");
    assert_eq!(desk.writes().len(), 1, "nothing is sent after what is unknown");
    desk.watched.handle.acted(Topic::Pulls);
    desk.watched.until_found(|finding| *finding == Finding::Seen(Topic::Pulls)).await;
    assert_eq!(plan.effect.progress(&desk.watched.model, &plan.target), Progress::NotYet);
}

#[tokio::test]
async fn a_limit_is_held_as_an_amount() {
    let desk = Desk::new(&STORY.replace("INFRACOST_LIMIT: \"25\"", "INFRACOST_LIMIT: \" 025.0\"")).await;
    let limit = desk.plan("set-limit", &subject::limit(&"acme/shop".into(), "INFRACOST_LIMIT"));
    assert!(desk.does(&limit, |_| ()).await.is_applied());
}

#[tokio::test]
async fn a_plan_for_another_repository_is_not_sent() {
    let desk = Desk::new(STORY).await;
    let mut plan = desk.kill();
    plan.target.context = "acme/other".into();
    let outcome = desk.does(&plan, |_| ()).await;
    assert_eq!(outcome.reason(), "the plan is for acme/other, this is acme/shop");
    assert_eq!(desk.writes(), []);
}
