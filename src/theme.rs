//! Colours by role (to be replaced by the themes).
use ratatui::style::Style;
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
pub struct Theme;
impl Theme {
    pub fn style(&self, _: Role) -> Style {
        Style::default()
    }
}
pub struct Glyphs {
    pub ok: &'static str,
    pub attention: &'static str,
    pub critical: &'static str,
    pub unknown: &'static str,
    pub stale: &'static str,
    pub progressing: &'static str,
    pub paused: &'static str,
    pub up: &'static str,
    pub down: &'static str,
    pub ellipsis: &'static str,
    pub mark: &'static str,
    pub arrow: &'static str,
    pub done: &'static str,
    pub current: &'static str,
    pub todo: &'static str,
    pub sparkline: [&'static str; 8],
    pub threshold: &'static str,
    pub horizontal: &'static str,
    pub vertical: &'static str,
    pub corners: [&'static str; 4],
    pub branch: &'static str,
    pub last_branch: &'static str,
}
