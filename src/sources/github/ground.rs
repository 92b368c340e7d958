//! Who last touched what has drifted: finds the Terraform file that declares it, and that file's last commit.
//!
//! A guess that helps at night and nothing rests on: whatever is in its way, the drift is shown without it.

use std::collections::{BTreeMap, BTreeSet};

use crate::release::blame::{Blame, declaration, declarations};
use crate::release::commit::read_commits;
use crate::release::drift::Drift;
use crate::release::text::visible;

use super::answer::Miss;
use super::client::Client;
use super::contents::{self, Entry, escaped, parameter};

/// Folders, files in all of them, and bytes of one that are read.
const MOST_FOLDERS: usize = 20;
const MOST_FILES: usize = 200;
const LARGEST: u64 = 256 << 10;
/// How deep below the configured folder.
const DEEPEST: usize = 3;
/// Addresses that somebody is looked for.
const MOST_ADDRESSES: usize = 100;

/// What each file declares, by its blob: a blob never changes, so that it is read once.
#[derive(Default)]
pub struct Ground {
    known: BTreeMap<String, BTreeSet<String>>,
}

/// Where the files are.
pub struct Place<'a> {
    /// `/repos/OWNER/NAME`
    pub repository: &'a str,
    pub branch: &'a str,
    pub folder: &'a str,
}

impl Ground {
    /// By address. None: it cannot be told now; what was known still is the best guess.
    pub async fn blame(
        &mut self,
        client: &Client,
        place: Place<'_>,
        drift: Option<&Drift>,
    ) -> Option<BTreeMap<String, Blame>> {
        let changes = drift.iter().flat_map(|drift| drift.drift.iter().chain(&drift.changes));
        let addresses: BTreeSet<&str> = changes.map(|change| change.address.as_str()).collect();
        let wanted = addresses.into_iter().filter_map(|address| Some((address, declaration(address)?)));
        let wanted: Vec<_> = wanted.take(MOST_ADDRESSES).collect();
        let files = match self.files(client, &place, wanted.iter().map(|(_, name)| name.clone()).collect()).await {
            Ok(files) => files,
            Err(Miss::Absent(_)) => BTreeMap::new(),
            Err(_) => return None,
        };
        let mut commits = BTreeMap::new();
        for file in files.values().collect::<BTreeSet<_>>() {
            let query = format!("path={}&sha={}&per_page=1", parameter(file), parameter(place.branch));
            let page = client.get(&format!("{}/commits?{query}", place.repository), "commits").await.ok()?;
            commits.extend(read_commits(&page).ok()?.into_iter().next().map(|commit| (file.clone(), commit)));
        }
        let blame = |(address, name): (&str, String)| {
            let file = files.get(&name)?;
            let commit = commits.get(file)?.clone();
            Some((address.to_owned(), Blame { file: visible(file), commit }))
        };
        Some(wanted.into_iter().filter_map(blame).collect())
    }

    /// The one file that declares each of these, level by level. Where two of a level do, nobody knows which one counts.
    async fn files(
        &mut self,
        client: &Client,
        place: &Place<'_>,
        mut wanted: BTreeSet<String>,
    ) -> Result<BTreeMap<String, String>, Miss> {
        let mut found = BTreeMap::new();
        let mut used = BTreeSet::new();
        let (mut folders_left, mut files_left) = (MOST_FOLDERS, MOST_FILES);
        // `.` is the repository's root, which has no name.
        let mut level = vec![place.folder.trim_matches(['/', '.']).to_owned()];
        for _ in 0..DEEPEST {
            let mut below = Vec::new();
            let mut declared: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for folder in level.iter().filter(|_| !wanted.is_empty()).take(folders_left) {
                for entry in self.folder(client, place, folder).await? {
                    let path = format!("{folder}/{}", entry.name).trim_start_matches('/').to_owned();
                    if entry.is_folder {
                        below.push(path);
                    } else if entry.is_terraform() && entry.size <= LARGEST && files_left > 0 {
                        files_left -= 1;
                        for name in self.declared(client, place, &entry).await? {
                            declared.entry(name).or_default().push(path.clone());
                        }
                        used.insert(entry.sha);
                    }
                }
            }
            folders_left = folders_left.saturating_sub(level.len());
            for (name, mut files) in declared {
                if let (true, Some(file), true) = (wanted.remove(&name), files.pop(), files.is_empty()) {
                    found.insert(name, file);
                }
            }
            level = below;
        }
        self.known.retain(|sha, _| used.contains(sha));
        Ok(found)
    }

    async fn folder(&self, client: &Client, place: &Place<'_>, folder: &str) -> Result<Vec<Entry>, Miss> {
        let path = format!("{}/contents/{}?ref={}", place.repository, escaped(folder), parameter(place.branch));
        Ok(contents::entries(&client.get(&path, "Terraform files").await?).unwrap_or_default())
    }

    async fn declared(&mut self, client: &Client, place: &Place<'_>, entry: &Entry) -> Result<Vec<String>, Miss> {
        if !self.known.contains_key(&entry.sha) {
            let path = format!("{}/git/blobs/{}", place.repository, entry.sha);
            let blob = client.get(&path, "Terraform file").await?;
            // What is no text declares nothing.
            let text = contents::read(&blob).ok().and_then(|blob| blob.text).unwrap_or_default();
            self.known.insert(entry.sha.clone(), declarations(&text));
        }
        Ok(self.known.get(&entry.sha).into_iter().flatten().cloned().collect())
    }
}
