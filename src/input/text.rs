//! Plain text: a file is a document.

use std::ops::Range;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use memchr::memchr;

use super::chunk::Chunk;
use super::compression::{Fault, Stream};
use super::outlet::{self, Clues};
use super::{Corpus, InputFile, Parsed};
use crate::document::{Document, Envelope, Source};
use crate::error::Reject;

/// How much is decompressed at a time: more than most articles.
const BLOCK: usize = 16 << 10;

/// How much of a text is shown to the guesser of encodings, which is the slowest thing here.
const GUESSED: usize = 256 << 10;

/// The text files of a shard.
#[derive(Debug)]
pub(super) struct Files<'a> {
    corpus: &'a Corpus,
    left: Range<usize>,
}

impl<'a> Files<'a> {
    pub(super) fn new(corpus: &'a Corpus, files: Range<usize>) -> Self {
        Self { corpus, left: files }
    }

    /// Fills an empty chunk and says whether it is the last one.
    pub(super) fn fill(&mut self, chunk: &mut Chunk) -> bool {
        while !self.corpus.limits.is_full(chunk, chunk.data.len())
            && let Some(i) = self.left.next()
        {
            self.frame(i, chunk);
        }
        self.left.is_empty()
    }

    fn frame(&self, i: usize, chunk: &mut Chunk) {
        let start = chunk.data.len();
        let result = match Stream::open(&self.corpus.files[i].path) {
            Ok(mut stream) => {
                let result = self.read(&mut stream, chunk);
                chunk.consumed += stream.consumed();
                result
            }
            Err(error) => Err((0, Fault::Read(error).reason(0))),
        };
        let whole = match result {
            Ok(None) => true,
            Ok(Some(remark)) => {
                self.reject(i, 0, remark, chunk);
                true
            }
            Err((record, reason)) => {
                self.reject(i, record, reason, chunk);
                false
            }
        };
        if whole {
            chunk.frame(start..chunk.data.len(), i as u32, 1, 0);
        } else {
            chunk.data.truncate(start);
        }
    }

    /// Reads a whole file: with a remark where more follows that is no part of it, and with the
    /// record's number and the reason where it cannot be had whole.
    fn read(
        &self,
        stream: &mut Stream,
        chunk: &mut Chunk,
    ) -> Result<Option<String>, (u64, String)> {
        let most = self.corpus.limits.max_record;
        loop {
            match stream.read(&mut chunk.data, BLOCK) {
                Ok(_) if stream.produced() > most => {
                    let reason = format!(
                        "the file has more than the {most} bytes allowed; raise --max-record"
                    );
                    return Err((1, reason));
                }
                Ok(BLOCK) => {}
                Ok(_) => return Ok(None),
                Err(fault @ Fault::Trailing) => return Ok(Some(fault.reason(stream.produced()))),
                Err(fault @ Fault::Read(_)) => return Err((0, fault.reason(stream.produced()))),
                Err(fault) => return Err((1, fault.reason(stream.produced()))),
            }
        }
    }

    fn reject(&self, i: usize, record: u64, reason: String, chunk: &mut Chunk) {
        let file = self.corpus.files[i].name.clone();
        chunk.rejects.push(Reject { file, record, offset: 0, reason });
    }
}

/// Makes a document of a text file.
pub(super) fn parse(
    bytes: &[u8],
    source: Source,
    file: &InputFile,
    corpus: &Corpus,
) -> Result<Parsed, String> {
    let (text, encoding) = decode(bytes)?;
    let folder = file.below.split_once('/').map(|(folder, _)| folder);
    let clues = Clues { folder, itself: &file.name, ..Clues::default() };
    let (outlet, outlet_by) = outlet::resolve(&clues, &corpus.outlets);
    let document = Document {
        id: file.below.clone(),
        outlet,
        text,
        source,
        envelope: Envelope::Text,
        ..Document::default()
    };
    Ok(Parsed { document, outlet_by, encoding })
}

/// The characters of a text, and the encoding they were in where that was not UTF-8.
fn decode(bytes: &[u8]) -> Result<(String, Option<&'static str>), String> {
    if bytes.is_empty() {
        return Err("empty file".into());
    }
    let (marked, rest) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (Some(encoding), &bytes[mark..]),
        None => (None, bytes),
    };
    let wide = marked.is_some_and(|encoding| encoding == UTF_16LE || encoding == UTF_16BE);
    if !wide && let Ok(text) = std::str::from_utf8(rest) {
        return without_nul(text.to_owned(), UTF_8);
    }
    if !wide && let Some(at) = memchr(0, rest) {
        return Err(nul(at));
    }
    let encoding = marked.unwrap_or_else(|| guess(rest));
    let text = encoding
        .decode_without_bom_handling_and_without_replacement(rest)
        .ok_or_else(|| format!("malformed {}; convert the file to UTF-8", encoding.name()))?;
    if marked.is_none() && is_noise(&text) {
        return Err("not text: too many control characters".into());
    }
    without_nul(text.into_owned(), encoding)
}

fn without_nul(
    text: String,
    encoding: &'static Encoding,
) -> Result<(String, Option<&'static str>), String> {
    match memchr(0, text.as_bytes()) {
        Some(at) => Err(nul(at)),
        None => Ok((text, (encoding != UTF_8).then(|| encoding.name()))),
    }
}

fn nul(at: usize) -> String {
    format!("not text: a NUL byte at byte {at}")
}

/// The likeliest encoding of bytes that are not UTF-8, judged from where they stop being ASCII.
fn guess(bytes: &[u8]) -> &'static Encoding {
    let start = Encoding::ascii_valid_up_to(bytes);
    let end = bytes.len().min(start + GUESSED);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes[start..end], true);
    detector.guess(None, Utf8Detection::Deny)
}

/// Single-byte encodings decode anything; text has next to no control characters.
fn is_noise(text: &str) -> bool {
    let controls = text.chars().filter(|c| c.is_control() && !c.is_whitespace()).count();
    controls * 50 > text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        assert_eq!(decode("Straße".as_bytes()), Ok(("Straße".into(), None)));
        assert_eq!(decode(b"\xef\xbb\xbfabc"), Ok(("abc".into(), None)));
        assert_eq!(decode(b"\xff\xfea\0\xe4\0"), Ok(("aä".into(), Some("UTF-16LE"))));
        assert_eq!(decode(b"\xfe\xff\0a\0\xe4"), Ok(("aä".into(), Some("UTF-16BE"))));
        let latin = "Der Zug fuhr über die Brücke; die Fähre wartete.";
        let (bytes, ..) = encoding_rs::WINDOWS_1252.encode(latin);
        assert_eq!(decode(&bytes), Ok((latin.into(), Some("windows-1252"))));
    }

    #[test]
    fn what_is_no_text() {
        for bytes in [
            &b""[..],
            b"a\0b",
            b"\xe4\0",
            b"\xff\xfea",
            b"\xff\xfe\0\0a\0\0\0",
            b"\xef\xbb\xbf\xff",
        ] {
            assert!(decode(bytes).is_err(), "{bytes:?}");
        }
        let noise: Vec<u8> = (1..=255).rev().collect();
        assert!(decode(&noise).is_err());
    }
}
