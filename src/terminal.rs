//! The terminal: taken over, painted cell by cell, and given back whatever happens.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
};
use crossterm::{cursor, queue};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

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
}

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
        install_panic_hook();
        crossterm::terminal::enable_raw_mode()?;
        Ok(Terminal { writer: Some(Writer::start()?), opening: entering()?, shown: None })
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
        CrosstermBackend::new(&mut bytes).draw(changes.into_iter())?;
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
        crossterm::terminal::enable_raw_mode()?;
        self.writer = Some(Writer::start()?);
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
        give_back();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.leave();
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

/// Everything that was switched on is switched off. Errors do not matter any more: the other end may be gone.
fn give_back() {
    let mut bytes = Vec::new();
    let _ = queue!(
        bytes,
        EndSynchronizedUpdate,
        crossterm::style::ResetColor,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let mut out = io::stdout().lock();
    let _ = out.write_all(&bytes);
    let _ = out.flush();
    let _ = crossterm::terminal::disable_raw_mode();
}

/// A panic must not leave the shell in raw mode, and its message must be readable.
fn install_panic_hook() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            usual(panic);
        }));
    });
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
    fn tmux_gets_doubled_escapes() {
        assert_eq!(super::through_tmux(b"\x1b]52;c;YQ==\x07"), b"\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\");
    }
}
