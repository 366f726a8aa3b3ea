//! Every format in and out: what comes in comes out, and what is broken is told.

#![allow(clippy::unwrap_used)] // Clippy takes the helpers of a test for no tests.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;
use unchaff::error::{Error, Reject};
use unchaff::input::{Compression, Corpus, InputOptions, Parsed, discover};
use unchaff::output;

use crate::common::{ends, rows};

/// A folder of inputs.
struct Dump(TempDir);

impl Dump {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let dump = Self(tempfile::tempdir().unwrap());
        for (name, bytes) in files {
            let path = dump.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        dump
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn discover(&self) -> Result<Corpus, Error> {
        discover(&[self.0.path().to_str().unwrap().to_owned()], &InputOptions::default())
    }

    fn read(&self) -> Read {
        read(&self.discover().unwrap())
    }
}

/// What came of an input.
#[derive(Debug)]
struct Read {
    documents: Vec<Parsed>,
    rejects: Vec<Reject>,
    skipped: Vec<(&'static str, u64)>,
}

impl Read {
    fn texts(&self) -> Vec<&str> {
        self.documents.iter().map(|parsed| parsed.document.text.as_str()).collect()
    }

    /// Where the rejects are, and why.
    fn refused(&self) -> Vec<(u64, &str)> {
        self.rejects.iter().map(|reject| (reject.record, reject.reason.as_str())).collect()
    }
}

fn read(corpus: &Corpus) -> Read {
    let mut read =
        Read { documents: Vec::new(), rejects: corpus.rejects.clone(), skipped: Vec::new() };
    for chunk in corpus.read() {
        read.rejects.extend(chunk.rejects.iter().cloned());
        read.skipped.extend(chunk.skipped.iter().map(|(what, count)| (*what, *count)));
        for i in 0..chunk.frames.len() {
            match chunk.parse(i, corpus) {
                Ok(parsed) => read.documents.push(parsed),
                Err(reject) => read.rejects.push(reject),
            }
        }
    }
    read
}

const PACKINGS: [Compression; 5] =
    [Compression::None, Compression::Gzip, Compression::Zstd, Compression::Bzip2, Compression::Xz];

fn packed(bytes: &[u8], how: Compression) -> Vec<u8> {
    output::compress(bytes.to_vec(), how).unwrap()
}

/// A record of an archive, as long as it says.
fn record(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("WARC/1.0\r\n{head}\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body, b"\r\n\r\n"].concat()
}

fn conversion(name: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "WARC-Type: conversion\r\nWARC-Target-URI: https://{name}.example/1\r\n\
         WARC-Record-ID: <urn:uuid:{name}>\r\nContent-Type: text/plain"
    );
    record(&head, body.as_bytes())
}

mod compression {
    use super::*;

    #[test]
    fn members_follow_one_another() {
        for how in PACKINGS {
            let one = packed(b"{\"text\":\"one\"}\n{\"text\":", how);
            let two = packed(b"\"two\"}\n", how);
            let name = format!("a.jsonl{}", how.suffix());
            let read = Dump::new(&[(&name, &[one, two].concat())]).read();
            assert_eq!(read.texts(), ["one", "two"], "{how:?}");
        }
    }

    #[test]
    fn damage_costs_what_follows_it_and_is_told() {
        let line =
            |i: u64| format!("{{\"text\":\"{:x}\"}}\n", i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let plain: String = (0..20_000).map(line).collect();
        for how in &PACKINGS[1..] {
            let whole = packed(plain.as_bytes(), *how);
            let name = format!("a.jsonl{}", how.suffix());
            let cut = Dump::new(&[(&name, &whole[..whole.len() - 9])]).read();
            let (_, reason) = cut.refused()[0];
            assert!(reason.contains("ends early"), "{how:?}: {reason}");
            let mut broken = whole.clone();
            let middle = broken.len() / 2;
            broken[middle..middle + 20].fill(0x55);
            let read = Dump::new(&[(&name, &broken)]).read();
            let told = read.refused().iter().any(|(_, why)| why.contains("is damaged"));
            assert!(told, "{how:?}: {:?}", read.refused().last());
            let trailing = [whole, b"rubbish follows".to_vec()].concat();
            let read = Dump::new(&[(&name, &trailing)]).read();
            assert_eq!(read.documents.len(), 20_000, "{how:?}");
            assert!(read.refused()[0].1.contains("not compressed"), "{:?}", read.refused());
        }
    }

    #[test]
    fn an_xz_dictionary_beyond_the_limit_is_refused() {
        // The header of a block that asks for 4 GiB less a byte.
        let mut bytes = packed(b"{\"text\":\"one\"}\n", Compression::Xz);
        let at = bytes.windows(2).position(|pair| pair == [0x21, 0x01]).unwrap();
        bytes[at + 2] = 40;
        let crc = {
            let mut crc = flate2::Crc::new();
            crc.update(&bytes[12..20]);
            crc.sum()
        };
        bytes[20..24].copy_from_slice(&crc.to_le_bytes());
        let read = Dump::new(&[("a.jsonl.xz", &bytes)]).read();
        assert!(read.refused()[0].1.contains("memory"), "{:?}", read.refused());
    }
}

mod csv {
    use super::*;

