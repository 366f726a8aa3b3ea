//! unchaff
#![warn(clippy::print_stdout)]

pub mod block;
pub mod boilerplate;
pub mod change;
pub mod config;
pub mod dates;
pub mod document;
pub mod engine;
pub mod error;
pub mod hash;
pub mod input;
pub mod normalize;
pub mod offsets;
pub mod output;
pub mod passages;
pub mod pipeline;
pub mod report;
pub mod segment;
pub mod spill;
pub mod train;
pub mod verdict;
pub mod words;

#[cfg(feature = "cli")]
pub mod cli;
