//! What is to be run, where its files are, and in which terminal.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use portable_pty::CommandBuilder;
use tempfile::TempDir;

use super::Pty;

/// What is to be run, and in which terminal.
pub struct Launch {
    pub(super) home: Arc<TempDir>,
    pub(super) size: (u16, u16),
    program: PathBuf,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
}

impl Launch {
    /// The cockpit with these arguments, in a terminal of 80x24.
    pub fn new(arguments: &[&str]) -> Self {
        Launch {
            home: Arc::new(tempfile::tempdir().expect("a folder")),
            program: env!("CARGO_BIN_EXE_flightdeck").into(),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            variables: Vec::new(),
            size: (80, 24),
        }
    }

    /// The cockpit on the cluster at that address.
    pub fn on(server: &str) -> Self {
        let launch = Launch::new(&[]);
        launch.with_kubeconfig(&kubeconfig(server))
    }

    /// The same with that text as its kubeconfig.
    pub fn with_kubeconfig(self, text: &str) -> Self {
        let path = self.home.path().join("kubeconfig");
        std::fs::write(&path, text).expect("a kubeconfig");
        self.with_kubeconfig_at(&path)
    }

    /// The same with that file as its kubeconfig.
    pub fn with_kubeconfig_at(self, path: &Path) -> Self {
        self.env("KUBECONFIG", &path.display().to_string())
    }

    /// In a home that others use too.
    pub fn at(mut self, home: &Arc<TempDir>) -> Self {
        self.home = home.clone();
        self
    }

    /// In a terminal of so many columns and rows.
    pub fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = (columns, rows);
        self
    }

    /// With a variable set.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Under a shell with job control, which runs `script`; the cockpit is `"$0" "$@"` there.
    pub fn under_shell(mut self, script: &str) -> Self {
        let mut arguments = vec!["-c".to_owned(), script.to_owned(), self.program.display().to_string()];
        arguments.append(&mut self.arguments);
        self.program = "/bin/sh".into();
        self.arguments = arguments;
        self
    }

    /// Runs it.
    pub fn start(self) -> Pty {
        Pty::start(self)
    }

    pub(super) fn command(&self) -> CommandBuilder {
        let mut command = CommandBuilder::new(&self.program);
        command.args(&self.arguments);
        command.cwd(self.home.path());
        command.env_clear();
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
            command.env(name, self.home.path());
        }
        command.env("FLIGHTDECK_STATE_DIR", self.home.path().join("state"));
        command.env("FLIGHTDECK_CONFIG_DIR", self.home.path().join("config"));
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }
}

/// A kubeconfig with one context, `test`.
pub fn kubeconfig(server: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: test\nclusters:\n- name: c\n  cluster: {{ server: \"{server}\" }}\n\
         contexts:\n- name: test\n  context: {{ cluster: c, user: u }}\nusers:\n- name: u\n  user: {{}}\n"
    )
}
