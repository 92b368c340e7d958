//! Why GitHub says no, in the operator's words: what its message and its headers name, whoever asked and whatever for.

use super::json::Json;
use super::text::visible_up_to;

/// Longest that is kept of a header, and of GitHub's own words.
const LONGEST_HEADER: usize = 200;
const LONGEST: usize = 300;

/// GitHub's own words with the first of its details, on one line and without the address of its documentation. None: the
/// body is not GitHub's.
pub fn said(body: &[u8]) -> Option<String> {
    let answer = Json::parse(body).ok()?.fields();
    let message = answer.get("message").text()?;
    let mut words = vec![message.trim().to_owned()];
    let details = details(answer.get("errors"));
    if !details.is_empty() {
        words.push(details.join("; "));
    }
    let line = words.join(": ").split_whitespace().collect::<Vec<_>>().join(" ");
    Some(visible_up_to(&line, LONGEST))
}

/// A sentence, or which field is wrong and how. Older endpoints have one text where others have a list.
fn details(errors: Json) -> Vec<String> {
    let detail = |error: Json| {
        let field = |name: &str| error.get(name).text();
        let of_field = || Some(format!("{} {}", field("field")?, field("code")?));
        error.text().or_else(|| field("message")).or_else(of_field).or_else(|| field("code"))
    };
    errors.text().map_or_else(|| errors.items().into_iter().filter_map(detail).take(3).collect(), |text| vec![text])
}

/// Why a 403 has nothing to do with what was asked for: something stands before all of the repository. `said` is the message,
/// `header` hands out what is in the answer's headers.
pub fn barrier(body: &[u8], said: &str, header: impl Fn(&str) -> Option<String>) -> Option<String> {
    let sso = header("x-github-sso").filter(|sso| sso.trim().starts_with("required"));
    if sso.is_some() || said.contains("SAML enforcement") {
        let sentence = "the token is not authorised for the organisation's single sign-on (403): authorise it";
        let url = sso.as_deref().and_then(|sso| Some(visible_up_to(sso.split_once("url=")?.1.trim(), LONGEST_HEADER)));
        return Some(match url {
            Some(url) => format!("{sentence} at {url}"),
            None => format!("{sentence} where your tokens are listed on GitHub"),
        });
    }
    if said.contains("IP allow list") {
        return Some(
            "the organisation lets nobody in from this address (403): go through one that is on its IP allow list, or have \
             this one added"
                .to_owned(),
        );
    }
    if said.contains("forbids access via") {
        return Some(format!("the token is of a kind that is not let in (403): make another one. {said}"));
    }
    blocked(body).map(|reason| format!("GitHub has blocked the repository (403{reason}): its owner has to ask GitHub"))
}

/// `block.reason` of a repository that GitHub itself has closed, ready to be put after the code.
pub fn blocked(body: &[u8]) -> Option<String> {
    let block = Json::parse(body).ok()?.get("block");
    let reason = block.get("reason").text().map(|reason| format!(", {}", visible_up_to(&reason, 40)));
    block.is_present().then(|| reason.unwrap_or_default())
}

