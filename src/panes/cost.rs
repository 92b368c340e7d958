//! Cost: what each open pull request would cost a month more, and what was merged since the last release, against the budget.

use rust_decimal::Decimal;

use crate::actions::Kind;
use crate::release::gate::GateVerdict;
use crate::release::gates::{self, PullBudget};
use crate::release::object::{ObjectId, Uid};
use crate::release::repository::Repository;
use crate::release::subject;
use crate::release::text::counted;
use crate::release::topic::{Duty, Topic};
use crate::theme::{Glyph, Role};

use super::Pane;
use super::brush::Words;
use super::cx::Cx;
use super::table::{Cell, Column};

/// The row in PANES.
pub struct Cost;

static COLUMNS: &[Column] = &[
    Column::new("PULL", 6, 8, 0),
    Column::new("DELTA/MONTH", 11, 14, 0).right(),
    Column::new("VERDICT", 9, 9, 0),
    Column::new("STATE", 6, 6, 4),
    Column::new("AUTHOR", 6, 16, 5),
    Column::new("TITLE", 12, 60, 2),
    Column::new("WHY", 27, 200, 1),
];

/// The row of what was merged since the last release.
const MERGED: &str = "cost/merged";

impl Pane for Cost {
    fn name(&self) -> &'static str {
        "cost"
    }

    fn title(&self) -> &'static str {
        "Cost"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[]
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::Pulls, Topic::Cost]
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn rows(&self, cx: &Cx) -> Vec<Uid> {
        let Some(repository) = repository(cx) else { return Vec::new() };
        let merged = gates::merged_sum(repository).map(|_| Uid::from(MERGED));
        let pulls = gates::budgets(repository).into_iter().map(|it| Uid(format!("pull/{}", it.pull.number).into()));
        merged.into_iter().chain(pulls).collect()
    }

    fn cells(&self, cx: &Cx, row: &Uid) -> Option<Vec<Cell>> {
        let repository = repository(cx)?;
        if &*row.0 == MERGED {
            let (sum, verdict, why) = gates::merged_sum(repository)?;
            let (role, sign) = looks(cx, verdict);
            return Some(vec![
                Cell::styled("merged", Role::Title),
                amount(sum, None),
                Cell::styled(format!("{sign} {}", verdict.word()), role),
                Cell::styled("sum", Role::Dim),
                Cell::new("-"),
                Cell::new("-"),
                Cell::new(why),
            ]);
        }
        let budget = one(repository, row)?;
        let (role, sign) = looks(cx, budget.verdict);
        let cost = budget.cost;
        Some(vec![
            Cell::new(format!("#{}", budget.pull.number)).ranked(i64::try_from(budget.pull.number).unwrap_or(i64::MAX)),
            amount(
                cost.filter(|cost| cost.errors.is_empty()).and_then(|cost| cost.delta),
                cost.and_then(|cost| cost.currency.as_deref()),
            ),
            Cell::styled(format!("{sign} {}", budget.verdict.word()), role),
            Cell::styled(if budget.is_merged { "merged" } else { "open" }, Role::Dim),
            Cell::styled(budget.pull.author.clone().unwrap_or_else(|| "-".to_owned()), Role::Dim),
            Cell::new(budget.pull.title.clone()),
            Cell::new(budget.why),
        ])
    }

    fn target(&self, _cx: &Cx, _row: &Uid) -> Option<ObjectId> {
        None
    }

    fn subject(&self, cx: &Cx, _row: Option<&Uid>, kind: Kind) -> Option<ObjectId> {
        match kind {
            Kind::Workflow => super::previews::workflow(cx, Duty::Plan),
            Kind::Limit => {
                let (name, repository) = cx.model.repository()?;
                Some(subject::limit(name, repository.limit_variable.as_deref()?))
            }
            _ => None,
        }
    }

    fn headline(&self, cx: &Cx) -> Option<Words> {
        let repository = repository(cx).filter(|repository| repository.sight(Topic::Cost).seen.is_some())?;
        let holds = match gates::limit(repository) {
            Ok(limit) => format!("limit {limit}"),
            Err(why) => return Some(Words::of(format!("the limit is unknown: {why}"), Role::Unknown)),
        };
        let limit = match (&repository.limit, repository.own_limit) {
            (Some(_), _) => holds,
            (None, Some(_)) => format!("{holds}: the configuration's, no variable can be seen"),
            (None, None) => format!("{holds}: the default, no variable can be seen (25 is good to begin with)"),
        };
        let over = gates::budgets(repository).iter().filter(|it| it.verdict == GateVerdict::Fail).count();
        let words = Words::of(limit, Role::Dim);
        Some(if over > 0 { words.and(format!("  {over} over it"), Role::Attention) } else { words })
    }

    fn look(&self, cx: &Cx, row: &Uid) -> Option<Vec<Words>> {
        let repository = repository(cx)?;
        if &*row.0 == MERGED {
            let (_, verdict, why) = gates::merged_sum(repository)?;
            let mut lines = vec![super::field("merged", format!("{}: {why}", verdict.word()))];
            lines.extend(gates::budgets(repository).iter().filter(|budget| budget.is_merged).map(|budget| {
                let name = format!("#{}", budget.pull.number);
                super::field(&name, format!("{}: {}", budget.pull.title, budget.why))
            }));
            return Some(lines);
        }
        let budget = one(repository, row)?;
        let mut lines = vec![
            super::field("pull", format!("#{} {}", budget.pull.number, budget.pull.title)),
            super::field("verdict", format!("{}: {}", budget.verdict.word(), budget.why)),
        ];
        if let Some(cost) = budget.cost {
            let shown = |amount: Option<Decimal>| amount.map_or("unknown".to_owned(), |amount| amount.to_string());
            let unit = cost.currency.as_deref().unwrap_or("(no currency)");
            lines.push(super::field("before", format!("{} {unit} a month", shown(cost.past))));
            lines.push(super::field("after", format!("{} {unit} a month", shown(cost.total))));
            lines.push(super::field("schema", cost.schema.clone()));
            let unpriced = cost.unpriced.map_or("not said".to_owned(), |count| counted(count, "resource", "resources"));
            lines.push(super::field("unpriced", unpriced));
            lines.extend(cost.no_delta.iter().map(|why| super::field("no delta", why.clone())));
            lines.extend(cost.errors.iter().map(|error| super::field("error", error.clone())));
            lines.extend(cost.tripped.iter().map(|guard| super::field("tripped", guard.clone())));
        }
        Some(lines)
    }

    fn empty(&self, cx: &Cx) -> String {
        match repository(cx) {
            Some(_) => "no pull request is open, and none was merged since the last release".to_owned(),
            None => super::NO_REPOSITORY.to_owned(),
        }
    }
}

