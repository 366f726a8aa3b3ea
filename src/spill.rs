//! The only temporary files, and the memory that stands in for them while it suffices.
//!
//! A [`Tape`] keeps what is appended in memory up to an allowance and then in one unnamed file, and reads
//! it back at any place, so whatever is built on tapes has one way to work, however large the input is,
//! and holds one file each. A [`Store`] keeps records on a tape, [`Buckets`] sort pieces by number, a
//! [`Sorter`] sorts records of fixed size.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use crate::error::{Error, Result};

/// Where temporary files go, and how much memory may be used before they are.
#[derive(Debug, Clone)]
pub struct Scratch {
    folder: PathBuf,
    memory: u64,
}

impl Scratch {
    /// A folder, and bytes of memory.
    pub fn new(folder: &Path, memory: u64) -> Self {
        Self { folder: folder.to_path_buf(), memory }
    }

    /// No limit, hence no files.
    pub fn unlimited() -> Self {
        Self::new(Path::new(""), u64::MAX)
    }

    /// The bytes of memory.
    pub fn memory(&self) -> u64 {
        self.memory
    }

    /// So many of so many equal parts of the memory, in the same folder.
    #[must_use]
    pub fn share(&self, parts: u64, of: u64) -> Self {
        Self { folder: self.folder.clone(), memory: self.memory / of * parts }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// What is written at once.
const CHUNK: usize = 1 << 20;

/// Bytes, appended once and read at any place, in memory or in a file that is gone when they are.
#[derive(Debug)]
pub struct Tape {
    scratch: Scratch,
    file: Option<File>,
    /// Bytes in the file.
    written: u64,
    /// Those behind them, in chunks that are full but for the last.
    tail: Vec<Vec<u8>>,
    chunk: usize,
    tail_bytes: u64,
}

impl Tape {
    /// An empty tape that may keep so much in memory.
    pub fn new(scratch: &Scratch) -> Self {
        // A tape that may keep little writes little at once; this is how tests spill.
        let chunk = scratch.memory.clamp(16, CHUNK as u64) as usize;
        Self {
            scratch: scratch.clone(),
            file: None,
            written: 0,
            tail: Vec::new(),
            chunk,
            tail_bytes: 0,
        }
    }

    /// How many bytes were appended.
    pub fn len(&self) -> u64 {
        self.written + self.tail_bytes
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends bytes and tells where they begin.
    pub fn append(&mut self, mut bytes: &[u8]) -> Result<u64> {
        let at = self.len();
        while !bytes.is_empty() {
            let room = self.tail.last().map_or(0, |last| self.chunk - last.len());
            if room == 0 {
                self.make_room()?;
                continue;
            }
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            if let Some(last) = self.tail.last_mut() {
                last.extend_from_slice(now);
            }
            self.tail_bytes += now.len() as u64;
            bytes = later;
        }
        Ok(at)
    }

    /// Begins a chunk, in memory if one more is allowed there.
    fn make_room(&mut self) -> Result<()> {
        let allowed = if self.file.is_some() { 0 } else { self.scratch.memory };
        if self.tail_bytes > 0 && self.tail_bytes.saturating_add(self.chunk as u64) > allowed {
            self.write_out()?;
        }
        // The first chunks grow, so that many small tapes stay small.
        let expected = if self.tail_bytes == 0 { 0 } else { self.chunk };
        self.tail.push(Vec::with_capacity(expected));
        Ok(())
    }

    fn write_out(&mut self) -> Result<()> {
        let folder = &self.scratch.folder;
        let mut file = match self.file.take() {
            Some(file) => file,
            None => tempfile::tempfile_in(folder)
                .map_err(Error::io("cannot make a temporary file (see --tmp) in", folder))?,
        };
        for chunk in &self.tail {
            file.write_all(chunk)
                .map_err(Error::io("cannot write a temporary file (see --tmp) in", folder))?;
        }
        self.file = Some(file);
        self.written += self.tail_bytes;
        (self.tail_bytes, self.tail) = (0, Vec::new());
        Ok(())
    }

    /// Reads bytes from a place on, which must have been appended.
    pub fn read(&self, at: u64, mut into: &mut [u8]) -> Result<()> {
        let mut at = at;
        if at < self.written {
            let stored = ((self.written - at) as usize).min(into.len());
            let (first, rest) = into.split_at_mut(stored);
            if let Some(file) = &self.file {
                read_exact_at(file, first, at)
                    .map_err(Error::io("cannot read a temporary file in", &self.scratch.folder))?;
            }
            (into, at) = (rest, at + stored as u64);
        }
        while !into.is_empty() {
            let place = (at - self.written) as usize;
            let chunk = &self.tail[place / self.chunk][place % self.chunk..];
            let (first, rest) = into.split_at_mut(chunk.len().min(into.len()));
            first.copy_from_slice(&chunk[..first.len()]);
            (into, at) = (rest, at + first.len() as u64);
        }
        Ok(())
    }

    /// A range, where all of it lies in one piece in memory.
    pub fn held(&self, range: Range<u64>) -> Option<&[u8]> {
        let start = range.start.checked_sub(self.written)? as usize;
        let (chunk, first) = (start / self.chunk, start % self.chunk);
        let end = first + (range.end - range.start) as usize;
        self.tail.get(chunk)?.get(first..end)
    }

    /// Reads a range into a buffer, which is cleared first.
    pub fn read_range(&self, range: Range<u64>, into: &mut Vec<u8>) -> Result<()> {
        into.clear();
        into.resize((range.end - range.start) as usize, 0);
        self.read(range.start, into)
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, into: &mut [u8], at: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, at)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut into: &mut [u8], mut at: u64) -> std::io::Result<()> {
    while !into.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, into, at)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        (into, at) = (&mut into[read..], at + read as u64);
    }
    Ok(())
}

/// Byte records, read back by number.
#[derive(Debug)]
pub struct Store {
    tape: Tape,
    /// Where each record ends.
    ends: Vec<u64>,
}

impl Store {
    /// An empty store, for the most part on disk.
    pub fn new(folder: &Path) -> Result<Self> {
        Ok(Self::within(&Scratch::new(folder, CHUNK as u64)))
    }

