//! The Now list: everything that waits for a human, worst first.

use jiff::Timestamp;
use serde::Serialize;

use super::Answer;
use super::sight::Sight;
use super::table::Table;
use crate::release::attention::{self, Need};
use crate::release::duration::human;
use crate::release::model::Model;

#[derive(Debug, Serialize)]
struct List {
    items: Vec<Need>,
}

/// All needs. An empty list is only good news where the sources can see.
pub fn needs(model: &Model, now: Timestamp) -> Answer {
    let list = List { items: attention::needs(model, now) };
    let sight = Sight::of(model, "rollouts", now);
    let mut table = Table::new(["SEVERITY", "AGE", "OBJECT", "WHAT", "REASON", "KEYS"]);
    for need in &list.items {
        table.row([
            need.severity.word().to_owned(),
            need.since.map(|since| human(now.duration_since(since))).unwrap_or_default(),
            need.object.path(),
            need.what.to_owned(),
            need.reason.clone(),
            need.answers.join(", "),
        ]);
    }
    let nothing = if sight.is_clear() { "nothing waits for you" } else { "unknown: the cluster cannot be seen" };
    let mut answer = Answer::new(&list, table.or(nothing), sight.exit);
    answer.diagnostics = sight.errors;
    answer
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::headless::{ExitCode, Format};
    use crate::release::sample::{self, at};

    #[test]
    fn what_waits_is_listed_with_its_age() {
        let rollout = sample::paused("web");
        let answer = needs(&sample::model_of(&rollout, vec![]), at(10));
        assert_eq!(
            answer.json,
            json!({"items": [{
                "object": {"context": "prod", "namespace": "shop", "name": "web", "uid": "web"},
                "severity": "attention", "what": "waiting for you", "since": at(0).to_string(),
                "reason": "CanaryPauseStep at step 1/4", "answers": ["promote", "abort"],
            }]})
        );
        assert_eq!(
            answer.text(Format::Table),
            "\
SEVERITY   AGE  OBJECT    WHAT             REASON                       KEYS
attention  10s  shop/web  waiting for you  CanaryPauseStep at step 1/4  promote, abort
"
        );
    }

    #[test]
    fn nobody_can_wait_where_nobody_can_see() {
        let blind = needs(&Model::default(), at(0));
        assert_eq!((blind.exit, &*blind.table), (ExitCode::Unknown, "unknown: the cluster cannot be seen\n"));
        let seen = needs(&sample::model_of(&sample::rollout("web"), vec![]), at(0));
        assert_eq!((seen.exit, &*seen.table), (ExitCode::Ok, "nothing waits for you\n"));
    }
}
