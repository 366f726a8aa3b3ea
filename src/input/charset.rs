//! What bytes mean: byte order marks, what was declared, and where neither helps a guess.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use memchr::memmem;

/// How much of a text is shown to the guesser of encodings, which is the slowest thing here.
const GUESSED: usize = 256 << 10;

/// How much of a page is looked through for its own declaration. Browsers look at 1,024 bytes; pages
/// with a long head are common enough.
const DECLARED: usize = 4 << 10;

/// The likeliest encoding of bytes that are not UTF-8, judged from where they stop being ASCII.
pub(super) fn guess(bytes: &[u8]) -> &'static Encoding {
    let start = Encoding::ascii_valid_up_to(bytes);
    let end = bytes.len().min(start + GUESSED);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes[start..end], true);
    detector.guess(None, Utf8Detection::Deny)
}

/// The characters of a page, and the encoding they were in where that was not UTF-8: as the byte order
/// mark says, or else its sender, or else itself, or else as it looks. As in a browser, what is
/// malformed becomes U+FFFD.
pub(super) fn page(bytes: &[u8], sender: Option<&str>) -> (String, Option<&'static str>) {
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let said = sender.and_then(|label| Encoding::for_label(label.as_bytes()));
    let encoding = match marked.or(said) {
        Some(encoding) => encoding,
        // Nothing else looks like UTF-8, and many pages are UTF-8 and say they are not.
        None if std::str::from_utf8(bytes).is_ok() => UTF_8,
        None => declared(bytes).unwrap_or_else(|| guess(bytes)),
    };
    let (text, encoding, _) = encoding.decode(bytes);
    (text.into_owned(), (encoding != UTF_8).then(|| encoding.name()))
}

/// What a page declares at its beginning, as `<meta charset=…>` and in other ways.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes[..bytes.len().min(DECLARED)].to_ascii_lowercase();
    memmem::find_iter(&head, b"charset")
        .find_map(|at| label(&head[at + b"charset".len()..]))
        .or_else(|| {
            // XHTML says it in its first line.
            let at = head.starts_with(b"<?xml").then(|| memmem::find(&head, b"encoding"))??;
            label(&head[at + b"encoding".len()..])
        })
}

/// The encoding of `="utf-8"` and the like.
fn label(rest: &[u8]) -> Option<&'static Encoding> {
    let rest = rest.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or(rest.strip_prefix(b"'")).unwrap_or(rest);
    let end = rest.iter().position(|byte| b"\"'; >/\t\r\n".contains(byte)).unwrap_or(rest.len());
    let encoding = Encoding::for_label(&rest[..end])?;
    // It was read as ASCII, so it cannot be what it says.
    Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding })
}

#[cfg(test)]
mod tests {
    use encoding_rs::WINDOWS_1252;

    use super::*;

    #[test]
    fn marks_senders_and_declarations_in_that_order() {
        let page = |bytes: &[u8], sender| page(bytes, sender);
        let latin = b"<meta charset='iso-8859-2'><p>caf\xe9</p>";
        assert_eq!(page(latin, Some("latin1")).1, Some("windows-1252"));
        assert_eq!(page(latin, None).1, Some("ISO-8859-2"));
        assert_eq!(page(b"\xef\xbb\xbfcaf\xc3\xa9", Some("latin1")).0, "café");
        assert_eq!(page("<meta charset=latin1>é".as_bytes(), None).1, None);
        let old = b"<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>\xf0";
        assert!(page(old, None).0.ends_with('П'));
        assert_eq!(page(b"<?xml version='1.0' encoding=\"koi8-u\"?>\xf0", None).1, Some("KOI8-U"));
        assert!(page(b"<meta charset=utf-16>\xe9", None).0.ends_with('\u{fffd}'));
        assert_eq!(
            page(b"na\xefve caf\xe9s, d\xe9j\xe0 vu", Some("no such thing")).0,
            "naïve cafés, déjà vu"
        );
        assert_eq!(declared(b"charset=x charset=windows-1252"), Some(WINDOWS_1252));
    }
}
