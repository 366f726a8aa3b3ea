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
        for (_, parsed) in chunk.documents(corpus) {
            match parsed {
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

mod parquet {
    use std::fs::File;
    use std::sync::Arc;

    use ::parquet::basic::Compression as Codec;
    use ::parquet::data_type::{
        ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
        Int32Type, Int64Type, Int96, Int96Type,
    };
    use ::parquet::file::metadata::KeyValue;
    use ::parquet::file::properties::WriterProperties;
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
    use ::parquet::record::{Field, Row};
    use ::parquet::schema::parser::parse_message_type;

    use super::*;

    const SCHEMA: &str = "message dump {
        optional int64 id;
        optional binary text (UTF8);
        optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }
        optional int96 crawled;
        optional group about { optional double score; required binary raw; }
        optional int32 date (DATE);
        optional fixed_len_byte_array(3) key;
        required int64 seen (TIMESTAMP(NANOS,true));
        optional group pairs (MAP) { repeated group key_value { required binary key (UTF8); optional int32 value; } }
    }";

    fn column<T: DataType>(
        group: &mut SerializedRowGroupWriter<'_, File>,
        values: &[T::T],
        levels: &[(i16, i16)],
    ) {
        let mut column = group.next_column().unwrap().unwrap();
        let (defs, reps): (Vec<i16>, Vec<i16>) = levels.iter().copied().unzip();
        let some = (!levels.is_empty()).then_some(());
        let (defs, reps) = (some.map(|()| &defs[..]), some.map(|()| &reps[..]));
        column.typed::<T>().write_batch(values, defs, reps).unwrap();
        column.close().unwrap();
    }

    fn flat(defs: &[i16]) -> Vec<(i16, i16)> {
        defs.iter().map(|def| (*def, 0)).collect()
    }

    /// Three rows, of which the second has a text or none.
    fn group(file: &mut SerializedFileWriter<File>, second: bool) {
        let text = |words: &str| ByteArray::from(words);
        let mut group = file.next_row_group().unwrap();
        let to = &mut group;
        column::<Int64Type>(to, &[7, 9], &flat(&[1, 0, 1]));
        let mut texts = vec![
            text(
                "The ferry came in at noon with forty passengers and a goat.\nAdvertisement\nIt was late.",
            ),
            text("It was wet."),
            text("It was grey."),
        ];
        if !second {
            texts.remove(1);
        }
        column::<ByteArrayType>(to, &texts, &flat(&[1, i16::from(second), 1]));
        // A list with a null in it, no list, and a list of one.
        let lists = [(3, 0), (2, 1), (3, 1), (0, 0), (3, 0)];
        column::<ByteArrayType>(to, &["a", "b", "c"].map(text), &lists);
        let then = Int96::from(vec![1, 2, 2_460_000]);
        column::<Int96Type>(to, &[then, then], &flat(&[0, 1, 1]));
        column::<DoubleType>(to, &[0.5], &flat(&[2, 0, 1]));
        let raw = [ByteArray::from(vec![0xff, 0]), text("x")];
        column::<ByteArrayType>(to, &raw, &flat(&[1, 0, 1]));
        column::<Int32Type>(to, &[22_000, 22_001, 22_002], &flat(&[1, 1, 1]));
        let key = FixedLenByteArray::from(vec![1, 2, 3]);
        column::<FixedLenByteArrayType>(to, &[key], &flat(&[0, 0, 1]));
        column::<Int64Type>(to, &[1, 2, 3], &[]);
        // No map, a map of two, and an empty one.
        column::<ByteArrayType>(to, &["k", "l"].map(text), &[(0, 0), (2, 0), (2, 1), (1, 0)]);
        column::<Int32Type>(to, &[5], &[(0, 0), (3, 0), (2, 1), (1, 0)]);
        group.close().unwrap();
    }

    fn write(path: &std::path::Path, groups: &[bool], codec: Codec) {
        let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
        let told = KeyValue::new("dump".to_owned(), "invented".to_owned());
        let properties = WriterProperties::builder()
            .set_compression(codec)
            .set_key_value_metadata(Some(vec![told]))
            .build();
        let file = File::create(path).unwrap();
        let mut file = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
        for second in groups {
            group(&mut file, *second);
        }
        file.close().unwrap();
    }

    fn read_rows(path: &std::path::Path) -> (SerializedFileReader<File>, Vec<Row>) {
        let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
        let rows = reader.get_row_iter(None).unwrap().map(|row| row.unwrap()).collect();
        (reader, rows)
    }

    fn field<'r>(row: &'r Row, name: &str) -> &'r Field {
        row.get_column_iter().find(|(other, _)| *other == name).unwrap().1
    }

    /// The fields of a row that cleaning leaves alone.
    fn others(row: &Row) -> Vec<(String, Field)> {
        let left = |name: &str| name != "text" && name != "unchaff";
        let fields = row.get_column_iter().filter(|(name, _)| left(name));
        fields.map(|(name, field)| (name.clone(), field.clone())).collect()
    }

    #[test]
    fn rows_types_and_nesting_come_back() {
        let snappy = Dump::new(&[]);
        fs::create_dir(snappy.path("in")).unwrap();
        let input = snappy.path("in/a.parquet");
        write(&input, &[true, false, true], Codec::SNAPPY);
        let (folder, out) = (snappy.path("in"), snappy.path("out"));
        let (folder, out) = (folder.to_str().unwrap(), out.to_str().unwrap());
        ends(3, &["clean", folder, "-o", out, "--quiet"]);
        ends(0, &["verify", out, folder]);
        let (before, rows_before) = read_rows(&input);
        let (after, rows_after) = read_rows(&snappy.path("out/clean/a.parquet"));
        let kept: Vec<&Row> =
            rows_before.iter().filter(|row| *field(row, "text") != Field::Null).collect();
        assert_eq!((rows_before.len(), kept.len(), rows_after.len()), (9, 8, 8));
        for (before, after) in kept.iter().zip(&rows_after) {
            assert_eq!(others(before), others(after));
        }
        let text = "The ferry came in at noon with forty passengers and a goat.\nIt was late.";
        assert_eq!(*field(&rows_after[0], "text"), Field::Str(text.to_owned()));
        let (before, after) = (before.metadata(), after.metadata());
        let (old, new) = (before.file_metadata(), after.file_metadata());
        for (i, column) in old.schema_descr().columns().iter().enumerate() {
            assert_eq!(**column, *new.schema_descr().column(i), "column {i}");
            let codec = after.row_group(1).column(i).compression();
            assert_eq!(codec, Codec::SNAPPY, "column {i}");
        }
        assert_eq!(new.key_value_metadata(), old.key_value_metadata());
        assert_eq!(after.num_row_groups(), 3);
        let rejects = rows(&snappy.path("out/rejects.jsonl"));
        assert_eq!((rejects.len(), &rejects[0]["record"]), (1, &json!(5)));
    }

    #[test]
    fn rows_become_lines() {
        let dump = Dump::new(&[]);
        write(&dump.path("a.parquet"), &[false], Codec::UNCOMPRESSED);
        let input = dump.path("a.parquet");
        let output = ends(3, &["clean", input.to_str().unwrap(), "--quiet"]);
        let lines: Vec<Value> = crate::common::text(&output.stdout)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["id"], 7);
        assert_eq!(lines[0]["tags"], json!(["a", null, "b"]));
        assert_eq!(lines[0]["about"], json!({"score": 0.5, "raw": "ff00"}));
        assert_eq!(lines[1]["pairs"], json!({}));
        assert_eq!(lines[1]["text"], "It was grey.");
        assert!(lines[1]["date"].as_str().unwrap().starts_with("2030-03-"), "{}", lines[1]);
    }

    #[test]
    fn a_packed_table_is_unpacked_first() {
        let dump = Dump::new(&[]);
        write(&dump.path("a.parquet"), &[true], Codec::UNCOMPRESSED);
        let bytes = fs::read(dump.path("a.parquet")).unwrap();
        fs::remove_file(dump.path("a.parquet")).unwrap();
        for how in &PACKINGS[1..] {
            fs::write(dump.path(&format!("a.parquet{}", how.suffix())), packed(&bytes, *how))
                .unwrap();
        }
        assert_eq!(dump.read().texts().len(), 3 * 4);
    }

    #[test]
    fn lines_become_columns() {
        let lines = "{\"id\":1,\"text\":\"It was wet.\",\"n\":0.50,\"ok\":true,\"tags\":[1,null]}\n\
                     {\"id\":2,\"text\":\"It was grey.\",\"n\":3,\"ok\":null,\"late\":null}\n";
        let odd = "{\"id\":\"x\",\"text\":\"It was late.\",\"n\":1e400,\"new\":{\"a\":1},\"ok\":false,\"tags\":\"one\"}\n";
        // More than are looked at to tell the types.
        let many = lines.repeat(600) + odd;
        let dump = Dump::new(&[("in/a.jsonl", many.as_bytes())]);
        let (folder, out) = (dump.path("in"), dump.path("out"));
        let (folder, out) = (folder.to_str().unwrap(), out.to_str().unwrap());
        ends(0, &["clean", folder, "-o", out, "--quiet", "--to", "parquet"]);
        ends(0, &["verify", out, folder]);
        let (_, rows) = read_rows(&dump.path("out/clean/a.parquet"));
        assert_eq!(rows.len(), 1201);
        let told = |row: &Row, name: &str| field(row, name).to_string();
        let first = ["id", "n", "ok", "tags", "late"].map(|name| told(&rows[0], name));
        assert_eq!(first, ["1", "0.5", "true", "\"[1,null]\"", "null"]);
        let last = rows.last().unwrap();
        let last = ["id", "n", "ok", "tags", "unchaff"].map(|name| told(last, name));
        let own = "\"{\"fields\":{\"id\":\"x\",\"n\":1e400,\"new\":{\"a\":1}}}\"";
        assert_eq!(last, ["null", "null", "false", "\"\"one\"\"", own]);
    }

    /// Columns, columns of those, and lines again.
    #[test]
    fn a_field_of_our_own_that_is_there_already_is_added_to() {
        let plain = "{\"id\":\"a\",\"text\":\"It was wet.\",\"n\":1}\n";
        let byline = "{\"id\":\"b\",\"text\":\"By Tilda Arose\\n\\nIt was wet, she said.\",\"n\":\"many\",\
                      \"unchaff\":{\"mine\":[1.0],\"byline\":[\"old\"]}}\n";
        let words = "{\"id\":\"c\",\"text\":\"By Tilda Arose\\n\\nIt was wet, she said.\",\"unchaff\":\"words\"}\n";
        let many = plain.repeat(1000) + byline + words;
        let dump = Dump::new(&[("in/a.jsonl", many.as_bytes())]);
        let steps = [
            ("in", "one", "parquet"),
            ("one/clean", "two", "parquet"),
            ("two/clean", "three", "jsonl"),
        ];
        for (from, to, form) in steps {
            let (from, to) = (dump.path(from), dump.path(to));
            let (from, to) = (from.to_str().unwrap(), to.to_str().unwrap());
            ends(0, &["clean", from, "-o", to, "--quiet", "--to", form]);
            ends(0, &["verify", to, from]);
        }
        let told = rows(&dump.path("three/clean/a.jsonl"));
        assert_eq!(told[0].get("unchaff"), None);
        let both = json!({"mine": [1.0], "byline": ["By Tilda Arose"], "fields": {"n": "many"}});
        assert_eq!(told[1000]["unchaff"], both);
        assert_eq!(told[1001]["unchaff"], json!({"before": "words", "byline": ["By Tilda Arose"]}));
    }

    #[test]
    fn of_a_name_that_stands_twice_the_last_counts() {
        let line =
            br#"{"id":"1","text":"It was grey.","text":"Advertisement\n\nIt was wet, she said."}"#;
        let dump = Dump::new(&[("in/a.jsonl", line)]);
        let (folder, out) = (dump.path("in"), dump.path("out"));
        let (folder, out) = (folder.to_str().unwrap(), out.to_str().unwrap());
        ends(0, &["clean", folder, "-o", out, "--quiet", "--to", "parquet"]);
        ends(0, &["verify", out, folder]);
        let (_, rows) = read_rows(&dump.path("out/clean/a.parquet"));
        assert_eq!(field(&rows[0], "text").to_string(), "\"It was wet, she said.\"");
        let own = field(&rows[0], "unchaff").to_string();
        assert!(own.contains("It was grey."), "{own}");
    }

    #[test]
    fn a_table_that_lies_is_told() {
        let dump = Dump::new(&[]);
        write(&dump.path("a.parquet"), &[true; 3], Codec::SNAPPY);
        let whole = fs::read(dump.path("a.parquet")).unwrap();
        let read = |bytes: &[u8]| {
            let dump = Dump::new(&[("a.parquet", bytes), ("b.txt", b"It was wet.")]);
            let read = dump.read();
            assert!(read.texts().contains(&"It was wet."), "{:?}", read.rejects);
            assert!(!read.rejects.is_empty(), "nothing was told");
            read.rejects[0].reason.clone()
        };
        read(&whole[..whole.len() - 1]);
        read(&whole[..whole.len() / 2]);
        let mut long = whole.clone();
        let at = long.len() - 8;
        long[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(read(&long).contains("footer of 4294967295 bytes"));
        // A footer whose schema is a list of a thousand million columns.
        let footer = [0x15, 2, 0x19, 0xfc, 0x80, 0x94, 0xeb, 0xdc, 0x03, 0, 0, 0];
        let many = [b"PAR1", &footer[..], &12u32.to_le_bytes(), b"PAR1"].concat();
        read(&many);
    }
}

