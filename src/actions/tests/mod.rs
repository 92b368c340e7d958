//! What an operator gets for each wish: the exact requests, the refusals, and when an effect counts as there.

mod effects;
mod flags;
mod guards;
mod plans;
mod previews;
mod seen;
mod shop;
mod workflows;

use super::ACTIONS;

#[test]
fn names_are_unique_and_have_help() {
    for action in ACTIONS {
        assert_eq!(ACTIONS.iter().filter(|other| other.name == action.name).count(), 1, "{}", action.name);
        assert!(!action.help.is_empty(), "{}", action.name);
        assert!(super::action(action.name).is_some());
    }
}
