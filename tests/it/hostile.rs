//! Hostile inputs from end to end: what is whole is done, what is not is told, nothing is lost.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{assert_same, ends, files, rows, text};

/// A folder for inputs and outputs.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn arg(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The command must end with `code`; its arguments that begin with `@` are names on the desk.
    fn ends(&self, code: i32, args: &[&str]) -> std::process::Output {
        let args: Vec<String> = args
            .iter()
            .map(|arg| arg.strip_prefix('@').map_or_else(|| (*arg).to_owned(), |a| self.arg(a)))
            .collect();
        ends(code, &args.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Records whose words do not repeat, so that they stay long when packed.
fn lines(count: u64) -> String {
    let noise = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23) % 99_991;
    let text = |i| (0..60).map(|j| format!("w{} ", noise(i * 60 + j))).collect::<String>();
    (0..count).map(|i| format!("{{\"id\":\"z{i}\",\"text\":\"{}\"}}\n", text(i).trim())).collect()
}

#[test]
fn faults_are_told_and_the_rest_is_done() {
    let desk = Desk::new();
    let good = |id: &str| format!("{{\"id\":\"{id}\",\"text\":\"The ferry came in {id}.\"}}\n");
    let whole = lines(400);
    let packed = gzip(whole.as_bytes());
    desk.put("in/cut.jsonl.gz", &packed[..packed.len() / 2]);
    desk.put("in/broken.jsonl", good("a") + "{\"id\":\"b\",\"text\":\"half\n" + &good("c"));
    desk.put("in/null.jsonl", good("d") + "{\"id\":\"e\",\"text\":null}\n" + &good("f"));
    let bad = [good("g").as_bytes(), b"{\"text\":\"caf\xe9\"}\n", good("h").as_bytes()].concat();
    desk.put("in/bytes.jsonl", bad);
    desk.put("in/empty.txt", "");
    let long = format!("{{\"id\":\"l\",\"text\":\"{}\"}}\n", "so long ".repeat(1000));
    desk.put("in/long.jsonl", good("i") + &long + &good("k"));

    let args = ["run", "@in", "-o", "@out", "--max-record", "4k"];
    let told = desk.ends(3, &args).stdout;
    assert!(text(&told).contains("rejects.jsonl"), "{}", text(&told));
    let rejects = rows(&desk.path("out/rejects.jsonl"));
    let reject = |file: &str| {
        let of: Vec<&Value> = rejects.iter().filter(|row| row["file"] == file).collect();
        assert_eq!(of.len(), 1, "{rejects:?}");
        let at = |name: &str| of[0][name].as_u64().unwrap();
        (at("record"), at("offset"), of[0]["reason"].as_str().unwrap().to_owned())
    };
    let first = |id: &str| good(id).len() as u64;
    for (file, record, offset, reason) in [
        ("broken.jsonl", 2, first("a"), "the line ends inside"),
        ("null.jsonl", 2, first("d"), "null"),
        ("bytes.jsonl", 2, first("g"), "invalid UTF-8"),
        ("long.jsonl", 2, first("i"), "--max-record"),
    ] {
        let (at_record, at, why) = reject(file);
        assert_eq!((at_record, at), (record, offset), "{file}: {why}");
        assert!(why.contains(reason), "{file}: {why}");
        let kept = rows(&desk.path("out/clean").join(file));
        assert_eq!(kept.len(), 2, "{file}: the records on both sides");
    }
    let (record, offset, why) = reject("cut.jsonl.gz");
    assert!(why.contains("ends early"), "{why}");
    let begun = format!("{{\"id\":\"z{}\",", record - 1);
    assert!(whole[offset as usize..].starts_with(&begun), "{record} {offset}");
    assert_eq!(reject("empty.txt").1, 0);
    assert_eq!(rejects.len(), 6);

    // Documents in are documents out and rejects.
    let summary: Value =
        serde_json::from_slice(&fs::read(desk.path("out/summary.json")).unwrap()).unwrap();
    assert_eq!(summary["counts"]["all"]["documents"], 8 + record - 1);
    assert_eq!(summary["counts"]["rejects"], 6);

    // Nothing else changes where rejects are allowed; the texts that were read come back.
    let args = [&args[..1], &["@in", "-o", "@allowed", "--max-record", "4k"]].concat();
    desk.ends(0, &[&args[..], &["--allow-rejects", "--quiet"]].concat());
    assert_same(&desk.path("out"), &desk.path("allowed"));
    desk.ends(0, &["verify", "@out", "@in", "--max-record", "4k"]);
}

#[test]
fn a_mistyped_field_stops_before_any_output() {
    let desk = Desk::new();
    desk.put("in.jsonl", "{\"text\":\"a\",\"story\":\"b\"}\n");
    let told = desk.ends(2, &["run", "@in.jsonl", "-o", "@out", "--text-field", "stroy"]).stderr;
    let told = text(&told);
    assert!(told.contains("stroy") && told.contains("story"), "{told}");
    assert!(!desk.path("out").exists());
}

#[test]
fn wrong_settings_stop_before_any_output() {
    let desk = Desk::new();
    desk.put("in.jsonl", "{\"text\":\"a\"}\n");
    for (args, hint) in [
        (&["@in.jsonl", "--keep", "captions"][..], "caption"),
        (&["@in.jsonl", "--keep", "ad_slot"], "only metadata"),
        (&["@in.jsonl", "--min-words", "1"], "2 to 1000"),
        (&["@in.jsonl", "--min-outlets", "1"], "2 or more"),
        (&["@in.jsonl", "--max-record", "0"], "above zero"),
        (&["@in.jsonl", "--tmp", "@nowhere"], "no such folder"),
        (&["@in.jsonl", "--outlets", "@nowhere.csv"], "nowhere.csv"),
        (&["@nowhere.jsonl"], "nowhere.jsonl"),
        (&["@nothing*.jsonl"], "nothing matches"),
    ] {
        let told = desk.ends(2, &[&["run", "-o", "@out"], args].concat()).stderr;
        assert!(text(&told).contains(hint), "{args:?}: {}", text(&told));
        assert!(!desk.path("out").exists(), "{args:?}");
    }
}

#[test]
fn a_folder_of_someone_else_is_refused() {
    let desk = Desk::new();
    desk.put("in.jsonl", "{\"id\":\"a\",\"text\":\"One line.\"}\n");
    desk.put("out/thesis.txt", "six years");
    desk.put("out/clean/thesis.txt", "a copy");
    let told = desk.ends(2, &["run", "@in.jsonl", "-o", "@out", "--quiet"]).stderr;
    assert!(text(&told).contains("--overwrite"), "{}", text(&told));
    assert_eq!(files(&desk.path("out")).len(), 2);

    // Where it is allowed nothing of it goes, not by a later run either.
    desk.ends(0, &["run", "@in.jsonl", "-o", "@out", "--quiet", "--overwrite"]);
    desk.ends(0, &["run", "@in.jsonl", "-o", "@out", "--quiet"]);
    assert_eq!(fs::read(desk.path("out/thesis.txt")).unwrap(), b"six years");
    assert_eq!(fs::read(desk.path("out/clean/thesis.txt")).unwrap(), b"a copy");
    assert!(desk.path("out/clean/in.jsonl").exists());
}

#[test]
fn an_earlier_run_leaves_nothing_behind() {
    let desk = Desk::new();
    desk.put("a.jsonl", "{\"id\":\"a\",\"text\":\"One line.\"}\n");
    desk.put("b.jsonl", "{\"id\":\"b\",\"text\":\"Another line.\"}\n");
    desk.ends(0, &["run", "@a.jsonl", "-o", "@out", "--quiet"]);
    desk.ends(0, &["clean", "@b.jsonl", "-o", "@out", "--quiet"]);
    let left: Vec<String> = files(&desk.path("out")).into_keys().collect();
    let wanted =
        ["changes/b.jsonl", "clean/b.jsonl", "manifest.json", "rejects.jsonl", "summary.json"];
    assert_eq!(left, wanted);
    desk.ends(0, &["verify", "@out", "@b.jsonl"]);

    // Reading its own output, a run would remove its input.
    let told = desk.ends(2, &["run", "@out/clean", "-o", "@out", "--quiet"]).stderr;
    assert!(text(&told).contains("name another folder"), "{}", text(&told));
    assert!(desk.path("out/clean/b.jsonl").exists());
}

#[test]
fn the_outputs_inside_the_input_are_not_read() {
    let desk = Desk::new();
    desk.put("in/a.jsonl", "{\"id\":\"a\",\"text\":\"One line.\\nAdvertisement\\n\"}\n");
    desk.put("in/b/b.txt", "Another line.\n");
    for _ in 0..2 {
        desk.ends(0, &["run", "@in", "-o", "@in/out", "--quiet"]);
        let summary: Value =
            serde_json::from_slice(&fs::read(desk.path("in/out/summary.json")).unwrap()).unwrap();
        assert_eq!(summary["inputs"]["files"], 2);
    }
    desk.ends(0, &["verify", "@in/out", "@in"]);
    let clean: Vec<_> = files(&desk.path("in/out/clean")).into_keys().collect();
    assert_eq!(clean, ["a.jsonl", "b/b.txt"]);
    assert!(Path::new(&desk.path("in/out/changes/a.jsonl")).exists());
}

#[test]
fn a_text_of_which_nothing_is_left_comes_back() {
    let desk = Desk::new();
    desk.put("in/a/empty.txt", "Advertisement\n");
    desk.put("in/a/full.txt", "The ferry came in.\n");
    desk.put(
        "in/b.jsonl",
        "{\"id\":\"b\",\"text\":\"Advertisement\"}\n{\"id\":\"c\",\"text\":\"\"}\n",
    );
    desk.ends(0, &["run", "@in", "-o", "@out", "--quiet"]);
    assert_eq!(fs::read(desk.path("out/clean/a/empty.txt")).unwrap(), b"");
    assert_eq!(rows(&desk.path("out/clean/b.jsonl")).len(), 2);
    desk.ends(0, &["verify", "@out", "@in"]);
}
