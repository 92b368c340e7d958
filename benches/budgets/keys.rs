//! From a key to the whole picture on the terminal, at 10,000 rollouts.

use std::time::Duration;

use portable_pty::CommandBuilder;

use super::Bench;
use super::screen::Screen;
use super::server::Server;
use super::table::{Line, Table, milliseconds};

const KEYS: usize = 200;
/// Between two keys, as when one is held down.
const HELD: Duration = Duration::from_millis(30);
const SIZE: (u16, u16) = (200, 60);

/// Measures the keys that one holds down.
pub fn run(bench: &Bench, table: &mut Table) {
    let server = Server::simulated(bench, 10_000, 1_000);
    let floor = echoes(&server);
    let mut screen = Screen::cockpit(&server.kubeconfig, server.home(), SIZE);
    screen.says(" 10000 ");
    screen.settle(Duration::from_millis(500));
    screen.press("2");
    screen.settle(Duration::from_millis(300));
    let mut measure = |what: &str, keys: [&str; 2]| {
        let mut times = Vec::new();
        for index in 0..KEYS {
            screen.forget();
            let pressed = screen.press(keys[index % 2]);
            times.push(screen.frame() - pressed);
            screen.settle(HELD);
        }
        let what = format!("key to frame in a pty, 10,000 rollouts: {what}");
        table.add(Line::times(what, &times).floor("a key echoed by the line", floor.clone()).below(99.0, 16.0));
    };
    measure("j, k", ["j", "k"]);
    measure("ctrl-d, ctrl-u", ["\x04", "\x15"]);
    measure("G, g", ["G", "g"]);
}

/// The line itself: a key that the terminal driver echoes to `cat`.
fn echoes(server: &Server) -> Vec<f64> {
    let mut screen = Screen::open(CommandBuilder::new("/bin/cat"), server.home(), SIZE);
    let times: Vec<Duration> = (0..KEYS)
        .map(|_| {
            screen.forget();
            let pressed = screen.press("j");
            screen.output() - pressed
        })
        .collect();
    milliseconds(&times)
}
