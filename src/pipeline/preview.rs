//! The dry run: everything is judged and nothing written.

use crate::error::Result;
use crate::report::preview::Preview;

use super::prepared::Kept;
use super::{Cleaner, Progress};
use crate::engine::Threads;

/// What cleaning a corpus, of which some may have been read already, would take from it, and how many
/// records could not be read.
pub fn preview(
    cleaner: &Cleaner<'_>,
    threads: Threads,
    kept: Kept,
    progress: &dyn Progress,
) -> Result<(Preview, u64)> {
    let mut all = Preview::default();
    let rejects = cleaner.gather(
        "clean",
        threads,
        kept,
        progress,
        |document, cleaned, preview: &mut Preview| preview.add(document, &cleaned.edits),
        |preview| {
            all.merge(preview);
            Ok(())
        },
    )?;
    Ok((all, rejects))
}
