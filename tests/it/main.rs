//! One binary for all integration tests, so that it is linked once.

#![allow(clippy::unwrap_used)] // Clippy takes the helpers of a test for no tests.
#![allow(clippy::format_collect, clippy::format_push_string)] // plain, and fast enough for a test

mod cleaning;
mod common;
mod dedup;
mod flags;
mod formats;
mod fuzz;
mod gold;
mod guarantees;
mod hostile;
mod input;
mod interrupted;
mod labelled;
mod model;
mod modes;
mod oracle;
mod passages;
mod profiles;
mod report;
mod rules;
mod sharing;
mod snapshots;
mod streams;
mod words_reference;