mod html {
    use super::*;

    const PAGE: &str = "<!DOCTYPE html><html lang=\"en-GB\"><head><title>The bridges rose | Harbour Post</title>
        <meta property=\"og:title\" content=\"The bridges rose\">
        <meta property=\"og:site_name\" content=\"Harbour Post\">
        <script type=\"application/ld+json\">{\"@context\":\"https://schema.org\",\"@type\":\"NewsArticle\",
        \"headline\":\"The bridges rose\",\"datePublished\":\"2031-10-14T07:42:00Z\",
        \"author\":{\"@type\":\"Person\",\"name\":\"Junia Farrow\"}}</script></head>
        <body><nav><a href=/>Home</a> <a href=/news>News</a></nav>
        <article><h1>The bridges rose</h1>STORY</article>
        <footer><a href=/terms>Terms</a></footer></body></html>";

    fn page(paragraphs: &[&str]) -> String {
        let story: String = paragraphs.iter().map(|text| format!("<p>{text}</p>\n")).collect();
        PAGE.replace("STORY", &story)
    }

    #[test]
    fn the_story_and_what_the_head_says_about_it() {
        let one = "Every lift bridge in the harbour city rose on Tuesday morning, and none came down before dusk, the Board said.";
        let two = "Nobody had asked them to rise &amp; nobody could say why: the screen showed <b>a tide</b> of two metres that was not there.";
        let three = "By the evening of that day the pilots had carried four hundred people over in rowing boats, and asked for nothing but bread.";
        let page = page(&[one, two, three]);
        let dump = Dump::new(&[
            ("in/post/a.html", page.as_bytes()),
            ("in/post/b", page.as_bytes()),
            ("in/post/c.html.gz", &packed(page.as_bytes(), Compression::Gzip)),
            ("in/post/empty.htm", b"<html><body></body></html>"),
        ]);
        let (folder, out) = (dump.path("in"), dump.path("out"));
        let (folder, out) = (folder.to_str().unwrap(), out.to_str().unwrap());
        ends(3, &["clean", folder, "-o", out, "--quiet", "--no-templates"]);
        ends(0, &["verify", out, folder]);
        let rows = rows(&dump.path("out/clean/in.jsonl"));
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0]["id"], "post/a.html");
        let expected =
            [one, &two.replace("&amp;", "&").replace("<b>", "").replace("</b>", ""), three];
        let text = rows[0]["text"].as_str().unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        assert_eq!(lines, expected);
        assert_eq!(rows[0]["title"], "The bridges rose");
        assert_eq!(rows[0]["byline"], "Junia Farrow");
        assert_eq!(rows[0]["date"], "2031-10-14T07:42:00Z");
        assert_eq!(rows[0]["lang"], "en-GB");
        assert_eq!(rows[0]["site_name"], "Harbour Post");
        assert!(rows[0]["unchaff"]["original"].as_str().unwrap().contains("Every lift bridge"));
        let read = dump.read();
        assert_eq!(read.documents[0].document.outlet, "in");
    }

    /// The same lines without markup stay: nothing in their words says what they are.
    #[test]
    fn links_and_captions_are_told_by_their_markup() {
        let told = "Every lift bridge in the harbour city rose on Tuesday morning, and none came down before dusk, the Board said.";
        let more = "By the evening of that day the pilots had carried four hundred people over in rowing boats, and asked for bread.";
        let (caption, link) = ("The pier at noon", "Ferries stay late for a third week");
        let figure = format!(
            "{told}</p><figure><img src=a.jpg><figcaption>{caption}</figcaption></figure><p>{more}"
        );
        let list = format!("{told}</p><ul><li><a href=/a>{link}</a></li></ul><p>");
        let page = page(&[&figure, more, told, more, told, more, &list]);
        let lines = [told, caption, more, told, more, told, link].join("\n");
        let plain = serde_json::json!({ "text": lines }).to_string();
        let dump = Dump::new(&[("in/a.html", page.as_bytes()), ("plain.jsonl", plain.as_bytes())]);
        let clean = |input: &str| {
            let (input, out) = (dump.path(input), dump.path("out"));
            let (input, out) = (input.to_str().unwrap(), out.to_str().unwrap());
            ends(0, &["clean", input, "-o", out, "--quiet", "--no-templates", "--overwrite"]);
        };
        clean("in");
        let row = &rows(&dump.path("out/clean/in.jsonl"))[0];
        let text = row["text"].as_str().unwrap();
        assert!(text.starts_with(told) && text.ends_with(told), "{text}");
        assert!(!text.contains(caption) && !text.contains(link), "{text}");
        assert_eq!(row["unchaff"]["caption"][0], caption, "{row}");
        assert!(row["unchaff"]["original"].as_str().unwrap().contains(link), "{row}");
        clean("plain.jsonl");
        let plain = &rows(&dump.path("out/clean/plain.jsonl"))[0];
        assert_eq!(plain["text"], lines.as_str());
    }

    #[test]
    fn markup_that_is_none() {
        let deep = "<div>".repeat(100_000) + "It was wet.";
        let odd = "<p>It was wet.".repeat(2000) + &"<table><tr><td>".repeat(500);
        let zeros = "<html><body>\0\0\0<p>It was wet.</p>";
        let dump = Dump::new(&[
            ("a.html", deep.as_bytes()),
            ("b.html", odd.as_bytes()),
            ("c.html", zeros.as_bytes()),
            ("d.html", b"<html><script>"),
            ("e.html", b"<"),
            ("f.html", &[0xff; 3000]),
        ]);
        let read = dump.read();
        assert_eq!(read.documents.len() + read.rejects.len(), 6);
    }
}