    /// An empty store that may keep so much in memory.
    pub fn within(scratch: &Scratch) -> Self {
        Self { tape: Tape::new(scratch), ends: Vec::new() }
    }

    /// Adds a record.
    pub fn push(&mut self, record: &[u8]) -> Result<()> {
        self.tape.append(record)?;
        self.ends.push(self.tape.len());
        Ok(())
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all of them.
    pub fn bytes(&self) -> u64 {
        self.tape.len()
    }

    /// A reader of what was added.
    pub fn reader(self) -> Result<Reader> {
        Ok(Reader(self))
    }
}

/// Reads a store.
#[derive(Debug)]
pub struct Reader(Store);

impl Reader {
    /// The `i`th record.
    pub fn read(&self, i: usize) -> Result<Vec<u8>> {
        let Store { tape, ends } = &self.0;
        let start = if i == 0 { 0 } else { ends[i - 1] };
        let mut record = Vec::new();
        tape.read_range(start..ends[i], &mut record)?;
        Ok(record)
    }
}

/// Pieces of bytes by number, from any number of workers, on one tape. A piece says where the one before
/// it stands, so that sixteen bytes a bucket are all that stays in memory.
#[derive(Debug)]
pub struct Buckets {
    tape: RwLock<Tape>,
    /// Where the last piece of each bucket stands; an empty range for none.
    last: Vec<Mutex<Range<u64>>>,
}

/// Bytes before a piece.
const LINK: usize = 16;

impl Buckets {
    /// So many empty buckets that may keep so much in memory together.
    pub fn new(count: usize, scratch: &Scratch) -> Self {
        Self {
            tape: RwLock::new(Tape::new(scratch)),
            last: (0..count).map(|_| Mutex::default()).collect(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.last.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.last.is_empty()
    }

    /// Puts a piece into a bucket.
    pub fn put(&self, bucket: usize, piece: &[u8]) -> Result<()> {
        let mut last = lock(&self.last[bucket]);
        let mut tape = self.tape.write().unwrap_or_else(PoisonError::into_inner);
        let start = tape.append(&last.start.to_le_bytes())?;
        tape.append(&last.end.to_le_bytes())?;
        tape.append(piece)?;
        *last = start..tape.len();
        Ok(())
    }

    /// Calls `look` with the pieces of a bucket, the last one first. It must not put any into these.
    pub fn each(&self, bucket: usize, mut look: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut place = lock(&self.last[bucket]).clone();
        let mut read = Vec::new();
        while !place.is_empty() {
            let tape = self.tape.read().unwrap_or_else(PoisonError::into_inner);
            let piece = if let Some(held) = tape.held(place.clone()) {
                held
            } else {
                tape.read_range(place, &mut read)?;
                &read
            };
            let (link, _) = piece.as_chunks::<8>();
            let number = |at: usize| link.get(at).map_or(0, |bytes| u64::from_le_bytes(*bytes));
            place = number(0)..number(1);
            look(&piece[LINK..])?;
        }
        Ok(())
    }
}

/// Sorts records of `N` numbers, by the first, then the second and so on. Equal records stay.
///
/// Any number of workers add them; who fills a run sorts it, and the runs are merged when all are there.
#[derive(Debug)]
pub struct Sorter<const N: usize> {
    /// Bytes that are read ahead when runs are merged.
    memory: u64,
    /// Records of a run.
    run: usize,
    held: Mutex<Vec<[u64; N]>>,
    tape: Mutex<Tape>,
    runs: Mutex<Vec<Range<u64>>>,
}

/// Records of a run, where there is memory for so many, and at least.
const RUN: u64 = 1 << 16;
const LEAST_RUN: u64 = 1 << 6;

impl<const N: usize> Sorter<N> {
    const BYTES: usize = 8 * N;

    /// A sorter that keeps half of the memory for runs and half for merging them.
    pub fn new(scratch: &Scratch) -> Self {
        let half = scratch.share(1, 2);
        let run = half.memory / 8 / Self::BYTES as u64;
        Self {
            memory: half.memory,
            run: run.clamp(LEAST_RUN, RUN) as usize,
            held: Mutex::default(),
            tape: Mutex::new(Tape::new(&half)),
            runs: Mutex::default(),
        }
    }

    /// Adds records in any order.
    pub fn add(&self, records: impl IntoIterator<Item = [u64; N]>) -> Result<()> {
        let mut held = lock(&self.held);
        held.extend(records);
        if held.len() < self.run {
            return Ok(());
        }
        let run = std::mem::take(&mut *held);
        drop(held);
        self.write(run)
    }

    fn write(&self, mut run: Vec<[u64; N]>) -> Result<()> {
        run.sort_unstable();
        let bytes: Vec<u8> = run.iter().flatten().flat_map(|number| number.to_le_bytes()).collect();
        let start = lock(&self.tape).append(&bytes)?;
        lock(&self.runs).push(start..start + bytes.len() as u64);
        Ok(())
    }

    /// All records in order.
    pub fn sorted(self) -> Result<Sorted<N>> {
        self.sorted_with(Vec::new())
    }

    /// All records in order, and these among them, which were not added. What is not written yet, as
    /// mostly all, is not written any more.
    pub fn sorted_with(self, more: Vec<[u64; N]>) -> Result<Sorted<N>> {
        let mut last = std::mem::take(&mut *lock(&self.held));
        if last.is_empty() {
            last = more;
        } else {
            last.extend(more);
        }
        last.sort_unstable();
        let tape = self.tape.into_inner().unwrap_or_else(PoisonError::into_inner);
        let runs = self.runs.into_inner().unwrap_or_else(PoisonError::into_inner);
        let ahead = self.memory / (runs.len().max(1) * Self::BYTES) as u64;
        let ahead = ahead.clamp(1, (CHUNK / Self::BYTES) as u64) * Self::BYTES as u64;
        let run = |rest| Run { rest, bytes: Vec::new(), next: 0, ahead };
        let mut runs: Vec<Run> = runs.into_iter().map(run).collect();
        let mut last = last.into_iter();
        let mut heads = BinaryHeap::with_capacity(runs.len() + 1);
        heads.extend(last.next().map(|first| Reverse((first, runs.len()))));
        for (number, run) in runs.iter_mut().enumerate() {
            heads.extend(run.next(&tape)?.map(|first| Reverse((first, number))));
        }
        Ok(Sorted { tape, runs, last, heads })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sorted records.
#[derive(Debug)]
pub struct Sorted<const N: usize> {
    tape: Tape,
    runs: Vec<Run>,
    /// The run behind these, which is on no tape.
    last: std::vec::IntoIter<[u64; N]>,
    heads: BinaryHeap<Reverse<([u64; N], usize)>>,
}

/// A sorted run while it is read.
#[derive(Debug)]
struct Run {
    rest: Range<u64>,
    bytes: Vec<u8>,
    next: usize,
    /// Bytes read at a time.
    ahead: u64,
}

impl<const N: usize> Iterator for Sorted<N> {
    type Item = Result<[u64; N]>;

    fn next(&mut self) -> Option<Self::Item> {
        let Self { tape, runs, last, heads } = self;
        let mut head = heads.peek_mut()?;
        let Reverse((item, number)) = *head;
        let next = match runs.get_mut(number) {
            Some(run) => run.next(tape),
            None => Ok(last.next()),
        };
        // In the place of what goes comes what follows it in its run: that sorts heads once, not twice.
        match next {
            Ok(Some(next)) => *head = Reverse((next, number)),
            Ok(None) => drop(PeekMut::pop(head)),
            Err(error) => return Some(Err(error)),
        }
        Some(Ok(item))
    }
}

impl Run {
    /// Its next record.
    fn next<const N: usize>(&mut self, tape: &Tape) -> Result<Option<[u64; N]>> {
        if self.next == self.bytes.len() {
            let end = self.rest.end.min(self.rest.start + self.ahead);
            tape.read_range(self.rest.start..end, &mut self.bytes)?;
            (self.rest.start, self.next) = (end, 0);
        }
        let (numbers, _) = self.bytes[self.next..].as_chunks::<8>();
        if numbers.is_empty() {
            return Ok(None);
        }
        let mut item = [0; N];
        for (number, bytes) in item.iter_mut().zip(numbers) {
            *number = u64::from_le_bytes(*bytes);
        }
        self.next += 8 * N;
        Ok(Some(item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn here(memory: u64) -> (tempfile::TempDir, Scratch) {
        let folder = tempfile::tempdir().unwrap();
        let scratch = Scratch::new(folder.path(), memory);
        (folder, scratch)
    }

    #[test]
    fn what_went_on_a_tape_comes_back() {
        for memory in [0, 5_000, 1 << 21, u64::MAX] {
            let (folder, scratch) = here(memory);
            let mut tape = Tape::new(&scratch);
            let records = [b"one".to_vec(), Vec::new(), vec![7; 3_000_000], b"two".to_vec()];
            let places: Vec<u64> =
                records.iter().map(|record| tape.append(record).unwrap()).collect();
            let mut found = Vec::new();
            for i in [2, 0, 1, 3] {
                let end = places[i] + records[i].len() as u64;
                tape.read_range(places[i]..end, &mut found).unwrap();
                assert_eq!(found, records[i]);
                let held = tape.held(places[i]..end);
                assert!(held.is_none_or(|held| held == records[i]));
                assert!(i == 2 || held.is_some() || memory < 3_000_000);
            }
            assert_eq!(tape.file.is_some(), memory < 3_000_000);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it has no name");
        }
    }

    #[test]
    fn records_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::new(folder.path()).unwrap();
        let records = [b"one".to_vec(), Vec::new(), vec![7; 3_000_000]];
        for record in &records {
            store.push(record).unwrap();
        }
        let reader = store.reader().unwrap();
        for i in [2, 0, 1] {
            assert_eq!(reader.read(i).unwrap(), records[i]);
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_told() {
        let mut tape = Tape::new(&Scratch::new(Path::new("no/such/folder"), 16));
        let error = tape.append(&[1; 100]).unwrap_err().to_string();
        assert!(error.contains("--tmp") && error.contains("no/such/folder"), "{error}");
    }

    proptest! {
        #[test]
        fn pieces_come_back_from_their_buckets(
            pieces in prop::collection::vec((0_usize..5, prop::collection::vec(any::<u8>(), 0..40)), 0..60),
            memory in prop::sample::select(vec![0, 100, u64::MAX]),
        ) {
            let (_folder, scratch) = here(memory);
            let buckets = Buckets::new(5, &scratch);
            for (bucket, piece) in &pieces {
                buckets.put(*bucket, piece).unwrap();
            }
            for bucket in 0..5 {
                let mut back = Vec::new();
                buckets.each(bucket, |piece| { back.push(piece.to_vec()); Ok(()) }).unwrap();
                let wanted = pieces.iter().rev().filter(|(b, _)| *b == bucket).map(|(_, piece)| piece);
                prop_assert!(wanted.eq(&back));
            }
        }

        #[test]
        fn a_sorter_sorts(
            runs in prop::collection::vec(prop::collection::vec((0_u64..50, any::<u64>()), 0..60), 0..9),
            more in prop::collection::vec((0_u64..50, any::<u64>()), 0..60),
            memory in 0_u64..2000,
        ) {
            let (_folder, scratch) = here(memory);
            let sorter = Sorter::new(&scratch);
            let mut items: Vec<[u64; 2]> = Vec::new();
            for run in runs {
                let run: Vec<_> = run.into_iter().map(|(a, b)| [a, b]).collect();
                items.extend(&run);
                sorter.add(run).unwrap();
            }
            let more: Vec<_> = more.into_iter().map(|(a, b)| [a, b]).collect();
            items.extend(&more);
            items.sort_unstable();
            let sorted: Vec<_> = sorter.sorted_with(more).unwrap().map(Result::unwrap).collect();
            prop_assert_eq!(sorted, items);
        }
    }
}
