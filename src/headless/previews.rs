//! `flightdeck previews list`: every namespace `pr-<n>` with what became of its pull request.

use jiff::Timestamp;
use serde::Serialize;

use super::repository_rows::taken_back;
use super::sight::Sight;
use super::table::Table;
use super::{Answer, ExitCode};
use crate::release::blocker::Blocker;
use crate::release::model::Model;
use crate::release::preview::{self, PreviewClass, PreviewNamespace, age};
use crate::release::pull::PullLookup;
use crate::release::topic::{Duty, Topic};

#[derive(Debug, Serialize)]
struct List<'a> {
    items: Vec<Item<'a>>,
}

#[derive(Debug, Serialize)]
struct Item<'a> {
    number: u64,
    context: &'a str,
    namespace: &'a str,
    uid: &'a str,
    class: PreviewClass,
    why: String,
    created: Option<Timestamp>,
    deleted: Option<Timestamp>,
    /// Null where there is none, and where GitHub did not say: then the class is `unknown`.
    pull: Option<Pull>,
    /// What keeps it from going away.
    blockers: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Pull {
    state: String,
    title: String,
    author: Option<String>,
    head: Option<String>,
}

/// All previews that `is_wanted` (all namespaces, or one), the worst first. An orphan or a stuck one is a negative verdict, one that nobody can class an unknown one.
pub fn previews(model: &Model, is_wanted: impl Fn(&PreviewNamespace) -> bool, now: Timestamp) -> Answer {
    let rules = model.preview_rules();
    let mut items: Vec<Item> = Vec::new();
    for namespace in model.previews.iter().filter(|namespace| is_wanted(namespace)) {
        let lookup = model.preview_pull(namespace);
        let Some(preview) = preview::classify(namespace, &lookup, &rules, now) else { continue };
        items.push(Item {
            number: preview.number,
            context: &namespace.id.context,
            namespace: &namespace.id.name,
            uid: &namespace.id.uid.0,
            class: preview.class,
            why: preview.why,
            created: namespace.created,
            deleted: namespace.deleted_at,
            pull: pull(&lookup),
            blockers: preview.blockers.iter().map(Blocker::sentence).collect(),
        });
    }
    items.sort_by_key(|item| (item.class, item.number, item.context));
    let (cluster, github) = (Sight::of(model, "namespaces", now), github(model));
    let exit = exit(&items, cluster.exit.max(github.exit));
    let table = table(&items, now).or("no namespace pr-<number>");
    let mut answer = Answer::new(&List { items }, table, exit);
    answer.diagnostics = cluster.errors.into_iter().chain(github.errors).collect();
    answer.diagnostics.extend(taken_back(model, Duty::Teardown));
    answer
}

/// Without a repository there is nobody to ask: each preview says so itself, and where there is none nothing is missing.
fn github(model: &Model) -> Sight {
    let sight = Sight::of_topic(model, Topic::Previews);
    match model.repository() {
        Some(_) => sight,
        None => Sight { exit: ExitCode::Ok, ..sight },
    }
}

fn exit(items: &[Item], sight: ExitCode) -> ExitCode {
    let any = |class| items.iter().any(|item| item.class == class);
    match sight {
        _ if any(PreviewClass::Orphan) || any(PreviewClass::Stuck) => ExitCode::Negative,
        ExitCode::Ok if any(PreviewClass::Unknown) => ExitCode::Unknown,
        sight => sight,
    }
}

fn pull(lookup: &PullLookup) -> Option<Pull> {
    let PullLookup::Found(pull) = lookup else { return None };
    Some(Pull {
        state: pull.state.word().to_owned(),
        title: pull.title.clone(),
        author: pull.author.clone(),
        head: pull.head_sha.clone(),
    })
}

fn table(items: &[Item], now: Timestamp) -> Table {
    let mut table = Table::new(["PREVIEW", "CONTEXT", "STATE", "AGE", "AUTHOR", "TITLE", "WHY"]);
    for item in items {
        let pull = item.pull.as_ref();
        // One that is stuck says itself what holds it.
        let others = item.blockers.iter().map(|it| &**it).filter(|it| !item.why.contains(it));
        let held: Vec<&str> = std::iter::once(&*item.why).chain(others).collect();
        table.row([
            item.namespace.to_owned(),
            item.context.to_owned(),
            item.class.word().to_owned(),
            item.created.map(|created| age(now.duration_since(created))).unwrap_or_default(),
            pull.and_then(|pull| pull.author.clone()).unwrap_or_default(),
            pull.map(|pull| pull.title.clone()).unwrap_or_default(),
            held.join("; "),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::sample::at;
    use crate::release::sample_shop;

    #[test]
    fn what_holds_one_is_said_once() {
        let answer = previews(&sample_shop::shop("prod", at(1_000_000)), |_| true, at(1_000_000));
        let stuck = answer.json["items"].as_array().unwrap().iter().find(|item| item["class"] == "stuck").unwrap();
        for blocker in stuck["blockers"].as_array().unwrap() {
            assert_eq!(answer.table.matches(blocker.as_str().unwrap()).count(), 1, "{}", answer.table);
        }
        assert!(!stuck["blockers"].as_array().unwrap().is_empty(), "{stuck:#}");
    }
}
