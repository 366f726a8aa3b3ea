//! The page: made from OUT alone, safe whatever the articles say, and driven in a browser where one
//! is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::common::{assert_same, ends, files, home, samples_out, skip, text};

/// A copy of the outputs of the samples in a folder of its own.
fn copy_of_the_samples(to: &Path) {
    for (name, bytes) in files(samples_out()) {
        let path = to.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn the_page_is_made_again_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    copy_of_the_samples(folder.path());
    fs::remove_file(folder.path().join("report.html")).unwrap();
    let told = ends(0, &["report", folder.path().to_str().unwrap()]).stdout;
    assert!(text(&told).trim_end().ends_with("report.html"), "{}", text(&told));
    assert_same(samples_out(), folder.path());
}

#[test]
fn a_folder_without_a_run_is_refused_and_a_damaged_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let told = ends(2, &["report", out]).stderr;
    assert!(text(&told).contains("summary.json"), "{}", text(&told));
    copy_of_the_samples(folder.path());
    let passages = folder.path().join("passages.jsonl");
    fs::write(&passages, fs::read_to_string(&passages).unwrap() + "{\n").unwrap();
    let told = ends(1, &["report", out]).stderr;
    assert!(text(&told).contains("passages.jsonl: line 4"), "{}", text(&told));
}

#[test]
fn a_cleaned_corpus_has_a_page_without_passages() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let out = out.to_str().unwrap();
    ends(0, &["clean", "samples", "-o", out, "-q"]);
    ends(0, &["report", out]);
    let index = index(&folder.path().join("out"));
    assert_eq!(index["passages"], Value::Null);
    assert_eq!(index["articles"]["rows"].as_array().unwrap().len(), 55);
    let manifest = fs::read(folder.path().join("out/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let named = manifest["files"].as_array().unwrap();
    let page = named.iter().filter(|file| file["path"] == "report.html").collect::<Vec<_>>();
    let bytes = fs::metadata(folder.path().join("out/report.html")).unwrap().len();
    assert_eq!(page.len(), 1);
    assert_eq!(page[0]["bytes"], bytes);
}

/// The data that the page begins with.
fn index(out: &Path) -> Value {
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    let (_, rest) = page.split_once(r#"<script type="application/json" id="index">"#).unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// Every string of a record runs something where it is taken for markup.
fn hostile_record(i: usize, outlet: &str) -> Value {
    let tag = |what: &str| format!("<img src=x onerror=\"hacked('{what}')\">");
    let shared = "The harbour board met on Monday and the <script>hacked('shared')</script> ferry \
                  went home without any of the passengers who had waited for it since dawn";
    let body = format!(
        "</script><script>hacked('text{i}')</script>\n\n{shared}.\n\n\
         <svg onload=hacked('svg')> “{{{{ 7*7 }}}}” <iframe src='https://a.example/'></iframe> said number {i}.\n\n\
         Advertisement\n\nBy {} Holm\n\n<!-- <style>*{{display:none}}</style>",
        tag("byline")
    );
    json!({
        "id": format!("{}{i}", tag("id")),
        "outlet": format!("{outlet}</title>{}", tag("outlet")),
        "url": if i == 0 { "javascript:hacked('url')" } else { "https://a.example/\"onclick=hacked('attr')" },
        "date": if i == 0 { tag("date") } else { format!("2031-10-1{i}") },
        "title": format!("=HYPERLINK(\"x\") {}<a href=\"data:text/html,<script>hacked('t')</script>\">", tag("title")),
        "text": body,
    })
}

/// A run on articles that are no friends of the reader's.
fn hostile_out(folder: &Path) -> PathBuf {
    let input = folder.join("<img src=x onerror=hacked('file')>.jsonl");
    let mut lines: String =
        (0..6).map(|i| format!("{}\n", hostile_record(i, ["a", "b", "c"][i % 3]))).collect();
    lines.push_str("{\"text\": <script>hacked('reject')</script>}\n");
    fs::write(&input, lines).unwrap();
    let out = folder.join("out");
    ends(3, &["run", input.to_str().unwrap(), "-o", out.to_str().unwrap(), "-q"]);
    out
}

#[test]
fn what_articles_say_never_stands_in_the_page_as_markup() {
    let folder = tempfile::tempdir().unwrap();
    let out = hostile_out(folder.path());
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(index(&out)["names"].to_string().contains("onerror"), "the names are there, as data");
    for tag in ["<img", "<svg", "<iframe", "<script>hacked", "<!-- <style"] {
        assert!(!page.contains(tag), "{tag}");
    }
    let policy = page.split_once("Content-Security-Policy\" content=\"").unwrap().1;
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy:.80}");
}

/// Where Chromium is, if it is here.
fn chromium() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        return Some(path.into());
    }
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let places = names.map(|name| Path::new("/usr/bin").join(name));
    places.into_iter().find(|path| path.exists())
}

#[test]
fn the_page_in_a_browser() {
    let tests = home().join("tests/browser");
    let Some(chromium) = chromium() else {
        return skip("the page in a browser", "needs chromium, in /usr/bin or named by CHROMIUM");
    };
    if Command::new("node").arg("--version").output().is_err() {
        return skip("the page in a browser", "needs node");
    }
    if !tests.join("node_modules").is_dir() {
        return skip("the page in a browser", "needs `npm ci` in tests/browser");
    }
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("node")
        .arg("--test")
        .arg(tests.join("report.test.js"))
        .env("CHROMIUM", chromium)
        .env("SAMPLES", samples_out())
        .env("HOSTILE", hostile_out(folder.path()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}
