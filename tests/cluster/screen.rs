//! The real binary in a pseudo-terminal: what it shows, and keys to press.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, ChildKiller, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::Signal;
use tokio::sync::watch;

/// The longest that the screen may take to show what it should.
const PATIENCE: Duration = Duration::from_secs(40);
/// The words of a dialog that can be confirmed.
const CONFIRMABLE: &str = "nothing is sent before you confirm";
/// The words of a dialog that cannot, yet.
const NOT_YET: &str = "not yet:";

/// A running cockpit.
pub struct Screen {
    picture: Arc<Mutex<Picture>>,
    /// Moves with every byte that came; closed when there will be no more.
    changes: watch::Receiver<u64>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    process: Process,
}

struct Picture {
    terminal: vt100::Parser,
    /// All bytes that came.
    raw: Vec<u8>,
    /// The other end is to be given up with the next byte.
    hangs_up: bool,
}

/// The process behind the screen; it ends with it at the latest.
pub struct Process {
    child: Option<Box<dyn Child + Send + Sync>>,
    killer: Box<dyn ChildKiller + Send + Sync>,
    id: rustix::process::Pid,
}

impl Screen {
    /// Starts the binary with nothing of this process's environment but what is said here.
    pub fn start(kubeconfig: &Path, home: &Path, arguments: &[&str]) -> Screen {
        let size = PtySize { rows: 40, cols: 160, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_flightdeck"));
        command.env_clear();
        command.args(arguments);
        command.cwd(home);
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("USER", "tester")] {
            command.env(name, value);
        }
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "FLIGHTDECK_CONFIG_DIR", "FLIGHTDECK_STATE_DIR"] {
            command.env(name, home);
        }
        command.env("KUBECONFIG", kubeconfig);
        let child = pair.slave.spawn_command(command).expect("the binary");
        let reader = pair.master.try_clone_reader().expect("a reader");
        let (changed, changes) = watch::channel(0);
        let terminal = vt100::Parser::new(size.rows, size.cols, 0);
        let picture = Arc::new(Mutex::new(Picture { terminal, raw: Vec::new(), hangs_up: false }));
        let followed = Arc::clone(&picture);
        std::thread::spawn(move || follow(reader, &followed, &changed));
        let keys = pair.master.take_writer().expect("a writer");
        Screen { picture, changes, master: pair.master, keys, process: Process::of(child) }
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        self.picture.lock().expect("the picture").terminal.screen().contents()
    }

    /// All bytes so far.
    pub fn raw(&self) -> Vec<u8> {
        self.picture.lock().expect("the picture").raw.clone()
    }

    /// Waits until the screen is as wished, or panics with what it shows.
    pub async fn wait_until(&mut self, what: &str, within: Duration, wish: impl Fn(&str) -> bool) -> Duration {
        let begun = Instant::now();
        if !self.becomes(within, &wish).await {
            panic!("no {what} within {within:?} on:\n{}", self.text());
        }
        begun.elapsed()
    }

    /// Waits until the screen is as wished; false when it does not become so.
    pub async fn becomes(&mut self, within: Duration, wish: impl Fn(&str) -> bool) -> bool {
        let waiting = async {
            loop {
                self.changes.borrow_and_update();
                if wish(&self.text()) {
                    return true;
                }
                if self.changes.changed().await.is_err() {
                    return false;
                }
            }
        };
        tokio::time::timeout(within, waiting).await.unwrap_or(false)
    }

    pub async fn wait_for(&mut self, text: &str) {
        self.wait_until(text, PATIENCE, |screen| screen.contains(text)).await;
    }

    pub async fn wait_gone(&mut self, text: &str) {
        self.wait_until(&format!("end of {text}"), PATIENCE, |screen| !screen.contains(text)).await;
    }

    /// Waits until one line holds all of these.
    pub async fn wait_for_line(&mut self, parts: &[&str]) {
        let wish = |screen: &str| screen.lines().any(|line| parts.iter().all(|part| line.contains(part)));
        self.wait_until(&parts.join(" … "), PATIENCE, wish).await;
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("the keyboard");
        self.keys.flush().expect("the keyboard");
    }

    /// Presses keys again and again, as long as a dialog is still deaf, until the screen is as wished.
    pub async fn press_until(&mut self, keys: &str, what: &str, wish: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        loop {
            self.press(keys);
            if self.becomes(Duration::from_millis(400), &wish).await {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "pressed {keys:?} in vain for {what} on:\n{}", self.text());
        }
    }

    /// Presses an action's key, waits for the server's leave, types the name where it is asked for, and confirms.
    pub async fn act(&mut self, key: &str, name: &str) {
        self.press(key);
        self.wait_until("the server's leave", PATIENCE, |screen| {
            screen.contains(CONFIRMABLE) || screen.contains(&format!("{NOT_YET} type {name}"))
        })
        .await;
        self.confirm(name).await;
    }

    /// Confirms the dialog that is open.
    pub async fn confirm(&mut self, name: &str) {
        let closed = |screen: &str| !screen.contains(CONFIRMABLE) && !screen.contains(NOT_YET);
        if self.text().contains(NOT_YET) {
            let typed = format!("\u{15}{name}");
            self.press_until(&typed, "the name", |screen| screen.contains(CONFIRMABLE)).await;
            self.press_until("\r", "the end of the dialog", closed).await;
        } else {
            self.press_until("y", "the end of the dialog", closed).await;
        }
    }

    /// The process behind it.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// All bytes, once there will be no more.
    pub async fn last_bytes(&mut self) -> Vec<u8> {
        while self.changes.changed().await.is_ok() {}
        self.raw()
    }

    /// The line drops: nobody holds the other end any more.
    pub async fn hang_up(self) -> Process {
        let Screen { picture, mut changes, master, keys, process } = self;
        picture.lock().expect("the picture").hangs_up = true;
        // The reader holds the other end too, until there is something to read.
        master.resize(PtySize { rows: 30, cols: 100, pixel_width: 0, pixel_height: 0 }).expect("another size");
        while changes.changed().await.is_ok() {}
        drop((master, keys));
        process
    }
}

