//! The binary in a pseudo-terminal: keys go in, and what a terminal would show comes out.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flightdeck::sim::{World, WorldConfig};
use portable_pty::{ChildKiller, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The longest wait for anything; a loaded machine is slow.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How long a quiet terminal is listened to before a condition outside of it is looked at again.
const GLANCE: Duration = Duration::from_millis(20);

/// What is to be run, and in which terminal.
pub struct Launch {
    home: TempDir,
    program: PathBuf,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    size: (u16, u16),
}

impl Launch {
    /// The cockpit with these arguments, in a terminal of 80x24.
    pub fn new(arguments: &[&str]) -> Self {
        Launch {
            home: tempfile::tempdir().expect("a folder"),
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
        self.env("KUBECONFIG", &path.display().to_string())
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
}

/// A kubeconfig with one context, `test`.
pub fn kubeconfig(server: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: test\nclusters:\n- name: c\n  cluster: {{ server: \"{server}\" }}\n\
         contexts:\n- name: test\n  context: {{ cluster: c, user: u }}\nusers:\n- name: u\n  user: {{}}\n"
    )
}

/// A simulated world with threads of its own, for a test that is not async.
pub struct Cluster {
    pub world: World,
    // Dropped after the world whose tasks it runs.
    _runtime: tokio::runtime::Runtime,
}

impl Cluster {
    /// Begins a world.
    pub fn start(config: WorldConfig) -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().expect("a runtime");
        let world = runtime.block_on(World::start(config)).expect("a world");
        Cluster { world, _runtime: runtime }
    }
}

/// A running program and its terminal.
pub struct Pty {
    pub home: TempDir,
    /// Every byte that it wrote.
    pub raw: Vec<u8>,
    master: Option<Box<dyn MasterPty + Send>>,
    keyboard: Option<Box<dyn Write + Send>>,
    killer: Box<dyn ChildKiller + Send + Sync>,
    pid: Pid,
    ended: Receiver<ExitStatus>,
    written: Receiver<Vec<u8>>,
    reader: Option<JoinHandle<()>>,
    closing: Arc<AtomicBool>,
    parser: vt100::Parser,
}

impl Pty {
    fn start(launch: Launch) -> Self {
        let (columns, rows) = launch.size;
        let pair = native_pty_system().openpty(pty_size(columns, rows)).expect("a pseudo-terminal");
        let mut child = pair.slave.spawn_command(command(&launch)).expect("the binary");
        drop(pair.slave);
        let killer = child.clone_killer();
        let pid = child.process_id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).expect("a pid");
        let (end, ended) = channel();
        std::thread::spawn(move || {
            if let Ok(status) = child.wait() {
                let _ = end.send(status);
            }
        });
        let mut from = pair.master.try_clone_reader().expect("a reader");
        let (write, written) = channel();
        let closing = Arc::new(AtomicBool::new(false));
        let is_closing = closing.clone();
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 16_384];
            while let Ok(count @ 1..) = from.read(&mut bytes) {
                if is_closing.load(Ordering::SeqCst) || write.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Pty {
            home: launch.home,
            raw: Vec::new(),
            keyboard: Some(pair.master.take_writer().expect("a keyboard")),
            master: Some(pair.master),
            killer,
            pid,
            ended,
            written,
            reader: Some(reader),
            closing,
            parser: vt100::Parser::new(rows, columns, 0),
        }
    }

    /// What the terminal shows.
    pub fn text(&self) -> String {
        self.parser.screen().contents()
    }

    /// The terminal itself.
    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// The folder of the journal.
    pub fn state(&self) -> PathBuf {
        self.home.path().join("state")
    }

    /// Types these bytes.
    pub fn press(&mut self, keys: &str) {
        let keyboard = self.keyboard.as_mut().expect("a keyboard");
        keyboard.write_all(keys.as_bytes()).and_then(|()| keyboard.flush()).expect("the terminal takes keys");
    }

    /// Makes the terminal so large and waits until it was painted anew.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.take_in(Duration::ZERO);
        let before = self.raw.len();
        self.parser.screen_mut().set_size(rows, columns);
        let master = self.master.as_ref().expect("a terminal");
        master.resize(pty_size(columns, rows)).expect("another size");
        self.until(&format!("a picture at {columns}x{rows}"), |pty| contains(&pty.raw[before..], b"\x1b[2J"));
    }

    /// Waits until the screen says that.
    pub fn wait_for(&mut self, text: &str) {
        self.until(&format!("{text:?}"), |pty| pty.text().contains(text));
    }

    /// Waits until something holds.
    pub fn until(&mut self, what: &str, holds: impl Fn(&Pty) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(Instant::now() < deadline, "waited in vain for {what}; the screen:\n{}", self.text());
            self.take_in(GLANCE);
        }
    }

    /// Waits until nothing was written for so long.
    pub fn wait_for_silence(&mut self, long: Duration) {
        let deadline = Instant::now() + PATIENCE;
        while self.take_in(long) {
            assert!(Instant::now() < deadline, "it is never silent; the screen:\n{}", self.text());
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("it is there");
    }

    /// Drops the line: no one reads or types any more.
    pub fn hang_up(&mut self) {
        // The reader holds the line too; it sees that it must go when one more byte comes.
        self.closing.store(true, Ordering::SeqCst);
        self.master.as_ref().expect("a terminal").resize(pty_size(81, 25)).expect("another size");
        self.reader.take().expect("a reader").join().expect("the reader ends");
        self.keyboard = None;
        self.master = None;
    }

    /// Waits until it has ended; fails when that takes longer.
    pub fn ends_within(&mut self, limit: Duration) -> ExitStatus {
        let status = self.ended.recv_timeout(limit);
        while self.take_in(GLANCE) {}
        status.unwrap_or_else(|_| panic!("it has not ended within {limit:?}; the screen:\n{}", self.text()))
    }

    /// Takes in what is written before `patience` is over; false when nothing was.
    fn take_in(&mut self, patience: Duration) -> bool {
        match self.written.recv_timeout(patience) {
            Ok(bytes) => {
                self.parser.process(&bytes);
                self.raw.extend(bytes);
                true
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.killer.kill();
    }
}

/// Whether `bytes` holds `part`.
pub fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn pty_size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn command(launch: &Launch) -> CommandBuilder {
    let mut command = CommandBuilder::new(&launch.program);
    command.args(&launch.arguments);
    command.cwd(launch.home.path());
    command.env_clear();
    for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
        command.env(name, launch.home.path());
    }
    command.env("FLIGHTDECK_STATE_DIR", launch.home.path().join("state"));
    command.env("FLIGHTDECK_CONFIG_DIR", launch.home.path().join("config"));
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    for (name, value) in &launch.variables {
        command.env(name, value);
    }
    command
}
