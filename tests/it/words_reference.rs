//! Words against the reference in Python, over real articles.
//!
//! Needs `python3` and the project's shared folder (`UNCHAFF_SHARED`, or `../shared` beside the
//! crate), and says so where they are missing. `UNCHAFF_STRIDE=1` compares every article.
#![allow(clippy::print_stderr)]

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

/// Prints each text with the reference's words. Texts with characters that Python's older Unicode
/// does not know are left out: there the two may differ.
const REFERENCE: &str = r#"
import glob, gzip, itertools, json, sys, unicodedata
shared, stride = sys.argv[1], int(sys.argv[2])
sys.path.insert(0, shared + "/eval/passages")
from words import words
def texts():
    for path in sorted(glob.glob(shared + "/seeds/**/*.txt", recursive=True)):
        yield path, open(path, encoding="utf-8", newline="").read()
    for path in sorted(glob.glob(shared + "/corpora/*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for i, line in enumerate(itertools.islice(lines, 0, None, stride)):
                text = json.loads(line).get("text")
                if isinstance(text, str):
                    yield f"{path}, line {i * stride + 1}", text
for name, text in texts():
    if any(unicodedata.category(c) in ("Cn", "Cs") for c in set(text)):
        continue
    print(json.dumps({"name": name, "text": text, "words": list(words(text))}))
"#;

#[derive(Deserialize)]
struct Expected {
    name: String,
    text: String,
    words: Vec<(String, usize, usize)>,
}

#[test]
fn words_are_those_of_the_reference() {
    let Some(shared) = shared() else {
        eprintln!("skipped: no reference; set UNCHAFF_SHARED to the shared folder");
        return;
    };
    let stride = env::var("UNCHAFF_STRIDE").unwrap_or_else(|_| "101".to_owned());
    let python = Command::new("python3")
        .args(["-c", REFERENCE])
        .arg(shared)
        .arg(stride)
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut python) = python else {
        eprintln!("skipped: no python3");
        return;
    };
    let mut compared = 0;
    for line in BufReader::new(python.stdout.take().unwrap()).lines() {
        compare(&serde_json::from_str(&line.unwrap()).unwrap());
        compared += 1;
    }
    assert!(python.wait().unwrap().success());
    eprintln!("{compared} texts compared");
}

fn shared() -> Option<PathBuf> {
    let shared = env::var_os("UNCHAFF_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    shared.join("eval/passages/words.py").is_file().then_some(shared)
}

fn compare(expected: &Expected) {
    let words = with_code_points(&expected.text);
    for (i, (got, want)) in words.iter().zip(&expected.words).enumerate() {
        assert_eq!(got, want, "{}, word {i}", expected.name);
    }
    assert_eq!(words.len(), expected.words.len(), "{}", expected.name);
}

fn with_code_points(text: &str) -> Vec<(String, usize, usize)> {
    let mut out = Vec::new();
    let (mut bytes, mut code_points) = (0, 0);
    let mut code_point = |offset: usize| {
        code_points += text[bytes..offset].chars().count();
        bytes = offset;
        code_points
    };
    unchaff::words::each(text, |folded, range| {
        out.push((folded.to_owned(), code_point(range.start), code_point(range.end)));
    });
    out
}
