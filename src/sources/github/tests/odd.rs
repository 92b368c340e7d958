//! Whatever single field of an answer is missing, null, of another kind or another word: nothing panics, the rest stays, and
//! nothing turns green.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::release::drift::DriftVerdict;
use crate::release::drift_watch::{self, DriftState};
use crate::release::gate::GateVerdict;
use crate::release::gates;
use crate::release::preview::{PreviewClass, PreviewRules, classify};
use crate::release::repository::{Duty, Repository, Topic};
use crate::release::sample_shop::{REPOSITORY, preview};
use crate::sources::github::eye::Eye;

/// What GitHub answers, by the beginning of the path below the repository's: a shop on a bad day.
const ANSWERS: &str = include_str!("../../../../fixtures/github/answers.json");

type Answers = BTreeMap<String, Value>;

/// A server with answers that can be changed, and a client of it.
struct Bench {
    answers: Arc<Mutex<Answers>>,
    client: Client,
    settings: Arc<Settings>,
}

/// What is to be said of each thing, and whether that is good.
type Cells = BTreeMap<String, (bool, String)>;

impl Bench {
    async fn new() -> Bench {
        let answers = Arc::new(Mutex::new(serde_json::from_str::<Answers>(ANSWERS).unwrap()));
        let held = answers.clone();
        let github = Double::new(move |_, seen| match answer(&held.lock().unwrap(), &seen.path) {
            Some(answer) => Reply::ok(answer.to_string()),
            None => Reply::new(404, r#"{"message":"Not Found"}"#),
        });
        let settings = settings(&github.serve().await, None);
        let client = Client::connect(&settings, clock).await.unwrap();
        Bench { answers, client, settings: Arc::new(settings) }
    }

    fn set(&self, key: &str, answer: Value) -> Value {
        self.answers.lock().unwrap().insert(key.to_owned(), answer).unwrap_or_default()
    }

    /// What is known after one look at each of these.
    async fn looked(&self, topics: &[Topic]) -> Repository {
        let mut eye = Eye::new(self.settings.clone());
        let mut repository = Repository::default();
        for topic in topics {
            let looked = eye.look(&self.client, *topic, &[431, 407, 398, 300].into()).await;
            eye.early().into_iter().for_each(|finding| repository.learn(finding, now()));
            match looked {
                Ok(look) => look.findings.into_iter().for_each(|finding| repository.learn(finding, now())),
                Err(failure) => assert!(!failure.message.is_empty()),
            }
        }
        repository
    }
}

/// The longest key that the path begins with: of a folder the folder's, of `runs?per_page=50` that of `runs`.
fn answer<'a>(answers: &'a Answers, path: &str) -> Option<&'a Value> {
    let rest = path.strip_prefix("/repos/acme/shop")?.trim_start_matches('/').replace("%2F", "/");
    let is_of = |key: &str| match rest.strip_prefix(key) {
        Some(more) => more.is_empty() || more.starts_with(['?', '&']) || key.contains("path="),
        None => false,
    };
    answers.iter().find(|(key, _)| is_of(key)).map(|(_, answer)| answer)
}

fn now() -> Timestamp {
    "2026-08-20T12:00:00Z".parse().unwrap()
}

