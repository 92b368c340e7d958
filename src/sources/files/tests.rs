//! Manifests in a temporary directory become rows, documents and faults.

use std::fs;
use std::path::PathBuf;

use super::{Document, Loaded, load};
use crate::release::model::Model;
use crate::release::rollout::Rollout;

/// Loads a directory with these files.
fn loaded(files: &[(&str, &str)]) -> (tempfile::TempDir, Loaded) {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let loaded = load(&[directory.path().to_owned()], &"files".into());
    (directory, loaded)
}

fn model(loaded: Loaded) -> Model {
    let mut model = Model::default();
    for report in loaded.reports {
        model.observe(report, "2026-08-20T10:00:00Z".parse().unwrap());
    }
    model
}

fn rollout<'a>(model: &'a Model, name: &str) -> &'a Rollout {
    model.rollouts.iter().find(|rollout| &*rollout.id.name == name).expect(name)
}

fn kinds(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(Document::kind).collect()
}

fn faults(loaded: &Loaded) -> Vec<String> {
    loaded
        .faults
        .iter()
        .map(|fault| {
            let mut fault = fault.clone();
            fault.file = PathBuf::from(fault.file.file_name().unwrap());
            fault.to_string()
        })
        .collect()
}

const WEB: &str = "
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web, namespace: shop}
spec:
  replicas: 4
  strategy: {canary: {steps: [{setWeight: 20}, {pause: {}}]}}
";

#[test]
fn every_manifest_below_a_directory_is_read_in_order() {
    let (_directory, loaded) = loaded(&[
        ("b.yml", WEB),
        ("a.yaml", "kind: ConfigMap\n---\n# nothing\n---\nkind: Secret\n"),
        ("deep/c.JSON", r#"{"kind":"Namespace","metadata":{"name":"shop"}} {"kind":"Service"}"#),
        ("notes.txt", "kind: Ignored"),
        (".git/x.yaml", "kind: Ignored"),
    ]);
    assert_eq!(faults(&loaded), [""; 0]);
    assert_eq!(kinds(&loaded.documents), ["ConfigMap", "Secret", "Rollout", "Namespace", "Service"]);
    let places: Vec<_> = loaded.documents.iter().map(|document| (document.index, document.line)).collect();
    assert_eq!(places, [(0, 1), (1, 4), (0, 1), (0, 1), (1, 1)]);
    let model = model(loaded);
    let web = rollout(&model, "web");
    assert_eq!((web.id.path().as_str(), web.desired, web.steps().len()), ("shop/web", Some(4), 2));
    assert!(model.source("files", "pods").is_some_and(|pods| pods.loaded), "no pods is an answer too");
}

#[test]
fn a_list_of_either_sort_is_taken_apart() {
    let (_directory, loaded) = loaded(&[
        ("list.yaml", "kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n- 5\n"),
        (
            "raw.json",
            r#"{"kind":"RolloutList","apiVersion":"argoproj.io/v1alpha1","items":[{"metadata":{"name":"w"}}]}"#,
        ),
    ]);
    assert_eq!(kinds(&loaded.documents), ["Pod", "", "Rollout"]);
    assert_eq!(&*rollout(&model(loaded), "w").id.uid.0, "file:Rollout//w");
}

#[test]
fn bad_yaml_costs_only_its_own_document() {
    let broken = "kind: A\n---\nkind: B\nmetadata: {name: [}\n---\nkind: C\n";
    let (_directory, loaded) =
        loaded(&[("x.yaml", broken), ("y.json", "{\"kind\":\n \"D\"}\n{\"kind\" 5}"), ("z.yaml", "a: \x07")]);
    assert_eq!(kinds(&loaded.documents), ["A", "C", "D"]);
    let faults = faults(&loaded);
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(faults[0].starts_with("x.yaml:4: "), "{faults:?}");
    assert!(faults[1].starts_with("y.json:3: "), "{faults:?}");
    assert!(faults[2].starts_with("z.yaml:1: "), "{faults:?}");
    assert!(!faults.iter().any(|fault| fault.contains(char::is_control)));
}

#[test]
fn not_text_is_a_fault_with_its_line() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("x.yaml"), b"a: 1\nb: \xff\n").unwrap();
    let loaded = load(&[directory.path().to_owned()], &"files".into());
    assert_eq!(faults(&loaded), ["x.yaml:2: is not text in UTF-8"]);
}