impl Process {
    fn of(child: Box<dyn Child + Send + Sync>) -> Self {
        let number = i32::try_from(child.process_id().expect("a process")).expect("a number");
        let id = rustix::process::Pid::from_raw(number).expect("a process");
        Process { killer: child.clone_killer(), child: Some(child), id }
    }

    pub fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.id, signal).expect("a signal");
    }

    /// Waits for the end and says how long it took.
    pub async fn end(&mut self, within: Duration) -> (ExitStatus, Duration) {
        let begun = Instant::now();
        let mut child = self.child.take().expect("it has not ended");
        let waiting = tokio::task::spawn_blocking(move || child.wait());
        let ended =
            tokio::time::timeout(within, waiting).await.unwrap_or_else(|_| panic!("still there after {within:?}"));
        (ended.expect("a thread").expect("a process"), begun.elapsed())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.killer.kill();
        if let Some(child) = &mut self.child {
            let _ = child.wait();
        }
    }
}

/// Reads until the other end is gone or is given up.
fn follow(mut reader: Box<dyn Read + Send>, picture: &Mutex<Picture>, changed: &watch::Sender<u64>) {
    let mut bytes = [0; 16 << 10];
    while let Ok(count) = reader.read(&mut bytes)
        && count > 0
    {
        let mut picture = picture.lock().expect("the picture");
        picture.terminal.process(&bytes[..count]);
        picture.raw.extend_from_slice(&bytes[..count]);
        let hangs_up = picture.hangs_up;
        drop(picture);
        changed.send_modify(|count| *count += 1);
        if hangs_up {
            break;
        }
    }
}