    fn texts(name: &str, bytes: &[u8]) -> Vec<String> {
        let read = Dump::new(&[(name, bytes)]).read();
        assert!(read.rejects.is_empty(), "{:?}", read.rejects);
        read.texts().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn what_databases_and_spreadsheets_write() {
        let wide = |text: &str| -> Vec<u8> {
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            [0xff, 0xfe].into_iter().chain(units).collect()
        };
        let cases: [(&str, Vec<u8>); 8] = [
            ("a.csv", b"id,text\n1,\"Grey, and wet.\"\n".to_vec()),
            ("a.csv", b"\xef\xbb\xbfsep=;\r\nid;text\r\n1;\"Grey, and wet.\"\r\n".to_vec()),
            ("a.tsv", b"id\ttext\n1\tGrey, and wet.\n".to_vec()),
            ("noname", b"id;text;more\n1;\"Grey, and wet.\";2\n\n3;\"Grey, and wet.\";4".to_vec()),
            ("a.csv", wide("id\ttext\r\n1\tGrey, and wet.\r\n")),
            ("a.csv", b"text\n\"Grey, and wet.\"\n".to_vec()),
            ("a.csv", b"\"id\"|\"text\"\n1|Grey, and wet.".to_vec()),
            ("a.csv", b"text,note\r\"Grey, and wet.\",old\r".to_vec()),
        ];
        for (name, bytes) in cases {
            let texts = texts(name, &bytes);
            assert!(texts.iter().all(|text| text == "Grey, and wet."), "{name}: {texts:?}");
            assert!(!texts.is_empty(), "{name}: {bytes:?}");
        }
    }

    #[test]
    fn cells_hold_lines_quotes_and_other_characters() {
        let bytes =
            b"id,text\n1,\"He said \"\"no\"\".\r\n\r\nTwice.\"\n2,caf\xe9 cr\xe8me d\xe9j\xe0\n";
        assert_eq!(texts("a.csv", bytes), ["He said \"no\".\r\n\r\nTwice.", "café crème déjà"]);
    }

    #[test]
    fn every_column_comes_out() {
        let dump = Dump::new(&[("in/a.csv", b"id,text,,tag,tag\n7,Grey and wet.,x,y,\n")]);
        let (input, out) = (dump.path("in"), dump.path("out"));
        ends(0, &["clean", input.to_str().unwrap(), "-o", out.to_str().unwrap()]);
        let told = rows(&dump.path("out/clean/a.jsonl"));
        let whole = json!(
            {"id": "7", "text": "Grey and wet.", "column_3": "x", "tag": "y", "tag_2": ""}
        );
        assert_eq!(told, [whole]);
        ends(0, &["verify", out.to_str().unwrap(), input.to_str().unwrap()]);
    }

    #[test]
    fn a_bad_row_costs_itself() {
        let bytes = b"id,text\n1,one\n2\n3,three,3\n4,\"four\n5,five\n6,six\n";
        let read = Dump::new(&[("a.csv", bytes)]).read();
        assert_eq!(read.texts(), ["one", "five", "six"]);
        let refused = read.refused();
        assert!(refused[1].1.contains("1 cells and the header 2"), "{refused:?}");
        assert!(refused[2].1.contains("3 cells and the header 2"), "{refused:?}");
        assert_eq!(refused[0].0, 4);
        assert!(refused[0].1.contains("none closes it"), "{refused:?}");
    }

    #[test]
    fn a_table_without_a_text_is_a_wrong_setting() {
        let error = Dump::new(&[("a.csv", b"a,b\n1,2\n")]).discover().unwrap_err().to_string();
        assert!(error.contains("they have: a, b"), "{error}");
    }

    #[test]
    fn prose_is_no_table() {
        let prose = b"The text, he said, was lost.\nIt was found, later.\n";
        assert_eq!(texts("a.txt", prose).len(), 1);
    }
}

mod warc {
    use super::*;

