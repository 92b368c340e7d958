//! Flags: what `feature-flags/flags.yaml` turns on and where, who answers for it, and which guardrails it ignores.

use crate::actions::Kind;
use crate::release::change_request;
use crate::release::flag::{Flag, FlagState, Flags as File, Setting};
use crate::release::gates;
use crate::release::object::{ObjectId, Uid};
use crate::release::repository::{FlagsFile, Repository};
use crate::release::subject;
use crate::release::topic::{Duty, Topic};
use crate::theme::{Glyph, Role};

use super::Pane;
use super::brush::Words;
use super::cx::Cx;
use super::table::{Cell, Column};

/// The row in PANES.
pub struct Flags;

static COLUMNS: &[Column] = &[
    Column::new("FLAG", 14, 40, 0),
    Column::new("PROD", 6, 9, 0),
    Column::new("DEFAULT", 7, 9, 2),
    Column::new("ROLLOUT", 12, 40, 1),
    Column::new("OWNERS", 8, 30, 3),
    Column::new("GUARDRAILS", 16, 120, 1),
];

impl Pane for Flags {
    fn name(&self) -> &'static str {
        "flags"
    }

    fn title(&self) -> &'static str {
        "Flags"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[]
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::Flags]
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn rows(&self, cx: &Cx) -> Vec<Uid> {
        let Some(flags) = flags(cx) else { return Vec::new() };
        let mut rows: Vec<(u8, &Flag)> = flags.flags.iter().map(|flag| (rank(flags, flag), flag)).collect();
        rows.sort_by_key(|(rank, _)| *rank);
        let rows = rows.into_iter().map(|(_, flag)| Uid(format!("flag/{}", flag.name).into()));
        super::each_once(rows)
    }

    fn cells(&self, cx: &Cx, row: &Uid) -> Option<Vec<Cell>> {
        let (flags, flag) = one(cx, row)?;
        let (role, sign, word) = looks(cx, flag.state(gates::production(flag)));
        let unmet = unmet(flags, flag);
        let guardrails = match (gates::ignored_guardrails(flags, flag), unmet.is_empty(), flag.requires.is_empty()) {
            (Some(ignored), _, _) => Cell::styled(format!("{} {ignored}", cx.glyph(Glyph::Attention)), Role::Attention),
            (None, true, true) => Cell::styled("-", Role::Dim),
            (None, true, false) => Cell::styled(format!("met: {}", flag.requires.join(", ")), Role::Ok),
            (None, false, _) => Cell::styled(unmet, Role::Dim),
        };
        let mut rollout: Vec<_> = flag.rollout.iter().collect();
        // What customers get comes first: the end is what a narrow screen cuts.
        rollout.sort_by_key(|(environment, _)| environment.as_str() != gates::production(flag));
        let rollout: Vec<String> =
            rollout.iter().map(|(environment, percent)| format!("{environment} {}", setting(percent))).collect();
        Some(vec![
            Cell::styled(flag.name.clone(), if flag.problems.is_empty() { Role::Text } else { Role::Unknown }),
            Cell::styled(format!("{sign} {word}"), role),
            Cell::new(setting(&flag.default)),
            Cell::new(if rollout.is_empty() { "-".to_owned() } else { rollout.join(", ") }),
            Cell::styled(owners(flag), Role::Dim),
            guardrails,
        ])
    }

    fn target(&self, _cx: &Cx, _row: &Uid) -> Option<ObjectId> {
        None
    }

    fn subject(&self, cx: &Cx, row: Option<&Uid>, kind: Kind) -> Option<ObjectId> {
        match kind {
            Kind::Flag => {
                let (name, _) = cx.model.repository_of(Topic::Flags)?;
                Some(subject::flag(name, row?.0.strip_prefix("flag/")?))
            }
            Kind::Workflow => super::previews::workflow(cx, Duty::Promote),
            _ => None,
        }
    }

    fn headline(&self, cx: &Cx) -> Option<Words> {
        let repository = repository(cx)?;
        let file = file(cx)?;
        if let Some(problem) = flags(cx).and_then(|flags| flags.problems.first()) {
            return Some(Words::of(format!("{} {problem}", cx.glyph(Glyph::Unknown)), Role::Unknown));
        }
        let unguarded = flags(cx).map_or(0, |flags| gates::unguarded(flags).len());
        let last = repository.history.first();
        let last = last.map_or(String::new(), |commit| {
            format!(", changed {} ago by {}", cx.age(commit.at), commit.author.as_deref().unwrap_or("unknown"))
        });
        let protected = if file.file.is_protected == Some(true) { " (protected)" } else { "" };
        let mut words = Words::new();
        if unguarded > 0 {
            words.push(format!("{unguarded} on without its guardrails  "), Role::Attention);
        }
        // Where a team promotes its flags, what stands in the file is not what customers have until then.
        let is_promoting = repository.workflow(Duty::Promote).is_some_and(|view| view.workflow.is_some());
        if is_promoting && !last.is_empty() && gates::promoted(repository).is_none() {
            words.push("no promotion seen  ", Role::Unknown);
        }
        words.push(format!("{}{protected}{last}", file.file.branch), Role::Dim);
        Some(words)
    }

    fn look(&self, cx: &Cx, row: &Uid) -> Option<Vec<Words>> {
        let (flags, flag) = one(cx, row)?;
        let file = file(cx)?;
        let (role, sign, word) = looks(cx, flag.state("prod"));
        let name = super::field("flag", format!("{}  ", flag.name)).and(format!("{sign} {word} in prod"), role);
        let mut lines = vec![name, super::field("default", setting(&flag.default))];
        for (environment, percent) in &flag.rollout {
            let (role, sign, word) = looks(cx, flag.state(environment));
            let words = super::field("rollout", format!("{environment} {}  ", setting(percent)));
            lines.push(words.and(format!("{sign} {word}"), role));
        }
        lines.push(super::field("owners", owners(flag)));
        for required in &flag.requires {
            let why = flag.unmet(flags, gates::production(flag)).into_iter().find(|unmet| unmet.requires == *required);
            lines.push(super::field(
                "requires",
                match why {
                    Some(unmet) => format!("{required}: unmet, {}", unmet.why),
                    None => format!("{required}: met"),
                },
            ));
        }
        lines.extend(flag.problems.iter().map(|problem| super::field("problem", problem.clone())));
        lines.push(super::field("file", place(file)));
        lines.extend(clock(cx));
        Some(lines)
    }

    fn empty(&self, cx: &Cx) -> String {
        match (repository(cx), file(cx).map(|file| &file.flags)) {
            (None, _) => super::NO_REPOSITORY.to_owned(),
            (Some(repository), None) => repository.without_flags(),
            (Some(_), Some(Err(why))) => format!("the flags file {why}"),
            (Some(_), Some(Ok(_))) => "the flags file has no flags".to_owned(),
        }
    }
}

