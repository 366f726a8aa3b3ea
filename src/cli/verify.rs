//! `unchaff verify`: undo what was changed and compare with the input.

use std::io::Write;

use super::args::VerifyArgs;
use super::{DONE, FAILED};
use crate::error::Error;
use crate::input::discover;
use crate::pipeline::verify::{Mismatch, verify as compare};
use crate::report::{CLEAN_FOLDER, SUMMARY_FILE};

/// Mismatches told one by one; the rest is counted.
const SHOWN: usize = 10;

pub(super) fn verify(args: &VerifyArgs) -> anyhow::Result<u8> {
    let settings = args.settings()?;
    let clean = args.out.join(CLEAN_FOLDER);
    // Where every record was set aside there is a summary, and nothing else.
    if !clean.is_dir() && !args.out.join(SUMMARY_FILE).is_file() {
        let what =
            format!("{}: no such folder; verify reads what run or clean -o wrote", clean.display());
        return Err(Error::config(what).into());
    }
    let corpus = discover(&settings.inputs, &settings.input)?;
    let found = compare(&corpus, &args.out)?;
    let mut out = anstream::stdout().lock();
    for mismatch in found.mismatches.iter().take(SHOWN) {
        let Mismatch { file, record, what } = mismatch;
        writeln!(out, "{file}, record {record}: {what}")?;
    }
    writeln!(
        out,
        "{} documents compared, {} changes undone, {} do not give the original",
        found.documents,
        found.changes,
        found.mismatches.len()
    )?;
    if found.dropped > 0 {
        writeln!(out, "{} duplicates were left out", found.dropped)?;
    }
    Ok(if found.mismatches.is_empty() { DONE } else { FAILED })
}
