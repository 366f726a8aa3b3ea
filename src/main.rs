//! The binary: everything is in [`unchaff::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    unchaff::cli::main()
}
