//! The terminal: taken over, painted cell by cell, and given back whatever happens.

mod paint;

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{self, DisableBracketedPaste, EnableBracketedPaste, Event};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
};
use crossterm::{cursor, queue};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustix::event::{PollFd, PollFlags, poll};
use tokio::sync::mpsc;

use paint::paint;

/// Keys that may wait for the loop.
const KEYS: usize = 256;
/// How long giving the terminal back may wait for a line that does not take its bytes.
const FAREWELL: Duration = Duration::from_secs(1);

/// A terminal in raw mode on the alternate screen. Dropping it gives it back.
///
/// Bytes are written by a thread of their own: a stalled SSH connection stops the picture, not the program.
pub struct Terminal {
    writer: Option<Writer>,
    /// What has to be said before the next picture. It goes out in one piece with it: as a piece of its own it would
    /// take the writer's one waiting place, and the first picture would miss its slot.
    opening: Vec<u8>,
    /// What the terminal shows, once the writer has caught up. None: nothing is known, paint everything.
    shown: Option<Buffer>,
    /// What panicked in other threads while the picture went on.
    panics: Panics,
}

/// Messages of panics that could not be printed when they happened.
type Panics = Arc<Mutex<Vec<String>>>;

struct Writer {
    frames: SyncSender<Vec<u8>>,
    done: Receiver<()>,
    broken: Arc<AtomicBool>,
}

impl Terminal {
    /// Takes the terminal over.
    pub fn enter() -> io::Result<Terminal> {
        if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
            return Err(io::Error::other("this is no terminal; for scripts there is `flightdeck status -o json`"));
        }
        let panics = install_panic_hook();
        crossterm::terminal::enable_raw_mode()?;
        Ok(Terminal { writer: Some(Writer::start()?), opening: entering()?, shown: None, panics })
    }

    /// Columns and rows.
    pub fn size(&self) -> io::Result<Rect> {
        let (width, height) = crossterm::terminal::size()?;
        Ok(Rect::new(0, 0, width.max(1), height.max(1)))
    }

    /// Whether the other end is gone.
    pub fn is_broken(&self) -> bool {
        self.writer.as_ref().is_none_or(|writer| writer.broken.load(Ordering::Relaxed))
    }

    /// Shows `next`. False when the line has not taken the last picture yet: try again in the next frame slot.
    /// Nothing at all is written when nothing differs.
    pub fn present(&mut self, next: &Buffer) -> io::Result<bool> {
        let mut bytes = self.opening.clone();
        let blank;
        let (before, whole) = match &self.shown {
            Some(shown) if shown.area == next.area => (shown, false),
            _ => {
                blank = Buffer::empty(next.area);
                (&blank, true)
            }
        };
        let changes = before.diff(next);
        if changes.is_empty() && !whole {
            return Ok(true);
        }
        queue!(bytes, BeginSynchronizedUpdate)?;
        if whole {
            queue!(bytes, crossterm::style::ResetColor, Clear(ClearType::All))?;
        }
        paint(&mut bytes, &changes)?;
        queue!(bytes, EndSynchronizedUpdate)?;
        let taken = self.send(bytes);
        if taken {
            self.opening.clear();
            self.shown = Some(next.clone());
        }
        Ok(taken)
    }

    /// Forgets what is shown, so that the next picture is painted whole.
    pub fn forget(&mut self) {
        self.shown = None;
    }

    /// Puts text into the terminal's clipboard by OSC 52, through tmux where that is between.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let mut bytes = Vec::new();
        queue!(bytes, CopyToClipboard::to_clipboard_from(text))?;
        if std::env::var_os("TMUX").is_some() {
            bytes = through_tmux(&bytes);
        }
        self.send(bytes);
        Ok(())
    }

    /// Gives the terminal back for a while, stops the process as ctrl-z does, and takes it over again on `fg`.
    pub fn suspend(&mut self) -> io::Result<()> {
        self.leave();
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        self.writer = Some(Writer::start()?);
        self.take_back()
    }

    /// Takes the terminal over once more, whatever a shell has made of it meanwhile.
    pub fn take_back(&mut self) -> io::Result<()> {
        // What is raw already is not looked at again unless it is given back first.
        crossterm::terminal::disable_raw_mode()?;
        crossterm::terminal::enable_raw_mode()?;
        self.opening = entering()?;
        self.forget();
        Ok(())
    }

    fn send(&mut self, bytes: Vec<u8>) -> bool {
        let Some(writer) = &self.writer else { return false };
        match writer.frames.try_send(bytes) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => false,
            Err(TrySendError::Disconnected(_)) => {
                writer.broken.store(true, Ordering::Relaxed);
                false
            }
        }
    }

    fn leave(&mut self) {
        if let Some(Writer { frames, done, .. }) = self.writer.take() {
            // The writer ends when its channel does, after the last picture.
            drop(frames);
            let _ = done.recv_timeout(FAREWELL);
        }
        // A panic of ours has given it back already; once more would put the cursor over its message.
        if !std::thread::panicking() {
            give_back();
        }
    }
}