/// The same articles in every format and packing.
mod the_same {
    use std::collections::BTreeSet;
    use std::path::Path;

    use unchaff::output::{Encoder, Form, Layout, OutputOptions, ShardWriter};

    use super::*;
    use crate::common;

    /// An invented article: its outlet, its number, its title and its text.
    struct Article {
        outlet: String,
        number: usize,
        title: String,
        paragraphs: Vec<String>,
    }

    const WIRE: &str = "The Board of the five bridges said on Tuesday that a single tide gauge under the Saltgate pier had told every lift at once that the sea was two metres higher than it was, and that the lifts had believed it.";

    /// What else there was to tell: each outlet tells each of them once.
    const TOLD: [[&str; 3]; 5] = [
        [
            "On Tuesday morning Agnes Tolland walked from Tollhithe to the harbour office to ask why the bridge had not come down, and was told that nobody there knew.",
            "\u{201c}I have asked three times since,\u{201d} she said, \u{201c}and each time it was somebody else who did not know it.\u{201d}",
            "The caf\u{e9} beneath the cabin stayed open until seven and gave soup to those who had missed the last boat.",
        ],
        [
            "A school of forty children spent the afternoon on the wrong side of the river, in a hall that had last been heated in spring.",
            "Their teacher let them draw the bridge as it stood, and hung the drawings in the window of the caf\u{e9} next door.",
            "By evening the pilots had agreed to carry them home two at a time, and the smallest went first.",
        ],
        [
            "Nobody had counted the lamps on the five bridges before that night, when all of them were lit although nobody could cross.",
            "Brann Okoro counted them from his roof and came to two hundred and eleven, or twelve, since one of them was a caf\u{e9} sign.",
            "The Board has asked him for his list, which it says is better than its own.",
        ],
        [
            "The price of a crossing by rowing boat rose from nothing to a loaf of bread within an hour, and stayed there.",
            "Two brothers from the Long Shore took eleven loaves, gave nine away, and opened the caf\u{e9} on the quay with the rest.",
            "Asked whether they had a permit, they asked whether the bridges had one.",
        ],
        [
            "Hettie Garland has kept the tide tables of Saltgate for thirty years and says that the sea did nothing unusual that day.",
            "She wrote it down in the back room of a caf\u{e9}, as she always has, with the time and the height and a word about the wind.",
            "The gauge, she says, was hit by a barge in May, and she had written that down too.",
        ],
    ];

