//! What a file holds, told by its content; its name speaks only where that leaves a doubt.

use std::io::Cursor;
use std::path::Path;

use memchr::{memchr, memmem};
use serde::de::IgnoredAny;

use super::compression::{Compression, Stream};
use super::csv::Dialect;
use super::fields::Fields;
use super::{ShardKind, parquet, warc};

/// How much of a file is looked at.
pub(super) const WINDOW: usize = 16 << 10;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sniffed {
    pub(super) kind: ShardKind,
    pub(super) compression: Compression,
    pub(super) dialect: Dialect,
}

/// Formats that are known not to be read: where their mark stands, and what to do with them.
const FOREIGN: [(usize, &[u8], &str); 5] = [
    (0, b"PK\x03\x04", "a zip archive; unpack it with: unzip"),
    (0, b"PARE", "encrypted Parquet, which is not read"),
    (0, b"%PDF-", "PDF, which is not read; convert it with: pdftotext"),
    (0, b"SQLite format 3\0", "a database; export it as JSON lines"),
    (257, b"ustar", "a tar archive; unpack it with: tar -xf"),
];

/// Looks at the beginning of a file; what is no input gives the reason.
pub(super) fn sniff(path: &Path, fields: &Fields) -> Result<Sniffed, String> {
    let stream = Stream::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    look(stream, Ending::of(path), fields)
}

/// Looks at the beginning of a pipe.
pub(super) fn sniff_head(head: &[u8], fields: &Fields) -> Result<Sniffed, String> {
    let stream = Stream::of_pipe(Box::new(Cursor::new(head.to_vec())));
    look(stream.map_err(|error| error.to_string())?, Ending::Other, fields)
}

fn look(mut stream: Stream, ending: Ending, fields: &Fields) -> Result<Sniffed, String> {
    let mut head = Vec::new();
    let result = stream.read(&mut head, WINDOW);
    if head.is_empty() {
        return Err(result.err().map_or("empty file".into(), |fault| fault.reason(0)));
    }
    let head = Head { bytes: &head, whole: stream.ended(), ending };
    let (kind, dialect) = head.kind(fields)?;
    Ok(Sniffed { kind, compression: stream.compression(), dialect })
}

/// The beginning of a file.
#[derive(Debug, Clone, Copy)]
struct Head<'a> {
    bytes: &'a [u8],
    /// It is all of it.
    whole: bool,
    ending: Ending,
}

/// What the name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Lines,
    Json,
    Table,
    Page,
    Other,
}

impl Ending {
    fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let packed = [".gz", ".gzip", ".zst", ".zstd", ".bz2", ".xz"];
        let name = packed.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
        match Path::new(name).extension().and_then(|ending| ending.to_str()) {
            Some("jsonl" | "ndjson" | "jsonlines") => Self::Lines,
            Some("json") => Self::Json,
            Some("csv" | "tsv") => Self::Table,
            Some("html" | "htm" | "xhtml") => Self::Page,
            _ => Self::Other,
        }
    }
}

impl Head<'_> {
    fn kind(self, fields: &Fields) -> Result<(ShardKind, Dialect), String> {
        let plain = |kind| Ok((kind, Dialect::default()));
        let head = self.bytes;
        let stands = |(at, mark, _): &&(usize, &[u8], &str)| {
            head.get(*at..).is_some_and(|there| there.starts_with(mark))
        };
        if let Some((_, _, remedy)) = FOREIGN.iter().find(stands) {
            return Err((*remedy).to_owned());
        }
        if warc::MARKS.iter().any(|mark| head.starts_with(mark)) {
            return plain(ShardKind::Warc);
        }
        if head.starts_with(parquet::MARK) {
            return plain(ShardKind::Parquet);
        }
        let table = || Dialect::of(head, self.whole, self.ending == Ending::Table, fields);
        let wide = matches!(head, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
        let body = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        let named = self.ending == Ending::Json;
        match (body.first(), self.ending) {
            (_, Ending::Lines | Ending::Json) if wide => Err(WIDE_JSON.into()),
            _ if wide && begins_with_wide_object(head) => Err(WIDE_JSON.into()),
            (Some(b'['), _) if named || holds_a_name(body, b"[{") => {
                Err("a JSON array; convert it with: jq -c '.[]'".into())
            }
            (Some(b'{'), _) if (named || holds_a_name(body, b"{")) && is_spread(body) => {
                Err("a JSON object on several lines; convert it with: jq -c .".into())
            }
            (_, Ending::Lines | Ending::Json) => plain(ShardKind::Jsonl),
            (Some(b'{'), _) if begins_with_object(body) => plain(ShardKind::Jsonl),
            (Some(b'<'), _) if begins_with_page(body) => plain(ShardKind::Html),
            (_, Ending::Page) => plain(ShardKind::Html),
            _ if let Some(dialect) = table() => Ok((ShardKind::Csv, dialect)),
            _ if !wide && memchr(0, head).is_some() => Err("not text: it has NUL bytes".into()),
            _ => plain(ShardKind::Text),
        }
    }
}

const WIDE_JSON: &str = "JSON in UTF-16; convert it with: iconv -f UTF-16 -t UTF-8";