/// Listens to the keyboard on a thread of its own. The channel ends when the terminal is gone.
///
/// crossterm reads for ever at the end of input, so that a terminal that is gone must be noticed before it is asked.
pub fn listen() -> io::Result<mpsc::Receiver<Event>> {
    let (pressed, keys) = mpsc::channel(KEYS);
    std::thread::Builder::new().name("keyboard".into()).spawn(move || {
        while let Ok(true) = wait_for_input() {
            // Not zero: then crossterm looks at nothing at all.
            while let Ok(true) = event::poll(Duration::from_millis(1)) {
                let Ok(event) = event::read() else { return };
                if pressed.blocking_send(event).is_err() {
                    return;
                }
            }
        }
    })?;
    Ok(keys)
}

/// Waits until there is something to read; false when the other end has hung up.
fn wait_for_input() -> io::Result<bool> {
    let stdin = io::stdin();
    loop {
        let mut polled = [PollFd::new(&stdin, PollFlags::IN)];
        match poll(&mut polled, None) {
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
            Ok(_) => {
                let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
                return Ok(!polled[0].revents().intersects(gone));
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.leave();
        let panics = std::mem::take(&mut *self.panics.lock().unwrap_or_else(PoisonError::into_inner));
        for panic in panics {
            let _ = writeln!(io::stderr(), "flightdeck: in the background {panic}");
        }
    }
}

impl Writer {
    fn start() -> io::Result<Writer> {
        // One picture on its way and one waiting: what is newer replaces nothing, it is drawn when the line is free.
        let (frames, waiting) = sync_channel::<Vec<u8>>(1);
        let (finish, done) = sync_channel(1);
        let broken = Arc::new(AtomicBool::new(false));
        let is_broken = broken.clone();
        let mut out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        std::thread::Builder::new().name("screen".into()).spawn(move || {
            for bytes in waiting {
                if out.write_all(&bytes).is_err() {
                    is_broken.store(true, Ordering::Relaxed);
                    break;
                }
            }
            let _ = finish.send(());
        })?;
        Ok(Writer { frames, done, broken })
    }
}

fn entering() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    queue!(bytes, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    Ok(bytes)
}

/// Everything that was switched on is switched off.
fn leaving() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    queue!(
        bytes,
        EndSynchronizedUpdate,
        crossterm::style::ResetColor,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    )?;
    Ok(bytes)
}

/// Gives the terminal back. Errors do not matter any more: the other end may be gone.
fn give_back() {
    let bytes = leaving().unwrap_or_default();
    let mut out = io::stdout().lock();
    let _ = out.write_all(&bytes);
    let _ = out.flush();
    let _ = crossterm::terminal::disable_raw_mode();
}

/// A panic must not leave the shell in raw mode, and its message must be readable. A panic in another thread is the end of
/// a source, which will turn stale, and not of the program: it must not tear the picture, and is told at the end.
fn install_panic_hook() -> Panics {
    let panics = Panics::default();
    let (kept, owner) = (panics.clone(), std::thread::current().id());
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() == owner {
            give_back();
            usual(panic);
        } else {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(panic.to_string());
        }
    }));
    panics
}

/// tmux hands an escape sequence on when it is wrapped, each ESC doubled.
fn through_tmux(bytes: &[u8]) -> Vec<u8> {
    let mut wrapped = b"\x1bPtmux;".to_vec();
    for byte in bytes {
        if *byte == 0x1b {
            wrapped.push(0x1b);
        }
        wrapped.push(*byte);
    }
    wrapped.extend_from_slice(b"\x1b\\");
    wrapped
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_was_switched_on_is_switched_off() {
        let text = |bytes: std::io::Result<Vec<u8>>| String::from_utf8(bytes.unwrap()).unwrap();
        let (on, off) = (text(super::entering()), text(super::leaving()));
        assert_eq!((on.matches('h').count(), on.matches('l').count()), (2, 1), "{on:?}");
        for (switched, back) in [("?1049h", "?1049l"), ("?2004h", "?2004l"), ("?25l", "?25h")] {
            assert!(on.contains(switched) && off.contains(back), "{on:?} {off:?}");
        }
        assert!(off.starts_with("\x1b[?2026l"), "a picture that was cut short is let through first");
    }

    #[test]
    fn tmux_gets_doubled_escapes() {
        assert_eq!(super::through_tmux(b"\x1b]52;c;YQ==\x07"), b"\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\");
    }
}
