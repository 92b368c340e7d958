//! The roles of a theme: what a style is for, never what it looks like.

/// What a piece of the screen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Text,
    Dim,
    Title,
    Border,
    BorderFocused,
    Selection,
    Marked,
    Header,
    Ok,
    Progressing,
    Attention,
    Critical,
    Unknown,
    Stale,
    Key,
    Hint,
    Overlay,
    Danger,
    Canary,
    Stable,
    Preview,
    Active,
    Sparkline,
    Threshold,
    Protected,
    ReadOnly,
    Filter,
    DiffAdd,
    DiffDel,
}

/// One role as theme files know it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub role: Role,
    /// As in theme files.
    pub name: &'static str,
    /// What it is for.
    pub help: &'static str,
}

const fn row(role: Role, name: &'static str, help: &'static str) -> Row {
    Row { role, name, help }
}

/// The table of roles, in the order of [`Role`].
pub static ROLES: &[Row] = &[
    row(Role::Text, "text", "everything without a role of its own, and the ground of the whole screen"),
    row(Role::Dim, "dim", "what is less important"),
    row(Role::Title, "title", "the title of a pane or dialog"),
    row(Role::Border, "border", "the frame of a pane"),
    row(Role::BorderFocused, "border-focused", "the frame of the pane that has the keys"),
    row(Role::Selection, "selection", "the selected row; its ground lies under the other roles"),
    row(Role::Marked, "marked", "a row that is marked for a bulk action"),
    row(Role::Header, "header", "the heads of columns"),
    row(Role::Ok, "ok", "healthy, passed, verified"),
    row(Role::Progressing, "progressing", "on its way"),
    row(Role::Attention, "attention", "waits for a human"),
    row(Role::Critical, "critical", "broken"),
    row(Role::Unknown, "unknown", "not known, not checked; never the same as ok"),
    row(Role::Stale, "stale", "was known, but its source is silent"),
    row(Role::Key, "key", "a key in hints and help"),
    row(Role::Hint, "hint", "the words beside a key"),
    row(Role::Overlay, "overlay", "the ground of dialogs, palette and help"),
    row(Role::Danger, "danger", "the dialog before an action that is hard to take back"),
    row(Role::Canary, "canary", "the new revision of a canary"),
    row(Role::Stable, "stable", "the revision that has proved itself"),
    row(Role::Preview, "preview", "the new revision of a blueGreen"),
    row(Role::Active, "active", "the revision that has the traffic of a blueGreen"),
    row(Role::Sparkline, "sparkline", "measured values"),
    row(Role::Threshold, "threshold", "the line that values must not cross"),
    row(Role::Protected, "protected", "the context, where it is protected: production"),
    row(Role::ReadOnly, "read-only", "the sign that nothing can be changed"),
    row(Role::Filter, "filter", "an active filter and what it matched"),
    row(Role::DiffAdd, "diff-add", "a line that comes"),
    row(Role::DiffDel, "diff-del", "a line that goes"),
];

impl Role {
    /// The role of that name.
    pub fn named(name: &str) -> Option<Role> {
        ROLES.iter().find(|row| row.name == name).map(|row| row.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (at, row) in ROLES.iter().enumerate() {
            assert_eq!(row.role as usize, at, "{}", row.name);
            assert_eq!(Role::named(row.name), Some(row.role));
        }
        assert_eq!(ROLES.len(), Role::DiffDel as usize + 1);
    }
}
