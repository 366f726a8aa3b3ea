//! Plain text: a file is a document.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use memchr::memchr;

use super::charset::guess;
use super::outlet::{self, Clues};
use super::{Corpus, InputFile, Parsed};
use crate::document::{Document, Envelope, Source};

/// Makes a document of a text file.
pub(super) fn parse(
    bytes: &[u8],
    source: Source,
    file: &InputFile,
    corpus: &Corpus,
) -> Result<Parsed, String> {
    let (text, encoding) = decode(bytes)?;
    let clues = Clues { folder: file.folder(), itself: &file.name, ..Clues::default() };
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
