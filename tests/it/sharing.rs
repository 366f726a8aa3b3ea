//! What can be asked of shared passages on the command line.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::common::{ends, rows};

const FERRY: &str = "the ferry to the outer islands will not sail before the storm has passed";
const BAKER: &str = "nobody in town remembers when the old baker last closed his shop on a monday";

/// A folder with two corpora of invented articles.
fn corpora() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let article = |id: &str, outlet: &str, date: &str, text: &str| {
        let text = format!("{id} begins. And {text}. It ends {id}.");
        json!({ "id": id, "outlet": outlet, "date": date, "text": text }).to_string() + "\n"
    };
    let this = [
        article("a1", "Tern", "2031-10-14T08:00:00Z", FERRY),
        article("a2", "Gull", "2031-10-16T08:00:00Z", FERRY),
        article("a3", "Gull", "03/04/2031", BAKER),
        article("a4", "Gull", "soon", BAKER),
    ];
    let other = [
        article("b1", "Tern", "2031-10-17", FERRY),
        article("b2", "Skua", "", BAKER),
        article("b3", "Rook", "", BAKER),
    ];
    fs::write(folder.path().join("this.jsonl"), this.concat()).unwrap();
    fs::write(folder.path().join("other.jsonl"), other.concat()).unwrap();
    folder
}

/// Runs `passages` with flags on the first corpus.
fn passages(folder: &Path, flags: &[&str]) -> PathBuf {
    let out = folder.join("out");
    let this = folder.join("this.jsonl");
    let (out_arg, this) = (out.to_str().unwrap(), this.to_str().unwrap());
    ends(0, &[&["passages", this, "-o", out_arg, "--quiet", "--no-clean"], flags].concat());
    out
}

/// The documents of every family, in order of the first.
fn documents(out: &Path) -> Vec<Vec<String>> {
    let docs = |row: &Value| {
        let all = row["occurrences"].as_array().unwrap();
        all.iter().map(|o| o["doc"].as_str().unwrap().to_owned()).collect()
    };
    let mut families: Vec<Vec<String>> =
        rows(&out.join("passages.jsonl")).iter().map(docs).collect();
    families.sort();
    families
}

#[test]
fn sharing_is_between_outlets_or_documents() {
    let folder = corpora();
    assert_eq!(documents(&passages(folder.path(), &[])), [["a1", "a2"]]);
    let out = passages(folder.path(), &["--across", "documents"]);
    assert_eq!(documents(&out), [["a1", "a2"], ["a3", "a4"]]);
}

#[test]
fn a_corpus_is_held_against_another() {
    let folder = corpora();
    let other = folder.path().join("other.jsonl");
    let out = passages(folder.path(), &["--against", other.to_str().unwrap()]);
    // Not what Skua and Rook share with each other only, nor Tern with itself.
    assert_eq!(documents(&out), [vec!["b1", "a1", "a2"], vec!["b2", "b3", "a3", "a4"]]);
    let rows = rows(&out.join("passages.jsonl"));
    let sides = rows.iter().flat_map(|row| row["occurrences"].as_array().unwrap());
    for occurrence in sides {
        let is_other = occurrence["doc"].as_str().unwrap().starts_with('b');
        assert_eq!(occurrence["against"].as_bool().unwrap_or(false), is_other);
        assert_eq!(occurrence["file"], if is_other { "other.jsonl" } else { "this.jsonl" });
    }
    let summary: Value =
        serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["counts"]["all"]["documents"], 4, "the other corpus is not counted");
    assert_eq!(summary["passages"]["against"], 3);
}

#[test]
fn pairs_and_a_table_on_request_and_edges_always() {
    let folder = corpora();
    let out = passages(folder.path(), &[]);
    assert!(!out.join("pairs.jsonl").exists() && !out.join("passages.csv").exists());
    let edges = fs::read_to_string(out.join("edges.csv")).unwrap();
    let edge = edges.lines().nth(1).unwrap();
    assert!(edges.starts_with("Source,Target,Type,Weight,"), "{edges}");
    assert!(edge.starts_with("Gull,Tern,Undirected,18,1,0,1,0,0,48.00"), "{edge}");

    let out = passages(folder.path(), &["--across", "documents", "--pairs", "--csv"]);
    let pairs = rows(&out.join("pairs.jsonl"));
    let mut pairs: Vec<_> =
        pairs.iter().map(|pair| (pair["a"]["doc"].as_str(), pair["b"]["doc"].as_str())).collect();
    pairs.sort_unstable();
    assert_eq!(pairs, [(Some("a1"), Some("a2")), (Some("a3"), Some("a4"))]);
    let mut table = csv::Reader::from_path(out.join("passages.csv")).unwrap();
    let headers = table.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let mut docs: Vec<String> =
        table.records().map(|row| row.unwrap()[column("doc")].to_owned()).collect();
    docs.sort();
    assert_eq!(docs, ["a1", "a2", "a3", "a4"]);
}

#[cfg(feature = "parquet")]
#[test]
fn the_table_as_parquet_says_what_the_csv_says() {
    use parquet::file::reader::SerializedFileReader;

    let folder = corpora();
    let out = passages(folder.path(), &["--across", "documents", "--csv", "--parquet"]);
    let file = fs::File::open(out.join("passages.parquet")).unwrap();
    let cells = |row: parquet::record::Row| -> Vec<String> {
        let plain = |cell: &parquet::record::Field| match cell {
            parquet::record::Field::Null => String::new(),
            parquet::record::Field::Str(text) => text.clone(),
            number => number.to_string(),
        };
        row.get_column_iter().map(|(_, cell)| plain(cell)).collect()
    };
    let columns =
        SerializedFileReader::new(file).unwrap().into_iter().map(|row| cells(row.unwrap()));
    let mut table = csv::Reader::from_path(out.join("passages.csv")).unwrap();
    // Whole numbers are written with a point there, and without one here.
    let same = |cell: &str| cell.trim_end_matches(".0").to_owned();
    let lines = table.records().map(|row| row.unwrap().iter().map(same).collect::<Vec<_>>());
    let columns: Vec<Vec<_>> = columns.map(|row| row.iter().map(|c| same(c)).collect()).collect();
    assert_eq!(columns.len(), 4);
    assert_eq!(columns, lines.collect::<Vec<_>>());
}

#[test]
fn dates_that_say_nothing_are_counted_and_settled() {
    let folder = corpora();
    let dates = |flags: &[&str]| {
        let summary = fs::read(passages(folder.path(), flags).join("summary.json")).unwrap();
        let mut summary: Value = serde_json::from_slice(&summary).unwrap();
        summary["counts"]["dates"].take()
    };
    assert_eq!(dates(&[]), json!({ "known": 2, "ambiguous": 1, "unreadable": 1 }));
    assert_eq!(dates(&["--date-format", "%d/%m/%Y"]), json!({ "known": 3, "unreadable": 1 }));
    let this = folder.path().join("this.jsonl");
    let out = folder.path().join("refused");
    let args = ["passages", this.to_str().unwrap(), "-o", out.to_str().unwrap()];
    ends(2, &[&args[..], &["--date-format", "%H:%M"]].concat());
    assert!(!out.exists());
}
