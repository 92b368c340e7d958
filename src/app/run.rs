//! The one loop: takes what is ready, draws when something changed, never waits for anything but the next event.

use std::io;
use std::time::Duration;

use crossterm::event::{Event as Input, KeyEventKind};
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::panes::ui::Notice;
use crate::theme::Role;

use super::App;
use super::event::{Effect, Event};
use super::hands::Hands;

/// At most thirty pictures a second of what comes by itself.
const FRAME: Duration = Duration::from_millis(33);
/// What was pressed does not wait for such a slot: in a busy cluster it would wait a whole one.
const PRESSED: Duration = Duration::from_millis(8);
/// Events taken before the next look at the clock, so that a flood cannot stop the picture.
const BURST: usize = 512;
/// How long the end waits for writes that are on their way to be recorded.
const LAST_WRITES: Duration = Duration::from_secs(20);
/// How long it waits for what was seen, or not, to be recorded.
const LAST_RECORDS: Duration = Duration::from_secs(3);

/// What the loop paints on.
pub trait Display {
    /// Columns and rows.
    fn size(&self) -> io::Result<Rect>;
    /// Shows a picture; false when it has to be tried again.
    fn present(&mut self, next: &Buffer) -> io::Result<bool>;
    /// Paint whole next time.
    fn forget(&mut self);
    /// Whether the other end is gone.
    fn is_broken(&self) -> bool;
    /// Into the clipboard.
    fn copy(&mut self, text: &str) -> io::Result<()>;
    /// Back to the shell until `fg`.
    fn suspend(&mut self) -> io::Result<()>;
    /// Somebody else had the terminal meanwhile, and may have left it otherwise.
    fn take_back(&mut self) -> io::Result<()>;
}

/// Runs until the operator quits or the terminal goes away: then `input` ends. `start` is called once the first picture is out, so that
/// nothing of it waits for a file or the network.
pub async fn run<D: Display>(
    app: &mut App,
    display: &mut D,
    input: &mut mpsc::Receiver<Input>,
    hands: &mut Hands,
    events: &mut mpsc::Receiver<Event>,
    clock: fn() -> Timestamp,
    start: impl FnOnce(&mut Hands),
) -> io::Result<()> {
    let ended = turns(app, display, input, hands, events, clock, start).await;
    // However it has ended: a line that drops may fail anything above.
    finish(app, hands, events, clock).await;
    ended
}