/// Behind these brackets, with or without white space between them, stands the quotation mark that
/// begins a name.
fn holds_a_name(body: &[u8], brackets: &[u8]) -> bool {
    let inside = brackets.iter().try_fold(body, |rest, bracket| {
        rest.strip_prefix(&[*bracket]).map(<[u8]>::trim_ascii_start)
    });
    inside.is_some_and(|inside| inside.starts_with(b"\""))
}

/// The same in UTF-16.
fn begins_with_wide_object(head: &[u8]) -> bool {
    let narrow: Vec<u8> = head.iter().skip(2).copied().filter(|byte| *byte != 0).collect();
    begins_with_object(narrow.trim_ascii_start())
}

/// The first tag is one that only a page begins with.
fn begins_with_page(body: &[u8]) -> bool {
    let mut rest = body;
    // Comments and the declaration of XML may stand before it.
    while rest.starts_with(b"<!--") || rest.starts_with(b"<?") {
        let end = if rest.starts_with(b"<?") { &b"?>"[..] } else { b"-->" };
        let Some(at) = memmem::find(rest, end) else { return false };
        rest = rest[at + end.len()..].trim_ascii_start();
    }
    let start = rest[..rest.len().min(14)].to_ascii_lowercase();
    [&b"<!doctype html"[..], b"<html", b"<head", b"<body"].iter().any(|tag| start.starts_with(tag))
}

/// The first line is an object, or the beginning of one that is longer than the window.
fn begins_with_object(body: &[u8]) -> bool {
    let end = memchr(b'\n', body);
    match serde_json::from_slice::<IgnoredAny>(&body[..end.unwrap_or(body.len())]) {
        Ok(_) => true,
        Err(error) => end.is_none() && body.len() > WINDOW / 2 && error.is_eof(),
    }
}

/// The first line is the beginning of an object and the second is no other one's.
fn is_spread(body: &[u8]) -> bool {
    let Some(end) = memchr(b'\n', body) else { return false };
    let next = body[end..].trim_ascii_start().first();
    let first = serde_json::from_slice::<IgnoredAny>(&body[..end]);
    next.is_some_and(|byte| *byte != b'{') && first.is_err_and(|error| error.is_eof())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::InputOptions;

    fn of(name: &str, bytes: &[u8]) -> Result<ShardKind, String> {
        let fields = Fields::new(&InputOptions::default()).unwrap();
        let head = Head { bytes, whole: bytes.len() < WINDOW, ending: Ending::of(Path::new(name)) };
        head.kind(&fields).map(|(kind, _)| kind)
    }

    #[test]
    fn content_speaks_first() {
        assert_eq!(of("a.txt", b"{\"text\": \"x\"}\n"), Ok(ShardKind::Jsonl));
        assert_eq!(of("a", b"\xef\xbb\xbf \n{\"text\": \"x\"}"), Ok(ShardKind::Jsonl));
        assert_eq!(of("a.txt", b"{curly} words\n"), Ok(ShardKind::Text));
        assert_eq!(of("a.txt", b"[\"He left,\" he said.]\n"), Ok(ShardKind::Text));
        assert_eq!(of("a.txt", b"\xff\xfe{\0a\0}\0"), Ok(ShardKind::Text));
        assert_eq!(of("a.txt", b"{\"text\": \"cut o"), Ok(ShardKind::Text));
        assert_eq!(of("a.csv", b"{\"text\": \"x\"}\n"), Ok(ShardKind::Jsonl));
    }

    #[test]
    fn the_ending_settles_a_doubt() {
        assert_eq!(of("a.jsonl.gz", b"{\"text\": \"cut o\n{}"), Ok(ShardKind::Jsonl));
        assert_eq!(of("a.json", b"{\"text\": \"cut o\n{\"text\": 1}"), Ok(ShardKind::Jsonl));
        assert_eq!(of("A.NDJSON", b"oops\n{}"), Ok(ShardKind::Jsonl));
    }

    #[test]
    fn a_long_first_line_is_believed() {
        let mut line = b"{\"text\": \"".to_vec();
        line.resize(WINDOW, b'x');
        assert_eq!(of("a", &line), Ok(ShardKind::Jsonl));
    }

    #[test]
    fn what_is_no_input_gets_a_remedy() {
        for (name, head, word) in [
            ("a.json", &b" [\n{}]"[..], "jq -c '.[]'"),
            ("a.json", b"{\n  \"text\": 1\n}", "jq -c ."),
            ("a", b"[{\"text\": 1}]", "jq -c '.[]'"),
            ("a.txt", b"[\n  {\n    \"text\": 1", "jq -c '.[]'"),
            ("a.txt", b"{\n  \"text\": 1\n}", "jq -c ."),
            ("a.txt", b"\xff\xfe{\0\"\0a\0\"\0:\x001\0}\0", "iconv"),
            ("a.jsonl", b"\xff\xfe{\0", "iconv"),
            ("a", b"\x7fELF\0\0", "NUL"),
            ("a", b"%PDF-1.7", "pdftotext"),
        ] {
            let reason = of(name, head).unwrap_err();
            assert!(reason.contains(word), "{reason}");
        }
    }
}
