//! The words of the corpus, as keys, document after document.

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;

use super::numbers::Numbers;
use super::parties::{Corpus, Parties};
use super::{Occurrence, too_large};
use crate::error::Result;
use crate::spill::{Scratch, Tape};

/// Every document's word keys and outlet, append-only, in memory or on disk.
///
/// A key is [`crate::words::WordKey`]'s number: a 64-bit hash of the matching form whose lowest bit
/// says that the word is one character of a script written without spaces. While there is room keys
/// are kept as they are. Then they are packed, and a word takes about two bytes: the words met first,
/// which the common ones are among, have numbers. Twelve bytes a document stay in memory.
#[derive(Debug)]
pub struct WordStore {
    /// The words of every document, until they are packed.
    plain: Option<Plain>,
    tape: Tape,
    /// Where each document begins on the tape.
    starts: Vec<u64>,
    outlets: Vec<u32>,
    /// So many documents, the first, are of another corpus.
    other: Option<u32>,
    words: u64,
    book: Codebook,
    encoded: Vec<u8>,
}

/// Words as they are.
#[derive(Debug, Default)]
struct Plain {
    documents: Vec<Box<[u64]>>,
    /// The most bytes that words may take here.
    most: u64,
}

impl Default for WordStore {
    fn default() -> Self {
        Self::new()
    }
}

impl WordStore {
    /// An empty store in memory.
    pub fn new() -> Self {
        Self::within(&Scratch::unlimited())
    }

    /// An empty store that may take so much memory.
    pub fn within(scratch: &Scratch) -> Self {
        Self {
            plain: Some(Plain { documents: Vec::new(), most: scratch.memory() / 2 }),
            tape: Tape::new(scratch),
            starts: Vec::new(),
            outlets: Vec::new(),
            other: None,
            words: 0,
            book: Codebook::within(scratch.memory()),
            encoded: Vec::new(),
        }
    }

    /// Appends a document. Outlets are small numbers given out by the caller.
    ///
    /// Fails where a temporary file cannot be written, and beyond 2^32 documents or 2^30 words in one.
    pub fn push(&mut self, outlet: u32, words: impl Into<Box<[u64]>>) -> Result<()> {
        let words = words.into();
        if words.len() >= MOST_WORDS as usize {
            return Err(too_large("words in one document", words.len() as u64));
        }
        if self.outlets.len() >= u32::MAX as usize {
            return Err(too_large("documents", self.outlets.len() as u64));
        }
        self.outlets.push(outlet);
        self.words += words.len() as u64;
        let bytes = self.words.saturating_mul(size_of::<u64>() as u64);
        if let Some(plain) = self.plain.as_mut().filter(|plain| bytes <= plain.most) {
            plain.documents.push(words);
            return Ok(());
        }
        let documents = self.plain.take().unwrap_or_default().documents;
        documents.into_iter().try_for_each(|words| self.pack(&words))?;
        self.pack(&words)
    }

    fn pack(&mut self, words: &[u64]) -> Result<()> {
        self.encoded.clear();
        for &word in words {
            self.book.encode(word, &mut self.encoded);
        }
        self.starts.push(self.tape.append(&self.encoded)?);
        Ok(())
    }

    /// The documents until now are another corpus, and what is shared is what it and the rest have.
    pub fn end_other_corpus(&mut self) {
        self.other = Some(self.len() as u32);
    }

    /// Who has what stands in a document.
    pub(crate) fn party(&self, doc: u32) -> Parties {
        let corpus = |others| if doc < others { Corpus::Other } else { Corpus::This };
        Parties::new(self.outlet(doc), self.other.map(corpus))
    }

    /// Whether documents share what they all have. Mostly the first two tell.
    pub(crate) fn share(&self, mut docs: impl Iterator<Item = u32>) -> bool {
        let mut parties = Parties::NONE;
        docs.any(|doc| {
            parties = parties.and(self.party(doc));
            parties.share()
        })
    }

    /// Number of documents.
    pub fn len(&self) -> usize {
        self.outlets.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.outlets.is_empty()
    }

    /// Number of words of all documents.
    pub fn total_words(&self) -> u64 {
        self.words
    }

    /// The outlet of one document.
    pub fn outlet(&self, doc: u32) -> u32 {
        self.outlets[doc as usize]
    }

