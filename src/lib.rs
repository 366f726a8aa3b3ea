//! unchaff
#![warn(clippy::print_stdout)]

pub mod block;
pub mod document;
pub mod error;
pub mod hash;
pub mod normalize;
pub mod segment;
pub mod words;