    fn articles() -> Vec<Article> {
        let article = |i: usize| {
            let mut paragraphs: Vec<String> = TOLD[i / 4].iter().map(|p| (*p).to_owned()).collect();
            // Once in each outlet, so that it is nobody's furniture.
            if [3, 8, 14, 17].contains(&i) {
                paragraphs.insert(1, WIRE.to_owned());
            }
            paragraphs.push("Advertisement".to_owned());
            Article {
                outlet: format!("outlet{}.example", i % 4),
                number: i,
                title: format!("What the bridges did, told for the {i}th time"),
                paragraphs,
            }
        };
        (0..20).map(article).collect()
    }

    fn url(article: &Article) -> String {
        format!("https://www.{}/{}", article.outlet, article.number)
    }

    fn page(article: &Article) -> String {
        let text: String = article.paragraphs.iter().map(|p| format!("<p>{p}</p>")).collect();
        let title = &article.title;
        format!(
            "<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title></head><body><article><h1>{title}</h1>{text}</article></body></html>"
        )
    }

    /// One file of each format that is a sequence of records.
    fn streams(articles: &[Article]) -> Vec<(&'static str, Vec<u8>)> {
        let (mut jsonl, mut csv, mut wet, mut warc) =
            (String::new(), "outlet;id;url;text\r\n".to_owned(), Vec::new(), Vec::new());
        for article in articles {
            let (url, text) = (url(article), article.paragraphs.join("\n\n"));
            let line =
                json!({"id": article.number, "outlet": article.outlet, "url": url, "text": text});
            jsonl += &format!("{line}\n");
            let cell = text.replace('"', "\"\"");
            csv += &format!("{};{};{url};\"{cell}\"\r\n", article.outlet, article.number);
            let head = format!(
                "WARC-Type: conversion\r\nWARC-Target-URI: {url}\r\nContent-Type: text/plain"
            );
            wet.extend(record(&head, text.as_bytes()));
            let head = format!(
                "WARC-Type: response\r\nWARC-Target-URI: {url}\r\nContent-Type: application/http"
            );
            let http =
                format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{}", page(article));
            warc.extend(record(&head, http.as_bytes()));
        }
        vec![
            ("a.jsonl", jsonl.into_bytes()),
            ("a.csv", csv.into_bytes()),
            ("a.warc.wet", wet),
            ("a.warc", warc),
        ]
    }

