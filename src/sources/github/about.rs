//! Answers of GitHub's that no other reader takes apart: the repository, its last release, a variable, a list of pulls.

use rust_decimal::Decimal;

use crate::release::cost::parse_limit;
use crate::release::json::Json;
use crate::release::pull::PullRequest;
use crate::release::repository::{About, Release};

/// `GET /repos/{owner}/{repo}`.
pub fn about(bytes: &[u8]) -> Result<About, String> {
    let root = Json::parse(bytes)?;
    let fields = root.fields();
    let name = fields.get("full_name").words().or_else(|| fields.get("name").words());
    if name.is_none() && !fields.has_any(&["default_branch", "permissions"]) {
        return Err("is no repository: no full_name".to_owned());
    }
    Ok(About {
        full_name: name.unwrap_or_else(|| "(no name)".to_owned()),
        // An old server or a thin proxy: this is what GitHub itself calls it.
        default_branch: fields.get("default_branch").words().unwrap_or_else(|| "main".to_owned()),
        archived: fields.get("archived").flag().unwrap_or(false),
        may_push: fields.get("permissions").get("push").flag(),
        url: fields.get("html_url").words(),
    })
}

/// A release of which nothing can be read: there is one, and what was merged since is not known.
pub fn unread_release() -> Release {
    Release { tag: "(unread)".to_owned(), published: None }
}

/// `GET /repos/{owner}/{repo}/releases/latest`.
pub fn release(bytes: &[u8]) -> Result<Release, String> {
    let root = Json::parse(bytes)?;
    let fields = root.fields();
    if !fields.has_any(&["tag_name", "published_at"]) {
        return Err("is no release: no tag_name".to_owned());
    }
    Ok(Release {
        tag: fields.get("tag_name").words().unwrap_or_else(|| "(no tag)".to_owned()),
        published: fields.get("published_at").text().and_then(|time| time.parse().ok()),
    })
}

/// A page of pull requests, and whether that is all of them: one that cannot be read costs itself, not the page.
pub fn pulls(bytes: &[u8]) -> Result<(Vec<PullRequest>, bool), String> {
    let list = Json::parse(bytes)?;
    if !list.is_list() {
        return Err("is no list of pull requests".to_owned());
    }
    let items = list.items();
    let pulls: Vec<PullRequest> = items.iter().copied().filter_map(PullRequest::from_json).collect();
    let is_whole = pulls.len() == items.len();
    Ok((pulls, is_whole))
}

/// `GET .../actions/variables/{name}`: the budget's limit.
pub fn limit(bytes: &[u8]) -> Result<Decimal, String> {
    let value = Json::parse(bytes)?.get("value");
    let text = value.text().ok_or("the variable has no value")?;
    parse_limit(text.trim())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_missing_costs_one_cell() {
        let thin = about(br#"{"full_name":"acme/shop","default_branch":null,"permissions":null}"#).unwrap();
        assert_eq!((&*thin.default_branch, thin.may_push, thin.archived), ("main", None, false));
        let nameless = about(br#"{"full_name":null,"default_branch":"trunk"}"#).unwrap();
        assert_eq!((&*nameless.full_name, &*nameless.default_branch), ("(no name)", "trunk"));
        assert!(about(br#"{"message":"Not Found"}"#).is_err() && about(b"[]").is_err());
        let untagged = release(br#"{"tag_name":null,"published_at":"2026-08-20T09:02:11Z"}"#).unwrap();
        assert!(untagged.published.is_some() && release(br#"{"message":"Not Found"}"#).is_err());
        assert_eq!(release(br#"{"tag_name":"v1","published_at":"soon"}"#).unwrap().published, None);
        let (read, is_whole) = pulls(br#"[{"number":1},{"number":null},7]"#).unwrap();
        assert_eq!((read.len(), is_whole), (1, false));
        assert_eq!(limit(br#"{"name":"INFRACOST_LIMIT","value":" 25.50 "}"#).unwrap().to_string(), "25.50");
        assert!(limit(br#"{"value":"much"}"#).unwrap_err().contains("is no amount"));
    }

    proptest! {
        #[test]
        fn nothing_panics(value in crate::release::json::foreign(), at in 0usize..6) {
            let field = ["full_name", "permissions", "tag_name", "published_at", "value", "number"][at];
            let object = format!(r#"{{"full_name":"a/b","tag_name":"x","{field}":{value}}}"#);
            for bytes in [object.as_bytes(), value.as_bytes(), format!("[{object}]").as_bytes()] {
                let _ = (about(bytes), release(bytes), pulls(bytes), limit(bytes));
            }
        }
    }
}
