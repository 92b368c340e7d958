//! Who last touched what has drifted: from a Terraform address to the file that declares it, by the words in the file.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::commit::Commit;

/// The file that declares an address, and its last commit. Inferred: the commit may have touched something else in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blame {
    pub file: String,
    pub commit: Commit,
}

/// `TYPE.NAME` of an address, without the index: what a file declares. None for what is in a module, whose files may be
/// anywhere, and for data sources.
pub fn declaration(address: &str) -> Option<String> {
    let plain = address.split('[').next()?;
    let mut parts = plain.split('.');
    let (kind, name) = (parts.next()?, parts.next()?);
    let is_resource = !matches!(kind, "module" | "data") && is_identifier(kind) && is_identifier(name);
    (is_resource && parts.next().is_none()).then(|| format!("{kind}.{name}"))
}

/// The resources that a `.tf` file declares, as `TYPE.NAME`. Comments and heredocs declare nothing.
pub fn declarations(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut until = Until::Code;
    for line in text.lines() {
        let line = line.trim();
        match until {
            Until::CommentEnd if line.contains("*/") => until = Until::Code,
            Until::Word(word) if line == word => until = Until::Code,
            Until::Code => {
                found.extend(declared(line));
                until = opens(line);
            }
            Until::CommentEnd | Until::Word(_) => {}
        }
    }
    found
}

/// Up to where the lines are no code.
#[derive(Clone, Copy)]
enum Until<'a> {
    Code,
    CommentEnd,
    /// The word that ends a heredoc.
    Word(&'a str),
}

fn opens(line: &str) -> Until<'_> {
    if line.starts_with('#') || line.starts_with("//") {
        return Until::Code;
    }
    if let Some((code, comment)) = line.split_once("/*")
        && !comment.contains("*/")
        // Within a text it is none: `"logs/*"`.
        && code.matches('"').count() % 2 == 0
    {
        return Until::CommentEnd;
    }
    let word = line.rsplit_once("<<").map(|(_, word)| word.trim_start_matches('-').trim());
    word.filter(|word| is_identifier(word)).map_or(Until::Code, Until::Word)
}

/// `resource "TYPE" "NAME" {`; the quotes may be missing.
fn declared(line: &str) -> Option<String> {
    let rest = line.strip_prefix("resource")?.strip_prefix([' ', '\t', '"'])?;
    let mut words = rest.split(['"', ' ', '\t', '{']).filter(|word| !word.is_empty());
    let (kind, name) = (words.next()?, words.next()?);
    (is_identifier(kind) && is_identifier(name)).then(|| format!("{kind}.{name}"))
}

fn is_identifier(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|sign| sign.is_alphanumeric() || sign == '_' || sign == '-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_declared_without_its_index() {
        for (address, expected) in [
            ("aws_s3_bucket.logs", Some("aws_s3_bucket.logs")),
            ("aws_s3_bucket.logs[0]", Some("aws_s3_bucket.logs")),
            (r#"aws_s3_bucket.logs["a.b[0]"]"#, Some("aws_s3_bucket.logs")),
            ("module.queue.aws_sqs_queue.this", None),
            (r#"module.queue["eu"].aws_sqs_queue.this[0]"#, None),
            ("data.aws_ami.base", None),
            ("(no address)", None),
            ("aws_s3_bucket", None),
            ("", None),
        ] {
            assert_eq!(declaration(address).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn what_a_file_declares() {
        let text = r#"
            resource "aws_s3_bucket" "logs" {
              prefix = "logs/*"
            }
            resource aws_sqs_queue this {}
            resource "aws_x"   "y"{
              policy = <<-EOT
              resource "not" "this" {
              EOT
            }
            # resource "nor" "this" {
            /* resource "nor" "that"
            resource "still" "not" { */
            /* one line */
            data "aws_ami" "base" {}
              resource "aws_last" "one" {"#;
        let found: Vec<_> = declarations(text).into_iter().collect();
        assert_eq!(found, ["aws_last.one", "aws_s3_bucket.logs", "aws_sqs_queue.this", "aws_x.y"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in any::<String>(), lines in "(resource \"[a-z]{0,3}\"? |<<-?[A-Z]{0,2}|/\\*|\\*/|\n|[{}\"]){0,30}") {
            let _ = (declarations(&text), declarations(&lines), declaration(&text));
        }
    }
}
