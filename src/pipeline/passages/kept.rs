//! Kept: what was told, until its family is put together. Occurrences are told along the documents and
//! wanted along the families, so they go to buckets for consecutive families, on disk where memory ends.

use std::iter;
use std::ops::Range;

use crate::error::{Error, Result};
use crate::spill::{Buckets, Scratch};

/// The occurrences of all families, told, in buckets for consecutive ones.
#[derive(Debug)]
pub(super) struct Tellings {
    buckets: Buckets,
    /// By bucket, the number of its first occurrence.
    firsts: Vec<u64>,
}

/// How large the occurrences will be: what divides them into buckets.
#[derive(Debug)]
pub(super) struct Sizes {
    firsts: Vec<u64>,
    count: u64,
    /// Bytes of the last bucket, and of a full one.
    bytes: u64,
    most: u64,
}

/// Bytes that an occurrence takes when it is told, as a rule, and those of each of its words.
const TOLD: u64 = 1 << 10;
const WORD: u64 = 8;

impl Sizes {
    /// For buckets of which one fits into so much memory.
    pub(super) fn within(scratch: &Scratch) -> Self {
        Self { firsts: vec![0], count: 0, bytes: 0, most: scratch.memory() / 2 }
    }

    /// Adds an occurrence of so many words and gives its number.
    pub(super) fn add(&mut self, words: u32) -> u64 {
        if self.bytes > self.most {
            self.firsts.push(self.count);
            self.bytes = 0;
        }
        self.bytes += TOLD + WORD * u64::from(words);
        self.count += 1;
        self.count - 1
    }
}

impl Tellings {
    /// None yet, by the sizes of the occurrences that will come, in order, in so much memory.
    pub(super) fn within(scratch: &Scratch, sizes: Sizes) -> Self {
        let buckets = Buckets::new(sizes.firsts.len(), &scratch.share(1, 2));
        Self { buckets, firsts: sizes.firsts }
    }

    fn bucket_of(&self, number: u64) -> usize {
        self.firsts.partition_point(|&first| first <= number).saturating_sub(1)
    }

    /// Gives them back in the order of the families.
    pub(super) fn in_order(&self) -> InOrder<'_> {
        InOrder { tellings: self, bucket: 0, bytes: Vec::new(), held: Vec::new().into_iter() }
    }
}

/// Occurrences that were told, written one behind the other: there are many, and a piece of memory for
/// each would cost more than writing it.
#[derive(Debug, Default)]
pub(super) struct Pile {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Pile {
    /// Has the next one written.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Each of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end])
    }
}

/// Reads what was told, one bucket after the other.
#[derive(Debug)]
pub(super) struct InOrder<'t> {
    tellings: &'t Tellings,
    bucket: usize,
    /// What a bucket holds, and where in it the occurrences are by their numbers.
    bytes: Vec<u8>,
    held: std::vec::IntoIter<(u64, Range<usize>)>,
}

impl InOrder<'_> {
    /// The occurrences of the next family, of which there are so many.
    pub(super) fn next(&mut self, count: usize) -> Result<Pile> {
        let mut next = Pile::default();
        while next.len() < count {
            match self.held.next() {
                Some((_, at)) => next.push(|into| into.extend_from_slice(&self.bytes[at])),
                None if self.bucket < self.tellings.buckets.len() => self.load()?,
                None => return Err(damaged(&"occurrences are missing")),
            }
        }
        Ok(next)
    }

    fn load(&mut self) -> Result<()> {
        let (bytes, mut held) = (&mut self.bytes, Vec::new());
        bytes.clear();
        self.tellings.buckets.each(self.bucket, |mut rest| {
            while let Some((number, behind)) = rest.split_first_chunk::<8>() {
                let Some((length, behind)) = behind.split_first_chunk::<4>() else { break };
                let (telling, next) = behind.split_at(u32::from_le_bytes(*length) as usize);
                let start = bytes.len();
                bytes.extend_from_slice(telling);
                held.push((u64::from_le_bytes(*number), start..bytes.len()));
                rest = next;
            }
            Ok(())
        })?;
        held.sort_unstable_by_key(|&(number, _)| number);
        self.held = held.into_iter();
        self.bucket += 1;
        Ok(())
    }
}

/// What is wrong with a file of our own.
pub(super) fn damaged(error: &dyn std::fmt::Display) -> Error {
    Error::config(format!("a temporary file is damaged: {error}"))
}

/// What goes into buckets, gathered to pieces.
pub(super) struct Shelf<'t> {
    tellings: &'t Tellings,
    pieces: Vec<Vec<u8>>,
    /// Bytes of a piece.
    gathered: usize,
}

/// A piece is not larger, however much memory there is.
const MOST_GATHERED: u64 = 1 << 16;

impl<'t> Shelf<'t> {
    /// Nothing yet, in so much memory.
    pub(super) fn new(tellings: &'t Tellings, scratch: &Scratch) -> Self {
        let count = tellings.buckets.len();
        let gathered = (scratch.memory() / 2 / count.max(1) as u64).min(MOST_GATHERED) as usize;
        Self { tellings, pieces: vec![Vec::new(); count], gathered }
    }

    /// Puts an occurrence into its bucket.
    pub(super) fn put(&mut self, number: u64, telling: &[u8]) -> Result<()> {
        let bucket = self.tellings.bucket_of(number);
        let piece = &mut self.pieces[bucket];
        piece.extend_from_slice(&number.to_le_bytes());
        piece.extend_from_slice(&(telling.len() as u32).to_le_bytes());
        piece.extend_from_slice(telling);
        if piece.len() >= self.gathered {
            self.tellings.buckets.put(bucket, piece)?;
            piece.clear();
        }
        Ok(())
    }

    /// Hands over what is left.
    pub(super) fn finish(self) -> Result<()> {
        let pieces = self.pieces.iter().enumerate();
        pieces
            .filter(|(_, piece)| !piece.is_empty())
            .try_for_each(|(bucket, piece)| self.tellings.buckets.put(bucket, piece))
    }
}
