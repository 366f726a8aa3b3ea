//! JSON lines: framing them, and making a document of one.

use std::ops::Range;

use memchr::memchr;
use serde_json::value::RawValue;

use super::feed::{Cut, Resume, Splitter};
use super::fields::{Fields, Record, Role};
use super::outlet::{self, Clues};
use super::{Corpus, Parsed};
use crate::document::{Document, Envelope, Source};

/// The byte order mark some programs put before UTF-8.
pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";

/// A record is a line that is not blank.
#[derive(Debug)]
pub(super) struct Lines;

impl Splitter for Lines {
    const RECORD: &'static str = "line";
    const END: u64 = 1;

    fn longest_preamble(&self) -> usize {
        BOM.len()
    }

    fn preamble(&self, head: &[u8]) -> usize {
        if head.starts_with(BOM) { BOM.len() } else { 0 }
    }

    fn cut(&mut self, data: &[u8], seen: usize, ended: bool) -> Cut {
        let (end, next) = match memchr(b'\n', &data[seen..]) {
            Some(length) => (seen + length, seen + length + 1),
            None if ended => (data.len(), data.len()),
            None => return Cut::More,
        };
        if data[..end].trim_ascii().is_empty() {
            return Cut::Nothing { next };
        }
        Cut::Record { body: 0..end, next }
    }

    fn resume(&mut self, data: &[u8]) -> Resume {
        memchr(b'\n', data).map_or(Resume::Behind(data.len()), |end| Resume::At(end + 1))
    }
}

/// A line without what may stand around its object.
pub(super) fn bare(line: &[u8]) -> &[u8] {
    line.trim_ascii()
}

/// Makes a document of a line.
pub(super) fn parse(line: &[u8], source: Source, corpus: &Corpus) -> Result<Parsed, String> {
    let line = bare(line);
    let line = std::str::from_utf8(line).map_err(|error| not_utf8(line, error.valid_up_to()))?;
    let (mut parsed, text) = read(line, None, source, corpus)?;
    parsed.document.envelope = Envelope::Line { text };
    Ok(parsed)
}

/// Makes a document of an object that was made here, of something in a folder below INPUT.
pub(super) fn parse_made(
    line: String,
    folder: Option<&str>,
    source: Source,
    corpus: &Corpus,
) -> Result<Parsed, String> {
    let (mut parsed, text) = read(&line, folder, source, corpus)?;
    parsed.document.envelope = Envelope::Made { line, text };
    Ok(parsed)
}

/// A document that has no envelope yet, and where in the line its text stands.
fn read(
    line: &str,
    folder: Option<&str>,
    source: Source,
    corpus: &Corpus,
) -> Result<(Parsed, Range<usize>), String> {
    let record = Record::read(line, &corpus.fields).map_err(|error| not_an_object(&error))?;
    let (raw, text) = text_of(&record, &corpus.fields)?;
    let url = record.string(Role::Url);
    let itself = format!("{}:{}", source.file, source.record);
    let (outlet, outlet_by) = outlet::resolve(
        &Clues {
            field: record.string(Role::Outlet).as_deref(),
            url: url.as_deref(),
            source: record.string(Role::Source).as_deref(),
            folder,
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
        extracted: false,
        markup: Vec::new(),
        envelope: Envelope::default(),
    };
    Ok((Parsed { document, outlet_by, encoding: None }, span(line, raw)))
}

/// Where the value of the last field of this name stands in a line of JSON.
pub(crate) fn field(line: &[u8], name: &str) -> Option<Range<usize>> {
    let line = std::str::from_utf8(line).ok()?;
    let fields = Fields::only(name);
    let record = Record::read(line, &fields).ok()?;
    record.value(Role::Text).map(|raw| span(line, raw))
}

fn text_of<'a>(record: &Record<'a>, fields: &Fields) -> Result<(&'a RawValue, String), String> {
    let missing = || format!("no text: no field {}", fields.looked_for(Role::Text));
    let raw = record.value(Role::Text).ok_or_else(missing)?;
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
pub(super) fn primary_subtag(tag: &str) -> Option<String> {
    let primary = tag.trim().split(['-', '_']).next()?;
    let is_subtag =
        (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_alphabetic());
    is_subtag.then(|| primary.to_ascii_lowercase())
}
