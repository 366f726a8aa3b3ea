//! Regular expressions of rules: what they mean, how one is run, and which of many are worth running.
//!
//! Syntax, classes and case are regex-syntax's (`syntax`, `sets`). An `expression` is compiled into
//! steps that a `machine` of our own runs; a `filter` tells of a line which of a language's hundred
//! expressions may match it.

mod closures;
mod compiler;
mod expression;
mod filter;
mod machine;
mod sets;
mod syntax;

pub(super) use expression::Expression;
pub(super) use filter::{Asked, Filter, Sight};
pub(super) use machine::{Machine, Places, Whole};
pub(super) use syntax::{Part, Syntax};
