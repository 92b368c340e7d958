//! `flightdeck rollout`: `get` and `list`, and the way to the writing commands.

use std::process::ExitCode;

use crate::cli::{Act, Common, Named, Rollout};
use crate::headless::sight::Sight;
use crate::headless::{self, Answer};

use super::act::{self, Wanted};
use super::find::{find, is_wanted};
use super::observe::Observer;
use super::{clock, lint, on_runtime};

/// What a Rollout's kind and source are called.
pub const ROLLOUT: (&str, &str) = ("Rollout", "rollouts");

/// Does what was asked for.
pub fn run(common: &Common, rollout: &Rollout) -> ExitCode {
    let act = |name, act: &Act, to_revision| {
        act::run(common, Wanted { to_revision, ..Wanted::new(name, &act.names, &act.how) })
    };
    match rollout {
        Rollout::List => on_runtime(common, list(common)),
        Rollout::Get(named) => on_runtime(common, get(common, named)),
        Rollout::Promote { act: to, full: true, .. } => act("promote-full", to, None),
        Rollout::Promote { act: to, skip_step: true, .. } => act("skip-step", to, None),
        Rollout::Promote { act: to, .. } => act("promote", to, None),
        Rollout::Abort(to) => act("abort", to, None),
        Rollout::Retry(to) => act("retry", to, None),
        Rollout::Pause(to) => act("pause", to, None),
        Rollout::Resume(to) => act("resume", to, None),
        Rollout::Undo { act: to, to_revision } => act("undo", to, *to_revision),
        Rollout::Restart(to) => act("restart", to, None),
        Rollout::Lint(files) => lint::rollouts(common, files),
    }
}

async fn list(common: &Common) -> Result<Answer, Answer> {
    let observer = Observer::first_picture(common, &["rollouts"]).await?;
    if let Some(blind) = observer.blind("rollouts") {
        return Err(blind);
    }
    let wanted = |rollout: &crate::release::rollout::Rollout| is_wanted(&rollout.id, common);
    Ok(observer.qualify(headless::rollout::list(&observer.model, wanted, clock())))
}

async fn get(common: &Common, named: &Named) -> Result<Answer, Answer> {
    // The runs hang in the tree, the refusals say why it is stuck.
    let mut observer = Observer::first_picture(common, &["rollouts", "analysisruns", "refusals"]).await?;
    if let Some(blind) = observer.blind("rollouts") {
        return Err(blind);
    }
    let found = find(&observer, &observer.model.rollouts, ROLLOUT, &named.name, common);
    let id = found.map_err(|lost| lost.answer(&observer))?;
    if let Some(rollout) = observer.model.rollouts.get(&id.uid).cloned() {
        observer.focus(&rollout).await;
    }
    // It may have been deleted while we looked.
    let found = find(&observer, &observer.model.rollouts, ROLLOUT, &named.name, common);
    let id = found.map_err(|lost| lost.answer(&observer))?;
    let Some(rollout) = observer.model.rollouts.get(&id.uid) else {
        return Err(Answer::failed(format!("{} is gone", id.path()), headless::ExitCode::Unknown));
    };
    let now = clock();
    let mut answer = observer.annotate(headless::rollout::get(&observer.model, rollout, now));
    let mut kinds = crate::sources::focus_sources();
    kinds.extend(["rollouts", "analysisruns", "refusals"]);
    answer.diagnostics.extend(kinds.iter().flat_map(|kind| Sight::of(&observer.model, kind, now).errors));
    Ok(answer)
}