    /// What a run makes of an input: the cleaned texts, and the shared passages with their outlets.
    fn made_of(input: &Path, out: &Path) -> (BTreeSet<String>, Vec<Value>) {
        common::run(input.to_str().unwrap(), out, 2);
        let rejects = fs::read_to_string(out.join("rejects.jsonl")).unwrap();
        assert_eq!(rejects, "", "{}", input.display());
        let clean = out.join("clean").to_str().unwrap().to_owned();
        let corpus = discover(&[clean], &InputOptions::default()).unwrap();
        let lines =
            |text: &str| text.lines().filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n");
        let texts = read(&corpus).texts().into_iter().map(lines).collect();
        let told = |family: &Value| {
            let outlets: BTreeSet<&str> = family["occurrences"]
                .as_array()
                .unwrap()
                .iter()
                .map(|occurrence| occurrence["outlet"].as_str().unwrap())
                .collect();
            json!([family["words"], family["documents"], family["exemplar"]["text"], outlets])
        };
        let mut told: Vec<Value> = rows(&out.join("passages.jsonl")).iter().map(told).collect();
        // The order of documents, which settles ties, is that of their files.
        told.sort_by_key(Value::to_string);
        (texts, told)
    }

    /// Writes JSON lines as Parquet.
    fn to_columns(lines: &Path, folder: &Path) {
        let corpus = discover(&[lines.to_str().unwrap().to_owned()], &InputOptions::default());
        let corpus = corpus.unwrap();
        let options = OutputOptions { to: Some(Form::Parquet), ..OutputOptions::default() };
        let layout = Layout::new(&corpus, options);
        let mut writer = ShardWriter::create(folder, layout.target(0)).unwrap();
        for chunk in corpus.read() {
            let mut encoder = Encoder::new(&layout, &chunk);
            for (i, parsed) in chunk.documents(&corpus) {
                let document = parsed.unwrap().document;
                encoder.push(i, &document, &document.text, None).unwrap();
            }
            writer.append(&encoder.finish().unwrap()).unwrap();
        }
        writer.finish().unwrap();
    }

