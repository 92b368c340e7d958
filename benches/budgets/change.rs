//! From a PATCH to the changed cell, against a bare watch of the same change; and what a change costs the line.

use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use serde_json::json;
use tokio::sync::mpsc;

use super::Bench;
use super::screen::Screen;
use super::server::{Server, get, patch, watch};
use super::table::{Line, Table, milliseconds};

/// Changes that are sent.
const CHANGES: usize = 60;
/// Between two of them: longer than a frame slot and no multiple of it.
const BETWEEN: Duration = Duration::from_millis(117);

/// Measures both.
pub fn run(bench: &Bench, table: &mut Table) {
    let server = Server::of(bench);
    let mut screen = Screen::cockpit(&server.kubeconfig, server.home(), (120, 40));
    screen.says(" 2000 ");
    screen.settle(Duration::from_millis(500));
    bench.runtime.block_on(latency(&server, &mut screen, table));
    drop(screen);
    bytes(bench, &server, (80, 24), table);
    bytes(bench, &server, (200, 60), table);
}

async fn latency(server: &Server, screen: &mut Screen, table: &mut Table) {
    let path = server.topmost().await;
    let list = get(&server.client, "/apis/argoproj.io/v1alpha1/rollouts?limit=1").await;
    let version = list["metadata"]["resourceVersion"].as_str().expect("a version").to_owned();
    let mut body = watch(&server.client, "/apis/argoproj.io/v1alpha1/rollouts", &version).await;
    let (sender, mut lines) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(frame)) = body.frame().await {
            if let Ok(data) = frame.into_data() {
                let _ = sender.send((Instant::now(), String::from_utf8_lossy(&data).into_owned()));
            }
        }
    });
    let (mut cells, mut bare, mut behind) = (Vec::new(), Vec::new(), Vec::new());
    for change in 0..CHANGES {
        let ready = 1000 + change;
        let sent = Instant::now();
        patch(&server.client, &format!("{path}/status"), &json!({"status": {"readyReplicas": ready}})).await;
        // The watch's connection is read by the runtime meanwhile; the screen's by its own thread.
        let seen = screen.says(&format!("{ready}/6"));
        let wanted = format!("\"readyReplicas\":{ready}");
        let heard = loop {
            let (at, text) = lines.recv().await.expect("a living watch");
            if text.contains(&wanted) {
                break at;
            }
        };
        cells.push(seen - sent);
        bare.push(heard - sent);
        behind.push(seen.saturating_duration_since(heard));
        tokio::time::sleep(BETWEEN).await;
    }
    let what = format!("PATCH to changed cell, {}", server.name());
    table.add(Line::times(what, &cells).floor("PATCH to bare watch", milliseconds(&bare)).over_floor(95.0, 33.0));
    table.add(Line::times("the cell after the bare watch", &behind).below(95.0, 33.0));
}

fn bytes(bench: &Bench, server: &Server, size: (u16, u16), table: &mut Table) {
    let mut screen = Screen::cockpit(&server.kubeconfig, server.home(), size);
    screen.says(" 2000 ");
    // The list of rollouts has the whole screen.
    screen.press("2z");
    screen.settle(Duration::from_millis(700));
    let path = format!("{}/status", bench.runtime.block_on(server.topmost()));
    let size = format!("{}x{}", size.0, size.1);
    let changed = |screen: &mut Screen, step: usize| {
        let weights = json!({"canary": {"weight": step * 7}, "stable": {"weight": 100 - step * 7}});
        let change = json!({"status": {"currentStepIndex": step % 4, "readyReplicas": step % 6,
            "message": format!("RolloutAborted: metric \"error-rate\" assessed Failed {step} times"),
            "canary": {"weights": weights}}});
        screen.forget();
        bench.runtime.block_on(patch(&server.client, &path, &change));
        screen.settle(Duration::from_millis(250));
        screen.bytes() as f64
    };
    let rows = (1..9).map(|step| changed(&mut screen, step)).collect();
    table.add(Line::new(format!("a changed row, {size}"), "bytes", rows).below(95.0, 400.0));
    let mut moves = Vec::new();
    for _ in 0..4 {
        screen.forget();
        screen.press("j");
        screen.settle(Duration::from_millis(250));
        moves.push(screen.bytes() as f64);
    }
    table.add(Line::new(format!("a cursor move, {size}"), "bytes", moves));
    screen.press("z");
    screen.settle(Duration::from_millis(250));
    let rows = (1..9).map(|step| changed(&mut screen, step)).collect();
    table.add(Line::new(format!("a changed row with all panes shown, {size}"), "bytes", rows));
}
