//! Web archives: WARC as crawlers write it, and WET, which has the texts only.
//!
//! Archives are old, large and written by many programs, so faults are met with every day: lengths
//! that are wrong, blank lines that are missing, members cut off. Each costs the record it is in and
//! no other.

use std::ops::Range;

use memchr::memmem;

use super::feed::{Cut, Resume, Splitter};
use super::http::{self, Message};
use super::page::{self, Page};
use super::{Corpus, Parsed, record};
use crate::document::Source;

/// Every record begins with it. Versions 0.17 to 1.1 differ in nothing that matters here.
pub(super) const MARKS: [&[u8]; 2] = [b"WARC/1.", b"WARC/0."];

/// No head of a record is longer.
const LONGEST_HEAD: usize = 64 << 10;

/// A record's length may be wrong by the line break some writers forget to count.
const FORGOTTEN: usize = 4;

/// Of a record that is no document so much is read into memory before it is passed over.
const HELD: usize = 1 << 20;

/// The records of an archive.
#[derive(Debug)]
pub(super) struct Records;

impl Splitter for Records {
    const RECORD: &'static str = "record";
    const END: u64 = 0;
    const FINDS_BACK: bool = true;

    fn longest_preamble(&self) -> usize {
        0
    }

    fn preamble(&self, _: &[u8]) -> usize {
        0
    }

    fn cut(&mut self, data: &[u8], _: usize, ended: bool) -> Cut {
        let blank = data.iter().take_while(|byte| b" \t\r\n\0".contains(byte)).count();
        if blank > 0 {
            return Cut::Nothing { next: blank };
        }
        if !begins(data) {
            let far = usize::from(ended || data.len() >= MARKS[0].len());
            return refused("no WARC record begins here", data, far, ended);
        }
        let Some(head_end) = head_end(data) else {
            let reason = "the head of the record does not end";
            return match data.len() {
                0..LONGEST_HEAD if !ended => Cut::More,
                _ => refused(reason, data, 1, ended),
            };
        };
        let fields = Fields::read(&data[..head_end]);
        let Some(length) = fields.get("content-length").and_then(|n| n.parse::<usize>().ok())
        else {
            return refused("the record has no Content-Length", data, head_end, ended);
        };
        let end = head_end.saturating_add(length);
        let unwanted = unwanted(&fields, &data[head_end..data.len().min(end)]);
        match follows(data, end, ended) {
            Next::Unknown if unwanted.is_some() && data.len() > HELD => {
                Cut::Skip { what: unwanted.unwrap_or_default() }
            }
            Next::Unknown => Cut::More,
            Next::Record(next) => done(unwanted, 0..end, next),
            Next::Other => wrong_length(data, head_end, length, unwanted, ended),
        }
    }

    fn resume(&mut self, data: &[u8]) -> Resume {
        match find(data, 1, false) {
            Found::At(at) => Resume::At(at),
            Found::No | Found::Maybe => Resume::Behind(data.len().saturating_sub(LONGEST_LOOK)),
        }
    }
}

fn done(unwanted: Option<&'static str>, body: Range<usize>, next: usize) -> Cut {
    match unwanted {
        Some(what) => Cut::Skipped { what, next },
        None => Cut::Record { body, next },
    }
}

/// A record that cannot be had; the next is looked for from some place on.
fn refused(reason: &str, data: &[u8], from: usize, ended: bool) -> Cut {
    let next = match find(data, from, ended) {
        Found::At(next) => next,
        Found::No | Found::Maybe if !ended => return Cut::More,
        _ => data.len(),
    };
    Cut::Refused { reason: reason.to_owned(), next }
}

/// What stands where a record should have ended.
enum Next {
    Record(usize),
    Other,
    Unknown,
}

/// Looks behind a record for the next. Two line breaks should stand between; more and fewer do.
fn follows(data: &[u8], end: usize, ended: bool) -> Next {
    let Some(rest) = data.get(end..) else {
        return if ended { Next::Other } else { Next::Unknown };
    };
    let blank = rest.iter().take_while(|byte| b"\r\n".contains(byte)).count();
    match &rest[blank..] {
        [] if ended => Next::Record(data.len()),
        next if begins(next) => Next::Record(end + blank),
        next if next.len() < MARKS[0].len() && !ended => Next::Unknown,
        _ => Next::Other,
    }
}

/// The record's length is wrong: it ends where the next begins. What was cut off is not taken for
/// whole.
fn wrong_length(
    data: &[u8],
    head_end: usize,
    length: usize,
    unwanted: Option<&'static str>,
    ended: bool,
) -> Cut {
    let next = match find(data, head_end, ended) {
        Found::At(next) => next,
        Found::No | Found::Maybe if !ended => return Cut::More,
        _ => data.len(),
    };
    let mut body = &data[head_end..next];
    for _ in 0..2 {
        body = body.strip_suffix(b"\n").unwrap_or(body);
        body = body.strip_suffix(b"\r").unwrap_or(body);
    }
    if unwanted.is_none() && body.len() + FORGOTTEN < length {
        let found = body.len();
        let reason =
            format!("the record is cut off: it should have {length} bytes and has {found}");
        return Cut::Refused { reason, next };
    }
    done(unwanted, 0..head_end + body.len(), next)
}

