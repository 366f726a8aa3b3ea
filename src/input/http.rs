//! HTTP messages as archives keep them.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use memchr::{memchr, memmem};

use super::record;

/// No head of a message is longer.
const LONGEST_HEAD: usize = 64 << 10;

/// An answer of a server.
#[derive(Debug)]
pub(super) struct Message<'a> {
    /// Of the status line, where there is one.
    pub(super) status: Option<u16>,
    fields: Vec<(String, String)>,
    body: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads the head; what has none is all body.
    pub(super) fn read(bytes: &'a [u8]) -> Self {
        if !bytes.starts_with(b"HTTP/") {
            return Self { status: None, fields: Vec::new(), body: bytes };
        }
        let most = &bytes[..bytes.len().min(LONGEST_HEAD)];
        let ends = [&b"\r\n\r\n"[..], b"\n\n"];
        let end = ends.iter().filter_map(|end| Some(memmem::find(most, end)? + end.len())).min();
        let (head, body) = bytes.split_at(end.unwrap_or(most.len()));
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        let fields = lines.filter_map(|line| line.split_once(':'));
        let fields = fields.map(|(name, value)| (name.trim().into(), value.trim().into()));
        Self { status, fields: fields.collect(), body }
    }

    /// The first field of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The head as JSON.
    pub(super) fn told(&self) -> String {
        let mut told = record::Record::new();
        if let Some(status) = self.status {
            told.raw("status", &status.to_string());
        }
        told.raw("headers", &record::object(&self.fields));
        told.end()
    }

    /// The body as it was before it was packed for its way. Some archives keep it unpacked and leave
    /// the head as it was: what does not look packed is not.
    pub(super) fn body(&self, most: u64) -> Result<Vec<u8>, String> {
        let chunked = self.get("transfer-encoding").is_some_and(|value| value.contains("chunked"));
        let body = chunked.then(|| unchunked(self.body)).flatten();
        let body = body.as_deref().unwrap_or(self.body);
        let packing = self.get("content-encoding").unwrap_or_default().to_ascii_lowercase();
        match (packing.as_str(), body) {
            ("gzip" | "x-gzip", [0x1f, 0x8b, ..]) => unpacked(MultiGzDecoder::new(body), most),
            ("zstd", [0x28, 0xb5, 0x2f, 0xfd, ..]) => match zstd::Decoder::new(body) {
                Ok(decoder) => unpacked(decoder, most),
                Err(error) => Err(damaged(&error)),
            },
            ("deflate", [0x78, ..]) => unpacked(ZlibDecoder::new(body), most),
            ("deflate", _) => {
                // Some servers leave the envelope out.
                unpacked(DeflateDecoder::new(body), most).or_else(|_| Ok(body.to_vec()))
            }
            ("br", _) if std::str::from_utf8(body).is_err() => {
                Err("the page is packed with brotli, which is not read".into())
            }
            _ => Ok(body.to_vec()),
        }
    }
}

fn unpacked(decoder: impl Read, most: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    decoder.take(most + 1).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
    if bytes.len() as u64 > most {
        return Err(format!("the page has more than the {most} bytes allowed; raise --max-record"));
    }
    Ok(bytes)
}

fn damaged(error: &std::io::Error) -> String {
    format!("the packed page is damaged ({error})")
}

/// The content of a chunked body; nothing where it is none.
fn unchunked(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    loop {
        let end = memchr(b'\n', body)?;
        let size = std::str::from_utf8(&body[..end]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        let rest = &body[end + 1..];
        if size == 0 {
            return Some(content);
        }
        // An archive may keep less than was sent.
        content.extend_from_slice(rest.get(..size).unwrap_or(rest));
        let Some(rest) = rest.get(size..) else { return Some(content) };
        let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
        body = rest.strip_prefix(b"\n").unwrap_or(rest);
        if body.is_empty() {
            return Some(content);
        }
    }
}

/// `text/html` of `Text/HTML; charset=utf-8`.
pub(super) fn media(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The charset of a content type.
pub(super) fn charset(content_type: &str) -> Option<String> {
    let parameters = content_type.split(';').skip(1);
    parameters.filter_map(|parameter| parameter.split_once('=')).find_map(|(name, value)| {
        let value = value.trim().trim_matches(['"', '\'']);
        name.trim().eq_ignore_ascii_case("charset").then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(head: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let message = [format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").as_bytes(), bytes].concat();
        Message::read(&message).body(1000)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = flate2::read::GzEncoder::new(bytes, flate2::Compression::fast());
        let mut out = Vec::new();
        packed.read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn bodies_are_unpacked_where_they_are_packed() {
        let chunks = b"5;x=1\r\nhello\r\n6\r\n there\r\n0\r\n\r\n";
        assert_eq!(body("Transfer-Encoding: chunked", chunks).unwrap(), b"hello there");
        assert_eq!(body("Transfer-Encoding: chunked", b"<p>not").unwrap(), b"<p>not");
        assert_eq!(body("transfer-encoding: chunked", b"9\r\ncut o").unwrap(), b"cut o");
        assert_eq!(body("Content-Encoding: gzip", &gzip(b"packed")).unwrap(), b"packed");
        assert_eq!(body("Content-Encoding: gzip", b"<p>not").unwrap(), b"<p>not");
        assert_eq!(body("Content-Encoding: deflate", b"<p>not").unwrap(), b"<p>not");
        let both = [&b"2\r\n\x1f\x8b\r\n"[..], b"ff\r\n", &gzip(b"both")[2..]].concat();
        let head = "Transfer-Encoding: chunked\r\nContent-Encoding: x-gzip";
        assert_eq!(body(head, &both).unwrap(), b"both");
    }

    #[test]
    fn a_bomb_is_no_page() {
        let bomb = gzip(&vec![0; 100_000]);
        assert!(body("Content-Encoding: gzip", &bomb).unwrap_err().contains("--max-record"));
        let cut = &gzip(b"whole")[..12];
        assert!(body("Content-Encoding: gzip", cut).unwrap_err().contains("damaged"));
    }

    #[test]
    fn heads() {
        let bytes = b"HTTP/1.0 404 Gone missing\nServer: x\nContent-Type: Text/HTML; Charset=\"utf-8\"\n\nbody";
        let message = Message::read(bytes);
        assert_eq!((message.status, message.body), (Some(404), &b"body"[..]));
        let kind = message.get("content-type").unwrap();
        assert_eq!((media(kind).as_str(), charset(kind).as_deref()), ("text/html", Some("utf-8")));
        assert_eq!(Message::read(b"<p>no head").body, b"<p>no head");
    }
}
