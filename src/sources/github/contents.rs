//! A file out of the contents API, and out of the blobs API where it is too large for that; and names in addresses.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::release::json::Json;

/// A file as GitHub hands it out.
#[derive(Debug, PartialEq)]
pub struct Content {
    /// The blob's.
    pub sha: String,
    /// None: too large for this answer, to be read as a blob.
    pub text: Option<Arc<str>>,
}

/// Reads `GET .../contents/{path}` or `GET .../git/blobs/{sha}`. The error is the reason why it is no file.
pub fn read(bytes: &[u8]) -> Result<Content, String> {
    let root = Json::parse(bytes)?;
    if root.is_list() {
        return Err("is a folder, not a file".to_owned());
    }
    let fields = root.fields();
    // A kind that this version does not know and that has a content is a file to us.
    let others = ["dir", "symlink", "submodule"];
    if let Some(kind) = fields.get("type").words().filter(|kind| others.contains(&kind.as_str())) {
        return Err(format!("is a {kind}, not a file"));
    }
    let sha = fields.get("sha").text().filter(|text| is_sha(text)).ok_or("is no file: no sha")?;
    let text = match fields.get("encoding").text().as_deref() {
        Some("base64") => {
            let mut packed = fields.get("content").text().ok_or("is no file: no content")?;
            packed.retain(|sign| !sign.is_ascii_whitespace());
            if packed.is_empty() && fields.get("size").count().is_some_and(|size| size > 0) {
                // Left out, in whatever words: an edit must not begin with an empty file.
                return Ok(Content { sha, text: None });
            }
            let bytes = STANDARD.decode(packed).map_err(|_| "is not what base64 looks like".to_owned())?;
            Some(String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?.into())
        }
        Some("utf-8") => Some(fields.get("content").text().ok_or("is no file: no content")?.into()),
        // Above 1 MB the contents API says `none` and leaves the content out.
        _ => None,
    };
    Ok(Content { sha, text })
}

/// One thing in a folder.
#[derive(Debug, PartialEq)]
pub struct Entry {
    /// One part of a path, and no other: it goes into addresses.
    pub name: String,
    pub is_folder: bool,
    /// In bytes.
    pub size: u64,
    pub sha: String,
}

impl Entry {
    /// Whether it holds Terraform's own language. (`.tf.json` is a language for programs.)
    pub fn is_terraform(&self) -> bool {
        !self.is_folder && self.name.ends_with(".tf")
    }

    fn read(entry: Json) -> Option<Entry> {
        let fields = entry.fields();
        let is_folder = match fields.get("type").text().as_deref() {
            Some("dir") => true,
            Some("file") => false,
            // Links and submodules lead elsewhere.
            _ => return None,
        };
        let name = fields
            .get("name")
            .text()
            .filter(|name| !matches!(name.as_str(), "" | "." | "..") && !name.contains('/'))?;
        let sha = fields.get("sha").text().filter(|text| is_sha(text))?;
        Some(Entry { name, is_folder, size: fields.get("size").count().unwrap_or(u64::MAX), sha })
    }
}

/// Reads `GET .../contents/{folder}`. The error is the reason why it is no folder.
pub fn entries(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let list = Json::parse(bytes)?;
    if !list.is_list() {
        return Err("is no folder".to_owned());
    }
    Ok(list.items().into_iter().filter_map(Entry::read).collect())
}

/// Whether it is a sha. It goes into addresses: nothing else may be in it.
pub fn is_sha(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A path with every part escaped.
pub fn escaped(path: &str) -> String {
    path.split('/').map(parameter).collect::<Vec<_>>().join("/")
}

/// One part of a path, or a value in a query. A blank is `%20` in both.
pub fn parameter(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bytes_come_back_exactly() {
        let text = "# é\r\nfeatures:\r\n  a: { default: true }";
        let packed = STANDARD.encode(text);
        let (first, second) = packed.split_at(20);
        let answer = format!(
            r#"{{"type":"file","encoding":"base64","sha":"0123456789abcdef","content":"{first}\n{second}\n"}}"#
        );
        assert_eq!(read(answer.as_bytes()).unwrap().text.as_deref(), Some(text));
        let large = br#"{"type":"file","encoding":"none","sha":"0123456789abcdef","content":""}"#;
        assert_eq!(read(large).unwrap().text, None);
        let file =
            |rest: &str| read(format!(r#"{{"sha":"0123456789","encoding":"base64",{rest}}}"#).as_bytes()).unwrap();
        assert_eq!(file(r#""content":"\n","size":2000000"#).text, None);
        assert_eq!(file(r#""content":"","size":0"#).text.as_deref(), Some(""));
        assert_eq!(file(r#""content":"YQ==","type":"a_kind_of_tomorrow""#).text.as_deref(), Some("a"));
        for (wrong, why) in [
            ("[]", "a folder"),
            (r#"{"type":"submodule","sha":"0123456789"}"#, "a submodule"),
            (r#"{"type":"file","sha":"../../x"}"#, "no sha"),
            (r#"{"sha":"0123456789","encoding":"base64","content":"%"}"#, "base64"),
            (r#"{"sha":"0123456789","encoding":"base64","content":"/w=="}"#, "UTF-8"),
        ] {
            assert!(read(wrong.as_bytes()).unwrap_err().contains(why), "{wrong}");
        }
    }

    #[test]
    fn only_what_is_in_the_folder_is_in_the_folder() {
        let sha = "0123456789abcdef";
        let entry = |kind: &str, name: &str| format!(r#"{{"type":"{kind}","name":"{name}","size":7,"sha":"{sha}"}}"#);
        let all = [entry("file", "main.tf"), entry("dir", "x.tf"), entry("symlink", "a.tf"), entry("file", "../b.tf")];
        let found = entries(format!("[{},null]", all.join(",")).as_bytes()).unwrap();
        assert_eq!(found.iter().map(Entry::is_terraform).collect::<Vec<_>>(), [true, false]);
        assert!(entries(b"{}").is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(value in crate::release::json::foreign(), at in 0usize..4) {
            let field = ["type", "encoding", "sha", "content"][at];
            let _ = read(format!(r#"{{"type":"file","encoding":"base64","sha":"0123456789","content":"","{field}":{value}}}"#).as_bytes());
            let _ = (read(value.as_bytes()), entries(value.as_bytes()));
            let _ = entries(format!(r#"[{{"type":"file","name":{value},"sha":{value},"size":{value}}}]"#).as_bytes());
        }
    }
}