    /// The words of one document, in order.
    pub fn words(&self, doc: u32) -> Result<Cow<'_, [u64]>> {
        if let Some(words) = self.plain(doc) {
            return Ok(words.into());
        }
        Ok(self.reader(Reading::Anywhere).words(doc)?.to_vec().into())
    }

    /// Adds the words of all documents to something, side by side in the caller's pool, and merges what
    /// they were added to. No order is kept.
    pub fn fold<T: Send>(
        &self,
        begin: impl Fn() -> T + Sync + Send,
        add: impl Fn(&mut T, &[u64]) + Sync + Send,
        merge: impl Fn(T, T) -> T + Sync + Send,
    ) -> Result<T> {
        let all = self.stints(STINT).into_par_iter().try_fold(&begin, |mut sum, mut docs| {
            let mut reader = self.reader(Reading::Ahead);
            docs.try_for_each(|doc| {
                add(&mut sum, reader.words(doc)?);
                Ok(())
            })?;
            Ok(sum)
        });
        all.try_reduce_with(|one, other| Ok(merge(one, other))).unwrap_or_else(|| Ok(begin()))
    }

    /// The words of an occurrence.
    pub(crate) fn stretch(&self, at: Occurrence) -> Result<Cow<'_, [u64]>> {
        if let Some(words) = self.plain(at.doc) {
            return Ok(words[at.start as usize..at.end as usize].into());
        }
        Ok(self.reader(Reading::Anywhere).excerpt(at, 0)?.words.to_vec().into())
    }

    /// A reader of many documents.
    pub(crate) fn reader(&self, reading: Reading) -> Reader<'_> {
        let ahead = if reading == Reading::Ahead { AHEAD } else { 0 };
        let bytes = Bytes { ahead, at: 0, read: Vec::new() };
        Reader { store: self, bytes, words: Vec::new(), doc: None }
    }

    /// The words of a document that are not packed.
    fn plain(&self, doc: u32) -> Option<&[u64]> {
        self.plain.as_ref().map(|plain| &*plain.documents[doc as usize])
    }

    /// The bytes that a document takes packed, or about would.
    fn packed_bytes(&self, doc: u32) -> u64 {
        let packed = || self.place(doc).end - self.place(doc).start;
        self.plain(doc).map_or_else(packed, |words| 2 * words.len() as u64)
    }

    /// Where a document stands on the tape.
    fn place(&self, doc: u32) -> Range<u64> {
        let end = self.starts.get(doc as usize + 1).copied().unwrap_or(self.tape.len());
        self.starts[doc as usize]..end
    }

    /// Ranges of documents of about `bytes` bytes each, in order: the units of parallel work.
    pub(crate) fn stints(&self, bytes: u64) -> Vec<Range<u32>> {
        let mut stints = Vec::new();
        let (mut first, mut taken) = (0, 0);
        for doc in 0..self.len() as u32 {
            taken += self.packed_bytes(doc);
            if taken >= bytes || doc + 1 == self.len() as u32 {
                stints.push(first..doc + 1);
                (first, taken) = (doc + 1, 0);
            }
        }
        stints
    }
}

/// A document has fewer words.
const MOST_WORDS: u32 = 1 << 30;

/// Which documents will be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Mostly the next ones.
    Ahead,
    /// Any.
    Anywhere,
}

/// Bytes of documents that one worker takes on at a time.
pub(crate) const STINT: u64 = 1 << 21;

/// Bytes read at a time by who reads on.
const AHEAD: u64 = 1 << 17;

/// Reads documents of a store.
#[derive(Debug)]
pub(crate) struct Reader<'s> {
    store: &'s WordStore,
    bytes: Bytes,
    words: Vec<u64>,
    doc: Option<u32>,
}

/// What was read of a tape.
#[derive(Debug)]
struct Bytes {
    ahead: u64,
    /// Where they stand on the tape.
    at: u64,
    read: Vec<u8>,
}

