//! The journal keeps what was written, shows what was changed, and never claims what is not on the disk.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use proptest::prelude::*;
use serde_json::json;

use super::{entry, journal};
use crate::actions::fixture::now;
use crate::writers::audit::{FILE, Verified, read, verify};

/// A journal of `count` records.
fn written(count: usize) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    append(directory.path(), count);
    directory
}

fn append(directory: &Path, count: usize) {
    for index in 0..count {
        journal(directory).append(entry(&format!("reason {index}")), now()).unwrap();
    }
}

fn lines(directory: &Path) -> Vec<String> {
    fs::read_to_string(directory.join(FILE)).unwrap().lines().map(str::to_owned).collect()
}

fn store(directory: &Path, lines: &[String]) {
    fs::write(directory.join(FILE), lines.join("\n") + "\n").unwrap();
}

fn broken_at(directory: &Path) -> u64 {
    match verify(directory).unwrap() {
        Verified::Broken { line, .. } => line,
        whole => panic!("not noticed: {whole:?}"),
    }
}

#[test]
fn records_are_numbered_chained_and_private() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("state/flightdeck");
    append(&directory, 3);
    assert_eq!(verify(&directory).unwrap(), Verified::Whole { records: 3, torn: 0 });
    let records = read(&directory).unwrap();
    assert_eq!(records.iter().map(|record| record.seq).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(records[2].previous, "0".repeat(64));
    assert_eq!((records[0].who.name(), records[0].time), ("ann@bastion".into(), now()));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for file in ["audit.jsonl", "audit.head", "audit.lock"] {
        assert_eq!(mode(&directory.join(file)), 0o600, "{file}");
    }
}

#[test]
fn where_nothing_was_recorded_there_is_no_journal() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(verify(directory.path()).unwrap(), Verified::Missing);
    assert!(read(directory.path()).unwrap().is_empty());
}

#[test]
fn an_edit_shows_wherever_it_is() {
    for edited in 0..4 {
        let directory = written(4);
        let mut lines = lines(directory.path());
        lines[edited] = lines[edited].replace("\"ann\"", "\"bob\"");
        store(directory.path(), &lines);
        let shown = broken_at(directory.path());
        // The chain shows an edit at the record after it, the head at the last.
        assert_eq!(shown as usize, (edited + 2).min(4));
    }
}

#[test]
fn an_edit_that_leaves_no_json_shows_too() {
    let directory = written(4);
    let mut lines = lines(directory.path());
    lines[1] = lines[1].replace('{', "(");
    store(directory.path(), &lines);
    assert_eq!(broken_at(directory.path()), 3);
}

#[test]
fn a_cut_shows_in_the_middle_and_at_the_end() {
    let directory = written(4);
    let whole = lines(directory.path());
    store(directory.path(), &[&whole[..1], &whole[2..]].concat());
    assert_eq!(broken_at(directory.path()), 2);
    store(directory.path(), &whole[1..]);
    assert_eq!(broken_at(directory.path()), 1);
    store(directory.path(), &whole[..3]);
    assert_eq!(broken_at(directory.path()), 4);
    fs::remove_file(directory.path().join(FILE)).unwrap();
    assert_eq!(broken_at(directory.path()), 1);
}

#[test]
fn half_a_last_record_is_a_cut_when_it_was_whole_before() {
    let directory = written(3);
    let text = fs::read_to_string(directory.path().join(FILE)).unwrap();
    fs::write(directory.path().join(FILE), &text[..text.len() - 20]).unwrap();
    broken_at(directory.path());
}

#[test]
fn going_on_after_a_cut_does_not_hide_it() {
    let directory = written(4);
    store(directory.path(), &lines(directory.path())[..2]);
    append(directory.path(), 2);
    assert_eq!(broken_at(directory.path()), 3);
    assert_eq!(read(directory.path()).unwrap()[0].seq, 6);

    let headless = written(3);
    fs::remove_file(headless.path().join("audit.head")).unwrap();
    broken_at(headless.path());
    append(headless.path(), 1);
    assert_eq!(broken_at(headless.path()), 4);
}

#[test]
fn a_torn_line_is_kept_and_owned_up_to() {
    let directory = written(2);
    let path = directory.path().join(FILE);
    let mut text = fs::read_to_string(&path).unwrap();
    text += r#"{"seq":3,"time":"2026-0"#;
    fs::write(&path, &text).unwrap();
    assert_eq!(verify(directory.path()).unwrap(), Verified::Whole { records: 2, torn: 1 });
    append(directory.path(), 2);
    assert!(fs::read_to_string(&path).unwrap().starts_with(&(text + "\n")));
    assert_eq!(verify(directory.path()).unwrap(), Verified::Whole { records: 4, torn: 1 });
    assert_eq!(read(directory.path()).unwrap().len(), 4);

    let mut lines = lines(directory.path());
    lines.remove(2);
    store(directory.path(), &lines);
    assert_eq!(broken_at(directory.path()), 3);
}

