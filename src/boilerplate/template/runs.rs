//! Numbers sorted outside of memory: filled in any order, read back in their one order, each once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::spill::{Reader, Store};

/// Numbers in a block of a run: what merging holds of each run.
const BLOCK: usize = 1 << 10;

/// A set of numbers that grows beyond memory.
///
/// What it holds does not depend on the room it is given: the room decides how many sorted runs
/// there are on disk, never what comes out of their merging.
#[derive(Debug)]
pub(super) struct Runs {
    waiting: Vec<u128>,
    room: usize,
    folder: PathBuf,
    disk: Option<Store>,
    /// The blocks of each sorted run, as records of the store.
    spilled: Vec<Range<usize>>,
}

impl Runs {
    /// An empty set that holds about so many bytes in memory; the rest goes to the folder for
    /// temporary files.
    pub(super) fn new(bytes: usize, folder: &Path) -> Self {
        let room = (bytes / size_of::<u128>()).max(1);
        let folder = folder.to_path_buf();
        Self { waiting: Vec::new(), room, folder, disk: None, spilled: Vec::new() }
    }

    /// Adds numbers.
    pub(super) fn extend(&mut self, numbers: impl Iterator<Item = u128>) -> Result<()> {
        self.waiting.extend(numbers);
        if self.waiting.len() >= self.room { self.spill() } else { Ok(()) }
    }

    /// Brings what waits in memory to the disk, as one sorted run.
    fn spill(&mut self) -> Result<()> {
        self.sort();
        let disk = match &mut self.disk {
            Some(disk) => disk,
            None => self.disk.insert(Store::new(&self.folder)?),
        };
        let first = disk.len();
        let mut bytes = Vec::with_capacity(BLOCK * size_of::<u128>());
        for block in self.waiting.chunks(BLOCK) {
            bytes.clear();
            bytes.extend(block.iter().flat_map(|number| number.to_le_bytes()));
            disk.push(&bytes)?;
        }
        self.spilled.push(first..disk.len());
        self.waiting.clear();
        Ok(())
    }

    fn sort(&mut self) {
        self.waiting.sort_unstable();
        self.waiting.dedup();
    }

    /// Hands out every number once, from the smallest to the largest.
    pub(super) fn each(mut self, mut take: impl FnMut(u128)) -> Result<()> {
        if self.disk.is_some() {
            self.spill()?;
        }
        let Some(disk) = self.disk else {
            self.sort();
            self.waiting.into_iter().for_each(take);
            return Ok(());
        };
        let mut disk = disk.reader()?;
        let mut runs: Vec<Run> = self.spilled.into_iter().map(Run::new).collect();
        let mut heads = BinaryHeap::with_capacity(runs.len());
        for (i, run) in runs.iter_mut().enumerate() {
            heads.extend(run.next(&mut disk)?.map(|number| Reverse((number, i))));
        }
        let mut last = None;
        while let Some(Reverse((number, i))) = heads.pop() {
            if last.replace(number) != Some(number) {
                take(number);
            }
            heads.extend(runs[i].next(&mut disk)?.map(|number| Reverse((number, i))));
        }
        Ok(())
    }
}

/// One sorted run, read block by block.
struct Run {
    blocks: Range<usize>,
    bytes: Vec<u8>,
    at: usize,
}

impl Run {
    fn new(blocks: Range<usize>) -> Self {
        Self { blocks, bytes: Vec::new(), at: 0 }
    }

    fn next(&mut self, disk: &mut Reader) -> Result<Option<u128>> {
        if self.at == self.bytes.len() {
            let Some(block) = self.blocks.next() else { return Ok(None) };
            (self.bytes, self.at) = (disk.read(block)?, 0);
        }
        let number = self.bytes[self.at..].first_chunk().copied().map(u128::from_le_bytes);
        self.at += size_of::<u128>();
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back_sorted_and_once_whatever_the_room(
            numbers in prop::collection::vec(0u128..5000, 0..9000),
            parts in 1usize..2000,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut expected = numbers.clone();
            expected.sort_unstable();
            expected.dedup();
            for room in [0, 40_000, usize::MAX] {
                let mut runs = Runs::new(room, folder.path());
                for part in numbers.chunks(parts) {
                    runs.extend(part.iter().copied()).unwrap();
                }
                let mut came = Vec::new();
                runs.each(|number| came.push(number)).unwrap();
                prop_assert_eq!(&came, &expected);
            }
        }
    }
}
