//! The repository and the previews by keys: what changes on GitHub and in the cluster, and what the screen says of it.

use flightdeck::panes::index_of;
use flightdeck::panes::ui::{Field, Overlay};
use flightdeck::release::repository::{Duty, Repository, Topic};
use flightdeck::release::workflow::WorkflowState;
use flightdeck::sim::{Asked, World, WorldConfig};

use super::deck::{Deck, small};

/// The small world with the repository's story.
pub fn story() -> WorldConfig {
    let mut world = small();
    world.stories.push(include_str!("../../../fixtures/demo/github.yaml").to_owned());
    world
}

/// What of the repository is known.
pub fn repository(deck: &Deck) -> &Repository {
    deck.app.model.repository().expect("a repository").1
}

/// A deck on that world, with nothing read yet.
pub async fn begun(arguments: &[&str], configuration: &str) -> Deck {
    begun_of(story(), arguments, configuration).await
}

async fn begun_of(world: WorldConfig, arguments: &[&str], configuration: &str) -> Deck {
    let world = World::start(world).await.expect("a world");
    let github = format!("github: {{ repository: acme/shop, url: \"{}\" }}\n{configuration}", world.github_url());
    Deck::on(world, arguments, &github)
}

/// A deck on that world, once all of the repository is read.
pub async fn shop(arguments: &[&str], configuration: &str) -> Deck {
    read(begun(arguments, configuration).await).await
}

/// The same of another world.
pub async fn shop_of(world: WorldConfig) -> Deck {
    read(begun_of(world, &[], "").await).await
}

async fn read(mut deck: Deck) -> Deck {
    deck.until("everything is read", |deck| {
        let seen = |topic: Topic| repository(deck).sight(topic).seen.is_some();
        Topic::ALL.into_iter().all(seen) && deck.text().contains("LIVE") && deck.text().contains("orphan preview")
    })
    .await;
    deck
}

/// What was asked of GitHub to be changed.
pub fn sent(deck: &Deck) -> Vec<Asked> {
    deck.world.asked().into_iter().filter(|asked| asked.method != "GET").collect()
}

/// Goes to that pane and selects the row of that name.
pub async fn at(deck: &mut Deck, pane: &str, row: &str) {
    let index = index_of(pane).expect("a pane");
    deck.press(&format!("{} g", index + 1));
    for _ in 0..30 {
        deck.draw();
        if selected(deck).contains(row) {
            return;
        }
        deck.press("j");
    }
    panic!("no {row} in {pane}:\n{}", deck.text());
}

/// What the selected row is of: the name of a preview, else the UID.
fn selected(deck: &Deck) -> String {
    let uid = deck.app.ui.list().cursor.as_ref().map_or("", |uid| &uid.0);
    let previews = deck.app.model.previews.iter();
    previews.fold(uid.to_owned(), |text, preview| text.replace(&*preview.id.uid.0, &preview.id.name))
}

