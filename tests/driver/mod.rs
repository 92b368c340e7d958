//! The binary in a pseudo-terminal: keys go in, and what a terminal would show comes out.

// Each of the two binaries leaves something unused that the other needs.
#![allow(dead_code)]

mod cluster;
mod dialog;
mod launch;
mod wait;

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use portable_pty::{ChildKiller, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

#[allow(unused_imports)]
pub use cluster::Cluster;
#[allow(unused_imports)]
pub use launch::{Launch, kubeconfig};
#[allow(unused_imports)]
pub use wait::PATIENCE;

/// A running program and its terminal.
pub struct Pty {
    pub home: Arc<TempDir>,
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
        let mut child = pair.slave.spawn_command(launch.command()).expect("the binary");
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
        self.catch_up();
        let before = self.raw.len();
        self.parser.screen_mut().set_size(rows, columns);
        let master = self.master.as_ref().expect("a terminal");
        master.resize(pty_size(columns, rows)).expect("another size");
        self.until(&format!("a picture at {columns}x{rows}"), |pty| contains(&pty.raw[before..], b"\x1b[2J"));
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
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.killer.kill();
        let _ = self.ended.recv_timeout(wait::LAST_WORDS);
    }
}

/// Whether `bytes` holds `part`.
pub fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn pty_size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}