/// Everything that has a colour.
fn cells(repository: &Repository) -> Cells {
    let mut cells = Cells::new();
    let mut add = |name: String, is_good: bool, why: String| cells.insert(name, (is_good, why));
    let (state, why) = gates::drift(repository, now());
    add("drift".to_owned(), state == DriftState::Found(DriftVerdict::Clean), why);
    let (verdict, why) = gates::smoke(repository, now());
    add("smoke".to_owned(), verdict == GateVerdict::Pass, why);
    for budget in gates::budgets(repository) {
        add(format!("cost of #{}", budget.pull.number), budget.verdict == GateVerdict::Pass, budget.why);
    }
    let (_, verdict, why) = gates::merged_sum(repository).unwrap_or_default();
    add("merged".to_owned(), verdict == GateVerdict::Pass, why);
    for number in [431, 407, 398, 300] {
        let pull = repository.pull(number);
        let preview = classify(&preview(now(), "eu", number), &pull, &PreviewRules::new(REPOSITORY), now()).unwrap();
        add(format!("preview {number}"), preview.class == PreviewClass::Active, preview.why);
    }
    for duty in Duty::ALL {
        let workflow = repository.workflow(duty).and_then(|view| view.workflow.as_ref());
        let is_on = |it| drift_watch::disabled(it).is_none() && drift_watch::doubt(it).is_none();
        add(format!("{duty:?} is on"), workflow.is_some_and(is_on), String::new());
    }
    let file = repository.flags.as_ref();
    let flags = file.and_then(|file| file.flags.as_ref().ok());
    add("guardrails".to_owned(), flags.is_some_and(|flags| gates::unguarded(flags).is_empty()), String::new());
    let is_open = file.and_then(|file| file.file.is_protected) == Some(false);
    add("open branch".to_owned(), is_open, String::new());
    cells
}

/// What has to be looked at to see that answer.
fn topics(key: &str) -> &'static [Topic] {
    let has = |words: &[&str]| words.iter().any(|word| key.contains(word));
    match () {
        () if has(&["infra-drift", "runs/10"]) => &[Topic::Drift],
        () if has(&["verify-release", "runs/20", "check-runs"]) => &[Topic::Smoke],
        () if has(&["infra-plan", "runs/30", "variables"]) => &[Topic::Pulls, Topic::Cost],
        () if has(&["flags", "branches", "path="]) => &[Topic::Flags],
        () if has(&["teardown", "pulls/"]) => &[Topic::Pulls, Topic::Previews],
        () => &[Topic::Pulls, Topic::Previews, Topic::Cost],
    }
}

/// The answer with each of its fields spoilt in each way, with what was done to it.
fn spoilt(answer: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for pointer in pointers(answer) {
        let name = pointer.rsplit('/').next().unwrap_or_default();
        let is_word = ["state", "status", "conclusion", "type", "encoding"].contains(&name);
        let is = answer.pointer(&pointer).unwrap();
        let other = match is {
            Value::String(_) => json!(7),
            Value::Object(_) => json!([]),
            Value::Array(_) => json!({}),
            _ => json!("odd"),
        };
        let with = |value: Value| {
            let mut answer = answer.clone();
            *answer.pointer_mut(&pointer).unwrap() = value;
            answer
        };
        all.push((format!("{pointer} = null"), with(Value::Null)));
        all.push((format!("{pointer} = {other}"), with(other)));
        if is_word && is.is_string() {
            all.push((format!("{pointer} = odd"), with(json!("odd"))));
        }
        let parent = pointer.strip_suffix(&format!("/{name}")).unwrap_or_default();
        let mut without = answer.clone();
        if let Some(Value::Object(fields)) = without.pointer_mut(parent)
            && fields.remove(name).is_some()
        {
            all.push((format!("no {pointer}"), without));
        }
    }
    all
}

fn pointers(value: &Value) -> Vec<String> {
    let below = |(name, value): (String, &Value)| -> Vec<String> {
        pointers(value).into_iter().map(|pointer| format!("/{name}{pointer}")).collect()
    };
    let below: Vec<String> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).flat_map(below).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).flat_map(below).collect()
        }
        _ => Vec::new(),
    };
    [vec![String::new()], below].concat()
}

/// A pull request that is closed and says nothing of a merge was closed without one: nothing can tell that from a gap.
fn is_another_story(key: &str, what: &str) -> bool {
    key == "pulls?state=closed" && what.contains("merged_at")
}

