//! Partitions: many workers throw windows at many partitions, and each partition is read back whole.
//!
//! A worker gathers what belongs to a partition in a buffer of its own and hands it over when it is full,
//! so that a tape takes pieces as large as memory and the number of partitions allow. Windows are packed:
//! mostly eleven bytes where they came along the documents. The order of what is read back is no order at
//! all.

use std::marker::PhantomData;

use super::store::{push_number, take_number};
use crate::error::Result;
use crate::spill::{Buckets, Scratch};

/// How many of so many partitions are thrown on by the same buffers: with buffers of its own each would
/// leave a few bytes wherever it throws. Every worker has some turns.
pub(crate) fn together(partitions: usize) -> usize {
    (partitions / (8 * rayon::current_num_threads())).clamp(1, 64)
}

/// The part of a hash among equal parts of the hash space, by its top bits: parts in order are hashes in
/// order.
pub(crate) fn part(hash: u64, parts: u64) -> usize {
    (((hash >> 32) * parts) >> 32) as usize
}

/// The same bits in another order, for [`part`]: where windows are selected for their low hashes
/// ([`winnow`](super::windows::winnow)), the top bits are 0 more often than 1.
pub(crate) fn evened(hash: u64) -> u64 {
    hash.rotate_left(32)
}

/// A window with a number: its hash, later its class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Item {
    pub(crate) number: u64,
    pub(crate) doc: u32,
    /// [`super::windows::Window::place`].
    pub(crate) place: u32,
}

/// Bytes of an item on disk, as a rule.
pub(crate) const PACKED: u64 = 12;

/// What is thrown at partitions.
pub(crate) trait Packed: Copy + Default + Send {
    /// Appends it as it follows another one.
    fn pack(self, last: Self, into: &mut Vec<u8>);
    /// Takes the one that follows this one.
    fn unpack(self, bytes: &mut &[u8]) -> Self;
}

/// Windows in partitions.
#[derive(Debug)]
pub(crate) struct Partitions<T = Item> {
    items: PhantomData<T>,
    buckets: Buckets,
    /// Bytes a worker gathers.
    gathered: usize,
}

/// A piece is not larger, however much memory there is.
const MOST_GATHERED: u64 = 1 << 16;

impl<T: Packed> Partitions<T> {
    /// So many partitions in so much memory, of which the buffers of the pool's workers take a half at
    /// most.
    pub(crate) fn new(count: usize, scratch: &Scratch) -> Self {
        Self::with_buffers(count, count * rayon::current_num_threads(), scratch)
    }

    /// Those that one worker alone throws at.
    pub(crate) fn for_one(count: usize, scratch: &Scratch) -> Self {
        Self::with_buffers(count, count, scratch)
    }

    fn with_buffers(count: usize, buffers: usize, scratch: &Scratch) -> Self {
        Self {
            items: PhantomData,
            buckets: Buckets::new(count, &scratch.share(1, 2)),
            gathered: (scratch.memory() / 2 / buffers.max(1) as u64).clamp(64, MOST_GATHERED)
                as usize,
        }
    }

    /// How many partitions there are.
    pub(crate) fn count(&self) -> usize {
        self.buckets.len()
    }

    /// A worker's buffers; call [`Thrower::finish`] at the end.
    pub(crate) fn thrower(&self) -> Thrower<'_, T> {
        let buffers = (0..self.count()).map(|_| Buffer::default()).collect();
        Thrower { partitions: self, buffers }
    }

    /// What was thrown at a partition.
    pub(crate) fn read(&self, partition: usize) -> Result<Vec<T>> {
        let mut items = Vec::new();
        self.read_into(partition, &mut items)?;
        Ok(items)
    }

    /// The same, into a list, which is cleared first.
    pub(crate) fn read_into(&self, partition: usize, items: &mut Vec<T>) -> Result<()> {
        items.clear();
        self.each(partition, |item| {
            items.push(item);
            Ok(())
        })
    }

    /// Calls `take` with what was thrown at a partition.
    pub(crate) fn each(
        &self,
        partition: usize,
        mut take: impl FnMut(T) -> Result<()>,
    ) -> Result<()> {
        self.buckets.each(partition, |mut rest| {
            let mut item = T::default();
            while !rest.is_empty() {
                item = item.unpack(&mut rest);
                take(item)?;
            }
            Ok(())
        })
    }
}

/// The buffers of one worker.
#[derive(Debug)]
pub(crate) struct Thrower<'p, T = Item> {
    partitions: &'p Partitions<T>,
    buffers: Vec<Buffer<T>>,
}

#[derive(Debug, Default)]
struct Buffer<T> {
    bytes: Vec<u8>,
    last: T,
}

impl<T: Packed> Thrower<'_, T> {
    /// Throws a window at a partition. Documents that ascend take fewer bytes.
    pub(crate) fn push(&mut self, partition: usize, item: T) -> Result<()> {
        let buffer = &mut self.buffers[partition];
        item.pack(buffer.last, &mut buffer.bytes);
        buffer.last = item;
        if buffer.bytes.len() >= self.partitions.gathered {
            self.flush(partition)?;
        }
        Ok(())
    }

    /// Hands over what is left.
    pub(crate) fn finish(mut self) -> Result<()> {
        (0..self.buffers.len()).try_for_each(|partition| self.flush(partition))
    }

    fn flush(&mut self, partition: usize) -> Result<()> {
        let buffer = &mut self.buffers[partition];
        if !buffer.bytes.is_empty() {
            self.partitions.buckets.put(partition, &buffer.bytes)?;
            buffer.bytes.clear();
            buffer.last = T::default();
        }
        Ok(())
    }
}

impl Packed for Item {
    fn pack(self, last: Self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.number.to_le_bytes());
        push_number(u64::from(self.doc.wrapping_sub(last.doc)), into);
        push_number(u64::from(self.place), into);
    }

    fn unpack(self, bytes: &mut &[u8]) -> Self {
        let number = take_eight(bytes);
        let doc = self.doc.wrapping_add(take_number(bytes) as u32);
        Self { number, doc, place: take_number(bytes) as u32 }
    }
}

/// Takes a number of eight bytes.
pub(crate) fn take_eight(bytes: &mut &[u8]) -> u64 {
    bytes.split_first_chunk::<8>().map_or(0, |(number, rest)| {
        *bytes = rest;
        u64::from_le_bytes(*number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_item_comes_back_from_its_partition(
            items in prop::collection::vec((any::<u64>(), any::<u32>(), any::<u32>()), 0..300),
            memory in prop::sample::select(vec![0, 1000, u64::MAX]),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let partitions = Partitions::new(3, &Scratch::new(folder.path(), memory));
            let all: Vec<Item> =
                items.into_iter().map(|(number, doc, place)| Item { number, doc, place }).collect();
            for half in all.chunks(all.len() / 2 + 1) {
                let mut thrower = partitions.thrower();
                for &item in half {
                    thrower.push(item.doc as usize % 3, item).unwrap();
                }
                thrower.finish().unwrap();
            }
            for partition in 0..3 {
                let mut wanted = all.clone();
                wanted.retain(|item| item.doc as usize % 3 == partition);
                wanted.sort_unstable();
                let mut found = partitions.read(partition).unwrap();
                found.sort_unstable();
                prop_assert_eq!(found, wanted);
            }
        }
    }
}