#[test]
fn a_whole_line_that_is_no_record_is_never_taken_for_a_torn_one() {
    let whole =
        "junk\n|{\"seq\":3,\"forged\":true}\n|\n|{\"seq\":3,\"time\":\"2026-0\n|junk\n{\"seq\"|junk\n{\"seq\":\n";
    for line in whole.split('|') {
        let directory = written(2);
        let path = directory.path().join(FILE);
        let text = fs::read_to_string(&path).unwrap() + line;
        fs::write(&path, &text).unwrap();
        assert_eq!(broken_at(directory.path()), 3, "{line:?}");
        append(directory.path(), 2);
        assert!(fs::read_to_string(&path).unwrap().starts_with(&text), "it is evidence: {line:?}");
        // The beginning of a record says nothing: with or without a line end, it is what a crash leaves.
        if !line.starts_with("{\"seq\":3,\"t") {
            broken_at(directory.path());
        }
    }
}

#[test]
fn a_writer_that_was_torn_after_a_torn_one_is_owned_up_to_as_well() {
    let directory = written(2);
    let path = directory.path().join(FILE);
    let before = fs::read(&path).unwrap();
    let head = fs::read(directory.path().join("audit.head")).unwrap();
    journal(directory.path()).append(entry("größer \"x\""), now()).unwrap();
    let record = fs::read(&path).unwrap().split_off(before.len());
    // Wherever the first of them was cut off, within a character too.
    for cut in 1..record.len() - 1 {
        fs::write(&path, [&before, &record[..cut], b"\n{\"seq\":3,"].concat()).unwrap();
        fs::write(directory.path().join("audit.head"), &head).unwrap();
        assert_eq!(verify(directory.path()).unwrap(), Verified::Whole { records: 2, torn: 2 }, "{cut}");
    }
    append(directory.path(), 1);
    assert_eq!(verify(directory.path()).unwrap(), Verified::Whole { records: 3, torn: 2 });
}

#[test]
fn a_record_without_its_line_end_is_a_record_when_it_follows_the_one_before() {
    let directory = written(2);
    let path = directory.path().join(FILE);
    let head = fs::read(directory.path().join("audit.head")).unwrap();
    append(directory.path(), 1);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.trim_end()).unwrap();
    fs::write(directory.path().join("audit.head"), head).unwrap();
    assert_eq!(verify(directory.path()).unwrap(), Verified::Whole { records: 3, torn: 0 });
    append(directory.path(), 1);
    assert!(fs::read_to_string(&path).unwrap().starts_with(&text));
    assert_eq!(verify(directory.path()).unwrap(), Verified::Whole { records: 4, torn: 0 });

    let forged = r#"{"seq":5,"previous":"","reason":"forged"}"#;
    fs::write(&path, fs::read_to_string(&path).unwrap() + forged).unwrap();
    assert_eq!(broken_at(directory.path()), 5);
}

#[test]
fn a_crash_between_record_and_head_is_no_cut() {
    let directory = written(2);
    let head = fs::read(directory.path().join("audit.head")).unwrap();
    append(directory.path(), 1);
    fs::write(directory.path().join("audit.head"), head).unwrap();
    assert_eq!(verify(directory.path()).unwrap(), Verified::Whole { records: 3, torn: 0 });
    append(directory.path(), 1);
    assert_eq!(verify(directory.path()).unwrap(), Verified::Whole { records: 4, torn: 0 });

    let first = written(1);
    fs::remove_file(first.path().join("audit.head")).unwrap();
    append(first.path(), 1);
    assert_eq!(verify(first.path()).unwrap(), Verified::Whole { records: 2, torn: 0 });
}

#[test]
fn several_write_at_once() {
    let directory = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| append(directory.path(), 15));
        }
    });
    assert_eq!(verify(directory.path()).unwrap(), Verified::Whole { records: 90, torn: 0 });
}

/// Started again by `several_processes_write_at_once`; does nothing in an ordinary run.
#[test]
fn appends_for_another_process() {
    if let Some(directory) = std::env::var_os("FLIGHTDECK_TEST_JOURNAL") {
        append(Path::new(&directory), 15);
    }
}

