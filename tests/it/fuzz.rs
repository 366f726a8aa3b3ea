//! Every door under fire: valid files of each format, broken at random, must be read to an end without
//! a panic, in bounded memory, and twice to the same. Seeded, so that a finding can be had again:
//!
//! ```console
//! $ UNCHAFF_FUZZ_SECONDS=600 cargo test --release --test it fuzz:: -- --nocapture
//! $ UNCHAFF_FUZZ_SEED=7 UNCHAFF_FUZZ_SECONDS=60 cargo test --test it fuzz::
//! ```

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use unchaff::input::{Compression, InputOptions, discover, piped};
use unchaff::output::{self, Encoder, Form, Layout, OutputOptions};

/// A generator that is the same everywhere: `SplitMix64`.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, 0 if that is 0.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound as u64).max(1)).unwrap()
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        start..start + self.below(length - start + 1).min(64)
    }
}

/// Bytes that mean something to one format or another.
const WORDS: [&[u8]; 24] = [
    b"\n",
    b"\r\n\r\n",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b",",
    b";",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"WARC/1.0\r\n",
    b"Content-Length: 99999999999\r\n",
    b"Content-Length: 0\r\n",
    b"WARC-Type: response\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n",
    b"ffffffff\r\n",
    b"<html>",
    b"<div>",
    b"<!--",
    b"PAR1",
    b"\x1f\x8b\x08",
    b"\\ud800",
];

/// Breaks a file, once to eight times.
fn broken(seed: &[u8], other: &[u8], noise: &mut Noise) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=noise.below(8) {
        let at = noise.below(bytes.len());
        match noise.below(9) {
            0 => bytes.truncate(at),
            1 if !bytes.is_empty() => bytes[at] ^= 1 << noise.below(8),
            2 if !bytes.is_empty() => bytes[at] = noise.next().to_le_bytes()[0],
            3 => drop(bytes.drain(noise.range(bytes.len()))),
            4 => {
                let copy = bytes[noise.range(bytes.len())].to_vec();
                bytes.splice(at..at, copy);
            }
            5 => drop(bytes.splice(at..at, WORDS[noise.below(WORDS.len())].iter().copied())),
            6 => drop(bytes.splice(at.., other[noise.below(other.len())..].iter().copied())),
            7 => {
                let end = (at + 4).min(bytes.len());
                bytes[at..end].fill([0, 0xff, 0x7f, 0x80][noise.below(4)]);
            }
            _ => {
                let digits: Vec<usize> =
                    (0..bytes.len()).filter(|i| bytes[*i].is_ascii_digit()).collect();
                if !digits.is_empty() {
                    bytes[digits[noise.below(digits.len())]] = b'0' + noise.below(10) as u8;
                }
            }
        }
    }
    bytes
}

/// What a broken file does, told in full so that it can be told again.
fn effect(path: &Path, to: Form) -> Vec<String> {
    let options = InputOptions {
        max_record: 1 << 16,
        tmp: path.parent().unwrap().join("tmp"),
        ..InputOptions::default()
    };
    let corpus = match discover(&[path.to_str().unwrap().to_owned()], &options) {
        Ok(corpus) => corpus,
        Err(error) => return vec![error.to_string()],
    };
    let layout = Layout::new(&corpus, OutputOptions { to: Some(to), ..OutputOptions::default() });
    let mut told: Vec<String> = corpus.rejects.iter().map(|reject| format!("{reject:?}")).collect();
    let mut framed = 0;
    for chunk in corpus.read() {
        assert!(chunk.data.capacity() < 4 << 20, "a chunk of {}", chunk.data.capacity());
        told.extend(chunk.rejects.iter().map(|reject| format!("{reject:?}")));
        let mut encoder = Encoder::new(&layout, &chunk);
        let mut answered = 0;
        for (i, parsed) in chunk.documents(&corpus) {
            answered += 1;
            match parsed {
                Ok(parsed) => {
                    let document = &parsed.document;
                    told.push(format!("{document:?}"));
                    encoder.push(i, document, &document.text.replace('e', ""), Some("{}")).unwrap();
                }
                Err(reject) => told.push(format!("{reject:?}")),
            }
        }
        // Nothing is lost in silence.
        assert_eq!(answered, chunk.frames.len());
        framed += answered;
        match encoder.finish() {
            Ok(done) => told.push(format!("{} bytes", done.bytes().len())),
            Err(error) => told.push(error.to_string()),
        }
    }
    told.push(framed.to_string());
    told
}

fn seconds() -> Option<u64> {
    std::env::var("UNCHAFF_FUZZ_SECONDS").ok()?.parse().ok()
}

