//! The binary in a real terminal: from the first picture to giving the terminal back.

mod clean;
mod life;
mod looks;
mod starting;
