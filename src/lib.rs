//! unchaff
#![warn(clippy::print_stdout)]

pub mod block;
pub mod document;
pub mod engine;
pub mod error;
pub mod hash;
pub mod offsets;
pub mod verdict;
pub mod words;
