//! `flightdeck demo --serve`: the simulated world for other programs, and what a shell needs to talk to it.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;
use tempfile::TempDir;

use super::carry_out::End;
use super::demo::{CONTEXT, does_not_start};
use super::{fail, print};
use crate::headless::ExitCode as Exit;
use crate::sim::{Doors, WorldConfig};
use crate::sources::github::Slug;

/// Serves the world until interrupted. What it leaves for a shell ends with it.
pub async fn serve(doors: Doors, config: WorldConfig, repository: Option<Slug>) -> ExitCode {
    let mut end = End::new();
    let (kubernetes, github) = (doors.addresses.kubernetes_url(), doors.addresses.github_url());
    let world = match doors.begin(config).await {
        Ok(world) => world,
        Err(error) => return does_not_start(&error),
    };
    let repository = repository.map(|repository| (repository, github.as_str()));
    let folder = match prepare(&kubernetes, repository) {
        Ok(folder) => folder,
        Err(error) => return fail(3, format_args!("no folder for the world's kubeconfig and configuration: {error}")),
    };
    let addresses = format!("kubernetes {kubernetes}\nprometheus {}\ngithub {github}\n", world.prometheus_url());
    let text = addresses + &exports(folder.path());
    if let Err(error) = print::written(text.as_bytes()) {
        return print::ended(Err(error), Exit::Ok).into();
    }
    end.wait().await;
    ExitCode::SUCCESS
}

/// A private folder with all that a command reads and writes, so that nothing of the operator's own is touched.
fn prepare(kubernetes: &str, repository: Option<(Slug, &str)>) -> io::Result<TempDir> {
    let private = Permissions::from_mode(0o700);
    let folder = tempfile::Builder::new().prefix("flightdeck-demo-").permissions(private).tempdir()?;
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": CONTEXT,
        "clusters": [{ "name": CONTEXT, "cluster": { "server": kubernetes } }],
        "users": [{ "name": CONTEXT, "user": {} }],
        "contexts": [{ "name": CONTEXT, "context": { "cluster": CONTEXT, "user": CONTEXT } }],
    });
    write("kubeconfig", &kubeconfig.to_string())?;
    // A token of the world's own: without one, the operator's would be sent.
    write("token", "demo")?;
    let github =
        repository.map(|(slug, url)| format!("github:\n  repository: {slug}\n  url: {url}\n  token_file: token\n"));
    write("config.yaml", &github.unwrap_or_default())?;
    Ok(folder)
}

/// Lines to paste into a shell.
fn exports(folder: &Path) -> String {
    let variables = [("KUBECONFIG", "kubeconfig"), ("FLIGHTDECK_CONFIG_DIR", ""), ("FLIGHTDECK_STATE_DIR", "state")];
    let line = |(variable, name)| {
        let path = folder.join(name).display().to_string();
        format!("export {variable}='{}'\n", path.trim_end_matches('/').replace('\'', r"'\''"))
    };
    variables.map(line).concat()
}
