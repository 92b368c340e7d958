//! A program in a pseudo-terminal: what it writes, when, and what can be read on its screen.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// The end of a synchronized update: the picture is whole.
const FRAME_END: &[u8] = b"\x1b[?2026l";
/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// The flightdeck that is measured: the one that this benchmark was built with, or another to compare with.
pub fn flightdeck() -> PathBuf {
    std::env::var_os("FLIGHTDECK_BENCHED").unwrap_or_else(|| env!("CARGO_BIN_EXE_flightdeck").into()).into()
}

/// Columns and rows.
pub type Size = (u16, u16);

/// The program at its terminal. Dropping it kills it.
pub struct Screen {
    chunks: Receiver<(Instant, Vec<u8>)>,
    parser: vt100::Parser,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
    /// What came since the last [`Screen::forget`].
    recent: Vec<u8>,
    /// When it was executed.
    pub opened: Instant,
}

impl Screen {
    /// Starts the cockpit on the cluster of a kubeconfig; its folders are in `home`.
    pub fn cockpit(kubeconfig: &Path, home: &Path, size: Size) -> Screen {
        let mut command = CommandBuilder::new(flightdeck());
        command.arg("--kubeconfig");
        command.arg(kubeconfig);
        Screen::open(command, home, size)
    }

    /// Starts any program.
    pub fn open(mut command: CommandBuilder, home: &Path, (cols, rows): Size) -> Screen {
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for variable in ["HOME", "FLIGHTDECK_CONFIG_DIR", "FLIGHTDECK_STATE_DIR"] {
            command.env(variable, home);
        }
        let pair = native_pty_system().openpty(PtySize { rows, cols, ..PtySize::default() }).expect("a pty");
        let mut out = pair.master.try_clone_reader().expect("its output");
        let keyboard = pair.master.take_writer().expect("its keyboard");
        let (sender, chunks) = channel();
        std::thread::spawn(move || {
            let mut chunk = vec![0; 1 << 16];
            while let Ok(length @ 1..) = out.read(&mut chunk) {
                if sender.send((Instant::now(), chunk[..length].to_vec())).is_err() {
                    break;
                }
            }
        });
        let opened = Instant::now();
        let child = pair.slave.spawn_command(command).expect("the program");
        let parser = vt100::Parser::new(rows, cols, 0);
        Screen { chunks, parser, keyboard, child, _master: pair.master, recent: Vec::new(), opened }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    /// What can be read.
    pub fn text(&self) -> String {
        self.parser.screen().contents()
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) -> Instant {
        let pressed = Instant::now();
        self.keyboard.write_all(keys.as_bytes()).expect("a living program");
        pressed
    }

    /// Forgets what came so far and waits for the end of the next picture.
    pub fn frame(&mut self) -> Instant {
        self.until("a picture", |screen| screen.recent.windows(FRAME_END.len()).any(|window| window == FRAME_END))
    }

    /// Waits until the screen says that.
    pub fn says(&mut self, words: &str) -> Instant {
        self.until(words, |screen| screen.text().contains(words))
    }

    /// Waits for any output.
    pub fn output(&mut self) -> Instant {
        self.until("output", |screen| !screen.recent.is_empty())
    }

    fn until(&mut self, what: &str, is_so: impl Fn(&Screen) -> bool) -> Instant {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            match self.chunks.recv_timeout(PATIENCE) {
                Ok((at, chunk)) => {
                    self.take(&chunk);
                    if is_so(self) {
                        return at;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        panic!("in vain waited for {what}:\n{}", self.text());
    }

    /// Waits until nothing has come for so long.
    pub fn settle(&mut self, quiet: Duration) {
        while let Ok((_, chunk)) = self.chunks.recv_timeout(quiet) {
            self.take(&chunk);
        }
    }

    /// Takes in what comes within that time.
    pub fn watch(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        while let Ok((_, chunk)) = self.chunks.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.take(&chunk);
        }
    }

    /// Bytes since the last [`Screen::forget`].
    pub fn bytes(&self) -> usize {
        self.recent.len()
    }

    /// Forgets what came so far, in the count and for [`Screen::frame`].
    pub fn forget(&mut self) {
        while let Ok((_, chunk)) = self.chunks.try_recv() {
            self.take(&chunk);
        }
        self.recent.clear();
    }

    fn take(&mut self, chunk: &[u8]) {
        self.parser.process(chunk);
        self.recent.extend_from_slice(chunk);
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
