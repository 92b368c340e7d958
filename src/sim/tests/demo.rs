//! The demo world: what a newcomer finds, and that it stays alive.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use crate::sim::demo;
use crate::sim::resources::{EVENTS, ROLLOUTS};
use crate::sim::state::State;
use crate::sim::story;
use crate::sim::value::{after, text, time};

fn world() -> State {
    let now = "2026-08-20T10:00:00Z".parse::<Timestamp>().unwrap();
    let mut state = State::new(now);
    story::begin(&mut state, &demo::stories(), now).unwrap();
    state
}

fn says(state: &State, namespace: &str, name: &str) -> (String, String) {
    let status = state.store.get(ROLLOUTS, namespace, name).unwrap().value()["status"].clone();
    (text(&status, &["phase"]).to_owned(), text(&status, &["message"]).to_owned())
}

fn pass(state: &mut State, seconds: i64) {
    let until = after(state.now, SignedDuration::from_secs(seconds));
    state.fast_forward(until);
}

#[test]
fn a_newcomer_finds_every_situation() {
    let state = world();
    let found = |namespace: &str, name: &str| says(&state, namespace, name);
    let is = |phase: &str, message: &str| (phase.to_owned(), message.to_owned());
    assert_eq!(found("shop", "web"), is("Paused", "CanaryPauseStep"));
    assert_eq!(found("payments", "api"), is("Paused", "BlueGreenPause"));
    assert_eq!(found("payments", "fraud"), is("Paused", "InconclusiveAnalysisRun"));
    assert_eq!(found("search", "recommend"), is("Paused", "CanaryPauseStep"));
    assert_eq!(found("platform", "gateway"), is("Paused", "CanaryPauseStep"));
    assert_eq!(found("platform", "notify"), is("Paused", "manually paused"));
    assert_eq!(found("finance", "ledger"), is("Progressing", "more replicas need to be updated"));
    assert!(found("search", "indexer").1.starts_with("ProgressDeadlineExceeded: "));
    assert!(matches!(found("shop", "checkout").0.as_str(), "Progressing" | "Paused"));
    for (namespace, name) in [
        ("shop", "catalog"),
        ("shop", "cart"),
        ("payments", "invoices"),
        ("search", "query"),
        ("platform", "identity"),
        ("platform", "audit-log"),
    ] {
        assert_eq!(found(namespace, name), is("Healthy", ""), "{namespace}/{name}");
    }
    let gateway = state.store.get(ROLLOUTS, "platform", "gateway").unwrap().value()["status"].clone();
    assert_eq!(gateway["canary"]["weights"]["canary"]["weight"], 30);
    let web = state.store.get(ROLLOUTS, "shop", "web").unwrap().value()["status"].clone();
    assert_eq!(web["currentStepIndex"], 1);
}

#[test]
fn checkout_aborts_soon_and_then_goes_round() {
    let mut state = world();
    let mut aborted_after = None;
    for second in 1..=40 {
        pass(&mut state, 1);
        if aborted_after.is_none() && says(&state, "shop", "checkout").0 == "Degraded" {
            aborted_after = Some(second);
        }
    }
    let aborted_after = aborted_after.unwrap();
    assert!((10..=25).contains(&aborted_after), "after {aborted_after} s");
    assert!(says(&state, "shop", "checkout").1.contains("error-rate"));
    pass(&mut state, 155);
    assert_eq!(says(&state, "shop", "checkout").0, "Healthy");
    pass(&mut state, 75);
    assert_eq!(says(&state, "shop", "checkout").0, "Degraded", "the next round aborts too");
}

#[test]
fn events_are_at_most_an_hour_old() {
    let state = world();
    let horizon = after(state.now, -SignedDuration::from_mins(62));
    assert!(state.store.list(EVENTS, "").all(|(_, event)| time(event.value(), &["lastTimestamp"]).unwrap() > horizon));
    assert!(state.store.list(EVENTS, "finance").any(|(_, event)| text(event.value(), &["reason"]) == "FailedCreate"));
}

#[test]
fn the_past_is_played_quickly() {
    let begun = Instant::now();
    world();
    // Generous: it is 20 times less on a quiet machine, and the demo waits for it.
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    eprintln!("played in {:?}", begun.elapsed());
}