/// How far the last change of the file has come: committed, merged, deployed, live. What nobody tells is said to be unknown.
fn clock(cx: &Cx) -> Vec<Words> {
    let Some(repository) = repository(cx) else { return Vec::new() };
    let Some(commit) = repository.history.first() else {
        return vec![super::field("changed", "never, or not to be read")];
    };
    let author = commit.author.as_deref().unwrap_or("unknown");
    let short: String = commit.sha.chars().take(7).collect();
    let mut lines =
        vec![super::field("committed", format!("{} ago by {author}, {short}: {}", cx.age(commit.at), commit.message))];
    let waiting = repository.open.iter().filter(|pull| pull.our_branch().is_some());
    let waiting: Vec<String> = waiting.map(|pull| format!("#{} {}", pull.number, pull.title)).collect();
    let turned_down = change_request::turned_down(repository, cx.now);
    lines.extend(turned_down.map(|pull| {
        super::field("not merged", format!("#{} {}: closed {} ago", pull.number, pull.title, cx.age(pull.closed_at)))
    }));
    lines.push(super::field(
        "merged",
        match waiting.is_empty() {
            true => "this commit is on the branch; no pull request of Flightdeck's waits".to_owned(),
            false => format!("this commit is; waiting: {}", waiting.join("; ")),
        },
    ));
    lines.push(super::field(
        "deployed",
        match gates::promoted(repository) {
            Some(at) => format!("a promote run has succeeded since, {} ago", cx.age(Some(at))),
            None => "not known: no promote run has succeeded since".to_owned(),
        },
    ));
    lines.push(super::field("live", "not known: nothing tells what the applications have loaded"));
    lines
}

fn repository<'a>(cx: &Cx<'a>) -> Option<&'a Repository> {
    cx.model.repository_of(Topic::Flags).map(|(_, repository)| repository)
}

fn file<'a>(cx: &Cx<'a>) -> Option<&'a FlagsFile> {
    repository(cx)?.flags.as_ref()
}

fn place(file: &FlagsFile) -> String {
    match file.is_checkout() {
        true => format!("{}, a local checkout", file.file.path),
        false => format!("{} on {}, blob {}", file.file.path, file.file.branch, file.file.sha),
    }
}

fn flags<'a>(cx: &Cx<'a>) -> Option<&'a File> {
    file(cx)?.flags.as_ref().ok()
}

fn one<'a>(cx: &Cx<'a>, row: &Uid) -> Option<(&'a File, &'a Flag)> {
    let flags = flags(cx)?;
    Some((flags, flags.get(row.0.strip_prefix("flag/")?)?))
}

fn owners(flag: &Flag) -> String {
    if flag.owners.is_empty() { "nobody".to_owned() } else { flag.owners.join(", ") }
}

fn unmet(flags: &File, flag: &Flag) -> String {
    let unmet = flag.unmet(flags, gates::production(flag));
    let words: Vec<String> = unmet.iter().map(|unmet| format!("unmet {}: {}", unmet.requires, unmet.why)).collect();
    words.join("; ")
}

/// On without its guardrails, on, unknown, off.
fn rank(flags: &File, flag: &Flag) -> u8 {
    match flag.state(gates::production(flag)) {
        _ if gates::ignored_guardrails(flags, flag).is_some() => 0,
        FlagState::On => 1,
        FlagState::Unknown => 2,
        FlagState::Off => 3,
    }
}

fn setting<T: ToString>(setting: &Setting<T>) -> String {
    match setting {
        Setting::Missing => "-".to_owned(),
        Setting::Known(value) => value.to_string(),
        Setting::Odd(text) => format!("? {text}"),
    }
}

fn looks(cx: &Cx, state: FlagState) -> (Role, &'static str, &'static str) {
    match state {
        FlagState::On => (Role::Progressing, cx.glyph(Glyph::Current), "on"),
        FlagState::Off => (Role::Dim, cx.glyph(Glyph::Bullet), "off"),
        FlagState::Unknown => (Role::Unknown, cx.glyph(Glyph::Unknown), "unknown"),
    }
}
