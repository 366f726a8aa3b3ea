//! JSON lines: framing them, and making a document of one.

use std::ops::Range;

use memchr::memchr;
use serde_json::value::RawValue;

use super::chunk::Chunk;
use super::compression::{Fault, Stream};
use super::fields::{Fields, Record, Role};
use super::outlet::{self, Clues};
use super::{Corpus, Parsed};
use crate::document::{Document, Envelope, Source};
use crate::error::Reject;

/// The byte order mark some programs put before UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// The lines of one file.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    corpus: &'a Corpus,
    file: usize,
    /// `None` before the file was opened and after its end.
    stream: Option<Stream>,
    opened: bool,
    /// Bytes that were read and belong to the next chunk.
    pending: Vec<u8>,
    /// Where `pending` begins in the file; while a chunk is filled, where its data begins, counting
    /// the lines that were skipped as if they stood before it.
    offset: u64,
    record: u64,
    fault: Option<Fault>,
    /// What the stream had given and taken when it was last read.
    produced: u64,
    consumed: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(corpus: &'a Corpus, file: usize) -> Self {
        Self {
            corpus,
            file,
            stream: None,
            opened: false,
            pending: Vec::new(),
            offset: 0,
            record: 0,
            fault: None,
            produced: 0,
            consumed: 0,
        }
    }

    /// Fills an empty chunk and says whether it is the last one.
    pub(super) fn fill(&mut self, chunk: &mut Chunk) -> bool {
        if !self.opened {
            self.open(chunk);
        }
        chunk.data.append(&mut self.pending);
        let end = self.frame_lines(chunk);
        self.pending.extend_from_slice(&chunk.data[end..]);
        chunk.data.truncate(end);
        self.offset += end as u64;
        if self.pending.is_empty() {
            let mut pending = std::mem::take(&mut self.pending);
            self.read(&mut pending, chunk);
            self.pending = pending;
        }
        let ended = self.stream.is_none() && self.pending.is_empty();
        if ended && let Some(fault) = self.fault.take() {
            self.reject_rest(&fault, chunk);
        }
        ended
    }

    fn open(&mut self, chunk: &mut Chunk) {
        self.opened = true;
        match Stream::open(&self.corpus.files[self.file].path) {
            Ok(stream) => self.stream = Some(stream),
            Err(error) => self.fault = Some(Fault::Read(error)),
        }
        self.read_into(chunk);
        if chunk.data.starts_with(BOM) {
            chunk.data.drain(..BOM.len());
            self.offset = BOM.len() as u64;
        }
    }

    /// Frames lines until the chunk is full, and gives the end of the last.
    fn frame_lines(&mut self, chunk: &mut Chunk) -> usize {
        let (mut start, mut scanned) = (0, 0);
        while !self.corpus.limits.is_full(chunk, start) {
            if let Some(length) = memchr(b'\n', &chunk.data[scanned..]) {
                self.line(start..scanned + length, chunk);
                start = scanned + length + 1;
                scanned = start;
            } else if chunk.data.len() - start > self.longest() {
                self.skip_line(start, chunk);
                scanned = start;
            } else if self.stream.is_some() {
                scanned = chunk.data.len();
                self.read_into(chunk);
            } else {
                return self.last_line(start, chunk);
            }
        }
        start
    }

    fn longest(&self) -> usize {
        usize::try_from(self.corpus.limits.max_record).unwrap_or(usize::MAX)
    }

    fn line(&mut self, range: Range<usize>, chunk: &mut Chunk) {
        if chunk.data[range.clone()].trim_ascii().is_empty() {
            return;
        }
        self.record += 1;
        let offset = self.offset + range.start as u64;
        if range.len() > self.longest() {
            self.reject_long(range.len() as u64, offset, chunk);
        } else {
            chunk.frame(range, self.file as u32, self.record, offset);
        }
    }

    /// What follows the last newline: a line like any other, unless the file was cut off in it.
    fn last_line(&mut self, start: usize, chunk: &mut Chunk) -> usize {
        match &self.fault {
            None | Some(Fault::Trailing) => {
                self.line(start..chunk.data.len(), chunk);
                chunk.data.len()
            }
            Some(_) => {
                chunk.data.truncate(start);
                start
            }
        }
    }

    /// Reads to the end of the line that begins at `start`, keeping nothing of it.
    fn skip_line(&mut self, start: usize, chunk: &mut Chunk) {
        let mut length = (chunk.data.len() - start) as u64;
        chunk.data.truncate(start);
        while self.stream.is_some() {
            self.read_into(chunk);
            if let Some(rest) = memchr(b'\n', &chunk.data[start..]) {
                length += rest as u64;
                chunk.data.drain(start..=start + rest);
                break;
            }
            length += (chunk.data.len() - start) as u64;
            chunk.data.truncate(start);
        }
        self.record += 1;
        self.reject_long(length, self.offset + start as u64, chunk);
        // One more for the newline; where there was none, nothing comes that it could shift.
        self.offset += length + 1;
        chunk.data.shrink_to(start + self.corpus.limits.block);
    }

    fn reject_long(&self, length: u64, offset: u64, chunk: &mut Chunk) {
        let most = self.corpus.limits.max_record;
        chunk.rejects.push(Reject {
            file: self.corpus.files[self.file].name.clone(),
            record: self.record,
            offset,
            reason: format!(
                "the line has {length} bytes, more than the {most} allowed; raise --max-record"
            ),
        });
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

    fn read_into(&mut self, chunk: &mut Chunk) {
        let mut data = std::mem::take(&mut chunk.data);
        self.read(&mut data, chunk);
        chunk.data = data;
    }

    /// Appends a block to `data`, noting the end of the file.
    fn read(&mut self, data: &mut Vec<u8>, chunk: &mut Chunk) {
        let Some(stream) = &mut self.stream else { return };
        let block = self.corpus.limits.block;
        let result = stream.read(data, block);
        chunk.consumed += stream.consumed() - self.consumed;
        (self.produced, self.consumed) = (stream.produced(), stream.consumed());
        if !matches!(result, Ok(count) if count == block) {
            self.stream = None;
            self.fault = result.err();
        }
    }
}

