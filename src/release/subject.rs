//! Name tags for what lives on GitHub: it has no UID of its own, so its place in the repository stands for one.

use std::sync::Arc;

use super::object::{ObjectId, Uid};
use super::repository::Duty;

/// The workflow of that duty. `repository` is `owner/name`, `file` the workflow's file name.
pub fn workflow(repository: &Arc<str>, duty: Duty, file: &str) -> ObjectId {
    of(repository, file, format!("workflow/{}", duty_word(duty)))
}

/// A feature flag.
pub fn flag(repository: &Arc<str>, name: &str) -> ObjectId {
    of(repository, name, format!("flag/{name}"))
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

/// The name of the flag with that name tag, as it stands in the file.
pub fn flag_of(id: &ObjectId) -> Option<&str> {
    id.uid.0.strip_prefix("flag/")
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
        assert_eq!(flag_of(&flag(&repository, "new_checkout")), Some("new_checkout"));
        let limit = limit(&repository, "INFRACOST_LIMIT");
        assert_eq!((duty_of(&limit), is_limit(&limit)), (None, true));
    }
}
