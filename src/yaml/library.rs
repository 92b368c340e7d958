//! Files by name with `inherits`: the user's directory first, then what is embedded in the program.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::{Entry, MAX_BYTES, Node, Value, Warnings};

/// A shelf of files of one kind: keymaps or themes.
#[derive(Clone, Debug)]
pub struct Library {
    /// `keymap` or `theme`, for messages.
    pub what: &'static str,
    /// Name and text of the files that the program brings along. The first is the one that everything can fall back to.
    pub embedded: &'static [(&'static str, &'static str)],
    /// Where the user's files of this kind are.
    pub dir: Option<PathBuf>,
}

/// One file of an inheritance chain, without its `inherits`.
#[derive(Clone, Debug)]
pub struct Part {
    /// For warnings: the path, or the embedded name.
    pub file: String,
    /// What it sets, in its order, each key once.
    pub entries: Vec<Entry>,
}

/// Who wants which file.
struct Ask {
    name: String,
    file: String,
    line: usize,
    /// A user's file that inherits its own name means the embedded one.
    embedded_only: bool,
}

struct Found {
    file: String,
    text: String,
    is_users: bool,
}

impl Library {
    /// Every name that can be asked for, embedded ones first.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.embedded.iter().map(|(name, _)| (*name).to_owned()).collect();
        let files = self.dir.as_deref().and_then(|dir| fs::read_dir(dir).ok()).into_iter().flatten().flatten();
        let mut own: Vec<String> = files
            .filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".yaml")?.to_owned()))
            .filter(|name| !names.contains(name))
            .collect();
        own.sort();
        names.append(&mut own);
        names
    }

    /// The file of that name and what it inherits, the base first. A user's file inherits the first embedded one unless
    /// it says otherwise; one that has the name of an embedded file stands over it. Without such a file, the first
    /// embedded one is taken.
    pub fn chain(&self, name: &str, warnings: &mut Warnings) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        let mut next = Some(Ask { name: name.to_owned(), file: self.what.to_owned(), line: 0, embedded_only: false });
        while let Some(ask) = next.take() {
            let Some(found) = self.find(&ask, warnings) else {
                let known = self.names().join(", ");
                warnings.push(&ask.file, ask.line, format!("there is no {} `{}`; known: {known}", self.what, ask.name));
                next = self.fallback();
                continue;
            };
            if parts.iter().any(|part| part.file == found.file) {
                warnings.push(&ask.file, ask.line, format!("`{}` inherits from itself in a circle", ask.name));
                next = self.fallback();
                continue;
            }
            let (inherits, entries) = match Node::read(&found.file, &found.text, warnings) {
                Some(node) => split(node, &found.file, self.what, warnings),
                None => (None, Vec::new()),
            };
            next = match inherits {
                Some((parent, line)) => {
                    Some(Ask { embedded_only: parent == ask.name, name: parent, file: found.file.clone(), line })
                }
                None if found.is_users => self.fallback(),
                None => None,
            };
            parts.push(Part { file: found.file, entries });
        }
        parts.reverse();
        parts
    }

    fn find(&self, ask: &Ask, warnings: &mut Warnings) -> Option<Found> {
        if !ask.embedded_only
            && let Some((file, text)) = self.users(&ask.name, warnings)
        {
            return Some(Found { file, text, is_users: true });
        }
        let (name, text) = self.embedded.iter().find(|(name, _)| *name == ask.name)?;
        Some(Found { file: format!("{name}.yaml (built in)"), text: (*text).to_owned(), is_users: false })
    }

    /// The first embedded file, which inherits nothing: every chain that is broken ends in it.
    fn fallback(&self) -> Option<Ask> {
        let (name, _) = self.embedded.first()?;
        Some(Ask { name: (*name).to_owned(), file: String::new(), line: 0, embedded_only: true })
    }

    fn users(&self, name: &str, warnings: &mut Warnings) -> Option<(String, String)> {
        // A name is a name and not a path: `../../etc/passwd` is not asked for.
        if name.contains(['/', '\\']) || name.starts_with('.') {
            return None;
        }
        let path = self.dir.as_ref()?.join(format!("{name}.yaml"));
        let text = read_capped(&path, warnings)?;
        Some((path.display().to_string(), text))
    }
}

