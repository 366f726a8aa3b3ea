//! `unchaff verify`: undo what was changed and compare with the input.

use super::args::VerifyArgs;
use super::{DONE, FAILED};
use crate::error::Error;
use crate::input::discover;
use crate::pipeline::verify::verify as compare;

/// Mismatches told one by one; the rest is counted.
const SHOWN: usize = 10;

pub(super) fn verify(args: &VerifyArgs) -> anyhow::Result<u8> {
    let settings = args.settings()?;
    let clean = args.out.join("clean");
    if !clean.is_dir() {
        let what =
            format!("{}: no such folder; verify reads what run or clean -o wrote", clean.display());
        return Err(Error::config(what).into());
    }
    let corpus = discover(&settings.inputs, &settings.input)?;
    let found = compare(&corpus, &args.out, &settings.input)?;
    for mismatch in found.mismatches.iter().take(SHOWN) {
        anstream::println!("{}, record {}: {}", mismatch.file, mismatch.record, mismatch.what);
    }
    anstream::println!(
        "{} documents compared, {} changes undone, {} do not give the original",
        found.documents,
        found.changes,
        found.mismatches.len()
    );
    Ok(if found.mismatches.is_empty() { DONE } else { FAILED })
}