#[test]
fn markers_split_documents_as_yaml_says() {
    let odd =
        "%YAML 1.2\n---\nkind: A\n...\n# between\n--- {kind: B}\n---\n---\nkind: C\ntext: |\n  ---\n  not a marker\n";
    let (_directory, loaded) = loaded(&[("x.yaml", odd), ("crlf.yaml", "\u{feff}kind: D\r\n---\r\nkind: E\r\n")]);
    assert_eq!(faults(&loaded), [""; 0]);
    assert_eq!(kinds(&loaded.documents), ["D", "E", "A", "B", "C"]);
    assert_eq!(loaded.documents[3].line, 6);
}

#[test]
fn merge_keys_and_yaml_in_braces_are_read() {
    let (_directory, loaded) =
        loaded(&[("x.yaml", "base: &base {kind: Rollout}\n<<: *base\n"), ("y.yaml", "{kind: B, n: yes}\n")]);
    assert_eq!(kinds(&loaded.documents), ["Rollout", "B"]);
}

#[test]
fn an_alias_bomb_is_a_fault() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(9);
        bomb += &format!("a{level}: &a{level} [{before}]\n");
    }
    let (_directory, loaded) = loaded(&[("bomb.yaml", &bomb)]);
    assert_eq!((loaded.documents.len(), loaded.faults.len()), (0, 1));
}

#[test]
fn owners_are_found_by_uid_and_where_manifests_lack_them_by_name() {
    let set = |name: &str, owner: &str| {
        format!(
            "---\napiVersion: apps/v1\nkind: ReplicaSet\nmetadata:\n  name: {name}\n  namespace: shop\n  \
             ownerReferences: [{{kind: Rollout, controller: true, {owner}}}]\n"
        )
    };
    let api = WEB.replace("name: web", "name: api, uid: real");
    let text = [
        WEB.to_owned(),
        format!("---{api}"),
        set("web-1", "name: web"),
        set("web-2", "name: web, uid: stripped-from-the-rollout"),
        set("api-1", "name: api, uid: real"),
    ]
    .concat();
    let (_directory, loaded) = loaded(&[("x.yaml", &text)]);
    assert_eq!(faults(&loaded), [""; 0]);
    let model = model(loaded);
    let names = |rollout: &str| -> Vec<String> {
        let rollout = self::rollout(&model, rollout);
        model.replica_sets_of(rollout).iter().map(|set| set.id.name.to_string()).collect()
    };
    assert_eq!(names("web"), ["web-1", "web-2"]);
    assert_eq!(names("api"), ["api-1"]);
}

#[test]
fn a_malformed_object_is_a_row_with_a_word() {
    let (_directory, loaded) = loaded(&[("x.yaml", &format!("{WEB}status: 7\n"))]);
    let model = model(loaded);
    assert!(rollout(&model, "web").fault.as_deref().is_some_and(|fault| fault.starts_with("status")));
}

#[test]
fn a_missing_path_is_a_fault() {
    let loaded = load(&[PathBuf::from("/nonexistent/x.yaml")], &"files".into());
    assert!(faults(&loaded)[0].starts_with("x.yaml: cannot be read: "));
}

#[cfg(unix)]
#[test]
fn links_within_are_read_once_and_links_out_never() {
    let (outside, _) = loaded(&[("secret.yaml", "kind: Secret")]);
    let (directory, _) = loaded(&[("..data/a.yaml", "kind: A")]);
    let link = |from: PathBuf, name: &str| std::os::unix::fs::symlink(from, directory.path().join(name)).unwrap();
    link("..data/a.yaml".into(), "a.yaml");
    link(".".into(), "loop");
    link(outside.path().join("secret.yaml"), "b.yaml");
    link(outside.path().to_owned(), "outside");
    link("nowhere".into(), "c.yaml");
    let loaded = load(&[directory.path().to_owned()], &"files".into());
    assert_eq!(kinds(&loaded.documents), ["A"]);
    let faults = faults(&loaded);
    assert_eq!(
        faults,
        [
            "b.yaml: is a link out of the directory: not followed",
            "c.yaml: is a link to nothing",
            "outside: is a link out of the directory: not followed"
        ]
    );
}

proptest::proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "(?s).{0,200}", marked in "([-.%{}:a \\[\\]]|\n|---|\n---\n){0,40}") {
        loaded(&[("x.yaml", &text), ("y.json", &text), ("z.yml", &marked)]);
    }
}
