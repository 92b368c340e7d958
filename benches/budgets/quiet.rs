//! What a cockpit costs while nothing happens.

use std::time::Duration;

use serde_json::json;

use super::Bench;
use super::process::cpu;
use super::screen::Screen;
use super::server::Server;
use super::table::{Line, Table};

/// How long it is looked at.
const WATCHED: Duration = Duration::from_secs(20);

/// Measures a small and a common cluster.
pub fn run(bench: &Bench, table: &mut Table) {
    for rollouts in [50, 2_000] {
        let server = Server::simulated(bench, rollouts, 0);
        make_healthy(&server);
        let mut screen = Screen::cockpit(&server.kubeconfig, server.home(), (120, 40));
        screen.says(&format!(" {rollouts} "));
        // Threads that only the start needed end after ten seconds.
        screen.watch(Duration::from_secs(13));
        screen.forget();
        let before = cpu(screen.pid());
        screen.watch(WATCHED);
        let spent = cpu(screen.pid()).saturating_sub(before);
        let share = spent.as_secs_f64() / WATCHED.as_secs_f64() * 100.0;
        let what = format!("idle for {} s, {rollouts} healthy rollouts", WATCHED.as_secs());
        table.add(Line::new(&what, "bytes", vec![screen.bytes() as f64]).none());
        table.add(Line::new(what, "% of a core", vec![share]).below(50.0, 0.1));
    }
}

/// Healthy, without a countdown; they are too old for an age that turns over.
fn make_healthy(server: &Server) {
    let world = server.world.as_ref().expect("a simulated world");
    for rollout in world.list("rollouts") {
        let name = |field: &str| rollout["metadata"][field].as_str().unwrap_or_default().to_owned();
        world.edit(&format!("rollouts/{}/{}", name("namespace"), name("name")), |rollout| {
            rollout["status"] = json!({"phase": "Healthy", "currentPodHash": "a", "stableRS": "a", "readyReplicas": 6,
                "replicas": 6, "availableReplicas": 6, "updatedReplicas": 6});
        });
    }
}