/// Breaks the seeds of one door for as long as wanted.
#[allow(clippy::print_stderr)]
fn besiege(name: &str, seeds: &[Vec<u8>]) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("tmp")).unwrap();
    let path = folder.path().join(name);
    let seed = std::env::var("UNCHAFF_FUZZ_SEED").ok().and_then(|seed| seed.parse().ok());
    let first: u64 = seed.unwrap_or(0) << 32;
    let start = Instant::now();
    let long = seconds().map(Duration::from_secs);
    let (mut done, mut slowest) = (0, Duration::ZERO);
    while long.map_or(done < 60, |long| start.elapsed() < long) {
        let mut noise = Noise(first + done);
        let bytes =
            broken(&seeds[noise.below(seeds.len())], &seeds[noise.below(seeds.len())], &mut noise);
        fs::write(&path, &bytes).unwrap();
        let began = Instant::now();
        let run = || {
            let to = [Form::Jsonl, Form::Parquet, Form::Text][(done % 3) as usize];
            let told = effect(&path, to);
            assert_eq!(told, effect(&path, to), "twice is not the same");
            // As a pipe too: the same doors, another way in.
            let options =
                InputOptions { tmp: folder.path().join("tmp"), ..InputOptions::default() };
            let pipe = Box::new(std::io::Cursor::new(bytes.clone()));
            if let Ok(corpus) = piped(&options, pipe) {
                for chunk in corpus.read() {
                    assert_eq!(chunk.documents(&corpus).count(), chunk.frames.len());
                }
            }
        };
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
        if let Err(panic) = ended {
            let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{done}-{name}"));
            fs::copy(&path, &kept).unwrap();
            eprintln!("case {} of {name} is kept as {}", first + done, kept.display());
            std::panic::resume_unwind(panic);
        }
        slowest = slowest.max(began.elapsed());
        done += 1;
    }
    if long.is_some() {
        eprintln!("{name}: {done} cases, the slowest took {slowest:?}");
    }
}

fn packed(bytes: &[u8]) -> Vec<Vec<u8>> {
    let all = [
        Compression::None,
        Compression::Gzip,
        Compression::Zstd,
        Compression::Bzip2,
        Compression::Xz,
    ];
    all.iter().map(|how| output::compress(bytes.to_vec(), *how).unwrap()).collect()
}

const TEXT: &str = "The ferry came in at noon.\\nAdvertisement\\nIt was late, and wet.";

fn jsonl() -> String {
    let line = |i| {
        format!(
            "{{\"id\":{i},\"text\":\"{TEXT}\",\"url\":\"https://a.example/{i}\",\"n\":[1.5,{{}}]}}\n"
        )
    };
    (0..9).map(line).collect()
}

#[test]
fn lines() {
    besiege("a.jsonl", &packed(jsonl().as_bytes()));
}

#[test]
fn tables() {
    let row = |i| format!("{i};\"The ferry; it came \"\"in\"\".\r\nIt was late.\";x\r\n");
    let rows: String = (0..9).map(row).collect();
    let table = format!("sep=;\r\nid;text;n\r\n{rows}");
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(table.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let mut seeds = packed(table.as_bytes());
    seeds.push(wide);
    seeds.push(table.replace('e', "\u{e9}").into_bytes());
    besiege("a.csv", &seeds);
}

#[test]
fn archives() {
    let record = |kind: &str, body: &str| {
        format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: https://a.example/1\r\n\
             WARC-Record-ID: <urn:uuid:1>\r\nContent-Type: application/http\r\nContent-Length: {}\r\n\r\n{body}\r\n\r\n",
            body.len()
        )
    };
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=latin1\r\nTransfer-Encoding: chunked\r\n\r\n\
                30\r\n<html><p>The ferry came in at noon. It was late.\r\n0\r\n\r\n";
    let all =
        [record("warcinfo", "x"), record("response", page), record("resource", "It was wet.")];
    let conversion = "WARC/1.0\r\nWARC-Type: conversion\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nIt was wet.\r\n\r\n";
    let mut seeds = packed((all.concat() + conversion).as_bytes());
    let members = all
        .iter()
        .map(String::as_str)
        .chain([conversion])
        .map(|record| output::compress(record.as_bytes().to_vec(), Compression::Gzip).unwrap());
    seeds.push(members.collect::<Vec<_>>().concat());
    besiege("a.warc", &seeds);
}

#[test]
fn pages() {
    let page = "<!doctype html><html lang=en><head><meta charset=utf-8><title>T</title>\
        <script type=\"application/ld+json\">{\"@type\":\"NewsArticle\",\"@context\":\"https://schema.org\",\"datePublished\":\"2031-10-14\"}</script>\
        </head><body><article><h1>T</h1><p>The ferry came in at noon with forty passengers and a goat, and it was late.</p>\
        <ul><li><a href=/x>One</a></li></ul><table><tr><td>It was wet.</td></tr></table></article></body></html>";
    besiege("a.html", &packed(page.as_bytes()));
}

#[test]
fn texts() {
    besiege("a.txt", &packed("The café closed at noon.\n\nIt was late.\n".as_bytes()));
}

#[test]
fn columns() {
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("a.jsonl");
    fs::write(&lines, jsonl()).unwrap();
    let corpus = discover(&[lines.to_str().unwrap().to_owned()], &InputOptions::default()).unwrap();
    let seeds = [Compression::None, Compression::Gzip, Compression::Zstd].map(|how| {
        let layout = Layout::new(
            &corpus,
            OutputOptions { to: Some(Form::Parquet), compress: Some(how), attributes: false },
        );
        let chunk = corpus.read().next().unwrap();
        let mut encoder = Encoder::new(&layout, &chunk);
        for (i, parsed) in chunk.documents(&corpus) {
            let document = parsed.unwrap().document;
            encoder.push(i, &document, &document.text, None).unwrap();
        }
        encoder.finish().unwrap().bytes().to_vec()
    });
    besiege("a.parquet", &seeds);
}
