//! Set the limit: the repository variable that the budget's gate compares with.

use rust_decimal::Decimal;
use serde_json::json;

use super::plan::{Danger, Effect, FromTo, Held, Plan, Refusal, Request};
use super::{Action, Kind, Needs, RestsOn, Wish, git};

pub(super) static SET_LIMIT: Action = Action {
    name: "set-limit",
    help: "raise or lower the budget's limit",
    on: Kind::Limit,
    needs: Needs::Amount,
    rests_on: RestsOn::Step,
    stops: false,
    danger: Danger::Plain,
    make,
};

const TEN: Decimal = Decimal::TEN;

fn make(wish: &Wish<'_>) -> Result<Plan, Refusal> {
    let repository = wish.repository()?;
    let unset = || {
        let name = &wish.target.name;
        Refusal::absent(format!(
            "the variable {name} is not set, or not to be seen: only one that is there can be changed"
        ))
    };
    let current = repository.limit.as_ref().ok_or_else(unset)?;
    let was = current.as_ref().map_err(|why| Refusal::because(why.clone()))?;
    let amount = wish.amount.ok_or_else(|| Refusal::because(super::TYPE_AMOUNT))?;
    if *was == amount {
        return Err(Refusal::because(format!("the limit is {amount} already")));
    }
    let path = format!("/repos/{}/actions/variables/{}", wish.target.context, git::escaped(&wish.target.name));
    let request = Request {
        method: "PATCH",
        path: path.clone(),
        content_type: "application/json",
        body: json!({ "name": &*wish.target.name, "value": amount.to_string() }),
        right: None,
        held: vec![Held { what: wish.target.name.to_string(), path, pointer: "/value", value: was.to_string().into() }],
    };
    let changes = vec![FromTo::new("limit", was, amount)];
    let mut plan = git::plan(wish, &SET_LIMIT, "Variable", vec![request], changes, Effect::LimitIs(amount));
    plan.inverse = json!({ "action": SET_LIMIT.name, "amount": was.to_string() });
    if amount.is_zero() {
        plan.notes.push("with a limit of 0 every pull request that costs anything fails".to_owned());
    } else if was.checked_mul(TEN).is_some_and(|ten_times| amount > ten_times) {
        plan.notes.push("more than ten times what it was: the gate would let nearly everything through".to_owned());
    }
    plan.notes.push("it holds for the next run of the gate; one that has failed has to be run again".to_owned());
    Ok(plan)
}
