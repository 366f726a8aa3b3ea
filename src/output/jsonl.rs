//! JSON lines, with another text.

use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

use memchr::memmem;

use super::own::{FIELD, merged};
use super::{AtomicFile, compress};
use crate::error::{Error, Result};
use crate::input::{Compression, jsonl::field};

/// Appends a line: as it is, but for a new text at `text` and the field of our own.
pub(super) fn encode(
    line: &[u8],
    text: Range<usize>,
    clean: Option<&str>,
    extra: Option<&str>,
    out: &mut Vec<u8>,
) {
    let present = extra
        .filter(|_| memmem::find(line, FIELD.as_bytes()).is_some())
        .and_then(|_| field(line, FIELD));
    let mut edits = [clean.map(|_| (text, Edit::Text)), present.map(|range| (range, Edit::Extra))];
    edits.sort_by_key(|edit| edit.as_ref().map(|(range, _)| range.start));
    let (clean, extra) = (clean.unwrap_or_default(), extra.unwrap_or_default());
    let adds = !extra.is_empty() && edits.iter().flatten().all(|(_, edit)| *edit == Edit::Text);
    let mut done = 0;
    for (range, edit) in edits.into_iter().flatten() {
        out.extend_from_slice(&line[done..range.start]);
        match edit {
            Edit::Text => write_string(clean, out),
            Edit::Extra => {
                let before = str::from_utf8(&line[range.clone()]).unwrap_or_default();
                out.extend_from_slice(merged(before, extra).as_bytes());
            }
        }
        done = range.end;
    }
    out.extend_from_slice(&line[done..]);
    if adds {
        append_field(extra, out);
    }
    out.push(b'\n');
}

#[derive(Debug, PartialEq, Eq)]
enum Edit {
    Text,
    Extra,
}

/// Puts the field behind the last one, before the brace the line ends with.
fn append_field(extra: &str, out: &mut Vec<u8>) {
    out.pop();
    out.truncate(out.trim_ascii_end().len());
    out.extend_from_slice(b",\"");
    out.extend_from_slice(FIELD.as_bytes());
    out.extend_from_slice(b"\":");
    out.extend_from_slice(extra.as_bytes());
    out.push(b'}');
}

/// Only what JSON demands is escaped.
fn write_string(string: &str, out: &mut Vec<u8>) {
    let mut rest = string;
    out.push(b'"');
    while let Some(at) = first_escaped(rest.as_bytes()) {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        match rest.as_bytes()[at] {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\r' => out.extend_from_slice(b"\\r"),
            byte @ (b'"' | b'\\') => out.extend_from_slice(&[b'\\', byte]),
            byte => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest.as_bytes());
    out.push(b'"');
}

/// Where the first byte stands that must be escaped. Looking at all of a few bytes lets compilers
/// take them at once.
fn first_escaped(bytes: &[u8]) -> Option<usize> {
    let is_escaped = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    let any = |few: &[u8]| few.iter().fold(false, |any, byte| any | is_escaped(byte));
    let clear = bytes.chunks(32).take_while(|few| !any(few)).count() * 32;
    let at = bytes.get(clear..)?.iter().position(is_escaped)?;
    Some(clear + at)
}

/// A file of JSON lines, written in packed pieces.
#[derive(Debug)]
pub struct Writer {
    file: AtomicFile,
    compression: Compression,
    empty: bool,
}

impl Writer {
    /// Begins a file.
    pub fn create(target: &Path, compression: Compression) -> Result<Self> {
        Ok(Self { file: AtomicFile::create(target)?, compression, empty: true })
    }

    /// Appends packed bytes.
    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.empty &= bytes.is_empty();
        self.write(bytes).map_err(Error::io("cannot write", self.file.target()))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Lets the file appear. Even one without records has to be one that its unpacker accepts.
    pub fn finish(mut self) -> Result<()> {
        if self.empty {
            let nothing = compress(Vec::new(), self.compression);
            let written = nothing.and_then(|bytes| self.write(&bytes));
            written.map_err(Error::io("cannot write", self.file.target()))?;
        }
        self.file.commit()
    }
}
