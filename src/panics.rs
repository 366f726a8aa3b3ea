//! Panics of other people's code, which hostile input may cause: caught, and told once.
//!
//! Libraries promise errors. Where one panics all the same, the file or the page is a reject, and what the
//! runtime would write to standard error besides is noise to whoever reads the summary.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// How many calls of [`caught`] this thread is inside of.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Runs something; none if it panicked.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    DEPTH.set(DEPTH.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(work));
    DEPTH.set(DEPTH.get() - 1);
    result.ok()
}

/// From now on the process says nothing of panics that are caught here. It is for the binary: a
/// library does not touch its process.
#[cfg(feature = "cli")]
pub(crate) fn hush() {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if DEPTH.get() == 0 {
            told(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_and_the_next_call_is_none_the_worse() {
        assert_eq!(caught(|| caught(|| -> u32 { panic!("as a library may") })), Some(None));
        assert_eq!(DEPTH.get(), 0);
        assert_eq!(caught(|| 1), Some(1));
    }
}