    #[test]
    fn in_every_format_and_packing() {
        let articles = articles();
        let dump = Dump::new(&[]);
        let mut inputs = Vec::new();
        for (name, bytes) in streams(&articles) {
            for how in PACKINGS {
                let path = dump.path(&format!("{name}{}", how.suffix()));
                fs::write(&path, packed(&bytes, how)).unwrap();
                inputs.push(path);
            }
        }
        for (i, article) in articles.iter().enumerate() {
            // Every file packed in another way.
            let how = PACKINGS[i % PACKINGS.len()];
            let text = article.paragraphs.join("\n\n");
            for (folder, content, ending) in
                [("texts", text, "txt"), ("pages", page(article), "html")]
            {
                let folder = dump.path(folder).join(&article.outlet);
                fs::create_dir_all(&folder).unwrap();
                let name = format!("{}.{ending}{}", article.number, how.suffix());
                fs::write(folder.join(name), packed(content.as_bytes(), how)).unwrap();
            }
        }
        inputs.extend([dump.path("texts"), dump.path("pages")]);
        to_columns(&inputs[0], dump.0.path());
        inputs.push(dump.path("a.parquet"));
        let (texts, passages) = made_of(&inputs[0], &dump.path("out"));
        // Four articles tell each of five stories, one of them with what the Board said.
        assert_eq!(texts.len(), 9);
        let clean = |text: &String| text.contains("caf\u{e9}") && !text.contains("Advertisement");
        assert!(texts.iter().all(clean), "{texts:?}");
        assert!(!passages.is_empty());
        for (i, input) in inputs.iter().enumerate().skip(1) {
            let made = made_of(input, &dump.path(&format!("out{i}")));
            assert_eq!(made.0, texts, "{}", input.display());
            assert_eq!(made.1, passages, "{}", input.display());
        }
    }

