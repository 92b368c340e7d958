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
    let full_name = fields.get("full_name").words().ok_or("is no repository: no full_name")?;
    Ok(About {
        full_name,
        // An old server or a thin proxy: this is what GitHub itself calls it.
        default_branch: fields.get("default_branch").words().unwrap_or_else(|| "main".to_owned()),
        archived: fields.get("archived").flag().unwrap_or(false),
        may_push: fields.get("permissions").get("push").flag(),
        url: fields.get("html_url").words(),
    })
}

/// `GET /repos/{owner}/{repo}/releases/latest`.
pub fn release(bytes: &[u8]) -> Result<Release, String> {
    let root = Json::parse(bytes)?;
    let fields = root.fields();
    Ok(Release {
        tag: fields.get("tag_name").words().ok_or("is no release: no tag_name")?,
        published: fields.get("published_at").text().and_then(|time| time.parse().ok()),
    })
}

/// A page of pull requests. One that cannot be read costs itself, not the page.
pub fn pulls(bytes: &[u8]) -> Result<Vec<PullRequest>, String> {
    let list = Json::parse(bytes)?;
    if !list.is_list() {
        return Err("is no list of pull requests".to_owned());
    }
    Ok(list.items().into_iter().filter_map(PullRequest::from_json).collect())
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
        assert!(about(br#"{"message":"Not Found"}"#).is_err());
        assert_eq!(release(br#"{"tag_name":"v1","published_at":"soon"}"#).unwrap().published, None);
        assert_eq!(pulls(br#"[{"number":1},{"number":null},7]"#).unwrap().len(), 1);
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