impl Bytes {
    /// A range of the tape.
    fn get<'b>(&'b mut self, tape: &'b Tape, range: Range<u64>) -> Result<&'b [u8]> {
        if let Some(held) = tape.held(range.clone()) {
            return Ok(held);
        }
        if range.start < self.at || self.at + (self.read.len() as u64) < range.end {
            let end = range.end.max(range.start + self.ahead).min(tape.len());
            tape.read_range(range.start..end, &mut self.read)?;
            self.at = range.start;
        }
        Ok(&self.read[(range.start - self.at) as usize..(range.end - self.at) as usize])
    }
}

/// Words of a document that follow one another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Excerpt<'r> {
    /// Where in the document the first one stands.
    pub(crate) first: u32,
    pub(crate) words: &'r [u64],
    /// Whether the last one is the document's.
    pub(crate) is_end: bool,
}

impl Excerpt<'_> {
    /// The words that are here before a place of the document.
    pub(crate) fn before(&self, at: u32) -> &[u64] {
        self.words.get(..at.saturating_sub(self.first) as usize).unwrap_or_default()
    }

    /// The words that are here from a place of the document on.
    pub(crate) fn behind(&self, at: u32) -> &[u64] {
        self.words.get(at.saturating_sub(self.first) as usize..).unwrap_or_default()
    }

    /// The words in a range of places of the document, if they are here.
    pub(crate) fn range(&self, range: Range<u32>) -> Option<&[u64]> {
        let from_here = |at: u32| at.checked_sub(self.first).map(|at| at as usize);
        self.words.get(from_here(range.start)?..from_here(range.end)?)
    }

    /// How many words the document has from a place on, or at most has if that is not told.
    pub(crate) fn most_behind(&self, from: u32) -> u32 {
        let here = (self.first + self.words.len() as u32).saturating_sub(from);
        if self.is_end { here } else { MOST_WORDS }
    }
}

impl Reader<'_> {
    /// The words of a document.
    pub(crate) fn words(&mut self, doc: u32) -> Result<&[u64]> {
        if let Some(words) = self.store.plain(doc) {
            return Ok(words);
        }
        if self.doc != Some(doc) {
            let bytes = self.bytes.get(&self.store.tape, self.store.place(doc))?;
            self.store.book.decode(bytes, &mut self.words);
            self.doc = Some(doc);
        }
        Ok(&self.words)
    }

    /// The words of an occurrence and as many as `margin` on either side.
    pub(crate) fn excerpt(&mut self, at: Occurrence, margin: u32) -> Result<Excerpt<'_>> {
        let (first, end) = (at.start.saturating_sub(margin), at.end.saturating_add(margin));
        if let Some(words) = self.store.plain(at.doc) {
            let end = words.len().min(end as usize);
            let is_end = end == words.len();
            return Ok(Excerpt { first, words: &words[first as usize..end], is_end });
        }
        let mut bytes = self.bytes.get(&self.store.tape, self.store.place(at.doc))?;
        skip(first, &mut bytes);
        let mut behind = bytes;
        skip(end - first, &mut behind);
        self.doc = None;
        self.store.book.decode(&bytes[..bytes.len() - behind.len()], &mut self.words);
        Ok(Excerpt { first, words: &self.words, is_end: behind.is_empty() })
    }
}

/// Numbers for the words met first: a word of number n takes one byte for n below 128, two below 2^14,
/// three beyond; a word without a number ten. The last byte of a word is the only one below 128.
#[derive(Debug, Default)]
struct Codebook {
    numbers: Numbers,
    most: usize,
}

/// The words of half a gigabyte of news are hardly more.
const MOST_NUMBERS: u64 = 1 << 19;
/// Bytes of memory a number takes, roughly.
const NUMBER_BYTES: u64 = 64;

/// Bytes of a word without a number: seven bits each, and all ten even where the last are 0.
const PLAIN: usize = 10;

impl Codebook {
    fn within(memory: u64) -> Self {
        let most = (memory / NUMBER_BYTES).clamp(1, MOST_NUMBERS) as usize;
        Self { most, numbers: Numbers::default() }
    }

    fn encode(&mut self, word: u64, into: &mut Vec<u8>) {
        if let Some(number) = self.numbers.get(word) {
            push_number(u64::from(number), into);
            return;
        }
        into.extend((0..PLAIN - 1).map(|group| (word >> (7 * group)) as u8 | 0x80));
        into.push((word >> 63) as u8);
        if self.numbers.len() < self.most {
            self.numbers.number(word);
        }
    }

