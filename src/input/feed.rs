//! Framing a file that is a sequence of records: what is the same for lines, rows and WARC records.

use std::fmt::Debug;
use std::ops::Range;

use super::Corpus;
use super::chunk::{Chunk, Framer};
use super::compression::{Fault, Stream};
use crate::error::Reject;

/// How a format is cut into records. It is shown bytes and has no others.
pub(super) trait Splitter: Debug {
    /// What a record is called in messages.
    const RECORD: &'static str;

    /// The bytes a record ends with that are not counted as its own.
    const END: u64;

    /// Whether the next record can be told from the inside of another, so that reading goes on
    /// behind damage.
    const FINDS_BACK: bool = false;

    /// How much of the beginning of a file belongs to no record, at most.
    fn longest_preamble(&self) -> usize;

    /// How much of this beginning of a file belongs to no record.
    fn preamble(&self, head: &[u8]) -> usize;

    /// What `data` begins with. At the last call its first `seen` bytes were there, 0 if it begins
    /// with something new; where it `ended`, nothing will follow.
    fn cut(&mut self, data: &[u8], seen: usize, ended: bool) -> Cut;

    /// Where to go on in what follows the beginning of a record that cannot be had.
    fn resume(&mut self, data: &[u8]) -> Resume;
}

/// What comes next, and where in the data the thing after it begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// A record.
    Record { body: Range<usize>, next: usize },
    /// What stands between records.
    Nothing { next: usize },
    /// A record that is no document, by its kind.
    Skipped { what: &'static str, next: usize },
    /// The same, of which only the beginning is there. Its end is not worth waiting for.
    Skip { what: &'static str },
    /// A record that cannot be had.
    Refused { reason: String, next: usize },
    /// That cannot be told before more is read.
    More,
}

/// Where to go on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Resume {
    /// Here.
    At(usize),
    /// Not before this place, so that it can be forgotten.
    Behind(usize),
}

/// How long a record that is not whole may be beyond the longest allowed: what stands around it.
const SLACK: usize = 64 << 10;

/// The records of one file.
#[derive(Debug)]
pub(super) struct Feed<'a, S> {
    corpus: &'a Corpus,
    file: usize,
    splitter: S,
    /// `None` before the file was opened and after its end.
    stream: Option<Stream>,
    opened: bool,
    /// Hands over what there is rather than wait for more.
    prompt: bool,
    /// Bytes that were read and belong to the next chunk.
    pending: Vec<u8>,
    /// Where `pending` begins in the file; while a chunk is filled, where its data begins, counting
    /// what was skipped as if it stood before it.
    offset: u64,
    record: u64,
    fault: Option<Fault>,
    /// What the stream had given and taken when it was last read.
    produced: u64,
    consumed: u64,
}

impl<'a, S: Splitter> Feed<'a, S> {
    pub(super) fn new(corpus: &'a Corpus, file: usize, splitter: S) -> Self {
        Self {
            corpus,
            file,
            splitter,
            stream: None,
            opened: false,
            prompt: false,
            pending: Vec::new(),
            offset: 0,
            record: 0,
            fault: None,
            produced: 0,
            consumed: 0,
        }
    }

    /// Reads a pipe, if it was not read before.
    pub(super) fn of_pipe(corpus: &'a Corpus, splitter: S, stream: Option<Stream>) -> Self {
        Self { opened: stream.is_none(), stream, prompt: true, ..Self::new(corpus, 0, splitter) }
    }

    fn open(&mut self, chunk: &mut Chunk) {
        self.opened = true;
        let file = &self.corpus.files[self.file];
        if self.stream.is_none() {
            match Stream::open(&file.path) {
                Ok(stream) => self.stream = Some(stream),
                Err(error) => self.fault = Some(Fault::Read(error)),
            }
        }
        if let Some(stream) = &mut self.stream {
            if let Some(encoding) = file.dialect.recoded_from() {
                stream.recode(encoding);
            }
            if S::FINDS_BACK {
                stream.keep_members();
            }
        }
        self.read_into(0, chunk);
        // A pipe may give its first bytes in drops.
        while chunk.data.len() < self.splitter.longest_preamble() && self.stream.is_some() {
            self.read_into(0, chunk);
        }
        let preamble = self.splitter.preamble(&chunk.data);
        chunk.data.drain(..preamble);
        self.offset = preamble as u64;
    }

    /// Frames records until the chunk is full, and gives the end of the last.
    fn frame_records(&mut self, chunk: &mut Chunk) -> usize {
        let (mut start, mut seen) = (0, 0);
        while !self.corpus.limits.is_full(chunk, start) {
            let held = chunk.data.len() - start;
            let ended = self.stream.is_none();
            if ended && held == 0 {
                break;
            }
            // What a file was cut off in is no record.
            let whole = matches!(self.fault, None | Some(Fault::Trailing));
            let next = match self.splitter.cut(&chunk.data[start..], seen, ended && whole) {
                Cut::More if ended => {
                    chunk.data.truncate(start);
                    break;
                }
                Cut::More if held > self.longest().saturating_add(SLACK) => {
                    self.skip_long(start, chunk);
                    0
                }
                Cut::More if self.prompt && start > 0 => break,
                Cut::More => {
                    self.read_into(start, chunk);
                    // Damage may have taken some of it away.
                    seen = held.min(chunk.data.len() - start);
                    continue;
                }
                Cut::Skip { what } => {
                    *chunk.skipped.entry(what).or_default() += 1;
                    self.record += 1;
                    self.skip(start, chunk);
                    0
                }
                Cut::Record { body, next } => {
                    self.record(start + body.start..start + body.end, chunk);
                    next
                }
                Cut::Nothing { next } => next,
                Cut::Skipped { what, next } => {
                    *chunk.skipped.entry(what).or_default() += 1;
                    self.record += 1;
                    next
                }
                Cut::Refused { reason, next } => {
                    self.record += 1;
                    self.reject(reason, self.offset + start as u64, chunk);
                    next
                }
            };
            (start, seen) = (start + next, 0);
        }
        start
    }

