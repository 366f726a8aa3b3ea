//! `unchaff report`: the page again, from what a run wrote.

use std::io::{self, Write};

use crate::engine::Threads;
use crate::report::{PAGE_FILE, manifest, page};

use super::DONE;
use super::args::ReportArgs;

pub(super) fn report(args: &ReportArgs) -> anyhow::Result<u8> {
    page::write(&args.out, Threads::default())?;
    manifest::renew(&args.out, PAGE_FILE)?;
    writeln!(io::stdout(), "{}", args.out.join(PAGE_FILE).display())?;
    Ok(DONE)
}
