//! The pull requests of a repository: all that are open, those that ended lately, and the last release to hold them against.

use crate::release::pull::{PullRequest, PullState};
use crate::release::repository::Release;

use super::about;
use super::answer::Miss;
use super::artifacts::unusable;
use super::client::Client;

/// Pages of a hundred open ones.
const MOST_PAGES: usize = 5;

/// What there is of them.
pub struct Pulls {
    pub open: Vec<PullRequest>,
    pub merged: Vec<PullRequest>,
    /// Of ours, those that were closed without merging.
    pub closed: Vec<PullRequest>,
    /// There are more, open or closed since the last release.
    pub is_cut: bool,
    pub release: Option<Release>,
}

impl Pulls {
    /// Reads them; `repository` is `/repos/OWNER/NAME`.
    pub async fn read(client: &Client, repository: &str) -> Result<Pulls, Miss> {
        let read = |page: &[u8]| about::pulls(page).map_err(|why| unusable("the list of pull requests", &why));
        let path = format!("{repository}/pulls?state=open&per_page=100");
        let (pages, mut is_cut) = client.pages(&path, "pull requests", MOST_PAGES).await?;
        let mut open = Vec::new();
        for page in pages {
            let (pulls, is_whole) = read(&page)?;
            open.extend(pulls);
            is_cut |= !is_whole;
        }
        let path = format!("{repository}/pulls?state=closed&sort=updated&direction=desc&per_page=100");
        let (pages, has_more) = client.pages(&path, "pull requests", 1).await?;
        let (ended, is_whole) = read(&pages.concat())?;
        let release = last_release(client, repository).await?;
        // What was closed since then may go on on the next page.
        let oldest = ended.last().and_then(|pull| pull.pushed_at);
        let goes_on = |release: &Release| release.published.zip(oldest).is_none_or(|(at, oldest)| oldest > at);
        is_cut |= !is_whole || has_more && release.as_ref().is_some_and(goes_on);
        let (merged, closed): (Vec<_>, Vec<_>) = ended.into_iter().partition(|pull| pull.state == PullState::Merged);
        let closed = closed.into_iter().filter(|pull| pull.our_branch().is_some()).collect();
        Ok(Pulls { open, merged, closed, is_cut, release })
    }
}

/// None: there is none. One that cannot be read is not none.
async fn last_release(client: &Client, repository: &str) -> Result<Option<Release>, Miss> {
    match client.get(&format!("{repository}/releases/latest"), "releases").await {
        Ok(release) => Ok(Some(about::release(&release).unwrap_or_else(|_| about::unread_release()))),
        Err(Miss::Absent(_)) => Ok(None),
        Err(miss) => miss.own().map(|_| Some(about::unread_release())),
    }
}