    /// The examples in the README's table of formats.
    #[test]
    fn the_readme_s_examples_run() {
        let articles = articles();
        let dump = Dump::new(&[]);
        for (name, bytes) in streams(&articles) {
            let name = name.replace("a.warc", "crawl.warc").replace("a.", "dump.");
            fs::write(dump.path(&name), &bytes).unwrap();
            fs::write(dump.path(&format!("{name}.gz")), packed(&bytes, Compression::Gzip)).unwrap();
        }
        to_columns(&dump.path("dump.jsonl"), dump.0.path());
        for article in &articles {
            for (folder, content) in
                [("texts", article.paragraphs.join("\n\n")), ("pages", page(article))]
            {
                let folder = dump.path(folder).join(&article.outlet);
                fs::create_dir_all(&folder).unwrap();
                fs::write(folder.join(article.number.to_string()), content).unwrap();
            }
        }
        let readme = fs::read_to_string(common::home().join("README.md")).unwrap();
        let rows =
            readme.lines().filter_map(|line| line.strip_suffix("` |")?.rsplit_once("`unchaff "));
        let examples: Vec<&str> = rows.map(|(_, example)| example).collect();
        assert_eq!(examples.len(), 7, "{examples:?}");
        for (i, example) in examples.iter().enumerate() {
            let out = format!("out{i}");
            let args =
                example.split(' ').map(|word| if word == "OUT" { out.as_str() } else { word });
            let mut command = common::unchaff(args.chain(["--quiet"]));
            let output = command.current_dir(dump.0.path()).output().unwrap();
            assert!(output.status.success(), "{example}: {output:?}");
            let clean = dump.path(&format!("{out}/clean")).to_str().unwrap().to_owned();
            let corpus = discover(&[clean], &InputOptions::default()).unwrap();
            assert_eq!(read(&corpus).documents.len(), 20, "{example}");
        }
    }
}

mod outputs {
    use sha2::{Digest, Sha256};

    use super::*;

    const WET: &str =
        "The ferry came in at noon with forty passengers and a goat, and nobody had asked it to.";

    fn mixed() -> Dump {
        let line = |id: &str| {
            format!(
                "{{\"id\":\"{id}\",\"text\":\"{WET}\\nAdvertisement\\nIt was late, \u{1f6a2} and wet.\"}}\n"
            )
        };
        let lines = line("a") + &line("b") + "{\"id\":\"c\"}\n";
        let table = format!("id,text\nx,\"{WET}\nAdvertisement\nIt was grey.\"\n");
        let page = format!("<html><body><article><p>{WET}</p><p>{WET}</p></article></body></html>");
        Dump::new(&[
            ("in/a.jsonl", lines.as_bytes()),
            ("in/b.csv.gz", &packed(table.as_bytes(), Compression::Gzip)),
            ("in/texts/one.txt", WET.as_bytes()),
            ("in/texts/two.txt.xz", &packed(WET.as_bytes(), Compression::Xz)),
            ("in/pages/p.html", page.as_bytes()),
            ("in/empty.jsonl", b"\n"),
        ])
    }