    fn longest(&self) -> usize {
        usize::try_from(self.corpus.limits.max_record).unwrap_or(usize::MAX)
    }

    fn record(&mut self, body: Range<usize>, chunk: &mut Chunk) {
        self.record += 1;
        let offset = self.offset + body.start as u64;
        if body.len() > self.longest() {
            self.reject_long(body.len() as u64, offset, chunk);
        } else {
            chunk.frame(body, self.file as u32, self.record, offset);
        }
    }

    fn skip_long(&mut self, start: usize, chunk: &mut Chunk) {
        self.record += 1;
        let offset = self.offset + start as u64;
        let length = self.skip(start, chunk);
        self.reject_long(length, offset, chunk);
    }

    /// Reads on to what follows the record that begins at `start`, keeping nothing of it, and gives
    /// its length.
    fn skip(&mut self, start: usize, chunk: &mut Chunk) -> u64 {
        let before = self.offset;
        let end = loop {
            let held = chunk.data.len() - start;
            let (behind, end) = match self.splitter.resume(&chunk.data[start..]) {
                Resume::At(at) => (at, Some(S::END)),
                Resume::Behind(_) if self.stream.is_none() => (held, Some(0)),
                Resume::Behind(at) => (at, None),
            };
            chunk.data.drain(start..start + behind);
            self.offset += behind as u64;
            if let Some(end) = end {
                break end;
            }
            self.read_into(start, chunk);
        };
        let kept = chunk.data.len();
        chunk.data.shrink_to(kept + self.corpus.limits.block);
        self.offset - before - end
    }

    fn reject_long(&self, length: u64, offset: u64, chunk: &mut Chunk) {
        let (what, most) = (S::RECORD, self.corpus.limits.max_record);
        let reason = format!(
            "the {what} has {length} bytes, more than the {most} allowed; raise --max-record"
        );
        self.reject(reason, offset, chunk);
    }

    fn reject(&self, reason: String, offset: u64, chunk: &mut Chunk) {
        let file = self.corpus.files[self.file].name.clone();
        chunk.rejects.push(Reject { file, record: self.record, offset, reason });
    }

    /// The row that tells that the rest of the file could not be read.
    fn reject_rest(&self, fault: &Fault, chunk: &mut Chunk) {
        let whole = matches!(fault, Fault::Trailing) || self.record == 0 && self.offset == 0;
        chunk.rejects.push(Reject {
            file: self.corpus.files[self.file].name.clone(),
            record: if whole { 0 } else { self.record + 1 },
            offset: self.offset,
            reason: fault.reason(self.produced),
        });
    }

    fn read_into(&mut self, whole: usize, chunk: &mut Chunk) {
        let mut data = std::mem::take(&mut chunk.data);
        self.read(&mut data, whole, chunk);
        chunk.data = data;
    }

    /// Appends a block to `data`, noting the end of the file. Its first `whole` bytes are records
    /// that were framed.
    fn read(&mut self, data: &mut Vec<u8>, whole: usize, chunk: &mut Chunk) {
        let Some(stream) = &mut self.stream else { return };
        let mut result = stream.read(data, self.corpus.limits.block);
        if let Err(fault @ (Fault::Damaged(_) | Fault::Trailing)) = &result
            && S::FINDS_BACK
        {
            let reason = fault.passed_over(stream.produced());
            let lost = stream.of_this_member() as usize;
            match stream.skip_damage() {
                Ok(false) => {}
                found => {
                    // What a damaged member gave is not to be trusted.
                    data.truncate(data.len().saturating_sub(lost).max(whole));
                    let file = self.corpus.files[self.file].name.clone();
                    let offset = self.offset + data.len() as u64;
                    chunk.rejects.push(Reject { file, record: 0, offset, reason });
                    result = found.map(|_| ());
                }
            }
        }
        chunk.consumed += stream.consumed().saturating_sub(self.consumed);
        (self.produced, self.consumed) = (stream.produced(), stream.consumed().max(self.consumed));
        if result.is_err() || stream.ended() {
            self.stream = None;
            self.fault = result.err();
        }
    }
}

impl<S: Splitter + Send> Framer for Feed<'_, S> {
    fn fill(&mut self, chunk: &mut Chunk) -> bool {
        if !self.opened {
            self.open(chunk);
        }
        chunk.data.append(&mut self.pending);
        let end = self.frame_records(chunk);
        self.pending.extend_from_slice(&chunk.data[end..]);
        chunk.data.truncate(end);
        self.offset += end as u64;
        if self.pending.is_empty() && !self.prompt {
            let mut pending = std::mem::take(&mut self.pending);
            self.read(&mut pending, 0, chunk);
            self.pending = pending;
        }
        let ended = self.stream.is_none() && self.pending.is_empty();
        if ended && let Some(fault) = self.fault.take() {
            self.reject_rest(&fault, chunk);
        }
        ended
    }
}
