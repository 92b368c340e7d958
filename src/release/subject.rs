//! Name tags for what lives on GitHub: it has no UID of its own, so its place in the repository stands for one.

use std::sync::Arc;

use super::object::{ObjectId, Uid};
use super::repository::Duty;

/// Between the names of flags: no name that was read out of a file has it.
const BETWEEN: &str = "\u{1f}";

/// The workflow of that duty. `repository` is `owner/name`, `file` the workflow's file name.
pub fn workflow(repository: &Arc<str>, duty: Duty, file: &str) -> ObjectId {
    of(repository, file, format!("workflow/{}", duty_word(duty)))
}

/// A feature flag.
pub fn flag(repository: &Arc<str>, name: &str) -> ObjectId {
    flags(repository, &[name])
}

/// Feature flags that are changed together: those of one file are, in one commit.
pub fn flags(repository: &Arc<str>, names: &[&str]) -> ObjectId {
    of(repository, &names.join(", "), format!("flag/{}", names.join(BETWEEN)))
}

/// The repository variable that holds the budget's limit.
pub fn limit(repository: &Arc<str>, variable: &str) -> ObjectId {
    of(repository, variable, "limit".to_owned())
}

/// What the workflow with that name tag is there for.
pub fn duty_of(id: &ObjectId) -> Option<Duty> {
    let word = id.uid.0.strip_prefix("workflow/")?;
    Duty::ALL.into_iter().find(|duty| duty_word(*duty) == word)
}

/// The names of the flags with that name tag, as they stand in the file; empty for what is no flag.
pub fn flags_of(uid: &Uid) -> Vec<&str> {
    uid.0.strip_prefix("flag/").map(|names| names.split(BETWEEN).collect()).unwrap_or_default()
}

/// Whether both name tags are of one thing, or have a flag in common.
pub fn overlap(one: &Uid, other: &Uid) -> bool {
    let others = flags_of(other);
    one == other || flags_of(one).iter().any(|name| others.contains(name))
}

/// Whether that name tag is the limit's.
pub fn is_limit(id: &ObjectId) -> bool {
    &*id.uid.0 == "limit"
}

fn of(repository: &Arc<str>, name: &str, uid: String) -> ObjectId {
    ObjectId { context: repository.clone(), namespace: "".into(), name: name.into(), uid: Uid(uid.into()) }
}

fn duty_word(duty: Duty) -> &'static str {
    match duty {
        Duty::Drift => "drift",
        Duty::Plan => "plan",
        Duty::Smoke => "smoke",
        Duty::Teardown => "teardown",
        Duty::Promote => "promote",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_leads_back_to_what_it_is_of() {
        let repository = "acme/shop".into();
        for duty in Duty::ALL {
            assert_eq!(duty_of(&workflow(&repository, duty, "x.yml")), Some(duty));
        }
        let (one, two) = (flag(&repository, "new_checkout"), flags(&repository, &["dark_mode", "new_checkout"]));
        assert_eq!((flags_of(&one.uid), &*two.name), (vec!["new_checkout"], "dark_mode, new_checkout"));
        assert_eq!(flags_of(&two.uid), ["dark_mode", "new_checkout"]);
        assert!(overlap(&one.uid, &two.uid) && !overlap(&flag(&repository, "dark").uid, &two.uid));
        let limit = limit(&repository, "INFRACOST_LIMIT");
        assert_eq!((duty_of(&limit), is_limit(&limit)), (None, true));
        assert!(overlap(&limit.uid, &limit.uid) && flags_of(&limit.uid).is_empty());
    }
}