    /// Decodes words into a list, cleared first. Nothing turns on whether a word takes one byte or two,
    /// which nobody could foresee.
    fn decode(&self, bytes: &[u8], into: &mut Vec<u64>) {
        let key = |number: usize| self.numbers.key(number).unwrap_or(0);
        into.clear();
        into.resize(bytes.len(), 0);
        let (mut at, mut words) = (0, 0);
        for word in into.iter_mut() {
            let Some(&[first, second]) = bytes.get(at..at + 2) else { break };
            let is_long = first >> 7;
            let mut length = 1 + usize::from(is_long);
            if is_long & second >> 7 == 0 {
                let above = usize::from(second) << 7 & usize::from(is_long).wrapping_neg();
                *word = key(usize::from(first & 0x7f) | above);
            } else {
                let mut rest = &bytes[at..];
                let number = take_number(&mut rest);
                length = bytes.len() - rest.len() - at;
                *word = if length == PLAIN { number } else { key(number as usize) };
            }
            at += length;
            words += 1;
        }
        into.truncate(words);
        into.extend(bytes.get(at).map(|&last| key(usize::from(last))));
    }
}

/// Skips so many encoded words.
fn skip(mut words: u32, bytes: &mut &[u8]) {
    while let Some((eight, rest)) = bytes.split_first_chunk::<8>() {
        let ends = (!u64::from_le_bytes(*eight) & 0x8080_8080_8080_8080).count_ones();
        if ends >= words {
            break;
        }
        words -= ends;
        *bytes = rest;
    }
    for _ in 0..words {
        let Some(last) = bytes.iter().position(|&byte| byte < 0x80) else { return };
        *bytes = &bytes[last + 1..];
    }
}

/// Appends a number in groups of seven bits, the lowest first.
pub(crate) fn push_number(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

/// Takes a number that [`push_number`] wrote.
pub(crate) fn take_number(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    while let Some((&byte, rest)) = bytes.split_first() {
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 || shift >= 63 {
            break;
        }
        shift += 7;
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn documents_come_back_whatever_the_memory(
            documents in prop::collection::vec(prop::collection::vec(prop_oneof![0_u64..40, any::<u64>()], 0..50), 0..12),
            memory in prop::sample::select(vec![0, 100, 2000, u64::MAX]),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut store = WordStore::within(&Scratch::new(folder.path(), memory));
            for (n, words) in documents.iter().enumerate() {
                store.push(n as u32 % 3, words.as_slice()).unwrap();
            }
            prop_assert_eq!(store.total_words() as usize, documents.iter().map(Vec::len).sum::<usize>());
            let mut ahead = store.reader(Reading::Ahead);
            for doc in (0..documents.len()).chain((0..documents.len()).rev()) {
                prop_assert_eq!(ahead.words(doc as u32).unwrap(), &documents[doc][..]);
                let words = store.words(doc as u32).unwrap();
                prop_assert_eq!(&words, &documents[doc]);
                let all = words.len() as u32;
                let at = Occurrence { doc: doc as u32, start: all / 3, end: all - all / 4 };
                let stretch = store.stretch(at).unwrap();
                prop_assert_eq!(&stretch[..], &words[at.start as usize..at.end as usize]);
                let excerpt = ahead.excerpt(at, 5).unwrap();
                let (first, last) = (at.start.saturating_sub(5), all.min(at.end + 5));
                prop_assert_eq!(excerpt.first, first);
                prop_assert_eq!(excerpt.words, &words[first as usize..last as usize]);
                prop_assert_eq!(excerpt.is_end, last == all);
            }
            let stints = store.stints(100);
            prop_assert!(stints.iter().flat_map(Clone::clone).eq(0..documents.len() as u32));
        }

        #[test]
        fn numbers_come_back(numbers in prop::collection::vec(any::<u64>(), 0..20)) {
            let mut bytes = Vec::new();
            for &number in &numbers {
                push_number(number, &mut bytes);
            }
            let mut rest = &bytes[..];
            let back: Vec<u64> = numbers.iter().map(|_| take_number(&mut rest)).collect();
            prop_assert_eq!(back, numbers);
            prop_assert!(rest.is_empty());
        }
    }
}
