//! Where the journal lives: what the command line says, else what the platform prescribes.

use std::path::PathBuf;

use directories::ProjectDirs;

use crate::cli::Common;

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "flightdeck")
}

/// The folder of the audit journal and of exports.
pub fn state(common: &Common) -> PathBuf {
    let usual = || project().map(|dirs| dirs.state_dir().unwrap_or(dirs.data_local_dir()).to_owned());
    // Without a home there is still a place for the journal: better an odd place than an action without a record.
    common.state_dir.clone().or_else(usual).unwrap_or_else(|| std::env::temp_dir().join("flightdeck"))
}