/// The loop itself, until the operator quits or the terminal goes away.
async fn turns<D: Display>(
    app: &mut App,
    display: &mut D,
    input: &mut mpsc::Receiver<Input>,
    hands: &mut Hands,
    events: &mut mpsc::Receiver<Event>,
    clock: fn() -> Timestamp,
    start: impl FnOnce(&mut Hands),
) -> io::Result<()> {
    let mut area = display.size()?;
    let mut canvas = Canvas::new(area);
    let mut wake = canvas.paint(app, display, clock())?;
    start(hands);

    let mut hang_up = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut resized = signal(SignalKind::window_change())?;
    let mut gone_on = signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?;
    let mut dirty = canvas.is_behind;
    let mut painted = Instant::now();
    let mut spacing = FRAME;
    let mut effects = Vec::new();

    'run: loop {
        if display.is_broken() {
            break;
        }
        let due = match (dirty, wake) {
            (true, _) => Some(painted + spacing),
            (false, Some(at)) => Some(Instant::now() + until(at, clock())),
            (false, None) => None,
        };
        tokio::select! {
            biased;
            _ = hang_up.recv() => break,
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = gone_on.recv() => {
                display.take_back()?;
                area = display.size()?;
                canvas = Canvas::new(area);
                dirty = true;
            }
            _ = resized.recv() => {
                area = display.size()?;
                canvas = Canvas::new(area);
                display.forget();
                dirty = true;
            }
            pressed = input.recv() => match pressed {
                Some(pressed) => {
                    match pressed {
                        Input::Key(key) if key.kind != KeyEventKind::Release => {
                            effects.extend(app.update(Event::Key(key), clock()));
                        }
                        Input::Paste(text) => effects.extend(app.update(Event::Paste(text), clock())),
                        _ => {}
                    }
                    dirty = true;
                    spacing = PRESSED;
                }
                // The terminal is gone: so are we.
                None => break,
            },
            event = events.recv() => {
                let Some(event) = event else { break };
                let now = clock();
                dirty |= take(app, event, now, &mut effects);
                for _ in 1..BURST {
                    let Ok(event) = events.try_recv() else { break };
                    dirty |= take(app, event, now, &mut effects);
                }
            },
            () = sleep_until(due) => {
                if !dirty {
                    effects.extend(app.update(Event::Woken, clock()));
                }
                wake = canvas.paint(app, display, clock())?;
                dirty = canvas.is_behind;
                (painted, spacing) = (Instant::now(), FRAME);
            }
        }
        for effect in effects.drain(..) {
            match effect {
                Effect::Quit => break 'run,
                Effect::Suspend => {
                    display.suspend()?;
                    area = display.size()?;
                    canvas = Canvas::new(area);
                    dirty = true;
                }
                Effect::Redraw => {
                    display.forget();
                    dirty = true;
                }
                Effect::Copy(text) => display.copy(&text)?,
                other => hands.do_it(other),
            }
        }
        // Shown at once where nothing was just before.
        if dirty && Instant::now() >= painted + spacing {
            wake = canvas.paint(app, display, clock())?;
            dirty = canvas.is_behind;
            (painted, spacing) = (Instant::now(), FRAME);
        }
    }
    if app.works.iter().any(|work| work.is_sending()) && !display.is_broken() {
        let text = format!("quitting: waiting up to {} s for the answer to a write", LAST_WRITES.as_secs());
        app.ui.notice = Some(Notice { text, role: Role::Attention, until: None });
        canvas.paint(app, display, clock())?;
    }
    Ok(())
}

/// Waits until every write on its way is recorded, and that nobody saw the effects of others.
async fn finish(app: &mut App, hands: &mut Hands, events: &mut mpsc::Receiver<Event>, clock: fn() -> Timestamp) {
    let deadline = Instant::now() + LAST_WRITES;
    while app.works.iter().any(|work| work.is_sending()) {
        match tokio::time::timeout_at(deadline, events.recv()).await {
            Ok(Some(event)) => record(app.update(event, clock()), hands),
            Ok(None) | Err(_) => break,
        }
    }
    record(app.last_words(clock()), hands);
    // A disk that hangs must not keep us.
    let _ = tokio::time::timeout(LAST_RECORDS, hands.recorded()).await;
}

/// Of what is asked for, what goes into the journal: nothing else matters any more.
fn record(effects: Vec<Effect>, hands: &mut Hands) {
    let is_record = |effect: &Effect| matches!(effect, Effect::Verified { .. } | Effect::Refused { .. });
    effects.into_iter().filter(is_record).for_each(|effect| hands.do_it(effect));
}

/// Hands an event to the app; true when the picture may have changed.
fn take(app: &mut App, event: Event, now: Timestamp, effects: &mut Vec<Effect>) -> bool {
    let silent = matches!(&event, Event::Report(report) if app.is_silent(report, now));
    effects.extend(app.update(event, now));
    !silent || !effects.is_empty()
}

/// The buffer that is drawn into, again and again.
struct Canvas {
    buffer: Buffer,
    /// The display did not take the last picture.
    is_behind: bool,
}

impl Canvas {
    fn new(area: Rect) -> Self {
        Canvas { buffer: Buffer::empty(area), is_behind: false }
    }

    fn paint<D: Display>(&mut self, app: &mut App, display: &mut D, now: Timestamp) -> io::Result<Option<Timestamp>> {
        self.buffer.reset();
        let area = self.buffer.area;
        let wake = app.draw(area, &mut self.buffer, now);
        self.is_behind = !display.present(&self.buffer)?;
        Ok(wake)
    }
}

fn until(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(now)).unwrap_or_default()
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
