//! From exec to the help, to the first picture, and to the first rollouts.

use std::path::Path;
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;

use super::Bench;
use super::process::{runs, whole_run};
use super::screen::{Screen, flightdeck};
use super::server::{ROLLOUTS, Server, get, kubeconfig};
use super::table::{Line, Table, milliseconds};

/// An everyday terminal.
const SIZE: (u16, u16) = (120, 40);

/// Measures all of it.
pub fn run(bench: &Bench, table: &mut Table) {
    help(bench, table);
    first_frame(bench, table);
    first_rollouts(bench, &Server::of(bench), table);
}

fn help(bench: &Bench, table: &mut Table) {
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..bench.runs * 2 {
        ours.push(whole_run(&flightdeck(), &["--help"], &[]));
        floor.push(whole_run(Path::new("/bin/true"), &[], &[]));
    }
    let line = Line::times("exec to exit of --help", &ours);
    table.add(line.floor("exec to exit of true", milliseconds(&floor)).below(50.0, 10.0));
}

/// Before there is a world in this process: a large process forks slowly, and that is in the measure. Nobody listens at
/// the address, for the first picture waits for nobody.
fn first_frame(bench: &Bench, table: &mut Table) {
    let home = tempfile::tempdir().expect("a folder");
    let kubeconfig = kubeconfig(home.path(), "http://127.0.0.1:9");
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..bench.runs * 2 {
        let mut screen = Screen::cockpit(&kubeconfig, home.path(), SIZE);
        ours.push(screen.frame() - screen.opened);
        drop(screen);
        let mut echo = CommandBuilder::new("/bin/echo");
        echo.arg("here");
        let mut screen = Screen::open(echo, home.path(), SIZE);
        floor.push(screen.output() - screen.opened);
    }
    let line = Line::times("exec to first frame", &ours);
    table.add(line.floor("exec to output of echo", milliseconds(&floor)).below(50.0, 20.0));
}

fn first_rollouts(bench: &Bench, server: &Server, table: &mut Table) {
    let what = format!("exec to first rollouts, {ROLLOUTS}, {}", server.name());
    let loaded = format!("exec to all {ROLLOUTS} rollouts, {}", server.name());
    let get_all = ["get", "rollouts", "-A"];
    let environment = [("KUBECONFIG", server.kubeconfig.as_path()), ("HOME", server.home())];
    let has_kubectl = runs(&bench.kubectl, &["version", "--client"]);
    if has_kubectl {
        // It keeps what it discovers in its home: the first run is not counted.
        whole_run(&bench.kubectl, &get_all, &environment);
    }
    let (mut first, mut all, mut kubectl, mut bare) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.runs {
        let mut screen = Screen::cockpit(&server.kubeconfig, server.home(), SIZE);
        first.push(screen.says("service-0") - screen.opened);
        all.push(screen.says(&format!(" {ROLLOUTS} ")) - screen.opened);
        drop(screen);
        if has_kubectl {
            kubectl.push(whole_run(&bench.kubectl, &get_all, &environment));
        }
        bare.push(bare_list(bench, server));
    }
    let (floor_name, floor) = match has_kubectl {
        true => ("kubectl get rollouts -A", kubectl),
        false => ("bare list (no kubectl here)", bare.clone()),
    };
    let floor = milliseconds(&floor);
    table.add(Line::times(what, &first).floor(floor_name, floor).below(50.0, 300.0).over_floor(50.0, 0.0));
    table.add(Line::times(loaded, &all).floor("bare list, connected", milliseconds(&bare)));
}

/// The whole list in one request on an open connection, thrown away.
fn bare_list(bench: &Bench, server: &Server) -> Duration {
    let started = Instant::now();
    bench.runtime.block_on(get(&server.client, "/apis/argoproj.io/v1alpha1/rollouts"));
    started.elapsed()
}
