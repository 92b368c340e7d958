//! The first picture: it waits for nobody, and says what is missing.

use std::net::TcpListener;
use std::time::Duration;

use crate::driver::{Launch, contains, kubeconfig};

/// A server that takes connections and never answers; and its address.
fn deaf() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, address)
}

/// A living screen: the sentence stays when a key is pressed, another pane can be chosen, and the program ends at once.
fn lives_and_says(launch: Launch, sentence: &str) {
    let mut pty = launch.size(160, 40).start();
    pty.wait_for(sentence);
    pty.press("2");
    pty.until("the second pane", |pty| pty.text().contains("►2") && pty.text().contains(sentence));
    pty.press("q");
    assert!(pty.ends_within(Duration::from_secs(2)).success());
}

#[test]
fn the_first_picture_waits_for_no_answer() {
    let (_listener, server) = deaf();
    let mut pty = Launch::on(&server).start();
    pty.wait_for("Flightdeck");
    assert!(pty.text().contains("loading"), "{}", pty.text());
    assert!(pty.screen().alternate_screen() && pty.screen().hide_cursor() && pty.screen().bracketed_paste());
    pty.press("q");
    assert!(pty.ends_within(Duration::from_secs(2)).success());
    assert!(!pty.screen().alternate_screen());
}

#[test]
fn a_credential_plugin_that_hangs_does_not_hold_up_the_end() {
    let (_listener, server) = deaf();
    let plugin =
        "exec: { apiVersion: client.authentication.k8s.io/v1, command: sleep, args: [\"15\"], interactiveMode: Never }";
    let config = kubeconfig(&server).replace("user: {}", &format!("user: {{ {plugin} }}"));
    let mut pty = Launch::new(&[]).with_kubeconfig(&config).start();
    pty.wait_for("Flightdeck");
    // The plugin runs once the first picture is out.
    pty.wait_for_silence(Duration::from_millis(500));
    pty.press("q");
    assert!(pty.ends_within(Duration::from_secs(2)).success());
}

#[test]
fn the_demo_shows_something_to_act_on() {
    let mut pty = Launch::new(&["demo"]).start();
    pty.wait_for("waiting");
    for wanted in ["DEMO", "search/indexer"] {
        pty.wait_for(wanted);
    }
    assert!(contains(&pty.raw, b"\x1b[?2026h"), "pictures are synchronized updates");
}

#[test]
fn without_a_kubeconfig_it_says_so() {
    lives_and_says(Launch::new(&[]), "kubeconfig");
}

#[test]
fn a_broken_kubeconfig_is_named_and_not_quoted() {
    let launch = Launch::new(&[]).with_kubeconfig("users:\n- name: u\n  user: { token: geheim\nclusters: 7\n");
    let mut pty = launch.size(160, 40).start();
    pty.wait_for("the kubeconfig is not what it should be");
    assert!(!contains(&pty.raw, b"geheim"));
}

#[test]
fn a_context_that_is_not_there_is_named_with_those_that_are() {
    let launch = Launch::new(&["--context", "nowhere"]).with_kubeconfig(&kubeconfig("http://127.0.0.1:1"));
    lives_and_says(launch, "no context nowhere in the kubeconfig; it has: test");
}

#[test]
fn a_server_that_is_not_there_is_a_living_screen() {
    // The port was free a moment ago, and nobody listens on it now.
    let (listener, server) = deaf();
    drop(listener);
    lives_and_says(Launch::on(&server), "NO ANSWER");
}

#[test]
fn without_a_terminal_it_says_what_to_run_instead() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_flightdeck"))
        .arg("demo")
        .stdin(std::process::Stdio::null())
        .env("FLIGHTDECK_CONFIG_DIR", "/nonexistent")
        .output()
        .expect("the binary");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("flightdeck status -o json"));
    assert!(output.stdout.is_empty(), "not a single escape goes into a pipe");
}