    #[test]
    fn every_form_and_packing_verifies() {
        let dump = mixed();
        let folder = dump.path("in");
        let folder = folder.to_str().unwrap();
        for to in ["", "jsonl", "text", "parquet"] {
            for how in ["", "none", "gzip", "zstd", "bzip2", "xz"] {
                let out = dump.path(&format!("out-{to}-{how}"));
                let out = out.to_str().unwrap();
                let mut args = vec!["clean", folder, "-o", out, "--quiet", "--allow-rejects"];
                args.extend(["--to", to].iter().filter(|_| !to.is_empty()));
                args.extend(["--compress", how].iter().filter(|_| !how.is_empty()));
                ends(0, &args);
                ends(0, &["verify", out, folder]);
            }
        }
        let files = crate::common::files(&dump.path("out-text-none"));
        assert!(files.contains_key("clean/b/00000001.txt"), "{:?}", files.keys());
        let files = crate::common::files(&dump.path("out--"));
        assert!(files.contains_key("clean/b.jsonl.gz"), "{:?}", files.keys());
    }

    #[test]
    fn an_output_without_a_record_verifies() {
        for (bytes, has_shard) in [(&b"oops\n"[..], true), (b"", false)] {
            let dump = Dump::new(&[("in/a.jsonl", bytes)]);
            let (folder, out) = (dump.path("in"), dump.path("out"));
            let (folder, out) = (folder.to_str().unwrap(), out.to_str().unwrap());
            ends(3, &["clean", folder, "-o", out, "--quiet"]);
            assert_eq!(dump.path("out/clean").is_dir(), has_shard);
            ends(0, &["verify", out, folder]);
        }
        let dump = Dump::new(&[("in/a.jsonl", b"{\"text\":\"It was wet.\"}\n")]);
        let (folder, out) = (dump.path("in"), dump.path("out"));
        let (folder, out) = (folder.to_str().unwrap(), out.to_str().unwrap());
        ends(0, &["clean", folder, "-o", out, "--quiet"]);
        fs::remove_dir_all(dump.path("out/clean")).unwrap();
        ends(1, &["verify", out, folder]);
    }

    #[test]
    fn the_manifest_says_what_sha256sum_says() {
        let dump = mixed();
        let (folder, out) = (dump.path("in"), dump.path("out"));
        ends(
            3,
            &[
                "run",
                folder.to_str().unwrap(),
                "-o",
                out.to_str().unwrap(),
                "--quiet",
                "--attributes",
            ],
        );
        let manifest: Value =
            serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
        let mut files = crate::common::files(&out);
        files.remove("manifest.json");
        let listed = manifest["files"].as_array().unwrap();
        assert_eq!(listed.len(), files.len());
        for file in listed {
            let bytes = &files[file["path"].as_str().unwrap()];
            let sum: String =
                Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(
                (&file["bytes"], &file["sha256"]),
                (&json!(bytes.len()), &json!(sum)),
                "{file}"
            );
        }
        let records = |path: &str| {
            let file = listed.iter().find(|file| file["path"] == path).unwrap();
            file["records"].clone()
        };
        assert_eq!(records("clean/a.jsonl"), 2);
        assert_eq!(records("clean/b.jsonl.gz"), 1);
        assert_eq!(records("rejects.jsonl"), 1);
    }

    #[test]
    fn attributes_are_spans_of_the_original() {
        let dump = mixed();
        let (folder, out) = (dump.path("in"), dump.path("out"));
        ends(
            3,
            &[
                "clean",
                folder.to_str().unwrap(),
                "-o",
                out.to_str().unwrap(),
                "--quiet",
                "--attributes",
            ],
        );
        let told = rows(&out.join("attributes/unchaff/a.jsonl"));
        assert_eq!(told.len(), 2);
        let original = format!("{WET}\nAdvertisement\nIt was late, \u{1f6a2} and wet.");
        for row in &told {
            let (name, spans) = row["attributes"].as_object().unwrap().iter().next().unwrap();
            assert_eq!(name, "unchaff__ad_slot");
            let number = |i: usize| crate::common::number(&spans[0][i]);
            let text = crate::common::slice(&original, number(0), number(1));
            assert_eq!(text.trim(), "Advertisement");
            assert!(spans[0][2].as_f64().unwrap() >= 1.0);
        }
    }
}
