//! What a survey has read, kept for the pass behind it: documents and their lines.
//!
//! Reading a record and cutting it into lines is a tenth of what cleaning costs, and a survey does both.
//! So the beginning of the corpus is kept, as far as there is room; behind it the files are read again.

use crate::block::Block;
use crate::error::Reject;
use crate::input::{Chunk, Corpus, Parsed};
use crate::lines::{Keys, Lines};
use crate::normalize::Edits;
use crate::spill::Scratch;

use super::work::{Entry, Start};

/// A record as a document with its lines, or why it is none.
type Read<L> = Result<(Parsed, L), Reject>;

/// A chunk, and its documents where they are known already.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) chunk: Chunk,
    pub(super) documents: Documents,
}

/// The documents of a chunk, where they are known.
#[derive(Debug)]
pub(super) struct Documents(Option<Vec<(usize, Read<Lines>)>>);

impl Documents {
    /// What [`Chunk::documents`] gives of the chunk they are of, with the lines where these are known.
    pub(super) fn of<'c>(
        self,
        chunk: &'c Chunk,
        corpus: &'c Corpus,
    ) -> Box<dyn Iterator<Item = (usize, Read<Option<Lines>>)> + 'c> {
        let known = |(parsed, lines)| (parsed, Some(lines));
        if let Some(all) = self.0 {
            return Box::new(all.into_iter().map(move |(i, read)| (i, read.map(known))));
        }
        let all = chunk.documents(corpus);
        Box::new(all.map(|(i, parsed)| (i, parsed.map(|parsed| (parsed, None)))))
    }
}

impl Prepared {
    /// A chunk that nobody has looked into.
    fn unread(chunk: Chunk) -> Self {
        Self { chunk, documents: Documents(None) }
    }

    /// A chunk that is read now; each document is shown to `look`.
    pub(super) fn new(
        chunk: Chunk,
        corpus: &Corpus,
        mut look: impl FnMut(&Parsed, &mut Lines),
    ) -> Self {
        let read = |(i, parsed): (usize, Result<Parsed, Reject>)| {
            let read = parsed.map(|parsed| {
                let mut lines = Lines::of(&parsed.document.text);
                look(&parsed, &mut lines);
                (parsed, lines)
            });
            (i, read)
        };
        let all = chunk.documents(corpus).map(read).collect();
        Self { chunk, documents: Documents(Some(all)) }
    }

    /// About how many bytes of memory it takes.
    fn size(&self) -> u64 {
        let of_line = size_of::<Block>() + size_of::<Option<Edits>>() + size_of::<Keys>();
        let document = |(_, read): &(usize, Read<Lines>)| match read {
            Ok((parsed, lines)) => {
                size_of::<Parsed>() + parsed.document.text.capacity() + of_line * lines.blocks.len()
            }
            Err(_) => size_of::<Reject>(),
        };
        let documents: usize = self.documents.0.iter().flatten().map(document).sum();
        (self.chunk.data.capacity() + documents) as u64
    }
}

/// More bytes are not kept, however much memory there is: it is small corpora that are cleaned again and
/// again.
const MOST: u64 = 256 << 20;

/// What was read of a corpus already, from its beginning: none of it by default.
#[derive(Debug, Default)]
pub struct Kept {
    chunks: Vec<Prepared>,
    /// Bytes of memory that are left.
    room: u64,
}

impl Kept {
    /// None yet, and room for them in so much memory.
    pub(super) fn within(scratch: &Scratch) -> Self {
        Self { chunks: Vec::new(), room: (scratch.memory() / 8).min(MOST) }
    }

    /// Keeps the next chunk if there is room for it, and then for the one behind it; says whether there
    /// was.
    pub(super) fn push(&mut self, next: Prepared) -> bool {
        let left = self.room.checked_sub(next.size());
        self.room = left.unwrap_or(0);
        if left.is_some() {
            self.chunks.push(next);
        }
        left.is_some()
    }

    /// The corpus from some place on: what was kept, and the rest as it is read.
    pub(super) fn and_rest(
        self,
        corpus: &Corpus,
        start: Start,
    ) -> impl Iterator<Item = Prepared> + Send {
        let kept = if start == Start::default() { self.chunks } else { Vec::new() };
        let entries: Vec<Entry> = kept.iter().map(|kept| Entry::of(&kept.chunk)).collect();
        let rest = if entries.is_empty() { start } else { Start::behind(&entries) };
        let rest = corpus.read_from(rest.shard, rest.records).skip(rest.chunks as usize);
        kept.into_iter().chain(rest.map(Prepared::unread))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::input::{InputOptions, discover};

    /// However much is kept, the chunks and their documents are those of the corpus.
    #[test]
    fn what_was_kept_and_the_rest_are_the_corpus() {
        let folder = tempfile::tempdir().unwrap();
        for (name, lines) in [("a", 3), ("b", 0), ("c", 1), ("d", 2)] {
            let text = "The ferry was late again. ".repeat(30_000);
            let line = |n| format!("{{\"id\":\"{name}{n}\",\"text\":\"{text}\"}}\n");
            let lines: String = (0..lines).map(line).collect();
            fs::write(folder.path().join(format!("{name}.jsonl")), lines).unwrap();
        }
        let inputs = [folder.path().to_str().unwrap().to_owned()];
        let corpus = discover(&inputs, &InputOptions::default()).unwrap();
        let read = |all: &mut dyn Iterator<Item = Prepared>| -> Vec<_> {
            all.map(|Prepared { chunk, documents }| {
                let all = documents.of(&chunk, &corpus).map(|(i, read)| (i, read.unwrap().0));
                let all: Vec<_> = all.collect();
                (chunk, all)
            })
            .collect()
        };
        let whole = read(&mut Kept::default().and_rest(&corpus, Start::default()));
        assert_eq!(whole.iter().filter(|(chunk, _)| chunk.last).count(), corpus.shards.len());
        for most in 0..=whole.len() {
            let mut kept = Kept::within(&Scratch::unlimited());
            for chunk in corpus.read().take(most) {
                assert!(kept.push(Prepared::new(chunk, &corpus, |_, _| {})));
            }
            assert_eq!(read(&mut kept.and_rest(&corpus, Start::default())), whole, "{most}");
        }
    }

    #[test]
    fn what_has_no_room_is_not_kept() {
        let chunk = Chunk { data: vec![0; 2000], ..Chunk::default() };
        let mut kept = Kept { chunks: Vec::new(), room: 5000 };
        let pushed: Vec<bool> =
            (0..3).map(|_| kept.push(Prepared::unread(chunk.clone()))).collect();
        assert_eq!((pushed, kept.chunks.len()), (vec![true, true, false], 2));
    }
}
