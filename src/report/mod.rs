//! What is told of a run: rows for programs, counts, and a page for people.

pub mod attributes;
pub mod changes;
pub mod duplicates;
pub mod edges;
pub mod kinds;
pub mod manifest;
pub mod page;
pub mod pairs;
pub mod passages;
pub mod preview;
pub mod quotes;
pub mod rows;
pub mod summary;
pub mod table;
pub mod tally;

/// The cleaned corpus.
pub const CLEAN_FOLDER: &str = "clean";
/// What was changed.
pub const CHANGES_FOLDER: &str = "changes";
/// The counts and settings of a run; the same bytes for the same input and settings.
pub const SUMMARY_FILE: &str = "summary.json";
/// Times, memory, threads: the only file that differs from run to run.
pub const RUN_FILE: &str = "run.json";
/// One row a family of shared passages.
pub const PASSAGES_FILE: &str = "passages.jsonl";
/// One row two outlets that share something.
pub const EDGES_FILE: &str = "edges.csv";
/// One row two occurrences of a family.
pub const PAIRS_FILE: &str = "pairs.jsonl";
/// One row an occurrence.
pub const CSV_FILE: &str = "passages.csv";
/// The same.
pub const PARQUET_FILE: &str = "passages.parquet";
/// One row a record that could not be read.
pub const REJECTS_FILE: &str = "rejects.jsonl";
/// One row a cluster of documents that are one another's duplicates.
pub const DUPLICATES_FILE: &str = "duplicates.jsonl";
/// The page for people.
pub const PAGE_FILE: &str = "report.html";

/// What was removed, as spans beside the documents.
pub const ATTRIBUTES_FOLDER: &str = "attributes";
/// All files with their checksums.
pub const MANIFEST_FILE: &str = "manifest.json";

/// All of them but [`RUN_FILE`].
pub const OUTPUTS: [&str; 13] = [
    CLEAN_FOLDER,
    CHANGES_FOLDER,
    ATTRIBUTES_FOLDER,
    SUMMARY_FILE,
    PASSAGES_FILE,
    EDGES_FILE,
    PAIRS_FILE,
    CSV_FILE,
    PARQUET_FILE,
    DUPLICATES_FILE,
    REJECTS_FILE,
    PAGE_FILE,
    MANIFEST_FILE,
];