    fn response(name: &str, http: &str, body: &[u8]) -> Vec<u8> {
        let head = format!(
            "WARC-Type: response\r\nWARC-Target-URI: https://{name}.example/1\r\n\
             WARC-Record-ID: <urn:uuid:{name}>\r\nWARC-Date: 2031-10-15T11:45:00Z\r\n\
             Content-Type: application/http;msgtype=response"
        );
        let body = [format!("HTTP/1.1 {http}\r\n\r\n").as_bytes(), body].concat();
        record(&head, &body)
    }

    #[test]
    fn texts_of_an_archive() {
        let info = record("WARC-Type: warcinfo", b"software: none");
        let archive = [info, conversion("a", "Grey."), conversion("b", "Wet.\n\nVery.")].concat();
        for how in PACKINGS {
            let name = format!("a.warc.wet{}", how.suffix());
            let read = Dump::new(&[(&name, &packed(&archive, how))]).read();
            assert!(read.rejects.is_empty(), "{how:?}: {:?}", read.rejects);
            assert_eq!(read.texts(), ["Grey.", "Wet.\n\nVery."]);
            assert_eq!(read.documents[1].document.outlet, "b.example");
            assert_eq!(read.documents[1].document.id, "urn:uuid:b");
            assert_eq!(read.documents[1].document.source.record, 3);
            assert_eq!(read.skipped, [("warcinfo", 1)]);
        }
    }

    #[test]
    fn pages_of_an_archive() {
        let story =
            "Every bridge in the harbour city rose on Tuesday morning and stayed up. ".repeat(9);
        let page = format!(
            "<html lang=de><title>T</title><body><article><p>{story}</p><p>Caf\u{e9} und Stra\u{df}e.</p></article>"
        );
        let latin: Vec<u8> = page.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let html = "200 OK\r\nContent-Type: text/html; charset=iso-8859-1\r\nX: 1\r\nX: 2";
        let archive = [
            record("WARC-Type: request", b"GET / HTTP/1.1\r\n\r\n"),
            response("a", html, &latin),
            response("b", "404 Not Found\r\nContent-Type: text/html", b"<p>gone</p>"),
            response("c", "200 OK\r\nContent-Type: image/png", b"\x89PNG"),
            response("d", "200 OK\r\nContent-Type: text/plain", b"Just text."),
        ];
        let members: Vec<u8> = archive.iter().flat_map(|r| packed(r, Compression::Gzip)).collect();
        let dump = Dump::new(&[("in/a.warc.gz", &members)]);
        let (input, out) = (dump.path("in"), dump.path("out"));
        ends(0, &["clean", input.to_str().unwrap(), "-o", out.to_str().unwrap()]);
        let packed = fs::read(dump.path("out/clean/a.jsonl.gz")).unwrap();
        let mut unpacked = String::new();
        std::io::Read::read_to_string(
            &mut flate2::read::MultiGzDecoder::new(&*packed),
            &mut unpacked,
        )
        .unwrap();
        let told: Vec<Value> =
            unpacked.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(told.len(), 2);
        let text = told[0]["text"].as_str().unwrap();
        assert!(text.ends_with("\nCafé und Straße."), "{text}");
        assert_eq!(told[0]["lang"], "de");
        assert_eq!(told[0]["http"]["status"], 200);
        assert_eq!(told[0]["http"]["headers"]["X"], json!(["1", "2"]));
        assert_eq!(told[0]["warc"]["WARC-Record-ID"], "<urn:uuid:a>");
        assert_eq!(told[1]["unchaff"]["original"], "Just text.");
        let summary: Value =
            serde_json::from_slice(&fs::read(dump.path("out/summary.json")).unwrap()).unwrap();
        let skipped = json!({"HTTP status 4xx": 1, "image": 1, "request": 1});
        assert_eq!(summary["counts"]["skipped"], skipped);
        assert_eq!(summary["counts"]["encodings"], json!({"windows-1252": 1}));
        ends(0, &["verify", out.to_str().unwrap(), input.to_str().unwrap()]);
    }

