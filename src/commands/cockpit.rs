//! `flightdeck`: the cockpit on one or more clusters.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::sync::mpsc;

use crate::app::hands::{Hands, Tools};
use crate::app::run::{self, Display};
use crate::app::{App, Settings};
use crate::cli::Common;
use crate::sources::cluster::{self, Address};
use crate::sources::prometheus::Prometheus;
use crate::terminal::{self, Terminal};
use crate::writers::audit::Journal;

use super::settle::{self, Settled};
use super::{clock, fail, wait};

/// What stands for a context in the header when the kubeconfig yields none.
const NO_CONTEXT: &str = "no context";
/// Events that may wait for the loop.
const EVENTS: usize = 1024;

/// Opens the cockpit on the contexts of the kubeconfig.
pub fn run(common: &Common) -> ExitCode {
    let settled = settle::settle(common, clock());
    let contexts = cluster::read_kubeconfig(common.kubeconfig.as_deref()).and_then(|kubeconfig| {
        let names = cluster::contexts(&kubeconfig, &common.context)?;
        Ok(names.into_iter().map(|name| (name.into(), Address::Kubeconfig(Box::new(kubeconfig.clone())))).collect())
    });
    let contexts: Vec<(Arc<str>, Address)> = match contexts {
        Ok(contexts) => contexts,
        // A living screen that says why it is empty beats a line in a shell.
        Err(failure) => vec![(Arc::from(NO_CONTEXT), Address::Unusable(failure))],
    };
    wait(open(settled, Cockpit { contexts, faults: None, fault_names: Vec::new(), world: "" }))
}

/// What the cockpit looks at.
pub struct Cockpit {
    pub contexts: Vec<(Arc<str>, Address)>,
    /// Plays faults of the simulated world.
    pub faults: Option<mpsc::UnboundedSender<String>>,
    /// Their names and help.
    pub fault_names: Vec<(String, String)>,
    pub world: &'static str,
}

// The terminal knows nothing of the app, and the app nothing of the terminal: here they meet.
impl Display for Terminal {
    fn size(&self) -> io::Result<Rect> {
        Terminal::size(self)
    }

    fn present(&mut self, next: &Buffer) -> io::Result<bool> {
        Terminal::present(self, next)
    }

    fn forget(&mut self) {
        Terminal::forget(self);
    }

    fn is_broken(&self) -> bool {
        Terminal::is_broken(self)
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        Terminal::copy(self, text)
    }

    fn suspend(&mut self) -> io::Result<()> {
        Terminal::suspend(self)
    }

    fn take_back(&mut self) -> io::Result<()> {
        Terminal::take_back(self)
    }
}

/// Takes the terminal over and runs until the operator quits.
pub async fn open(settled: Settled, cockpit: Cockpit) -> ExitCode {
    let settings = Settings {
        repository: settled.github.as_ref().map(|github| settled.context(&github.repository.to_string())),
        // What stands for none is no context that anything could be done in.
        contexts: cockpit
            .contexts
            .iter()
            .filter(|(_, address)| !matches!(address, Address::Unusable(_)))
            .map(|(name, _)| settled.context(name))
            .collect(),
        keymap: settled.keymap,
        theme: settled.theme,
        glyphs: settled.glyphs,
        verify_timeout: settled.verify_timeout,
        faults: cockpit.fault_names,
        world: cockpit.world,
    };
    let mut app = App::new(settings);
    app.warn(settled.complaints);
    let (events, mut inbox) = mpsc::channel(EVENTS);
    let tools = Tools {
        contexts: cockpit.contexts,
        namespace: settled.namespace,
        prometheus: Arc::new(Prometheus::new(settled.prometheus)),
        github: settled.github,
        flags: settled.flags,
        journal: Journal::new(&settled.state, settle::who()),
        faults: cockpit.faults,
        exports: settled.state,
        clock,
    };
    let mut hands = Hands::new(tools, events);
    let mut terminal = match Terminal::enter() {
        Ok(terminal) => terminal,
        Err(error) => return fail(2, format_args!("cannot take the terminal over: {error}")),
    };
    let mut input = match terminal::listen() {
        Ok(input) => input,
        Err(error) => return fail(3, format_args!("cannot listen to the keyboard: {error}")),
    };
    let ended = run::run(&mut app, &mut terminal, &mut input, &mut hands, &mut inbox, clock, Hands::start).await;
    drop(terminal);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(3, format_args!("the terminal failed: {error}")),
    }
}