fn repository<'a>(cx: &Cx<'a>) -> Option<&'a Repository> {
    cx.model.repository().map(|(_, repository)| repository)
}

fn one<'a>(repository: &'a Repository, row: &Uid) -> Option<PullBudget<'a>> {
    let number: u64 = row.0.strip_prefix("pull/")?.parse().ok()?;
    gates::budgets(repository).into_iter().find(|budget| budget.pull.number == number)
}

/// `+84.20 USD`; a question mark where it is not known.
fn amount(delta: Option<Decimal>, currency: Option<&str>) -> Cell {
    let Some(delta) = delta else { return Cell::styled("?", Role::Unknown).ranked(i64::MIN) };
    let sign = if delta.is_sign_negative() { "" } else { "+" };
    let cents = delta.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(Decimal::MAX).trunc();
    let unit = currency.map_or(String::new(), |currency| format!(" {currency}"));
    Cell::new(format!("{sign}{delta}{unit}")).ranked(i64::try_from(cents).unwrap_or(i64::MAX))
}

fn looks(cx: &Cx, verdict: GateVerdict) -> (Role, &'static str) {
    match verdict {
        GateVerdict::Pass => (Role::Ok, cx.glyph(Glyph::Ok)),
        GateVerdict::Fail => (Role::Attention, cx.glyph(Glyph::Attention)),
        GateVerdict::Unknown => (Role::Unknown, cx.glyph(Glyph::Unknown)),
    }
}
