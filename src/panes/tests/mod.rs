//! Whole screens, as a person would see them.

pub mod night;
pub mod picture;
mod safety;
mod screens;
mod shop;
