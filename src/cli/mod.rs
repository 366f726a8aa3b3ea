//! The command line: one file a command, and the only place that prints.

mod args;
mod clean;
mod dedup;
mod explain;
mod learn;
mod passages;
mod progress;
mod report;
mod rules;
mod run;
mod terminal;
mod train;
mod verify;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::error::Error;
use crate::panics;
use args::{Args, Command};

/// Done.
const DONE: u8 = 0;
/// The run failed.
const FAILED: u8 = 1;
/// Bad usage or configuration.
const USAGE: u8 = 2;
/// Done, but records were rejected.
const REJECTS: u8 = 3;

/// Parses the arguments, does what they say and tells how it ended.
pub fn main() -> ExitCode {
    let args = Args::parse();
    panics::hush();
    let code = match dispatch(args.command) {
        Ok(code) => code,
        Err(error) => failure(&error),
    };
    ExitCode::from(code)
}

fn dispatch(command: Command) -> anyhow::Result<u8> {
    match command {
        Command::Run(args) => run::run(&args),
        Command::Clean(args) => clean::clean(&args),
        Command::Passages(args) => passages::passages(&args),
        Command::Dedup(args) => dedup::dedup(&args),
        Command::Learn(args) => learn::learn(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Report(args) => report::report(&args),
        Command::Verify(args) => verify::verify(&args),
        Command::Rules(args) => rules::rules(&args),
        Command::Train(args) => train::train(&args),
        Command::Completions { shell } => {
            // Into memory first: it panics where the reader hangs up.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "unchaff", &mut script);
            io::stdout().write_all(&script)?;
            Ok(DONE)
        }
        Command::Man => {
            clap_mangen::Man::new(Args::command()).render(&mut io::stdout())?;
            Ok(DONE)
        }
    }
}

/// Says what went wrong, once. A reader that hung up wants no more, and that is no failure.
fn failure(error: &anyhow::Error) -> u8 {
    let hung_up = |e: &io::Error| e.kind() == io::ErrorKind::BrokenPipe;
    let io = error.downcast_ref::<io::Error>();
    if io.is_some_and(hung_up) {
        return DONE;
    }
    let mark = if io::stderr().is_terminal() { "\u{1b}[1;31merror:\u{1b}[0m" } else { "error:" };
    // Where standard error is closed, the exit code is all that can be said.
    let _ = writeln!(anstream::stderr(), "{mark} {error:#}");
    match error.downcast_ref::<Error>() {
        Some(Error::Config(_)) => USAGE,
        _ => FAILED,
    }
}

/// How a run ends that may have rejected records.
fn ending(rejects: u64, allowed: bool) -> u8 {
    if rejects > 0 && !allowed { REJECTS } else { DONE }
}