/// The text of a file. A missing one is `None` and no warning; anything else that is wrong is both.
pub fn read_capped(path: &Path, warnings: &mut Warnings) -> Option<String> {
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    let file = path.display().to_string();
    match read {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => warnings.push(&file, 0, format!("cannot be read: {error}")),
        Ok(_) if bytes.len() as u64 > MAX_BYTES => {
            warnings.push(&file, 0, format!("is larger than {} KiB and is not read", MAX_BYTES / 1024));
        }
        Ok(_) => match String::from_utf8(bytes) {
            Ok(text) => return Some(text),
            Err(_) => warnings.push(&file, 0, "is not UTF-8 and is not read"),
        },
    }
    None
}

type Inherits = Option<(String, usize)>;

fn split(node: Node, file: &str, what: &str, warnings: &mut Warnings) -> (Inherits, Vec<Entry>) {
    let mut entries = node.entries(file, &format!("a {what}"), warnings);
    let Some(at) = entries.iter().position(|entry| entry.key == "inherits") else { return (None, entries) };
    let entry = entries.remove(at);
    match entry.node.value {
        Value::Text(name) => (Some((name, entry.line)), entries),
        other => {
            warnings.push(file, entry.line, format!("`inherits` must be the name of a {what}, got {}", other.kind()));
            (None, entries)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMBEDDED: &[(&str, &str)] = &[("base", "a: 1\n"), ("more", "inherits: base\nb: 2\n")];

    fn chain(files: &[(&str, &str)], name: &str) -> (Vec<String>, Vec<String>) {
        let dir = tempfile::tempdir().expect("a directory");
        for (file, text) in files {
            fs::write(dir.path().join(file), text).expect("written");
        }
        let library = Library { what: "theme", embedded: EMBEDDED, dir: Some(dir.path().to_owned()) };
        let mut warnings = Warnings::default();
        let parts = library.chain(name, &mut warnings);
        let short = |text: &str| text.replace(&format!("{}/", dir.path().display()), "");
        (
            parts.iter().map(|part| short(&part.file)).collect(),
            warnings.0.iter().map(|warning| short(&warning.to_string())).collect(),
        )
    }

    #[test]
    fn a_users_file_stands_over_the_embedded_one_of_the_same_name() {
        let (files, warnings) = chain(&[("more.yaml", "inherits: more\nc: 3")], "more");
        assert_eq!(files, ["base.yaml (built in)", "more.yaml (built in)", "more.yaml"]);
        assert!(warnings.is_empty());
        let (files, _) = chain(&[("base.yaml", "c: 3")], "more");
        assert_eq!(files, ["base.yaml (built in)", "base.yaml", "more.yaml (built in)"]);
    }

    #[test]
    fn faults_are_named_and_the_rest_is_there() {
        let (files, warnings) = chain(&[], "absent");
        assert_eq!(files, ["base.yaml (built in)"]);
        assert_eq!(warnings, ["theme: there is no theme `absent`; known: base, more"]);
        let (files, warnings) = chain(&[("mine.yaml", "c: 1\ninherits: nobody")], "mine");
        assert_eq!(files, ["base.yaml (built in)", "mine.yaml"]);
        assert_eq!(warnings, ["mine.yaml:2: there is no theme `nobody`; known: base, more, mine"]);
        let (files, warnings) = chain(&[("mine.yaml", "{")], "mine");
        assert_eq!(files, ["base.yaml (built in)", "mine.yaml"]);
        assert_eq!(warnings.len(), 1);
        let (files, warnings) = chain(&[("a.yaml", "inherits: b"), ("b.yaml", "inherits: a")], "a");
        assert_eq!(files, ["base.yaml (built in)", "b.yaml", "a.yaml"]);
        assert_eq!(warnings, ["b.yaml:1: `a` inherits from itself in a circle"]);
        let (files, _) = chain(&[], "../secret");
        assert_eq!(files, ["base.yaml (built in)"]);
    }
}
