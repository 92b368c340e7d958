//! Where the configuration is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use directories::{BaseDirs, ProjectDirs};

/// The variable that names the configuration directory.
pub const DIR_VARIABLE: &str = "FLIGHTDECK_CONFIG_DIR";

/// A configuration file, and the directory that holds `keymaps/` and `themes/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub file: PathBuf,
    pub dir: PathBuf,
    /// It was asked for by name, so that its absence is a fault.
    pub must_exist: bool,
}

impl Place {
    /// The file that a flag names, or `config.yaml` in the directory that the environment or the platform names. Without
    /// a home directory there is none, and the defaults hold.
    pub fn find(flag: Option<&Path>) -> Place {
        Place::decide(flag, std::env::var_os(DIR_VARIABLE), || {
            ProjectDirs::from("", "", "flightdeck").map(|dirs| dirs.config_dir().to_owned())
        })
    }

    /// `config.yaml` in that directory, if there is one.
    pub fn of_dir(dir: impl Into<PathBuf>) -> Place {
        let dir = dir.into();
        Place { file: dir.join("config.yaml"), dir, must_exist: false }
    }

    fn decide(flag: Option<&Path>, env: Option<OsString>, platform: impl FnOnce() -> Option<PathBuf>) -> Place {
        if let Some(file) = flag {
            let dir = file.parent().map(Path::to_owned).unwrap_or_default();
            return Place { file: file.to_owned(), dir, must_exist: true };
        }
        let env = env.filter(|dir| !dir.is_empty()).map(PathBuf::from);
        Place::of_dir(env.or_else(platform).unwrap_or_else(|| PathBuf::from("/nonexistent")))
    }

    /// A path from the file: `~/` is the home directory, and a relative one starts where the file is.
    pub(super) fn path(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), BaseDirs::new()) {
            (Some(rest), Some(dirs)) => dirs.home_dir().join(rest),
            _ => self.dir.join(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_goes_over_the_environment_and_that_over_the_platform() {
        let platform = || Some(PathBuf::from("/platform"));
        let flag = Place::decide(Some(Path::new("/x/mine.yaml")), Some("/env".into()), platform);
        assert_eq!((flag.file, flag.dir, flag.must_exist), ("/x/mine.yaml".into(), "/x".into(), true));
        assert_eq!(Place::decide(None, Some("/env".into()), platform).file, PathBuf::from("/env/config.yaml"));
        assert_eq!(Place::decide(None, Some("".into()), platform), Place::of_dir("/platform"));
    }

    #[test]
    fn paths_in_the_file_start_where_it_is() {
        let place = Place::of_dir("/etc/flightdeck");
        assert_eq!(place.path("ca.pem"), PathBuf::from("/etc/flightdeck/ca.pem"));
        assert_eq!(place.path("/ca.pem"), PathBuf::from("/ca.pem"));
    }
}
