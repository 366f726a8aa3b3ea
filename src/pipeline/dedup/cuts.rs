//! Copies inside a document become verdicts, and go as boilerplate does: as changes with their reason.

use std::collections::HashMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::block::Block;
use crate::document::Document;
use crate::normalize::Edits;
use crate::sentences::sentences;
use crate::verdict::{Category, Cut, Reason, Verdict};
use crate::words::Word;

use super::matching_words;
use crate::pipeline::clean::{Cleaned, Cleaner};

/// What becomes of documents that are not written as they are cleaned, by their number in the corpus.
pub(crate) type Fates = HashMap<u64, Fate>;

/// What becomes of a document.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Fate {
    /// It is left out.
    Drop,
    /// These stretches are cut out of it, as far as they are whole sentences.
    Cut(Vec<Stretch>),
}

/// A stretch of a document's matching words that another document keeps.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stretch {
    /// Word indices.
    pub(super) words: Range<u32>,
    /// What found it: the name of a rule.
    pub(super) rule: String,
    /// Where it stays.
    pub(super) evidence: String,
}

impl Stretch {
    fn reason(&self) -> Reason {
        Reason {
            rule: Some(self.rule.clone()),
            evidence: vec![self.evidence.clone()],
            vetoes: Vec::new(),
            score: 1.0,
        }
    }
}

impl Cleaner<'_> {
    /// A cleaned document without some stretches of its words.
    pub(crate) fn without(
        &self,
        document: &Document,
        cleaned: Cleaned,
        stretches: &[Stretch],
    ) -> Cleaned {
        let list = matching_words(document, &cleaned);
        let mut owners = vec![None; list.len()];
        for stretch in stretches {
            let range = stretch.words.start as usize..(stretch.words.end as usize).min(list.len());
            owners.get_mut(range).into_iter().flatten().for_each(|owner| *owner = Some(stretch));
        }
        let page = Page { text: &document.text, words: &list, owners: &owners };
        let Cleaned { blocks, normalised, mut judgement, .. } = cleaned;
        for ((block, edits), verdict) in blocks.iter().zip(&normalised).zip(&mut judgement.verdicts)
        {
            if let Some(changed) = page.judge(block, edits.as_ref(), verdict) {
                *verdict = changed;
            }
        }
        self.assemble(document, blocks, normalised, judgement)
    }
}

/// A document while stretches are cut out of it.
struct Page<'p> {
    text: &'p str,
    words: &'p [Word],
    /// For each word the stretch that takes it.
    owners: &'p [Option<&'p Stretch>],
}

impl<'p> Page<'p> {
    /// The verdict on a block that a stretch takes something of.
    fn judge(&self, block: &Block, edits: Option<&Edits>, verdict: &Verdict) -> Option<Verdict> {
        if let Some(stretch) = self.taken(&block.range) {
            return Some(Verdict::Remove(Category::DuplicateLine, stretch.reason()));
        }
        let body = block.text(self.text);
        let body = edits.map_or_else(|| body.to_owned(), |edits| edits.apply(body));
        let mut cuts: Vec<Cut> = Vec::new();
        for sentence in sentences(&body) {
            let original =
                edits.map_or_else(|| sentence.clone(), |e| e.to_original(sentence.clone()));
            let original = block.body.start + original.start..block.body.start + original.end;
            let Some(stretch) = self.taken(&original) else { continue };
            match cuts.last_mut() {
                Some(last) if last.range.end == sentence.start => last.range.end = sentence.end,
                _ => cuts.push(Cut {
                    range: sentence,
                    category: Category::DuplicateLine,
                    reason: stretch.reason(),
                }),
            }
        }
        let earlier = if let Verdict::Cut(cuts) = verdict { cuts.as_slice() } else { &[] };
        (!cuts.is_empty()).then(|| Verdict::Cut(beside(cuts, earlier)))
    }

    /// The stretch that takes the first of some bytes' words, where stretches take them all.
    fn taken(&self, bytes: &Range<usize>) -> Option<&'p Stretch> {
        let start = self.words.partition_point(|word| (word.start as usize) < bytes.start);
        let end = self.words.partition_point(|word| (word.start as usize) < bytes.end);
        let owners = &self.owners[start..end.max(start)];
        if owners.iter().all(Option::is_some) { owners.first().copied().flatten() } else { None }
    }
}

/// Cuts and the earlier ones, which keep their own reasons, sorted and disjoint.
fn beside(cuts: Vec<Cut>, earlier: &[Cut]) -> Vec<Cut> {
    let mut all = earlier.to_vec();
    for cut in cuts {
        let mut from = cut.range.start;
        for other in earlier
            .iter()
            .filter(|other| other.range.start < cut.range.end && cut.range.start < other.range.end)
        {
            if from < other.range.start {
                all.push(Cut { range: from..other.range.start, ..cut.clone() });
            }
            from = from.max(other.range.end);
        }
        if from < cut.range.end {
            all.push(Cut { range: from..cut.range.end, ..cut });
        }
    }
    all.sort_by_key(|cut| cut.range.start);
    all
}
