//! Hostile inputs: what is whole is read, what is not is told, and nothing takes the reader down.

#![allow(clippy::unwrap_used)] // Clippy takes the helpers of a test for no tests.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;
use tempfile::TempDir;
use unchaff::error::{Error, Reject};
use unchaff::input::{
    Compression, Corpus, InputOptions, OutletBy, OutletTable, Parsed, ShardKind, discover,
    discover_with,
};
use unchaff::output::{self, Encoder, Layout, OutputOptions, ShardWriter};

/// A folder of files, as a test needs them.
struct Dump(TempDir);

impl Dump {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let dump = Self(tempfile::tempdir().unwrap());
        for (name, bytes) in files {
            let path = dump.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        dump
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn input(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn discover(&self, inputs: &[&str]) -> Result<Corpus, Error> {
        self.discover_as(inputs, &InputOptions::default())
    }

    fn discover_as(&self, inputs: &[&str], options: &InputOptions) -> Result<Corpus, Error> {
        let inputs: Vec<String> = inputs.iter().map(|name| self.input(name)).collect();
        discover(&inputs, options)
    }

    /// Reads everything below the folder.
    fn read(&self) -> Read {
        read(&self.discover(&[""]).unwrap())
    }
}

/// What came of an input.
#[derive(Debug)]
struct Read {
    documents: Vec<Parsed>,
    /// The documents as lines of JSON, where they are.
    lines: Vec<Vec<u8>>,
    rejects: Vec<Reject>,
}

impl Read {
    fn texts(&self) -> Vec<&str> {
        self.documents.iter().map(|parsed| parsed.document.text.as_str()).collect()
    }

    fn ids(&self) -> Vec<&str> {
        self.documents.iter().map(|parsed| parsed.document.id.as_str()).collect()
    }

    fn only_reject(&self) -> &Reject {
        assert_eq!(self.rejects.len(), 1, "{:?}", self.rejects);
        &self.rejects[0]
    }
}

fn read(corpus: &Corpus) -> Read {
    let rejects = corpus.rejects.clone();
    let mut read = Read { documents: Vec::new(), lines: Vec::new(), rejects };
    for chunk in corpus.read() {
        assert!(chunk.data.capacity() < 4 << 20, "a chunk of {}", chunk.data.capacity());
        read.rejects.extend(chunk.rejects.iter().cloned());
        for (i, parsed) in chunk.documents(corpus) {
            match parsed {
                Ok(parsed) => {
                    read.lines
                        .extend(chunk.line(i, &parsed.document).map(|(line, _)| line.to_vec()));
                    read.documents.push(parsed);
                }
                Err(reject) => read.rejects.push(reject),
            }
        }
    }
    read
}

/// Writes a corpus out again, each text changed by `clean`.
fn write(corpus: &Corpus, out: &Path, clean: fn(&str) -> String, extra: Option<&str>) {
    let layout = Layout::new(corpus, OutputOptions::default());
    for i in 0..corpus.shards.len() {
        let mut writer = ShardWriter::create(out, layout.target(i)).unwrap();
        for chunk in corpus.read_shard(i, 0) {
            let mut encoder = Encoder::new(&layout, &chunk);
            for (i, parsed) in chunk.documents(corpus) {
                let Ok(parsed) = parsed else { continue };
                let document = &parsed.document;
                encoder.push(i, document, &clean(&document.text), extra).unwrap();
            }
            writer.append(&encoder.finish().unwrap()).unwrap();
        }
        writer.finish().unwrap();
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    output::compress(bytes.to_vec(), Compression::Gzip).unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    output::compress(bytes.to_vec(), Compression::Zstd).unwrap()
}

/// Lines that do not shrink to nothing when they are compressed.
fn lines(count: u64) -> Vec<u8> {
    let noise = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
    let line = |i| {
        let words: Vec<String> = (0..40).map(|j| format!("{:x}", noise(i * 40 + j))).collect();
        format!("{{\"id\": {i}, \"text\": \"{}\"}}\n", words.join(" "))
    };
    (0..count).map(line).collect::<String>().into_bytes()
}

#[test]
fn a_text_may_come_late_but_not_too_late() {
    for (before, is_found) in [(0, true), (120, true), (999, true), (1000, false)] {
        let none = (0..before).map(|n| format!("{{\"headline\":\"{n}\"}}\n"));
        let lines: String = none.chain(["{\"body\":\"a\"}\n".to_owned()]).collect();
        let dump = Dump::new(&[("a.jsonl", lines.as_bytes())]);
        assert_eq!(dump.discover(&["a.jsonl"]).is_ok(), is_found, "{before}");
    }
}

#[test]
fn a_truncated_gzip_file_keeps_its_whole_records() {
    let plain = lines(5000);
    let packed = gzip(&plain);
    let cut = &packed[..packed.len() / 2];
    let read = Dump::new(&[("a.jsonl.gz", cut), ("b.jsonl", b"{\"text\": \"next\"}\n")]).read();
    let kept = read.documents.len() as u64 - 1;
    assert!((2000..3000).contains(&kept), "{kept}");
    assert_eq!(*read.texts().last().unwrap(), "next");
    let reject = read.only_reject();
    assert_eq!((reject.file.as_str(), reject.record), ("a.jsonl.gz", kept + 1));
    assert!(plain[reject.offset as usize..].starts_with(format!("{{\"id\": {kept},").as_bytes()));
    assert!(reject.reason.starts_with("compressed data ends early at byte"), "{reject:?}");
}

#[test]
fn a_damaged_file_keeps_what_comes_before_the_damage() {
    for pack in [gzip, zstd] {
        let mut packed = pack(&lines(5000));
        let middle = packed.len() / 2;
        packed[middle..middle + 64].fill(0xff);
        let read = Dump::new(&[("a.jsonl", &packed)]).read();
        assert!(read.documents.len() > 2000, "{}", read.documents.len());
        let told = read.rejects.iter().find(|reject| reject.reason.contains("is damaged"));
        assert!(told.unwrap().reason.contains("at byte"), "{told:?}");
    }
}

#[test]
fn a_truncated_zstd_file_keeps_its_whole_records() {
    let packed = zstd(&lines(5000));
    let read = Dump::new(&[("a.jsonl.zst", &packed[..packed.len() / 2])]).read();
    assert!(read.documents.len() > 1000);
    assert!(read.only_reject().reason.contains("ends early"));
}

#[test]
fn members_garbage_and_padding() {
    let (one, two) = (b"{\"text\": \"one\"}\n{\"te", b"xt\": \"two\"}");
    let members = [gzip(one), gzip(b""), gzip(two)].concat();
    let padded = [members.clone(), vec![0; 700]].concat();
    let dirty = [members.clone(), b"left over".to_vec()].concat();
    let dump = Dump::new(&[("a.gz", &members), ("b.gz", &padded), ("c.gz", &dirty)]);
    let read = dump.read();
    assert_eq!(read.texts(), ["one", "two", "one", "two", "one", "two"]);
    let reject = read.only_reject();
    assert_eq!((reject.file.as_str(), reject.record), ("c.gz", 0));
    assert!(reject.reason.contains("all records were kept"), "{reject:?}");
}

#[test]
fn zstd_frames_and_skippable_frames() {
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"any"].concat();
    let one = zstd(b"{\"text\": \"one\"}\n{\"text\":");
    let two = zstd(b" \"two\"}\n");
    let dump = Dump::new(&[("a", &[skippable.clone(), one, skippable, two].concat())]);
    assert_eq!(dump.read().texts(), ["one", "two"]);
}

#[test]
fn a_zstd_window_beyond_the_limit_is_refused() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.set_parameter(zstd::stream::raw::CParameter::WindowLog(28)).unwrap();
    encoder.write_all(b"{\"text\": \"x\"}\n").unwrap();
    let read = Dump::new(&[("a.jsonl.zst", &encoder.finish().unwrap())]);
    let read = read.read();
    assert!(read.only_reject().reason.contains("memory"), "{:?}", read.rejects);
}

#[test]
fn broken_lines_are_set_aside_one_by_one() {
    let good = "{\"id\": \"a\", \"text\": \"good\"}";
    let cases: [(&[u8], &str); 12] = [
        (b"{\"text\": \"cut", "the line ends inside the object"),
        (b"{\"text\": \"a\"} {\"text\": \"b\"}", "trailing characters"),
        (b"{\"text\": null}", "field text is null, not a string"),
        (b"{\"text\": [\"a\"]}", "field text is an array"),
        (b"{\"text\": 7}", "field text is a number"),
        (b"{\"headline\": \"a\"}", "no field text, content"),
        (b"[1, 2]", "expected a JSON object"),
        (b"plain words", "not valid JSON"),
        (b"{\"text\": \"caf\xe9\"}", "invalid UTF-8 at byte 13 of the record (0xE9)"),
        (b"{\"text\": \"\\ud83d\"}", "the text: unexpected end of hex escape"),
        (b"{\"text\": \"\\udc00 a\"}", "the text: lone leading surrogate"),
        (b"{\"text\": \"a\0b\"}", "control character"),
    ];
    for (line, reason) in cases {
        let file = [line, b"\n\n", good.as_bytes(), b"\n"].concat();
        let read = Dump::new(&[("a.jsonl", &file)]).read();
        assert_eq!(read.texts(), ["good"]);
        assert_eq!(read.documents[0].document.source.record, 2);
        assert_eq!(read.documents[0].document.source.offset, line.len() as u64 + 2);
        let reject = read.only_reject();
        assert_eq!((reject.record, reject.offset), (1, 0));
        assert!(reject.reason.contains(reason), "{reason}: {}", reject.reason);
    }
}

#[test]
fn lines_end_as_they_like() {
    let file = b"\xef\xbb\xbf{\"text\": \"a\"}\r\n\r\n  {\"text\": \"b\"} \t\r\n{\"text\": \"c\"}";
    let read = Dump::new(&[("a.jsonl", file)]).read();
    assert_eq!(read.texts(), ["a", "b", "c"]);
    assert_eq!(read.ids(), ["a.jsonl:1", "a.jsonl:2", "a.jsonl:3"]);
    let offsets = read.documents.iter().map(|parsed| parsed.document.source.offset);
    assert_eq!(offsets.collect::<Vec<_>>(), [3, 20, 39]);
}

#[test]
fn a_bomb_of_a_line_is_skipped_in_bounded_memory() {
    let zeros = gzip(&vec![0; 16 << 20]);
    let first = gzip(b"{\"text\": \"before\"}\n");
    let last = gzip(b"\n{\"text\": \"after\"}\n");
    let bomb = [first, zeros.repeat(64), last].concat();
    let read = Dump::new(&[("a.jsonl.gz", &bomb)]).read();
    assert_eq!(read.texts(), ["before", "after"]);
    assert_eq!(read.documents[1].document.source.record, 3);
    assert_eq!(read.documents[1].document.source.offset, 19 + (1 << 30) + 1);
    let reject = read.only_reject();
    assert_eq!((reject.record, reject.offset), (2, 19));
    assert!(reject.reason.contains("1073741824 bytes"), "{reject:?}");
}

#[test]
fn a_bomb_of_a_text_is_refused_in_bounded_memory() {
    let bomb = gzip(&vec![b'a'; 16 << 20]).repeat(8);
    let options = InputOptions { max_record: 1 << 20, ..InputOptions::default() };
    let dump = Dump::new(&[("d/a.txt", &bomb), ("d/b.txt", b"short")]);
    let read = read(&dump.discover_as(&["d"], &options).unwrap());
    assert_eq!(read.texts(), ["short"]);
    assert!(read.only_reject().reason.contains("--max-record"));
}

#[test]
fn nesting_costs_no_stack() {
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let file =
        format!("{{\"x\": {deep}, \"text\": \"a\"}}\n{{\"text\": {deep}}}\n{{\"text\": \"b\"}}");
    let read = Dump::new(&[("a.jsonl", file.as_bytes())]).read();
    assert_eq!(read.texts(), ["a", "b"]);
    assert!(read.only_reject().reason.contains("is an array"));
}

#[test]
fn records_pass_byte_for_byte() {
    let lines = [
        r#"{ "n" : 1e400,"id":1234567890123456789012345,"text":"a\u0020b" , "z": [1.0, -0, {"text": "in"}]}"#,
        r#"{"text":"first","x":1,"x":2,"text":"last","é":"\ud800"}"#,
        r#"{"te\u0078t":"escaped key","title":"cut \ud83d"}"#,
    ];
    let file = lines.join("\n") + "\n";
    let dump = Dump::new(&[("in/a.jsonl", file.as_bytes())]);
    let corpus = dump.discover(&["in"]).unwrap();
    let documents = read(&corpus);
    assert_eq!(documents.texts(), ["a b", "last", "escaped key"]);
    assert_eq!(documents.documents[0].document.id, "1234567890123456789012345");
    assert_eq!(
        documents.documents[2].document.title.as_deref(),
        Some("cut \u{fffd}\u{fffd}\u{fffd}")
    );

    write(&corpus, &dump.path("same"), str::to_owned, None);
    assert_eq!(fs::read_to_string(dump.path("same/a.jsonl")).unwrap(), file);

    write(&corpus, &dump.path("other"), |_| "\"new\"\n\u{1}é".into(), Some("{\"k\":1}"));
    let written = fs::read_to_string(dump.path("other/a.jsonl")).unwrap();
    let expected = [
        r#"{ "n" : 1e400,"id":1234567890123456789012345,"text":"\"new\"\n\u0001é" , "z": [1.0, -0, {"text": "in"}],"unchaff":{"k":1}}"#,
        r#"{"text":"first","x":1,"x":2,"text":"\"new\"\n\u0001é","é":"\ud800","unchaff":{"k":1}}"#,
        r#"{"te\u0078t":"\"new\"\n\u0001é","title":"cut \ud83d","unchaff":{"k":1}}"#,
    ];
    assert_eq!(written.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn our_own_field_is_added_to_where_it_stands() {
    let file = r#"{"unchaff": {"old": [1]}, "text": "a", "note": "unchaff"}"#;
    let dump = Dump::new(&[("in/a.jsonl", file.as_bytes())]);
    let corpus = dump.discover(&["in"]).unwrap();
    let out = |name: &str, extra| {
        write(&corpus, &dump.path(name), |_| "b".into(), extra);
        fs::read_to_string(dump.path(&format!("{name}/a.jsonl"))).unwrap()
    };
    let both = r#"{"unchaff": {"old":[1],"k":2}, "text": "b", "note": "unchaff"}"#;
    assert_eq!(out("x", Some("{\"k\":2}")), format!("{both}\n"));
    assert_eq!(out("y", None), file.replace("\"a\"", "\"b\"") + "\n");
}

#[test]
fn fields_are_found_by_themselves() {
    let file = concat!(
        r#"{"content": "body text", "link": "https://news.harbour.example/1", "timestamp": 1714521600, "headline": "H", "language": "EN-gb", "doc_id": 7}"#,
        "\n",
        r#"{"text": null, "body": "null is no text", "outlet": " ", "source": "Wire", "lang": "none of these", "id": {"$oid": "5f"}}"#,
        "\n",
        r#"{"maintext": "m", "text": "t", "publisher": "The Post", "url": "https://elsewhere.example", "id": "", "date": {}}"#,
    );
    let dump = Dump::new(&[("a.jsonl", file.as_bytes())]);
    let read = dump.read();
    let [a, b, c] = read.documents.as_slice() else { panic!("{read:?}") };
    assert_eq!(read.texts(), ["body text", "null is no text", "t"]);
    assert_eq!(read.ids(), ["7", "{\"$oid\": \"5f\"}", "a.jsonl:3"]);
    assert_eq!((a.document.outlet.as_str(), a.outlet_by), ("harbour.example", OutletBy::Url));
    assert_eq!((b.document.outlet.as_str(), b.outlet_by), ("Wire", OutletBy::Source));
    assert_eq!((c.document.outlet.as_str(), c.outlet_by), ("The Post", OutletBy::Field));
    assert_eq!(a.document.date.as_deref(), Some("1714521600"));
    assert_eq!((a.document.lang.as_deref(), b.document.lang.as_deref()), (Some("en"), None));
    assert_eq!((a.document.title.as_deref(), c.document.date.as_deref()), (Some("H"), None));
    let found = dump.discover(&["a.jsonl"]).unwrap().found;
    let found = serde_json::to_value(&found).unwrap();
    assert_eq!(found["text"], serde_json::json!(["text", "content", "body", "maintext"]));
    assert_eq!(found["date"], serde_json::json!(["date", "timestamp"]));
}

#[test]
fn a_flag_names_the_only_field() {
    let file = br#"{"text": "wrong", "story": "right", "paper": "P", "outlet": "O"}"#;
    let dump = Dump::new(&[("a.jsonl", file)]);
    let flags = |text: &str| InputOptions {
        text_field: Some(text.into()),
        outlet_field: Some("paper".into()),
        ..InputOptions::default()
    };
    let corpus = dump.discover_as(&["a.jsonl"], &flags("story")).unwrap();
    let read = read(&corpus);
    assert_eq!(read.texts(), ["right"]);
    assert_eq!(read.documents[0].document.outlet, "P");
    let error = dump.discover_as(&["a.jsonl"], &flags("stroy")).unwrap_err().to_string();
    assert!(error.contains("stroy") && error.contains("outlet, paper, story, text"), "{error}");
    assert!(error.contains("--text-field"), "{error}");
    assert!(dump.discover_as(&["a.jsonl"], &flags("unchaff")).is_err());
}

#[test]
fn a_dump_without_any_text_is_a_wrong_setting() {
    let dump = Dump::new(&[("a.jsonl", b"{\"title\": \"a\"}\nbroken\n"), ("b.txt", b"text")]);
    assert!(matches!(dump.discover(&[""]), Err(Error::Config(_))));
    let late = [b"{\"title\": \"a\"}\n".repeat(999), b"{\"text\": \"b\"}\n".to_vec()].concat();
    assert_eq!(Dump::new(&[("a.jsonl", &late)]).read().rejects.len(), 999);
}

#[test]
fn text_files() {
    let utf16: Vec<u8> = "\u{feff}Grüße".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin1 = b"Die Br\xfccke \xfcber die M\xf6hne ist wieder frei, sagte der B\xfcrgermeister.";
    let dump = Dump::new(&[
        ("in/north/a.txt", "Zeile\r\nzwei".as_bytes()),
        ("in/north/deep/.b", &utf16),
        ("in/south/c.txt.gz", &gzip(b"packed")),
        ("in/south/d.txt", latin1),
        ("in/e.txt", b"alone"),
        ("in/empty.txt", b""),
        ("in/empty.gz", &gzip(b"")),
        ("in/late.txt", &[b"x".repeat(100_000), vec![0]].concat()),
        ("in/noise.bin", &[7, 0, 1]),
    ]);
    let corpus = dump.discover(&["in"]).unwrap();
    assert_eq!(corpus.shards.len(), 1);
    assert_eq!((corpus.shards[0].name.as_str(), corpus.shards[0].kind), ("in", ShardKind::Text));
    let read = read(&corpus);
    let ids = ["e.txt", "north/a.txt", "north/deep/.b", "south/c.txt.gz", "south/d.txt"];
    assert_eq!(read.ids(), ids);
    assert_eq!(read.texts()[..4], ["alone", "Zeile\r\nzwei", "Grüße", "packed"]);
    let told: Vec<_> =
        read.documents.iter().map(|p| (p.document.outlet.as_str(), p.outlet_by)).collect();
    let (folder, document) = (OutletBy::Folder, OutletBy::Document);
    assert_eq!(told[..3], [("e.txt", document), ("north", folder), ("north", folder)]);
    assert_eq!(read.documents[2].encoding, Some("UTF-16LE"));
    assert_eq!(read.documents[4].encoding, Some("windows-1252"));
    assert!(read.texts()[4].starts_with("Die Brücke über die Möhne"));
    let rejects: Vec<_> = read.rejects.iter().map(|r| (r.file.as_str(), r.record)).collect();
    assert_eq!(rejects, [("empty.gz", 0), ("empty.txt", 0), ("noise.bin", 0), ("late.txt", 1)]);

    write(&corpus, &dump.path("out"), str::to_uppercase, Some("{}"));
    assert_eq!(fs::read(dump.path("out/e.txt")).unwrap(), b"ALONE");
    assert_eq!(fs::read(dump.path("out/north/deep/.b")).unwrap(), "GRÜSSE".as_bytes());
    assert_eq!(fs::read(dump.path("out/south/c.txt.gz")).unwrap(), gzip(b"PACKED"));
    assert_eq!(fs::read_dir(dump.path("out")).unwrap().count(), 3);
}

#[test]
fn a_text_that_cannot_be_had_whole_is_not_had() {
    let long: Vec<u8> = lines(5000).into_iter().filter(|byte| *byte != b'{').collect();
    let packed = gzip(&long);
    let dirty = [gzip(b"whole"), b"dirt".to_vec()].concat();
    let dump = Dump::new(&[("in/a.gz", &packed[..packed.len() / 2]), ("in/b.gz", &dirty)]);
    let read = read(&dump.discover(&["in"]).unwrap());
    assert_eq!(read.texts(), ["whole"]);
    assert_eq!(read.rejects.iter().map(|reject| reject.record).collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn files_that_cannot_be_read() {
    let dump = Dump::new(&[("a.jsonl", b"{\"text\": \"a\"}"), ("b.jsonl", b"{\"text\": \"b\"}")]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", dump.path("broken")).unwrap();
    let corpus = dump.discover(&[""]).unwrap();
    fs::remove_file(dump.path("a.jsonl")).unwrap();
    let read = read(&corpus);
    assert_eq!(read.texts(), ["b"]);
    let rejects: Vec<_> = read.rejects.iter().map(|r| (r.file.as_str(), r.record)).collect();
    #[cfg(unix)]
    assert_eq!(rejects, [("broken", 0), ("a.jsonl", 0)]);
    #[cfg(not(unix))]
    assert_eq!(rejects, [("a.jsonl", 0)]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_to_files_and_told_to_folders() {
    use std::os::unix::fs::symlink;
    let line: &[u8] = b"{\"text\": \"a\"}";
    let dump = Dump::new(&[("in/x/a.jsonl", line), ("else/b.jsonl", line), ("else/c.jsonl", line)]);
    symlink(dump.path("else/b.jsonl"), dump.path("in/b.jsonl")).unwrap();
    symlink(dump.path("in/x/a.jsonl"), dump.path("in/y.jsonl")).unwrap();
    symlink(dump.path("in/x"), dump.path("in/latest")).unwrap();
    symlink(dump.path("else"), dump.path("in/elsewhere")).unwrap();
    let corpus = dump.discover(&["in"]).unwrap();
    let names: Vec<_> = corpus.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["b.jsonl", "x/a.jsonl"]);
    assert_eq!(corpus.rejects.len(), 1);
    assert_eq!(corpus.rejects[0].file, "elsewhere");
}

#[test]
fn names_are_below_the_folder_that_holds_all_inputs() {
    let line: &[u8] = b"{\"text\": \"a\"}";
    let dump = Dump::new(&[
        ("x/day/a.jsonl", line),
        ("y/day/a.jsonl", line),
        ("y/day/t/one.txt", b"one"),
        ("y/day/t.txt", b"two"),
    ]);
    let names = |inputs: &[&str]| {
        let corpus = dump.discover(inputs).unwrap();
        corpus.shards.iter().map(|shard| shard.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&["x/day/a.jsonl"]), ["a.jsonl"]);
    assert_eq!(names(&["x/day/../day", "x/day/a.jsonl"]), ["a.jsonl"]);
    assert_eq!(names(&["y/day/a.jsonl", "x/day/a.jsonl"]), ["x/day/a.jsonl", "y/day/a.jsonl"]);
    assert_eq!(names(&["y/day", "x/day"]), ["x/day/a.jsonl", "y/day", "y/day/a.jsonl"]);
    assert_eq!(names(&["*/day/*.jsonl"]), ["x/day/a.jsonl", "y/day/a.jsonl"]);
    assert_eq!(names(&["y/d*"]), ["day/a.jsonl", "y"]);
    assert_eq!(names(&["y/day/t.txt", "y/day/t/one.txt"]), ["day"]);
    let corpus = dump.discover(&["y/**/*.txt"]).unwrap();
    assert_eq!(read(&corpus).ids(), ["day/t.txt", "day/t/one.txt"]);
    assert_eq!(read(&corpus).documents[0].document.outlet, "day");
}

#[test]
fn a_file_that_looks_like_a_glob_is_a_file() {
    let dump =
        Dump::new(&[("a[1].jsonl", b"{\"text\": \"a\"}"), ("a1.jsonl", b"{\"text\": \"b\"}")]);
    let corpus = dump.discover(&["a[1].jsonl"]).unwrap();
    assert_eq!(read(&corpus).texts(), ["a"]);
}

#[test]
fn inputs_that_are_none() {
    let dump = Dump::new(&[("a/b/c", b"text")]);
    fs::create_dir(dump.path("hollow")).unwrap();
    for input in ["missing", "*.jsonl", "missing/*.jsonl", "a[", "hollow"] {
        let error = dump.discover(&[input]).unwrap_err();
        assert!(matches!(error, Error::Config(_)), "{input}: {error}");
    }
}

#[test]
fn the_output_folder_is_no_input() {
    let dump = Dump::new(&[("a.txt", b"a"), ("out/clean/a.txt", b"b"), ("sub/out/c.txt", b"c")]);
    let options =
        InputOptions { exclude: Some(dump.path("sub/../out")), ..InputOptions::default() };
    let corpus = dump.discover_as(&[""], &options).unwrap();
    assert_eq!(read(&corpus).ids(), ["a.txt", "sub/out/c.txt"]);
}

#[test]
fn standard_input_is_spooled_and_read_twice() {
    let tmp = tempfile::tempdir().unwrap();
    let options = InputOptions { tmp: tmp.path().to_path_buf(), ..InputOptions::default() };
    let packed = gzip(b"{\"text\": \"a\"}\n");
    let twice = ["-".to_owned(), "-".to_owned()];
    let corpus = discover_with(&twice, &options, &mut packed.as_slice()).unwrap();
    assert!(corpus.rejects.is_empty());
    assert_eq!(corpus.shards[0].name, "stdin.jsonl.gz");
    assert_eq!(read(&corpus).texts(), ["a"]);
    assert_eq!(read(&corpus).ids(), ["stdin.jsonl.gz:1"]);
    drop(corpus);
    assert_eq!(fs::read_dir(tmp.path()).unwrap().count(), 0);
    let nothing = discover_with(&["-".into()], &options, &mut &b""[..]).unwrap();
    assert_eq!(nothing.rejects[0].reason, "empty file");
}

#[test]
fn outlets_are_corrected() {
    let dump = Dump::new(&[
        ("o.csv", b"harbour.example,Harbour Post\n"),
        ("a.jsonl", b"{\"text\": \"a\", \"url\": \"http://www.harbour.example/1\"}"),
    ]);
    let table = OutletTable::load(&dump.path("o.csv")).unwrap();
    let options = InputOptions { outlets: Some(table), ..InputOptions::default() };
    let corpus = dump.discover_as(&["a.jsonl"], &options).unwrap();
    assert_eq!(read(&corpus).documents[0].document.outlet, "Harbour Post");
}

#[test]
fn reading_may_begin_at_any_shard() {
    let file: &[u8] = b"{\"text\": \"a\"}\nbroken\n{\"text\": \"b\"}";
    let corpus = Dump::new(&[("a.jsonl", file), ("b.jsonl", file)]);
    let corpus = corpus.discover(&[""]).unwrap();
    let all: Vec<_> = corpus.read().collect();
    let rest: Vec<_> = corpus.read_from(1, 3).collect();
    assert_eq!(all[1..], rest[..]);
    assert!(rest[0].index == 0 && rest[0].last);
}

#[test]
fn a_shard_without_records_is_still_a_whole_file() {
    let dump =
        Dump::new(&[("in/a.jsonl.gz", &gzip(b"\n \n")), ("in/b.jsonl", b"{\"text\": \"\"}")]);
    let corpus = dump.discover(&["in"]).unwrap();
    write(&corpus, &dump.path("out"), str::to_owned, None);
    assert_eq!(fs::read(dump.path("out/a.jsonl.gz")).unwrap(), gzip(b""));
}

#[test]
fn names_cannot_leave_the_output() {
    let folder = Path::new("out");
    assert_eq!(output::below(folder, "a/b").unwrap(), Path::new("out/a/b"));
    for name in ["", "/etc/x", "../x", "a/../../x"] {
        assert!(output::below(folder, name).is_err(), "{name}");
    }
}

/// Any JSON, with the fields in any order.
fn record() -> impl Strategy<Value = Vec<(String, Value)>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    let key = prop_oneof![3 => "[a-z]{1,6}", 1 => any::<String>(), 1 => Just("unchaff".to_owned())];
    let text = any::<String>().prop_map(|text| ("text".to_owned(), Value::from(text)));
    (prop::collection::vec((key, value), 0..5), text, any::<prop::sample::Index>()).prop_map(
        |(mut fields, text, at)| {
            fields.retain(|(key, _)| key != "text");
            fields.insert(at.index(fields.len() + 1), text);
            fields
        },
    )
}

fn line(fields: &[(String, Value)]) -> String {
    let field = |(key, value): &(String, Value)| format!("{} : {value}", Value::from(key.as_str()));
    format!("{{ {} }}", fields.iter().map(field).collect::<Vec<_>>().join(" ,"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_written_is_read_again(
        records in prop::collection::vec(record(), 1..20),
        packing in 0usize..3,
        extra in any::<bool>(),
    ) {
        let compression = [Compression::None, Compression::Gzip, Compression::Zstd][packing];
        let lines: Vec<String> = records.iter().map(|fields| line(fields)).collect();
        let file = lines.join("\n") + "\n";
        let packed = output::compress(file.clone().into_bytes(), compression).unwrap();
        let dump = Dump::new(&[("in/a.jsonl", &packed)]);
        let corpus = dump.discover(&["in"]).unwrap();
        prop_assert_eq!(corpus.files[0].compression, compression);
        let texts = |read: &Read| read.texts().into_iter().map(str::to_owned).collect::<Vec<_>>();
        let original = texts(&read(&corpus));

        write(&corpus, &dump.path("same"), str::to_owned, None);
        prop_assert_eq!(fs::read(dump.path("same/a.jsonl")).unwrap(), packed);

        let extra = extra.then_some("{\"k\":\"v\"}");
        write(&corpus, &dump.path("out"), |text| format!("\\{text}\""), extra);
        let again = read(&dump.discover(&["out"]).unwrap());
        let changed: Vec<String> = original.iter().map(|text| format!("\\{text}\"")).collect();
        prop_assert_eq!(texts(&again), changed);
        prop_assert_eq!(again.lines.len(), records.len());
        for (before, after) in records.iter().zip(&again.lines) {
            let mut after: Value = serde_json::from_slice(after).unwrap();
            let mut expected: Value = before.iter().cloned().collect::<serde_json::Map<_, _>>().into();
            if extra.is_some() {
                let mut own = match expected["unchaff"].take() {
                    Value::Null => serde_json::json!({}),
                    Value::Object(before) => before.into(),
                    before => serde_json::json!({ "before": before }),
                };
                own["k"] = "v".into();
                expected["unchaff"] = own;
            }
            expected["text"] = Value::Null;
            after["text"] = Value::Null;
            prop_assert_eq!(after, expected);
        }
    }
}
