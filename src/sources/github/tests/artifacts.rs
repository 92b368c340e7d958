//! Which of a run's artifacts is read: of many, of the same name twice, of other kinds, packed or not.

use std::io::{Cursor, Write};

use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::release::workflow::{Run, read_runs};
use crate::sources::github::artifacts::Shelf;

/// A zip archive with that file in it, as a body that is text: its content is stored, its header is plain.
fn zipped(name: &str, content: &str) -> bytes::Bytes {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(name, SimpleFileOptions::default()).unwrap();
    writer.write_all(content.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner().into()
}

fn run() -> Run {
    let run = json!({"workflow_runs": [{"id": 7, "status": "completed", "created_at": "2026-08-20T06:00:00Z"}]});
    read_runs(run.to_string().as_bytes()).unwrap().remove(0)
}

fn artifact(id: u64, name: &str, hour: u64) -> Value {
    json!({"id": id, "name": name, "expired": false, "created_at": format!("2026-08-20T{hour:02}:00:00Z")})
}

/// What is read out of artifacts `*plan*`, and which were downloaded. Each holds what its id has in `files`.
async fn read(
    pages: Vec<Vec<Value>>,
    files: &'static [(u64, &str, &str)],
) -> (Option<Result<String, String>>, Vec<u64>) {
    let github = Double::new(move |_, seen| {
        if let Some(rest) = seen.path.strip_prefix("/repos/acme/shop/actions/artifacts/") {
            let id = rest.strip_suffix("/zip").and_then(|id| id.parse::<u64>().ok());
            let file = files.iter().find(|(of, ..)| Some(*of) == id);
            return match file {
                Some((_, "", content)) => Reply::ok(*content),
                Some((_, name, content)) => Reply::new(200, "").then(Chunk::Data(zipped(name, content))),
                None => Reply::new(410, r#"{"message":"Artifact has expired"}"#),
            };
        }
        let page: usize = seen.parameter("page").map_or(1, |page| page.parse().unwrap());
        let reply = Reply::ok(json!({ "total_count": 0, "artifacts": pages[page - 1] }).to_string());
        let next = format!("<https://api.github.com/repositories/1/x?per_page=100&page={}>; rel=\"next\"", page + 1);
        if page < pages.len() { reply.header("link", next) } else { reply }
    });
    let client = client(&github.serve().await).await;
    let mut shelf = Shelf::new("*plan*", |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        if text.contains("odd") { Err("is odd".to_owned()) } else { Ok(text) }
    });
    let found = shelf.of(&client, "/repos/acme/shop", &run()).await.unwrap().unwrap();
    let asked = |seen: &crate::sources::double::Seen| seen.path.strip_suffix("/zip")?.rsplit('/').next()?.parse().ok();
    (found.content, github.seen().iter().filter_map(asked).collect())
}

#[tokio::test]
async fn it_is_found_on_a_later_page_whatever_host_the_links_name() {
    let others: Vec<Value> = (100..200).map(|id| artifact(id, &format!("coverage-{id}"), 1)).collect();
    let (content, asked) =
        read(vec![others.clone(), others, vec![artifact(9, "tf-plan", 6)]], &[(9, "a/plan.json", "{}")]).await;
    assert_eq!((content, asked), (Some(Ok("{}".to_owned())), vec![9]));
}

#[tokio::test]
async fn of_a_name_the_newest_counts_also_when_it_cannot_be_read() {
    let both = || vec![artifact(2, "plan", 8), artifact(1, "plan", 6)];
    let (content, asked) = read(vec![both()], &[(1, "plan.json", "{1}"), (2, "plan.json", "{2}")]).await;
    assert_eq!((content, asked), (Some(Ok("{2}".to_owned())), vec![2]));
    let (content, asked) = read(vec![both()], &[(1, "plan.json", "{1}"), (2, "plan.json", "odd")]).await;
    assert_eq!(
        (content, asked),
        (Some(Err("is odd".to_owned())), vec![2]),
        "what an earlier try has found is no answer"
    );
    let mut undated = both();
    undated.iter_mut().for_each(|artifact| artifact["created_at"] = Value::Null);
    assert_eq!(read(vec![undated], &[(2, "plan.json", "{2}")]).await.1, [2]);
}

#[tokio::test]
async fn what_is_of_another_kind_is_passed_over() {
    let plans = || vec![artifact(1, "plan-json", 6), artifact(2, "plan-binary", 7), artifact(3, "plans-old", 9)];
    let (content, asked) =
        read(vec![plans()], &[(3, "tfplan", "x"), (2, "tfplan", "x"), (1, "plan.json", "{1}")]).await;
    assert_eq!((content, asked), (Some(Ok("{1}".to_owned())), vec![3, 2, 1]));
    let (content, asked) = read(vec![plans()], &[(3, "a", "x"), (2, "a", "x"), (1, "a", "x")]).await;
    let none = "is a zip archive without a JSON file";
    assert_eq!((content, asked.len()), (Some(Err(none.to_owned())), 3));
    assert_eq!(read(vec![vec![artifact(1, "coverage", 6)]], &[]).await, (None, vec![]));
}

#[tokio::test]
async fn one_that_has_expired_is_read_only_where_there_is_no_other() {
    let mut gone = artifact(2, "plan-of-old", 9);
    gone["expired"] = true.into();
    let (content, _) = read(vec![vec![gone.clone(), artifact(1, "plan", 6)]], &[(1, "plan.json", "{1}")]).await;
    assert_eq!(content, Some(Ok("{1}".to_owned())));
    let (content, asked) = read(vec![vec![gone]], &[]).await;
    assert_eq!((content, asked), (Some(Err("has expired: past the artifact's retention time".to_owned())), vec![]));
    let (content, _) = read(vec![vec![artifact(1, "plan", 6)]], &[]).await;
    assert!(content.unwrap().unwrap_err().contains("past the retention time"), "GitHub knows before it says so");
}

#[tokio::test]
async fn a_file_that_was_uploaded_as_it_is_is_read() {
    let (content, _) = read(vec![vec![artifact(1, "plan.json", 6)]], &[(1, "", "{1}")]).await;
    assert_eq!(content, Some(Ok("{1}".to_owned())));
    let (content, _) = read(vec![vec![artifact(1, "plan.json", 6)]], &[(1, "", "<html>")]).await;
    assert_eq!(content, Some(Err("is neither a zip archive nor a JSON file".to_owned())));
}