/// Makes a document of a line.
pub(super) fn parse(line: &[u8], source: Source, corpus: &Corpus) -> Result<Parsed, String> {
    let line = line.trim_ascii();
    let line = std::str::from_utf8(line).map_err(|error| not_utf8(line, error.valid_up_to()))?;
    let record = Record::read(line, &corpus.fields).map_err(|error| not_an_object(&error))?;
    let (raw, text) = text_of(&record, &corpus.fields.looked_for(Role::Text))?;
    let url = record.string(Role::Url);
    let itself = format!("{}:{}", source.file, source.record);
    let (outlet, outlet_by) = outlet::resolve(
        &Clues {
            field: record.string(Role::Outlet).as_deref(),
            url: url.as_deref(),
            source: record.string(Role::Source).as_deref(),
            folder: None,
            itself: &itself,
        },
        &corpus.outlets,
    );
    let document = Document {
        id: record.identifier().unwrap_or(itself),
        outlet,
        url,
        date: record.string(Role::Date),
        title: record.string(Role::Title),
        lang: record.string(Role::Lang).as_deref().and_then(primary_subtag),
        text,
        source,
        envelope: Envelope::Json { line: line.to_owned(), text: span(line, raw) },
    };
    Ok(Parsed { document, outlet_by, encoding: None })
}

/// Where the value of the last field of this name stands in a line of JSON.
pub(crate) fn field(line: &str, name: &str) -> Option<Range<usize>> {
    let fields = Fields::only(name);
    let record = Record::read(line, &fields).ok()?;
    record.value(Role::Text).map(|raw| span(line, raw))
}

fn text_of<'a>(record: &Record<'a>, wanted: &str) -> Result<(&'a RawValue, String), String> {
    let raw = record.value(Role::Text).ok_or_else(|| format!("no text: no field {wanted}"))?;
    let kind = match raw.get().as_bytes().first() {
        Some(b'"') => {
            let text = serde_json::from_str(raw.get());
            return text
                .map(|text| (raw, text))
                .map_err(|error| format!("the text: {}", what(&error)));
        }
        Some(b'n') => "null",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "true or false",
        _ => "a number",
    };
    Err(format!("no text: field {} is {kind}, not a string", record.name(Role::Text)))
}

/// A borrowed value is a part of the line it was read from, so where it begins tells where it stands.
fn span(line: &str, raw: &RawValue) -> Range<usize> {
    let start = raw.get().as_ptr().addr() - line.as_ptr().addr();
    start..start + raw.get().len()
}

fn not_utf8(line: &[u8], at: usize) -> String {
    format!(
        "invalid UTF-8 at byte {at} of the record (0x{:02X}); convert the file to UTF-8 with iconv",
        line[at]
    )
}

fn not_an_object(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "not valid JSON: the line ends inside the object".into();
    }
    format!("not valid JSON: {} at byte {}", what(error), error.column())
}

/// The message without its position: there is one line only.
fn what(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.split(" at line ").next().unwrap_or_default().to_owned()
}

/// `en` of `en-US`, `EN` and `en_GB`; what is no language tag is no language.
fn primary_subtag(tag: &str) -> Option<String> {
    let primary = tag.trim().split(['-', '_']).next()?;
    let is_subtag =
        (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_alphabetic());
    is_subtag.then(|| primary.to_ascii_lowercase())
}