#[test]
fn several_processes_write_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let myself = std::env::current_exe().unwrap();
    let children: Vec<_> = (0..3)
        .map(|_| {
            std::process::Command::new(&myself)
                .args(["--exact", "writers::tests::journal::appends_for_another_process"])
                .env("FLIGHTDECK_TEST_JOURNAL", directory.path())
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(verify(directory.path()).unwrap(), Verified::Whole { records: 45, torn: 0 });
}

#[test]
fn a_full_disk_and_a_place_that_cannot_be_written_are_errors() {
    let directory = tempfile::tempdir().unwrap();
    if Path::new("/dev/full").exists() {
        std::os::unix::fs::symlink("/dev/full", directory.path().join(FILE)).unwrap();
        let error = journal(directory.path()).append(entry(""), now()).unwrap_err().to_string();
        assert!(error.contains("cannot write"), "{error}");
    }
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(journal(&file).append(entry(""), now()).is_err());
}

#[test]
fn a_loosened_file_is_closed_again() {
    let directory = written(1);
    let path = directory.path().join(FILE);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    append(directory.path(), 1);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_on_github_leaves_no_token_and_no_bulk() {
    let folder = tempfile::tempdir().unwrap();
    let content = "QUJD".repeat(20_000);
    let mut commit = entry("");
    let address = "https://raw.githubusercontent.com/acme/shop/main/flags.yaml";
    commit.before = Some(json!({ "sha": "abc", "content": "QUJD", "html_url": "https://github.com/acme/shop",
        "url": "https://api.github.com/repos/acme/shop/contents/flags.yaml?ref=main",
        "download_url": format!("{address}?token=hunter2") }));
    commit.requests = vec![json!({ "method": "PUT", "body": { "sha": "abc", "content": content } })];
    journal(folder.path()).append(commit, now()).unwrap();
    let record = read(folder.path()).unwrap().remove(0).entry;
    let before = record.before.unwrap();
    assert_eq!((&before["download_url"], &before["content"]), (&json!("(redacted)"), &json!("QUJD")));
    assert!(before["url"].as_str().unwrap().ends_with("?ref=main"));
    let body = &record.requests[0]["body"];
    assert_eq!((&body["sha"], &body["content"]["tooLarge"]), (&json!("abc"), &json!(80_000)));
    assert_eq!(body["content"]["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn secrets_and_bulk_stay_out() {
    let directory = tempfile::tempdir().unwrap();
    let container = json!({ "env": [
        { "name": "DB_PASSWORD", "value": "hunter2" },
        { "name": "DB", "value": "postgres://web:hunter2@db/web" },
        { "name": "LOG_LEVEL", "value": "debug" },
    ] });
    let mut with_template = entry("");
    with_template.before = Some(json!({
        "kind": "Rollout",
        "metadata": {
            "managedFields": [{ "manager": "hunter2" }],
            "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "hunter2", "owner": "shop" },
        },
        "spec": { "template": { "spec": { "containers": [container.clone()] } } },
    }));
    with_template.requests = vec![json!({ "body": [{ "op": "replace", "value": container }] })];
    let mut of_secret = entry("");
    of_secret.before = Some(json!({ "kind": "Secret", "data": { "x": "hunter2" }, "stringData": { "y": "hunter2" } }));
    let mut huge = entry("");
    huge.before = Some(json!({ "kind": "Rollout", "data": "x".repeat(1 << 20) }));
    for entry in [with_template, of_secret, huge] {
        journal(directory.path()).append(entry, now()).unwrap();
    }
    let text = fs::read_to_string(directory.path().join(FILE)).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("debug") && text.contains("owner") && text.len() < 10_000);
}

#[test]
fn a_journal_that_was_taken_away_is_missed() {
    let directory = written(2);
    fs::remove_file(directory.path().join(FILE)).unwrap();
    assert_eq!(broken_at(directory.path()), 1, "the head file knows of it");
    fs::remove_file(directory.path().join("audit.head")).unwrap();
    assert_eq!(broken_at(directory.path()), 1, "the lock knows of it");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn no_reason_breaks_the_journal(reasons in proptest::collection::vec(any::<String>(), 1..6)) {
        let directory = tempfile::tempdir().unwrap();
        for reason in &reasons {
            journal(directory.path()).append(entry(reason), now()).unwrap();
        }
        let records = reasons.len() as u64;
        prop_assert_eq!(verify(directory.path()).unwrap(), Verified::Whole { records, torn: 0 });
        let kept: Vec<String> = read(directory.path()).unwrap().into_iter().rev().map(|it| it.entry.reason).collect();
        prop_assert_eq!(kept, reasons);
    }

    #[test]
    fn no_garbage_is_too_much(
        lines in proptest::collection::vec(any::<Vec<u8>>(), 0..4),
        head in proptest::option::of((any::<u64>(), any::<u64>(), any::<u64>())),
    ) {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(FILE), lines.join(&b'\n')).unwrap();
        if let Some((records, start, end)) = head {
            let head = json!({ "records": records, "sha256": "", "start": start, "end": end });
            fs::write(directory.path().join("audit.head"), head.to_string()).unwrap();
        }
        verify(directory.path()).unwrap();
        append(directory.path(), 2);
        prop_assert_eq!(read(directory.path()).unwrap().len(), 2);
        verify(directory.path()).unwrap();
    }

    #[test]
    fn any_changed_byte_shows(at in 0.0..1.0f64, byte in any::<u8>()) {
        let directory = written(3);
        let mut bytes = fs::read(directory.path().join(FILE)).unwrap();
        let at = (bytes.len() as f64 * at) as usize;
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        fs::write(directory.path().join(FILE), bytes).unwrap();
        broken_at(directory.path());
    }
}
