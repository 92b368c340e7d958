//! `flightdeck status`: every row of the release plan, and below the table what needs a human.

use std::process::ExitCode;

use crate::cli::Common;
use crate::headless::{self, Answer};
use crate::sources::{SOURCES, Scope};

use super::observe::Observer;
use super::settle::settle;
use super::{clock, on_runtime};

/// Prints it.
pub fn run(common: &Common) -> ExitCode {
    on_runtime(common, status(common))
}

async fn status(common: &Common) -> Result<Answer, Answer> {
    let sources = SOURCES.iter().filter(|source| source.scope != Scope::Focus);
    let sources: Vec<_> = sources.map(|source| source.name).collect();
    let mut observer = Observer::first_picture(common, &sources).await?;
    let settled = settle(common, clock());
    if let Some(checkout) = &settled.flags {
        observer.check_out(checkout).await;
    }
    if let Some(github) = settled.github {
        let topics = github.topics.clone();
        observer.look(github, &topics).await;
    }
    let now = clock();
    let mut answer = headless::status::status(&observer.model, now);
    answer.table += &format!("\n{}", headless::needs::needs(&observer.model, now).table);
    // Where nothing was seen, what to do about it is better than what every source says.
    if let Some(blind) = observer.blind("rollouts") {
        answer.exit = blind.exit;
        answer.diagnostics = blind.diagnostics;
    }
    answer.diagnostics.extend(settled.complaints);
    Ok(observer.qualify(answer))
}