/// What the token lacks, as far as the headers name it: `the permission actions=read`, `the scope repo, and has gist`. A
/// token with scopes is judged by these alone; one that has a fitting scope lacks something else.
pub fn lacks(header: impl Fn(&str) -> Option<String>) -> Option<String> {
    let wanted = header("x-accepted-oauth-scopes").filter(|scopes| !scopes.trim().is_empty());
    let shown = |text: &str| visible_up_to(text.trim(), LONGEST_HEADER);
    match (header("x-oauth-scopes"), wanted, header("x-accepted-github-permissions")) {
        (Some(has), Some(wanted), _) => {
            let scopes = |text: &str| text.split(',').map(|scope| scope.trim().to_owned()).collect::<Vec<_>>();
            let held = scopes(&has);
            let is_held = scopes(&wanted).iter().any(|scope| held.contains(scope));
            let has = if has.trim().is_empty() { "none".to_owned() } else { shown(&has) };
            (!is_held).then(|| format!("the scope {}, and has {has}", shown(&wanted)))
        }
        (_, _, Some(permissions)) if !permissions.trim().is_empty() => {
            Some(format!("the permission {}", shown(&permissions)))
        }
        (_, Some(wanted), _) => Some(format!("the scope {}", shown(&wanted))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn details_come_in_every_shape() {
        for (body, words) in [
            (r#"{"message":"Not Found","documentation_url":"https://x","status":"404"}"#, Some("Not Found")),
            (
                r#"{"message":"Failed","errors":[{"resource":"Ref","field":"ref","code":"invalid"}]}"#,
                Some("Failed: ref invalid"),
            ),
            (
                r#"{"message":"Failed","errors":["too long",{"message":"no commits"},{}]}"#,
                Some("Failed: too long; no commits"),
            ),
            (r#"{"message":"Failed","errors":"all of it"}"#, Some("Failed: all of it")),
            (r#"{"message":"Failed","errors":[{"code":"custom"}],"status":422}"#, Some("Failed: custom")),
            (r#"{"message":"Rule violations\n\n- one\n","errors":null}"#, Some("Rule violations - one")),
            (r#"{"message":null}"#, None),
            ("[]", None),
            ("<html>", None),
            ("", None),
        ] {
            assert_eq!(said(body.as_bytes()).as_deref(), words, "{body}");
        }
    }

    #[test]
    fn what_stands_before_all_of_it_is_no_missing_right() {
        let of = |body: &str, pairs: &[(&str, &str)]| {
            barrier(body.as_bytes(), &said(body.as_bytes()).unwrap_or_default(), header(pairs))
        };
        let saml =
            r#"{"message":"Resource protected by organization SAML enforcement. You must grant your token access."}"#;
        let place = [("x-github-sso", "required; url=https://github.com/orgs/acme/sso?x=1")];
        assert!(of(saml, &place).unwrap().ends_with("(403): authorise it at https://github.com/orgs/acme/sso?x=1"));
        assert!(of(saml, &[]).unwrap().ends_with("(403): authorise it where your tokens are listed on GitHub"));
        let listed = r#"{"message":"Although you appear to have the correct authorization credentials, the `acme` organization
            has an IP allow list enabled, and your IP address is not permitted to access this resource."}"#;
        assert!(of(&listed.replace('\n', " "), &[]).unwrap().contains("IP allow list"));
        let kind = r#"{"message":"`acme` forbids access via a personal access token (classic)."}"#;
        assert!(of(kind, &[]).unwrap().contains("make another one. `acme` forbids"));
        let blocked = r#"{"message":"Repository access blocked","block":{"reason":"tos","created_at":"x"}}"#;
        assert!(of(blocked, &[]).unwrap().starts_with("GitHub has blocked the repository (403, tos)"));
        assert_eq!(of(r#"{"message":"Must have admin rights to Repository.","block":null}"#, &[]), None);
    }

    #[test]
    fn what_the_token_lacks_is_named_unless_it_has_it() {
        let of = |pairs: &[(&str, &str)]| lacks(header(pairs));
        let (permissions, wanted, has) = ("x-accepted-github-permissions", "x-accepted-oauth-scopes", "x-oauth-scopes");
        assert_eq!(of(&[(permissions, "actions=read")]).as_deref(), Some("the permission actions=read"));
        assert_eq!(of(&[(wanted, "repo")]).as_deref(), Some("the scope repo"));
        let classic = of(&[(wanted, "public_repo, repo"), (has, "gist, workflow"), (permissions, "actions=read")]);
        assert_eq!(classic.as_deref(), Some("the scope public_repo, repo, and has gist, workflow"));
        assert_eq!(of(&[(wanted, "repo"), (has, "")]).as_deref(), Some("the scope repo, and has none"));
        assert_eq!(of(&[(wanted, "repo"), (has, "gist, repo")]), None, "it is something else");
        assert_eq!(of(&[(wanted, ""), (permissions, " ")]), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(value in crate::release::json::foreign(), text in "[ -~]{0,40}") {
            let body = format!(r#"{{"message":{value},"errors":{value},"block":{value}}}"#);
            let header = |_: &str| Some(text.clone());
            let _ = (said(body.as_bytes()), said(value.as_bytes()), barrier(body.as_bytes(), &text, header), lacks(header));
        }
    }
}
