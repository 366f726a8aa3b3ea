//! The binary: everything is in [`unchaff::cli`].
fn main() {}
