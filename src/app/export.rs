//! The timeline as a file, for the report on the morning after.

use std::path::Path;

use jiff::Timestamp;
use tokio::io::AsyncWriteExt;

use crate::panes::ui::Notice;
use crate::theme::Role;

/// Writes the timeline into that folder, and says where.
pub async fn timeline(folder: &Path, text: &str, now: Timestamp) -> Notice {
    let path = folder.join(format!("timeline-{}.md", now.strftime("%Y%m%d-%H%M%S")));
    match write_private(&path, text).await {
        Ok(()) => Notice { text: format!("timeline written to {}", path.display()), role: Role::Ok, until: None },
        Err(error) => Notice {
            text: format!("the timeline could not be written to {}: {error}", path.display()),
            role: Role::Critical,
            until: None,
        },
    }
}

/// For nobody else's eyes: reasons and names of what is not public stand in it.
async fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = tokio::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path).await?;
    file.write_all(text.as_bytes()).await?;
    file.flush().await
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn an_export_is_for_nobody_elses_eyes() {
        let folder = tempfile::tempdir().unwrap();
        let notice = timeline(folder.path(), "# Timeline", Timestamp::UNIX_EPOCH).await;
        let path = folder.path().join("timeline-19700101-000000.md");
        assert!(notice.text.contains(&path.display().to_string()), "{}", notice.text);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "# Timeline");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
