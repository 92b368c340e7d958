//! Where the journal lives: what the command line says, else what the platform prescribes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use crate::cli::Common;

/// Names the state folder where the command line does not.
pub const STATE: &str = "FLIGHTDECK_STATE_DIR";

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "flightdeck")
}

/// The folder of the audit journal and of exports.
pub fn state(common: &Common) -> PathBuf {
    let usual = || project().map(|dirs| dirs.state_dir().unwrap_or(dirs.data_local_dir()).to_owned());
    // Without a home there is still a place for the journal: better an odd place than an action without a record.
    common.state_dir.clone().or_else(usual).unwrap_or_else(|| std::env::temp_dir().join("flightdeck"))
}

/// The same for the demo: a folder of its own within, so that play is no part of the record of what was really done. Only a
/// `--state-dir` is taken as it is; the variable is as standing as the configuration.
pub fn demo(state: PathBuf, named: Option<&Path>, variable: Option<OsString>) -> PathBuf {
    if named.is_some_and(|named| variable.as_deref() != Some(named.as_os_str())) { state } else { state.join("demo") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_plays_in_a_folder_of_its_own_unless_told() {
        let folder = |named: Option<&str>, variable: Option<&str>| {
            demo(named.unwrap_or("usual").into(), named.map(Path::new), variable.map(Into::into))
        };
        assert_eq!(folder(None, None), Path::new("usual/demo"));
        assert_eq!(folder(Some("told"), None), Path::new("told"));
        assert_eq!(folder(Some("told"), Some("real")), Path::new("told"));
        // What the command line knows is then the variable's.
        assert_eq!(folder(Some("real"), Some("real")), Path::new("real/demo"));
    }
}
