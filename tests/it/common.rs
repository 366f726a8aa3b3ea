//! What the tests share: the binary, the library on a folder, and a run of the samples.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use unchaff::boilerplate::Judge;
use unchaff::boilerplate::rules::Rules;
use unchaff::config::{OutFolder, Overwrite, Settings};
use unchaff::engine::Threads;
use unchaff::input::{InputOptions, discover};
use unchaff::pipeline::{self, Goal, Silent};

/// The project's folder.
pub(crate) fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The samples, as an INPUT.
pub(crate) fn samples() -> String {
    home().join("samples").display().to_string()
}

/// The binary, at home, where `samples` is `samples`.
pub(crate) fn unchaff<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unchaff"));
    command.current_dir(home()).args(args).env("NO_COLOR", "1").env_remove("CLICOLOR_FORCE");
    command
}

/// Runs the binary and holds its exit code against what it should be.
pub(crate) fn ends(code: i32, args: &[&str]) -> Output {
    let output = unchaff(args).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "unchaff {args:?}: {told}");
    output
}

/// Runs the binary with something on standard input.
pub(crate) fn fed(args: &[&str], input: &[u8]) -> Output {
    let mut command = unchaff(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A filter gives while it takes.
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The judges are made once: building them is most of a short run.
pub(crate) fn judge() -> &'static Judge {
    static JUDGE: OnceLock<Judge> = OnceLock::new();
    JUDGE.get_or_init(|| Judge::new(Rules::built_in().unwrap()).unwrap())
}

/// `run` by the library.
pub(crate) fn run(input: &str, out: &Path, threads: usize) {
    run_within(0, input, out, threads);
}

/// `run` by the library with so much memory, or the usual.
pub(crate) fn run_within(memory: u64, input: &str, out: &Path, threads: usize) {
    let settings = Settings {
        inputs: vec![input.to_owned()],
        input: InputOptions { tmp: env!("CARGO_TARGET_TMPDIR").into(), ..InputOptions::default() },
        threads: Threads::new(threads),
        memory,
        ..Settings::default()
    };
    let corpus = discover(&settings.inputs, &settings.input).unwrap();
    let folder = OutFolder::claim(out, Overwrite::Never, &settings.inputs).unwrap();
    pipeline::run(&settings, &corpus, None, judge(), &folder, Goal::Run, &Silent).unwrap();
}

/// The outputs of a run on the samples with two threads, made once.
pub(crate) fn samples_out() -> &'static Path {
    static OUT: OnceLock<PathBuf> = OnceLock::new();
    OUT.get_or_init(|| {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("samples");
        let _ = fs::remove_dir_all(&out);
        run(&samples(), &out, 2);
        out
    })
}

/// All files below a folder by their names, but for `run.json`.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn add(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() {
                add(&path, &format!("{name}/"), files);
            } else if name != "run.json" {
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut files_below = BTreeMap::new();
    add(folder, "", &mut files_below);
    files_below
}

/// Two folders hold the same bytes under the same names.
pub(crate) fn assert_same(one: &Path, two: &Path) {
    let (one, two) = (files(one), files(two));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    let different: Vec<_> = one.keys().filter(|name| one[*name] != two[*name]).collect();
    assert!(different.is_empty(), "different bytes in {different:?}");
}

/// The rows of a file of JSON lines.
pub(crate) fn rows(path: &Path) -> Vec<Value> {
    let lines = fs::read_to_string(path).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A slice by code points.
pub(crate) fn slice(text: &str, start: usize, end: usize) -> String {
    text.chars().skip(start).take(end - start).collect()
}

pub(crate) fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

/// A document of the samples, read without the library.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) id: String,
    pub(crate) file: String,
    pub(crate) record: usize,
    pub(crate) text: String,
}

/// The documents of the samples, or of what a run wrote in their place.
pub(crate) fn documents(folder: &Path) -> Vec<Sample> {
    let mut documents = Vec::new();
    for (file, bytes) in files(folder) {
        let content = String::from_utf8(bytes).unwrap();
        if Path::new(&file).extension().is_none_or(|e| e != "jsonl") {
            documents.push(Sample { id: file.clone(), file, record: 1, text: content });
            continue;
        }
        for (i, line) in content.lines().enumerate() {
            let row: Value = serde_json::from_str(line).unwrap();
            let field = |name: &str| row[name].as_str().unwrap().to_owned();
            let (id, text) = (field("id"), field("text"));
            documents.push(Sample { id, file: file.clone(), record: i + 1, text });
        }
    }
    documents
}

/// Where the measures and corpora of the house are, if they are here.
pub(crate) fn shared(what: &str) -> Option<PathBuf> {
    let folder =
        std::env::var_os("UNCHAFF_SHARED").map_or_else(|| home().join("../shared"), PathBuf::from);
    let python = Command::new("python3").arg("--version").output();
    if folder.is_dir() && python.is_ok_and(|output| output.status.success()) {
        return Some(folder);
    }
    skip(what, "needs python3, and ../shared or UNCHAFF_SHARED");
    None
}

#[allow(clippy::print_stderr)]
pub(crate) fn skip(what: &str, why: &str) {
    eprintln!("skipped: {what} {why}");
}

/// Runs a Python script; gives how it ended and what it said.
pub(crate) fn python(script: &Path, args: &[&OsStr]) -> (bool, String) {
    let output = Command::new("python3").arg(script).args(args).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}