    /// The faults that archives have.
    #[test]
    fn a_fault_costs_the_record_it_is_in() {
        let text = |name: &str| format!("The text of {name} is long enough to be missed.");
        let whole = |name: &str| conversion(name, &text(name));
        let edit = |name: &str, from: &str, to: &str| {
            let record = String::from_utf8(whole(name)).unwrap();
            assert!(record.contains(from), "{record}");
            record.replace(from, to).into_bytes()
        };
        let length = text("x").len();
        let told = |wrong: usize| format!("Content-Length: {wrong}\r");
        let right = told(length);
        let archive = [
            whole("a"),
            edit("b", &right, &told(length + 2)),
            edit("c", &right, &told(length + 900)),
            edit("d", &right, &told(length - 20)),
            edit("e", "missed.\r\n\r\n", "missed."),
            edit("f", "missed.", "missed.\r\n\r\nWARC/1.0\r\nsays a page about archives."),
            edit("g", &right, "X: y\r"),
            edit("h", "WARC/1.0\r\nWARC-Type", "WRAC/1.0\r\nWARC-Type"),
            edit("i", &right, &told(99_999_999_999_999)),
            edit("j", "https://j.example/1", "https://j.example/a b"),
            edit("k", "missed.\r\n\r\n", "missed.\r\n\r\n\r\n\r\n"),
            whole("l")[..150].to_vec(),
        ];
        let plain = archive.concat();
        let members: Vec<u8> = archive.iter().flat_map(|r| packed(r, Compression::Gzip)).collect();
        for (name, bytes) in [("a.warc", plain), ("a.warc.gz", members)] {
            let read = Dump::new(&[(name, &bytes)]).read();
            let ids: Vec<&str> =
                read.documents.iter().map(|parsed| &parsed.document.id[9..]).collect();
            assert_eq!(ids, ["a", "b", "d", "e", "f", "j", "k"], "{name}: {:?}", read.refused());
            let records: Vec<u64> = read.refused().iter().map(|(record, _)| *record).collect();
            assert_eq!(records, [3, 7, 8, 9, 12], "{name}: {:?}", read.refused());
            let d = &read.documents[2].document;
            assert_eq!(d.text, text("d"));
        }
    }

    #[test]
    fn behind_a_broken_member_reading_goes_on() {
        let noise = |seed: u64| -> String {
            let word =
                |i: u64| format!("{:x} ", (seed * 999 + i).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            (0..400).map(word).collect()
        };
        let names = ["a", "b", "c", "d"];
        let mut members: Vec<Vec<u8>> = (0..)
            .zip(names)
            .map(|(i, name)| packed(&conversion(name, &noise(i)), Compression::Gzip))
            .collect();
        let middle = members[1].len() / 2;
        members[1][middle..middle + 30].fill(0x77);
        let cut = members[2].len() - 500;
        members[2].truncate(cut);
        let read = Dump::new(&[("a.warc.gz", &members.concat())]).read();
        let ids: Vec<&str> = read.documents.iter().map(|parsed| &parsed.document.id[9..]).collect();
        assert_eq!(ids, ["a", "d"], "{:?}", read.refused());
        let told = read.refused().iter().filter(|(_, why)| why.contains("reading went on")).count();
        assert_eq!(told, 2, "{:?}", read.refused());
    }

    #[test]
    fn a_long_record_is_passed_over_in_bounded_memory() {
        let mut archive = conversion("a", "Grey.");
        archive.extend(response("b", "200 OK\r\nContent-Type: video/mp4", &vec![b'x'; 9 << 20]));
        archive.extend(conversion("c", &"so long ".repeat(1 << 20)));
        archive.extend(conversion("d", "Wet."));
        let dump = Dump::new(&[("a.warc", &archive)]);
        let options = InputOptions { max_record: 1 << 20, ..InputOptions::default() };
        let input = dump.0.path().to_str().unwrap().to_owned();
        let corpus = discover(&[input], &options).unwrap();
        for chunk in corpus.read() {
            assert!(chunk.data.capacity() < 4 << 20, "{}", chunk.data.capacity());
        }
        let read = read(&corpus);
        assert_eq!(read.texts(), ["Grey.", "Wet."]);
        assert_eq!(read.skipped, [("video", 1)]);
        assert_eq!(read.refused().len(), 1);
        assert!(read.refused()[0].1.contains("--max-record"), "{:?}", read.refused());
    }
}