fn begins(data: &[u8]) -> bool {
    MARKS.iter().any(|mark| data.starts_with(mark))
}

/// Where the head of a record ends, its blank line included.
fn head_end(data: &[u8]) -> Option<usize> {
    let head = &data[..data.len().min(LONGEST_HEAD)];
    let ends = [&b"\r\n\r\n"[..], b"\n\n"];
    ends.iter().filter_map(|end| Some(memmem::find(head, end)? + end.len())).min()
}

#[derive(Debug, PartialEq, Eq)]
enum Found {
    At(usize),
    /// Something that may turn out to be one, when more is read.
    Maybe,
    No,
}

/// A head shows what it is within so many bytes.
const LONGEST_LOOK: usize = 4 << 10;

/// Looks for the next record. Its mark may stand inside another, on a page about archives, so its
/// type has to follow.
fn find(data: &[u8], from: usize, ended: bool) -> Found {
    let mut from = from.min(data.len());
    while let Some(at) = memmem::find(&data[from..], b"WARC/").map(|at| from + at) {
        let line_begins = at == 0 || data[at - 1] == b'\n';
        let look = &data[at..data.len().min(at + LONGEST_LOOK)];
        if line_begins && begins(look) && has_type(look) {
            return Found::At(at);
        }
        if look.len() < LONGEST_LOOK && !ended {
            return Found::Maybe;
        }
        from = at + 1;
    }
    Found::No
}

fn has_type(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| *byte == b'\n').take(20);
    lines.any(|line| line.get(..10).is_some_and(|name| name.eq_ignore_ascii_case(b"warc-type:")))
}

/// Why a record is no document, if it is none.
fn unwanted(fields: &Fields<'_>, body: &[u8]) -> Option<&'static str> {
    const OTHER: [&str; 5] = ["warcinfo", "request", "metadata", "revisit", "continuation"];
    let media = |kind: &str| match http::media(kind).as_str() {
        "" | "text/html" | "application/xhtml+xml" | "text/plain" => None,
        other => Some(family(other)),
    };
    match fields.get("warc-type").unwrap_or_default() {
        "conversion" | "resource" => media(fields.get("content-type").unwrap_or_default()),
        "response" if is_http(fields) => {
            let message = Message::read(body);
            match message.status.unwrap_or(200) {
                200..=299 => media(message.get("content-type").unwrap_or_default()),
                300..=399 => Some("HTTP status 3xx"),
                400..=499 => Some("HTTP status 4xx"),
                _ => Some("HTTP status of no page"),
            }
        }
        "response" => Some("answer of another protocol than HTTP"),
        kind => Some(OTHER.iter().find(|other| **other == kind).copied().unwrap_or("other record")),
    }
}

/// DNS answers are kept in archives too.
fn is_http(fields: &Fields<'_>) -> bool {
    let address = fields.get("warc-target-uri").unwrap_or_default();
    let address = address.trim_start_matches('<');
    !["dns:", "ftp:", "whois:"].iter().any(|other| address.starts_with(other))
}

/// The family of a media type.
fn family(media: &str) -> &'static str {
    const FAMILIES: [&str; 5] = ["image", "video", "audio", "font", "text"];
    let family = media.split('/').next().unwrap_or_default();
    FAMILIES.iter().find(|name| **name == family).copied().unwrap_or("application")
}

/// The named fields of a record's head.
#[derive(Debug)]
struct Fields<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Fields<'a> {
    fn read(head: &'a [u8]) -> Self {
        // What is not UTF-8 is in none of the fields that are asked for.
        let lines = head.split(|byte| *byte == b'\n').skip(1);
        let lines = lines.filter_map(|line| std::str::from_utf8(line).ok());
        let fields = lines.filter_map(|line| line.split_once(':'));
        Self(fields.map(|(name, value)| (name.trim(), value.trim())).collect())
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    }
}

/// Makes a document of a record.
pub(super) fn parse(bytes: &[u8], source: Source, corpus: &Corpus) -> Result<Parsed, String> {
    let head_end = head_end(bytes).ok_or("the head of the record does not end")?;
    let (head, body) = bytes.split_at(head_end);
    let fields = Fields::read(head);
    // Old writers put addresses into angle brackets.
    let unbracketed = |value: &'_ str| value.trim_matches(['<', '>']).to_owned();
    let mut page = Page {
        id: fields.get("warc-record-id").map(unbracketed),
        url: fields.get("warc-target-uri").map(unbracketed),
        date: fields.get("warc-date").map(str::to_owned),
        ..Page::default()
    };
    page.own.push(("warc", record::object(&fields.0)));
    let most = corpus.limits.max_record;
    let media = if fields.get("warc-type") == Some("response") {
        let message = Message::read(body);
        page.body = message.body(most)?;
        page.charset = message.get("content-type").and_then(http::charset);
        page.own.push(("http", message.told()));
        message.get("content-type").map(str::to_owned)
    } else {
        page.body = body.to_vec();
        let kind = fields.get("content-type");
        page.charset = kind.and_then(http::charset);
        kind.map(str::to_owned)
    };
    page.is_text = http::media(&media.unwrap_or_default()) == "text/plain";
    page::document(&page, source, corpus)
}
