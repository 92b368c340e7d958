//! Which files are read, and how much of them: sorted, never by a link out of the directory, with a limit on everything.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::Fault;

/// Largest file that is read: 10,000 Rollouts printed by kubectl are 70 MB.
const LARGEST_FILE: u64 = 128 << 20;
/// Most bytes that are read in all.
pub const LARGEST_TOTAL: u64 = 512 << 20;
/// Most files that are read below one directory.
const MOST_FILES: usize = 20_000;
/// Deepest directory that is looked into.
const DEEPEST: usize = 64;

/// The files that `path` means: itself (`-` is standard input), or all manifests below it.
pub fn files(path: &Path, faults: &mut Vec<Fault>) -> Vec<PathBuf> {
    if is_stdin(path) {
        return vec![path.to_owned()];
    }
    let root = match path.canonicalize() {
        Ok(root) if root.is_dir() => root,
        // Also when there is none: reading it will tell.
        _ => return vec![path.to_owned()],
    };
    let mut walk = Walk { seen: HashSet::from([root.clone()]), root, files: Vec::new(), faults };
    walk.enter(path, 0);
    let mut files = walk.files;
    files.sort();
    files
}

/// The file's content, within its limit and what is left of the budget.
pub fn content(path: &Path, budget: &mut u64) -> Result<Vec<u8>, String> {
    let limit = LARGEST_FILE.min(*budget);
    let mut content = Vec::new();
    let read = if is_stdin(path) {
        std::io::stdin().lock().take(limit + 1).read_to_end(&mut content)
    } else {
        fs::File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut content))
    };
    read.map_err(|error| format!("cannot be read: {error}"))?;
    if content.len() as u64 > limit {
        return Err(format!("is larger than {} MiB (or all files together are): not read", limit >> 20));
    }
    *budget -= content.len() as u64;
    Ok(content)
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

struct Walk<'a> {
    root: PathBuf,
    /// Real paths, so that a mounted ConfigMap, which shows each file by three ways, is read once.
    seen: HashSet<PathBuf>,
    files: Vec<PathBuf>,
    faults: &'a mut Vec<Fault>,
}

impl Walk<'_> {
    fn enter(&mut self, directory: &Path, depth: usize) {
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) => return self.faults.push(Fault::new(directory, None, format!("cannot be read: {error}"))),
        };
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        for path in paths {
            if self.files.len() >= MOST_FILES {
                let message = format!("holds more than {MOST_FILES} manifests: the rest is not read");
                return self.faults.push(Fault::new(directory, None, message));
            }
            self.visit(path, depth);
        }
    }

    fn visit(&mut self, path: PathBuf, depth: usize) {
        let is_link = path.is_symlink();
        let Ok(real) = path.canonicalize() else {
            if is_link && is_manifest(&path) {
                self.faults.push(Fault::new(&path, None, "is a link to nothing"));
            }
            return;
        };
        let is_directory = real.is_dir();
        let is_wanted = is_directory || (is_manifest(&path) && real.is_file());
        if !is_wanted {
            return;
        }
        if !real.starts_with(&self.root) {
            return self.faults.push(Fault::new(&path, None, "is a link out of the directory: not followed"));
        }
        if path.file_name().is_some_and(|name| name == ".git") || !self.seen.insert(real) {
            return;
        }
        if !is_directory {
            self.files.push(path);
        } else if depth < DEEPEST {
            self.enter(&path, depth + 1);
        } else {
            self.faults.push(Fault::new(&path, None, "is too deep: not looked into"));
        }
    }
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}