/// Presses an action's key, waits for its check, and confirms.
pub async fn confirmed(deck: &mut Deck, key: &str) {
    let before = sent(deck).len();
    deck.press(key);
    assert!(deck.dialog().is_some(), "{key}: {}", deck.notice());
    deck.asked().await;
    assert_eq!(sent(deck).len(), before, "nothing is sent before it is confirmed");
    deck.confirm();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_is_killed_and_its_very_bytes_are_put_back() {
    let mut deck = shop(&[], "").await;
    let text = |deck: &Deck| repository(deck).flags.as_ref().map(|file| file.file.text.to_string()).expect("a file");
    let before = text(&deck);
    at(&mut deck, "flags", "new_checkout").await;
    let row = |deck: &Deck| deck.text().lines().find(|line| line.contains(" new_checkout ")).map(str::to_owned);
    assert!(row(&deck).is_some_and(|row| row.contains(" on ")), "{}", deck.text());
    confirmed(&mut deck, "D").await;
    assert_eq!(text(&deck), before, "no wish is painted");
    deck.says("kill new_checkout: committed in").await;
    let killed = text(&deck);
    assert!(killed.contains("prod: 0   # all of it, for the sale"), "{killed}");
    deck.until("the row is off", |deck| row(deck).is_some_and(|row| row.contains("off"))).await;
    assert_eq!(selected(&deck), "flag/new_checkout", "the row has moved, the cursor with it");
    deck.until("the record", |deck| !deck.app.model.deeds.is_empty() && deck.journal().len() == 3).await;
    confirmed(&mut deck, "B").await;
    deck.says("restore new_checkout: committed in").await;
    assert_eq!(text(&deck), before);
    assert_eq!(sent(&deck).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn marked_flags_are_killed_in_one_commit() {
    let mut deck = shop(&[], "").await;
    for flag in ["new_checkout", "dark_mode"] {
        at(&mut deck, "flags", flag).await;
        deck.press("space");
    }
    confirmed(&mut deck, "D").await;
    deck.says(": committed in").await;
    let flags = repository(&deck).flags.as_ref().and_then(|file| file.flags.as_ref().ok()).expect("flags");
    let is_off = |name: &str| flags.get(name).is_some_and(|flag| flag.state("prod").word() == "off");
    assert!(is_off("new_checkout") && is_off("dark_mode"), "{flags:?}");
    assert_eq!(sent(&deck).len(), 1, "one commit for both");
    deck.until("the record", |deck| deck.journal().len() == 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_torn_down_by_its_name_and_an_open_one_by_its_number() {
    let mut deck = shop(&[], "").await;
    at(&mut deck, "previews", "pr-412").await;
    deck.press("D");
    assert!(
        deck.dialog().is_none() && deck.notice().contains("being deleted already, held by 1 configmaps left"),
        "{}",
        deck.notice()
    );
    at(&mut deck, "previews", "pr-431").await;
    deck.press("D");
    deck.asked().await;
    let wanted = deck.dialog().map(|open| (open.field, open.wanted_name().map(str::to_owned)));
    assert_eq!(wanted, Some((Field::Name, Some("431".to_owned()))));
    deck.press("'pr-431' enter");
    assert!(deck.dialog().is_some() && deck.notice().contains("type 431"), "{}", deck.notice());
    deck.press("esc");
    at(&mut deck, "previews", "pr-407").await;
    deck.press("c");
    assert_eq!(deck.copied, ["pr-407"]);
    deck.press("D");
    deck.asked().await;
    deck.press("y enter");
    assert!(deck.dialog().is_some(), "neither the confirm key nor an empty name does it");
    deck.press("ctrl-u 'pr-407' enter");
    deck.says("teardown pr-407: gone in").await;
    assert!(deck.world.get("namespaces/pr-407").is_none() && !deck.text().contains("pr-407  "), "{}", deck.text());
    let writes = deck.writes();
    let deletes: Vec<_> = writes.iter().filter(|it| it.method == "DELETE" && !it.body.contains("dryRun")).collect();
    assert_eq!(deletes.len(), 1, "{deletes:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_drift_check_runs_now_and_is_switched_off_and_on() {
    let mut deck = shop(&[], "").await;
    deck.press("4");
    confirmed(&mut deck, "M").await;
    deck.says("run-now infra-drift.yml: a run has begun").await;
    confirmed(&mut deck, "Z").await;
    deck.says("disable-workflow infra-drift.yml: took effect").await;
    let state = |deck: &Deck| repository(deck).workflow(Duty::Drift).and_then(|view| view.workflow.clone());
    assert_eq!(state(&deck).map(|workflow| workflow.state), Some(WorkflowState::DisabledManually));
    deck.press("1");
    deck.sees("drift check off").await;
    deck.press("4 Z");
    assert!(deck.dialog().is_none() && deck.notice().contains("disabled_manually already"), "{}", deck.notice());
    confirmed(&mut deck, "B").await;
    deck.says("enable-workflow infra-drift.yml: took effect").await;
    assert_eq!(sent(&deck).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_is_typed_and_the_steps_of_the_gates_are_removed() {
    let mut deck = shop(&[], "").await;
    deck.press("5 M");
    deck.later(400);
    deck.press("'lots' enter");
    let error = |deck: &Deck| matches!(&deck.app.ui.overlay, Some(Overlay::Ask(ask)) if ask.error.is_some());
    assert!(error(&deck), "{}", deck.text());
    deck.press("ctrl-u '30' enter");
    deck.asked().await;
    deck.confirm();
    deck.says("set-limit INFRACOST_LIMIT: took effect").await;
    deck.sees("limit 30").await;
    for (pane, file) in [("5", "infra-plan.yml"), ("7", "verify-release.yml")] {
        deck.press(pane);
        confirmed(&mut deck, "Z").await;
        deck.says(&format!("remove-step {file}: committed in")).await;
    }
    let source = repository(&deck).workflow(Duty::Smoke).and_then(|view| view.source.clone()).expect("a file");
    assert!(!source.text.contains("k6-action") && source.text.contains("upload-artifact"), "{}", source.text);
    deck.press("Z");
    assert!(deck.dialog().is_none(), "{}", deck.text());
    assert_eq!(sent(&deck).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_now_to_the_row_and_into_it() {
    let mut deck = shop(&[], "").await;
    for (what, pane, row) in [
        ("pr-412\u{1f}preview stuck", "previews", "pr-412"),
        ("pr-407\u{1f}orphan preview", "previews", "pr-407"),
        ("\u{1f}drift", "drift", "drift/aws_"),
        ("\u{1f}over budget", "cost", "pull/428"),
        ("\u{1f}unguarded flag", "flags", "flag/graph_reranker_v2"),
        ("\u{1f}smoke unproven", "smoke", "smoke/run"),
    ] {
        // Somebody has moved and filtered there before.
        let number = index_of(pane).expect("a pane") + 1;
        deck.press(&format!("{number} G / ctrl-u 'nothing-like-it' enter 1"));
        at(&mut deck, "now", what).await;
        deck.press("enter");
        assert_eq!(deck.app.ui.focus + 1, number, "{what}:\n{}", deck.text());
        deck.until(row, |deck| !deck.app.ui.list().order.is_empty() && selected(deck).starts_with(row)).await;
        deck.press("enter");
        assert!(matches!(deck.app.ui.overlay, Some(Overlay::Look(_))), "{what}:\n{}", deck.text());
        deck.press("j k esc");
        assert!(deck.app.ui.overlay.is_none() && deck.app.ui.focus + 1 == number);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_screen_refuses_what_has_moved_on() {
    let mut deck = shop(&[], "").await;
    at(&mut deck, "flags", "new_checkout").await;
    deck.press("f");
    let sha = |deck: &Deck| repository(deck).flags.as_ref().map(|file| file.file.sha.clone());
    let before = sha(&deck);
    commit(&deck.world).await;
    deck.until("the model has it", |deck| sha(deck) != before).await;
    assert!(deck.text().contains("FROZEN") && deck.text().contains("new_checkout"), "{}", deck.text());
    deck.press("D");
    assert!(deck.dialog().is_none() && deck.notice().contains("moved on"), "{}", deck.notice());
    assert_eq!(sent(&deck).len(), 1, "only the other one's");
}

/// Somebody else commits to the flags file.
async fn commit(world: &World) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}/repos/acme/shop/contents/feature-flags/flags.yaml", world.github_url());
    let text = client.get(&url).send().await.expect("an answer").text().await.expect("a text");
    let file: serde_json::Value = serde_json::from_str(&text).expect("a file");
    // features: {new_checkout: {default: false, rollout: {prod: 50}}}
    let content = "ZmVhdHVyZXM6IHtuZXdfY2hlY2tvdXQ6IHtkZWZhdWx0OiBmYWxzZSwgcm9sbG91dDoge3Byb2Q6IDUwfX19Cg==";
    let body = serde_json::json!({ "message": "mine", "sha": file["sha"], "content": content });
    let answer = client.put(&url).body(body.to_string()).send().await.expect("an answer");
    assert!(answer.status().is_success());
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_refuses_everything_here_too() {
    let mut deck = shop(&["--read-only"], "").await;
    for (pane, row, keys) in [
        ("previews", "pr-407", &["D", "Z", "B"][..]),
        ("drift", "drift/", &["M", "Z"]),
        ("cost", "pull/", &["M", "Z"]),
        ("flags", "new_checkout", &["D", "M"]),
        ("smoke", "smoke/run", &["M", "Z"]),
    ] {
        at(&mut deck, pane, row).await;
        for key in keys {
            deck.press(key);
            assert!(deck.app.ui.overlay.is_none(), "{pane} {key}:\n{}", deck.text());
            assert!(deck.notice().contains("read-only"), "{pane} {key}: {}", deck.notice());
        }
    }
    assert!(sent(&deck).is_empty() && deck.writes().is_empty());
}