/// The things in lists. Jobs are those of a run: of which one, only a list of them says.
fn listed(repository: &Repository, key: &str) -> BTreeSet<String> {
    let has_jobs = key.ends_with("/jobs");
    let pulls = repository.open.iter().chain(&repository.merged).map(|pull| format!("#{}", pull.number));
    let runs = repository.workflows.iter().flat_map(|(duty, view)| {
        let jobs = view
            .jobs
            .iter()
            .filter(|_| has_jobs)
            .flat_map(|jobs| &jobs.jobs)
            .map(move |job| format!("{duty:?} {:?}", job.name));
        view.runs.iter().map(move |run| format!("{duty:?} {:?}", run.number)).chain(jobs)
    });
    pulls.chain(runs).collect()
}

#[tokio::test]
async fn what_is_odd_costs_one_cell_and_turns_nothing_green() {
    let bench = Bench::new().await;
    let answers = bench.answers.lock().unwrap().clone();
    let (mut tried, mut wrong) = (0, Vec::new());
    for (key, whole) in answers.iter().filter(|(key, _)| !key.ends_with("/zip")) {
        let topics = topics(key);
        let repository = bench.looked(topics).await;
        let (was, list) = (cells(&repository), listed(&repository, key));
        for (what, answer) in spoilt(whole) {
            bench.set(key, answer);
            let repository = bench.looked(topics).await;
            for (name, (is_good, why)) in cells(&repository) {
                let was_good = was.get(&name).is_some_and(|(is_good, _)| *is_good);
                if is_good && !was_good && !is_another_story(key, &what) {
                    wrong.push(format!("{key}, {what}: {name} is good: {why}"));
                }
            }
            // Within a list's item: it may lose its name, and no other is lost.
            if what.matches('/').count() > usize::from(whole.is_object()) + 1 {
                let lost: Vec<_> = list.difference(&listed(&repository, key)).cloned().collect();
                if lost.len() > 1 && !is_another_story(key, &what) {
                    wrong.push(format!("{key}, {what}: {lost:?} are lost"));
                }
            }
            tried += 1;
        }
        bench.set(key, whole.clone());
    }
    assert!(wrong.is_empty() && tried > 1000, "{tried} tried: {wrong:#?}");
}

#[tokio::test]
async fn the_bad_day_is_seen_as_one() {
    let bench = Bench::new().await;
    let cells = cells(&bench.looked(&Topic::ALL).await);
    let good: Vec<_> = cells.iter().filter(|(_, (is_good, _))| *is_good).map(|(name, _)| name.as_str()).collect();
    let mut expected: Vec<_> = Duty::ALL.iter().map(|duty| format!("{duty:?} is on")).collect();
    expected.extend(["cost of #412", "cost of #419", "preview 431"].map(str::to_owned));
    expected.sort();
    assert_eq!(good, expected, "{cells:#?}");
}

#[tokio::test]
async fn nobody_knows_whether_what_is_off_in_other_words_is_on() {
    let bench = Bench::new().await;
    let path = "actions/workflows/infra-drift.yml";
    let mut runs = bench.set(&format!("{path}/runs"), Value::Null);
    runs["workflow_runs"].as_array_mut().unwrap().remove(0);
    bench.set(&format!("{path}/runs"), runs);
    for (state, is_clean, said) in [
        (json!("active"), true, "nothing has drifted"),
        (json!("disabled_manually"), false, "somebody disabled the workflow"),
        (json!("disabled_by_tomorrow"), false, "the workflow is disabled_by_tomorrow"),
        (json!("odd"), false, "whether the workflow is on is not known: its state is odd"),
        (Value::Null, false, "its state is unknown"),
    ] {
        bench.set(path, json!({ "state": state }));
        let cells = cells(&bench.looked(&[Topic::Drift]).await);
        assert!(cells["drift"].0 == is_clean, "{state}: {:?}", cells["drift"]);
        assert!(is_clean || cells["drift"].1.contains(said), "{:?}", cells["drift"]);
    }
}
